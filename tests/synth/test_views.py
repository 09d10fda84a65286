"""Views of a scene: turning the camera moves no thing, and labels are those that normalising the picture's gives."""

import dataclasses

import numpy as np
import pytest

from synth.commands.render import RenderConfig, job
from synth.config import compose
from synth.corpus import make_sample, make_samples
from synth.export.eye_patch import eye_patch
from synth.export.face.normalised import normalised_face
from synth.geometry.camera import camera_matrix
from synth.geometry.frames import apply
from synth.geometry.normalisation import MPIIFACEGAZE_FACE, MPIIGAZE_EYE, GazeMode
from synth.labels import everybody, label
from synth.sample import Sample
from synth.spec import SceneSpec, from_json, to_json
from synth.stopwatch import Stopwatch
from synth.views import CAMERAS, Framing, framed
from tests.agreement.scenes import drawn
from tests.synth.plain_renderer import PlainRenderer

NEAR = {"rtol": 1e-9, "atol": 1e-9}


@pytest.fixture(scope="module")
def scene():
    """A portrait, its geometry, and its sample without a picture."""
    words = ("camera.width=96", "camera.height=96", "subject.glasses.probability=0")
    spec = drawn(0, *words, experiment="portrait")
    people = everybody(spec)
    picture = np.zeros((spec.camera.height, spec.camera.width, 3), np.uint8)
    sample = Sample(spec.seed, spec.index, picture, label(spec, *people).to_json())
    return spec, people, sample


def view(scene, framing):
    spec, people, _ = scene
    seen = framed(spec, people[0], framing)
    return seen, label(seen, *people)


def test_the_scene_itself_is_a_view(scene):
    assert framed(scene[0], scene[1][0], Framing.scene) is scene[0]


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_eye_is_seen_by_mpiigazes_camera(scene, side):
    """The labels of the view, told plainly, are those that the export tells of the portrait after normalising."""
    sample = scene[2]
    patch = eye_patch(dataclasses.replace(sample, labels={**sample.labels, "subject_eye": side}))
    seen, labels = view(scene, Framing(f"{side}_patch"))
    assert (seen.camera.width, seen.camera.height, seen.subject_eye) == (60, 36, side)
    # The middle of the corners is in the middle of the picture, and upright.
    np.testing.assert_allclose(labels.eyes[side].centre_of_canthi_cam[:2], 0, atol=1e-12)
    cam_from_face = labels.cam_from_head[:3, :3] @ labels.face_triangle_head
    np.testing.assert_allclose(cam_from_face, patch.norm_from_head, **NEAR)
    assert abs(cam_from_face[1, 0]) < 1e-12
    centre = labels.eyes[side].centre_of_canthi_cam
    scaled = (labels.target_cam - centre) * (1, 1, MPIIGAZE_EYE.distance_m / np.linalg.norm(centre))
    assert eye_mode(scaled, patch.gaze_norm)


def eye_mode(vector, gaze_norm):
    return np.allclose(vector / np.linalg.norm(vector), gaze_norm, **NEAR)


def test_points_of_a_view_are_the_warped_points_of_the_scene(scene):
    spec, people, _ = scene
    before = label(spec, *people)
    for framing, camera in CAMERAS.items():
        seen, after = view(scene, framing)
        world = np.array(spec.world_from_cam_rotation)
        new_from_cam = np.array(seen.world_from_cam_rotation).T @ world
        warp = camera_matrix(seen.camera) @ new_from_cam @ np.linalg.inv(camera_matrix(spec.camera))
        for side in ("left", "right"):
            ours, theirs = after.eyes[side], before.eyes[side]
            # 1e-6 px, through the refracting cornea too.
            for mine, old in (
                (ours.canthi_px, theirs.canthi_px),
                (ours.apparent.pupil_px, theirs.apparent.pupil_px),
                (ours.apparent.iris_px, theirs.apparent.iris_px),
                (ours.glints_px, theirs.glints_px),
            ):
                homogeneous = np.c_[old, np.ones(len(old))] @ warp.T
                np.testing.assert_allclose(mine, homogeneous[:, :2] / homogeneous[:, 2:], atol=1e-5, rtol=0)
            np.testing.assert_allclose(ours.visual_axis_cam, new_from_cam @ theirs.visual_axis_cam, **NEAR)
            np.testing.assert_allclose(ours.visual_axis_head, theirs.visual_axis_head, **NEAR)
        assert camera.width == seen.camera.width


