"""Head poses, read back by the rules of Hopenet, 6DRepNet, FSA-Net and of 300W-LP's own projection."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat
from scipy.spatial.transform import Rotation

from synth.errors import DataError
from synth.export.face.aflw2000 import write_aflw2000
from synth.export.face.fsanet import write_fsanet
from synth.export.face.pose import HeadPose
from synth.export.face.wlp300 import write_300wlp
from synth.sample import Sample
from tests.synth.fake_faces import fake_face
from tests.synth.fake_samples import fake_sample

TURNS_DEG = [(0, 0, 0), (20, -50, 10), (-30, 85, -20), (10, 90, 0), (15, 90, 25), (5, -90, -10), (8, 97, 5), (0, 0, 80)]
FACES = [fake_face(3, i, pitch_yaw_roll_rad=tuple(np.radians(turn))) for i, turn in enumerate(TURNS_DEG)]
FACES += [fake_face(3, index) for index in range(len(TURNS_DEG), 14)]


def rotation(sample: Sample) -> np.ndarray:
    return sample.array("cam_from_head", 4, 4)[:3, :3]


def rotation_from_angles(pitch: float, yaw: float, roll: float) -> np.ndarray:
    """Return Rx(-pitch) Ry(yaw) Rz(roll), x right, y down, z away."""
    return Rotation.from_euler("XYZ", [-pitch, yaw, roll]).as_matrix()


def apart_deg(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.linalg.norm(Rotation.from_matrix(a.T @ b).as_rotvec())))


@pytest.fixture(scope="module", params=["300wlp", "aflw2000"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    write = write_300wlp if request.param == "300wlp" else write_aflw2000
    text = write(iter(FACES), folder)
    assert "cam_from_head" in text and f"{len(FACES)} pictures" in text
    return folder


def names(folder: Path) -> list[str]:
    """Read the list as Hopenet does."""
    return (folder / "files.txt").read_text().splitlines()


def test_the_list_names_a_picture_and_a_mat_each(written: Path) -> None:
    assert names(written) == [sample.key for sample in FACES]
    for name, sample in zip(names(written), FACES, strict=True):
        with Image.open(written / f"{name}.jpg") as picture:
            assert np.abs(np.asarray(picture).astype(int) - sample.picture).mean() < 2
        assert (written / f"{name}.mat").is_file()


def test_angles_give_the_rotation_gimbals_included(written: Path) -> None:
    for name, sample in zip(names(written), FACES, strict=True):
        para = loadmat(written / f"{name}.mat")["Pose_Para"]
        assert para.shape == (1, 7)
        assert apart_deg(rotation_from_angles(*para[0][:3]), rotation(sample)) < 1e-4
    upright = loadmat(written / f"{names(written)[6]}.mat")["Pose_Para"][0, :3]
    np.testing.assert_allclose(np.degrees(upright), TURNS_DEG[6], atol=1e-6)


def test_the_mat_projects_as_300wlp_does(written: Path) -> None:
    """V' = s R V + t with y up, R the product of its own matrices; weak perspective fits to a few hundredths."""
    for name, sample in zip(names(written), FACES, strict=True):
        mat = loadmat(written / f"{name}.mat")
        pitch, yaw, roll, *t, scale = mat["Pose_Para"][0]
        rx = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
        ry = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
        rz = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
        cam = sample.array("face.points.ibug68.cam", 68, 3)
        pose = sample.array("cam_from_head", 4, 4)
        v = ((cam - pose[:3, 3]) @ pose[:3, :3]) * [1e6, -1e6, -1e6]
        at = scale * v @ (rx @ ry @ rz).T + t
        height = sample.picture.shape[0]
        points = mat["pt3d_68"]
        assert points.shape == (3, 68)
        span = np.ptp(points[:2], axis=1).max()
        away = np.linalg.norm(np.stack([at[:, 0], height - 1 - at[:, 1]]) - points[:2], axis=0)
        assert away.max() < 0.1 * span and away.mean() < 0.04 * span
        np.testing.assert_allclose(at[:, 2], points[2], atol=1e-6 * span)
        if rotation(sample)[2, 2] > 0.9:
            assert points[2, 30] > points[2, [0, 16]].max(), "z grows towards the camera"
        # A pixel's centre is its integer here and its integer plus one half in px.
        np.testing.assert_allclose(points[:2].T + 0.5, sample.array("face.apparent.ibug68", 68, 2), atol=1e-6)


def test_300wlp_is_cut_by_its_outline(tmp_path: Path) -> None:
    write_300wlp(iter(FACES), tmp_path)
    for name, sample in zip(names(tmp_path), FACES, strict=True):
        mat = loadmat(tmp_path / f"{name}.mat")
        points = mat["pt2d"]
        assert points.shape == (2, 68) and mat["roi"].shape == (1, 4)
        np.testing.assert_allclose(points.T[:17] + 0.5, sample.array("face.apparent.jaw_outline", 17, 2), atol=1e-6)
        np.testing.assert_array_equal(points[:, 17:], mat["pt3d_68"][:2, 17:])
        left, top, right, bottom = mat["roi"][0]
        box = sample.array("face.box_face_px", 4)
        assert np.abs(np.array([left - 1, top - 1, right, bottom]) - box).max() <= 1


