"""How much of a face a picture shows: by the landmarks of its surface, each for the patch of skin about it.

The surface is that of dense478 (assets/landmarks.py), forehead to chin.  Of it, the camera could see what is turned to
it and not hidden by the head itself; of that, some lies in the picture, and of this some is hidden by others, hands,
masks, hats.  Hair hides nothing, as everywhere in the labels.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from assets.landmarks import face_triangles, skin_of
from assets.subject import SubjectGeometry
from synth.geometry.visibility import Body, Occluders
from synth.label.points import Points
from synth.sight import View

SURFACE = 468
"""So many of dense478 lie on the skin."""


class Shown(NamedTuple):
    """Parts of a face, 0 to 1."""

    facing: float
    """Of its surface, what this head shows to this camera: about 0.85 from before, 0.45 in profile, 0 from behind."""
    inside: float
    """Of what it shows, measured by its area in the picture's plane: what lies inside the picture's edges."""
    visible: float
    """Of what it shows, likewise: what lies inside and is not hidden by anything else."""


def shown(view: View, subject: SubjectGeometry, dense: Points, tolerance_m: float) -> Shown:
    """Return how much of a face a picture shows.

    Args:
        view: The camera before the subject.
        subject: Whose face it is.
        dense: Its labelled dense478.
        tolerance_m: How deep below what hides them points may lie.
    """
    px, cam, triangles = dense.px[:SURFACE], dense.cam[:SURFACE], face_triangles()
    skin = Occluders([Body([skin_of(subject)], view.cam_from_head)], view.camera_matrix)
    own = ~skin.hidden(px, cam[:, 2], on_eye=False, tolerance_m=tolerance_m)
    inside = ((px >= 0) & (px <= np.array(view.size_px))).all(axis=-1)
    a, b, c = (px[triangles[:, i]] for i in range(3))
    # Wound as the face is seen from before, y down: what is turned away has a negative area.
    area_px = np.maximum((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0], 0.0)
    a, b, c = (cam[triangles[:, i]] for i in range(3))
    surface = np.linalg.norm(np.cross(b - a, c - a), axis=-1)

    def share(weight: Float[np.ndarray, " t"], points: Bool[np.ndarray, " n"]) -> float:
        return float(weight @ points[triangles].mean(axis=-1))

    shows = share(area_px, own)
    facing = share(np.where(area_px > 0, surface, 0.0), own) / float(surface.sum())
    if shows <= 0:
        return Shown(facing, 0.0, 0.0)
    return Shown(
        facing,
        share(area_px, own & inside) / shows,
        share(area_px, own & inside & dense.visible[:SURFACE]) / shows,
    )
