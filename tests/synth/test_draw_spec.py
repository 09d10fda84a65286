"""Whole scenes: determinism, streams that do not disturb each other, identities, JSON."""

import dataclasses
import json
import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.expressions import LID_UNITS
from assets.eyeball import eyeball
from assets.glasses import FRAMES
from assets.head import load_head
from assets.skies import SKIES
from synth.config import Range
from synth.draw.face import draw_glasses
from synth.draw.place import Place, Screen
from synth.draw.traits import target_names
from synth.draw_spec import draw_spec, draw_subject
from synth.errors import ConfigError, RejectedSceneError
from synth.geometry.rotation import rotation_x
from synth.ranges.normal import Normal
from synth.spec import SceneSpec, from_json, to_json
from tests.synth.draw_ranges import ranges

CAMERAS = ("mpiigaze", "unityeyes", "webcam", "phone")
RANGES = {camera: ranges(camera, "nir" if camera == "unityeyes" else "visible") for camera in CAMERAS}


def drawn(camera: str, count: int, seed: int = 3) -> list[SceneSpec]:
    """Return scenes, drawing again where one is rejected."""
    return [accepted(camera, seed, index) for index in range(count)]


@cache
def accepted(camera: str, seed: int, index: int) -> SceneSpec:
    for attempt in range(20):
        try:
            return draw_spec(RANGES[camera], seed, index, attempt)
        except RejectedSceneError:
            continue
    raise AssertionError("twenty rejections")


@pytest.mark.parametrize("camera", CAMERAS)
def test_seven_alone_is_seven_of_ten(camera):
    accepted.cache_clear()
    alone = accepted(camera, 3, 7)
    accepted.cache_clear()
    assert drawn(camera, 10)[7] == alone


def test_index_seed_and_attempt_each_change_the_scene():
    base = accepted("mpiigaze", 3, 0)
    others = [draw_spec(RANGES["mpiigaze"], *where) for where in ((3, 0, base.attempt + 1), (3, 1, 0), (4, 0, 0))]
    for other in others:
        assert other.subject.left != base.subject.left
        assert other.light != base.light
        assert other.person.target_cam_m != base.person.target_cam_m


@given(st.integers(0, 2**31), st.integers(0, 10**7), st.sampled_from(CAMERAS))
def test_json_round_trip(seed, index, camera):
    spec = accepted(camera, seed, index)
    assert from_json(SceneSpec, json.loads(json.dumps(to_json(spec)))) == spec


def test_light_does_not_change_the_person_nor_the_camera():
    other = ranges("mpiigaze", "nir", light__skies=["night"])
    for index in range(5):
        here, there = draw_spec(RANGES["mpiigaze"], 9, index), draw_spec(other, 9, index)
        assert here.light != there.light
        assert dataclasses.replace(here, light=there.light) == there


def test_lids_do_not_change_irises_nor_windows_the_sun():
    wider = ranges(
        "mpiigaze", subject__lids__canthal_tilt_female_deg=5.0, light__windows__count_probabilities=[0, 0, 1]
    )
    wider.light.sun.probability = 1.0
    sunny = ranges("mpiigaze")
    sunny.light.sun.probability = 1.0
    suns = 0
    for index in range(12):
        try:
            here, there = draw_spec(sunny, 9, index), draw_spec(wider, 9, index)
        except RejectedSceneError:
            continue
        assert here.subject.left.iris == there.subject.left.iris
        assert here.subject.left.lids != there.subject.left.lids
        # The aim follows the lids, so the frames differ; what the sun gives does not.
        powers = [[lamp.power_w for lamp in s.light.lamps if lamp.kind == "sun"] for s in (here, there)]
        assert powers[0] == powers[1]
        suns += len(powers[0])
    assert suns > 0


