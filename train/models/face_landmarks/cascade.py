"""A coarse-to-fine cascade: 68 points by three networks of a face, then two rounds of corrections by patches.

Sun, Wang, Tang, "Deep convolutional network cascade for facial point detection" (CVPR 2013): grey pictures;

    level 1    F1 sees the face in 39x39, EN1 its upper and NM1 its lower part in 31x39; a point is the mean over those
               that tell it
    level 2    each point is moved by the mean of two networks, which see patches of 15x15 about level 1's place
    level 3    the same about level 2's, in smaller patches

Layers (paper, table 1, from memory): F1, EN1 and NM1 convolve by 4x4 to 20, 3x3 to 40, 3x3 to 60, 2x2 to 80 maps,
pooled by two between them, then 120 and the points; those of patches by 4x4 to 20, 3x3 to 40, then 60 and a point.
After each the rectified tangent, |tanh|.

What is extended.  The paper tells five points: F1 all, EN1 eyes and nose, NM1 nose and mouth.  Here F1 tells all 68,
EN1 brows, nose and eyes, NM1 nose and lips; each of the 68 has its own two networks of patches at either level.
Patches are 0.16 and 0.18 of the box's side at level 2, 0.11 and 0.12 at level 3 (from memory), of a box that is `BOX`
of the cut.  The paper unshares weights by region and trains level by level with patches moved at random about the
truth; here weights are shared and all levels are trained at once on the places that the level before tells, handing no
gradient back.  The loss is the mean square of the three levels' coordinates, in percent of the side.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.augment.levels import luma
from adapt.marked_faces import MarkedFaces
from train.models.face_landmarks import FaceLandmarkNetwork, FaceReading
from train.models.face_landmarks.mean_face import mean_face

BOX = 2 / 3
"""Of the cut's side: the face without the margin that square.py leaves around it."""
WHOLE, PART, PATCH = (39, 39), (31, 39), 15
"""Rows and columns of what the networks see."""
ROWS = {"F1": (0.0, 1.0), "EN1": (0.0, 31 / 39), "NM1": (8 / 39, 1.0)}
"""Top and bottom of each network's part of the box."""
TELLS = {"F1": range(68), "EN1": range(17, 48), "NM1": [*range(27, 36), *range(48, 68)]}
PATCHES = ((0.16, 0.18), (0.11, 0.12))
"""Sides of the patches of levels 2 and 3, of the box's."""


