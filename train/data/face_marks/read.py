"""Read faces with landmarks from wherever they are: the format is told by what a path holds, or named."""

from pathlib import Path

from adapt.marked_faces import MarkedFaces
from synth.errors import DataError
from train.data.face_marks.aflw import read_aflw
from train.data.face_marks.coco import read_coco
from train.data.face_marks.images import read_images
from train.data.face_marks.mat import read_mats
from train.data.face_marks.points import FaceMarks
from train.data.face_marks.pts import read_pts
from train.data.face_marks.shards import read_shards
from train.data.read import Reader, recognise
from train.data.sift import Found, OnError


def read_marked_faces(
    path: Path, reader: Reader, size: int, marks: FaceMarks, on_error: OnError = OnError.stop
) -> Found[MarkedFaces]:
    """Return every face under a path that its format's protocol keeps.

    Only our shards have MediaPipe's 478 points; a folder of pictures has none of any kind: they are NaN.

    Args:
        path: A file or folder of that format.
        reader: The format.
        size: Of the square cuts, px.
        marks: Which landmarks.
        on_error: What a damaged face does.

    Raises:
        DataError: The path holds nothing of the kind, or not these landmarks, or something damaged.
    """
    reader = recognise(path) if reader is Reader.auto else reader
    if reader is Reader.shards:
        return read_shards(path, size, marks, on_error)
    if reader is Reader.images:
        return read_images(path, size, marks.n, on_error)
    if marks is not FaceMarks.ibug68:
        raise DataError(f"{path}: has no {marks.n} points (reader={reader.name}): of all sources only our shards do")
    return read_ibug68(path, reader, size, on_error)


def read_ibug68(path: Path, reader: Reader, size: int, on_error: OnError) -> Found[MarkedFaces]:
    """Return the faces of a format that has iBUG's points, or some of them."""
    if reader is Reader.pts:
        return read_pts(path, size, on_error)
    if reader is Reader.wlp300:
        return read_mats(path, size, "pt2d", on_error)
    if reader is Reader.aflw2000:
        return read_mats(path, size, "pt3d_68", on_error)
    if reader is Reader.aflw:
        return read_aflw(path, size, on_error)
    if reader is Reader.coco:
        return read_coco(path, size, on_error)
    raise DataError(f"{path}: holds no landmarks of faces (reader={reader.name}); a network of landmarks needs some")
