"""Labels as a whole: what stays when the world is moved or mirrored, what every file holds, what is refused."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

import synth.labels as labels_module
from assets.placement import SIDES
from assets.subject import build
from synth.commands.render import CONFIG
from synth.config import compose
from synth.corpus import draw_useful, useful
from synth.draw_spec import draw_spec
from synth.errors import LabelError, RejectedSceneError
from synth.geometry.eye_pose import eye_rotations, target_head
from synth.geometry.rotation import mirror_rotation, rotation_from_vector
from synth.label.eye import iris_colour
from synth.labels import _check, label
from synth.ranges import RenderRanges
from synth.ranges.camera import Aim
from synth.spec import SceneSpec, from_json, to_json
from synth.stopwatch import Stopwatch
from tests.agreement.scenes import OPEN, drawn, matrix, near_eye, with_person
from tests.assets.people import adult, eye
from tests.synth.draw_ranges import ranges

GOLDEN = Path(__file__).parents[1] / "golden"
POINTS = {"pupil": 32, "iris": 32, "lid_margin": 16, "caruncle": 7}
SHAPES = {  # of an eye's labels, as the contract has them
    "centre_cam": (3,),
    "sclera_radius_m": (),
    "cornea_centre_cam": (3,),
    "cornea_radius_m": (),
    "rotation_head_from_eye": (3, 3),
    "optical_axis_cam": (3,),
    "visual_axis_cam": (3,),
    "optical_axis_head": (3,),
    "visual_axis_head": (3,),
    "optical_pitch_yaw_rad": (2,),
    "visual_pitch_yaw_rad": (2,),
    "canthi_cam": (2, 3),
    "canthi_px": (2, 2),
    "centre_of_canthi_cam": (3,),
    "pupil_centre_cam": (3,),
    "pupil_radius_m": (),
    "iris_radius_m": (),
    "openness": (),
    "blink": (),
    "squint": (),
    "box_px": (4,),
}


def leaves(value, name=""):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{name}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, f"{name}[]")
    else:
        yield name, value


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_file_holds_all_that_the_contract_names(index):
    spec = drawn(index, experiment="unityeyes") if index else drawn(index, "light=nir")
    data = json.loads(json.dumps(label(spec).to_json()))
    for name, value in leaves(data):
        assert value is None or isinstance(value, str | bool) or np.isfinite(value), name
    assert data["format"] == 1 and (data["seed"], data["index"]) == (spec.seed, spec.index)
    for name, shape in {"camera_matrix": (3, 3), "world_from_cam": (4, 4), "cam_from_head": (4, 4)}.items():
        assert np.shape(data[name]) == shape
    triangle = np.array(data["face_triangle_head"])
    np.testing.assert_allclose(triangle.T @ triangle, np.eye(3), atol=1e-12)
    assert set(data["attributes"]) >= {
        *("age_years", "gender_female", "ancestry", "skin_melanin", "iris_colour"),
        *("glasses", "glasses_tinted", "makeup", "light", "sky"),
    }
    for side in SIDES:
        held = data["eyes"][side]
        assert {name: np.shape(held[name]) for name in SHAPES} == SHAPES
        assert set(held) == {*SHAPES, "points", "apparent", "glints_px", "glints_visible"}
        for name, count in POINTS.items():
            points = held["points"][name]
            assert np.shape(points["cam"]) == (count, 3) and np.shape(points["px"]) == (count, 2)
            assert len(points["visible"]) == count and all(isinstance(v, bool) for v in points["visible"])
            assert np.shape(held["apparent"][f"{name}_px"]) == (count, 2)
        assert len(held["glints_px"]) == len(held["glints_visible"]) == len(spec.light.lamps)


def test_moving_camera_and_subject_together_changes_no_pixel():
    """The world turns under them, and the head's own coordinates are moved against its pose."""
    spec = drawn(1, experiment="unityeyes")
    turned = dataclasses.replace(spec, world_from_cam_rotation=matrix(rotation_from_vector(np.array([0.3, -1.0, 0.5]))))
    one, other = label(spec), label(turned)
    for side in SIDES:
        a, b = one.eyes[side], other.eyes[side]
        for name in POINTS:
            np.testing.assert_array_equal(a.points[name].px, b.points[name].px)
            np.testing.assert_array_equal(a.points[name].visible, b.points[name].visible)
        np.testing.assert_array_equal(a.apparent.pupil_px, b.apparent.pupil_px)
        np.testing.assert_array_equal(a.visual_axis_cam, b.visual_axis_cam)


