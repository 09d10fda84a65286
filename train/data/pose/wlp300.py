"""300W-LP (Zhu et al. 2016): pictures and their .mat, in one folder or in its folders AFW, AFW_Flip, HELEN, ...

    ROOT/**/NAME.jpg, NAME.mat     Pose_Para, pt2d 2x68: what the face is cut by

The key of a face is its path without extension ("AFW/AFW_134212_1_0").  Faces that are turned by more than 99 degrees
are left out, as Hopenet's lists do.  What lies in folders without pictures (landmarks, Code) is not looked at.
"""

from functools import partial
from pathlib import Path

from adapt.face_batch import FaceBatch
from train.data.pose.gather import gather
from train.data.pose.mat import pictures_of, read_pair
from train.data.sift import Found, OnError


def read_300wlp(folder: Path, size: int, on_error: OnError = OnError.stop) -> Found[FaceBatch]:
    """Return the faces of a folder, `size` x `size`.

    Raises:
        DataError: A picture or its .mat is damaged and `on_error` is stop; or none is left.
    """
    looks = (partial(read_pair, path, folder, "pt2d", 2) for path in pictures_of(folder))
    return gather(looks, str(folder), size, on_error)
