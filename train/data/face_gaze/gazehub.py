"""GazeHub's folders of normalised faces (Cheng et al. 2021): MPIIFaceGaze, and the other sets that it gives this form.

    ROOT/Image/...              pictures
    ROOT/Label/*.label          a header, then a line for each picture; columns parted by blanks, numbers by commas

MPIIFaceGaze's header is "Face Left Right Origin WhichEye 3DGaze 3DHead 2DGaze 2DHead Rmat Smat GazeOrigin"
(synth/export/face/gazehub.py says what each column is); Gaze360's and others' have fewer.  Of them are read, by the
header's names: Face, the picture's path below Image, which is also the key; 2DGaze, [yaw, pitch] in radians, mode
direction; and 2DHead, the same of the head, where there is one.  What a set has mirrored (WhichEye) it has mirrored in
picture and labels: what is read, and predicted, is what is stored.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from adapt.face_gaze_batch import FaceGazeBatch
from synth.errors import DataError
from synth.shards.encode import decode_picture
from train.data.face_gaze.gather import UNKNOWN, GazeFace, Look, gather, normalised_cut
from train.data.sift import Found, OnError

LABELS = "Label/*.label"
FACE, GAZE, HEAD = "Face", "2DGaze", "2DHead"


def read_gazehub(root: Path, side: int, on_error: OnError = OnError.stop) -> Found[FaceGazeBatch]:
    """Return the faces of all label files, `side` x `side`.

    Raises:
        DataError: There is no label file, or one has no header of the kind; a line or its picture is damaged and
            `on_error` is stop; or none is left.
    """
    if not any(root.glob(LABELS)):
        raise DataError(f"{root}: holds no {LABELS}; name the folder that has Image and Label in it")
    return gather(_looks(root, side), str(root), on_error)


def _looks(root: Path, side: int) -> Iterator[Look]:
    for path in sorted(root.glob(LABELS)):
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except (UnicodeDecodeError, OSError) as error:
            raise DataError(f"{path}: not a text of labels ({error})") from error
        names = lines[0].split() if lines else []
        for name in (FACE, GAZE):
            if name not in names:
                raise DataError(f"{path}: its first line has no {name}; expected GazeHub's header")
        for number, line in enumerate(lines[1:], start=2):
            if line.strip():
                yield partial(face_of_line, root, path, number, names, line, side)


def face_of_line(root: Path, path: Path, number: int, names: list[str], line: str, side: int) -> GazeFace:
    """Return the face of one line of a label file."""
    where = f"{path}: line {number}"
    words = line.split()
    if len(words) != len(names):
        raise DataError(f"{where}: has {len(words)} columns; the header has {len(names)}")
    columns = dict(zip(names, words, strict=True))
    gaze = pitch_yaw(columns[GAZE], GAZE, where)
    head = pitch_yaw(columns[HEAD], HEAD, where) if HEAD in columns else UNKNOWN
    picture = root / "Image" / columns[FACE]
    try:
        data = picture.read_bytes()
    except OSError as error:
        raise DataError(f"{where}: {picture} cannot be read ({error.strerror})") from error
    image = normalised_cut(decode_picture(data, str(picture)), side, str(picture))
    return GazeFace(key=columns[FACE], image_u8=image, head_pitch_yaw_rad=head, gaze_pitch_yaw_rad=gaze)


def pitch_yaw(text: str, name: str, where: str) -> Float[np.ndarray, "2"]:
    """Return the [pitch, yaw] of a column "yaw,pitch"."""
    try:
        angles = np.array([float(part) for part in text.split(",")])
    except ValueError:
        angles = UNKNOWN
    if angles.shape != (2,) or not (np.abs(angles) <= np.pi).all():  # NaN is not below it either
        raise DataError(f"{where}: {name} is {text[:60]!r}; expected yaw,pitch in radians")
    return angles[::-1]
