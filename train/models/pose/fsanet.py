"""FSA-Net: soft stagewise regression of features that were grouped by a learnt fine-grained structure.

Yang, Chen, Lin, Chuang, "FSA-Net: learning fine-grained structure aggregation for head pose estimation from a single
image" (CVPR 2019); sizes as in the authors' code.  Backbone, input, output and regression: stagewise.py beside this.

    U_k        (B, 64, 8, 8)   maps of stage k = 1, 2, 3: the two streams' product
    a_k        (B, 64)         score of each of its 8 x 8 places
    V          (B, 21, 64)     representatives: 7 a stage, each a weighted mean of the 192 places of all stages
    returned   (B, 3)          by way of 16 aggregated numbers a stage

The paper's FSA-Caps-Fusion is the mean of three networks, one a `scoring`, all with capsules.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from train.models.features import Features
from train.models.pose.aggregation import AGGREGATED, AGGREGATIONS, STAGES, Aggregation
from train.models.pose.stagewise import (
    BINS,
    CHANNELS,
    Stage,
    StagewiseNetwork,
    TwoStreams,
    bins_layer,
    soft_stagewise_deg,
)

Scoring = Literal["1x1", "variance", "uniform"]
PLACES = 8 * 8
REPRESENTATIVES = 7
"""n': representatives a stage."""
ROWS = 5
"""m: inner dimension of the structure S = C M."""


class Structure(nn.Module):
    """Fine-grained structure mapping: which of the 192 places each of the 21 representatives is made of."""

    def __init__(self, scoring: Scoring) -> None:
        """Build the layers; `scoring` is 1x1 or variance."""
        super().__init__()
        self.score = nn.Conv2d(CHANNELS, 1, 1) if scoring == "1x1" else None
        self.rows = nn.Linear(PLACES, ROWS * 3 * PLACES)
        self.columns = nn.Linear(3 * PLACES, REPRESENTATIVES * ROWS)

    def scores(self, maps: Float[Tensor, "b 64 8 8"]) -> Float[Tensor, "b 64"]:
        """Return the attention a = Phi(u) of each place: a sigmoid of a 1x1 convolution, or the channels' variance."""
        if self.score is None:
            return maps.var(dim=1, correction=0).flatten(1)
        return torch.sigmoid(self.score(maps)).flatten(1)

    def forward(self, maps: list[Float[Tensor, "b 64 8 8"]]) -> Float[Tensor, "b 21 64"]:
        """Return the representatives of the three stages."""
        scores = [self.scores(stage) for stage in maps]
        features = places(maps)
        # C = sigma(f_C(a_1, a_2, a_3)): (B, 7, 5), one for all stages.
        c = torch.sigmoid(self.columns(torch.cat(scores, dim=1))).reshape(-1, REPRESENTATIVES, ROWS)
        found = []
        for score in scores:
            m = torch.sigmoid(self.rows(score)).reshape(-1, ROWS, 3 * PLACES)  # M_k = sigma(f_M(a_k)): (B, 5, 192)
            s = c @ m  # S_k = C M_k: (B, 7, 192), positive
            found.append((s / s.sum(dim=-1, keepdim=True)) @ features)  # V_k = S_k U, the rows of S_k in L1 norm
        return torch.cat(found, dim=1)


def places(maps: list[Float[Tensor, "b 64 8 8"]]) -> Float[Tensor, "b 192 64"]:
    """Return the features of all places of all stages, U."""
    return torch.cat([stage.flatten(2).mT for stage in maps], dim=1)


class StageHead(nn.Module):
    """(B, 16) -> one stage: 4 numbers for the widths, 4 for the shifts, 8 for the bins' weights."""

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        self.width = nn.Linear(4, 3)
        self.shift = nn.Linear(4, 3)
        self.weights = bins_layer(AGGREGATED - 8)

    def forward(self, features: Float[Tensor, "b 16"]) -> Stage:
        """Return what the stage says."""
        return Stage(
            weights=functional.relu(self.weights(features[:, 8:])).reshape(-1, 3, BINS),
            shift=torch.tanh(self.shift(features[:, 4:8])),
            width=torch.tanh(self.width(features[:, :4])),
        )


class FSANet(StagewiseNetwork):
    """Two streams -> structure -> aggregation -> three stages of the regression."""

    def __init__(self, scoring: Scoring = "1x1", aggregation: Aggregation = "capsule") -> None:
        """Build the layers.

        Args:
            scoring: Phi, how much a place matters to the structure: `1x1` learnt, `variance` of its channels, `uniform`
                for all alike, which leaves nothing to group by: all 192 places are aggregated as they are.
            aggregation: capsule, netvlad, or none for two plain matrices; see aggregation.py.
        """
        super().__init__()
        self.streams = TwoStreams()
        self.structure = None if scoring == "uniform" else Structure(scoring)
        groups = 3 * PLACES if self.structure is None else 3 * REPRESENTATIVES
        self.aggregation = AGGREGATIONS[aggregation](groups)
        self.features = Features(STAGES * AGGREGATED)
        self.heads = nn.ModuleList(StageHead() for _ in range(STAGES))

    def forward(self, images: Float[Tensor, "b 3 64 64"]) -> Float[Tensor, "b 3"]:
        """Return [pitch, yaw, roll] in degrees."""
        first, second, third = (relu * tanh for relu, tanh in self.streams(images))
        maps = [first, second, functional.avg_pool2d(third, 2)]
        grouped = places(maps) if self.structure is None else self.structure(maps)  # (B, 21 or 192, 64)
        aggregated = self.features(self.aggregation(grouped))  # (B, 3, 16)
        return soft_stagewise_deg([head(aggregated[:, k]) for k, head in enumerate(self.heads)])
