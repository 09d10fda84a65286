"""FSA-Net's npz (Yang et al. 2019): faces cut out and squeezed to 64x64, and their angles.

    faces.npz     image (n, 64, 64, 3) u8, blue first; pose (n, 3) degrees [yaw, pitch, roll]; img_size 64

The cut is the one of its own preparation: the box about iBUG's points (the jaw on the outline), widened by six tenths
of its width and height on every side, within the picture.  Faces with an angle beyond 99 deg are left out, as there.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from synth.errors import DataError
from synth.export.face.faces import HALF_PIXEL, Face, face_of
from synth.export.face.pose import FURTHEST_DEG, HeadPose, Tally, angles_of
from synth.export.warp import crop_warp, warped
from synth.sample import Sample

SIDE_PX = 64
WIDENED = 0.6
README = """\
FSA-Net's data, rendered: faces.npz with image (n, 64, 64, 3) u8, blue first, pose (n, 3) degrees, img_size.
Pose: [yaw, pitch, roll] of 300W-LP: R = Rx(-pitch) Ry(yaw) Rz(roll) in axes x right, y down, z away;
      +yaw to the left of the image, +pitch up, +roll clockwise.
      R is the rotation {pose}.
Image: the box about the 68 points, widened by 0.6 of its size on every side, squeezed to 64x64.
Gaze: none.
{samples} faces; {far} were left out, turned by more than 99 deg.
"""


def write_fsanet(samples: Iterable[Sample], folder: Path, pose: HeadPose = HeadPose.camera) -> str:
    """Write the samples into an empty folder and return the text of its README.

    Raises:
        DataError: A picture holds no face, a label that the format needs is absent, or no face is left.
    """
    tally = Tally([])
    images, poses, far = [], [], 0
    for sample in samples:
        face = face_of(sample)
        pitch, yaw, roll = np.degrees(angles_of(face, pose))
        if max(abs(pitch), abs(yaw), abs(roll)) > FURTHEST_DEG:
            far += 1
            continue
        tally.add(face)
        images.append(cut_out(sample.picture, face))
        poses.append([yaw, pitch, roll])
    if not images:
        raise DataError(f"every face is turned by more than {FURTHEST_DEG:.0f} deg: none is left for fsanet")
    np.savez(folder / "faces.npz", image=np.stack(images), pose=np.array(poses), img_size=SIDE_PX)
    return README.format(pose=tally.text(pose), samples=len(images), far=far)


def cut_out(picture: UInt8[np.ndarray, "..."], face: Face) -> UInt8[np.ndarray, "64 64 3"]:
    """Return the face of a picture, blue first."""
    points_px = face.outline68 + HALF_PIXEL
    low, high = points_px.min(axis=0), points_px.max(axis=0)
    margin = WIDENED * (high - low)
    size = np.array(face.size)
    box = np.concatenate([np.clip(low - margin, 0, size), np.clip(high + margin, 0, size)])
    colour = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
    image, _ = warped(colour, crop_warp(box, SIDE_PX, SIDE_PX), SIDE_PX, SIDE_PX)
    return np.ascontiguousarray(image[..., ::-1])
