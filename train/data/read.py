"""Read eyes from wherever they are: the format is told by what a path holds, or named.

Faces are read by read.py of train/data/pose, face_gaze, face_marks and portraits, pictures with boxes by that of
train/data/detection, which ask here what a path holds.
"""

from enum import Enum
from pathlib import Path

from adapt.batch import Batch
from synth.errors import DataError
from synth.geometry.normalisation import GazeMode
from train.data.coco import FILE as ANNOTATIONS
from train.data.detection.retinaface import LABELS as MARKS
from train.data.detection.widerface import SPLIT, TEXTS
from train.data.face_gaze.gazehub import LABELS
from train.data.face_gaze.mpiifacegaze import IMAGE, PERSONS
from train.data.face_gaze.xgaze import PATCH
from train.data.face_marks.aflw import aflw_file
from train.data.hdf5 import names, opened
from train.data.images import picture_paths, read_images
from train.data.mpiigaze import NORMALIZED, read_mpiigaze
from train.data.mpiigaze_h5 import read_mpiigaze_h5
from train.data.portraits.celeba import ATTRIBUTE_LIST
from train.data.shards import Axis, read_shards
from train.data.sift import Found, OnError
from train.data.unityeyes import holds_unityeyes, read_unityeyes


class Reader(Enum):
    """A format; `auto` looks at what the path holds."""

    auto = "auto"
    shards = "shards"
    mpiigaze = "mpiigaze"
    mpiigaze_h5 = "mpiigaze_h5"
    unityeyes = "unityeyes"
    images = "images"
    wlp300 = "wlp300"
    aflw2000 = "aflw2000"
    biwi = "biwi"
    fsanet = "fsanet"
    gazehub = "gazehub"
    mpiifacegaze = "mpiifacegaze"
    xgaze = "xgaze"
    pts = "pts"
    aflw = "aflw"
    widerface = "widerface"
    retinaface = "retinaface"
    coco = "coco"
    celeba = "celeba"


FACES = (
    *(Reader.wlp300, Reader.aflw2000, Reader.biwi, Reader.fsanet),
    *(Reader.gazehub, Reader.mpiifacegaze, Reader.xgaze),
    *(Reader.pts, Reader.aflw, Reader.widerface, Reader.retinaface, Reader.coco),
    Reader.celeba,
)
"""Formats that hold faces, a row each with rotations, gazes, landmarks or boxes, attributes; the others hold eyes but
for shards, which hold any."""


def read_eyes(path: Path, reader: Reader, mode: GazeMode, axis: Axis, on_error: OnError = OnError.stop) -> Found[Batch]:
    """Return every eye under a path, right ones mirrored to left ones.

    Args:
        path: A file or folder of that format.
        reader: The format.
        mode: How gazes are normalised; of our shards only, the others come with their labels.
        axis: Which direction is the gaze; of our shards only.
        on_error: What a damaged eye does; what is wrong with a file of many stops in any case, as a reader tells.

    Raises:
        DataError: The path holds nothing of the kind, or something damaged.
    """
    reader = recognise(path) if reader is Reader.auto else reader
    if reader is Reader.shards:
        return read_shards(path, mode, axis, on_error)
    if reader is Reader.mpiigaze:
        return read_mpiigaze(path, on_error)
    if reader is Reader.mpiigaze_h5:
        return read_mpiigaze_h5(path, on_error)
    if reader is Reader.unityeyes:
        return read_unityeyes(path, on_error)
    if reader in FACES:
        raise DataError(f"{path}: holds faces (reader={reader.name}); a gaze network needs eyes")
    return read_images(path, on_error)


def recognise(path: Path) -> Reader:
    """Return the format of what a path holds."""
    if path.is_file() and path.suffix in (".h5", ".hdf5"):
        return _of_h5(path)
    if path.is_file() and path.suffix == ".npz":
        return Reader.fsanet
    if path.is_file() and path.match(TEXTS):
        return Reader.widerface
    if path.is_file() and path.suffix == ".json":
        return Reader.coco
    if path.is_dir():
        if any(path.glob("shard-*.tar")):
            return Reader.shards
        if any(path.glob(f"{SPLIT}/{TEXTS}")):
            return Reader.widerface
        if (path / MARKS).is_file():
            return Reader.retinaface
        if (path / ANNOTATIONS).is_file():
            return Reader.coco
        if aflw_file(path) is not None:
            return Reader.aflw
        if (path / ATTRIBUTE_LIST).is_file():
            return Reader.celeba
        if (path / NORMALIZED).is_dir():
            return Reader.mpiigaze
        if any(path.glob(LABELS)):
            return Reader.gazehub
        if any(_of_h5(file) is Reader.xgaze for file in sorted(path.glob("*.h5"))[:1]):
            return Reader.xgaze
        if any(path.glob(PERSONS)):
            return Reader.mpiifacegaze
        if any(path.glob("[0-9][0-9]/frame_*_pose.txt")):
            return Reader.biwi
        if any(path.glob("image*.mat")):
            return Reader.aflw2000
        if any(path.glob("*.mat")) or any(path.glob("*/*.mat")):
            return Reader.wlp300
        if any(path.glob("*.pts")) or any(path.glob("*/*.pts")):
            return Reader.pts
        if holds_unityeyes(path):
            return Reader.unityeyes
        if picture_paths(path):
            return Reader.images
    if not path.exists():
        raise DataError(f"{path}: there is no such file or folder")
    raise DataError(
        f"{path}: holds nothing that is known here: eyes as a folder of shards, MPIIGaze's folder, its .h5 file, "
        "UnityEyes' folder or a folder of pictures; faces as shards, 300W-LP's, AFLW2000's or BIWI's folder or "
        "FSA-Net's .npz, with their gaze as GazeHub's folder, MPIIFaceGaze's folder of pXX.mat or its .h5 file, or "
        "ETH-XGaze's .h5, with landmarks as 300-W's folder of .pts, AFLW's with aflw.sqlite or COCO's "
        "annotations.json, with boxes as WIDER FACE's folder, RetinaFace's label.txt or COCO's annotations.json, with "
        "attributes as CelebA's folder, or a folder of pictures"
    )


def _of_h5(path: Path) -> Reader:
    """Return the format of an .h5 file: MPIIGaze's also of a damaged one, whose reader will say so."""
    try:
        with opened(path) as file:
            inside = names(file, "/", path)
            if PATCH in inside:
                return Reader.xgaze
            if inside and names(file, f"{inside[0]}/{IMAGE}", path):
                return Reader.mpiifacegaze
    except DataError:
        pass
    return Reader.mpiigaze_h5
