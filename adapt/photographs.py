"""Photographs of one's own as networks take them: from pictures, calibration and head pose to normalised batches.

    photographs     u8, RGB (h, w, 3) or grey (h, w), of any sizes, as the camera stored them: distorted, not mirrored
    cameras         K and distortion (adapt/camera.py), one for all photographs or one for each
    centre_cam      mean of the eye's two corners, or of the face's six points, metres in `cam`
    cam_from_head   R_h in MPIIGaze's head frame (synth.geometry.normalisation.face_triangle)
    gaze_cam        where it is known: target minus centre, or any other direction in `cam`

`aims` has the centres and R_h of a head whose rotation and place somebody knows, from six points of a face model.
What comes back has besides the batch the views, which take what a network tells of it back to `cam`:

    eyes = normalised_eyes(photographs, cameras, aim.right_cam, aim.cam_from_head, right=np.array([True]))
    told = network(to_network(eyes.pictures.images_u8), eyes.pictures.head_pitch_yaw_rad)
    gaze_cam = eyes.views.gaze_to_cam(told)

A photograph with a face and two eyes is given once for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from adapt.augment.levels import luma
from adapt.batch import Batch
from adapt.camera import Cameras
from adapt.face_gaze_batch import FaceGazeBatch
from adapt.gaze import head_pitch_yaw
from adapt.normalize import Views, virtual_views
from synth.errors import DataError
from synth.geometry.normalisation import MPIIFACEGAZE_FACE, MPIIGAZE_EYE, GazeMode, NormCamera, face_triangle

SIX = (36, 39, 42, 45, 48, 54)
"""Of iBUG's 68 points: the right eye's outer and inner corner, the left's inner and outer, the mouth's right and left.

MPIIGaze's head frame and centres are made of these.
"""

Photograph = UInt8[np.ndarray, "..."]
Pictures = TypeVar("Pictures", bound=Batch | FaceGazeBatch, covariant=True)


@dataclass(frozen=True)
class Aims:
    """What virtual cameras are aimed at, of b heads; centres in metres, "left" and "right" are the subject's."""

    cam_from_head: Float[np.ndarray, "b 3 3"]
    face_cam: Float[np.ndarray, "b 3"]
    right_cam: Float[np.ndarray, "b 3"]
    left_cam: Float[np.ndarray, "b 3"]


@dataclass(frozen=True)
class Normalised(Generic[Pictures]):
    """Normalised photographs.

    Attributes:
        pictures: What networks take; a gaze that nobody gave is NaN.
        views: The way back (`gaze_to_cam`, `head_to_cam`, `points_to_px`).
        covered: The share of each picture that its photograph shows; the rest repeats the photograph's edge.
    """

    pictures: Pictures
    views: Views
    covered: Float[Tensor, " b"]


def aims(
    six_m: Float[np.ndarray, "6 3"], rotation: Float[np.ndarray, "b 3 3"], translation_m: Float[np.ndarray, "b 3"]
) -> Aims:
    """Return the aims of heads in poses, as solvePnP or train.pnp.perspective finds them.

    Args:
        six_m: Points `SIX` of the face model, metres.
        rotation: From the model's frame, whichever it is, to `cam`.
        translation_m: The model's origin in `cam`.
    """
    right, left, mouth = six_m.reshape(3, 2, 3).mean(1)

    def placed(point_m: Float[np.ndarray, "3"]) -> Float[np.ndarray, "b 3"]:
        return rotation @ point_m + translation_m

    head = rotation @ face_triangle(right, left, mouth)
    return Aims(head, placed(six_m.mean(0)), placed(right), placed(left))


def normalised_eyes(
    photographs: Sequence[Photograph],
    cameras: Cameras,
    centre_cam: Float[np.ndarray, "b 3"],
    cam_from_head: Float[np.ndarray, "_ 3 3"],
    right: Bool[np.ndarray, " _"],
    gaze_cam: Float[np.ndarray, "_ 3"] | None = None,
    keys: tuple[str, ...] | None = None,
    mode: GazeMode = GazeMode.mpiigaze_2015,
) -> Normalised[Batch]:
    """Return eyes in MPIIGaze's camera (f 960 px, 600 mm, 60x36), grey, not equalised, right ones mirrored.

    Args:
        photographs: See the module, as for `cameras`, `centre_cam`, `cam_from_head` and `gaze_cam`.
        cameras: Of the photographs.
        centre_cam: Of the eyes.
        cam_from_head: Of the heads.
        right: The subject's right eyes.
        gaze_cam: Of the eyes.
        keys: Names of the eyes, "0", "1", ... if there are none.
        mode: Of the network that the eyes are for.

    Raises:
        DataError: A photograph is none, numbers differ, or a view is impossible (adapt/normalize.py).
    """
    views = virtual_views(centre_cam, cam_from_head, MPIIGAZE_EYE, mode, right)
    seen, covered = _seen(photographs, cameras, views)
    head, gaze = _labels(views, cam_from_head, gaze_cam)
    eyes = Batch(
        images_u8=_u8(luma(seen))[:, 0],
        head_pitch_yaw_rad=head,
        gaze_pitch_yaw_rad=gaze,
        right=views.mirrored,
        mirrored=views.mirrored,
        keys=_keys(keys, len(views)),
    )
    return Normalised(eyes, views, covered)


