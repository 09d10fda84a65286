"""Views: other cameras in the place of a scene's lens, turned to an eye or a face, each a scene of its own.

A view is the scene told in the frame of a virtual camera (synth/geometry/normalisation.py): the pinhole that is turned
by R = `norm_from_cam` and has the focal length f_n d / d_n (synth/draw/camera.py says why that is exactly the warp by
W).  The person, the light and the world stay where they are; what the spec tells in `cam` is turned.  So a view is
rendered with all its pixels, labelled and stored like any scene, and whatever is true of specs is true of it.

    scene             the scene's own camera
    left_eye, ...     160x96 about the middle of the eye's corners, as wide a view as MPIIGaze's
    left_patch, ...   MPIIGaze's 60x36 (f 960 px, 600 mm)
    normalised_face   MPIIFaceGaze's 224x224 (f 1600 px, 1000 mm) about the middle of the corners of eyes and mouth

Left and right are the subject's, the first person's; right eyes are not mirrored.  The sensor behind a view is the
scene's: its noise, blur (in its own px), contrast and grey.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

from assets.person import Vector3
from assets.placement import canthi_head
from assets.subject import SubjectGeometry
from synth.geometry.camera import camera_matrix
from synth.geometry.frames import apply, transform
from synth.geometry.normalisation import (
    MPIIFACEGAZE_FACE,
    MPIIGAZE_EYE,
    Normalisation,
    NormCamera,
    eye_camera,
    face_triangle,
    normalise,
)
from synth.spec import CameraSpec, Matrix3, PersonSpec, SceneSpec

Side = Literal["left", "right"]


class Framing(Enum):
    """What a view shows; see the module."""

    scene = "scene"
    left_eye = "left_eye"
    right_eye = "right_eye"
    left_patch = "left_patch"
    right_patch = "right_patch"
    normalised_face = "normalised_face"


CAMERAS: Mapping[Framing, NormCamera] = {
    Framing.left_eye: eye_camera(160, 96),
    Framing.right_eye: eye_camera(160, 96),
    Framing.left_patch: MPIIGAZE_EYE,
    Framing.right_patch: MPIIGAZE_EYE,
    Framing.normalised_face: MPIIFACEGAZE_FACE,
}


def framed(spec: SceneSpec, first: SubjectGeometry, framing: Framing) -> SceneSpec:
    """Return the scene as a view shows it.

    Args:
        spec: The scene.
        first: Geometry of its first person.
        framing: What to show.
    """
    if framing is Framing.scene:
        return spec
    norm = CAMERAS[framing]
    view, distance_m = _normalisation(spec, first, framing)
    focal_px = norm.focal_px * distance_m / norm.distance_m
    camera = replace(
        spec.camera,
        width=norm.width,
        height=norm.height,
        fx_px=focal_px,
        fy_px=focal_px,
        cx_px=norm.width / 2,
        cy_px=norm.height / 2,
    )
    return replace(turned(spec, view.norm_from_cam), camera=camera, subject_eye=_side(framing) or spec.subject_eye)


def may_show(camera: CameraSpec, subject_eye: str, framing: Framing) -> bool:
    """Say whether a scene with this camera, aimed at this eye, can be what a view shows; any can be the scene's own."""
    if framing is Framing.scene:
        return True
    norm, side = CAMERAS[framing], _side(framing)
    size, axis_px = (norm.width, norm.height), (norm.width / 2, norm.height / 2)
    as_framed = (camera.width, camera.height) == size and (camera.cx_px, camera.cy_px) == axis_px
    return as_framed and side in (None, subject_eye)


def turned(spec: SceneSpec, new_from_cam: Float[np.ndarray, "3 3"]) -> SceneSpec:
    """Return the same scene told in the frame of a camera that is turned about its lens."""

    def seen(vector: Vector3) -> Vector3:
        x, y, z = new_from_cam @ np.array(vector)
        return float(x), float(y), float(z)

    def moved(person: PersonSpec) -> PersonSpec:
        return replace(
            person,
            cam_from_head_rotation=_matrix(new_from_cam @ np.array(person.cam_from_head_rotation)),
            cam_from_head_translation_m=seen(person.cam_from_head_translation_m),
            target_cam_m=seen(person.target_cam_m),
        )

    lamps = tuple(
        replace(lamp, position_cam_m=seen(lamp.position_cam_m), direction_cam=seen(lamp.direction_cam))
        for lamp in spec.light.lamps
    )
    return replace(
        spec,
        people=tuple(moved(person) for person in spec.people),
        world_from_cam_rotation=_matrix(np.array(spec.world_from_cam_rotation) @ new_from_cam.T),
        light=replace(spec.light, lamps=lamps),
    )


def _normalisation(spec: SceneSpec, first: SubjectGeometry, framing: Framing) -> tuple[Normalisation, float]:
    """Return the virtual camera of a view, and how far what it is turned to is from the lens, m."""
    canthi, mouth = canthi_head(spec.subject), first.mouth_corners_head
    side = _side(framing)
    both = np.concatenate([canthi.reshape(4, 3), mouth])
    about = both if side is None else canthi[get_args(Side).index(side)]
    cam_from_head = transform(
        np.array(spec.person.cam_from_head_rotation), np.array(spec.person.cam_from_head_translation_m)
    )
    centre_cam = apply(cam_from_head, about).mean(axis=0)
    left, right = canthi.mean(axis=1)
    cam_from_face = cam_from_head[:3, :3] @ face_triangle(right, left, mouth.mean(axis=0))
    view = normalise(centre_cam, cam_from_face, camera_matrix(spec.camera), CAMERAS[framing])
    return view, float(np.linalg.norm(centre_cam))


def _side(framing: Framing) -> Side | None:
    if framing in (Framing.left_eye, Framing.left_patch):
        return "left"
    return "right" if framing in (Framing.right_eye, Framing.right_patch) else None


def _matrix(value: Float[np.ndarray, "3 3"]) -> Matrix3:
    first, second, third = ((float(x), float(y), float(z)) for x, y, z in value)
    return first, second, third
