"""A batch of normalised eyes: what every reader yields, every augmentation returns and every network is trained on.

Pictures are 60 wide and 36 high, grey, u8, as the camera gave them or already histogram-equalised by their set
(equalising again then changes next to nothing).  Angles are [pitch, yaw] in radians in `norm`, +pitch up, +yaw to the
left of the image (see synth/geometry/gaze.py).  Every eye is a left eye: a right one has been mirrored, its picture
flipped and both its yaws negated.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor


@dataclass(frozen=True)
class Batch:
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

    def __len__(self) -> int:
        """Return the number of eyes."""
        return len(self.keys)

    def take(self, rows: Sequence[int] | Tensor) -> "Batch":
        """Return the eyes of these rows, in this order."""
        index = torch.as_tensor(rows, dtype=torch.long)
        return Batch(
            images_u8=self.images_u8[index],
            head_pitch_yaw_rad=self.head_pitch_yaw_rad[index],
            gaze_pitch_yaw_rad=self.gaze_pitch_yaw_rad[index],
            right=self.right[index],
            mirrored=self.mirrored[index],
            keys=tuple(self.keys[i] for i in index.tolist()),
        )

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "Batch":
        """Return the batch with its tensors on a device."""
        return replace(
            self,
            images_u8=self.images_u8.to(device, non_blocking=non_blocking),
            head_pitch_yaw_rad=self.head_pitch_yaw_rad.to(device, non_blocking=non_blocking),
            gaze_pitch_yaw_rad=self.gaze_pitch_yaw_rad.to(device, non_blocking=non_blocking),
            right=self.right.to(device, non_blocking=non_blocking),
            mirrored=self.mirrored.to(device, non_blocking=non_blocking),
        )
