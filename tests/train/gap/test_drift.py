"""Drift: of points, gazes and pictures that went by a known amount it is that amount."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from adapt.marked_eyes import MarkedEyes
from tests.synth.fake_samples import fake_sample
from tests.train.test_eye_networks import draw
from train.data.marks.points import Marks
from train.gap.drift import Drift, of_angles, of_gradients, of_landmarks, of_points, parts, to_json
from train.gap.pairs import as_eyes, as_marked_eyes, levels, showing
from train.models.eye import LandmarkNetwork, Reading


class Darkest(LandmarkNetwork):
    """Says that all points of the pupil lie in the middle of what is dark."""

    size = (80, 120)
    marks = Marks.pupil

    def forward(self, images: Float[Tensor, "b 1 h w"]) -> Reading:
        dark = (images[:, 0] == 0).float()
        dark = dark / dark.sum((1, 2), keepdim=True)
        x, y = torch.arange(120) + 0.5, torch.arange(80) + 0.5
        middle = torch.stack([(dark * x).sum((1, 2)), (dark * y[:, None]).sum((1, 2))], 1)
        return Reading(
            dark[:, None, None].expand(-1, -1, 8, -1, -1),
            middle[:, None].expand(-1, 8, -1),
            None,
            torch.zeros(len(images), 2),
        )

    def loss(self, reading: Reading, eyes: MarkedEyes) -> Float[Tensor, ""]:
        raise NotImplementedError


def pupils(at_px: np.ndarray) -> MarkedEyes:
    """Eyes of noise with a black disc, and its edge as landmarks, about a place of the picture."""
    eyes = draw(len(at_px), Darkest.size, Marks.pupil)
    x, y = np.meshgrid(np.arange(120) + 0.5, np.arange(80) + 0.5)
    images = np.random.default_rng(0).integers(120, 250, (len(at_px), 80, 120))
    for image, (u, v) in zip(images, at_px, strict=True):
        image[np.hypot(x - u, y - v) < 9] = 0
    circle = 9 * np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], 1)
    landmarks_px = torch.from_numpy((at_px[:, None] + circle).astype(np.float32))
    return replace(eyes, images_u8=torch.from_numpy(images.astype(np.uint8)), landmarks_px=landmarks_px)


def test_landmarks_that_went_by_two_of_their_pixels_went_by_one_of_the_eye() -> None:
    at_px = np.random.default_rng(1).integers([40, 30], [80, 50], (6, 2)).astype(float)
    before, after = pupils(at_px), pupils(at_px + np.array([2, -4]))
    (found,) = of_landmarks(Darkest(), before, after).values()
    assert found.mean == pytest.approx((1.0, -2.0), abs=0.02)
    assert found.shift.median == pytest.approx(np.sqrt(5), abs=0.03)
    assert found.error_before is not None and found.error_before.p95 < 0.05
    assert found.error_after is not None and found.error_after.median == pytest.approx(np.sqrt(5), abs=0.05)


def test_middles_and_single_points_by_hand() -> None:
    true_px = np.random.default_rng(0).uniform(0, 60, (3, 18, 2))
    before, after = true_px + np.array([0.0, 0.5]), true_px.copy()
    after[:, 8:16:2] += [1.0, 0.0]  # half of the iris goes right: its middle by half
    after[:, 0] += [0.0, 8.0]  # one of eight points of the lids goes down: by one, as a mean
    found = of_points(before, after, true_px, Marks.eye)
    assert set(found) == {"iris' middle", "lids"}
    iris, lids = found["iris' middle"], found["lids"]
    assert iris.mean == pytest.approx((0.5, -0.5)) and iris.shift.median == pytest.approx(np.hypot(0.5, 0.5))
    assert iris.error_before is not None and iris.error_before.median == pytest.approx(0.5)
    assert lids.mean == pytest.approx((0.0, 0.5)) and lids.shift.p95 == pytest.approx((7 * 0.5 + 7.5) / 8)
    assert parts(Marks.pupil) == {"pupil's middle": (slice(0, 8), True)}


def test_gazes_in_degrees() -> None:
    before = np.zeros((4, 2))
    after = np.radians([[1.0, 0.0], [1.0, 0.0], [3.0, 0.0], [-1.0, 0.0]])
    found = of_angles(before, after, before)
    assert found.shift.median == pytest.approx(1.0) and found.mean == pytest.approx((1.0, 0.0))
    assert found.error_before is not None and found.error_before.p95 == pytest.approx(0.0)
    assert to_json(found, "deg")["shift_deg"]["median"] == pytest.approx(1.0)


@pytest.mark.parametrize("width", [60, 120])
def test_pictures_that_went_by_whole_pixels(width: int) -> None:
    samples = [fake_sample(3, i, width, width * 3 // 5) for i in range(6)]
    step = width // 60
    pictures = levels(samples)
    moved = np.roll(pictures, (step, -step), axis=(1, 2))  # down and to the left
    found = of_gradients(samples, showing(samples, moved))
    assert found["whole picture"].mean == pytest.approx((-1.0, 1.0), abs=0.1)
    assert found["about the pupil"].shift.median == pytest.approx(np.sqrt(2), abs=0.15)
    still = of_gradients(samples, showing(samples, pictures))
    assert all(isinstance(one, Drift) and one.shift.p95 < 2e-3 and one.error_before is None for one in still.values())


def test_an_identity_refiner_leaves_what_networks_are_shown() -> None:
    # Stored equalised or not: a pair is compared in equal levels, so that nothing differs where nothing was refined.
    samples = [fake_sample(3, i, 60, 36) for i in range(4)]
    stored = showing(samples, levels(samples))
    before, after = showing(samples, levels(samples)), showing(stored, levels(stored))
    eyes = [as_eyes(some, "").images_u8.int() for some in (before, after)]
    assert (eyes[0] - eyes[1]).abs().max() <= 1
    marked = [as_marked_eyes(some, Darkest(), "").images_u8.int() for some in (before, after)]
    assert (marked[0] - marked[1]).abs().max() <= 1
