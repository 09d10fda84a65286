"""People who stand on a common ground: how high, how far, how turned; and pictures without a face."""

from functools import cache

import numpy as np
import pytest

from synth.commands.render import RenderConfig
from synth.config import compose
from synth.draw_spec import draw_spec
from synth.errors import ConfigError, RejectedSceneError
from synth.geometry.camera import camera_matrix, project
from synth.geometry.rotation import facing_rotation, pitch_yaw_roll_upright, rotation_from_vector
from synth.labels import geometry
from synth.ranges import RenderRanges


def crowd_ranges(*overrides):
    config = compose("synth.conf", "render", RenderConfig, ["experiment=crowd", "out=unused", *overrides])
    return RenderRanges(config.subject, config.camera, config.light)


@cache
def scenes(count, *overrides):
    found, ranges = [], crowd_ranges(*overrides)
    for index in range(count):
        try:
            found.append(draw_spec(ranges, 3, index))
        except RejectedSceneError as rejection:
            assert rejection.cause == "no_room"
    assert len(found) > 0.9 * count
    return found


def yaw_to_lens_deg(person):
    head = np.array(person.cam_from_head_translation_m)
    turn = facing_rotation(head).T @ np.array(person.cam_from_head_rotation)
    return float(np.degrees(pitch_yaw_roll_upright(turn)[1]))


def test_eyes_are_as_high_above_one_ground_as_those_of_people():
    grown, small, px = [], [], []
    for spec in scenes(30):
        heads = np.array([person.cam_from_head_translation_m for person in spec.people])
        world = heads @ np.array(spec.world_from_cam_rotation).T
        above = world[:, 2] + spec.ground.down_m
        for height, person in zip(above, spec.people, strict=True):
            assert height == pytest.approx(person.subject.stance.eye_height_m)
            (grown if person.subject.age_years >= 18 else small).append(height)
        assert 1.1 <= spec.ground.down_m <= 2.8
        places = project(camera_matrix(spec.camera), heads)
        size = np.array([spec.camera.width, spec.camera.height])
        assert (places > -0.041 * size).all() and (places < 1.041 * size).all()
        px += list(0.2 * spec.camera.fy_px / heads[:, 2])
    assert min(grown) > 1.3 and max(grown) < 1.9 and min(small) > 0.7 and min(small) < 1.3
    assert max(px) > 90 and min(px) < 14, "near faces and far ones"


def test_bodies_are_upright_and_stand_on_the_ground():
    for spec in scenes(30)[:2]:
        up = np.array(spec.world_from_cam_rotation)[2]
        for number, person in enumerate(spec.people[:3]):
            rotation = np.array(person.cam_from_head_rotation)
            down_cam = rotation @ rotation_from_vector(np.array(person.subject.shoulders_rad)) @ [0.0, 1.0, 0.0]
            np.testing.assert_allclose(down_cam, -up, atol=1e-9)
            shoes = next(part for part in geometry(spec.alone(number)).parts if part.name == "shoes")
            at = shoes.vertices_head @ rotation.T + np.array(person.cam_from_head_translation_m)
            assert (at @ up).min() == pytest.approx(-spec.ground.down_m, abs=0.002)


def test_some_turn_their_backs_and_in_some_pictures_all_do():
    many = scenes(30)
    backs = [abs(yaw_to_lens_deg(person)) > 135 for spec in many for person in spec.people]
    assert 0.03 < np.mean(backs) < 0.35
    for spec in scenes(5, "camera.crowd.standing.empty_probability=1"):
        assert all(abs(yaw_to_lens_deg(person)) > 135 for person in spec.people)


def test_a_rooms_floor_is_the_ground_and_its_walls_are_behind_everybody():
    rooms = 0
    for spec in scenes(30):
        backdrop = spec.light.backdrop
        if backdrop is not None:
            rooms += backdrop.kind == "room"
            assert backdrop.floor_m == spec.ground.down_m
            farthest = max(np.linalg.norm(person.cam_from_head_translation_m) for person in spec.people)
            assert min(backdrop.half_size_m[:2]) > farthest
            assert backdrop.half_size_m[2] + backdrop.floor_m > 2.4
    assert rooms > 3


def test_a_crowd_that_cannot_be_placed_says_so():
    with pytest.raises(RejectedSceneError) as caught:
        draw_spec(crowd_ranges("camera.crowd.apart_m=20"), 3, 0)
    assert caught.value.cause == "no_room"
    with pytest.raises(ConfigError, match=r"standing: needs view=frame"):
        crowd_ranges("camera.view=crop", "camera.aim=head")
    with pytest.raises(ConfigError, match=r"aim=people: view=crop"):
        crowd_ranges("camera.view=crop", "camera.crowd.standing=null")
    with pytest.raises(ConfigError, match="empty_probability=2"):
        crowd_ranges("camera.crowd.standing.empty_probability=2")
    with pytest.raises(ConfigError, match="near_m=5"):
        crowd_ranges("camera.crowd.standing.near_m=5")