def test_pictures_of_one_identity_share_the_person():
    shared = ranges("unityeyes", subject__images_per_identity=3).subject
    people = [draw_subject(shared, 1, index, 0.0, np.zeros(3), attempt=index % 2) for index in range(6)]
    for index, person in enumerate(people):
        first = people[index // 3 * 3]
        assert person.identity == index // 3
        assert person.left.lids == first.left.lids
        assert person.skin == first.skin
        assert person.left.ball.kappa_nasal_rad == first.left.ball.kappa_nasal_rad
        assert person.glasses == first.glasses
    assert people[0].left.lids != people[3].left.lids
    assert len({p.left.blink for p in people}) == len({p.left.ball.pupil_radius_m for p in people}) == 6


@pytest.mark.parametrize("camera", CAMERAS)
def test_scenes_are_whole(camera):
    for spec in drawn(camera, 30):
        for rotation in (spec.person.cam_from_head_rotation, spec.world_from_cam_rotation):
            r = np.array(rotation)
            assert np.allclose(r @ r.T, np.eye(3), atol=1e-12)
            assert np.linalg.det(r) > 0
        person = spec.subject
        assert math.isclose(person.african + person.asian + person.caucasian, 1.0)
        assert 5 <= person.age_years <= 90
        assert spec.light.sky in SKIES
        assert spec.light.infrared == (camera == "unityeyes")
        assert all(weight > 0 for _, weight in person.shape)
        for side in ("left", "right"):
            eye = getattr(person, side)
            ball = eyeball(eye.ball, side)
            assert 0.0122 < ball.apex_axial_m < 0.0148
            assert ball.pupil_radius_m < 0.8 * ball.limbus_radial_m
            assert 0 <= eye.blink <= 1
            lids = eye.lids
            assert 0.022 < lids.inner_canthus_nasal_m + lids.outer_canthus_temporal_m < 0.036


def test_names_are_known():
    head, subject = set(load_head().targets), RANGES["mpiigaze"].subject
    local = {name for pattern in subject.face.shape_sd for pair in target_names(pattern) for name in pair}
    drawn_names = {name for spec in drawn("mpiigaze", 60) for name, _ in spec.subject.shape}
    assert local | drawn_names <= head
    assert not any(name.startswith("faceunits/") for name in drawn_names)
    units = {unit for spec in drawn("mpiigaze", 60) for unit, _ in spec.subject.expression.weights}
    assert {"cheekSquintLeft", "browInnerUp"} <= units and not units & LID_UNITS
    assert set(subject.glasses.frames) == set(FRAMES)
    assert set(RANGES["mpiigaze"].light.skies) == set(SKIES)


def test_a_fifth_wears_glasses():
    glasses = RANGES["mpiigaze"].subject.glasses
    worn = [draw_glasses(np.random.default_rng([5, i]), glasses) is not None for i in range(1000)]
    assert abs(np.mean(worn) - 0.2) < 3 * math.sqrt(0.16 / 1000)


@pytest.mark.parametrize(
    "numbers", [(0.0, -1.0, -1.0, 1.0), (2.0, 1.0, -1.0, 1.0), (math.nan, 1.0, -1.0, 1.0), (0.0, math.inf, -1.0, 1.0)]
)
def test_impossible_normals_are_refused(numbers):
    with pytest.raises(ConfigError, match="normal of mean"):
        Normal(*numbers)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("subject__images_per_identity", 0, "images_per_identity=0"),
        ("subject__glasses__probability", 1.5, "glasses.probability=1.5"),
        ("subject__glasses__frames", [], "glasses.frames"),
        ("subject__ancestry_concentration", 0.0, "ancestry_concentration"),
        ("camera__width", 4, "4x36"),
        ("camera__supersample", 0, "supersample=0"),
        ("camera__aim_jitter_distance", 0.5, "aim_jitter_distance"),
        ("camera__view", "crop", "devices"),
        ("light__windows__count_probabilities", [0.5, 0.1], "count_probabilities"),
        ("light__skies", [], "skies"),
    ],
)
def test_impossible_ranges_are_refused(key, value, words):
    with pytest.raises(ConfigError, match=words.replace(".", r"\.")):
        ranges(**{key: value})


def test_a_lens_inside_a_head_is_refused():
    head = load_head().base_head
    head = head[(head[:, 1] < 0.1) & (head[:, 2] < 0.2)]  # from the chin up, without the neck
    turned = rotation_x(0.4)

    def place(lens_head):
        eye = np.eye(3)
        return Place(turned, -turned @ lens_head, eye[0], eye, Screen(0.3, 0.2, eye[0]))

    assert all(place(0.95 * point).lens_in_head for point in head[::20])
    far = head[np.linalg.norm(head, axis=1) > 0.1]
    assert not any(place(3.5 * point).lens_in_head for point in far[::20])
    near = dataclasses.replace(RANGES["webcam"].camera.place, distance_m=Range(0.01, 0.02))
    camera = dataclasses.replace(RANGES["webcam"].camera, place=near)
    causes = set()
    for attempt in range(20):
        with pytest.raises(RejectedSceneError) as caught:
            draw_spec(dataclasses.replace(RANGES["webcam"], camera=camera), 3, 0, attempt)
        causes.add(caught.value.cause)
    assert "lens_in_head" in causes and causes <= {"lens_in_head", "gaze_out_of_range"}
