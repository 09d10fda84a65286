"""Networks of eye landmarks: one file a network, all with the interface of `LandmarkNetwork`.

    images         (B, 1, h, w)          equalised, grey, in [0, 1], of the network's `size`; standardised inside
    heatmaps       (B, m, n, h', w')     one of every landmark by each of m hourglasses; about 1 at the landmark
    landmarks_px   (B, n, 2)             u, v in the picture, (0, 0) the corner of its first pixel
    radius_px      (B,)                  of the eyeball; None of a network that does not tell it
    gaze           (B, 2)                [pitch, yaw] in radians in the normalised camera, of a left eye

The pixel (i, j) of a heatmap has its centre at ((j + 1/2) w / w', (i + 1/2) h / h') px of the picture.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from adapt.marked_eyes import MarkedEyes
from train.data.marks.points import Marks


@dataclass(frozen=True)
class Reading:
    """What a network tells of a batch; shapes as the module says, `landmarks_px` from the last heatmaps."""

    heatmaps: Float[Tensor, "b m n h w"]
    landmarks_px: Float[Tensor, "b n 2"]
    radius_px: Float[Tensor, " b"] | None
    gaze_pitch_yaw_rad: Float[Tensor, "b 2"]


class LandmarkNetwork(nn.Module, ABC):
    """A network from a picture of an eye to its landmarks and gaze.

    Attributes:
        size: Height and width in pixels of the pictures that it is made for.
        marks: Which landmarks it tells.
        tells_radius: Whether it tells the eyeball's radius.
    """

    size: tuple[int, int]
    marks: Marks
    tells_radius = False

    @abstractmethod
    def forward(self, images: Float[Tensor, "b 1 h w"]) -> Reading:
        """Return what the network tells of equalised pictures in [0, 1]."""

    @abstractmethod
    def loss(self, reading: Reading, eyes: MarkedEyes) -> Float[Tensor, ""]:
        """Return what training minimises, but for the gaze: of landmarks and radius."""
