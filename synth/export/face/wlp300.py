"""300W-LP (Zhu et al. 2016): a picture and a .mat beside it, and the list of names that its readers ask for.

    KEY.jpg, KEY.mat, files.txt      files.txt: names without extension, one a line

    Pose_Para  1x7    see pose.py
    pt2d       2x68   iBUG's points, the jaw on the outline that is seen: what readers cut the face by
    pt3d_68    3x68   iBUG's points, the jaw on the bone; z towards the camera
    roi        1x4    int16, the face's box

Points are pixels by integer centres, y down.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from scipy.io import savemat

from synth.export.face.faces import face_of
from synth.export.face.pose import HeadPose, Tally, points_3d, pose_para, region
from synth.sample import Sample
from synth.shards.encode import Encoding, PictureFormat, encode_picture

LIST = "files.txt"
README = """\
300W-LP, rendered: KEY.jpg and KEY.mat; {list} names them without extension.
Pose: Pose_Para is [pitch, yaw, roll (rad), tx, ty, tz (px), scale] with V' = scale R V + t, y up, y_img = H - 1 - V'_y;
      V in micrometres.  R = Rx(-pitch) Ry(yaw) Rz(roll) in axes x right, y down, z away; +pitch up,
      +yaw to the left of the image, +roll clockwise; the upright pair of angles, so that a yaw may exceed 90 deg.
      R is the rotation {pose}.
Points: pixels by integer centres (continuous px minus 0.5), y down.  pt2d has the jaw on the visible outline,
      pt3d_68 on the bone.
Gaze: none.
{samples} pictures.
"""


def write_300wlp(samples: Iterable[Sample], folder: Path, quality: int = 98, pose: HeadPose = HeadPose.camera) -> str:
    """Write the samples into an empty folder and return the text of its README.

    Raises:
        DataError: A picture holds no face, or a label that the format needs is absent.
    """
    tally = Tally([])
    names = []
    for sample in samples:
        face = face_of(sample)
        tally.add(face)
        matrices = {
            "Pose_Para": pose_para(face, pose)[None],
            "pt2d": face.outline68.T,
            "pt3d_68": points_3d(face, pose),
            "roi": region(face),
        }
        names.append(write_pair(sample, folder, matrices, quality))
    (folder / LIST).write_text("".join(f"{name}\n" for name in names), encoding="ascii")
    return README.format(list=LIST, pose=tally.text(pose), samples=len(names))


def write_pair(sample: Sample, folder: Path, matrices: Mapping[str, np.ndarray], quality: int) -> str:
    """Write the picture of a sample and its .mat, and return their name without extension."""
    (folder / f"{sample.key}.jpg").write_bytes(encode_picture(sample.picture, Encoding(PictureFormat.jpg, quality)))
    savemat(folder / f"{sample.key}.mat", dict(matrices))
    return sample.key
