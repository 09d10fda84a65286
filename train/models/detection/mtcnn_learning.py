"""What the networks of MTCNN learn from: windows about faces, windows elsewhere, and what the network before let pass.

Zhang 2016 (mtcnn.py), section II.D.  By its largest IoU with a wanted face a window is

    negative   below 0.3                    learns that it is none
    part       from 0.4 to 0.65             learns where the face's box is
    positive   above 0.65                   learns both, and where the five points are
    unused     between 0.3 and 0.4, or half covered by a box that is ignored

Of each picture `MOST` positives count at most, as many parts and three times as many negatives (and `LEAST`).  The
losses are cross-entropy (eq. 1), squared distances of the box' edges (2) and of the points (3), with weights 1, 0.5 and
0.5 for P-Net and R-Net; 1, 0.5 and 1 for O-Net.  Of classes only the 70 % of examples with the largest loss count.

The windows about faces are drawn as usual implementations draw them (the paper does not say): squares of 0.8 to 1.25 of
the box, shifted by up to 0.2 of it; as many shifted by up to once their side.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from adapt.detection_batch import Faces
from train.models.detection.boxes import centred, covered, iou, picked
from train.models.detection.mining import hardest
from train.models.detection.mtcnn_networks import Told

NEGATIVE, PART, POSITIVE = 0.3, 0.4, 0.65
MOST, NEGATIVES_EACH, LEAST = 32, 3, 4
ABOUT, ELSEWHERE = 24, 24
"""Windows drawn in each picture."""
HARDEST = 0.7
BOX = 0.5
"""Weight of the box' loss."""


@dataclass(frozen=True)
class Windows:
    """Windows to learn from, r a picture, and the truth of their faces."""

    boxes: Float[Tensor, "b r 4"]
    face_boxes: Float[Tensor, "b r 4"]
    face_points: Float[Tensor, "b r 5 2"]
    negative: Bool[Tensor, "b r"]
    part: Bool[Tensor, "b r"]
    positive: Bool[Tensor, "b r"]


def learnt_windows(
    faces: Faces,
    side: int,
    least_px: int,
    proposed: tuple[Float[Tensor, "b p 4"], Bool[Tensor, "b p"]] | None,
    generator: torch.Generator,
) -> Windows:
    """Return the windows of a batch that are learnt from, of as many rows as the fullest picture has.

    Args:
        faces: Of pictures of this side.
        side: Of the pictures, px.
        least_px: Side of the smallest windows.
        proposed: What the network before let pass, and which rows of that hold something.
        generator: Draws.
    """
    boxes = torch.cat([about_faces(faces, generator), elsewhere(len(faces), side, least_px, generator)], dim=1)
    there = torch.ones(boxes.shape[:2], dtype=torch.bool, device=boxes.device)
    if proposed is not None:
        boxes, there = torch.cat([proposed[0], boxes], dim=1), torch.cat([proposed[1], there], dim=1)
    overlap = iou(boxes, faces.boxes_px).masked_fill(~faces.wanted[:, None], -1.0)
    most, face = overlap.max(dim=2)
    hidden = covered(boxes, faces.boxes_px).masked_fill(~faces.ignored[:, None], 0.0).amax(dim=2) >= 0.5
    # In their order: what was let pass comes first, and is the hardest.
    positive = there & (most > POSITIVE)
    positive = first(positive, torch.full_like(positive.sum(1), MOST))
    count = positive.sum(1)
    negative = first(there & (most < NEGATIVE) & ~hidden, (NEGATIVES_EACH * count).clamp(min=LEAST))
    part = first(there & (most >= PART) & (most <= POSITIVE), count.clamp(min=1))
    learnt = positive | part | negative
    rows = learnt.int().argsort(dim=1, descending=True, stable=True)[:, : int(learnt.sum(1).max())]
    face = face.gather(1, rows)
    return Windows(
        boxes=picked(boxes, rows),
        face_boxes=picked(faces.boxes_px, face),
        face_points=picked(faces.points_px, face),
        negative=negative.gather(1, rows),
        part=part.gather(1, rows),
        positive=positive.gather(1, rows),
    )


def about_faces(faces: Faces, generator: torch.Generator) -> Float[Tensor, "b r 4"]:
    """Return squares about faces drawn among the wanted ones: half of them near, half further off."""
    b, n = faces.wanted.shape
    device = faces.wanted.device

    def even(*shape: int) -> Tensor:
        return torch.rand(b, ABOUT, *shape, generator=generator, device=device)

    count = faces.wanted.sum(1, keepdim=True)
    # The rows of the wanted faces, in order, and one of them for every window; any row where there is none.
    rows = torch.argsort((~faces.wanted).int(), dim=1, stable=True)
    row: Int[Tensor, "b r"] = rows.gather(1, (even() * count.clamp(min=1)).long().clamp(max=n - 1))
    box = centred(picked(faces.boxes_px, row))
    middle, size = box[..., :2], box[..., 2:]
    longer, shorter = size.amax(-1, keepdim=True), size.amin(-1, keepdim=True)
    width = 0.8 * shorter + even(1) * (1.25 * longer - 0.8 * shorter)
    far = (torch.arange(ABOUT, device=device) % 2 == 0)[None, :, None]
    shift = (2 * even(2) - 1) * torch.where(far, width, 0.2 * size)
    half = width.clamp(min=1.0) / 2
    return torch.cat([middle + shift - half, middle + shift + half], dim=-1)


def elsewhere(b: int, side: int, least_px: int, generator: torch.Generator) -> Float[Tensor, "b r 4"]:
    """Return squares anywhere inside pictures, from the smallest size to half the picture."""
    width = torch.rand(b, ELSEWHERE, 1, generator=generator, device=generator.device)
    width = least_px * (max(side / 2 / least_px, 1.0) ** width)
    corner = torch.rand(b, ELSEWHERE, 2, generator=generator, device=generator.device) * (side - width)
    return torch.cat([corner, corner + width], dim=-1)


def first(chosen: Bool[Tensor, "b r"], most: Int[Tensor, " b"]) -> Bool[Tensor, "b r"]:
    """Return the first so many of the chosen ones of each picture."""
    return chosen & (chosen.cumsum(1) <= most[:, None])


def window_loss(told: Told, windows: Windows, points: float) -> Float[Tensor, ""]:
    """Return the weighted sum of the losses.

    Args:
        told: Of all windows, a row each.
        windows: What they are.
        points: Weight of the points over that of the box.
    """
    negative, part, positive = (mask.flatten() for mask in (windows.negative, windows.part, windows.positive))
    each = functional.binary_cross_entropy_with_logits(told.logits, positive.to(told.logits.dtype), reduction="none")
    loss = each[hardest(each.detach(), negative | positive, HARDEST)].mean()
    boxes = windows.boxes.flatten(0, 1)
    side = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1e-6)
    with_box = part | positive
    off = (windows.face_boxes.flatten(0, 1) - boxes) / side.repeat(1, 2)
    loss = loss + BOX * _mean((told.offsets - off)[with_box].square().sum(1))
    if told.points is not None:
        at = (windows.face_points.flatten(0, 1) - boxes[:, None, :2]) / side[:, None]
        marked = positive & torch.isfinite(at).flatten(1).all(1)
        loss = loss + points * BOX * _mean((told.points - at)[marked].square().flatten(1).sum(1))
    return loss


def _mean(values: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """Return the mean, 0 of none."""
    return values.sum() / max(len(values), 1)
