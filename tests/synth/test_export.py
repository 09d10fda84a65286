"""Exports, read back by the rules of those who consume them; no rule here is taken from the code that writes."""

import errno
import json
import os
import shutil
from ast import literal_eval
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.io import loadmat
from scipy.spatial.transform import Rotation

from synth.commands.cli import main
from synth.errors import ConfigError
from synth.export import mpiigaze
from synth.export.coco import write_coco
from synth.export.folder import new_folder
from synth.export.mpiigaze import write_mpiigaze
from synth.export.mpiigaze_h5 import write_mpiigaze_h5
from synth.export.unityeyes import unity_head_pose_deg, unity_view, write_unityeyes
from synth.geometry.rotation import rotation_from_pitch_yaw_roll
from synth.sample import Sample
from tests.synth.fake_faces import fake_face
from tests.synth.fake_samples import fake_sample
from tests.synth.test_shards import make

SAMPLES = [fake_sample(5, index, 160, 96) for index in range(12)]
assert {sample.subject_eye for sample in SAMPLES} == {"left", "right"}


def read_person(root: Path, person: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read a person of MPIIGaze Normalized: rows of the evaluation list, right eyes mirrored, vectors as angles."""
    days: dict[str, Any] = {}
    images, poses, gazes = [], [], []
    for line in (root / "Evaluation Subset" / "sample list for eye image" / f"{person}.txt").read_text().splitlines():
        path, side = line.split()
        day, name = path.split("/")
        if day not in days:
            file = root / "Data" / "Normalized" / person / f"{day}.mat"
            days[day] = loadmat(file, struct_as_record=False, squeeze_me=False)
        eyes = getattr(days[day]["data"][0, 0], side)[0, 0]
        row = [str(cell[0]) for cell in days[day]["filenames"][:, 0]].index(name)
        axis = Rotation.from_rotvec(eyes.pose[row]).as_matrix()[:, 2]
        pose = np.array([np.arcsin(axis[1]), np.arctan2(axis[0], axis[2])])
        x, y, z = eyes.gaze[row]
        gaze = np.array([np.arcsin(-y), np.arctan2(-x, -z)])
        flip = np.array([1, -1]) if side == "right" else np.ones(2)
        images.append(eyes.image[row][:, ::-1] if side == "right" else eyes.image[row])
        poses.append(pose * flip)
        gazes.append(gaze * flip)
    return np.array(images), np.array(poses), np.array(gazes)


def test_mpiigaze_read_by_its_rules_is_the_h5(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    h5py = pytest.importorskip("h5py")
    monkeypatch.setattr(mpiigaze, "DAY_ROWS", 3)
    for name in ("mat", "h5"):
        (tmp_path / name).mkdir()
    text = write_mpiigaze(iter(SAMPLES), tmp_path / "mat", persons=2)
    assert "mpiigaze_2015" in text and "12 eyes" in text
    assert "mpiigaze_2015" in write_mpiigaze_h5(iter(SAMPLES), tmp_path / "h5", persons=2)
    with h5py.File(tmp_path / "h5" / "MPIIGaze.h5") as file:
        assert sorted(file) == ["p00", "p01"] and file.attrs["gaze_mode"] == "mpiigaze_2015"
        for person in file:
            images, poses, gazes = read_person(tmp_path / "mat", person)
            ours = {name: file[person][name][()] for name in ("image", "pose", "gaze")}
            assert images.shape == ours["image"].shape == (6, 36, 60) and ours["image"].dtype == np.uint8
            # Rows are grouped by day and side in one, in order of index in the other: match them by their gaze.
            order = [int(np.abs(ours["gaze"] - gaze).sum(axis=1).argmin()) for gaze in gazes]
            assert sorted(order) == list(range(6))
            np.testing.assert_allclose(gazes, ours["gaze"][order], atol=1e-6)
            np.testing.assert_allclose(poses, ours["pose"][order], atol=1e-6)
            np.testing.assert_array_equal(images, ours["image"][order])


def test_a_subject_is_in_one_fold_only(tmp_path: Path) -> None:
    assert [mpiigaze.person_of(sample, 3) for sample in SAMPLES[:8]] == [0, 0, 1, 1, 2, 2, 0, 0]
    alone = Sample(0, 7, SAMPLES[0].picture, {})
    assert mpiigaze.person_of(alone, 3) == 1


def test_mpiigaze_fills_the_shorter_side_with_mirrors(tmp_path: Path) -> None:
    lefts = [sample for sample in SAMPLES if sample.subject_eye == "left"]
    write_mpiigaze(iter(lefts), tmp_path, persons=1)
    data = loadmat(tmp_path / "Data" / "Normalized" / "p00" / "day01.mat", squeeze_me=True, struct_as_record=False)[
        "data"
    ]
    np.testing.assert_array_equal(data.right.image, data.left.image[:, :, ::-1])
    np.testing.assert_allclose(data.right.gaze, data.left.gaze * [-1, 1, 1], atol=1e-15)
    assert len(read_person(tmp_path, "p00")[0]) == len(lefts), "mirrors are not in the list"


def unity_points(strings: list[str], height: int) -> np.ndarray:
    """Read 2D points as UnityEyes' readers do: y counted from the top again."""
    return np.array([(x, height - y, z) for x, y, z in map(literal_eval, strings)])


@pytest.fixture(scope="module")
def unityeyes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of UnityEyes files of SAMPLES."""
    folder = tmp_path_factory.mktemp("unityeyes")
    assert "optical axis" in write_unityeyes(iter(SAMPLES), folder)
    return folder


def test_unityeyes_read_by_its_rules_gives_the_labels(unityeyes: Path) -> None:
    assert len(list(unityeyes.glob("*.jpg"))) == len(SAMPLES)
    for sample in SAMPLES:
        document = json.loads((unityeyes / f"{sample.index + 1}.json").read_text())
        picture = np.asarray(Image.open(unityeyes / f"{sample.index + 1}.jpg"))
        flip = sample.subject_eye == "right"
        height, width = picture.shape[:2]
        truth = sample.picture[:, ::-1] if flip else sample.picture
        assert np.abs(picture.astype(int) - truth).mean() < 2
        for name, n, label in [
            ("interior_margin_2d", 16, "apparent.lid_margin_px"),
            ("caruncle_2d", 7, "apparent.caruncle_px"),
            ("iris_2d", 32, "apparent.iris_px"),
        ]:
            points = unity_points(document[name], height)
            truth_px = sample.eye_array(label, n, 2)
            truth_px = np.stack([width - truth_px[:, 0], truth_px[:, 1]], axis=1) if flip else truth_px
            if name == "iris_2d":
                truth_px = truth_px[-np.arange(32)] if flip else np.roll(truth_px, -16, axis=0)
            np.testing.assert_allclose(points[:, :2], truth_px, atol=6e-5)
        lids = unity_points(document["interior_margin_2d"], height)
        caruncle = unity_points(document["caruncle_2d"], height)
        assert caruncle[:, 0].mean() < lids[:, 0].mean() < lids[8, 0], "inner corner to the left, point 8 the outer one"
        assert lids[1:8, 1].mean() < lids[9:, 1].mean(), "the upper lid comes first"
        iris = unity_points(document["iris_2d"], height)[:, :2] - unity_points(document["iris_2d"], height)[:, :2].mean(
            0
        )
        assert iris[0, 0] < -abs(iris[0, 1]), "the iris begins at the left of the picture"
        assert iris[8, 1] < -abs(iris[8, 0]), "and goes over the top"
        x, y, z, w = literal_eval(document["eye_details"]["look_vec"])
        truth_cam = sample.eye_array("optical_axis_cam", 3) * ([-1, 1, 1] if flip else 1)
        np.testing.assert_allclose([x, -y, z, w], [*truth_cam, 0], atol=6e-5)
        strings = [document["eye_details"][key] for key in ("pupil_size", "iris_size")]
        assert all(isinstance(text, str) and float(text) > 0 for text in strings)


def test_unityeyes_depth_leans_the_way_the_eye_looks(unityeyes: Path) -> None:
    """The plane through the iris' points, in space, has look_vec as its normal (UnityEyes' own file does, too)."""
    for sample in SAMPLES:
        document = json.loads((unityeyes / f"{sample.index + 1}.json").read_text())
        height, width = sample.picture.shape[:2]
        focal_px = sample.array("camera_matrix", 3, 3)[0, 0]
        x, y, z = np.array([literal_eval(text) for text in document["iris_2d"]]).T
        points = np.stack([(x - width / 2) * z / focal_px, (y - height / 2) * z / focal_px, z], axis=1)
        normal = np.linalg.svd(points - points.mean(axis=0))[2][2]
        look = np.array(literal_eval(document["eye_details"]["look_vec"])[:3])
        assert np.degrees(np.linalg.norm(np.cross(normal, look))) < 3, (
            "as far as the magnification of the cornea lets it"
        )
        assert look[2] < 0


def test_unityeyes_head_pose_in_hand_written_cases() -> None:
    """A frontal camera is (0, 180, 0); the camera's forward axis points against the face and Unity's pitch is down."""
    np.testing.assert_allclose(unity_head_pose_deg(np.eye(3)), [0, 180, 0], atol=1e-9)
    # The subject turns to the image's left, so the camera sees more of their left side: it stands to their left, on
    # Unity's -x, and looks to +x: forward = (sin yaw, .) > 0, yaw below 180.
    left = unity_head_pose_deg(rotation_from_pitch_yaw_roll(np.radians([0, 20, 0])))
    np.testing.assert_allclose(left, [0, 160, 0], atol=1e-9)
    # The subject looks up, the camera sees them from below and looks up at them: Unity's pitch is negative.
    up = unity_head_pose_deg(rotation_from_pitch_yaw_roll(np.radians([15, 0, 0])))
    np.testing.assert_allclose(up, [345, 180, 0], atol=1e-9)


def test_unityeyes_head_pose_rebuilds_the_rotation() -> None:
    for sample in SAMPLES:
        r_h = sample.array("cam_from_head", 4, 4)[:3, :3]
        pitch, yaw, roll = unity_head_pose_deg(r_h)
        # Unity applies z, then x, then y, about its own axes.
        camera = Rotation.from_euler("YXZ", [yaw, pitch, roll], degrees=True).as_matrix()
        face_unity = camera.T @ [0, 0, 1]
        np.testing.assert_allclose(face_unity * [1, -1, 1], -r_h[:, 2], atol=1e-9)
        up_unity = camera.T @ [0, 1, 0]
        np.testing.assert_allclose(up_unity * [1, -1, 1], -r_h[:, 1], atol=1e-9)


def mirrored(sample: Sample) -> Sample:
    """Return the mirror image of a sample, label by label, as another subject would be rendered."""
    width = sample.picture.shape[1]

    def turn(value: Any, name: str) -> Any:
        if isinstance(value, dict):
            return {key: turn(inner, f"{name}.{key}") for key, inner in value.items()}
        if name.endswith(("px", "px.")) and isinstance(value, list):
            array = recounted(np.array(value), name)
            return (np.stack([width - array[..., 0], array[..., 1]], axis=-1) if array.ndim > 0 else array).tolist()
        if name.endswith(("_cam", ".cam")) and np.shape(value)[-1:] == (3,):
            return (recounted(np.array(value), name) * [-1, 1, 1]).tolist()
        return value

    def recounted(points: np.ndarray, name: str) -> np.ndarray:
        """Contours begin at the subject's left, whichever eye: in the mirror that is point 16, and the way is back."""
        return points[(16 - np.arange(32)) % 32] if "iris" in name or "pupil_px" in name or "pupil." in name else points

    labels = turn(dict(sample.labels), "labels")
    flip = np.diag([-1.0, 1, 1, 1])
    labels["cam_from_head"] = (flip @ np.array(sample.labels["cam_from_head"]) @ flip).tolist()
    labels["eyes"] = {"left": labels["eyes"]["right"], "right": labels["eyes"]["left"]}
    labels["subject_eye"] = "left" if sample.subject_eye == "right" else "right"
    return Sample(sample.seed, sample.index, np.ascontiguousarray(sample.picture[:, ::-1]), labels)


