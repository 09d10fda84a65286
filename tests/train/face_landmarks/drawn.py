"""Drawn faces: a blob of its own colour at each landmark, on grey, at places that vary: to learn from in seconds."""

import numpy as np
import torch

from adapt.marked_faces import MarkedFaces
from tests.synth.fake_faces import ibug_head


def drawn_faces(n: int, side: int, points: int = 68, seed: int = 0) -> MarkedFaces:
    """Return faces whose landmarks are 68, or 478 spread over an ellipse, and their depths."""
    rng = np.random.default_rng(seed)
    if points == 68:
        base = ibug_head()[:, :2] * [1, 0.8] / 0.24 + [0.5, 0.4]
    else:
        base = np.random.default_rng(1).uniform(-0.25, 0.25, (points, 2)) + 0.5
    factor = rng.uniform(0.8, 1.1, (n, 1, 1))
    turn = rng.uniform(-0.3, 0.3, n)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    turned = np.einsum("ijn,pj->npi", rotation, base - 0.5)
    at = side * (0.5 + factor * turned + rng.uniform(-0.06, 0.06, (n, 1, 2)))
    colours = np.random.default_rng(2).uniform(-110, 110, (points, 3))
    # A blob is the product of its profiles along x and y.
    x, y = np.moveaxis(np.exp(-((np.arange(side) + 0.5 - at[..., None]) ** 2) / (2 * 1.3**2)), 2, 0)
    images = 128 + np.stack([y.swapaxes(1, 2) * colour @ x for colour in colours.T], axis=-1)
    return MarkedFaces(
        images_u8=torch.from_numpy(images.clip(0, 255).astype(np.uint8)),
        points_px=torch.from_numpy(at.astype(np.float32)),
        depth_px=torch.from_numpy((0.1 * side * base[None, :, 0] * factor[..., 0]).astype(np.float32)),
        visible=torch.ones(n, points, dtype=torch.bool),
        present=torch.ones(n, dtype=torch.bool),
        square_px=torch.tensor([0.0, 0.0, side, side]).expand(n, 4),
        traits=tuple({} for _ in range(n)),
        keys=tuple(map(str, range(n))),
    )
