"""A batch of faces with their gaze: what every reader of such sets yields and every network of them is trained on.

Pictures are square, RGB, u8, all of one size: faces in the normalised camera of MPIIFaceGaze (f 1600 px, 1000 mm) and
ETH-XGaze (f 960 px, 600 mm), which show the same, 224 px in the originals.  Angles are [pitch, yaw] in radians in that
camera, `norm`, mode direction (g' = R g), +pitch up, +yaw to the left of the image (see synth/geometry/gaze.py and
normalisation.py).  The gaze begins at the centre of the face.

With `screen` the pictures are upright cuts of the frame itself, as iTracker takes them: a normalised face no longer
shows how the head is tilted in the frame, without which no point of a screen can be told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from adapt.screen import Screen


@dataclass(frozen=True)
class FaceGazeBatch:
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

    def __len__(self) -> int:
        """Return the number of faces."""
        return len(self.keys)

    def take(self, rows: Sequence[int] | Tensor) -> "FaceGazeBatch":
        """Return the faces of these rows, in this order."""
        index = torch.as_tensor(rows, dtype=torch.long)
        return FaceGazeBatch(
            images_u8=self.images_u8[index],
            head_pitch_yaw_rad=self.head_pitch_yaw_rad[index],
            gaze_pitch_yaw_rad=self.gaze_pitch_yaw_rad[index],
            keys=tuple(self.keys[i] for i in index.tolist()),
            screen=None if self.screen is None else self.screen.take(index),
        )

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "FaceGazeBatch":
        """Return the batch with its tensors on a device."""
        return replace(
            self,
            images_u8=self.images_u8.to(device, non_blocking=non_blocking),
            head_pitch_yaw_rad=self.head_pitch_yaw_rad.to(device, non_blocking=non_blocking),
            gaze_pitch_yaw_rad=self.gaze_pitch_yaw_rad.to(device, non_blocking=non_blocking),
            screen=None if self.screen is None else self.screen.to(device, non_blocking=non_blocking),
        )