def test_a_camera_that_turns_about_its_lens_moves_pixels_by_a_homography():
    """Head pose, target and lamps turned about the lens: K R K^-1 carries every pixel, the refracted ones included."""
    spec = near_eye((5, 20), (-5, 10))
    turn = rotation_from_vector(np.array([0.01, -0.02, 0.15]))

    def turned(vector):
        return tuple(float(x) for x in turn @ np.array(vector))

    moved = with_person(
        spec,
        cam_from_head_rotation=matrix(turn @ np.array(spec.person.cam_from_head_rotation)),
        cam_from_head_translation_m=turned(spec.person.cam_from_head_translation_m),
        target_cam_m=turned(spec.person.target_cam_m),
    )
    one, other = label(spec), label(moved)
    k = one.camera_matrix
    homography = k @ turn @ np.linalg.inv(k)
    for side in SIDES:
        for a, b in ((one.eyes[side].apparent, other.eyes[side].apparent),):
            for before, after in ((a.pupil_px, b.pupil_px), (a.iris_px, b.iris_px)):
                carried = np.column_stack([before, np.ones(len(before))]) @ homography.T
                np.testing.assert_allclose(carried[:, :2] / carried[:, 2:], after, atol=1e-6)
        np.testing.assert_allclose(turn @ one.eyes[side].visual_axis_cam, other.eyes[side].visual_axis_cam, atol=1e-12)
        np.testing.assert_allclose(one.eyes[side].optical_axis_head, other.eyes[side].optical_axis_head, atol=1e-12)


def test_a_mirrored_scene_has_mirrored_labels():
    left, right = eye(**OPEN), eye(upper_height_m=0.0052, pupil_radius_m=0.0022, squint=0.1)
    scene = near_eye((8, 17), (-6, 12), subject=adult(left, right))
    flip = np.array([-1.0, 1.0, 1.0])
    width = scene.camera.width
    camera = dataclasses.replace(scene.camera, cx_px=width - scene.camera.cx_px)
    mirrored = with_person(
        dataclasses.replace(scene, subject_eye="right", camera=camera),
        subject=adult(right, left),
        cam_from_head_rotation=matrix(mirror_rotation(np.array(scene.person.cam_from_head_rotation))),
        cam_from_head_translation_m=tuple(float(x) for x in flip * scene.person.cam_from_head_translation_m),
        target_cam_m=tuple(float(x) for x in flip * scene.person.target_cam_m),
    )
    one, other = label(scene), label(mirrored)
    atol = 1e-12
    for side, opposite in zip(SIDES, SIDES[::-1], strict=True):
        a, b = one.eyes[side], other.eyes[opposite]
        np.testing.assert_allclose(a.centre_cam * flip, b.centre_cam, atol=atol)
        np.testing.assert_allclose(a.optical_axis_cam * flip, b.optical_axis_cam, atol=atol)
        np.testing.assert_allclose(a.visual_pitch_yaw_rad * [1, -1], b.visual_pitch_yaw_rad, atol=atol)
        np.testing.assert_allclose(a.canthi_cam * flip, b.canthi_cam, atol=atol)
        for name in ("lid_margin", "caruncle"):
            np.testing.assert_allclose(a.points[name].cam * flip, b.points[name].cam, atol=atol)
            np.testing.assert_array_equal(a.points[name].visible, b.points[name].visible)
        # Contours run the same way round on both sides: as angles, turned over.
        back = (16 - np.arange(32)) % 32
        np.testing.assert_allclose(a.points["pupil"].cam * flip, b.points["pupil"].cam[back], atol=atol)
        assert a.openness == pytest.approx(b.openness, abs=atol)
    assert one.vergence_rad == pytest.approx(other.vergence_rad, abs=atol)


