"""How wrong a network of a face's landmarks is: the normalised mean error (NME) and what is read off its distribution.

The error of a face is the mean distance of its points over a size of the face, in the full picture's px, percent.  The
sizes are

    inter_ocular     distance of the outer corners of the eyes: 300-W's
    box              sqrt(w h) of the box about the true points, AFLW2000-3D's; of a source that has not all of them
                     (AFLW) the side of the box from forehead to chin that the cut was made by
    inter_ocular_3d  inter_ocular in space (x, y and depth): what a turned head does not shorten

All 68 points, or the inner 51, without the jaw.  Points without truth do not count, nor faces without a size.  Of a
set:

    nme              mean of the faces' errors
    failures         share of faces whose error is above 8 %, above 10 %
    auc              area under the share of faces with an error up to e, e from 0 to 8 % (10 %), over its largest: the
                     mean of max(0, 1 - error / 8 %)

`mean_face` is the guess that never looks: the mean face of our corpora in every cut (train/models/face_landmarks).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from train.data.face_marks.points import INNER, OUTER_CORNERS, groups68
from train.data.face_marks.square import MARGIN

LIMITS = (8, 10)
"""Percent."""
SIZES = ("inter_ocular", "box", "inter_ocular_3d")
PARTS = {"all": slice(0, 68), "inner": INNER}

Points = Float[np.ndarray, "n 68 2"]
Values = Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Truth:
    """What is true of n faces, in px of the files' pictures; NaN for what is not known."""

    points_px: Points
    depth_px: Float[np.ndarray, "n 68"]
    visible: Bool[np.ndarray, "n 68"]
    square_px: Float[np.ndarray, "n 4"]

    def sizes(self) -> dict[str, Values]:
        """Return the sizes of the faces, by name."""
        right, left = OUTER_CORNERS
        flat = self.points_px[:, left] - self.points_px[:, right]
        deep = self.depth_px[:, left] - self.depth_px[:, right]
        whole = np.isfinite(self.points_px).all(axis=(1, 2))
        box = np.ptp(self.points_px, axis=1)
        cut_by = (self.square_px[:, 2] - self.square_px[:, 0]) / (1 + 2 * MARGIN)
        return {
            "inter_ocular": np.linalg.norm(flat, axis=1),
            "box": np.where(whole, np.sqrt(box.prod(axis=1)), cut_by),
            "inter_ocular_3d": np.hypot(np.linalg.norm(flat, axis=1), deep),
        }


@dataclass(frozen=True)
class Nme:
    """Errors of some faces, percent; `failures` and `auc` by limit in percent."""

    n: int
    nme: float
    failures: dict[int, float]
    auc: dict[int, float]


@dataclass(frozen=True)
class LandmarkScore:
    """What the module's docstring defines, by size and by part of the points; None where no face has that size.

    Attributes:
        n: Faces.
        inter_ocular: Over the distance of the outer corners of the eyes.
        box: Over the box.
        inter_ocular_3d: Over the distance in space.
        by_group: NME over the distance of the outer corners by points that belong together, and of the hidden ones of
            a set that says which they are; None without that size.
        mean_face: The same of the guess that never looks; None of itself.
    """

    n: int
    inter_ocular: dict[str, Nme] | None
    box: dict[str, Nme] | None
    inter_ocular_3d: dict[str, Nme] | None
    by_group: dict[str, float] | None
    mean_face: "LandmarkScore | None" = None

    def to_json(self) -> dict[str, Any]:
        """Return the score as plain mappings."""
        return asdict(self)


def misses_px(points_px: Points, truth: Truth) -> Float[np.ndarray, "n 68"]:
    """Return how far each point is from the true one; NaN without a truth."""
    return np.asarray(np.linalg.norm(points_px - truth.points_px, axis=2))


def errors_percent(points_px: Points, truth: Truth, size: str = "inter_ocular", part: str = "all") -> Values:
    """Return each face's error; NaN of faces without that size or without any of the points."""
    return 100 * mean_known(misses_px(points_px, truth)[:, PARTS[part]]) / truth.sizes()[size]


def mean_known(values: Float[np.ndarray, "n m"]) -> Values:
    """Return the mean of each row without its NaNs; NaN of a row that has nothing else."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def nme_of(errors: Values) -> Nme | None:
    """Return the figures of faces with these errors, percent; None where none is known."""
    known = errors[np.isfinite(errors)]
    if len(known) == 0:
        return None
    return Nme(
        n=len(known),
        nme=float(known.mean()),
        failures={limit: float(100 * (known > limit).mean()) for limit in LIMITS},
        auc={limit: float(100 * np.clip(1 - known / limit, 0, None).mean()) for limit in LIMITS},
    )


def landmark_score(points_px: Points, truth: Truth, mean_face_px: Points | None = None) -> LandmarkScore:
    """Return the score of a set of at least one face; `mean_face_px` is the guess to compare with."""
    found: dict[str, dict[str, Nme] | None] = {}
    for size in SIZES:
        parts = {part: nme_of(errors_percent(points_px, truth, size, part)) for part in PARTS}
        found[size] = {part: one for part, one in parts.items() if one is not None} or None
    return LandmarkScore(
        n=len(points_px),
        inter_ocular=found["inter_ocular"],
        box=found["box"],
        inter_ocular_3d=found["inter_ocular_3d"],
        by_group=by_group(points_px, truth),
        mean_face=None if mean_face_px is None else landmark_score(mean_face_px, truth),
    )


def by_group(points_px: Points, truth: Truth) -> dict[str, float] | None:
    """Return NME over the distance of the outer corners of the eyes by group of points, and of the hidden ones."""
    relative = 100 * misses_px(points_px, truth) / truth.sizes()["inter_ocular"][:, None]
    means: dict[str, Nme | None] = {
        name: nme_of(mean_known(relative[:, points])) for name, points in groups68().items()
    }
    means["hidden"] = nme_of(mean_known(np.where(truth.visible, np.nan, relative)))
    return {name: one.nme for name, one in means.items() if one is not None} or None
