"""AFLW (Koestinger et al. 2011): pictures and `aflw.sqlite`, up to 21 points of a face, of those that are seen.

    ROOT/data/aflw.sqlite (or ROOT/aflw.sqlite), pictures in `data/flickr` or `flickr` beside it
    Faces                face_id, file_id
    FaceImages           file_id, filepath (in `flickr`)
    FaceRect             face_id, x, y, w, h
    FeatureCoords        face_id, feature_id, x, y
    FeatureCoordTypes    feature_id, descr ("LeftBrowLeftCorner", ...)

Tables and columns are those that the programs use which others published for this set; the set itself is asked for from
its authors and was not at hand.  Its left is the picture's.  Of its points these are iBUG's, the others (middles of
eyes and of the mouth, ears) are none of them:

    brows  LeftBrow LeftCorner, Center, RightCorner 17, 19, 21; RightBrow likewise 22, 24, 26
    eyes   LeftEye LeftCorner, RightCorner 36, 39; RightEye likewise 42, 45
    nose   NoseLeft, NoseCenter, NoseRight 31, 30, 35
    mouth, chin   MouthLeftCorner, MouthRightCorner 48, 54; ChinCenter 8

All other points are NaN: such faces are measured on, not trained on.  The cut stands about FaceRect, as their 21 points
have no outline.  Pixels are taken by integer centres from 0, which is not documented.  The key of a face is its
face_id.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from adapt.marked_faces import MarkedFaces
from synth.errors import DataError
from synth.export.face.faces import HALF_PIXEL
from synth.shards.encode import decode_picture
from train.data.face_marks.gather import Look, MarkedFace, gather, unknown
from train.data.face_marks.square import square_about
from train.data.sift import Found, OnError

FILES = ("data/aflw.sqlite", "aflw.sqlite")
PICTURES = "flickr"
IBUG = {
    **{"LeftBrowLeftCorner": 17, "LeftBrowCenter": 19, "LeftBrowRightCorner": 21},
    **{"RightBrowLeftCorner": 22, "RightBrowCenter": 24, "RightBrowRightCorner": 26},
    **{"LeftEyeLeftCorner": 36, "LeftEyeRightCorner": 39, "RightEyeLeftCorner": 42, "RightEyeRightCorner": 45},
    **{"NoseLeft": 31, "NoseCenter": 30, "NoseRight": 35},
    **{"MouthLeftCorner": 48, "MouthRightCorner": 54, "ChinCenter": 8},
}
"""AFLW's names of iBUG's points."""
FACES = """
    SELECT Faces.face_id, FaceImages.filepath, FaceRect.x, FaceRect.y, FaceRect.w, FaceRect.h FROM Faces
    JOIN FaceImages ON FaceImages.file_id = Faces.file_id JOIN FaceRect ON FaceRect.face_id = Faces.face_id
    ORDER BY Faces.face_id
"""
POINTS = """
    SELECT FeatureCoords.face_id, FeatureCoordTypes.descr, FeatureCoords.x, FeatureCoords.y FROM FeatureCoords
    JOIN FeatureCoordTypes ON FeatureCoordTypes.feature_id = FeatureCoords.feature_id
"""


def aflw_file(root: Path) -> Path | None:
    """Return the database of a folder; None where there is none."""
    return next((root / name for name in FILES if (root / name).is_file()), None)


def read_aflw(root: Path, size: int, on_error: OnError = OnError.stop) -> Found[MarkedFaces]:
    """Return the faces of AFLW, `size` x `size`.

    Raises:
        DataError: There is no database, or it is damaged; or a picture is and `on_error` is stop; or none is left.
    """
    file = aflw_file(root)
    if file is None:
        raise DataError(f"{root}: holds no {' nor '.join(FILES)}")
    return gather(_looks(file), str(root), size, on_error)


def _looks(file: Path) -> Iterator[Look]:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
            faces = database.execute(FACES).fetchall()
            points: dict[int, Float[np.ndarray, "68 2"]] = {}
            for face, name, x, y in database.execute(POINTS):
                if name in IBUG:
                    points.setdefault(face, np.full((68, 2), np.nan))[IBUG[name]] = float(x), float(y)
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise DataError(f"{file}: not AFLW's database ({error})") from error
    for face, path, *rectangle in faces:
        yield partial(face_of, file.parent / PICTURES / str(path), str(face), rectangle, points.get(face))


def face_of(path: Path, key: str, rectangle: list[float], points: Float[np.ndarray, "68 2"] | None) -> MarkedFace:
    """Return a face of the database; a rectangle is x, y, w, h."""
    box = np.array(rectangle, dtype=np.float64)
    if not np.isfinite(box).all() or points is None:
        raise DataError(f"{path}: face {key} has no {'points' if points is None else 'FaceRect'}")
    try:
        picture = decode_picture(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    return MarkedFace(
        key=key,
        picture=picture,
        square_px=square_about(np.concatenate([box[:2], box[:2] + box[2:]])),
        points_px=points + HALF_PIXEL,
        depth_px=unknown(68),
        visible=np.isfinite(points[:, 0]),
    )
