"""AFLW2000-3D (Zhu et al. 2016): as 300W-LP, but `pt2d` has AFLW's 21 points, those that are not seen -1.

    KEY.jpg, KEY.mat, files.txt      Pose_Para 1x7, pt2d 2x21, pt3d_68 3x68, roi 1x4

AFLW's 21, left and right in the picture of a face that looks at the camera: brows 3 each (left, middle, right), eyes 3
each (corner, middle, corner), left ear, nose left, tip, right, right ear, mouth left, middle, right, chin.  AFLW marks
the lobes of the ears, which no landmark here names: the points are where the jaw's outline begins, a little above.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import Float

from synth.export.face.faces import Face, face_of
from synth.export.face.pose import HeadPose, Tally, points_3d, pose_para, region
from synth.export.face.wlp300 import LIST, write_pair
from synth.sample import Sample

OF_IBUG: tuple[tuple[int, ...], ...] = (
    *((17,), (19,), (21,), (22,), (24,), (26,)),
    *((36,), (36, 37, 38, 39, 40, 41), (39,), (42,), (42, 43, 44, 45, 46, 47), (45,)),
    *((1,), (31,), (30,), (35,), (15,)),
    *((48,), (51, 57), (54,), (8,)),
)
"""iBUG's points whose mean is each of AFLW's."""
README = """\
AFLW2000-3D, rendered: KEY.jpg and KEY.mat; {list} names them without extension.
Pose: Pose_Para is [pitch, yaw, roll (rad), tx, ty, tz (px), scale] as in 300W-LP (y up, y_img = H - 1 - V'_y);
      R = Rx(-pitch) Ry(yaw) Rz(roll) in axes x right, y down, z away; the upright pair of angles.
      R is the rotation {pose}.
Points: pixels by integer centres (continuous px minus 0.5), y down.  pt3d_68 is 3x68: x, y in the picture, the jaw on
      the bone, z towards the camera.  pt2d is AFLW's 21 points, -1 where one is not seen; the two of the ears are
      where the jaw begins, not the lobes.
Gaze: none.
{samples} pictures, {far} of them with an angle beyond 99 deg, which the usual protocol leaves out.
"""


def write_aflw2000(samples: Iterable[Sample], folder: Path, quality: int = 98, pose: HeadPose = HeadPose.camera) -> str:
    """Write the samples into an empty folder and return the text of its README.

    Raises:
        DataError: A picture holds no face, or a label that the format needs is absent.
    """
    tally = Tally([])
    names, far = [], 0
    for sample in samples:
        face = face_of(sample)
        tally.add(face)
        parameters = pose_para(face, pose)
        far += bool(np.degrees(np.abs(parameters[:3])).max() > 99)
        matrices = {
            "Pose_Para": parameters[None],
            "pt2d": aflw21(face).T,
            "pt3d_68": points_3d(face, pose),
            "roi": region(face),
        }
        names.append(write_pair(sample, folder, matrices, quality))
    (folder / LIST).write_text("".join(f"{name}\n" for name in names), encoding="ascii")
    return README.format(list=LIST, pose=tally.text(pose), samples=len(names), far=far)


def aflw21(face: Face) -> Float[np.ndarray, "21 2"]:
    """Return AFLW's points; (-1, -1) where one is not seen."""
    at = np.stack([face.outline68[list(of)].mean(axis=0) for of in OF_IBUG])
    seen = np.array([face.outline68_visible[list(of)].mean() >= 0.5 for of in OF_IBUG])
    return np.where(seen[:, None], at, -1.0)
