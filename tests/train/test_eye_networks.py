"""Networks of eye landmarks: shapes, sizes counted by hand, heatmaps and losses against slow loops, eight by heart."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from adapt.marked_eyes import MarkedEyes
from synth.errors import ConfigError
from train.data.marks.points import Marks
from train.models.build import LANDMARK_NETWORKS, build
from train.models.eye import LandmarkNetwork, Reading
from train.models.eye.elg import gaze_features
from train.models.eye.heatmaps import gaussians, soft_argmax
from train.tasks.eye_landmarks import read

SMALL = {"modules": 1, "channels": 8}


def network(name: str, **options: float) -> LandmarkNetwork:
    torch.manual_seed(0)
    made = build(name, options)
    assert isinstance(made, LandmarkNetwork)
    return made


def draw(n: int, size: tuple[int, int], marks: Marks) -> MarkedEyes:
    """Return eyes drawn as a dark disc in a light ellipse, which moves less; points on the edges of both."""
    rng = np.random.default_rng(0)
    height, width = size
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    middle = np.array([width, height]) / 2 + rng.uniform(-12, 12, (n, 2))
    lids = np.array([width, height]) / 2 + rng.uniform(-4, 4, (n, 2))
    around = np.arange(8) * np.pi / 4
    spokes = np.stack([np.cos(around), np.sin(around)], axis=1)
    rings = [middle[:, None] + 15 * spokes]
    if marks is Marks.eye:
        rings = [lids[:, None] + [-45, -25] * spokes, *rings, middle[:, None], lids[:, None]]
    away, aside = ((x - one[:, 0, None, None], y - one[:, 1, None, None]) for one in (middle, lids))
    white = 1 / (1 + np.exp(8 * (np.hypot(aside[0] / 45, aside[1] / 25) - 1)))
    images = 80 + 30 * x / width + 20 * y / height + white * (100 - 150 / (1 + np.exp(np.hypot(*away) - 15)))
    gaze = (np.array([width, height]) / 2 - middle)[:, ::-1] / 48
    return MarkedEyes(
        images_u8=torch.from_numpy(images.clip(0, 255).astype(np.uint8)),
        landmarks_px=torch.from_numpy(np.concatenate(rings, axis=1).astype(np.float32)),
        visible=torch.ones(n, marks.n, dtype=torch.bool),
        radius_px=torch.linspace(45, 52, n),
        eye_width_px=torch.full((n,), 90.0),
        gaze_pitch_yaw_rad=torch.from_numpy(gaze.astype(np.float32)),
        right=torch.arange(n) % 2 == 1,
        mirrored=torch.arange(n) % 2 == 1,
        keys=tuple(map(str, range(n))),
    )


@pytest.mark.parametrize("name", LANDMARK_NETWORKS)
def test_shapes(name: str) -> None:
    made = network(name, modules=2, channels=8).eval()
    height, width = made.size
    assert (height, width, made.marks.n) == {"elg": (90, 150, 18), "pupilnet": (80, 120, 8)}[name]
    found = made(torch.rand(3, 1, height, width))
    assert found.heatmaps.shape == (3, 2, made.marks.n, height // 2, width // 2)
    assert found.landmarks_px.shape == (3, made.marks.n, 2) and found.gaze_pitch_yaw_rad.shape == (3, 2)
    assert (found.radius_px is None) is (name == "pupilnet")
    assert found.gaze_pitch_yaw_rad.abs().max() < 0.3  # an untrained network looks about straight ahead


@pytest.mark.parametrize("name", LANDMARK_NETWORKS)
def test_parameters_counted_by_hand(name: str) -> None:
    """ELG has less than a million, as its paper says (from memory)."""
    c, n, m = 64, {"elg": 18, "pupilnet": 8}[name], 3

    def block(i: int, o: int) -> int:
        half = o // 2
        layers = 2 * i + (i + 1) * half + 2 * half + (9 * half + 1) * half + 2 * half + (half + 1) * o
        return layers + (0 if i == o else (i + 1) * o)

    stem = (49 + 1) * c + 2 * c + block(c, 2 * c) + block(2 * c, c)
    hourglass = (3 * 4 + 1) * block(c, c)
    stage = hourglass + block(c, c) + (c + 1) * c + 2 * c + (c + 1) * n
    between = (c + 1) * c + (n + 1) * c
    regressor = (2 * n + 1) * 64 + 65 * 64 + 65 * 2
    radius = (36 + 1) * 100 + 2 * 101 * 100 + 3 * 200 + 101 if name == "elg" else 0
    expected = stem + m * stage + (m - 1) * between + regressor + radius
    assert sum(p.numel() for p in network(name).parameters()) == expected == {"elg": 719185, "pupilnet": 690074}[name]


def test_soft_argmax_of_known_heatmaps() -> None:
    maps = torch.zeros(1, 3, 45, 75)
    maps[0, 0, 10, 20] = 1.0  # the centre of row 10, column 20 of cells of 2 px
    maps[0, 1, 4, 7] = maps[0, 1, 4, 9] = 1.0  # two alike: half way
    maps[0, 2] = 0.3  # nothing anywhere: the middle
    found = soft_argmax(maps, (90, 150))[0]
    torch.testing.assert_close(found, torch.tensor([[41.0, 21.0], [17.0, 9.0], [75.0, 45.0]]), atol=1e-3, rtol=0)


def test_heatmaps_are_read_back_and_equal_a_slow_loop() -> None:
    points = torch.tensor([[[40.3, 21.8], [100.0, 77.7]]])
    maps = gaussians(points, (90, 150), (45, 75), 2.5)
    for i, (u, v) in enumerate(points[0].tolist()):
        for row, column in ((10, 20), (38, 49), (0, 0)):
            distance = np.hypot(column + 0.5 - u / 2, row + 0.5 - v / 2)
            assert float(maps[0, i, row, column]) == pytest.approx(np.exp(-(distance**2) / (2 * 2.5**2)), abs=1e-6)
    # So sharp a maximum sees few pixels: it is drawn to their centres, by a quarter of their 2 px and no more.
    torch.testing.assert_close(soft_argmax(maps, (90, 150)), points, atol=0.6, rtol=0)


@pytest.mark.parametrize("name", LANDMARK_NETWORKS)
def test_the_loss_by_hand(name: str) -> None:
    made = network(name, **SMALL)
    eyes = draw(2, made.size, made.marks)
    cells = (made.size[0] // 2, made.size[1] // 2)
    maps = torch.stack([gaussians(eyes.landmarks_px, made.size, cells, made.sigma)] * 2, dim=1)
    maps[:, 1, 0, 3, 4] += 2.0  # one pixel of the second hourglass' first map, in both eyes
    radius = eyes.radius_px + 3.0 if name == "elg" else None
    reading = Reading(maps, eyes.landmarks_px, radius, eyes.gaze_pitch_yaw_rad)
    expected = 2.0**2 / (2 * made.marks.n * cells[0] * cells[1]) + (1e-7 * 3.0**2 if name == "elg" else 0)
    assert float(made.loss(reading, eyes)) == pytest.approx(expected, rel=1e-5)


def test_the_gaze_features_know_neither_place_nor_size() -> None:
    points = draw(3, (90, 150), Marks.eye).landmarks_px
    found = gaze_features(points, 150)
    torch.testing.assert_close(gaze_features(points * 1.1 + torch.tensor([4.0, -7.0]), 150), found)
    torch.testing.assert_close(found[:, :2], torch.zeros(3, 2))  # the inner corner is the origin
    width = (points[:, 4] - points[:, 0]).norm(dim=1)
    torch.testing.assert_close(found[:, 34:], (points[:, 16] - points[:, 17]) / width[:, None])


def test_the_gaze_moves_its_regressor_alone() -> None:
    made = network("elg", **SMALL)
    reading = read(made, draw(4, made.size, made.marks))
    torch.autograd.backward(reading.gaze_pitch_yaw_rad.square().sum())
    moved = {name.split(".")[0] for name, value in made.named_parameters() if value.grad is not None}
    assert moved == {"gaze"}


@pytest.mark.parametrize("name", LANDMARK_NETWORKS)
def test_eight_eyes_are_learnt_by_heart(name: str) -> None:
    """As far as seconds go: a few px where the untrained network is some 20 px off."""
    made = network(name, modules=1, channels=8, sigma=4.0).train()
    eyes = draw(8, made.size, made.marks)
    steps = {"elg": 110, "pupilnet": 45}[name]
    optimizer = torch.optim.Adam(made.parameters(), 1e-2, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    misses, losses = [], []
    for _ in range(steps):
        optimizer.zero_grad()
        reading = read(made, eyes)
        loss = made.loss(reading, eyes)
        gaze_loss = (reading.gaze_pitch_yaw_rad - eyes.gaze_pitch_yaw_rad).abs().mean()
        torch.autograd.backward(loss + gaze_loss)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
        misses.append(float((reading.landmarks_px.detach() - eyes.landmarks_px).norm(dim=-1).mean()))
    assert misses[0] > 15 and misses[-1] < 11 and losses[-1] < 0.6 * losses[0]
    assert float(gaze_loss.detach()) < 0.08
    if reading.radius_px is not None:
        assert (reading.radius_px.detach() - eyes.radius_px).abs().mean() < 5.0


def test_no_hourglass_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"model\.modules=0"):
        build("elg", {"modules": 0})


def test_batches_are_taken_by_row() -> None:
    eyes = draw(4, (90, 150), Marks.eye)
    some = eyes.take([2, 0])
    assert some.keys == ("2", "0") and torch.equal(some.landmarks_px[1], eyes.landmarks_px[0])
    assert len(replace(some, radius_px=some.radius_px).to("cpu")) == 2
