"""Place, camera and light against their closed forms."""

import math
from functools import cache

import numpy as np
import pytest

from assets.placement import canthi_head
from synth.draw.camera import draw_camera, focal_length_px
from synth.draw.light import Surroundings, colour_of_temperature
from synth.draw.place import Place, Screen, check_comfort, draw_place
from synth.draw_spec import draw_spec
from synth.errors import RejectedSceneError
from synth.geometry.camera import camera_matrix, project
from synth.geometry.frames import WORLD_FROM_LEVEL_CAM
from synth.geometry.gaze import pitch_yaw_from_vector, vector_from_pitch_yaw
from synth.geometry.normalisation import GazeMode, normalise, normalised_targets
from synth.geometry.rotation import facing_rotation
from synth.ranges import CameraRanges
from tests.synth.draw_ranges import ranges

STILL = {"camera__aim_jitter_m": 0.0, "camera__aim_jitter_roll_deg": 0.0, "camera__aim_jitter_distance": 0.0}


@cache
def scenes(count: int, *names: str, **changes: object):
    """Return scenes, leaving out the rejected."""
    found, drawn_from = [], ranges(*names, **changes)
    for index in range(2 * count):
        try:
            found.append(draw_spec(drawn_from, 11, index))
        except RejectedSceneError:
            continue
        if len(found) == count:
            return found
    raise AssertionError("too many rejections")


def corners_cam(spec):
    corners = canthi_head(spec.subject)[0 if spec.subject_eye == "left" else 1]
    return corners @ np.array(spec.person.cam_from_head_rotation).T + spec.person.cam_from_head_translation_m


def place_and_eye(drawn_from: CameraRanges) -> tuple[Place, np.ndarray]:
    """Return a place and the two corners of its left eye in the lens' frame."""
    corners_head = np.array([[0.017, 0.002, -0.006], [0.045, 0.001, -0.003]])
    for seed in range(20):
        try:
            place = draw_place(np.random.default_rng(seed), drawn_from)
        except RejectedSceneError:
            continue
        return place, place.head_lens_m + corners_head @ place.lens_from_head.T
    raise AssertionError("twenty rejections")


def test_the_aim_is_the_middle_and_the_head_is_level():
    for spec in scenes(30, **STILL):
        aim = corners_cam(spec).mean(axis=0)
        assert project(camera_matrix(spec.camera), aim) == pytest.approx([30.0, 18.0], abs=1e-9)
        assert np.array(spec.person.cam_from_head_rotation)[1, 0] == pytest.approx(0.0, abs=1e-12)
        assert spec.camera.fx_px == pytest.approx(960 * aim[2] / 0.6)
        assert (spec.camera.width, spec.camera.height) == (60, 36)


def test_jitter_has_the_size_asked_for():
    drawn = scenes(200)
    aims = np.array([corners_cam(spec).mean(axis=0) for spec in drawn])
    for axis in (0, 1):
        assert aims[:, axis].std() == pytest.approx(1.0e-3, rel=0.2)
    assert np.degrees(np.std([s.person.cam_from_head_rotation[1][0] for s in drawn])) == pytest.approx(2.0, rel=0.2)


def test_the_drawn_camera_sees_what_the_warp_makes():
    """W = C_n S R C^-1 of any real picture through the lens equals the drawn pinhole's picture."""
    place, eye_lens = place_and_eye(ranges().camera)
    spec, cam_from_lens = draw_camera(np.random.default_rng(3), ranges(**STILL).camera, place, eye_lens)
    webcam = np.array([[1010.0, 0, 630.0], [0, 1005.0, 371.0], [0, 0, 1]])
    warp = normalise(eye_lens.mean(axis=0), place.lens_from_head, webcam).warp
    points_lens = eye_lens.mean(axis=0) + np.random.default_rng(4).normal(0, 0.02, (40, 3))
    seen = project(webcam, points_lens)
    warped = np.column_stack([seen, np.ones(len(seen))]) @ warp.T
    drawn = project(camera_matrix(spec), points_lens @ cam_from_lens.T)
    assert drawn == pytest.approx(warped[:, :2] / warped[:, 2:], abs=1e-9)


@pytest.mark.parametrize("camera", ["webcam", "phone", "unityeyes"])
def test_a_crop_is_a_piece_of_the_devices_picture(camera):
    drawn_from = ranges(camera, camera__aim_jitter_m=0.0).camera
    place, eye_lens = place_and_eye(drawn_from)
    spec, cam_from_lens = draw_camera(np.random.default_rng(7), drawn_from, place, eye_lens)
    assert np.array_equal(cam_from_lens, np.eye(3))
    centre = eye_lens.mean(axis=0)
    assert project(camera_matrix(spec), centre) == pytest.approx([spec.width / 2, spec.height / 2])
    width_m = spec.width * centre[2] / spec.fx_px
    assert drawn_from.crop_width_m.low <= width_m * (1 + 1e-9)
    assert width_m <= drawn_from.crop_width_m.high * (1 + 1e-9)


def test_focal_length_of_a_known_webcam():
    """78 deg over the diagonal of 16:9 are 70.4 deg across, as the maker of the C920 states."""
    device = ranges("webcam").camera.devices[3]
    f = focal_length_px(device, 78.0)
    assert math.degrees(2 * math.atan(device.width / 2 / f)) == pytest.approx(70.4, abs=0.1)


