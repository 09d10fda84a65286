"""PupilNet: eight points of the pupil's edge by three hourglasses, from a grey picture 80 high and 120 wide.

Heatmaps of 40x60 are Gaussians about the points; the loss is their mean squared error over all hourglasses.  The gaze
comes from the points alone, by a regressor that is given them from the picture's middle, in halves of its width: in a
normalised picture the middle is the middle of the eye.
"""

from jaxtyping import Float
from torch import Tensor

from adapt.marked_eyes import MarkedEyes
from train.data.marks.points import Marks
from train.models.eye import LandmarkNetwork, Reading
from train.models.eye.heatmaps import heatmap_loss, soft_argmax
from train.models.eye.regressor import GazeRegressor
from train.models.hourglass import StackedHourglass
from train.models.parts import standardise


class PupilNet(LandmarkNetwork):
    """See the module."""

    size = (80, 120)
    marks = Marks.pupil

    def __init__(self, modules: int = 3, channels: int = 64, sigma: float = 1.5) -> None:
        """Build the layers.

        Args:
            modules: Hourglasses.
            channels: Of their features.
            sigma: Of the heatmaps to be learnt, in their pixels.
        """
        super().__init__()
        self.sigma = sigma
        self.hourglasses = StackedHourglass(self.marks.n, modules, channels)
        self.gaze = GazeRegressor(2 * self.marks.n)

    def forward(self, images: Float[Tensor, "b 1 80 120"]) -> Reading:
        """Return heatmaps, landmarks and gaze."""
        heatmaps = self.hourglasses(standardise(images))
        landmarks_px = soft_argmax(heatmaps[:, -1], self.size)
        height, width = self.size
        places = (landmarks_px - landmarks_px.new_tensor([width / 2, height / 2])) / (width / 2)
        return Reading(heatmaps, landmarks_px, None, self.gaze(places.flatten(1)))

    def loss(self, reading: Reading, eyes: MarkedEyes) -> Float[Tensor, ""]:
        """Return the loss of the heatmaps."""
        return heatmap_loss(reading.heatmaps, eyes.landmarks_px, self.size, self.sigma)
