"""MTCNN: three small networks, each of which looks closer at what the one before let pass.

Zhang, Zhang, Li, Qiao, "Joint face detection and alignment using multitask cascaded convolutional networks" (IEEE
Signal Processing Letters 2016).

    P-Net   every 12x12 window of a pyramid of the picture    is it a face, and where
    R-Net   24x24 pieces of what P-Net lets pass              the same
    O-Net   48x48 pieces of what R-Net lets pass              the same, and the five points

Pictures are taken as (level - 127.5) / 128 (mtcnn_networks.py).  P-Net and R-Net tell no points, as published.  A box
is told by how far its edges are off the window's, over the window's side; a point by its place in the window.

They are trained one after the other, as published: `stage` says which one is; those before it stay as they are, and
those after it are not asked.  Each run starts from the one before (`init=`).  mtcnn_learning.py has what each learns
from.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from adapt.detection_batch import Faces
from train.models.detection import FIRST, LAST, DetectionNetwork, Detections, best
from train.models.detection.boxes import covered
from train.models.detection.mtcnn_learning import learnt_windows, window_loss
from train.models.detection.mtcnn_networks import ONet, PNet, RNet, Told
from train.models.detection.nms import kept, suppressed
from train.models.detection.roi_align import roi_align

Stage = Literal["onet", "rnet", "pnet"]
PASSED = {"pnet": 0.6, "rnet": 0.7, "onet": 0.7}
"""Scores from which a window goes on, as in the authors' code."""
SHRINKS = 0.709
"""Side of a step of the pyramid over that of the one before: half the area."""
WINDOW, STRIDE = 12, 2
ACROSS_STEPS, WITHIN_STEP = 0.7, 0.5
"""Overlaps beyond which the worse of two windows is dropped."""
SIDES = {"rnet": 24, "onet": 48}


