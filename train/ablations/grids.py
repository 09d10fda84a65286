"""The published ablations of networks of head pose, as words of `canthus fit` and `canthus evaluate`.

Hopenet (Ruiz, Chong, Rehg 2018): the weight alpha of the squared error beside the classes' cross-entropy; and what
coarse pictures cost, with and without coarse ones in training.  Its authors test on pictures reduced 1, 5, 10 and 15
times and train on ones reduced 1, 6, 11 or 16 times (natanielruiz/deep-head-pose, code/datasets.py), by the nearest
pixel; here a picture is reduced by area and enlarged bilinearly, as a far camera's is, up to 18 times.

FSA-Net (Yang, Chen, Lin, Chuang 2019): how much each place of a feature map matters (scoring), and how the features of
all places are put together (aggregation).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from train.models.pose.aggregation import Aggregation
from train.models.pose.fsanet import Scoring

ALPHAS = (0, 0.01, 0.1, 1, 2, 4)
REDUCED = (1, 5, 10, 15)


@dataclass(frozen=True)
class Grid:
    """One ablation.

    Attributes:
        title: What is varied.
        rows: By name, words of `canthus fit`.
        reduced: How many times the pictures of the test are reduced.
    """

    title: str
    rows: Mapping[str, tuple[str, ...]]
    reduced: tuple[int, ...] = (1,)


GRIDS = {
    "hopenet_alpha": Grid(
        "Hopenet: weight of the squared error",
        {f"alpha {alpha}": ("experiment=hopenet", f"model.alpha={alpha}") for alpha in ALPHAS},
    ),
    "low_resolution": Grid(
        "Hopenet on coarse pictures",
        {
            "trained on pictures as they are": ("experiment=hopenet", "augment.rows_min=36"),
            "trained on coarse ones too": ("experiment=hopenet_low_resolution",),
        },
        REDUCED,
    ),
    "fsanet": Grid(
        "FSA-Net: scoring and aggregation",
        {
            f"{scoring}, {aggregation}": (
                "experiment=fsanet",
                f"model.scoring={scoring}",
                f"model.aggregation={aggregation}",
            )
            for aggregation in get_args(Aggregation)
            for scoring in get_args(Scoring)
        },
    ),
}
"""By what `canthus ablate what=` calls it."""
