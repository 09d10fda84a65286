"""UnityEyes (Wood et al. 2016): N.jpg and N.json, N from 1, as its program writes them.

    2D points   "(x, y, z)": px with y counted UP from the bottom edge, z the depth in centimetres (its unit of length)
    look_vec    "(x, y, z, 0.0000)": optical axis in the camera, x right, y up, z away; z < 0 looks at the camera
    head_pose   "(pitch, yaw, roll)": degrees in [0, 360) of the camera in Unity's head frame, Ry(yaw) Rx(pitch)
                Rz(roll); (0, 180, 0) is a head that faces the lens

Unity is left-handed.  Its head axes are (subject's right, up, out of the face) = -`head`; its camera axes are
(right, up, forward) = diag(1, -1, 1) `cam`.  Hence head_from_camera = -R_h^T diag(1, -1, 1), a rotation.

Every picture of UnityEyes shows the subject's left eye (inner corner to the left): right eyes are mirrored here,
picture and labels.  iris_2d is the contour seen through the cornea, with the depth of the iris itself; it begins at
the left of the picture and goes over the top, as UnityEyes' own files do.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from synth.geometry.rotation import mirror_rotation
from synth.sample import Sample
from synth.shards.encode import Encoding, PictureFormat, encode_picture

UNIT_IRIS_RADIUS_M = 0.005886
"""Radius of UnityEyes' iris at iris_size 1, from its own depths: one unit is a centimetre."""
PCA_COEFFICIENTS = 20
UP = np.array([1.0, -1.0, 1.0])
README = """\
UnityEyes, rendered: N.jpg and N.json.
Gaze: look_vec is the optical axis (through the centres of pupil and cornea), in the camera, x right, y up, z away.
      The visual axis, the subject's eye, the pupil's contour and the camera are under the key "canthus", which is ours.
Camera: camera_matrix is "(f_x, f_y, c_x, c_y)", px from the upper left corner.  UnityEyes' lens looks at the picture's
      middle; where ours does not, as in a crop of a larger picture, directions are those of the lens all the same.
Points: px with (0, 0) the lower left corner of the picture, y up; z in centimetres.
      iris_2d and pupil_2d are the contours seen through the cornea.
Right eyes are mirrored to left ones ({mirrored} of {samples}), as every eye of UnityEyes is a left one.
head_pose: the camera in Unity's head frame, degrees; (0, 180, 0) faces the lens.
pupil_size is pupil radius / iris radius; iris_size is iris radius / 5.886 mm; pca_shape_coeffs are zeros.
"""


@dataclass(frozen=True)
class UnityView:
    """A sample as UnityEyes sees it: the eye as a left one, px from the bottom, vectors y up."""

    picture: UInt8[np.ndarray, "..."]
    points: dict[str, Float[np.ndarray, "n 3"]]
    optical_unity: Float[np.ndarray, "3"]
    visual_unity: Float[np.ndarray, "3"]
    head_pose_deg: Float[np.ndarray, "3"]
    camera_px: Float[np.ndarray, "4"]


def write_unityeyes(samples: Iterable[Sample], folder: Path, quality: int = 98) -> str:
    """Write the samples into an empty folder and return the text of its README.

    Raises:
        DataError: A label that the format needs is absent.
    """
    count = mirrored = 0
    encoding = Encoding(PictureFormat.jpg, quality)
    for sample in samples:
        view = unity_view(sample)
        number = sample.index + 1
        (folder / f"{number}.jpg").write_bytes(encode_picture(view.picture, encoding))
        (folder / f"{number}.json").write_text(json.dumps(unity_json(sample, view), indent=2), encoding="ascii")
        count += 1
        mirrored += sample.subject_eye == "right"
    return README.format(samples=count, mirrored=mirrored)


