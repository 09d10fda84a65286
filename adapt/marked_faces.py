"""A batch of faces with landmarks: what networks of a face's landmarks are trained on.

Pictures are square cuts about a face, RGB, u8, all of one size (train/data/face_marks/square.py says which square).
Landmarks are px of the cut, u right and v down, (0, 0) the corner of the first pixel; which they are, iBUG's 68 or
MediaPipe's 478, their number says.  Depths are px of the cut too, larger away from the lens, in weak perspective: z
over the landmarks' mean distance times the focal length, from that mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from adapt.rows import Rows


@dataclass(frozen=True)
class MarkedFaces(Rows):
    """Faces with their landmarks; also a whole data set in memory (10,000 faces of 112x112 are 376 MB).

    Attributes:
        images_u8: RGB, h = w.
        points_px: NaN where the source has none.
        depth_px: NaN where the source has none.
        visible: Whether a landmark is seen; of a source that does not say, every one that it has.
        present: Whether the cut shows a face where one is expected; so do all that readers give.
        square_px: Left, top, right, bottom of the cut in the file's picture.
        traits: What is known of whom it shows, kind to group ("age": "40 to 59"); empty of most sources.
        keys: Name of each face in its source, for reports and predictions.
    """

    images_u8: UInt8[Tensor, "b h w 3"]
    points_px: Float[Tensor, "b n 2"]
    depth_px: Float[Tensor, "b n"]
    visible: Bool[Tensor, "b n"]
    present: Bool[Tensor, " b"]
    square_px: Float[Tensor, "b 4"]
    traits: tuple[Mapping[str, str], ...]
    keys: tuple[str, ...]


def px_of_file(points_px: Float[Tensor, "b n d"], square_px: Float[Tensor, "b 4"], size: int) -> Float[Tensor, "b n d"]:
    """Return places of cuts of `size` x `size`, or with d = 3 places and depths, in px of the files' pictures."""
    factor = (square_px[:, 2] - square_px[:, 0])[:, None, None] / size
    corner = torch.zeros_like(points_px[:, :1])
    corner[..., :2] = square_px[:, None, :2]
    return points_px * factor + corner
