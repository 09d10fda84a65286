"""A batch of eyes with landmarks: what networks of eye landmarks are trained on.

Pictures are grey, u8, of any one size, an eye as MPIIGaze's normalised camera sees it, with more pixels
(`eye_camera` of synth/geometry/normalisation.py).  Landmarks are px of that picture, u right and v down, (0, 0) the
corner of the first pixel; which they are, and in which order, a network says (train/data/marks/points.py).  Gaze angles
are [pitch, yaw] in radians in that camera.  Every eye is a left one: a right one has been mirrored, picture, landmarks
and yaw.
"""

from dataclasses import dataclass

from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from adapt.rows import Rows


@dataclass(frozen=True)
class MarkedEyes(Rows):
    """Eyes with their landmarks; also a whole data set in memory (10,000 eyes of 150x90 are 140 MB).

    Attributes:
        images_u8: Grey levels, not equalised by us.
        landmarks_px: NaN where the source has none.
        visible: Whether a landmark is seen; of a source that does not say, all that has a place on the eye's surface.
        radius_px: Of the eyeball, as large as it appears at its centre; NaN where the source has none.
        eye_width_px: From the inner corner of the lids to the outer one; NaN where the source has none.
        gaze_pitch_yaw_rad: NaN where the source has none.
        right: The subject's right eyes.
        mirrored: Those that the reader flipped; a prediction for the file's own picture is flipped back.
        keys: Name of each eye in its source, for reports and predictions.
    """

    images_u8: UInt8[Tensor, "b h w"]
    landmarks_px: Float[Tensor, "b n 2"]
    visible: Bool[Tensor, "b n"]
    radius_px: Float[Tensor, " b"]
    eye_width_px: Float[Tensor, " b"]
    gaze_pitch_yaw_rad: Float[Tensor, "b 2"]
    right: Bool[Tensor, " b"]
    mirrored: Bool[Tensor, " b"]
    keys: tuple[str, ...]