class MTCNN(DetectionNetwork):
    """P-Net -> R-Net -> O-Net, up to the stage that it is trained to."""

    outputs = (
        *("pnet_scores", "pnet_offsets", "rnet_scores", "rnet_offsets"),
        *("onet_scores", "onet_offsets", "onet_points"),
    )
    said = (
        "the three networks side by side, for a program that builds the pyramid and cuts the pieces itself. images: "
        "RGB, [0, 1], a step of the pyramid; pieces24, pieces48: squares; pnet_scores: of windows of 12x12, two px "
        "apart; rnet_scores, onet_scores: of the pieces; pnet_offsets, rnet_offsets, onet_offsets: left, top, right, "
        "bottom less the window's, over its side; onet_points: x, y in the piece, over its side"
    )
    free = ("images",)

    def __init__(
        self, stage: Stage = "onet", least_px: int = 20, side: int = 320, test_side: int = 0, near_side: int = 0
    ) -> None:
        """Build the networks.

        Args:
            stage: The last one that is asked, and the one that is trained.
            least_px: Width of the smallest faces that are looked for.
            side: Of the pictures that it learns from.
            test_side: Of those that it is used with; 0 for `side`.
            near_side: Of the second look; 0 for none.
        """
        super().__init__()
        self.use_sides(side, test_side, near_side)
        self.stage, self.least_px = stage, least_px
        self.tells_points = stage == "onet"
        self.pnet, self.rnet, self.onet = PNet(), RNet(), ONet()
        for name in ("pnet", "rnet", "onet"):
            self.get_submodule(name).requires_grad_(name == stage)

    def forward(self, images: Tensor, pieces24: Tensor, pieces48: Tensor) -> tuple[Tensor, ...]:
        """Return what each network tells; see `said`."""
        logits, offsets = self.pnet(levelled(images))
        second, third = self.rnet(levelled(pieces24)), self.onet(levelled(pieces48))
        return (
            *(torch.sigmoid(logits), offsets),
            *(torch.sigmoid(second.logits), second.offsets),
            *(torch.sigmoid(third.logits), third.offsets, third.points),
        )

    def inputs(self, n: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Return random inputs of all three."""
        sides = {"images": 48, "pieces24": 24, "pieces48": 48}
        return {name: torch.rand(n, 3, side, side, generator=generator) for name, side in sides.items()}

    def detect(self, images: Float[Tensor, "b 3 s s"]) -> Detections:
        """Return what the last stage lets pass."""
        found = self.passed(images, self.stage)
        if self.stage != "onet":
            return best(found.boxes_px, found.scores, found.points_px, LAST)
        # The last boxes are compared by how much of the smaller one lies in the other, as in the authors' code.
        boxes = found.boxes_px
        smaller = torch.maximum(covered(boxes, boxes), covered(boxes, boxes).mT)
        scores = found.scores * kept(smaller > ACROSS_STEPS, found.scores > 0)
        return best(boxes, scores, found.points_px, LAST)

    def passed(self, images: Float[Tensor, "b 3 s s"], stage: Stage) -> Detections:
        """Return what a stage lets pass, the best first."""
        if stage == "pnet":
            return self.proposed(images)
        before = self.passed(images, "rnet" if stage == "onet" else "pnet")
        rows = max(1, int((before.scores > 0).sum(1).max()))
        windows = squares(before.boxes_px[:, :rows])
        told: Told = self.told(images, windows, stage)
        scores = torch.sigmoid(told.logits).reshape(windows.shape[:2])
        scores = scores * (before.scores[:, :rows] > 0) * (scores >= PASSED[stage])
        boxes = moved_edges(windows, told.offsets.reshape(windows.shape))
        points = torch.full((*scores.shape, 5, 2), torch.nan, device=scores.device)
        if told.points is not None:
            side = (windows[..., 2:] - windows[..., :2])[..., None, :]
            points = windows[..., None, :2] + told.points.reshape(points.shape) * side
        found = best(boxes, scores, points, FIRST)
        if stage == "onet":
            return found
        return best(found.boxes_px, suppressed(found.boxes_px, found.scores, ACROSS_STEPS), found.points_px, LAST)

    def told(self, images: Float[Tensor, "b 3 s s"], windows: Float[Tensor, "b r 4"], stage: Stage) -> Told:
        """Return what a stage tells of windows, one row each."""
        if stage == "pnet":
            logits, offsets = self.pnet(pieces(images, windows, WINDOW))
            return Told(logits[:, 0, 0], offsets[:, 0, 0], None)
        told: Told = self.get_submodule(stage)(pieces(images, windows, SIDES[stage]))
        return told

    def proposed(self, images: Float[Tensor, "b 3 s s"]) -> Detections:
        """Return what P-Net lets pass, over all steps of the pyramid."""
        side, scale = images.shape[-1], WINDOW / self.least_px
        parts = []
        while side * scale >= WINDOW:
            small = round(side * scale)
            step = functional.interpolate(images, (small, small), mode="bilinear", antialias=True, align_corners=False)
            logits, offsets = self.pnet(levelled(step))
            rows, columns = logits.shape[1:]
            px = side / small
            y, x = (torch.arange(n, device=images.device) * STRIDE * px for n in (rows, columns))
            corner = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).reshape(1, -1, 2)
            windows = torch.cat([corner, corner + WINDOW * px], dim=-1).expand(len(images), -1, 4)
            scores = torch.sigmoid(logits).flatten(1)
            scores = scores * (scores >= PASSED["pnet"])
            told = torch.cat([windows, moved_edges(windows, offsets.flatten(1, 2))], dim=-1)
            scores, order = scores.topk(min(LAST, scores.shape[1]), dim=1)
            told = told.gather(1, order[..., None].expand(-1, -1, 8))
            parts.append((told, suppressed(told[..., :4].contiguous(), scores, WITHIN_STEP)))
            scale *= SHRINKS
        told = torch.cat([one for one, _ in parts], dim=1)
        nowhere = torch.full((*told.shape[:2], 5, 2), torch.nan, device=told.device)
        found = best(told[..., 4:], torch.cat([scores for _, scores in parts], dim=1), nowhere, FIRST)
        scores = suppressed(found.boxes_px, found.scores, ACROSS_STEPS)
        return best(found.boxes_px, scores, found.points_px, LAST)

    def loss(self, images: Float[Tensor, "b 3 s s"], faces: Faces, generator: torch.Generator) -> Float[Tensor, ""]:
        """Return the loss of the stage that is trained, on windows about faces, elsewhere, and of the stage before."""
        proposed = None
        if self.stage != "pnet":
            with torch.no_grad():
                before = self.passed(images, "rnet" if self.stage == "onet" else "pnet")
            rows = max(1, int((before.scores > 0).sum(1).max()))
            proposed = squares(before.boxes_px[:, :rows]), before.scores[:, :rows] > 0
        windows = learnt_windows(faces, images.shape[-1], self.least_px, proposed, generator)
        return window_loss(self.told(images, windows.boxes, self.stage), windows, points=2.0)


def levelled(images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
    """Return pictures as the networks take them: (level - 127.5) / 128."""
    return (images * 255 - 127.5) / 128


def pieces(images: Float[Tensor, "b 3 s s"], windows: Float[Tensor, "b r 4"], side: int) -> Float[Tensor, "n 3 p p"]:
    """Return windows of pictures as squares of a side, as the networks take them, a row a window."""
    return roi_align([levelled(images)], [1], windows, side).flatten(0, 1)


def squares(boxes: Float[Tensor, "b r 4"]) -> Float[Tensor, "b r 4"]:
    """Return squares about the middles of boxes, by their longer side."""
    middle, half = (boxes[..., :2] + boxes[..., 2:]) / 2, (boxes[..., 2:] - boxes[..., :2]).amax(-1, keepdim=True) / 2
    return torch.cat([middle - half, middle + half], dim=-1)


def moved_edges(windows: Float[Tensor, "b r 4"], offsets: Float[Tensor, "b r 4"]) -> Float[Tensor, "b r 4"]:
    """Return the boxes whose edges are so many sides off a window's."""
    return windows + offsets * (windows[..., 2:] - windows[..., :2]).repeat(1, 1, 2)