def unity_view(sample: Sample) -> UnityView:
    """Return the eye that the picture is centred on in UnityEyes' terms."""
    flip = sample.subject_eye == "right"
    height, width = sample.picture.shape[:2]
    sign = np.array([-1.0, 1.0, 1.0]) if flip else np.ones(3)
    contours = {
        "interior_margin_2d": ("apparent.lid_margin_px", "lid_margin", 16),
        "caruncle_2d": ("apparent.caruncle_px", "caruncle", 7),
        "iris_2d": ("apparent.iris_px", "iris", 32),
        "pupil_2d": ("apparent.pupil_px", "pupil", 32),
    }
    points = {}
    for name, (label, kind, n) in contours.items():
        x, y = sample.eye_array(label, n, 2).T
        depth_cm = 100 * sample.eye_array(f"points.{kind}.cam", n, 3)[:, 2]
        order = contour_order(n, flip) if kind in ("iris", "pupil") else np.arange(n)
        points[name] = np.stack([width - x if flip else x, height - y, depth_cm], axis=1)[order]
    rotation = sample.array("cam_from_head", 4, 4)[:3, :3]
    k = sample.array("camera_matrix", 3, 3)
    return UnityView(
        picture=np.ascontiguousarray(sample.picture[:, ::-1]) if flip else sample.picture,
        points=points,
        optical_unity=sample.eye_array("optical_axis_cam", 3) * sign * UP,
        visual_unity=sample.eye_array("visual_axis_cam", 3) * sign * UP,
        head_pose_deg=unity_head_pose_deg(mirror_rotation(rotation) if flip else rotation),
        camera_px=np.array([k[0, 0], k[1, 1], width - k[0, 2] if flip else k[0, 2], k[1, 2]]),
    )


def contour_order(n: int, flip: bool) -> Int[np.ndarray, " n"]:
    """Return which point of our contour stands at each place of UnityEyes'.

    Ours begins at the subject's left and goes down; a mirrored one begins at the left of the picture and goes down.
    """
    return -np.arange(n) % n if flip else (np.arange(n) + n // 2) % n


def unity_head_pose_deg(cam_from_head: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3"]:
    """Return (pitch, yaw, roll) in [0, 360) degrees of Unity's camera, from a head rotation in our axes."""
    r = -cam_from_head.T * UP
    pitch = np.arctan2(-r[1, 2], np.hypot(r[0, 2], r[2, 2]))
    yaw = np.arctan2(r[0, 2], r[2, 2])
    roll = np.arctan2(r[1, 0], r[1, 1])
    return np.degrees([pitch, yaw, roll]) % 360


def unity_json(sample: Sample, view: UnityView) -> dict[str, Any]:
    """Return the content of N.json: every number a string."""
    iris_m, pupil_m = (float(sample.eye_array(f"{name}_radius_m")) for name in ("iris", "pupil"))
    light = sample.spec.get("light")
    light = light if isinstance(light, dict) else {}
    rotation_deg = np.degrees(float(light.get("sky_rotation_rad", 0.0))) % 360
    lamps = light.get("lamps") or []
    return {
        **{name: _points(view.points[name]) for name in ("interior_margin_2d", "caruncle_2d", "iris_2d")},
        "eye_details": {
            "look_vec": _vector([*view.optical_unity, 0.0]),
            "pupil_size": _number(pupil_m / iris_m),
            "iris_size": _number(iris_m / UNIT_IRIS_RADIUS_M),
            "iris_texture": f"eyeball_{sample.text('attributes.iris_colour')}",
        },
        "lighting_details": {
            "skybox_texture": sample.text("attributes.sky"),
            "skybox_exposure": _number(float(light.get("sky_strength", 1.0))),
            "skybox_rotation": f"{rotation_deg:.0f}",
            "ambient_intensity": _number(float(light.get("sky_strength", 1.0))),
            "light_rotation": "(0.0, 0.0, 0.0)",
            "light_intensity": _number(float(len(lamps))),
        },
        "eye_region_details": {
            "pca_shape_coeffs": ["0"] * PCA_COEFFICIENTS,
            "primary_skin_texture": f"melanin_{sample.text('attributes.skin_melanin')}",
        },
        "head_pose": _vector(view.head_pose_deg),
        "canthus": {
            "key": sample.key,
            "subject_eye": sample.subject_eye,
            "mirrored": str(sample.subject_eye == "right").lower(),
            "look_vec_axis": "optical",
            "visual_look_vec": _vector([*view.visual_unity, 0.0]),
            "camera_matrix": _vector(view.camera_px),
            "pupil_2d": _points(view.points["pupil_2d"]),
        },
    }


def _number(value: float) -> str:
    return f"{value:.7g}"


def _vector(values: Iterable[float]) -> str:
    return f"({', '.join(f'{value + 0.0:.4f}' for value in values)})"


def _points(points: Float[np.ndarray, "n 3"]) -> list[str]:
    return [_vector(point) for point in points]
