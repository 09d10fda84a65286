"""The regressor from landmarks to gaze: a small network where Park et al. (2018) take a support vector machine.

It is trained together with the landmarks' network, from the landmarks that this tells, but hands no gradient back: the
landmarks learn nothing from the gaze.
"""

from jaxtyping import Float
from torch import Tensor, nn

HIDDEN = 64


class GazeRegressor(nn.Module):
    """Features (B, n), about 1 in size, to gaze [pitch, yaw] (B, 2) in radians; starts looking straight ahead."""

    def __init__(self, features: int) -> None:
        """Build two hidden layers."""
        super().__init__()
        last = nn.Linear(HIDDEN, 2)
        nn.init.normal_(last.weight, std=0.01)
        nn.init.zeros_(last.bias)
        self.layers = nn.Sequential(nn.Linear(features, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), last)

    def forward(self, features: Float[Tensor, "b n"]) -> Float[Tensor, "b 2"]:
        """Return the gaze, which moves only these layers."""
        gaze: Tensor = self.layers(features.detach())
        return gaze
