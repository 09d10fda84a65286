"""AFLW2000-3D (Zhu et al. 2016): 2000 pictures and their .mat in one folder.

    ROOT/imageNNNNN.jpg, imageNNNNN.mat     Pose_Para, pt3d_68 3x68: what the face is cut by

Its `pt2d` has AFLW's 21 points, -1 where one is hidden: they say little of the extent of a turned
face (a cut by them as they are begins at the picture's corner), so the first two rows of pt3d_68 are taken.  The usual
protocol leaves out what is turned by more than 99 degrees, 31 of the 2000.
"""

from functools import partial
from pathlib import Path

from adapt.face_batch import FaceBatch
from train.data.pose.gather import gather
from train.data.pose.mat import pictures_of, read_pair
from train.data.sift import Found, OnError


def read_aflw2000(folder: Path, size: int, on_error: OnError = OnError.stop) -> Found[FaceBatch]:
    """Return the faces of a folder, `size` x `size`.

    Raises:
        DataError: A picture or its .mat is damaged and `on_error` is stop; or none is left.
    """
    looks = (partial(read_pair, path, folder, "pt3d_68", 3) for path in pictures_of(folder))
    return gather(looks, str(folder), size, on_error)
