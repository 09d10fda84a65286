"""Ablations of networks, as words of `canthus fit` and `canthus evaluate`; those of head pose are published ones.

Hopenet (Ruiz, Chong, Rehg 2018): the weight alpha of the squared error beside the classes' cross-entropy; and what
coarse pictures cost, with and without coarse ones in training.  Its authors test on pictures reduced 1, 5, 10 and 15
times and train on ones reduced 1, 6, 11 or 16 times (natanielruiz/deep-head-pose, code/datasets.py), by the nearest
pixel; here a picture is reduced by area and enlarged bilinearly, as a far camera's is, up to 18 times.

FSA-Net (Yang, Chen, Lin, Chuang 2019): how much each place of a feature map matters (scoring), and how the features of
all places are put together (aggregation).

Attributes of a face: three ways to weigh 40 losses (train/models/people/attribute_losses.py), with the same budget.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from train.ablations.measures import MEASURES, Measures
from train.models.people.attribute_losses import Learning
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
        measures: What is shown of the networks.
    """

    title: str
    rows: Mapping[str, tuple[str, ...]]
    reduced: tuple[int, ...] = (1,)
    measures: Measures = MEASURES["pose"]


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
    "attribute_weights": Grid(
        "Attributes of a face: what each weighs",
        {way: ("experiment=attributes", f"model.learning={way}") for way in get_args(Learning)},
        measures=Measures(
            {"accuracy (%)": ("accuracy",), "balanced (%)": ("balanced",), "what most are (%)": ("majority",)},
            ("accuracy (%)",),
        ),
    ),
}
"""By what `canthus ablate what=` calls it."""
