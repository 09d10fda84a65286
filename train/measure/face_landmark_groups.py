"""Whether landmarks are as right on everybody: errors by groups of people, and how far the groups are apart.

The error of a face is that of MediaPipe's model cards: the mean absolute error (the distance in the picture) over the
inter-ocular distance (IOD-MAE), percent, the latter between the eyes' centres and in space, so that a turned head does
not shorten it (from memory, as is that the cards' people annotating the same picture differ by 2.56 %).  An eye's
centre is the mean of its lids' points.  Groups are those of train/data/face_marks/traits.py; of each trait those of
fewer than `LEAST` faces are told, but not compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from train.data.face_marks.points import EYES
from train.data.face_marks.traits import TRAITS
from train.measure.face_landmark_metrics import Truth, Values, mean_known

LEAST = 10


@dataclass(frozen=True)
class Group:
    """Faces of a group: how many, their mean IOD-MAE in percent, and that mean's standard error; None of one face."""

    n: int
    iod_mae: float
    standard_error: float | None


@dataclass(frozen=True)
class Groups:
    """Errors by groups.

    Attributes:
        iod_mae: Of all faces, percent.
        by_trait: Trait to group to its errors.
        apart: Trait to the difference of its worst and its best group, in percent; of those with two to compare.
    """

    iod_mae: float
    by_trait: Mapping[str, Mapping[str, Group]]
    apart: Mapping[str, float]

    @property
    def most_apart(self) -> tuple[str, float] | None:
        """Return the trait whose groups are furthest apart, and by how much."""
        return max(self.apart.items(), key=lambda one: one[1]) if self.apart else None

    def to_json(self) -> dict[str, Any]:
        """Return the errors as plain mappings."""
        return {**asdict(self), "most_apart": self.most_apart}


def between_eyes_px(truth: Truth) -> Values:
    """Return the distance of the eyes' centres in space, px; NaN without depths."""
    places = np.concatenate([truth.points_px, truth.depth_px[..., None]], axis=2)
    right, left = (places[:, lids].mean(axis=1) for lids in EYES.values())
    return np.asarray(np.linalg.norm(left - right, axis=1))


def groups_of(apart_px: Float[np.ndarray, "n m"], truth: Truth, traits: Sequence[Mapping[str, str]]) -> Groups | None:
    """Return the errors by groups; None of a set that knows neither depths nor traits.

    Args:
        apart_px: How far each point is from the true one, in the files' px; of the network's own points.
        truth: Of the same faces.
        traits: Of each face.
    """
    errors = 100 * mean_known(apart_px) / between_eyes_px(truth)
    known = np.isfinite(errors)
    if not known.any() or not any(traits):
        return None
    by_trait: dict[str, dict[str, Group]] = {}
    for trait in TRAITS:
        names = np.array([of.get(trait, "") for of in traits])
        for name in sorted(set(names[known]) - {""}):
            values = errors[known & (names == name)]
            error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
            by_trait.setdefault(trait, {})[str(name)] = Group(len(values), float(values.mean()), error)
    apart = {}
    for trait, found in by_trait.items():
        means = [one.iod_mae for one in found.values() if one.n >= LEAST]
        if len(means) > 1:
            apart[trait] = max(means) - min(means)
    return Groups(float(errors[known].mean()), by_trait, apart)
