"""300W-LP and AFLW2000-3D (Zhu et al. 2016) as faces with landmarks: pictures and their .mat.

    300W-LP       pt2d 2x68, the jaw on the outline that is seen
    AFLW2000-3D   pt3d_68 3x68: x, y (down) and z, larger towards the viewer, all px, the jaw on the bone (its pt2d has
                  other points)

Pixels are taken by integer centres from 0 (train/data/pose/mat.py).  Faces turned by more than 99 degrees are left out,
as for head pose; the key of a face is its path in the folder without extension.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from adapt.marked_faces import MarkedFaces
from synth.export.face.faces import HALF_PIXEL
from synth.shards.encode import decode_picture
from train.data.face_marks.gather import Look, MarkedFace, gather, unknown
from train.data.face_marks.square import face_box, square_about
from train.data.pose.gather import FAR, too_far
from train.data.pose.mat import OUTLINES, POSE, pictures_of, read_mat
from train.data.sift import Found, LeftOut, OnError


def read_mats(folder: Path, size: int, points: str, on_error: OnError = OnError.stop) -> Found[MarkedFaces]:
    """Return the faces of a folder, `size` x `size`.

    Args:
        folder: Of the data set.
        size: Of the cuts.
        points: pt2d of 300W-LP, pt3d_68 of AFLW2000-3D.
        on_error: What a damaged face does.

    Raises:
        DataError: A picture or its .mat is damaged and `on_error` is stop; or none is left.
    """
    return gather(_looks(folder, points), str(folder), size, on_error)


def _looks(folder: Path, points: str) -> Iterator[Look]:
    for path in pictures_of(folder):
        yield partial(face_of, path, folder, points)


def face_of(picture: Path, folder: Path, points: str) -> MarkedFace | LeftOut:
    """Return the face of a picture and its .mat."""
    pose, at = read_mat(picture.with_suffix(".mat"), {POSE: (1, 7), points: (OUTLINES[points], 68)})
    if too_far(pose[0, :3]):
        return LeftOut(FAR)
    points_px = at[:2].T + HALF_PIXEL
    return MarkedFace(
        key=picture.relative_to(folder).with_suffix("").as_posix(),
        picture=decode_picture(picture.read_bytes(), str(picture)),
        square_px=square_about(face_box(points_px)),
        points_px=points_px,
        depth_px=at[2].mean() - at[2] if len(at) == 3 else unknown(68),
        visible=np.ones(68, dtype=bool),
    )