def test_aflw2000_marks_what_is_not_seen(tmp_path: Path) -> None:
    text = write_aflw2000(iter(FACES), tmp_path)
    assert ", 0 of them" in text
    for name, sample in zip(names(tmp_path), FACES, strict=True):
        points = loadmat(tmp_path / f"{name}.mat")["pt2d"].T
        assert points.shape == (21, 2)
        hidden = (points == -1).all(axis=1)
        assert (hidden == (points == -1).any(axis=1)).all()
        visible = sample.array("face.points.ibug68.visible", 68) > 0
        assert hidden[14] == (not visible[30]) and hidden[17] == (not visible[48])
        if sample.index == 0:
            assert not hidden.any()
            x, y = points.T
            assert (np.diff(x[:6]) > 0).all() and (np.diff(x[6:12]) > 0).all() and (np.diff(x[12:17]) > 0).all()
            assert (np.diff(x[17:20]) > 0).all() and y[20] == y.max() and y[:6].max() < y[6:12].min()


def test_a_pose_against_the_line_of_sight_is_what_a_cut_out_face_shows(tmp_path: Path) -> None:
    """A head beside the axis that faces the lens itself looks straight out of its cut: its angles are zero."""
    unturned = fake_face(1, 0, pitch_yaw_roll_rad=(0, 0, 0), aside_m=(0.25, -0.1))
    middle = unturned.array("face.points.ibug68.cam", 68, 3).mean(axis=0)
    z = middle / np.linalg.norm(middle)
    x = np.cross([0, 1, 0], z) / np.linalg.norm(np.cross([0, 1, 0], z))
    facing = Rotation.from_matrix(np.stack([x, np.cross(z, x), z], axis=1)).as_euler("XYZ")
    sample = fake_face(1, 0, pitch_yaw_roll_rad=(-facing[0], facing[1], facing[2]), aside_m=(0.25, -0.1))
    found = {}
    for pose in HeadPose:
        (tmp_path / pose.name).mkdir()
        text = write_300wlp(iter([sample]), tmp_path / pose.name, pose=pose)
        assert "on average" in text
        found[pose] = loadmat(tmp_path / pose.name / "00000000.mat")["Pose_Para"][0]
    assert apart_deg(rotation_from_angles(*found[HeadPose.camera][:3]), rotation(sample)) < 1e-4
    assert np.degrees(np.abs(found[HeadPose.camera][1])) > 10
    assert np.degrees(np.abs(found[HeadPose.sight][:3])).max() < 1


def test_fsanet_read_by_its_rules(tmp_path: Path) -> None:
    far = fake_face(3, 99, pitch_yaw_roll_rad=tuple(np.radians([0, 120, 0])))
    text = write_fsanet(iter([*FACES, far]), tmp_path)
    assert "14 faces; 1 were left out" in text
    with np.load(tmp_path / "faces.npz") as file:
        images, poses, size = file["image"], file["pose"], int(file["img_size"])
    assert size == 64 and images.shape == (14, 64, 64, 3) and images.dtype == np.uint8 and poses.shape == (14, 3)
    for image, (yaw, pitch, roll), sample in zip(images, np.radians(poses), FACES, strict=True):
        assert apart_deg(rotation_from_angles(pitch, yaw, roll), rotation(sample)) < 1e-4
        points = np.concatenate(
            [sample.array("face.apparent.jaw_outline", 17, 2), sample.array("face.apparent.ibug68", 68, 2)[17:]]
        )
        low, high = points.min(axis=0), points.max(axis=0)
        low, high = low - 0.6 * (high - low), high + 0.6 * (high - low)
        box = [*np.maximum(low, 0), *np.minimum(high, sample.picture.shape[1::-1])]
        again = Image.fromarray(sample.picture).resize((64, 64), Image.Resampling.BOX, box=box)
        assert np.abs(np.asarray(again)[..., ::-1].astype(int) - image).mean() < 6, "blue first"


def test_fsanet_without_a_face_that_is_near_enough_says_so(tmp_path: Path) -> None:
    far = fake_face(3, 99, pitch_yaw_roll_rad=tuple(np.radians([0, 120, 0])))
    with pytest.raises(DataError, match="none is left"):
        write_fsanet(iter([far]), tmp_path)


@pytest.mark.parametrize("write", [write_300wlp, write_aflw2000, write_fsanet])
def test_eyes_are_no_faces(tmp_path: Path, write) -> None:
    with pytest.raises(DataError, match="00000004: the picture holds no face"):
        write(iter([fake_sample(0, 4)]), tmp_path)
