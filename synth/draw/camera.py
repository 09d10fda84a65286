"""The camera of a scene, from the place of the eye in the physical lens' frame.

`View.normalised` turns the camera towards the eye as MPIIGaze does (synth/geometry/normalisation.py).  Warping the
webcam's picture by W = C_n S R C^-1 gives, exactly, the picture of a pinhole in the same lens, turned by R, with the
focal length f = f_n d / d_n: S = diag(1, 1, d_n / d) multiplies x/z and y/z by d / d_n.  That pinhole is drawn.
"""

from dataclasses import dataclass
from math import hypot, radians, tan
from typing import Literal

import numpy as np
from jaxtyping import Float

from synth.draw.chance import draw_log_uniform, draw_normal, draw_uniform
from synth.draw.place import Place
from synth.errors import RejectedSceneError
from synth.geometry.normalisation import MPIIGAZE_EYE, normalise
from synth.geometry.rotation import rotation_z
from synth.ranges.camera import CameraRanges, DeviceRanges, View
from synth.spec import CameraSpec

Side = Literal["left", "right"]


@dataclass(frozen=True)
class Pinhole:
    """A camera in the place of the lens: its axes and intrinsics, before the sensor."""

    cam_from_lens: Float[np.ndarray, "3 3"]
    focal_px: float
    cx_px: float
    cy_px: float
    blur_scale: float
    """Final pixels to a pixel of the sensor that blurs."""


def draw_normalised(
    rng: np.random.Generator, ranges: CameraRanges, place: Place, corners_lens_m: np.ndarray
) -> Pinhole:
    """Return MPIIGaze's camera, aimed at the mean of the eye's corners with the errors of a landmark detector."""
    centre = corners_lens_m.mean(axis=0)
    aside = np.append(ranges.aim_jitter_m * rng.standard_normal(2), 0.0)
    roll = radians(ranges.aim_jitter_roll_deg) * float(rng.standard_normal())
    stretch = 1 + ranges.aim_jitter_distance * float(np.clip(rng.standard_normal(), -3, 3))
    exact = normalise(centre, place.lens_from_head, np.eye(3)).norm_from_cam
    aim = centre + exact.T @ aside
    rotation = rotation_z(roll) @ normalise(aim, place.lens_from_head, np.eye(3)).norm_from_cam
    at_norm_px = MPIIGAZE_EYE.focal_px * ranges.width / MPIIGAZE_EYE.width
    focal = at_norm_px * float(np.linalg.norm(aim)) / MPIIGAZE_EYE.distance_m * stretch
    return Pinhole(rotation, focal, ranges.width / 2, ranges.height / 2, 1.0)


def focal_length_px(device: DeviceRanges, diagonal_fov_deg: float) -> float:
    """Return a device's focal length in its own pixels, from the field of view over its diagonal."""
    return hypot(device.width, device.height) / 2 / tan(radians(diagonal_fov_deg) / 2)


def draw_crop(rng: np.random.Generator, ranges: CameraRanges, aim_lens_m: np.ndarray) -> Pinhole:
    """Return the piece of a device's picture about the mean of some points, enlarged to the size asked for.

    Raises:
        RejectedSceneError: Cause `out_of_picture`, that mean is not in the device's picture.
    """
    device = ranges.devices[int(rng.integers(len(ranges.devices)))]
    focal = focal_length_px(device, draw_uniform(rng, device.diagonal_fov_deg))
    width_m = draw_uniform(rng, ranges.crop_width_m)
    centre = aim_lens_m.mean(axis=0) + np.append(ranges.aim_jitter_m * rng.standard_normal(2), 0.0)
    right, down = focal * centre[:2] / centre[2]
    if abs(right) > device.width / 2 or abs(down) > device.height / 2:
        raise RejectedSceneError(
            "out_of_picture", f"the {ranges.aim.value} lies outside the picture of {device.name!r}"
        )
    zoom = ranges.width / (focal * width_m / float(centre[2]))
    cx, cy = ranges.width / 2 - zoom * right, ranges.height / 2 - zoom * down
    return Pinhole(np.eye(3), zoom * focal, float(cx), float(cy), zoom)


def draw_frame(rng: np.random.Generator, ranges: CameraRanges) -> Pinhole:
    """Return a device's whole picture at the width asked for."""
    device = ranges.devices[int(rng.integers(len(ranges.devices)))]
    zoom = ranges.width / device.width
    focal = focal_length_px(device, draw_uniform(rng, device.diagonal_fov_deg))
    return Pinhole(np.eye(3), zoom * focal, ranges.width / 2, ranges.height / 2, zoom)


def draw_camera(
    rng: np.random.Generator, ranges: CameraRanges, place: Place, aim_lens_m: Float[np.ndarray, "n 3"]
) -> tuple[CameraSpec, Float[np.ndarray, "3 3"]]:
    """Return the camera and its `cam_from_lens` rotation for points about whose mean the picture is (m, lens' frame).

    Raises:
        RejectedSceneError: They lie outside the device's picture.
    """
    if ranges.view is View.normalised:
        pinhole = draw_normalised(rng, ranges, place, aim_lens_m)
    elif ranges.view is View.crop:
        pinhole = draw_crop(rng, ranges, aim_lens_m)
    else:
        pinhole = draw_frame(rng, ranges)
    sensor = ranges.sensor
    spec = CameraSpec(
        width=ranges.width,
        height=ranges.height,
        fx_px=pinhole.focal_px,
        fy_px=pinhole.focal_px,
        cx_px=pinhole.cx_px,
        cy_px=pinhole.cy_px,
        supersample=ranges.supersample,
        blur_px=draw_uniform(rng, sensor.blur_px) * pinhole.blur_scale,
        noise=draw_uniform(rng, sensor.noise),
        shot_noise=draw_uniform(rng, sensor.shot_noise),
        exposure_stops=draw_normal(rng, sensor.exposure_stops),
        contrast=draw_log_uniform(rng, sensor.contrast_log),
        grey=ranges.grey,
        saturation=draw_uniform(rng, sensor.saturation),
        metered=draw_uniform(rng, sensor.metered),
    )
    return spec, pinhole.cam_from_lens
