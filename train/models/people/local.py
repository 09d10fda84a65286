"""A locally connected layer: a convolution whose weights are another set at every place.

Taigman, Yang, Ranzato, Wolf, "DeepFace: closing the gap to human-level performance in face verification" (CVPR 2014):
where faces are aligned, what tells people apart at an eye is something else than at the chin.

    y[b, o, p] = bias[o, p] + sum over (i, k) of weight[p, o, i k] x[b, i, p + k]

p runs over the places of the map, k over the kernel's; outside the map are zeros.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


class LocallyConnected(nn.Module):
    """(B, before, h, w) -> (B, after, h, w)."""

    def __init__(self, before: int, after: int, cells: tuple[int, int], kernel: int) -> None:
        """Build the layer.

        Args:
            before: Channels that come in.
            after: Channels that go out.
            cells: Height and width of the map.
            kernel: Side of the window, odd.
        """
        super().__init__()
        self.kernel, self.cells = kernel, cells
        places, inside = cells[0] * cells[1], before * kernel**2
        self.weight = nn.Parameter(torch.empty(places, after, inside))
        self.bias = nn.Parameter(torch.zeros(after, places))
        nn.init.normal_(self.weight, std=math.sqrt(2 / inside))

    def forward(self, x: Float[Tensor, "b before h w"]) -> Float[Tensor, "b after h w"]:
        """Return the map."""
        windows = functional.unfold(x, self.kernel, padding=self.kernel // 2)
        # One product of matrices a place: (p, b, i k) @ (p, i k, o).
        found = windows.permute(2, 0, 1) @ self.weight.transpose(1, 2)
        return (found.permute(1, 2, 0) + self.bias).reshape(-1, len(self.bias), *self.cells)
