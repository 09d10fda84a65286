"""Labels of one eye.

Points, each in `cam` (m), in `px` and with its visibility:

    pupil 32       the pupil's edge, where it is: in the iris plane behind the cornea
    iris 32        the iris' edge in that plane
    lid_margin 16  inner edges of the lid margins: inner canthus, along the upper lid, outer canthus, back below
    caruncle 7     outline of the caruncle: outer end above, over the canthus, outer end below, then its temporal side

`apparent` holds them as the camera sees them (synth/sight.py): all through the lens of glasses, where one stands before
them; the pupil's edge through the refracting cornea besides; and for the iris' edge the limbus, where what lies behind
the cornea is cut off.  What nothing bends appears where it projects.  A point is visible when its apparent place is:
inside the picture, and nothing of the subject (lids, nose, glasses' frame, the eyeball's own bulge) in front.  Lashes
do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float

from assets import eyeball as balls
from assets.eye import EyeGeometry, gazing
from assets.eyeball import visual_axis_eye
from assets.lids import margin_heights_m
from assets.orbit import COLUMNS
from synth.geometry.camera import project
from synth.geometry.frames import apply, inverse
from synth.geometry.gaze import pitch_yaw_from_vector
from synth.geometry.refraction import Cornea, faces
from synth.label.points import Points, points
from synth.sight import View
from synth.spec import SceneSpec

CONTOUR = 32


@dataclass(frozen=True)
class Apparent:
    """What the camera sees through the cornea and through glasses, px."""

    pupil_px: Float[np.ndarray, "32 2"]
    iris_px: Float[np.ndarray, "32 2"]
    lid_margin_px: Float[np.ndarray, "16 2"]
    caruncle_px: Float[np.ndarray, "7 2"]
    canthi_px: Float[np.ndarray, "2 2"]
    pupil_centre_px: Float[np.ndarray, "2"]


@dataclass(frozen=True)
class EyeLabels:
    """Labels of one eye; see the module."""

    centre_cam: Float[np.ndarray, "3"]
    sclera_radius_m: float
    cornea_centre_cam: Float[np.ndarray, "3"]
    cornea_radius_m: float
    rotation_head_from_eye: Float[np.ndarray, "3 3"]
    optical_axis_cam: Float[np.ndarray, "3"]
    visual_axis_cam: Float[np.ndarray, "3"]
    optical_axis_head: Float[np.ndarray, "3"]
    visual_axis_head: Float[np.ndarray, "3"]
    optical_pitch_yaw_rad: Float[np.ndarray, "2"]
    visual_pitch_yaw_rad: Float[np.ndarray, "2"]
    canthi_cam: Float[np.ndarray, "2 3"]
    canthi_px: Float[np.ndarray, "2 2"]
    centre_of_canthi_cam: Float[np.ndarray, "3"]
    pupil_centre_cam: Float[np.ndarray, "3"]
    pupil_radius_m: float
    iris_radius_m: float
    points: dict[str, Points]
    apparent: Apparent
    glints_px: Float[np.ndarray, "k 2"]
    glints_visible: Bool[np.ndarray, " k"]
    openness: float
    blink: float
    squint: float
    box_px: Float[np.ndarray, "4"]


@lru_cache(maxsize=1)
def margin_columns() -> tuple[int, ...]:
    """Return the columns of an orbit that carry the 16 points of the lid margin."""
    return tuple(int(c) for c in np.round(np.arange(16) * COLUMNS / 16))


def _caruncle(eye: EyeGeometry) -> Float[np.ndarray, "7 3"]:
    """Outline of the caruncle in `head`: two points on either lid, the canthus between, two where it meets the eye."""
    floor = eye.orbit.floor
    rows = [(0, 8), (0, 4), (0, 0), (0, COLUMNS - 4), (0, COLUMNS - 8), (-2, COLUMNS - 5), (-2, 5)]
    return eye.from_orbit(np.array([floor[r, c] for r, c in rows]))


def eye_labels(scene: SceneSpec, view: View, eye: EyeGeometry, canthi: Float[np.ndarray, "2 3"]) -> EyeLabels:
    """Return the labels of an eye.

    Args:
        scene: The scene.
        view: Its camera before the subject.
        eye: The eye.
        canthi: Inner and outer corner in `head`, m.
    """
    spec = getattr(scene.subject, eye.side)
    ball = eye.ball
    rotation = view.cam_from_head[:3, :3]
    optical_head = -eye.head_from_eye[:, 2]
    visual_head = eye.head_from_eye @ visual_axis_eye(spec.ball, eye.side)

    pupil = eye.to_head(balls.pupil_contour_eye(ball, CONTOUR))
    iris = eye.to_head(balls.iris_contour_eye(ball, CONTOUR))
    limbus = eye.to_head(balls.limbus_eye(ball, CONTOUR))
    margin = eye.from_orbit(eye.orbit.skin[0][list(margin_columns())])
    caruncle = _caruncle(eye)
    cornea = Cornea.of(eye)
    pupil_sight = view.see_inside(cornea, np.vstack([pupil, pupil.mean(axis=0)[None]]))
    iris_sight = view.see(limbus)
    # The limbus lies on the cornea's edge: seen or not by the side that it turns to the camera.
    iris_seen = iris_sight.visible & faces(cornea, limbus, iris_sight.toward_head)
    lids = view.see(np.concatenate([margin, caruncle, canthi]), on_eye=False)
    margin_px, caruncle_px, canthi_px = np.split(lids.px, [len(margin), len(margin) + len(caruncle)])
    glints = view.glints(cornea, _lamps_head(scene, view))
    canthi_cam = apply(view.cam_from_head, canthi)
    upper_m, lower_m = margin_heights_m(spec, gazing(eye.head_from_eye, eye.side))
    return EyeLabels(
        centre_cam=apply(view.cam_from_head, eye.centre_head),
        sclera_radius_m=ball.sclera_radius_m,
        cornea_centre_cam=apply(view.cam_from_head, eye.to_head(np.array([0.0, 0.0, -ball.cornea_centre_axial_m]))),
        cornea_radius_m=ball.cornea_radius_m,
        rotation_head_from_eye=eye.head_from_eye,
        optical_axis_cam=rotation @ optical_head,
        visual_axis_cam=rotation @ visual_head,
        optical_axis_head=optical_head,
        visual_axis_head=visual_head,
        optical_pitch_yaw_rad=pitch_yaw_from_vector(rotation @ optical_head),
        visual_pitch_yaw_rad=pitch_yaw_from_vector(rotation @ visual_head),
        canthi_cam=canthi_cam,
        canthi_px=project(view.camera_matrix, canthi_cam),
        centre_of_canthi_cam=canthi_cam.mean(axis=0),
        pupil_centre_cam=apply(view.cam_from_head, pupil.mean(axis=0)),
        pupil_radius_m=ball.pupil_radius_m,
        iris_radius_m=ball.limbus_radial_m,
        points={
            "pupil": points(view, pupil, pupil_sight.visible[:CONTOUR]),
            "iris": points(view, iris, iris_seen),
            "lid_margin": points(view, margin, lids.visible[: len(margin)]),
            "caruncle": points(view, caruncle, lids.visible[len(margin) : -len(canthi)]),
        },
        apparent=Apparent(
            pupil_px=pupil_sight.px[:CONTOUR],
            iris_px=iris_sight.px,
            lid_margin_px=margin_px,
            caruncle_px=caruncle_px,
            canthi_px=canthi_px,
            pupil_centre_px=pupil_sight.px[CONTOUR],
        ),
        glints_px=glints.px,
        glints_visible=glints.visible,
        openness=float((upper_m - lower_m) / (2.0 * ball.limbus_radial_m)),
        blink=spec.blink,
        squint=spec.squint,
        box_px=np.concatenate([margin_px.min(axis=0), margin_px.max(axis=0)]),
    )


def _lamps_head(scene: SceneSpec, view: View) -> Float[np.ndarray, "k 3"]:
    """Return the lamps' centres in `head`; a sun stands 1000 km away against its light."""
    lamps_cam = [
        np.array(lamp.position_cam_m) if lamp.kind != "sun" else -1e6 * np.array(lamp.direction_cam)
        for lamp in scene.light.lamps
    ]
    return apply(inverse(view.cam_from_head), np.reshape(lamps_cam, (-1, 3)))


def iris_colour(melanin: float, warmth: float) -> str:
    """Return the everyday name of an iris, from its stroma's melanin and its yellow pigment."""
    if melanin < 0.22:
        return "green" if warmth > 0.55 else "blue" if warmth < 0.3 else "grey"
    if melanin < 0.45:
        return "hazel" if warmth > 0.4 else "green"
    return "amber" if melanin < 0.6 and warmth > 0.6 else "brown" if melanin < 0.8 else "dark brown"
