"""What a detector tells of a box: where it lies and how large it is against an anchor, in numbers of about one.

Of an anchor with middle (x_a, y_a), width w_a and height h_a (Girshick, R-CNN 2014, appendix C; Liu, SSD 2016, eq. 2;
the divisors, called variances, are of SSD's code):

    t_x = (x - x_a) / (w_a v_1)    t_w = log(w / w_a) / v_2
    t_y = (y - y_a) / (h_a v_1)    t_h = log(h / h_a) / v_2        v = (0.1, 0.2)

and of a point ((x - x_a) / (w_a v_1), (y - y_a) / (h_a v_1)), as RetinaFace has it.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from train.models.detection.boxes import centred, corners

VARIANCES = (0.1, 0.2)
LARGEST = math.log(1000 / 16)
"""Of log(w / w_a): beyond it a network has not learnt anything yet, and exp overflows (torchvision's limit)."""


def encode(boxes: Float[Tensor, "*b n 4"], anchors: Float[Tensor, "*#b n 4"]) -> Float[Tensor, "*b n 4"]:
    """Return what is told of boxes x0, y0, x1, y1 against anchors (middle, size); sides are at least a millionth."""
    middle, size = _halves(centred(boxes))
    at, sides = _halves(anchors)
    shift = (middle - at) / (sides * VARIANCES[0])
    return torch.cat([shift, (size.clamp(min=1e-6) / sides).log() / VARIANCES[1]], dim=-1)


def decode(told: Float[Tensor, "*b n 4"], anchors: Float[Tensor, "*#b n 4"]) -> Float[Tensor, "*b n 4"]:
    """Return the boxes x0, y0, x1, y1."""
    at, sides = _halves(anchors)
    middle = at + told[..., :2] * VARIANCES[0] * sides
    size = sides * (told[..., 2:] * VARIANCES[1]).clamp(max=LARGEST).exp()
    return corners(torch.cat([middle, size], dim=-1))


def encode_points(points: Float[Tensor, "*b n 5 2"], anchors: Float[Tensor, "*#b n 4"]) -> Float[Tensor, "*b n 5 2"]:
    """Return what is told of points."""
    at, sides = _halves(anchors[..., None, :])
    return (points - at) / (sides * VARIANCES[0])


def decode_points(told: Float[Tensor, "*b n 5 2"], anchors: Float[Tensor, "*#b n 4"]) -> Float[Tensor, "*b n 5 2"]:
    """Return the points."""
    at, sides = _halves(anchors[..., None, :])
    return at + told * VARIANCES[0] * sides


def _halves(centred_boxes: Float[Tensor, "*b 4"]) -> tuple[Float[Tensor, "*b 2"], Float[Tensor, "*b 2"]]:
    """Return middle and size."""
    return centred_boxes[..., :2], centred_boxes[..., 2:]