def test_unityeyes_sees_no_difference_between_an_eye_and_its_mirror() -> None:
    for sample in SAMPLES[:4]:
        one, other = unity_view(sample), unity_view(mirrored(sample))
        np.testing.assert_array_equal(one.picture, other.picture)
        np.testing.assert_allclose(one.camera_px, other.camera_px, atol=1e-9)
        np.testing.assert_allclose(one.optical_unity, other.optical_unity, atol=1e-12)
        np.testing.assert_allclose((one.head_pose_deg - other.head_pose_deg + 180) % 360, 180, atol=1e-9)
        for name in one.points:
            np.testing.assert_allclose(one.points[name], other.points[name], atol=1e-9)


def test_coco_read_by_its_rules_gives_the_labels(tmp_path: Path) -> None:
    assert "optical" in write_coco(iter(SAMPLES), tmp_path)
    document = json.loads((tmp_path / "annotations.json").read_text())
    images = {image["id"]: image for image in document["images"]}
    (category,) = document["categories"]
    assert len(images) == len(SAMPLES) and len(category["keypoints"]) == len(set(category["keypoints"])) == 87
    assert {joint for bone in category["skeleton"] for joint in bone} <= set(range(1, 88))
    ids = [annotation["id"] for annotation in document["annotations"]]
    assert len(ids) == len(set(ids)) >= len(SAMPLES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["annotations.json", "images"]
    for annotation in document["annotations"]:
        image = images[annotation["image_id"]]
        sample = SAMPLES[annotation["image_id"]]
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "images" / image["file_name"])), sample.picture)
        x, y, v = np.array(annotation["keypoints"]).reshape(87, 3).T
        assert set(v) <= {0, 1, 2} and annotation["num_keypoints"] == (v > 0).sum()
        assert not x[v == 0].any() and not y[v == 0].any()
        eye = f"eyes.{annotation['subject_eye']}"
        iris_px = sample.array(f"{eye}.apparent.iris_px", 32, 2)
        seen = v[23:55] > 0
        # A pixel's centre is its integer in COCO and its integer plus one half in px.
        np.testing.assert_allclose(np.stack([x, y], axis=1)[23:55][seen] + 0.5, iris_px[seen], atol=1e-4)
        left, top, width, height = annotation["bbox"]
        assert left >= 0 and top >= 0 and left + width <= image["width"] and top + height <= image["height"]
        lids = (v[:16] > 0).nonzero()[0]
        assert (x[lids] + 0.5 >= left - 1e-3).all() and (x[lids] + 0.5 <= left + width + 1e-3).all()
        mask = Image.new("L", (image["width"] * 4, image["height"] * 4))
        polygon = [4 * value for value in annotation["segmentation"][0]]
        if (v[:16] > 0).all():
            ImageDraw.Draw(mask).polygon(polygon, fill=1)
            assert np.asarray(mask).sum() / 16 == pytest.approx(annotation["area"], rel=0.06)