def test_directions_of_people_at_laptops():
    gaze, head = [], []
    for spec in scenes(200):
        corners, rotation = corners_cam(spec), np.array(spec.person.cam_from_head_rotation)
        centre = corners.mean(axis=0)
        targets = normalised_targets(
            np.array(spec.person.target_cam_m) - centre, centre, rotation, np.eye(3), np.eye(3), GazeMode.mpiigaze_2015
        )
        mirror = [1, 1 if spec.subject_eye == "left" else -1]
        gaze.append(np.degrees(targets.gaze_pitch_yaw_rad) * mirror)
        head.append(np.degrees(targets.head_pitch_yaw_rad) * mirror)
    gaze, head = np.array(gaze), np.array(head)
    # The lens is above the screen.
    assert -12 < gaze[:, 0].mean() < -5
    # A target straight at the lens has yaw 0 in this frame, wherever the eye is: no side is preferred.
    assert abs(gaze[:, 1].mean()) < 3.5 * gaze[:, 1].std() / math.sqrt(len(gaze))
    assert 4 < gaze[:, 0].std() < 9
    assert 6 < gaze[:, 1].std() < 14
    assert abs(head[:, 0].mean()) < 5
    assert abs(head[:, 1].mean()) < 5
    assert 6 < head[:, 0].std() < 13
    assert 6 < head[:, 1].std() < 13


def test_a_facing_head_faces_the_lens():
    for head in ([0.0, 0.0, 0.5], [0.2, -0.1, 0.6], [-0.1, 0.3, 0.4]):
        rotation = facing_rotation(np.array(head))
        assert rotation @ [0, 0, -1] == pytest.approx(-np.array(head) / np.linalg.norm(head))
        assert rotation[1, 0] == pytest.approx(0.0)
        assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_free_gaze_and_head_come_back():
    """The target is where the drawn angles point, and the screen's plane is z = 0."""
    drawn_from = ranges("unityeyes").camera
    for seed in range(20):
        try:
            place = draw_place(np.random.default_rng(seed), drawn_from)
        except RejectedSceneError:
            continue
        pitch, yaw = np.degrees(pitch_yaw_from_vector(place.gaze_head))
        assert -25 <= pitch <= 25
        assert -30 <= yaw <= 30
        assert place.screen.centre_lens_m[2] == 0


@pytest.mark.parametrize(("pitch_deg", "yaw_deg"), [(-38, 0), (28, 0), (0, 43), (0, -43)])
def test_eyes_that_turn_too_far_are_rejected(pitch_deg, yaw_deg):
    head = np.array([0.0, 0.0, 0.6])
    target = head + 2.0 * vector_from_pitch_yaw(np.radians([pitch_deg, yaw_deg]))
    screen = Screen(0.3, 0.2, np.array([0.0, 0.11, 0.0]))
    place = Place(np.eye(3), head, target, np.array(WORLD_FROM_LEVEL_CAM), screen)
    with pytest.raises(RejectedSceneError) as caught:
        check_comfort(place, ranges().camera.gaze)
    assert caught.value.cause == "gaze_out_of_range"


def test_lamps_give_what_was_asked_for():
    families = ranges().light
    seen = dict.fromkeys(("window", "room", "screen", "sun"), 0)
    for spec in scenes(80):
        subject = np.array(spec.person.cam_from_head_translation_m)
        up = np.array(spec.world_from_cam_rotation)[2]
        for lamp in spec.light.lamps:
            away = np.array(lamp.position_cam_m) - subject
            distance = np.linalg.norm(away)
            name = lamp.name.rstrip("0123456789")
            seen[name] += 1
            asked = {"window": families.windows, "room": families.rooms, "screen": families.screen, "sun": families.sun}
            irradiance = lamp.power_w if lamp.kind == "sun" else lamp.power_w / (math.pi * distance**2)
            extent = asked[name].irradiance_w_m2_log
            assert extent.low * 0.999 < irradiance < extent.high * 1.001
            if name != "screen":
                assert np.array(lamp.direction_cam) == pytest.approx(-away / distance)
            if name in ("room", "sun"):
                assert away @ up > 0
            if name == "screen":
                assert np.linalg.norm(lamp.position_cam_m) < 0.3
                assert np.array(lamp.direction_cam) @ away < 0
            assert np.linalg.norm(lamp.direction_cam) == pytest.approx(1.0)
    assert all(seen.values())


def test_leds_sit_about_the_lens():
    for spec in scenes(40, "unityeyes", "nir"):
        leds = [lamp for lamp in spec.light.lamps if lamp.kind == "point"]
        assert 1 <= len(leds) <= 8
        assert all(np.linalg.norm(led.position_cam_m) < 0.07 for led in leds)
        subject = np.array(spec.person.cam_from_head_translation_m)
        total = sum(
            led.power_w / (4 * math.pi * np.linalg.norm(subject - np.array(led.position_cam_m)) ** 2) for led in leds
        )
        assert 1.99 < total < 8.01


def test_azimuth_runs_to_the_right_of_the_image():
    around = Surroundings(
        np.array([0.0, 0.0, 0.6]), np.eye(3), np.array([0.0, -1.0, 0.0]), Screen(0.3, 0.2, np.zeros(3))
    )
    assert around.direction_cam(0.0, 0.0) == pytest.approx([0, 0, -1])
    assert around.direction_cam(math.pi / 2, 0.0) == pytest.approx([1, 0, 0])
    assert around.direction_cam(0.0, math.pi / 2) == pytest.approx([0, -1, 0])


def test_colours_of_temperature():
    assert colour_of_temperature(6500.0) == pytest.approx((1, 1, 1))
    red, green, blue = colour_of_temperature(2800.0)
    assert red > green > blue > 0
    red, green, blue = colour_of_temperature(9000.0)
    assert red < green < blue
