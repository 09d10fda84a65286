"""Points of one kind: where they are, where they project, whether they are seen."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from synth.geometry.camera import project
from synth.geometry.frames import apply
from synth.sight import View


@dataclass(frozen=True)
class Points:
    """Points of one kind: where they are (m), where they project (px; NaN is never written), whether they are seen."""

    cam: Float[np.ndarray, "n 3"]
    px: Float[np.ndarray, "n 2"]
    visible: Bool[np.ndarray, " n"]


def points(view: View, points_head: Float[np.ndarray, "n 3"], visible: Bool[np.ndarray, " n"]) -> Points:
    """Return points of `head` as labels."""
    cam = apply(view.cam_from_head, points_head)
    return Points(cam, project(view.camera_matrix, cam), visible)