def test_coco_leaves_out_an_eye_that_is_not_in_sight(tmp_path: Path) -> None:
    write_coco(iter(SAMPLES), tmp_path)
    annotations = json.loads((tmp_path / "annotations.json").read_text())["annotations"]
    for sample in SAMPLES:
        sides = {annotation["subject_eye"] for annotation in annotations if annotation["image_id"] == sample.index}
        assert sides == {sample.subject_eye}, "the made-up camera sees one eye"


def test_an_export_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("mine")
    with pytest.raises(ConfigError, match="exists already"), new_folder(tmp_path / "full"):
        pass
    assert (tmp_path / "full" / "a.txt").read_text() == "mine"


def test_an_export_is_whole_or_absent(tmp_path: Path) -> None:
    (tmp_path / ".new.part").mkdir()
    (tmp_path / ".new.part" / "half").write_text("of a killed run")
    with pytest.raises(RuntimeError), new_folder(tmp_path / "new") as folder:
        (folder / "1.jpg").write_bytes(b"x")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with new_folder(tmp_path / "new") as folder:
        (folder / "1.jpg").write_bytes(b"x")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["1.jpg"]


@pytest.mark.parametrize("name", ["unityeyes", "mpiigaze", "mpiigaze_h5", "coco"])
def test_a_full_disk_leaves_nothing_and_says_so(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "eyes")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for target in ("synth.export.unityeyes.encode_picture", "synth.export.coco.encode_picture"):
        monkeypatch.setattr(target, full)
    monkeypatch.setattr(mpiigaze, "savemat", full)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 10**6, 0))
    assert main(["export", f"data={tmp_path / 'eyes'}", f"format={name}", f"out={tmp_path / 'out'}"]) == 1
    error = capsys.readouterr().err
    assert "the disk is full" in error and error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["eyes"]