def test_a_face_is_seen_by_mpiifacegazes_camera(scene):
    spec, people, sample = scene
    exported = normalised_face(sample, MPIIFACEGAZE_FACE)
    seen, labels = view(scene, Framing.normalised_face)
    assert (seen.camera.width, seen.camera.height) == (224, 224) and seen.subject_eye == spec.subject_eye
    # The export's corners of the mouth are 300-W's, a few hundredths of a millimetre from those of the mesh.
    near = {"rtol": 0, "atol": 1e-4}
    np.testing.assert_allclose(
        labels.cam_from_head[:3, :3] @ labels.face_triangle_head, exported.norm_from_face, **near
    )
    corners = np.concatenate([labels.eyes[side].canthi_cam for side in ("right", "left")])
    mouth = apply(labels.cam_from_head, people[0].mouth_corners_head)
    centre = np.concatenate([corners, mouth]).mean(axis=0)
    np.testing.assert_allclose(centre, [0, 0, np.linalg.norm(exported.centre_cam)], **near)
    gaze = exported.view.gaze(exported.gaze_cam, GazeMode.direction)
    ours = labels.target_cam - centre
    np.testing.assert_allclose(ours / np.linalg.norm(ours), gaze, **near)


def test_lamps_people_and_world_stay_where_they_are(scene):
    spec = scene[0]
    for framing in CAMERAS:
        seen, _ = view(scene, framing)
        for before, after in zip(spec.light.lamps, seen.light.lamps, strict=True):
            for name in ("position_cam_m", "direction_cam"):
                world = [
                    np.array(s.world_from_cam_rotation) @ getattr(m, name) for s, m in ((spec, before), (seen, after))
                ]
                np.testing.assert_allclose(*world, **NEAR)
        assert from_json(SceneSpec, to_json(seen)) == seen


def two_views(k, n):
    """A corpus whose scenes have two views and k lights."""
    words = ["experiment=mpiigaze", "camera.grey=false", "out=unused", "seed=11"]
    words += ["views=[left_patch,right_eye]", f"relight={k}", f"n={n}", f"shard_size={2 * k}"]
    return job(compose("synth.conf", "render", RenderConfig, words))


def made(k, n, scene):
    """The samples of a scene, and what was rendered for them."""
    work, renderer = two_views(k, n), PlainRenderer()
    return list(make_samples(work, renderer, scene, Stopwatch())), renderer.rendered


def test_each_view_is_a_sample_with_a_spec_of_its_own():
    samples, rendered = made(k=1, n=4, scene=1)
    assert [sample.index for sample in samples] == [2, 3]
    assert [sample.scene for sample in samples] == [
        {"index": 1, "view": "left_patch", "mix": 0},
        {"index": 1, "view": "right_eye", "mix": 0},
    ]
    assert [sample.picture.shape for sample in samples] == [(36, 60, 3), (96, 160, 3)]
    specs = [from_json(SceneSpec, sample.spec) for sample in samples]
    assert specs == rendered, "what is stored is what was rendered"
    assert [spec.subject_eye for spec in specs] == ["left", "right"]
    assert label(specs[1]).to_json() == samples[1].labels


def test_all_views_are_seen_in_the_same_lights():
    samples, rendered = made(k=2, n=7, scene=1)
    assert len(rendered) == 2, "a path trace for each view"
    assert [(sample.index, sample.scene["view"], sample.scene["mix"]) for sample in samples] == [
        (4, "left_patch", 0),
        (5, "left_patch", 1),
        (6, "right_eye", 0),
    ], "the corpus ends within the scene"
    whole, _ = made(k=2, n=8, scene=1)
    assert whole[1].scene["factors"] == whole[3].scene["factors"] != whole[2].scene["factors"]
    assert whole[2].spec == samples[2].spec


def test_a_sample_alone_is_that_of_its_scene_and_no_other_view_is_rendered():
    whole, _ = made(k=2, n=8, scene=1)
    for sample in whole[1:3]:
        renderer = PlainRenderer()
        alone = make_sample(two_views(k=2, n=8), renderer, sample.index, Stopwatch())
        assert len(renderer.rendered) == 1
        np.testing.assert_array_equal(alone.picture, sample.picture)
        assert [getattr(alone, name) for name in ("index", "labels", "spec", "scene", "rejected")] == [
            getattr(sample, name) for name in ("index", "labels", "spec", "scene", "rejected")
        ]
