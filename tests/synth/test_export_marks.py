"""Boxes and points of faces, read back by the rules of 300-W, WIDER FACE, RetinaFace, COCO and the bench of models."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synth.errors import DataError
from synth.export.coco import write_coco
from synth.export.face.faces import face_of
from synth.export.face.judge import write_judge
from synth.export.face.pose import HeadPose
from synth.export.face.pts import write_pts
from synth.export.face.retinaface import write_retinaface
from synth.export.face.widerface import flags, write_widerface
from synth.sample import Sample
from tests.synth.fake_faces import fake_face
from tests.synth.fake_samples import fake_sample

FACES = [fake_face(4, index, edge=index == 3) for index in range(8)]


def with_face(sample: Sample, **changes: object) -> Sample:
    return dataclasses.replace(sample, labels={**sample.labels, "face": {**sample.labels["face"], **changes}})


def crowd() -> list[Sample]:
    """Return a picture of three, one of whom is half hidden and one seen from behind, and one of a back alone."""
    first, second, back = FACES[0], with_face(FACES[1], visible_fraction=0.5), with_face(FACES[2], facing=0.1)
    many = dataclasses.replace(first, labels={**first.labels, "others": [second.labels, back.labels]})
    return [many, back]


def test_crowds_list_every_face_and_no_backs(tmp_path: Path) -> None:
    for name in ("wider", "retina", "coco"):
        (tmp_path / name).mkdir()
    assert "2 pictures, 2 faces" in write_widerface(iter(crowd()), tmp_path / "wider")
    lines = (tmp_path / "wider/wider_face_split/wider_face_train_bbx_gt.txt").read_text().splitlines()
    assert lines[1] == "2" and lines[2].split()[8] == "0" and lines[3].split()[8] == "2"
    assert lines[5:] == ["0", "0 0 0 0 0 0 0 0 0 0 "], "as WIDER FACE writes a picture of nobody"
    assert "2 pictures, 2 faces" in write_retinaface(iter(crowd()), tmp_path / "retina")
    lines = (tmp_path / "retina/train/label.txt").read_text().splitlines()
    assert [line.startswith("#") for line in lines] == [True, False, False, True]
    write_coco(iter(crowd()), tmp_path / "coco")
    document = json.loads((tmp_path / "coco/annotations.json").read_text())
    faces = [a for a in document["annotations"] if "head_bbox" in a]
    assert len(document["images"]) == 2 and [a["image_id"] for a in faces] == [0, 0]
    assert [a["visible_fraction"] for a in faces] == [1, 0.5]
    for face in faces:
        (x, y, w, h), (hx, hy, hw, hh) = face["bbox"], face["head_bbox"]
        assert hx <= x and hy <= y and hx + hw >= x + w and hy + hh >= y + h


@pytest.mark.parametrize(("seen", "occlusion", "invalid"), [(1.0, 0, 0), (0.8, 1, 0), (0.4, 2, 0), (0.05, 2, 1)])
def test_widerface_tells_how_much_is_hidden(seen: float, occlusion: int, invalid: int) -> None:
    sample = with_face(FACES[0], visible_fraction=seen)
    found = flags(sample, face_of(sample))
    assert (found[4], found[3]) == (occlusion, invalid)


def test_what_the_edge_cuts_is_not_occluded() -> None:
    sample = with_face(FACES[0], visible_fraction=0.5, inside_fraction=0.5)
    assert flags(sample, face_of(sample))[4] == 0


def outline(sample: Sample) -> np.ndarray:
    jaw = sample.array("face.apparent.jaw_outline", 17, 2)
    return np.concatenate([jaw, sample.array("face.apparent.ibug68", 68, 2)[17:]])


def inside(sample: Sample) -> np.ndarray:
    """Return the face's box within the picture: left, top, right, bottom."""
    height, width = sample.picture.shape[:2]
    return np.clip(sample.array("face.box_face_px", 4), 0, [width, height, width, height])