class RectifiedTangent(nn.Module):
    """The paper's activation."""

    def forward(self, x: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """Return |tanh x|."""
        return x.tanh().abs()


class Whole(nn.Module):
    """A grey part of the box (B, 1, rows, 39) to how far m points lie from their mean places, in sides of the box."""

    def __init__(self, rows: int, points: int, width: float) -> None:
        """Build the layers."""
        super().__init__()
        maps = [max(round(width * n), 1) for n in (20, 40, 60, 80, 120)]
        layers: list[nn.Module] = []
        before, left = 1, [rows, 39]
        for channels, kernel, pooled in zip(maps[:4], (4, 3, 3, 2), (True, True, True, False), strict=True):
            layers += [nn.Conv2d(before, channels, kernel), RectifiedTangent()]
            left = [n - kernel + 1 for n in left]
            if pooled:
                # Odd sides are halved upwards, as in the paper's figure: 36, 18; 16, 8; 6, 3 of 39.
                layers.append(nn.MaxPool2d(2, ceil_mode=True))
                left = [-(-n // 2) for n in left]
            before = channels
        dense = nn.Linear(before * left[0] * left[1], maps[4])
        self.layers = nn.Sequential(*layers, nn.Flatten(), dense, RectifiedTangent(), near_zero(maps[4], 2 * points))

    def forward(self, grey: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b m 2"]:
        """Return the differences."""
        moved: Tensor = self.layers(grey)
        return moved.reshape(grey.shape[0], -1, 2)


class OfEachPoint(nn.Module):
    """(m, B, i, h, w) -> (m, B, o, h', w'): a convolution of its own for each of m points, all as one product.

    Convolutions in groups do the same and take several times as long on a CPU.
    """

    def __init__(self, points: int, inputs: int, outputs: int, kernel: int) -> None:
        """Build the weights, drawn as torch draws those of a convolution."""
        super().__init__()
        self.kernel = kernel
        seen = inputs * kernel**2
        self.weight = nn.Parameter(torch.empty(points, seen, outputs).uniform_(-(seen**-0.5), seen**-0.5))
        self.bias = nn.Parameter(torch.empty(points, 1, outputs).uniform_(-(seen**-0.5), seen**-0.5))

    def forward(self, x: Float[Tensor, "m b i h w"]) -> Float[Tensor, "m b o h2 w2"]:
        """Return what each point's convolution gives, without margins."""
        m, b, _, rows, columns = x.shape
        h, w, k = rows - self.kernel + 1, columns - self.kernel + 1, self.kernel
        near = torch.stack([x[..., i : i + h, j : j + w] for i in range(k) for j in range(k)], dim=3)
        places = near.permute(0, 1, 4, 5, 2, 3).reshape(m, b * h * w, -1)
        return torch.baddbmm(self.bias, places, self.weight).reshape(m, b, h, w, -1).permute(0, 1, 4, 2, 3)


class Patches(nn.Module):
    """Grey patches (B, m, 15, 15), one a point, to how far each is from its patch's middle, in the patch's sides."""

    def __init__(self, points: int, width: float) -> None:
        """Build a network for each point."""
        super().__init__()
        first, second, dense = (max(round(width * n), 1) for n in (20, 40, 60))
        self.convolutions = nn.ModuleList([OfEachPoint(points, 1, first, 4), OfEachPoint(points, first, second, 3)])
        # Dense layers, of the two by two places that are left.
        self.dense, self.told = OfEachPoint(points, second, dense, 2), OfEachPoint(points, dense, 2, 1)
        nn.init.normal_(self.told.weight, std=0.01)
        nn.init.zeros_(self.told.bias)

    def forward(self, grey: Float[Tensor, "b m 15 15"]) -> Float[Tensor, "b m 2"]:
        """Return the differences."""
        x = grey.transpose(0, 1)[:, :, None]
        for convolution in self.convolutions:
            seen = convolution(x).tanh().abs()
            pooled = functional.max_pool2d(seen.flatten(0, 1), 2)
            x = pooled.reshape(*seen.shape[:2], *pooled.shape[1:])
        told: Tensor = self.told(self.dense(x).tanh().abs())
        return told[..., 0, 0].transpose(0, 1)


class Cascade(FaceLandmarkNetwork):
    """See the module."""

    mean_face: Tensor
    told_by: Tensor

    def __init__(self, width: float = 1.0, side: Literal[128, 96, 64] = 96) -> None:
        """Build the layers.

        Args:
            width: Factor of all networks' maps.
            side: Of the pictures, which boxes and patches are looked at in.
        """
        super().__init__()
        self.size = (side, side)
        self.level1 = nn.ModuleDict(
            {name: Whole((WHOLE if name == "F1" else PART)[0], len(TELLS[name]), width) for name in ROWS}
        )
        self.later = nn.ModuleList(nn.ModuleList(Patches(self.marks.n, width) for _ in sides) for sides in PATCHES)
        told_by = torch.zeros(self.marks.n)
        for points in TELLS.values():
            told_by[list(points)] += 1
        self.register_buffer("mean_face", mean_face(), persistent=False)
        self.register_buffer("told_by", told_by, persistent=False)

    def forward(self, images: Float[Tensor, "b 3 s s"]) -> FaceReading:
        """Return what each level tells."""
        grey = luma(images) - 0.5
        places = self._level1(grey)  # in sides of the cut
        stages = [places]
        for networks, sides in zip(self.later, PATCHES, strict=True):
            assert isinstance(networks, nn.ModuleList)
            middle = places.detach()
            moved = [
                side * BOX * network(patches(grey, middle, side * BOX))
                for network, side in zip(networks, sides, strict=True)
            ]
            places = middle + torch.stack(moved).mean(0)
            stages.append(places)
        told = self.size[0] * torch.stack(stages, dim=1).float()
        return FaceReading(told[:, -1], stages_px=told)

    def loss(self, reading: FaceReading, faces: MarkedFaces) -> Float[Tensor, ""]:
        """Return the mean square of all levels' coordinates, in percent of the side."""
        assert reading.stages_px is not None
        return (100 / self.size[0] * (reading.stages_px - faces.points_px[:, None])).square().mean()

    def _level1(self, grey: Float[Tensor, "b 1 s s"]) -> Float[Tensor, "b 68 2"]:
        """Return each point's mean over the networks that tell it."""
        low = (1 - BOX) / 2
        moved = torch.zeros(grey.shape[0], self.marks.n, 2, dtype=grey.dtype, device=grey.device)
        for name, network in self.level1.items():
            top, bottom = ROWS[name]
            rows, columns = WHOLE if name == "F1" else PART
            corners = grey.new_tensor([low, low + BOX * top, low + BOX, low + BOX * bottom])
            part = looked_at(grey, corners.expand(grey.shape[0], 1, 4), rows, columns)
            moved = moved.index_add(
                1, torch.tensor(list(TELLS[name]), device=grey.device), network(part).to(moved.dtype)
            )
        return self.mean_face + BOX * moved / self.told_by[:, None]


def patches(grey: Float[Tensor, "b 1 s s"], middle: Float[Tensor, "b m 2"], side: float) -> Float[Tensor, "b m 15 15"]:
    """Return a square patch about each point; places and side in sides of the picture."""
    return looked_at(grey, torch.cat([middle - side / 2, middle + side / 2], dim=-1), PATCH, PATCH)


def looked_at(
    grey: Float[Tensor, "b 1 s s"], corners: Float[Tensor, "b m 4"], rows: int, columns: int
) -> Float[Tensor, "b m rows columns"]:
    """Return parts of pictures, bilinear, edges repeated outside; left, top, right, bottom in sides of the picture."""
    left, top, right, bottom = (edge[..., None] for edge in corners.unbind(-1))
    across = (torch.arange(columns, device=grey.device, dtype=grey.dtype) + 0.5) / columns
    down = (torch.arange(rows, device=grey.device, dtype=grey.dtype) + 0.5) / rows
    x, y = left + (right - left) * across, top + (bottom - top) * down
    shape = (*x.shape[:2], rows, columns)
    places = torch.stack([x[:, :, None].expand(shape), y[..., None].expand(shape)], dim=-1)
    # grid_sample counts from -1, the corner of the first pixel, to 1 (align_corners=False), as sides of the picture do
    # from 0 to 1.
    flat = places.flatten(1, 2) * 2 - 1
    seen = functional.grid_sample(grey, flat, mode="bilinear", padding_mode="border", align_corners=False)
    return seen.reshape(shape)


def near_zero(inputs: int, outputs: int) -> nn.Linear:
    """Return a layer that moves nothing much at first."""
    made = nn.Linear(inputs, outputs)
    nn.init.normal_(made.weight, std=0.01)
    nn.init.zeros_(made.bias)
    return made
