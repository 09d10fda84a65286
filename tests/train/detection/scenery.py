"""Drawn pictures with faces for detectors, light discs with five dark dots before stripes; and small detectors."""

import numpy as np
import torch

from adapt.detection_batch import DetectionBatch, Faces
from train.models.build import build
from train.models.detection import DetectionNetwork

DOTS = np.array([[-0.2, -0.15], [0.2, -0.15], [0.0, 0.05], [-0.15, 0.25], [0.15, 0.25]])
"""Places of the five points in a box, over its side, from its middle."""
TINY: dict[str, dict[str, object]] = {
    "blazeface": {"side": 64},
    "ssd": {"width": 0.1, "side": 64},
    "retinaface": {"side": 64},
    "mtcnn": {"side": 64},
    "faster_rcnn": {"width": 0.1, "channels": 16, "dense": 32, "proposals": 20, "side": 64},
    "mask_rcnn": {
        **{"width": 0.1, "channels": 16, "dense": 32, "proposals": 20, "side": 64},
        **{"point_channels": 16, "convolutions": 1},
    },
}
"""Options that make a network cheap."""


def draw_pictures(n: int, side: int = 64, seed: int = 0, sizes: tuple[float, float] = (0.35, 0.6)) -> DetectionBatch:
    """Return n square pictures, each with one face, of `sizes` of the picture's side, and an empty second row."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] + 0.5
    images = np.empty((n, side, side, 3))
    boxes, points = np.zeros((n, 2, 4)), np.full((n, 2, 5, 2), np.nan)
    for i in range(n):
        size = side * rng.uniform(*sizes)
        middle = rng.uniform(size / 2, side - size / 2, 2)
        shade = 90 + 25 * np.sin(x / rng.uniform(2, 5) + y / rng.uniform(2, 5))
        disc = np.hypot(x - middle[0], y - middle[1]) < size / 2
        dots = middle + DOTS * size
        dark = np.min([np.hypot(x - u, y - v) for u, v in dots], axis=0) < size / 16
        images[i] = np.where(disc & ~dark, 220, np.where(disc, 20, shade))[..., None] + rng.normal(0, 3, 3)
        boxes[i, 0] = [*(middle - size / 2), *(middle + size / 2)]
        points[i, 0] = dots
    told = torch.tensor([[True, False]]).repeat(n, 1)
    return DetectionBatch(
        images_u8=torch.from_numpy(images.clip(0, 255).round().astype(np.uint8)),
        faces=Faces(
            boxes_px=torch.from_numpy(boxes).float(),
            points_px=torch.from_numpy(points).float(),
            wanted=told,
            ignored=torch.zeros(n, 2, dtype=torch.bool),
            level=told.to(torch.uint8) * 3,
        ),
        size_px=torch.full((n, 2), float(side)),
        scale=torch.ones(n),
        keys=tuple(f"{i:08d}" for i in range(n)),
    )


def faces_of(boxes: list[list[float]], wanted: list[bool], ignored: list[bool]) -> Faces:
    """Return the faces of one picture, with points in the middle of their boxes."""
    told = torch.tensor(boxes, dtype=torch.float32)[None]
    middle = (told[..., :2] + told[..., 2:]) / 2
    return Faces(
        boxes_px=told,
        points_px=middle[:, :, None].repeat(1, 1, 5, 1),
        wanted=torch.tensor([wanted]),
        ignored=torch.tensor([ignored]),
        level=torch.zeros(1, len(boxes), dtype=torch.uint8),
    )


def tiny(name: str, **options: object) -> DetectionNetwork:
    """Return a network of its class, of few channels, with weights of the seed 0."""
    torch.manual_seed(0)
    network = build(name, {**TINY[name], **options})
    assert isinstance(network, DetectionNetwork)
    return network
