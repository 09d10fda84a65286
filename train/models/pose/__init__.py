"""Head-pose networks: one file a network, all with the interface of `PoseNetwork`.

    images     (B, 3, h, w)   RGB in [0, 1], a head cropped and resized to the network's `size`; standardised inside
    outputs    (B, ...)       raw: what the network's file says (logits, degrees, six numbers)
    rotation   (B, 3, 3)      cam_from_head: identity when the subject faces the lens (synth/geometry/rotation.py)

Networks that work in Euler angles turn rotations into 300W-LP's [pitch, yaw, roll] in degrees themselves, as those that
keep the head upright, so that callers never see angles.
"""

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor, nn


class PoseNetwork(nn.Module, ABC):
    """A network from a picture of a head to the head's rotation.

    Attributes:
        size: Height and width in pixels of the pictures that it is made for.
    """

    size: tuple[int, int]

    @abstractmethod
    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b ..."]:
        """Return the raw outputs for RGB pictures in [0, 1]."""

    @abstractmethod
    def rotation(self, outputs: Float[Tensor, "b ..."]) -> Float[Tensor, "b 3 3"]:
        """Return `cam_from_head` of raw outputs."""

    @abstractmethod
    def loss(self, outputs: Float[Tensor, "b ..."], rotation: Float[Tensor, "b 3 3"]) -> Float[Tensor, ""]:
        """Return what training minimises, given the true `cam_from_head`."""
