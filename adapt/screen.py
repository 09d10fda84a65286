"""Where on a screen somebody looks, and what a network is shown to tell it: iTracker's inputs.

The screen is the plane z = 0 of `cam`, in which a laptop's or phone's lens lies.  A point on it is told as GazeCapture
tells it (Krafka et al. 2016): centimetres from the lens, x to the right and y up as the subject sees them, so that

    target_cam = -(x, y, 0) / 100 metres        (x right in the picture and y down, as all of `cam`)

and x has the sign of a gaze's yaw, y that of its pitch.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor
from torch.nn import functional

from adapt.gaze import pitch_yaw_from_vector, vector_from_pitch_yaw
from adapt.rows import Rows

GRID = 25
"""Cells of the frame along either side."""


@dataclass(frozen=True)
class Screen(Rows):
    """What belongs to faces that look at a point of a screen.

    Attributes:
        left_u8: The subject's left eye, an upright square cut out of the frame, RGB.
        right_u8: The right one.
        grid: Which cells of the frame, row by row, the face covers.
        point_cm: What is looked at.
        centre_cam_m: The face's centre, where the gaze begins.
        norm_from_cam: R of the face's normalisation (synth/geometry/normalisation.py).
    """

    left_u8: UInt8[Tensor, "b h w 3"]
    right_u8: UInt8[Tensor, "b h w 3"]
    grid: Bool[Tensor, "b 25 25"]
    point_cm: Float[Tensor, "b 2"]
    centre_cam_m: Float[Tensor, "b 3"]
    norm_from_cam: Float[Tensor, "b 3 3"]

    def mirrored(self, chosen: Bool[Tensor, " b"]) -> "Screen":
        """Return the same with the chosen faces as in a mirror: left and right change places, the pictures apart.

        The eyes' cuts change places and are not flipped here: pictures are changed by adapt/augment/faces.py.
        """
        sign = self.point_cm.new_tensor([-1.0, 1.0, 1.0])
        one, three = chosen[:, None], chosen[:, None, None]
        four = chosen[:, None, None, None]
        return Screen(
            left_u8=torch.where(four, self.right_u8, self.left_u8),
            right_u8=torch.where(four, self.left_u8, self.right_u8),
            grid=torch.where(three, self.grid.flip(-1), self.grid),
            point_cm=torch.where(one, self.point_cm * sign[:2], self.point_cm),
            centre_cam_m=torch.where(one, self.centre_cam_m * sign, self.centre_cam_m),
            norm_from_cam=torch.where(three, sign[:, None] * self.norm_from_cam * sign, self.norm_from_cam),
        )


def gaze_of_point(point_cm: Float[Tensor, "b 2"], screen: Screen) -> Float[Tensor, "b 2"]:
    """Return the gaze's [pitch, yaw] in `norm`, mode direction, of who looks from the face's centre at a point."""
    target_cam_m = functional.pad(-point_cm / 100, (0, 1))
    gaze_cam = target_cam_m - screen.centre_cam_m
    return pitch_yaw_from_vector(torch.einsum("bij,bj->bi", screen.norm_from_cam, gaze_cam))


def point_of_gaze(gaze_pitch_yaw_rad: Float[Tensor, "b 2"], screen: Screen) -> Float[Tensor, "b 2"]:
    """Return where a gaze from the face's centre meets the screen, cm; inf or NaN where it never does."""
    gaze_cam = torch.einsum("bji,bj->bi", screen.norm_from_cam, vector_from_pitch_yaw(gaze_pitch_yaw_rad))
    length = screen.centre_cam_m[:, 2] / -gaze_cam[:, 2]
    length = torch.where(length > 0, length, torch.inf)
    return -100 * (screen.centre_cam_m + length[:, None] * gaze_cam)[:, :2]
