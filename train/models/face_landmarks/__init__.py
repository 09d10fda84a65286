"""Networks of a face's landmarks: one file a network, all with the interface of `FaceLandmarkNetwork`.

    images       (B, 3, s, s)         RGB in [0, 1], square cuts (train/data/face_marks/square.py); standardised inside
    points_px    (B, n, 2)            u, v in the cut, (0, 0) the corner of its first pixel
    depth_px     (B, n)               as `adapt.marked_faces.MarkedFaces` has it; None of a network that tells none
    heatmaps     (B, m, n, s', s')    of every landmark, by each of m stages; None of a network without
    stages_px    (B, m, n, 2)         what each of m stages tells, the last one `points_px`; None where there is one
    face         (B,)                 logit of there being a face where the cut expects one; None where it is not told

The pixel (i, j) of a heatmap has its centre at ((j + 1/2) s / s', (i + 1/2) s / s') px of the picture.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from adapt.marked_faces import MarkedFaces
from train.data.face_marks.points import FaceMarks


@dataclass(frozen=True)
class FaceReading:
    """What a network tells of a batch; shapes as the module says."""

    points_px: Float[Tensor, "b n 2"]
    depth_px: Float[Tensor, "b n"] | None = None
    heatmaps: Float[Tensor, "b m n h w"] | None = None
    stages_px: Float[Tensor, "b k n 2"] | None = None
    face: Float[Tensor, " b"] | None = None


class FaceLandmarkNetwork(nn.Module, ABC):
    """A network from a cut of a face to its landmarks.

    Attributes:
        size: Height and width in pixels of the pictures that it is made for.
        marks: Which landmarks it tells.
        absent: Share of training cuts that are to miss their faces; 0 of a network that does not tell whether they do.
    """

    size: tuple[int, int]
    marks: FaceMarks = FaceMarks.ibug68
    absent: float = 0.0

    @abstractmethod
    def forward(self, images: Float[Tensor, "b 3 s s"]) -> FaceReading:
        """Return what the network tells of RGB pictures in [0, 1]."""

    @abstractmethod
    def loss(self, reading: FaceReading, faces: MarkedFaces) -> Float[Tensor, ""]:
        """Return what training minimises."""
