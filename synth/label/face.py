"""Labels of a face whose picture holds it.

Points are those of assets/landmarks.py, each in `cam` (m), in `px` and with its visibility:

    ibug68       300-W's, on the skin: jaw points lie on the jaw wherever the head turns
    dense478     MediaPipe's
    five         eyes, nose tip, corners of the mouth
    jaw_outline  ibug68's jaw points 0-16 where the face's outline shows to this camera, as 300-W marks them

`apparent` holds where the camera sees them: through the lens of glasses, where one stands before them, and the iris'
centres through the cornea.  A point is visible when its apparent place is inside the picture and nothing of anybody is
in front but what lies within 4 mm of it: lips that touch do not hide where they touch.  Hair does not count.  The five
points' eyes and dense478's iris centres are as visible as most of the lids' corners and edges, and of the pupil's edge.

Boxes are left, top, right, bottom in px, of everything projected, hidden or not, inside the picture or not: `tight`
about ibug68 with the jaw's outline, `face` about dense478 besides: forehead, chin and cheeks, as WIDER FACE asks;
`head` about the whole head down to nape and throat: skin, ears and hair (also what falls beside the face, down to
there), beard; no hat and nothing else that is worn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from assets.eyeball import Side
from assets.landmarks import jaw_outline, landmarks_head
from assets.subject import SubjectGeometry
from synth.geometry.camera import project
from synth.geometry.frames import apply
from synth.geometry.rotation import pitch_yaw_roll_upright
from synth.label.celeba import celeba_attributes
from synth.label.eye import EyeLabels
from synth.label.points import Points, points
from synth.label.shown import shown
from synth.sight import View
from synth.spec import SceneSpec

SOFT_M = 0.004
WIDEST_EYES = 0.5
"""Over the picture's width: a picture whose own width is less than twice the distance of the eyes is one of an eye."""
IBUG_EYES = (36, 42)
"""First of the six points of the right and the left eye."""
IRIS_CENTRE: dict[Side, int] = {"right": 468, "left": 473}


@dataclass(frozen=True)
class FaceLabels:
    """Labels of one face; see the module."""

    points: dict[str, Points]
    apparent: dict[str, Float[np.ndarray, "n 2"]]
    pitch_yaw_roll_rad: Float[np.ndarray, "3"]
    """Of 300W-LP: R = Rx(-pitch) Ry(yaw) Rz(roll) is the rotation of `cam_from_head`."""
    box_tight_px: Float[np.ndarray, "4"]
    box_face_px: Float[np.ndarray, "4"]
    box_head_px: Float[np.ndarray, "4"]
    whole: bool
    """Whether eyes and corners of the mouth all project into the picture."""
    facing: float
    """What part of the face's surface the head shows to the camera, 0 to 1: 0 from behind."""
    inside_fraction: float
    """What part of what it shows lies inside the picture; see synth/label/shown.py."""
    visible_fraction: float
    """What part of what it shows lies inside the picture and is not hidden by others or by what is held or worn."""
    expression: str
    expression_weights: dict[str, float]
    celeba: dict[str, bool]
    """CelebA's 40 attributes, in its order."""


def face_labels(
    scene: SceneSpec, view: View, subject: SubjectGeometry, eyes: dict[Side, EyeLabels]
) -> FaceLabels | None:
    """Return the labels of a face; None where the picture shows nothing of it, and in pictures of an eye.

    Args:
        scene: The scene.
        view: Its camera before the subject.
        subject: The geometry of the scene.
        eyes: Labels of the eyes.
    """
    inside = _inside(view, subject)
    if not inside.holds:
        return None
    where = landmarks_head(subject)
    where["jaw_outline"] = jaw_outline(subject, view.camera_head)
    seen = {name: view.see(at, on_eye=False, tolerance_m=SOFT_M) for name, at in where.items()}
    lids = [seen["ibug68"].visible[first : first + 6].mean() >= 0.5 for first in IBUG_EYES]
    seen["five"].visible[:2] = lids
    for side, number in IRIS_CENTRE.items():
        seen["dense478"].visible[number] = eyes[side].points["pupil"].visible.mean() >= 0.5
        seen["dense478"].px[number] = eyes[side].apparent.pupil_centre_px
    labelled = {name: points(view, at, seen[name].visible) for name, at in where.items()}
    tight = np.concatenate([labelled["ibug68"].px, labelled["jaw_outline"].px])
    seen_part = shown(view, subject, labelled["dense478"], SOFT_M)
    expression = scene.subject.expression
    return FaceLabels(
        points=labelled,
        apparent={name: sight.px for name, sight in seen.items()},
        pitch_yaw_roll_rad=pitch_yaw_roll_upright(view.cam_from_head[:3, :3]),
        box_tight_px=_box(tight),
        box_face_px=_box(np.concatenate([tight, labelled["dense478"].px])),
        box_head_px=_box(project(view.camera_matrix, apply(view.cam_from_head, subject.outline_head))),
        whole=inside.whole,
        facing=seen_part.facing,
        inside_fraction=seen_part.inside,
        visible_fraction=seen_part.visible,
        expression=expression.name,
        expression_weights=dict(expression.weights),
        celeba=celeba_attributes(scene),
    )


class _Inside(NamedTuple):
    holds: bool
    """Any of the points is inside, and the picture is wide enough for a face: no picture of an eye."""
    whole: bool
    """Both eyes and both corners of the mouth are inside."""


def _inside(view: View, subject: SubjectGeometry) -> _Inside:
    """Return whether the picture holds the face, by its eyes and corners of the mouth: quicker than all landmarks."""
    eyes = np.stack([eye.centre_head for eye in subject.eyes.values()])
    cam = apply(view.cam_from_head, np.concatenate([eyes, subject.mouth_corners_head]))
    px = project(view.camera_matrix, cam)
    with np.errstate(invalid="ignore"):  # behind the lens nothing projects
        inside = ((px >= 0) & (px <= np.array(view.size_px))).all(axis=-1)
    apart_px = view.camera_matrix[0, 0] * np.linalg.norm(eyes[0] - eyes[1]) / np.abs(cam[:, 2]).max()
    wide = apart_px < WIDEST_EYES * view.size_px[0]
    return _Inside(bool(wide and inside.any()), bool(inside.all()))


def _box(px: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "4"]:
    return np.concatenate([px.min(axis=0), px.max(axis=0)])
