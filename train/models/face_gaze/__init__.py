"""Networks that tell the gaze from a face: one file a network, all with the interface of `FaceGazeNetwork`.

    inputs     tensors of a batch (adapt/face_gaze_batch.py): of most networks the face alone, (B, 3, side, side), RGB
               in [0, 1], standardised inside
    outputs    (B, ...)  raw: what the network's file says (radians, logits, centimetres)
    gaze       (B, 2)    [pitch, yaw] in radians in `norm`, mode direction

Who calls a network says `network(*network.inputs(batch))`: plain tensors in, a tensor out.
"""

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor, nn

from adapt.face_batch import to_rgb
from adapt.face_gaze_batch import FaceGazeBatch


class FaceGazeNetwork(nn.Module, ABC):
    """A network from a face to its gaze.

    Attributes:
        side: Height and width in pixels of the pictures that it is made for.
        on_screen: Whether it tells a point of a screen and needs the batch's `screen`.
    """

    side: int
    on_screen = False

    def inputs(self, batch: FaceGazeBatch) -> tuple[Tensor, ...]:
        """Return what `forward` takes."""
        return (to_rgb(batch.images_u8),)

    @abstractmethod
    def forward(self, *inputs: Tensor) -> Float[Tensor, "b ..."]:
        """Return the raw outputs."""

    @abstractmethod
    def gaze(self, outputs: Float[Tensor, "b ..."], batch: FaceGazeBatch) -> Float[Tensor, "b 2"]:
        """Return the gaze's [pitch, yaw] of raw outputs for a batch, whose labels are not looked at."""

    @abstractmethod
    def loss(self, outputs: Float[Tensor, "b ..."], batch: FaceGazeBatch) -> Float[Tensor, ""]:
        """Return what training minimises, given a batch with its labels."""
