"""GazeHub's folder, read back as its readers do, and its faces where the virtual camera sees them."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from synth.errors import DataError
from synth.export.face.gazehub import face_patch, write_gazehub
from tests.synth.fake_faces import fake_face
from tests.synth.fake_samples import fake_sample

FACES = [fake_face(6, index, (320, 320)) for index in range(6)]
HEADER = "Face Left Right Origin WhichEye 3DGaze 3DHead 2DGaze 2DHead Rmat Smat GazeOrigin"


def vector(text: str) -> np.ndarray:
    return np.array(text.split(","), float)


def test_read_as_its_readers_do(tmp_path: Path) -> None:
    text = write_gazehub(iter(FACES), tmp_path, persons=2)
    assert "mode direction" in text and "6 faces" in text
    assert sorted(path.name for path in (tmp_path / "Label").iterdir()) == ["p00.label", "p01.label"]
    found = 0
    for person in range(2):
        lines = (tmp_path / "Label" / f"p{person:02d}.label").read_text().splitlines()
        assert lines.pop(0) == HEADER
        for line in lines:
            face, left, right, origin, which, gaze, head, gaze2d, head2d, rmat, smat, centre = line.split(" ")
            sample = FACES[int(origin)]
            assert sample.labels["attributes"]["identity"] % 2 == person and which == "left"
            for path, size in ((face, (224, 224)), (left, (60, 36)), (right, (60, 36))):
                with Image.open(tmp_path / "Image" / path) as picture:
                    assert picture.size == size
            yaw, pitch = vector(gaze2d)
            x, y, z = vector(gaze)
            assert np.hypot(np.hypot(x, y), z) == pytest.approx(1, abs=1e-8)
            np.testing.assert_allclose([yaw, pitch], [np.arctan2(-x, -z), np.arcsin(-y)], atol=1e-7)
            axis = Rotation.from_rotvec(vector(head)).as_matrix()[:, 2]
            np.testing.assert_allclose(vector(head2d), [np.arctan2(axis[0], axis[2]), np.arcsin(axis[1])], atol=1e-7)
            # Back into the camera by Rmat alone; the gaze starts at the mean of six corners.
            turn = Rotation.from_rotvec(vector(rmat)).as_matrix()
            corners = [sample.array(f"eyes.{side}.canthi_cam", 2, 3) for side in ("left", "right")]
            mouth = sample.array("face.points.ibug68.cam", 68, 3)[[48, 54]]
            start = np.concatenate([*corners, mouth]).mean(axis=0)
            to_target = sample.array("target_cam", 3) - start
            np.testing.assert_allclose(turn.T @ [x, y, z], to_target / np.linalg.norm(to_target), atol=1e-7)
            np.testing.assert_allclose(vector(smat), [1, 1, 1 / np.linalg.norm(start)], rtol=1e-7)
            np.testing.assert_allclose(vector(centre), [0, 0, 1000], atol=1e-4)
            head_cam = turn.T @ Rotation.from_rotvec(vector(head)).as_matrix()
            ours = sample.array("cam_from_head", 4, 4)[:3, :3] @ sample.array("face_triangle_head", 3, 3)
            np.testing.assert_allclose(head_cam, ours, atol=1e-7)
            found += 1
    assert found == len(FACES)


def test_a_mark_lands_where_the_normalised_camera_sees_it() -> None:
    for sample in FACES[:3]:
        at = sample.array("face.points.five.px", 5, 2)[2]
        v, u = np.indices(sample.picture.shape[:2]) + 0.5
        dot = np.rint(255 * np.exp(-((u - at[0]) ** 2 + (v - at[1]) ** 2) / 72)).astype(np.uint8)
        patch = face_patch(dataclasses.replace(sample, picture=dot))
        v, u = np.indices((224, 224)) + 0.5
        weights = patch.image.astype(float)
        centroid = np.array([(u * weights).sum(), (v * weights).sum()]) / weights.sum()
        seen = patch.view.norm_from_cam @ sample.array("face.points.five.cam", 5, 3)[2]
        expected = 1600 * seen[:2] / seen[2] * np.linalg.norm(sample_centre(sample)) + 112
        np.testing.assert_allclose(centroid, expected, atol=0.3)


def sample_centre(sample) -> np.ndarray:
    corners = [sample.array(f"eyes.{side}.canthi_cam", 2, 3) for side in ("left", "right")]
    return np.concatenate([*corners, sample.array("face.points.ibug68.cam", 68, 3)[[48, 54]]]).mean(axis=0)


def test_left_is_the_left_of_the_picture() -> None:
    sample = fake_face(6, 0, (320, 320), pitch_yaw_roll_rad=(0, 0, 0))
    picture = np.zeros((320, 320), np.uint8)
    picture[:, 160:] = np.arange(160)
    patch = face_patch(dataclasses.replace(sample, picture=picture))
    assert len(np.unique(patch.eyes[0])) == 1 and len(np.unique(patch.eyes[1])) > 5
    assert all(eye.shape == (36, 60) for eye in patch.eyes)


def test_eyes_are_no_faces(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="00000004: the picture holds no face"):
        write_gazehub(iter([fake_sample(0, 4)]), tmp_path)
