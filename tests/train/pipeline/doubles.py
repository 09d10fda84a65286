"""Networks that tell what a painted frame shows: a face is a rectangle of one pure colour, red, green or blue."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from adapt.detection_batch import Faces
from adapt.marked_faces import MarkedFaces
from train.data.face_marks.square import face_box
from train.models.detection import DetectionNetwork, Detections
from train.models.face_landmarks import FaceLandmarkNetwork, FaceReading
from train.models.people.attributes import AttributeNetwork
from train.models.pose import PoseNetwork
from train.pipeline.bench import mean_points_px
from train.pipeline.look import STAGES, Looker
from train.pipeline.networks import Networks

SIDE = 320
"""Of frames and of what the detector is shown: nothing is scaled."""
ROTATION = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
GAZE = (0.1, -0.3)


def template() -> np.ndarray:
    """The points of a face in its box, from (0, 0) to (1, 1)."""
    points = mean_points_px()
    box = face_box(points)
    return np.asarray((points - box[:2]) / (box[2:] - box[:2]))


def face_size(width: int) -> tuple[int, int]:
    """Width and height of a rectangle with the shape of the template's box."""
    box = face_box(mean_points_px())
    across, down = box[2:] - box[:2]
    return width, round(width * down / across)


def painted(*faces: tuple[int, int, int], side: int = SIDE) -> np.ndarray:
    """A grey frame with faces (left, top, width): the first is red, the second green, the third blue."""
    picture = np.full((side, side, 3), 90, np.uint8)
    for channel, (left, top, width) in enumerate(faces):
        w, h = face_size(width)
        picture[max(top, 0) : top + h, max(left, 0) : left + w] = np.eye(3, dtype=np.uint8)[channel] * 255
    return picture


def box_of(left: int, top: int, width: int) -> np.ndarray:
    w, h = face_size(width)
    return np.array([left, top, left + w, top + h], dtype=float)


def rectangle(image: Tensor, channel: int) -> Tensor | None:
    """The edges of what has a colour: rows and columns whose pixels are more than half of it."""
    others = [one for one in range(3) if one != channel]
    mask = (image[channel] > 0.7) & (image[others] < 0.3).all(0)
    if not mask.any():
        return None
    rows, columns = torch.nonzero(mask.any(1)), torch.nonzero(mask.any(0))
    return torch.stack([columns[0, 0], rows[0, 0], columns[-1, 0] + 1, rows[-1, 0] + 1]).float()


class Finder(DetectionNetwork):
    """Finds the rectangles; counts how often it was asked."""

    outputs, said = ("boxes",), ""

    def __init__(self) -> None:
        super().__init__()
        self.use_sides(SIDE, SIDE, 0)
        self.asked = 0

    def loss(self, images: Float[Tensor, "b 3 s s"], faces: Faces, generator: torch.Generator) -> Float[Tensor, ""]:
        raise NotImplementedError

    def detect(self, images: Float[Tensor, "b 3 s s"]) -> Detections:
        self.asked += 1
        boxes, scores = torch.zeros(1, 3, 4), torch.zeros(1, 3)
        for channel in range(3):
            if (box := rectangle(images[0], channel)) is not None:
                boxes[0, channel], scores[0, channel] = box, 0.9 - 0.1 * channel
        order = scores[0].argsort(descending=True)
        return Detections(boxes[:, order], scores[:, order], torch.full((1, 3, 5, 2), torch.nan))


class Marker(FaceLandmarkNetwork):
    """Puts the template into the rectangle that fills most of its cut; all points into a corner where there is none."""

    size = (96, 96)

    def forward(self, images: Float[Tensor, "b 3 s s"]) -> FaceReading:
        face = torch.from_numpy(template()).float()
        told = []
        for image in images:
            found = [box for channel in range(3) if (box := rectangle(image, channel)) is not None]
            if not found:
                told.append(torch.zeros(68, 2))
                continue
            box = max(found, key=lambda one: float((one[2:] - one[:2]).prod()))
            told.append(box[:2] + face * (box[2:] - box[:2]))
        return FaceReading(torch.stack(told))

    def loss(self, reading: FaceReading, faces: MarkedFaces) -> Float[Tensor, ""]:
        raise NotImplementedError


class Turner(PoseNetwork):
    """Tells one rotation of everybody."""

    size = (32, 32)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b ..."]:
        return images.mean((1, 2, 3))[:, None]

    def rotation(self, outputs: Float[Tensor, "b ..."]) -> Float[Tensor, "b 3 3"]:
        return ROTATION.expand(len(outputs), 3, 3)

    def loss(self, outputs: Float[Tensor, "b ..."], rotation: Float[Tensor, "b 3 3"]) -> Float[Tensor, ""]:
        raise NotImplementedError


class Gazer(nn.Module):
    """Tells one gaze in `norm` of all eyes, and remembers what it was shown."""

    def __init__(self, pitch_yaw_rad: tuple[float, float] = GAZE) -> None:
        super().__init__()
        self.told = pitch_yaw_rad
        self.heads: list[Tensor] = []

    def forward(self, images: Float[Tensor, "b 1 h w"], head_pitch_yaw_rad: Float[Tensor, "b 2"]) -> Tensor:
        self.heads.append(head_pitch_yaw_rad)
        return torch.tensor(self.told).expand(len(images), 2)


FOUR_STAGES = set(STAGES) - {"attributes"}
"""Of those who look without a network of attributes."""


def looker(
    gaze: tuple[float, float] = GAZE,
    least_score: float = 0.5,
    most: int = 50,
    attributes: AttributeNetwork | None = None,
) -> Looker:
    """What looks at painted frames."""
    return Looker(Networks(Finder(), Marker(), Turner(), Gazer(gaze), attributes), least_score, most)
