"""Attention mesh: MediaPipe's 478 points in three dimensions, eyes, irises and lips told again from crops of features.

Grishchenko, Ablavatski, Kartynnik, Raveendran, Grundmann, "Attention mesh: high-fidelity face mesh prediction in
real-time" (2020; from memory, as is MediaPipe's 192 of the picture's side and its margin of a quarter of the face's
box).  Features of a quarter of the picture's side, then submodels:

    mesh     all points and depths, and a flag: whether a face is where the cut expects one (Kartynnik et al. 2019)
    regions  24x24 features of a crop about each eye and the lips, where the mesh's points are (regions.py), to the
             region's points in the plane; an eye's iris by a head of its own from 6x6 features; depths are the mesh's

The paper says no more of its layers: blocks are BlazeFace's (a depthwise 3x3 and a 1x1 convolution beside the maximum
of 2x2 places, Bazarevsky et al. 2019) with batch normalisation.  The paper trains the submodels on true crops first and
on the network's own afterwards; here all are trained at once on the network's own, which hand no gradient back.  Of
cuts that miss their face (adapt/augment/marked_faces.py) only the flag is learnt.

    loss = mean |xy| of the mesh + mean |xy| after the regions + mean |depth| / 2 + cross-entropy of the flag

Lengths are in percent of the side.
"""

from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.marked_faces import MarkedFaces
from train.data.face_marks.points import FaceMarks
from train.models.backbone import IMAGENET_DEVIATION, IMAGENET_MEAN
from train.models.face_landmarks import FaceLandmarkNetwork, FaceReading
from train.models.face_landmarks.regions import REGIONS, Region, crop_about, sampled

CELLS = 24
"""Of a region's features, across and down."""
MESH_STRIDE = 64
"""Of the features that the mesh is told from."""


class Block(nn.Module):
    """(B, before, h, w) -> (B, after, h / stride, w / stride): depthwise 3x3, 1x1, beside a straight way."""

    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        """Build one block; `after` is no less than `before`."""
        super().__init__()
        self.stride, self.more = stride, after - before
        self.layers = nn.Sequential(
            nn.Conv2d(before, before, 3, stride, 1, groups=before, bias=False),
            nn.Conv2d(before, after, 1, bias=False),
            nn.BatchNorm2d(after),
        )

    def forward(self, x: Float[Tensor, "b before h w"]) -> Float[Tensor, "b after h2 w2"]:
        """Return the activated sum; channels that the straight way lacks are 0 there."""
        straight = functional.max_pool2d(x, 2, ceil_mode=True) if self.stride == 2 else x
        return functional.relu(self.layers(x) + functional.pad(straight, (0, 0, 0, 0, 0, self.more)))


def narrowing(channels: list[int]) -> nn.Sequential:
    """Return blocks that halve the sides once for each number of channels but the first, each followed by another."""
    pairs = pairwise(channels)
    return nn.Sequential(*(one for before, after in pairs for one in (Block(before, after, 2), Block(after, after))))


def nearly_nothing(linear: nn.Linear) -> nn.Linear:
    """Return a layer that tells about 0 at first."""
    nn.init.normal_(linear.weight, std=0.001)
    nn.init.zeros_(linear.bias)
    return linear


class Submodel(nn.Module):
    """A region's features (B, c, 24, 24) to its points, and its iris' where it has one, x and y from -1 to 1."""

    def __init__(self, channels: int, region: Region) -> None:
        """Build the layers."""
        super().__init__()
        self.shared = narrowing([channels, 2 * channels, 2 * channels])
        self.own = nn.ModuleList(
            nn.Sequential(
                narrowing([2 * channels, 4 * channels]),
                nn.Flatten(),
                nearly_nothing(nn.Linear(4 * channels * (CELLS // 8) ** 2, 2 * len(points))),
            )
            for points in (region.points, region.iris)
            if points
        )

    def forward(self, features: Float[Tensor, "b c 24 24"]) -> Float[Tensor, "b m 2"]:
        """Return the region's points, then its iris'."""
        shared = self.shared(features)
        told = [head(shared).float().unflatten(1, (-1, 2)) for head in self.own]
        return torch.cat(told, dim=1)


class AttentionMesh(FaceLandmarkNetwork):
    """See the module."""

    marks = FaceMarks.dense478
    mean: Tensor
    deviation: Tensor

    def __init__(self, channels: int = 32, side: Literal[192, 128, 96, 64] = 192, absent: float = 0.1) -> None:
        """Build the layers.

        Args:
            channels: Of the features at a quarter of the picture's side.
            side: Of the pictures.
            absent: Share of training cuts that are to miss their faces.
        """
        super().__init__()
        self.size, self.absent = (side, side), absent
        half = max(channels // 2, 1)
        self.features = nn.Sequential(
            nn.Conv2d(3, half, 3, 2, 1, bias=False),
            nn.BatchNorm2d(half),
            nn.ReLU(inplace=True),
            Block(half, half),
            Block(half, channels, 2),
            Block(channels, channels),
        )
        self.mesh = nn.Sequential(
            narrowing([channels, 2 * channels, 3 * channels, 4 * channels, 4 * channels]), nn.Flatten()
        )
        cells = -(-side // MESH_STRIDE)
        self.points = nn.Linear(4 * channels * cells**2, 3 * self.marks.n)
        self.face = nn.Linear(4 * channels * cells**2, 1)
        self.regions = nn.ModuleDict({name: Submodel(channels, region) for name, region in REGIONS.items()})
        for linear in (self.points, self.face):
            nearly_nothing(linear)
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION)[:, None, None], persistent=False)

    def forward(self, images: Float[Tensor, "b 3 s s"]) -> FaceReading:
        """Return points and depths, those of the mesh and after the regions, and the flag."""
        features = self.features((images - self.mean) / self.deviation)
        seen = self.mesh(features)
        told = self.points(seen).float().unflatten(1, (-1, 3))
        mesh = 0.5 + told[..., :2]
        refined = mesh
        for name, network in self.regions.items():
            region = REGIONS[name]
            crop = crop_about(mesh.detach(), region)
            places = crop.placed(network(sampled(features, crop, CELLS)))
            refined = refined.index_copy(1, torch.tensor((*region.points, *region.iris), device=mesh.device), places)
        side = self.size[0]
        return FaceReading(
            points_px=side * refined,
            depth_px=side * told[..., 2],
            stages_px=side * torch.stack([mesh, refined], dim=1),
            face=self.face(seen).float().squeeze(1),
        )

    def loss(self, reading: FaceReading, faces: MarkedFaces) -> Float[Tensor, ""]:
        """Return the loss of points, depths and flag; see the module."""
        assert reading.stages_px is not None and reading.depth_px is not None and reading.face is not None
        shown = faces.present.float()
        percent = 100 / self.size[0]
        apart = (reading.stages_px - faces.points_px[:, None]).abs().mean(dim=(2, 3)).sum(dim=1)
        deep = (reading.depth_px - faces.depth_px).abs().mean(dim=1)
        points = percent * (shown * (apart + deep / 2)).sum() / shown.sum().clamp(min=1)
        return points + functional.binary_cross_entropy_with_logits(reading.face, shown)
