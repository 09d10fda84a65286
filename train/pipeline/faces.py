"""What is told of a face, and the same as JSON.

    {"NAME": [{"box", "score", "landmarks68", "landmarks478", "R", "yaw_pitch_roll_deg", "gaze_pitch_yaw_rad",
               "attributes"}, ...]}

    box                 left, top, right, bottom, continuous px: (0, 0) is the corner of the first pixel
    score               of the detector, 0 to 1; of a tracked face, its last one
    landmarks68         iBUG's [x, y]; landmarks478 MediaPipe's [x, y, z]; px by integer centres, as `predict
                        task=landmarks` has them; z in the same unit, larger away from the lens
    R                   rows of the head's rotation against the line of sight to it, as `predict task=pose` has them
    gaze_pitch_yaw_rad  of the mean of both eyes' gazes in `cam`: how the eyes look past or into the lens, wherever in
                        the frame they are; +pitch up, +yaw to the left of the picture

    attributes          {name: probability} of CelebA's that its network has learnt, as `predict task=attributes`

Every face has every key; null is what was not told of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from synth.geometry.gaze import pitch_yaw_from_vector
from train.measure.face_landmark_evaluation import Told, prediction_file
from train.measure.pose_evaluation import rotation_file

KEYS = (
    "box",
    "score",
    "landmarks68",
    "landmarks478",
    "R",
    "yaw_pitch_roll_deg",
    "gaze_pitch_yaw_rad",
    "attributes",
)
Box = Float[np.ndarray, "4"]


@dataclass(frozen=True)
class Place:
    """Where a head is, by its landmarks and the mean head (place.py).

    Attributes:
        cam_from_head: Its rotation in `cam`.
        origin_cam_m: The origin of `head` in `cam`.
        misfit: Root mean square of how far the landmarks lie from the head's, over the square root of w h of their box.
    """

    cam_from_head: Float[np.ndarray, "3 3"]
    origin_cam_m: Float[np.ndarray, "3"]
    misfit: float


@dataclass(frozen=True)
class Sight:
    """How both eyes look, the subject's right one first.

    Attributes:
        centre_cam_m: The middles of the eyes' corners.
        centre_px: The same in the frame.
        gaze_cam: Unit vectors.
        eyes_u8: What the network was shown, not equalised; the right eye as the left one of a mirror image.
    """

    centre_cam_m: Float[np.ndarray, "2 3"]
    centre_px: Float[np.ndarray, "2 2"]
    gaze_cam: Float[np.ndarray, "2 3"]
    eyes_u8: UInt8[np.ndarray, "2 36 60"]

    @property
    def mean_cam(self) -> Float[np.ndarray, "3"]:
        """The mean gaze of both eyes, a unit vector."""
        mean = self.gaze_cam.mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean))


@dataclass(frozen=True)
class Face:
    """A face in a frame, px of the frame.

    Attributes:
        box_px: As the detector tells it, or as the landmarks of the frame before do.
        score: Of the detector.
        points_px: iBUG's points.
        mesh_px: MediaPipe's points with depths, of a network that tells them.
        present: Probability that the landmarks are those of a face, of a network that tells it.
        rotation: Of the head, against the line of sight.
        place: Of the head.
        sight: Of the eyes.
        attributes: How probable each is, of those that were learnt.
        causes: Why something of these is None.
    """

    box_px: Box
    score: float
    points_px: Float[np.ndarray, "68 2"] | None = None
    mesh_px: Float[np.ndarray, "478 3"] | None = None
    present: float | None = None
    rotation: Float[np.ndarray, "3 3"] | None = None
    place: Place | None = None
    sight: Sight | None = None
    attributes: Mapping[str, float] | None = None
    causes: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return what is told, by `KEYS`."""
        found: dict[str, Any] = dict.fromkeys(KEYS)
        found |= {"box": self.box_px.round(3).tolist(), "score": round(self.score, 6)}
        if self.points_px is not None:
            mesh = None if self.mesh_px is None else self.mesh_px[None]
            found |= prediction_file(Told(self.points_px[None], mesh), ("",))[""]
        if self.rotation is not None:
            found |= rotation_file(self.rotation[None], ("",))[""]
        if self.sight is not None:
            found["gaze_pitch_yaw_rad"] = pitch_yaw_from_vector(self.sight.mean_cam).round(6).tolist()
        if self.attributes is not None:
            found["attributes"] = dict(self.attributes)
        return found


def json_of(faces: Sequence[Face]) -> list[dict[str, Any]]:
    """Return the faces of a frame as its JSON has them."""
    return [face.to_json() for face in faces]