FACE_FORMATS = "300wlp aflw2000 pts widerface retinaface fsanet gazehub celeba judge"


@pytest.mark.parametrize("name", FACE_FORMATS.split())
def test_the_command_writes_every_format_of_faces_and_none_of_eyes(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / "eyes")
    make(tmp_path / "faces", sample=fake_face)
    words = ["export", f"format={name}", f"out={tmp_path / 'out'}"]
    assert main([*words, f"data={tmp_path / 'eyes'}"]) == 1
    error = capsys.readouterr().err
    assert "the picture holds no face" in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert main([*words, f"data={tmp_path / 'faces'}"]) == 0
    readme = (tmp_path / "out" / "README.txt").read_text()
    assert "Gaze:" in readme and '"seed": 3' in readme
    assert f"as {name};" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["unityeyes", "mpiigaze", "mpiigaze_h5", "coco"])
def test_the_command_writes_every_format(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path / "eyes")
    words = ["export", f"data={tmp_path / 'eyes'}", f"format={name}", f"out={tmp_path / 'out'}"]
    assert main(words) == 0
    readme = (tmp_path / "out" / "README.txt").read_text()
    assert "Gaze:" in readme and '"seed": 3' in readme
    assert "7 samples" in capsys.readouterr().out
    assert main(words) == 1
    assert "exists already" in capsys.readouterr().err
    assert main(["export", f"data={tmp_path / 'none'}", "format=coco", f"out={tmp_path / 'b'}"]) == 1
    assert "no such folder" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
