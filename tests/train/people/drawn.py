"""Portraits made without a renderer: squares of a person's colour in noise, to tell people apart in seconds."""

import numpy as np
import torch

from adapt.portraits import UNKNOWN, Portraits


def drawn_portraits(people: int, of_each: int, side: int = 64, seed: int = 0, noise: float = 30) -> Portraits:
    """Return pictures of people, the pictures of each together, with attributes of their own that never change."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(40, 215, (people, 4, 4, 3)).repeat(side // 4, axis=1).repeat(side // 4, axis=2)
    images = coarse.repeat(of_each, axis=0)
    images = images + rng.normal(0, noise, images.shape)
    attributes = rng.integers(0, 2, (people, 40)).repeat(of_each, axis=0)
    n = people * of_each
    return Portraits(
        images_u8=torch.from_numpy(images.clip(0, 255).astype(np.uint8)),
        attributes=torch.from_numpy(attributes.astype(np.int8)),
        person=torch.arange(people).repeat_interleave(of_each),
        part=torch.full((n,), UNKNOWN, dtype=torch.int8),
        keys=tuple(f"{i:04d}" for i in range(n)),
    )
