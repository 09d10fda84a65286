"""The gaze of both eyes of a face in `cam`: through the normalised camera of docs/normalisation.md, and back.

Each eye's view is aimed along the ray through the middle of its two corners in the picture, at the depth that the
fitted head has there: an error of the mean head moves no eye out of its view, only its distance.  The head's axes are
those of the fitted head, as in MPIIGaze's own protocol.

The way back is that of directions, g = R^T g', although the networks learn labels of MPIIGaze's mode, unit(S R g): that
mode has the distance in it, which no picture of an eye shows.  A network tells the mean over its corpus, people at 0.35
to 0.8 m, 0.58 in the middle, where S is about 1 (d_n is 0.6 m).  To undo the S of one face would double the angles of
who sits at 0.3 m, or is taken to, by a guessed camera.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import nn

from adapt.batch import Batch
from adapt.camera import Cameras
from adapt.normalize import Views
from adapt.photographs import SIX, aims, normalised_eyes
from adapt.rows import joined
from synth.errors import DataError
from synth.geometry.normalisation import GazeMode
from train.measure.gaze_evaluation import predictions_of
from train.pipeline.faces import Place, Sight
from train.pipeline.lens import shifted
from train.pipeline.opening import Rgb
from train.pnp import mean_head_m

LEAST_SHOWN = 0.75
"""Share of an eye's view that the frame must show."""
MARGIN = 2.0
"""Distances between the outer corners that a piece of the frame has on all sides: more than any view shows."""


@dataclass(frozen=True)
class Eyes:
    """Both eyes of a face, normalised, the subject's right one first."""

    pictures: Batch
    views: Views
    centre_cam_m: Float[np.ndarray, "2 3"]
    centre_px: Float[np.ndarray, "2 2"]


def eyes_of(
    picture: Rgb,
    points_px: Float[np.ndarray, "68 2"],
    plane: Float[np.ndarray, "68 2"],
    place: Place,
    camera: Cameras,
) -> Eyes | str:
    """Return the normalised eyes of a face, or why there are none.

    Args:
        picture: The frame.
        points_px: iBUG's points in it.
        plane: The same on the plane z = 1 of `cam`.
        place: Of the head.
        camera: Of the frame.
    """
    model = mean_head_m()[list(SIX)]
    aim = aims(model, place.cam_from_head[None], place.origin_cam_m[None])
    middles = plane[list(SIX)].reshape(3, 2, 2).mean(axis=1)[:2]
    depth_m = np.concatenate([aim.right_cam[:, 2], aim.left_cam[:, 2]])
    centres = np.concatenate([middles, np.ones((2, 1))], axis=1) * depth_m[:, None]
    at_px = points_px[list(SIX)].reshape(3, 2, 2).mean(axis=1)[:2]
    piece, corner = _piece(picture, points_px)
    if piece.size == 0:
        return "eyes outside of the picture"
    try:
        found = normalised_eyes(
            [piece, piece],
            shifted(camera, corner),
            centres,
            aim.cam_from_head.repeat(2, axis=0),
            right=np.array([True, False]),
            mode=GazeMode.direction,
        )
    except DataError:
        return "no view of the eyes"
    if found.covered.min() < LEAST_SHOWN:
        return "eyes outside of the picture"
    return Eyes(found.pictures, found.views, centres, at_px)


def _piece(
    picture: Rgb, points_px: Float[np.ndarray, "68 2"]
) -> tuple[UInt8[np.ndarray, "top_to_bottom left_to_right 3"], Float[np.ndarray, "2"]]:
    """Return what of a frame lies about the eyes, and where it begins: a large photograph is not resampled whole."""
    corners = points_px[list(SIX[:4])]
    reach = MARGIN * max(float(np.ptp(corners, axis=0).max()), 1.0)
    size = np.array(picture.shape[1::-1])
    low = np.floor(corners.min(axis=0) - reach).clip(0, size).astype(int)
    high = np.ceil(corners.max(axis=0) + reach).clip(0, size).astype(int)
    return picture[low[1] : high[1], low[0] : high[0]], low.astype(np.float64)


def sights_of(network: nn.Module, eyes: Sequence[Eyes]) -> list[Sight]:
    """Return what a network of an eye's gaze tells of faces; all their eyes are shown to it at once."""
    if not eyes:
        return []
    told = torch.from_numpy(predictions_of(network, joined([one.pictures for one in eyes])))
    return [
        Sight(
            centre_cam_m=one.centre_cam_m,
            centre_px=one.centre_px,
            gaze_cam=one.views.gaze_to_cam(told[2 * i : 2 * i + 2]).numpy(),
            eyes_u8=one.pictures.images_u8.numpy(),
        )
        for i, one in enumerate(eyes)
    ]
