"""How often attributes are told rightly: each one's accuracy, and the mean of those that can be measured.

    accuracy    part of the faces, of those whose attribute is known, of which the right thing is said
    balanced    mean of that over the faces of which it is true and those of which it is false
    majority    accuracy of the guess that says of everybody what is true of most; balanced it is right in a half

An attribute is measured where the network has learnt it (it varied in the training set) and where it varies here too;
of what is the same of everybody no picture needs to be looked at.  Figures are percent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int8

from adapt.portraits import UNKNOWN
from synth.label.celeba import ATTRIBUTES

Probabilities = Float[np.ndarray, "n 40"]
Truth = Int8[np.ndarray, "n 40"]


@dataclass(frozen=True)
class AttributeFigures:
    """Of one attribute; `n` faces of which it is known, `true` percent of these have it."""

    n: int
    true: float
    accuracy: float
    balanced: float
    majority: float


@dataclass(frozen=True)
class AttributeScore:
    """Of a network.

    Attributes:
        attributes: Those that are measured, by name, in CelebA's order.
        not_learnt: Those that the network has not learnt.
        constant: Those that it has, and that are the same of everybody here or not known.
    """

    attributes: Mapping[str, AttributeFigures]
    not_learnt: Sequence[str]
    constant: Sequence[str]

    def mean(self, figure: str) -> float | None:
        """Return the mean of a figure over the attributes that are measured; None where there are none."""
        values = [getattr(one, figure) for one in self.attributes.values()]
        return float(np.mean(values)) if values else None

    def to_json(self) -> dict[str, Any]:
        """Return the score as plain mappings."""
        return {**{name: self.mean(name) for name in ("accuracy", "balanced", "majority")}, **asdict(self)}


def attribute_score(probabilities: Probabilities, truth: Truth, learnt: Bool[np.ndarray, "40"]) -> AttributeScore:
    """Return the score of probabilities; an attribute is said to be true above a half."""
    figures = {}
    constant = []
    for place, name in enumerate(ATTRIBUTES):
        known = truth[:, place] != UNKNOWN
        true = truth[known, place] == 1
        if not learnt[place]:
            continue
        if not 0 < true.sum() < len(true):
            constant.append(name)
            continue
        right = (probabilities[known, place] > 0.5) == true
        share = float(true.mean())
        figures[name] = AttributeFigures(
            n=int(known.sum()),
            true=100 * share,
            accuracy=100 * float(right.mean()),
            balanced=50 * float(right[true].mean() + right[~true].mean()),
            majority=100 * max(share, 1 - share),
        )
    return AttributeScore(figures, [name for place, name in enumerate(ATTRIBUTES) if not learnt[place]], constant)