def test_pts_are_counted_from_one(tmp_path: Path) -> None:
    assert "(1, 1)" in write_pts(iter(FACES), tmp_path)
    for sample in FACES:
        lines = (tmp_path / f"{sample.key}.pts").read_text().splitlines()
        assert lines[0].split(":")[0] == "version" and lines[1].split() == ["n_points:", "68"]
        assert lines[2] == "{" and lines[-1] == "}"
        points = np.array([line.split() for line in lines[3:-1]], float)
        assert points.shape == (68, 2)
        # The first pixel, whose centre is (0.5, 0.5) px, is called (1, 1).
        np.testing.assert_allclose(points - 0.5, outline(sample), atol=1e-4)
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / f"{sample.key}.png")), sample.picture)


def test_widerface_read_by_its_rules(tmp_path: Path) -> None:
    assert "forehead to chin" in write_widerface(iter(FACES), tmp_path)
    lines = (tmp_path / "wider_face_split" / "wider_face_train_bbx_gt.txt").read_text().splitlines()
    places = iter(lines)
    seen = 0
    for path, sample in zip(places, FACES, strict=False):
        with Image.open(tmp_path / "WIDER_train" / "images" / path) as picture:
            assert picture.size == sample.picture.shape[1::-1]
        faces = [[int(word) for word in next(places).split()] for _ in range(int(next(places)))]
        ((x, y, w, h, *flags),) = faces
        assert len(flags) == 6 and w > 0 and h > 0
        assert np.abs(np.array([x, y, x + w, y + h]) - inside(sample)).max() <= 0.5
        blur, expression, illumination, invalid, occlusion, pose = flags
        assert (blur, occlusion) in {(i, j) for i in range(3) for j in range(3)} and invalid == 0
        assert expression == 1 and illumination == (abs(sample.spec["camera"]["exposure_stops"]) > 1)
        assert pose == (np.degrees(np.abs(sample.array("face.pitch_yaw_roll_rad", 3))) > [30, 90, 30]).any()
        seen += 1
    assert seen == len(FACES)


def test_widerface_calls_a_face_blurred_for_its_size() -> None:
    found = []
    for blur_px in (0.1, 0.9, 5.0):
        sample = dataclasses.replace(FACES[0], spec={"camera": {"blur_px": blur_px, "exposure_stops": 0.0}})
        found.append(flags(sample, face_of(sample))[0])
    assert found == [0, 1, 2]
    with pytest.raises(DataError, match=r"00000000: spec\.camera\.exposure_stops is missing"):
        flags(dataclasses.replace(FACES[0], spec={}), face_of(FACES[0]))


def test_retinaface_read_by_its_rules(tmp_path: Path) -> None:
    assert "hidden 0 is seen" in write_retinaface(iter(FACES), tmp_path)
    text = (tmp_path / "train" / "label.txt").read_text().splitlines()
    assert len(text) == 2 * len(FACES)
    for head, line, sample in zip(text[::2], text[1::2], FACES, strict=True):
        assert head.startswith("# ")
        assert (tmp_path / "train" / "images" / head[2:]).is_file()
        values = np.array(line.split(), float)
        assert len(values) == 20 and 0 <= values[19] <= 1
        x, y, w, h = values[:4]
        assert np.abs(np.array([x, y, x + w, y + h]) - inside(sample)).max() <= 0.5
        points = values[4:19].reshape(5, 3)
        np.testing.assert_allclose(points[:, :2] + 0.5, sample.array("face.apparent.five", 5, 2), atol=1e-3)
        np.testing.assert_array_equal(points[2:, 2] == 0, sample.array("face.points.five.visible", 5)[2:] > 0)
        lids = sample.array("face.points.ibug68.visible", 68)[36:48].reshape(2, 6)
        np.testing.assert_array_equal(points[:2, 2] == 0, lids.sum(axis=1) >= 3)