def normalised_faces(
    photographs: Sequence[Photograph],
    cameras: Cameras,
    centre_cam: Float[np.ndarray, "b 3"],
    cam_from_head: Float[np.ndarray, "_ 3 3"],
    gaze_cam: Float[np.ndarray, "_ 3"] | None = None,
    keys: tuple[str, ...] | None = None,
    camera: NormCamera = MPIIFACEGAZE_FACE,
) -> Normalised[FaceGazeBatch]:
    """Return faces in MPIIFaceGaze's camera (f 1600 px, 1000 mm, 224x224) or another, mode direction.

    Args:
        photographs: See the module, as for `cameras`, `centre_cam`, `cam_from_head` and `gaze_cam`.
        cameras: Of the photographs.
        centre_cam: Of the faces.
        cam_from_head: Of the heads.
        gaze_cam: From the faces' centres.
        keys: Names of the faces, "0", "1", ... if there are none.
        camera: XGAZE_FACE, or MPIIFaceGaze's of another size: NormCamera(1600 * w / 224, 1.0, w, w).

    Raises:
        DataError: A photograph is none, numbers differ, or a view is impossible (adapt/normalize.py).
    """
    views = virtual_views(centre_cam, cam_from_head, camera, GazeMode.direction)
    seen, covered = _seen(photographs, cameras, views)
    head, gaze = _labels(views, cam_from_head, gaze_cam)
    faces = FaceGazeBatch(_u8(seen).permute(0, 2, 3, 1).contiguous(), head, gaze, _keys(keys, len(views)))
    return Normalised(faces, views, covered)


def _seen(
    photographs: Sequence[Photograph], cameras: Cameras, views: Views
) -> tuple[Float[Tensor, "b 3 h w"], Float[Tensor, " b"]]:
    """Return levels of 0 to 255 that the views show, one photograph after the other as they differ in size."""
    if len(photographs) != len(views) or len(cameras) not in (1, len(views)):
        raise DataError(
            f"{len(photographs)} photographs, {len(cameras)} cameras, {len(views)} views: one each, or a camera"
        )
    for i, photograph in enumerate(photographs):
        if photograph.dtype != np.uint8 or photograph.ndim not in (2, 3) or photograph.shape[2:] not in ((), (3,)):
            raise DataError(f"photograph {i}: {photograph.dtype} of shape {photograph.shape}; expected u8, grey or RGB")
    each = cameras.take([0] * len(views)) if len(cameras) == 1 else cameras
    views.looks(each)  # refuses a view by its own number, before any work
    found = []
    for i, photograph in enumerate(photographs):
        image = torch.from_numpy(np.atleast_3d(photograph)).permute(2, 0, 1)[None].float()
        found.append(views.take([i]).pictures(image, each.take([i])))
    return torch.cat([seen.expand(-1, 3, -1, -1) for seen, _ in found]), torch.cat([share for _, share in found])


def _labels(
    views: Views, cam_from_head: Float[np.ndarray, "b 3 3"], gaze_cam: Float[np.ndarray, "_ 3"] | None
) -> tuple[Float[Tensor, "b 2"], Float[Tensor, "b 2"]]:
    """Return [pitch, yaw] of heads and gazes in `norm`, float32 as all batches have them."""
    head = head_pitch_yaw(views.head(torch.from_numpy(cam_from_head))).float()
    if gaze_cam is None:
        return head, torch.full_like(head, torch.nan)
    if len(gaze_cam) != len(views):
        raise DataError(f"{len(gaze_cam)} gazes, {len(views)} views: one each, or none")
    return head, views.gaze(torch.from_numpy(gaze_cam)).float()


def _u8(levels: Float[Tensor, "b c h w"]) -> UInt8[Tensor, "b c h w"]:
    return levels.round().clamp(0, 255).to(torch.uint8)


def _keys(keys: tuple[str, ...] | None, count: int) -> tuple[str, ...]:
    found = tuple(str(i) for i in range(count)) if keys is None else keys
    if len(found) != count:
        raise DataError(f"{len(found)} keys, {count} views: one each, or none")
    return found
