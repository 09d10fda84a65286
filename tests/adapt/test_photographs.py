"""Photographs against what exports and readers make of rendered samples, and the whole way from 68 points and back."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from adapt.camera import cameras, cameras_of_opencv
from adapt.photographs import SIX, aims, normalised_eyes, normalised_faces
from synth.errors import DataError
from synth.export.eye_patch import eye_patch
from synth.export.face.gazehub import face_patch
from synth.export.face.normalised import normalised_face
from synth.geometry.gaze import pitch_yaw_from_vector
from synth.geometry.normalisation import MPIIFACEGAZE_FACE, XGAZE_FACE, GazeMode, head_pitch_yaw
from synth.geometry.rotation import rotation_from_pitch_yaw_roll
from tests.synth.fake_faces import fake_face
from tests.synth.fake_samples import fake_sample
from train.data.images import read_images
from train.pnp import mean_head_m, perspective

K = np.array([[900.0, 0.0, 310.0], [0.0, 905.0, 250.0], [0.0, 0.0, 1.0]])
LENS = np.array([-0.25, 0.08, 1e-3, -2e-3, 0.0])


def head_of(sample):
    return sample.array("cam_from_head", 4, 4)[:3, :3] @ sample.array("face_triangle_head", 3, 3)


def test_eyes_are_those_of_the_exports() -> None:
    samples = [fake_sample(1, index, 160 + 32 * (index % 2), 96) for index in range(6)]
    patches = [eye_patch(sample, equalise=False) for sample in samples]
    centres = np.stack([sample.eye_array("centre_of_canthi_cam", 3) for sample in samples])
    right = np.array([sample.subject_eye == "right" for sample in samples])
    assert 0 < right.sum() < 6
    eyes = normalised_eyes(
        [sample.picture for sample in samples],
        cameras(np.stack([sample.array("camera_matrix", 3, 3) for sample in samples])),
        centres,
        np.stack([head_of(sample) for sample in samples]),
        right,
        np.stack([sample.array("target_cam", 3) for sample in samples]) - centres,
        tuple(sample.key for sample in samples),
    )
    wanted = [patch.mirrored() if mirror else patch for patch, mirror in zip(patches, right, strict=True)]
    levels = eyes.pictures.images_u8.numpy().astype(int) - np.stack([patch.image for patch in wanted])
    # Where a look falls between two levels, and at the corners of a turned picture, rounding may go either way.
    assert np.abs(levels).max() <= 1
    np.testing.assert_allclose(
        eyes.pictures.gaze_pitch_yaw_rad, [patch.gaze_pitch_yaw_rad for patch in wanted], atol=1e-6
    )
    np.testing.assert_allclose(
        eyes.pictures.head_pitch_yaw_rad, [patch.head_pitch_yaw_rad for patch in wanted], atol=1e-6
    )
    np.testing.assert_allclose(eyes.covered, [patch.covered for patch in patches], atol=1e-6)
    assert eyes.pictures.keys == tuple(sample.key for sample in samples)
    np.testing.assert_array_equal(eyes.pictures.mirrored, right)


def test_faces_are_those_of_the_exports() -> None:
    samples = [fake_face(6, index, (320, 320)) for index in range(3)]
    known = [normalised_face(sample, MPIIFACEGAZE_FACE) for sample in samples]
    arguments = (
        [sample.picture for sample in samples],
        cameras(np.stack([sample.array("camera_matrix", 3, 3) for sample in samples])),
        np.stack([face.centre_cam for face in known]),
        np.stack([head_of(sample) for sample in samples]),
    )
    faces = normalised_faces(*arguments, np.stack([face.gaze_cam for face in known]))
    patches = [face_patch(sample) for sample in samples]
    assert faces.pictures.images_u8.shape == (3, 224, 224, 3)
    assert np.abs(faces.pictures.images_u8.numpy().astype(int) - [patch.image for patch in patches]).max() <= 1
    wanted = np.stack([pitch_yaw_from_vector(patch.gaze_norm) for patch in patches])
    np.testing.assert_allclose(faces.pictures.gaze_pitch_yaw_rad, wanted, atol=1e-6)
    heads = np.stack([head_pitch_yaw(patch.norm_from_face) for patch in patches])
    np.testing.assert_allclose(faces.pictures.head_pitch_yaw_rad, heads, atol=1e-6)
    assert faces.pictures.keys == ("0", "1", "2")
    # Both sets' cameras see the same: f / d_n is 1.6 px a mm in both.
    other = normalised_faces(*arguments, camera=XGAZE_FACE)
    np.testing.assert_array_equal(other.pictures.images_u8, faces.pictures.images_u8)
    assert other.pictures.gaze_pitch_yaw_rad.isnan().all()


def test_from_68_points_of_a_distorted_picture_and_back() -> None:
    """As docs/normalisation.md does it: points, straightened by the lens, give the pose, and that the aims."""
    model, camera = mean_head_m(), cameras(K, LENS)
    rotation, place = rotation_from_pitch_yaw_roll(np.array([0.15, -0.35, 0.1])), np.array([0.07, -0.03, 0.62])
    points_cam = model @ rotation.T + place
    points_px = camera.project(torch.from_numpy(points_cam)[None])
    found, found_m = perspective(camera.plane_from_px(points_px)[0].numpy(), model, np.eye(3))
    aim = aims(model[list(SIX)], found[None], found_m[None])
    np.testing.assert_allclose(aim.face_cam[0], points_cam[list(SIX)].mean(0), atol=1e-6)
    np.testing.assert_allclose(aim.right_cam[0], points_cam[[36, 39]].mean(0), atol=1e-6)
    np.testing.assert_allclose(aim.left_cam[0], points_cam[[42, 45]].mean(0), atol=1e-6)
    across = points_cam[[42, 45]].mean(0) - points_cam[[36, 39]].mean(0)
    np.testing.assert_allclose(aim.cam_from_head[0, :, 0], across / np.linalg.norm(across), atol=1e-6)
    photograph = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    target = np.array([0.1, 0.05, -0.02])
    for centre, right in ((aim.right_cam, True), (aim.left_cam, False)):
        eyes = normalised_eyes(
            [photograph], camera, centre, aim.cam_from_head, np.array([right]), target[None] - centre
        )
        gaze = (target - centre[0]) / np.linalg.norm(target - centre[0])
        np.testing.assert_allclose(eyes.views.gaze_to_cam(eyes.pictures.gaze_pitch_yaw_rad)[0], gaze, atol=1e-6)
        middle_px = camera.project(torch.from_numpy(centre)[None])
        np.testing.assert_allclose(eyes.views.points(middle_px, camera), [[[30.0, 18.0]]], atol=1e-6)
        # The outer corner, then the inner one; of a mirrored right eye the outer one is at the right.
        corners_px = points_px[:, [36, 39]] if right else points_px[:, [45, 42]]
        in_view = eyes.views.points(corners_px, camera)
        assert (in_view[0, :, 0].diff() < -15).all()
        np.testing.assert_allclose(eyes.views.points_to_px(in_view, camera), corners_px, atol=1e-6)


def test_the_example_of_the_docs_runs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "normalisation.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    cam = mean_head_m() + np.array([0.03, 0.02, 0.6])
    given: dict[str, object] = {
        "K": K,
        "distortion": LENS,
        "points_px": cameras_of_opencv(K, LENS).project(torch.from_numpy(cam)[None])[0].numpy(),
        "photograph": np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8),
    }
    exec(example, given)
    np.testing.assert_allclose(given["rotation"], np.eye(3), atol=1e-6)
    np.testing.assert_allclose(given["place_m"], [0.03, 0.02, 0.6], atol=1e-6)
    gaze_cam = given["gaze_cam"].numpy()
    assert np.linalg.norm(gaze_cam) == pytest.approx(1) and gaze_cam[2] < 0


@pytest.mark.parametrize("mode", list(GazeMode))
def test_a_folder_of_normalised_eyes_is_read_as_the_same_eyes(tmp_path: Path, mode: GazeMode) -> None:
    """What `predict` is given: unmirrored pictures, and labels.json that tells the sides."""
    samples = [fake_sample(3, index) for index in range(4)]
    sides = np.array([sample.subject_eye == "right" for sample in samples])
    arguments = (
        [sample.picture for sample in samples],
        cameras(np.stack([sample.array("camera_matrix", 3, 3) for sample in samples])),
        np.stack([sample.eye_array("centre_of_canthi_cam", 3) for sample in samples]),
        np.stack([head_of(sample) for sample in samples]),
    )
    stored = normalised_eyes(*arguments, right=np.zeros(4, bool), mode=mode).pictures
    known = {}
    for i, right in enumerate(sides):
        Image.fromarray(stored.images_u8[i].numpy()).save(tmp_path / f"{i}.png")
        known[f"{i}.png"] = {
            "side": "right" if right else "left",
            "head_pitch_yaw_rad": stored.head_pitch_yaw_rad[i].tolist(),
        }
    (tmp_path / "labels.json").write_text(json.dumps(known))
    read, eyes = read_images(tmp_path).pictures, normalised_eyes(*arguments, right=sides, mode=mode).pictures
    np.testing.assert_array_equal(read.images_u8, eyes.images_u8)
    np.testing.assert_allclose(read.head_pitch_yaw_rad, eyes.head_pitch_yaw_rad, atol=1e-6)
    np.testing.assert_array_equal(read.mirrored, eyes.mirrored)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"centre_cam": np.zeros((0, 3))}, "0 centres, 1 heads, 1 sides"),
        ({"photographs": []}, "0 photographs, 1 cameras, 1 views"),
        ({"cameras": cameras(np.stack([K] * 2))}, "1 photographs, 2 cameras, 1 views"),
        ({"photographs": [np.zeros((8, 8, 4), np.uint8)]}, "photograph 0: uint8 of shape .*8, 8, 4.* u8, grey or RGB"),
        ({"gaze_cam": np.ones((2, 3))}, "2 gazes, 1 views"),
        ({"keys": ("a", "b")}, "2 keys, 1 views"),
        ({"right": np.zeros(2, bool)}, "1 centres, 1 heads, 2 sides"),
        ({"centre_cam": np.array([[0.0, 0.0, -0.6]])}, "view 0: its centre .* is not before the lens"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes: dict[str, object], says: str) -> None:
    arguments: dict[str, object] = {
        "photographs": [np.zeros((8, 8), np.uint8)],
        "cameras": cameras(K),
        "centre_cam": np.array([[0.0, 0.0, 0.6]]),
        "cam_from_head": np.eye(3)[None],
        "right": np.zeros(1, bool),
    }
    with pytest.raises(DataError, match=says) as caught:
        normalised_eyes(**(arguments | changes))
    assert "\n" not in str(caught.value)


def test_a_view_that_is_refused_is_named_by_its_own_number() -> None:
    with pytest.raises(DataError, match="view 1: its centre is farther aside than the lens' coefficients hold"):
        normalised_faces(
            [np.zeros((8, 8, 3), np.uint8)] * 2,
            cameras(K, np.array([-0.3, 0, 0, 0])),
            np.array([[0.0, 0.0, 0.6], [0.8, 0.0, 0.6]]),
            np.stack([np.eye(3)] * 2),
        )
