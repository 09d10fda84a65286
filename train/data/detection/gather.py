"""From single pictures as a file holds them to a batch of square ones, and the count of those that are not in it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Bool, Float, Shaped, UInt8

from adapt.detection_batch import FILL, DetectionBatch, Faces, resized
from train.data.sift import Found, LeftOut, OnError, sift

LEAST_PX = 10.0
"""Shorter side of a box, in the file's picture, up to which nobody is asked to find it: WIDER FACE's rule."""


@dataclass(frozen=True)
class Marked:
    """Faces of a picture as its file tells them, continuous px of that picture; see adapt/detection_batch.py."""

    boxes_px: Float[np.ndarray, "n 4"]
    points_px: Float[np.ndarray, "n 5 2"]
    wanted: Bool[np.ndarray, " n"]
    level: UInt8[np.ndarray, " n"]


@dataclass(frozen=True)
class Picture:
    """A picture as its file holds it.

    Attributes:
        key: Its name in the source.
        picture: Grey or RGB, u8.
        faces: All that are told; those not wanted are ignored.
    """

    key: str
    picture: UInt8[np.ndarray, "..."]
    faces: Marked


Look = Callable[[], Picture | LeftOut]
"""Opens the files of one picture; a DataError says that they are damaged."""


def no_points(n: int) -> Float[np.ndarray, "n 5 2"]:
    """Return the points of n faces whose points nobody told."""
    return np.full((n, 5, 2), np.nan)


def nobody() -> Marked:
    """Return the faces of a picture that shows none, or of which nothing is known."""
    return Marked(np.zeros((0, 4)), no_points(0), np.zeros(0, bool), np.zeros(0, np.uint8))


def large_enough(boxes_px: Float[np.ndarray, "n 4"]) -> Bool[np.ndarray, " n"]:
    """Return which boxes somebody can be asked to find."""
    return (boxes_px[:, 2:] - boxes_px[:, :2]).min(axis=1, initial=np.inf) > LEAST_PX


def gather(
    looks: Iterable[Look], where: str, side: int, on_error: OnError, rows: int | None = None
) -> Found[DetectionBatch]:
    """Return the pictures as one batch of squares in memory.

    Args:
        looks: One for each picture.
        where: Their source, for messages.
        side: Of the squares; where all pictures are smaller, the longest side of any is taken: none is enlarged for
            nothing.
        on_error: What damage does.
        rows: Of faces a picture; by default as many as the fullest has, and at least one.

    Raises:
        DataError: A picture is damaged and `on_error` is stop; or none is left.
    """
    found = sift((partial(_squared, look, side) for look in looks), where, "pictures", on_error)
    n = rows or max(1, *(len(one.faces.wanted) for one, _, _ in found.pictures))
    empty = {"boxes_px": 0.0, "points_px": np.nan, "wanted": False, "level": 0}
    columns = {
        name: np.stack([_filled(getattr(one.faces, name), n, value) for one, _, _ in found.pictures])
        for name, value in empty.items()
    }
    told = np.stack([np.arange(n) < len(one.faces.wanted) for one, _, _ in found.pictures])
    common = max(len(square) for _, square, _ in found.pictures)
    squares = [one if len(one) == common else _enlarged(one, common) for _, one, _ in found.pictures]
    scale = torch.tensor([scale * common / len(square) for _, square, scale in found.pictures])
    size = torch.tensor([one.picture.shape[1::-1] for one, _, _ in found.pictures]) * scale[:, None]
    pictures = DetectionBatch(
        images_u8=torch.stack(squares),
        faces=Faces(
            boxes_px=torch.from_numpy(columns["boxes_px"]).float() * scale[:, None, None],
            points_px=torch.from_numpy(columns["points_px"]).float() * scale[:, None, None, None],
            wanted=torch.from_numpy(columns["wanted"]),
            ignored=torch.from_numpy(told & ~columns["wanted"]),
            level=torch.from_numpy(columns["level"]),
        ),
        size_px=size,
        scale=scale,
        keys=tuple(one.key for one, _, _ in found.pictures),
    )
    return Found(pictures, found.left_out, found.damaged)


def _squared(look: Look, side: int) -> tuple[Picture, UInt8[torch.Tensor, "s s 3"], float] | LeftOut:
    """Return a picture, its letterboxed square and the square's px in one of the picture's."""
    found = look()
    if isinstance(found, LeftOut):
        return found
    return (_light(found), *letterboxed(found.picture, min(side, max(found.picture.shape[:2]))))


def _enlarged(square: UInt8[torch.Tensor, "s s 3"], side: int) -> UInt8[torch.Tensor, "t t 3"]:
    """Return a square of another side."""
    return resized(square.permute(2, 0, 1)[None], side)[0].permute(1, 2, 0)


def _light(found: Picture) -> Picture:
    """Return a picture without its pixels, of which only the size is of use: a set's pictures are not all kept."""
    nothing = np.zeros((1, 1), np.uint8)
    return Picture(found.key, np.broadcast_to(nothing, found.picture.shape[:2]), found.faces)


def letterboxed(picture: UInt8[np.ndarray, "..."], side: int) -> tuple[UInt8[torch.Tensor, "s s 3"], float]:
    """Return a picture in the upper left corner of a square of a side, and the square's px in one of the picture's."""
    height, width = picture.shape[:2]
    longer = max(height, width)
    square = torch.full((3, longer, longer), FILL, dtype=torch.uint8)
    square[:, :height, :width] = torch.from_numpy(np.atleast_3d(picture).copy()).permute(2, 0, 1)
    return resized(square[None], side)[0].permute(1, 2, 0).contiguous(), side / longer


def _filled(values: Shaped[np.ndarray, "m ..."], n: int, empty: float) -> np.ndarray:
    """Return the values of a picture's faces in n rows."""
    rows = np.full((n, *values.shape[1:]), empty, dtype=values.dtype)
    rows[: len(values)] = values
    return rows
