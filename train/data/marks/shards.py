"""Our own shards (see synth/shards) as normalised eyes with landmarks.

A picture of any of our cameras is warped by its labels into the eye's normalised camera, and so are its points: of
contours the apparent ones, which are where the picture shows them.  The eyeball's centre and the iris centre are
projected, and then moved by the shift and scaling that glasses give to the lids' points around them (none without
glasses), as nothing else says where a lens lets them appear.

The eyeball's radius is ELG's: of the sphere about the rotation centre that the iris' visible edge lies on, half a
millimetre more than the sclera's, whose centre is further forward.  A fit to true landmarks is then 0.06 degrees off
(mean of eight eyes without glasses), with the sclera's radius 0.6.

One virtual camera stands for all distances: a picture taken from d instead of 0.6 m has the focal length d / 0.6 m
times as long.  The radius is told as it appears at the eyeball's centre.  The key of an eye is its key in the shard.
"""

from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from adapt.marked_eyes import MarkedEyes
from synth.geometry.camera import project
from synth.geometry.normalisation import GazeMode, eye_camera, normalised_targets
from synth.sample import Sample
from synth.shards import iterate
from train.data.marks.gather import MarkedEye, gather
from train.data.marks.points import EyePoints, Marks
from train.data.shards import Axis, gaze_cam_of
from train.data.sift import Found, OnError

CORNEA_ASPHERICITY = -0.26
"""Q of a mean cornea (docs/anatomy.md)."""


def read_shards(
    folder: Path, size: tuple[int, int], marks: Marks, mode: GazeMode, axis: Axis, on_error: OnError = OnError.stop
) -> Found[MarkedEyes]:
    """Return every eye of a data set, in pictures of this height and width.

    Raises:
        DataError: There is no data set, or a shard is damaged; or a label is and `on_error` is stop; the message names
            shard and key.
    """
    looks = (partial(eye_of, sample, size, mode, axis) for sample in iterate(folder))
    return gather(looks, str(folder), size, marks, on_error)


def eyes_in(sample: Sample, size: tuple[int, int], marks: Marks, mode: GazeMode, axis: Axis, where: str) -> MarkedEyes:
    """Return the one eye of a sample; `where` is what an error names."""
    return gather([partial(eye_of, sample, size, mode, axis)], where, size, marks, OnError.stop).pictures


def eye_of(sample: Sample, size: tuple[int, int], mode: GazeMode, axis: Axis) -> MarkedEye:
    """Return the eye that a sample's picture is centred on."""
    height, width = size
    camera, camera_matrix = eye_camera(width, height), sample.array("camera_matrix", 3, 3)
    centre_of_canthi_cam = sample.eye_array("centre_of_canthi_cam", 3)
    targets = normalised_targets(
        gaze_cam=gaze_cam_of(sample, axis),
        centre_cam=centre_of_canthi_cam,
        cam_from_head=sample.array("cam_from_head", 4, 4),
        face_triangle_head=sample.array("face_triangle_head", 3, 3),
        camera_matrix=camera_matrix,
        mode=mode,
        norm_camera=camera,
    )
    view = targets.normalisation
    centre_cam, radius_m = sample.eye_array("centre_cam", 3), limbus_distance_m(sample)
    straight_px = sample.eye_array("points.lid_margin.px", 16, 2)
    apparent_px = sample.eye_array("apparent.lid_margin_px", 16, 2)
    lens, shift_px = similarity(straight_px, apparent_px)
    inside_cam = np.stack([centre_cam + radius_m * sample.eye_array("optical_axis_cam", 3), centre_cam])
    iris_centre_px, eyeball_centre_px = lens * project(camera_matrix, inside_cam) + shift_px
    depth_norm_m = float((view.scale * (view.norm_from_cam @ centre_cam))[2])
    right = sample.subject_eye == "right"
    return MarkedEye(
        key=sample.key,
        picture=sample.picture,
        points=EyePoints(
            lid_margin_px=apparent_px,
            iris_px=sample.eye_array("apparent.iris_px", 32, 2),
            pupil_px=sample.eye_array("apparent.pupil_px", 32, 2),
            iris_centre_px=iris_centre_px,
            eyeball_centre_px=eyeball_centre_px,
            lid_margin_seen=sample.eye_bools("points.lid_margin.visible", 16),
            iris_seen=sample.eye_bools("points.iris.visible", 32),
            pupil_seen=sample.eye_bools("points.pupil.visible", 32),
        ),
        warp=view.warp,
        radius_px=lens * camera.focal_px * radius_m / depth_norm_m,
        gaze_pitch_yaw_rad=targets.gaze_pitch_yaw_rad,
        right=right,
        mirror=right,
    )


def limbus_distance_m(sample: Sample) -> float:
    """Return how far the iris' visible edge, where cornea and sclera meet, is from the eyeball's rotation centre.

    The cornea is a conicoid, whose depth at half its width w is (R - sqrt(R^2 - (1 + Q) w^2)) / (1 + Q); Q is no
    label, and a usual deviation from its mean moves the result by 0.05 mm.
    """
    curvature_m, half_width_m = (float(sample.eye_array(f"{name}_radius_m")) for name in ("cornea", "iris"))
    to_cornea_m = np.linalg.norm(sample.eye_array("cornea_centre_cam", 3) - sample.eye_array("centre_cam", 3))
    k = 1 + CORNEA_ASPHERICITY
    depth_m = (curvature_m - np.sqrt(max(curvature_m**2 - k * half_width_m**2, 0.0))) / k
    return float(np.hypot(to_cornea_m + curvature_m - depth_m, half_width_m))


def similarity(
    from_px: Float[np.ndarray, "n 2"], to_px: Float[np.ndarray, "n 2"]
) -> tuple[float, Float[np.ndarray, "2"]]:
    """Return scale and shift that take points nearest to others: to = scale from + shift, by least squares."""
    from_mean, to_mean = from_px.mean(axis=0), to_px.mean(axis=0)
    scale = float(((from_px - from_mean) * (to_px - to_mean)).sum() / ((from_px - from_mean) ** 2).sum())
    return scale, to_mean - scale * from_mean
