"""300-W's layout (Sagonas et al. 2013), also of HELEN, LFPW, AFW and iBUG: pictures with a .pts of 68 points each.

    ROOT/**/NAME.jpg (or .png), NAME.pts     version: 1 / n_points: 68 / { / "x y" 68 times / }

Pixels are counted from 1: the centre of the first one is (1, 1), so half a pixel is taken off.  Which points are seen
is not told: all count as seen.  The key of a face is its picture's path in the folder with its ending.
"""

import re
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from adapt.marked_faces import MarkedFaces
from synth.errors import DataError
from synth.shards.encode import decode_picture
from train.data.face_marks.gather import MarkedFace, gather, unknown
from train.data.face_marks.square import face_box, square_about
from train.data.images import ENDINGS
from train.data.sift import Found, OnError

FROM_CORNER = 0.5
"""What is taken off: from a first pixel whose centre is 1 to one whose corner is 0."""
NUMBER_OF_POINTS = re.compile(r"n_points:\s*(\d+)")


def read_pts(folder: Path, size: int, on_error: OnError = OnError.stop) -> Found[MarkedFaces]:
    """Return the faces of a folder, `size` x `size`.

    Raises:
        DataError: A .pts or its picture is damaged and `on_error` is stop; or none is left.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    looks = (partial(face_of, path, folder) for path in sorted(folder.rglob("*.pts")))
    return gather(looks, str(folder), size, on_error)


def face_of(path: Path, folder: Path) -> MarkedFace:
    """Return the face of a .pts and the picture beside it."""
    picture = next((one for ending in ENDINGS if (one := path.with_suffix(ending)).is_file()), None)
    if picture is None:
        raise DataError(f"{path}: no picture beside it; expected {path.stem} with {' or '.join(ENDINGS)}")
    points_px = read_points(path)
    return MarkedFace(
        key=picture.relative_to(folder).as_posix(),
        picture=decode_picture(picture.read_bytes(), str(picture)),
        square_px=square_about(face_box(points_px)),
        points_px=points_px,
        depth_px=unknown(len(points_px)),
        visible=np.ones(len(points_px), dtype=bool),
    )


def read_points(path: Path) -> Float[np.ndarray, "68 2"]:
    """Return the points of a .pts file, px.

    Raises:
        DataError: The file is damaged, or holds another number of points.
    """
    try:
        text = path.read_text(encoding="ascii")
        head, body = text.split("{", 1)
        rows = [[float(word) for word in line.split()] for line in body.split("}", 1)[0].splitlines() if line.strip()]
        stated = NUMBER_OF_POINTS.search(head)
        points = np.array(rows, dtype=np.float64)
    except (ValueError, OSError) as error:
        raise DataError(f"{path}: not a readable .pts file ({error})") from error
    if stated is None or int(stated[1]) != len(rows):
        raise DataError(f"{path}: {len(rows)} points, n_points says {'nothing' if stated is None else stated[1]}")
    if points.shape != (68, 2) or not np.isfinite(points).all():
        raise DataError(f"{path}: points of shape {points.shape}; expected 68 finite pairs x y")
    return points - FROM_CORNER
