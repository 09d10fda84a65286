"""A batch of faces with their gaze: what every reader of such sets yields and every network of them is trained on.

Pictures are square, RGB, u8, all of one size: faces in the normalised camera of MPIIFaceGaze (f 1600 px, 1000 mm) and
ETH-XGaze (f 960 px, 600 mm), which show the same, 224 px in the originals.  Angles are [pitch, yaw] in radians in that
camera, `norm`, mode direction (g' = R g), +pitch up, +yaw to the left of the image (see synth/geometry/gaze.py and
normalisation.py).  The gaze begins at the centre of the face.

With `screen` the pictures are upright cuts of the frame itself, as iTracker takes them: a normalised face no longer
shows how the head is tilted in the frame, without which no point of a screen can be told.
"""

from dataclasses import dataclass

from jaxtyping import Float, UInt8
from torch import Tensor

from adapt.rows import Rows
from adapt.screen import Screen


@dataclass(frozen=True)
class FaceGazeBatch(Rows):
    """Faces with their gaze; also a whole data set in memory (10,000 faces of 224x224 are 1.5 GB, with `screen` 4.5).

    Attributes:
        images_u8: RGB, h = w.
        head_pitch_yaw_rad: Where the face points, in `norm`; NaN where the source has none.
        gaze_pitch_yaw_rad: In `norm`; NaN where the source has none.
        keys: Name of each face in its source, for reports and predictions.
        screen: What a network of points on a screen needs besides; None unless it was asked for.
    """

    images_u8: UInt8[Tensor, "b h w 3"]
    head_pitch_yaw_rad: Float[Tensor, "b 2"]
    gaze_pitch_yaw_rad: Float[Tensor, "b 2"]
    keys: tuple[str, ...]
    screen: Screen | None = None
