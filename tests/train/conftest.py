"""Drawn eyes: a dark disc that moves with the gaze over a light ellipse, enough to learn from in seconds."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from adapt.batch import Batch

DrawEyes = Callable[..., Batch]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Tests share the machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def draw_eyes() -> DrawEyes:
    """Return a function of (n, seed) to a batch of drawn left eyes with their gaze."""

    def draw(n: int, seed: int = 0) -> Batch:
        rng = np.random.default_rng(seed)
        gaze = rng.uniform([-0.35, -0.35], [0.15, 0.35], (n, 2))
        head = rng.uniform(-0.3, 0.3, (n, 2))
        x, y = np.meshgrid(np.arange(60) + 0.5, np.arange(36) + 0.5)
        images = np.empty((n, 36, 60))
        for i, (pitch, yaw) in enumerate(gaze):
            shift_x, shift_y = rng.uniform(-0.3, 0.3, 2)
            across, down = (x - 30 - shift_x) / 22, (y - 18 - shift_y) / (9 + 4 * pitch)
            white = 1 / (1 + np.exp(8 * (across**2 + down**2 - 1)))
            distance = np.hypot(x - 30 - shift_x + 20 * np.sin(yaw), y - 18 - shift_y + 20 * np.sin(pitch))
            iris = 1 / (1 + np.exp(2 * (distance - 7)))
            images[i] = 130 + white * (60 - 170 * iris) + rng.normal(0, 3, x.shape)
        right = np.arange(n) % 2 == 1
        return Batch(
            images_u8=torch.from_numpy(images.clip(0, 255).round().astype(np.uint8)),
            head_pitch_yaw_rad=torch.from_numpy(head.astype(np.float32)),
            gaze_pitch_yaw_rad=torch.from_numpy(gaze.astype(np.float32)),
            right=torch.from_numpy(right),
            mirrored=torch.from_numpy(right),
            keys=tuple(f"{i:08d}" for i in range(n)),
        )

    return draw
