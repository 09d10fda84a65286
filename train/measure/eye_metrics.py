"""How wrong a network of eye landmarks is: of each eye the mean distance of its points, in px and over the eye's width.

An eye's width is from the inner corner of its lids to the outer one.  Means are over eyes, so that every eye counts
alike; of visible points, over the eyes that have one.  The gaze's errors are those of train/measure/gaze_metrics.py.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from adapt.marked_eyes import MarkedEyes
from train.data.marks.points import Marks


@dataclass(frozen=True)
class LandmarkScore:
    """Mean errors of a set of eyes.

    Attributes:
        n: Eyes.
        px: In the network's picture.
        percent: Of the eye's width.
        visible_percent: The same of visible points; None where no point is.
        by_group_percent: The same of points that belong together (`Marks.groups`).
        radius_percent: Of the true radius, without sign; None of a network that tells none.
    """

    n: int
    px: float
    percent: float
    visible_percent: float | None
    by_group_percent: dict[str, float]
    radius_percent: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the score as plain mappings."""
        return asdict(self)


def misses_px(landmarks_px: Float[np.ndarray, "n m 2"], eyes: MarkedEyes) -> Float[np.ndarray, "n m"]:
    """Return how far each point is from the true one; NaN where there is no truth."""
    return np.asarray(np.linalg.norm(landmarks_px - eyes.landmarks_px.double().numpy(), axis=2))


def landmark_score(
    landmarks_px: Float[np.ndarray, "n m 2"], radius_px: Float[np.ndarray, " n"] | None, eyes: MarkedEyes, marks: Marks
) -> LandmarkScore | None:
    """Return the score of a set of at least one eye; None where the set has no landmarks."""
    if torch.isnan(eyes.landmarks_px).any():
        return None
    miss_px = misses_px(landmarks_px, eyes)
    percent = 100 * miss_px / eyes.eye_width_px.double().numpy()[:, None]
    seen = eyes.visible.numpy()
    some = seen.any(axis=1)
    visible = (percent * seen)[some].sum(axis=1) / seen[some].sum(axis=1)
    true_radius_px = eyes.radius_px.double().numpy()
    return LandmarkScore(
        n=len(eyes),
        px=float(miss_px.mean()),
        percent=float(percent.mean()),
        visible_percent=float(visible.mean()) if some.any() else None,
        by_group_percent={name: float(percent[:, place].mean()) for name, place in marks.groups.items()},
        radius_percent=None
        if radius_px is None
        else float((100 * np.abs(radius_px - true_radius_px) / true_radius_px).mean()),
    )
