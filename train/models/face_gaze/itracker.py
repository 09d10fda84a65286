"""iTracker: two eyes, the face and where in the frame it is; out comes the point of the screen that is looked at.

Krafka, Khosla, Kellnhofer, Kannan, Bhandarkar, Matusik, Torralba, "Eye tracking for everyone" (CVPR 2016), figure 5,
with AlexNet's normalisation, grouped second convolution and pooling that the authors' PyTorch code has.

    faces, left, right    (B, 3, 224, 224)  RGB in [0, 1]: upright squares of the frame
    grid                  (B, 25, 25)       1 in cells of the frame that the face covers, else 0
    outputs               (B, 2)            centimetres from the lens, x to the right, y up (adapt/screen.py)

The authors take their corpus's mean picture off each picture; here a middle grey is.  Their right eye is shown as it
is, not flipped, and so is ours.
"""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from adapt.face_batch import to_rgb
from adapt.face_gaze_batch import FaceGazeBatch
from adapt.screen import GRID, Screen, gaze_of_point
from train.models.backbone import Side
from train.models.face_gaze import FaceGazeNetwork

GREY = 0.5


class Tower(nn.Sequential):
    """(B, 3, side, side) -> (B, cells), 64 channels of 12 x 12 for a side of 224: CONV-1 to CONV-4 of figure 5."""

    def __init__(self, side: int) -> None:
        """Build the layers; `cells` says how many numbers come out."""
        super().__init__(
            nn.Conv2d(3, 96, 11, stride=4),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0),
            nn.Conv2d(96, 256, 5, padding=2, groups=2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0),
            nn.Conv2d(256, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 64, 1),
            nn.ReLU(),
            nn.Flatten(),
        )
        after_first = ((side - 11) // 4 + 1 - 3) // 2 + 1
        self.cells = 64 * ((after_first - 3) // 2 + 1) ** 2


def dense(*widths: int) -> nn.Sequential:
    """Return linear layers of these widths, each with a ReLU behind it."""
    layers = nn.Sequential()
    for before, after in pairwise(widths):
        layers.extend([nn.Linear(before, after), nn.ReLU()])
    return layers


class ITracker(FaceGazeNetwork):
    """Towers of the eyes (one for both) and of the face, a dense way for the grid, and dense layers that join them."""

    on_screen = True

    def __init__(self, side: Side = 224) -> None:
        """Build the layers.

        Args:
            side: Of the pictures, px.
        """
        super().__init__()
        self.side = side
        self.eye_tower = Tower(side)
        self.face_tower = Tower(side)
        cells = self.eye_tower.cells
        self.fc_eyes = dense(2 * cells, 128)  # FC-E1
        self.fc_face = dense(cells, 128, 64)  # FC-F1, FC-F2
        self.fc_grid = dense(GRID**2, 256, 128)  # FC-FG1, FC-FG2
        self.fc = nn.Sequential(*dense(128 + 64 + 128, 128), nn.Linear(128, 2))  # FC1, FC2

    def inputs(self, batch: FaceGazeBatch) -> tuple[Tensor, ...]:
        """Return the face, the left and the right eye, and the grid."""
        screen = screen_of(batch)
        return to_rgb(batch.images_u8), to_rgb(screen.left_u8), to_rgb(screen.right_u8), screen.grid.float()

    def forward(  # type: ignore[override]
        self,
        faces: Float[Tensor, "b 3 h w"],
        left: Float[Tensor, "b 3 h w"],
        right: Float[Tensor, "b 3 h w"],
        grid: Float[Tensor, "b 25 25"],
    ) -> Float[Tensor, "b 2"]:
        """Return the point, cm."""
        eyes = torch.cat([self.eye_tower(left - GREY), self.eye_tower(right - GREY)], dim=1)
        face = self.fc_face(self.face_tower(faces - GREY))
        point_cm: Tensor = self.fc(torch.cat([self.fc_eyes(eyes), face, self.fc_grid(grid.flatten(1))], dim=1))
        return point_cm

    def gaze(self, outputs: Float[Tensor, "b 2"], batch: FaceGazeBatch) -> Float[Tensor, "b 2"]:
        """Return the angles of the gaze from the face's centre, where the batch has it, to the point."""
        return gaze_of_point(outputs, screen_of(batch))

    def loss(self, outputs: Float[Tensor, "b 2"], batch: FaceGazeBatch) -> Float[Tensor, ""]:
        """Return the mean over faces of the squared distance to the point looked at, square centimetres (section 4)."""
        return (outputs - screen_of(batch).point_cm).square().sum(dim=1).mean()


def screen_of(batch: FaceGazeBatch) -> Screen:
    """Return the part of a batch that was read for networks with `on_screen`."""
    assert batch.screen is not None
    return batch.screen
