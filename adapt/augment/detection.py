"""What is done to whole pictures before a detector learns from them: windows, collages, mirrors, a camera's changes.

First each picture is replaced by a window of itself or by a collage:

    window   a square of 1 / zoom of the picture's shorter side, zoom drawn evenly in its logarithm from zoom_out below
             1 to zoom_in above it, at a random place inside the picture (RetinaFace's crops, zoom_in = ln(1 / 0.3)) or,
             where it is larger, about it (SSD's expansion); what lies outside is filled
    collage   a grid of 2x2 or 3x3 such windows, each of another picture of the batch (YOLOv4's four)

A face is kept where its centre lies inside the window, its box is cut there, as SSD and RetinaFace do it; what is left
of one whose centre lies outside is ignored, as are boxes that become smaller than `LEAST_PX`.  A picture is shrunk by
means over pixels and enlarged bilinearly, its labels go along to the last digit.

Then follow the changes of faces.py that keep every label where it is, and the mirror.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from adapt.augment.faces import FaceChanges, changed_pictures, draw_face_changes
from adapt.augment.strengths import Strengths
from adapt.detection_batch import FILL, DetectionBatch, Faces, mirrored, moved, padded, resized
from adapt.rows import joined

LEAST_PX = 8.0
"""Shorter side of a box, in px of the changed picture, below which nobody is asked to find it."""
LARGEST_GRID = 3


@dataclass(frozen=True)
class Windows:
    """What of which picture each cell of each new picture shows; cells of one picture come row by row.

    Attributes:
        grid: Cells across (and down) of each new picture: 1 is no collage.
        source: Picture of each cell, of at most 9.
        corner_px: Upper left corner of the cell's window, px of the held picture, whole.
        width_px: Side of the window, whole.
    """

    grid: Int[Tensor, " b"]
    source: Int[Tensor, "b 9"]
    corner_px: Float[Tensor, "b 9 2"]
    width_px: Float[Tensor, "b 9"]


@dataclass(frozen=True)
class DetectionChanges:
    """Amounts for a batch."""

    windows: Windows
    camera: FaceChanges


def draw_detection_changes(
    generator: torch.Generator,
    strengths: Strengths,
    batch: DetectionBatch,
    side: int,
    bank: Float[Tensor, "n 3 s s"] | None = None,
) -> DetectionChanges:
    """Draw the changes of a batch on the generator's device.

    Args:
        generator: Decides them.
        strengths: How strong they are.
        batch: The pictures.
        side: Of the pictures that they will become.
        bank: Real pictures of that side to mix with; None mixes nothing.
    """
    return DetectionChanges(
        windows=draw_windows(generator, strengths, batch.size_px),
        camera=draw_face_changes(generator, strengths, len(batch), side, bank=bank),
    )


def draw_windows(generator: torch.Generator, strengths: Strengths, size_px: Float[Tensor, "b 2"]) -> Windows:
    """Draw the windows for pictures that show so much."""
    b, cells, device = len(size_px), LARGEST_GRID**2, generator.device

    def even(*shape: int) -> Tensor:
        return torch.rand(b, *shape, generator=generator, device=device)

    collage = even() < strengths.collage
    grid = torch.where(collage, 2 + (even() < 0.5).long() * (LARGEST_GRID - 2), 1)
    others = torch.randint(b, (b, cells), generator=generator, device=device)
    others[:, 0] = torch.arange(b, device=device)  # so that each picture is shown in every step
    size = size_px[others]
    low, high = -strengths.zoom_out, strengths.zoom_in
    width = size.amin(-1) * torch.exp(-(low + (high - low) * even(cells)))
    place = even(cells, 2)
    if not (low or high):  # the whole picture, and not the square of its shorter side
        width, place = size.amax(-1), torch.zeros_like(place)
    width = width.round().clamp(min=2)
    room = size - width[..., None]  # negative: how far the window reaches beyond the picture
    return Windows(grid, others, (place * room).round(), width)


def augment_pictures(batch: DetectionBatch, changes: DetectionChanges, side: int) -> DetectionBatch:
    """Return the changed batch of pictures of `side` x `side`; their `scale` and `size_px` are those of the square."""
    windowed = composed(batch, changes.windows, side)
    return replace(
        windowed,
        images_u8=changed_pictures(windowed.images_u8, changes.camera),
        faces=mirrored(windowed.faces, changes.camera.mirrored, side),
    )


def composed(batch: DetectionBatch, windows: Windows, side: int) -> DetectionBatch:
    """Return the pictures that the windows make."""
    planes = batch.images_u8.permute(0, 3, 1, 2)
    images = planes.new_full((len(batch), 3, side, side), FILL)
    faces = []
    for row, across in enumerate(windows.grid.tolist()):
        edges = [side * i // across for i in range(across + 1)]
        shown = []
        for cell in range(across**2):
            (top, bottom), (left, right) = (edges[i : i + 2] for i in divmod(cell, across))
            source, width = int(windows.source[row, cell]), float(windows.width_px[row, cell])
            corner = windows.corner_px[row, cell]
            cell_side = max(bottom - top, right - left)
            piece = window(planes[source], corner, width, cell_side)
            images[row, :, top:bottom, left:right] = piece[:, : bottom - top, : right - left]
            inside = corner.new_tensor([left, top, right, bottom])
            shown.append(seen(batch.faces.take([source]), corner, width, cell_side, inside))
        faces.append(_ordered(shown))
    rows = max(1, max(int((one.wanted | one.ignored).sum()) for one in faces))
    return replace(
        batch,
        images_u8=images.permute(0, 2, 3, 1),
        faces=joined([padded(one, rows) for one in faces]),
        size_px=torch.full_like(batch.size_px, side),
        scale=torch.ones_like(batch.scale),
    )


def window(
    picture_u8: UInt8[Tensor, "3 h w"], corner_px: Float[Tensor, "2"], width_px: float, side: int
) -> UInt8[Tensor, "3 side side"]:
    """Return a square window of a picture, of whole pixels, as `side` x `side`."""
    wide, (left, top) = int(width_px), (int(value) for value in corner_px.tolist())
    height, width = picture_u8.shape[1:]
    piece = picture_u8.new_full((3, wide, wide), FILL)
    y0, y1, x0, x1 = max(top, 0), min(top + wide, height), max(left, 0), min(left + wide, width)
    if y0 < y1 and x0 < x1:
        piece[:, y0 - top : y1 - top, x0 - left : x1 - left] = picture_u8[:, y0:y1, x0:x1]
    return resized(piece[None], side)[0]


def seen(
    faces: Faces, corner_px: Float[Tensor, "2"], width_px: float, cell_side: int, inside_px: Float[Tensor, "4"]
) -> Faces:
    """Return the faces of one picture as a window shows them in a cell of the new picture.

    Args:
        faces: Of the held picture.
        corner_px: Of the window.
        width_px: Of the window.
        cell_side: Of the cell that the window becomes.
        inside_px: The cell's left, top, right, bottom in the new picture.
    """
    factor, low, high = cell_side / width_px, inside_px[:2], inside_px[2:]
    faces = moved(faces, low.new_tensor([factor]), (low - factor * corner_px)[None])
    middle = (faces.boxes_px[..., :2] + faces.boxes_px[..., 2:]) / 2
    centred = ((middle > low) & (middle < high)).all(-1)
    cut = torch.minimum(torch.maximum(faces.boxes_px, low.repeat(2)), high.repeat(2))
    sides = cut[..., 2:] - cut[..., :2]
    there = (faces.wanted | faces.ignored) & (sides > 0).all(-1)
    wanted = faces.wanted & centred & (sides.amin(-1) >= LEAST_PX)
    return replace(faces, boxes_px=cut, wanted=wanted, ignored=there & ~wanted)


def _ordered(shown: list[Faces]) -> Faces:
    """Return the faces of all cells of one picture: wanted ones, ignored ones, then empty rows."""
    every = {name: torch.cat([vars(one)[name] for one in shown], dim=1) for name in vars(shown[0])}
    order = (2 * every["wanted"].int() + every["ignored"].int()).argsort(dim=1, descending=True, stable=True)[0]
    return Faces(**{name: value[:, order] for name, value in every.items()})
