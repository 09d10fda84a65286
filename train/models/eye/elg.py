"""ELG: 18 landmarks of the eye's region, the eyeball's radius, and the gaze from them.

Park, Zhang, Bulling, Hilliges, "Learning to find eye region landmarks for remote gaze estimation in unconstrained
settings" (ETRA 2018).  Grey 150x90 (w x h), heatmaps 75x45, three hourglasses of 64 channels; the radius by three dense
layers of 100 from the landmarks.  Loss, as in the authors' code (swook/GazeML, src/models/elg.py):

    mean over hourglasses of the heatmaps' mean squared error  +  1e-7 (radius - true radius)^2, px

GazeML's heatmaps narrow from sigma 5 to 2.5 pixels over a million steps; here they have 2.5 throughout.  Features of
the gaze, 36, the paper's as remembered: eight points of the lids, eight of the iris and its centre, from the inner
corner and over the eye's width, and iris centre minus eyeball centre over the eye's width.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.marked_eyes import MarkedEyes
from train.data.marks.points import Marks
from train.models.eye import LandmarkNetwork, Reading
from train.models.eye.heatmaps import heatmap_loss, soft_argmax
from train.models.eye.regressor import GazeRegressor
from train.models.hourglass import StackedHourglass
from train.models.parts import standardise

INNER, OUTER, IRIS_CENTRE, EYEBALL_CENTRE = 0, 4, 16, 17
"""Places among the 18 (train/data/marks/points.py)."""
DENSE = 100
RADIUS_WEIGHT = 1e-7
NARROWEST = 0.2
"""Of an eye, in widths of the picture: an untrained network puts both corners into one place."""


class ELG(LandmarkNetwork):
    """See the module."""

    size = (90, 150)
    marks = Marks.eye
    tells_radius = True

    def __init__(self, modules: int = 3, channels: int = 64, sigma: float = 2.5) -> None:
        """Build the layers.

        Args:
            modules: Hourglasses.
            channels: Of their features.
            sigma: Of the heatmaps to be learnt, in their pixels.
        """
        super().__init__()
        self.sigma = sigma
        self.hourglasses = StackedHourglass(self.marks.n, modules, channels)
        layers: list[nn.Module] = []
        for inputs in (2 * self.marks.n, DENSE, DENSE):
            layers += [nn.Linear(inputs, DENSE), nn.BatchNorm1d(DENSE), nn.ReLU()]
        self.radius = nn.Sequential(*layers, nn.Linear(DENSE, 1))
        self.gaze = GazeRegressor(2 * self.marks.n)

    def forward(self, images: Float[Tensor, "b 1 90 150"]) -> Reading:
        """Return heatmaps, landmarks, radius and gaze."""
        heatmaps = self.hourglasses(standardise(images))
        landmarks_px = soft_argmax(heatmaps[:, -1], self.size)
        # In halves of the picture's width from its middle: numbers of size 1, for layers that like them.
        height, width = self.size
        places = (landmarks_px - landmarks_px.new_tensor([width / 2, height / 2])) / (width / 2)
        radius: Tensor = self.radius(places.flatten(1)).squeeze(1)
        return Reading(heatmaps, landmarks_px, width * radius, self.gaze(gaze_features(landmarks_px, width)))

    def loss(self, reading: Reading, eyes: MarkedEyes) -> Float[Tensor, ""]:
        """Return the loss of heatmaps and radius."""
        assert reading.radius_px is not None
        radius_loss = functional.mse_loss(reading.radius_px, eyes.radius_px)
        return heatmap_loss(reading.heatmaps, eyes.landmarks_px, self.size, self.sigma) + RADIUS_WEIGHT * radius_loss


def gaze_features(landmarks_px: Float[Tensor, "b 18 2"], width: int) -> Float[Tensor, "b 36"]:
    """Return the landmarks as the regressor takes them; see the module."""
    inner, outer = landmarks_px[:, INNER, None], landmarks_px[:, OUTER, None]
    eye_width = torch.linalg.vector_norm(outer - inner, dim=-1, keepdim=True).clamp(min=NARROWEST * width)
    places = (landmarks_px[:, : IRIS_CENTRE + 1] - inner) / eye_width
    ray = (landmarks_px[:, IRIS_CENTRE, None] - landmarks_px[:, EYEBALL_CENTRE, None]) / eye_width
    return torch.cat([places, ray], dim=1).flatten(1)
