"""Augmentation of eyes with landmarks: points go where the picture goes, strengths are scaled, nothing else moves."""

import pytest
import torch

from adapt.augment.changes import draw_changes
from adapt.augment.marked_eyes import augment_marked
from adapt.augment.strengths import Strengths
from adapt.gaze import vector_from_pitch_yaw
from adapt.marked_eyes import MarkedEyes

HEIGHT, WIDTH = 90, 150


def dot(u: float, v: float) -> MarkedEyes:
    """Return two pictures with a soft dot, and the point that it is at."""
    columns, rows = torch.arange(WIDTH) + 0.5, torch.arange(HEIGHT) + 0.5
    image = 255 * torch.exp(-((columns - u) ** 2 + (rows[:, None] - v) ** 2) / 18)
    return MarkedEyes(
        images_u8=image.round().to(torch.uint8).expand(2, HEIGHT, WIDTH).contiguous(),
        landmarks_px=torch.tensor([[u, v]]).expand(2, 1, 2).contiguous(),
        visible=torch.ones(2, 1, dtype=torch.bool),
        radius_px=torch.tensor([48.0, 50.0]),
        eye_width_px=torch.tensor([110.0, 120.0]),
        gaze_pitch_yaw_rad=torch.tensor([[0.2, -0.3], [0.0, 0.4]]),
        right=torch.tensor([False, True]),
        mirrored=torch.tensor([False, True]),
        keys=("a", "b"),
    )


@pytest.mark.parametrize("seed", range(4))
def test_points_go_where_the_picture_goes(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    strengths = Strengths(shift_px=2.0, scale=0.2, rotation_deg=20.0)
    eyes = dot(100.0, 30.0)
    changes = draw_changes(generator, strengths, 2, HEIGHT, WIDTH)
    changed = augment_marked(eyes, changes)
    columns, rows = torch.arange(WIDTH) + 0.5, torch.arange(HEIGHT) + 0.5
    for image, point in zip(changed.images_u8.double(), changed.landmarks_px[:, 0], strict=True):
        total = image.sum()
        seen = [float((image * columns).sum() / total), float((image * rows[:, None]).sum() / total)]
        assert seen == pytest.approx(point.tolist(), abs=0.15)
    torch.testing.assert_close(changed.radius_px, eyes.radius_px * changes.crop.scale)
    torch.testing.assert_close(changed.eye_width_px, eyes.eye_width_px * changes.crop.scale)
    # The gaze's part in the picture turns as the dot does about the middle.
    before, after = (vector_from_pitch_yaw(one.gaze_pitch_yaw_rad) for one in (eyes, changed))
    turn = torch.atan2(after[:, 1], after[:, 0]) - torch.atan2(before[:, 1], before[:, 0])
    torch.testing.assert_close(torch.sin(turn - changes.crop.turn_rad), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(after[:, 2], before[:, 2])


def test_no_strength_changes_nothing() -> None:
    eyes = dot(70.0, 40.0)
    changed = augment_marked(eyes, draw_changes(torch.Generator().manual_seed(0), Strengths(), 2, HEIGHT, WIDTH))
    assert torch.equal(changed.images_u8, eyes.images_u8)
    torch.testing.assert_close(changed.landmarks_px, eyes.landmarks_px)


def test_pixels_of_strengths_are_of_a_picture_36_high() -> None:
    strengths = Strengths(shift_px=2.0, rotation_deg=5.0, probability=1.0, blur_px=0.4, rows_min=12)
    small = draw_changes(torch.Generator().manual_seed(1), strengths, 8)
    large = draw_changes(torch.Generator().manual_seed(1), strengths, 8, HEIGHT, WIDTH)
    torch.testing.assert_close(large.crop.shift_px, 2.5 * small.crop.shift_px)
    torch.testing.assert_close(large.crop.turn_rad, small.crop.turn_rad)
    torch.testing.assert_close(large.blur[:, :2], 2.5 * small.blur[:, :2])
    assert large.rows.tolist() == [round(2.5 * rows) for rows in small.rows.tolist()]
    torch.testing.assert_close(large.crop.scale, torch.ones(8))


def test_lens_and_shutter_move_points_and_bars_hide_them() -> None:
    eyes = dot(95.0, 35.0)
    bent = Strengths(probability=1.0, distortion=0.15, shutter_px=4.0)
    changed = augment_marked(eyes, draw_changes(torch.Generator().manual_seed(2), bent, 2, HEIGHT, WIDTH))
    columns, rows = torch.arange(WIDTH) + 0.5, torch.arange(HEIGHT) + 0.5
    for image, point in zip(changed.images_u8.double(), changed.landmarks_px[:, 0], strict=True):
        seen = [float((image * columns).sum() / image.sum()), float((image * rows[:, None]).sum() / image.sum())]
        assert seen == pytest.approx(point.tolist(), abs=0.2)
    assert (changed.landmarks_px - eyes.landmarks_px).norm(dim=-1).max() > 0.3
    torch.testing.assert_close(changed.gaze_pitch_yaw_rad, eyes.gaze_pitch_yaw_rad, atol=1e-6, rtol=0)
    # Up to two bars before each of many eyes: one hides a point, or the edges of both leave a quarter of its light.
    many = eyes.take([0] * 200)
    crossed = augment_marked(
        many, draw_changes(torch.Generator().manual_seed(3), Strengths(bars=1.0), 200, HEIGHT, WIDTH)
    )
    assert 0 < int((~crossed.visible).sum()) < 100
    at_dot = crossed.images_u8[:, 35, 95]
    assert (at_dot[crossed.visible[:, 0]] > 248 / 4).all() and crossed.visible[at_dot == 248].all()