def test_axes_points_and_boxes_belong_together():
    labels = label(drawn(2, experiment="unityeyes"))
    for held in labels.eyes.values():
        centre = held.points["pupil"].cam.mean(axis=0)
        np.testing.assert_allclose(centre, held.pupil_centre_cam, atol=1e-12)
        np.testing.assert_allclose(
            np.linalg.norm(held.points["pupil"].cam - centre, axis=1), held.pupil_radius_m, atol=1e-12
        )
        iris = held.points["iris"].cam
        np.testing.assert_allclose((iris - iris.mean(axis=0)) @ held.optical_axis_cam, 0, atol=1e-12)
        away = held.cornea_centre_cam - held.centre_cam
        np.testing.assert_allclose(away / np.linalg.norm(away), held.optical_axis_cam, atol=1e-12)
        margin = held.points["lid_margin"].px
        np.testing.assert_array_equal(held.box_px, [*margin.min(axis=0), *margin.max(axis=0)])
        assert np.linalg.norm(np.cross(labels.target_cam - held.centre_cam, held.visual_axis_cam)) < 1e-12


def test_labels_that_contradict_each_other_stop_the_run():
    labels = label(drawn(0))
    off = dataclasses.replace(labels, target_cam=labels.target_cam + np.array([1e-3, 0, 0]))
    with pytest.raises(LabelError, match=r"seed 11 index 0: the (left|right) eye's visual axis misses the target"):
        _check(off)
    held = labels.eyes["left"]
    lost = dataclasses.replace(held.points["iris"], px=np.full((32, 2), np.nan))
    behind = dataclasses.replace(held, points=held.points | {"iris": lost})
    with pytest.raises(LabelError, match="left iris has a point behind the lens"):
        _check(dataclasses.replace(labels, eyes=labels.eyes | {"left": behind}))


def test_a_person_with_a_part_that_is_nowhere_stops_the_run(monkeypatch):
    whole = build(drawn(0).subject, eye_rotations(drawn(0).subject, target_head(drawn(0))))
    skin = dataclasses.replace(whole.parts[0], vertices_head=np.full_like(whole.parts[0].vertices_head, np.nan))
    broken = dataclasses.replace(whole, parts=(skin, *whole.parts[1:]))
    monkeypatch.setattr(labels_module, "build", lambda *words: broken)
    with pytest.raises(LabelError, match=rf"seed 11, index 0: {skin.name}: a place is no number"):
        label(drawn(0))


def test_a_closed_or_hidden_eye_is_rejected_by_its_cause():
    shut = adult(eye(blink=0.95), eye(blink=0.95))
    with pytest.raises(RejectedSceneError) as caught:
        useful(label(near_eye((0, 0), subject=shut)), Aim.eye)
    assert caught.value.cause == "eye_closed"
    outside = near_eye((0, 0), cx_px=-400.0)
    with pytest.raises(RejectedSceneError) as caught:
        useful(label(outside), Aim.eye)
    assert caught.value.cause == "iris_hidden"
    useful(label(near_eye((0, 0))), Aim.eye)


def test_rejected_scenes_are_drawn_again_and_their_causes_kept():
    config = compose(
        "synth.conf", "render", CONFIG, ["experiment=mpiigaze", "out=unused", "camera.gaze.yaw_limit_deg=6"]
    )
    limits = RenderRanges(config.subject, config.camera, config.light)
    spec, _, labels, causes = next(result for i in range(20) if (result := draw_useful(limits, 3, i, Stopwatch()))[3])
    assert spec.attempt == len(causes) == labels.attempt and set(causes) <= {"gaze_out_of_range", "eye_closed"}


@pytest.mark.parametrize(
    ("melanin", "warmth", "name"), [(0.1, 0.1, "blue"), (0.3, 0.6, "hazel"), (0.9, 0.2, "dark brown")]
)
def test_irises_have_everyday_names(melanin, warmth, name):
    assert iris_colour(melanin, warmth) == name


def test_the_golden_scene_keeps_its_labels():
    """spec.json -> labels.json: who changes geometry on purpose writes it anew (tests/golden/write.py)."""
    spec = from_json(SceneSpec, json.loads((GOLDEN / "spec.json").read_text()))
    kept = json.loads((GOLDEN / "labels.json").read_text())
    now = dict(leaves_at(label(spec).to_json()))
    then = dict(leaves_at(kept))
    assert now.keys() == then.keys()
    for name, value in then.items():
        if isinstance(value, float):
            assert now[name] == pytest.approx(value, rel=1e-6, abs=1e-6), name
        else:
            assert now[name] == value, name


def leaves_at(value, name=""):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves_at(item, f"{name}.{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from leaves_at(item, f"{name}[{i}]")
    else:
        yield name, value


def test_a_spec_survives_its_file():
    spec = draw_spec(ranges(), 4, 9)
    assert from_json(SceneSpec, json.loads(json.dumps(to_json(spec)))) == spec
