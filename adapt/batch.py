"""A batch of normalised eyes: what every reader yields, every augmentation returns and every network is trained on.

Pictures are 60 wide and 36 high, grey, u8, as the camera gave them or already histogram-equalised by their set
(equalising again then changes next to nothing).  Angles are [pitch, yaw] in radians in `norm`, +pitch up, +yaw to the
left of the image (see synth/geometry/gaze.py).  Every eye is a left eye: a right one has been mirrored, its picture
flipped and both its yaws negated.
"""

from dataclasses import dataclass

from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from adapt.rows import Rows


@dataclass(frozen=True)
class Batch(Rows):
    """Eyes with their labels; also a whole data set in memory (10,000 eyes are 22 MB).

    Attributes:
        images_u8: Grey levels, not equalised by us.
        head_pitch_yaw_rad: Of the head, in `norm`; zero where the source has none.
        gaze_pitch_yaw_rad: Of the gaze, in `norm`; NaN where the source has none.
        right: The subject's right eyes.
        mirrored: Those that the reader flipped; a prediction for the file's own picture has its yaw negated back.
        keys: Name of each eye in its source, for reports and predictions.
    """

    images_u8: UInt8[Tensor, "b 36 60"]
    head_pitch_yaw_rad: Float[Tensor, "b 2"]
    gaze_pitch_yaw_rad: Float[Tensor, "b 2"]
    right: Bool[Tensor, " b"]
    mirrored: Bool[Tensor, " b"]
    keys: tuple[str, ...]