def test_coco_holds_faces_beside_eyes(tmp_path: Path) -> None:
    write_coco(iter([*FACES, fake_sample(5, 8)]), tmp_path)
    document = json.loads((tmp_path / "annotations.json").read_text())
    categories = {category["name"]: category for category in document["categories"]}
    assert sorted(categories) == ["eye", "face"] and len(categories["face"]["keypoints"]) == 68
    assert {joint for bone in categories["face"]["skeleton"] for joint in bone} == set(range(1, 69))
    assert [36, 37] not in categories["face"]["skeleton"] and [37, 38] in categories["face"]["skeleton"]
    assert [42, 37] in categories["face"]["skeleton"], "an eye is closed"
    ids = [annotation["id"] for annotation in document["annotations"]]
    assert ids == list(range(1, len(ids) + 1))
    faces = [a for a in document["annotations"] if a["category_id"] == categories["face"]["id"]]
    assert [face["image_id"] for face in faces] == list(range(8))
    for face, sample in zip(faces, FACES, strict=True):
        x, y, v = np.array(face["keypoints"]).reshape(68, 3).T
        np.testing.assert_allclose(np.stack([x, y], axis=1)[v > 0] + 0.5, outline(sample)[v > 0], atol=1e-4)
        assert not x[v == 0].any() and face["num_keypoints"] == (v > 0).sum()
        left, top, width, height = face["bbox"]
        np.testing.assert_allclose([left, top, left + width, top + height], inside(sample), atol=2e-4)
        assert face["area"] == pytest.approx(width * height, rel=1e-3)
    assert any(0 in np.array(face["keypoints"])[2::3] for face in faces), "one is cut by the picture's edge"
    eyes = [a for a in document["annotations"] if a["category_id"] == categories["eye"]["id"]]
    assert {a["subject_eye"] for a in eyes if a["image_id"] == 0} == {"left", "right"}


def test_the_bench_of_models_reads_its_truth(tmp_path: Path) -> None:
    assert "gt.json" in write_judge(iter(FACES), tmp_path, HeadPose.camera)
    truths = json.loads((tmp_path / "gt.json").read_text())
    assert sorted(truths) == [f"{sample.key}.png" for sample in FACES]
    for sample in FACES:
        name = f"{sample.key}.png"
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / name)), sample.picture)
        truth = truths[name]
        assert sorted(truth) == ["K", "R", "box", "gaze", "id", "iris", "landmarks68"]
        np.testing.assert_allclose(
            np.array(truth["landmarks68"]) + 0.5, sample.array("face.apparent.ibug68", 68, 2), atol=1e-4
        )
        iris = np.array(truth["iris"])
        assert iris.shape == (2, 2)
        if np.abs(sample.array("face.pitch_yaw_roll_rad", 3)).max() < 0.5:
            assert iris[0, 0] < iris[1, 0]
        # The head's middle lies where K and the pose put it, but for the half pixel and the apparent place.
        cam = sample.array("face.points.ibug68.cam", 68, 3) @ np.array(truth["K"]).T
        away = cam[:, :2] / cam[:, 2:] + 0.5 - sample.array("face.points.ibug68.px", 68, 2)
        np.testing.assert_allclose(away, 0, atol=1e-6)
        np.testing.assert_allclose(truth["R"], np.array(sample.labels["cam_from_head"])[:3, :3])
        for side in ("left", "right"):
            np.testing.assert_allclose(truth["gaze"][side], sample.array(f"eyes.{side}.visual_axis_cam", 3))
        assert truth["id"] == sample.labels["attributes"]["identity"]


def test_against_the_line_of_sight_head_and_gaze_turn_together(tmp_path: Path) -> None:
    both = {}
    for pose in HeadPose:
        folder = tmp_path / pose.value
        folder.mkdir()
        write_judge(iter(FACES), folder, pose)
        both[pose] = json.loads((folder / "gt.json").read_text())
    for sample in FACES:
        camera, sight = (both[pose][f"{sample.key}.png"] for pose in (HeadPose.camera, HeadPose.sight))
        assert "K" in camera and "K" not in sight
        turn = np.array(sight["R"]) @ np.array(camera["R"]).T
        towards = turn @ sample.array("face.points.ibug68.cam", 68, 3).mean(axis=0)
        np.testing.assert_allclose(towards[:2] / towards[2], 0, atol=1e-9)
        for side in ("left", "right"):
            np.testing.assert_allclose(turn @ camera["gaze"][side], sight["gaze"][side], atol=1e-12)


@pytest.mark.parametrize("write", [write_pts, write_widerface, write_retinaface, write_judge])
def test_eyes_are_no_faces(tmp_path: Path, write) -> None:
    with pytest.raises(DataError, match="00000004: the picture holds no face"):
        write(iter([fake_sample(0, 4)]), tmp_path)
