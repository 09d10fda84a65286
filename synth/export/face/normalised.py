"""A face in the normalised camera of a gaze set, and the gaze that the set would label it with.

The centre of a face is the mean of the eyes' four corners and the mouth's two; its rotation is that of MPIIGaze's head
frame (synth/geometry/normalisation.py).  The gaze goes from the centre to the target, mode direction: g' = R g.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from synth.export.face.faces import face_of
from synth.geometry.normalisation import GazeMode, Normalisation, NormCamera, normalise
from synth.sample import Sample

MOUTH_CORNERS = [48, 54]


@dataclass(frozen=True)
class NormalisedFace:
    """Where a normalised camera looks, and what it sees.

    Attributes:
        view: The normalisation; its `warp` takes px of the sample's picture to px of the normalised one.
        centre_cam: The face's centre, m.
        gaze_cam: From there to the target, m.
        norm_from_face: Rotation of MPIIGaze's head frame.
    """

    view: Normalisation
    centre_cam: Float[np.ndarray, "3"]
    gaze_cam: Float[np.ndarray, "3"]
    norm_from_face: Float[np.ndarray, "3 3"]

    @property
    def gaze_norm(self) -> Float[np.ndarray, "3"]:
        """The unit gaze in `norm`."""
        return self.view.gaze(self.gaze_cam, GazeMode.direction)


def normalised_face(sample: Sample, camera: NormCamera) -> NormalisedFace:
    """Return the face of a sample as a normalised camera sees it.

    Raises:
        DataError: The sample's picture holds no face, or a label is absent.
    """
    corners_cam = np.concatenate([sample.array(f"eyes.{side}.canthi_cam", 2, 3) for side in ("right", "left")])
    mouth_cam = face_of(sample).ibug68_cam[MOUTH_CORNERS]
    centre_cam = np.concatenate([corners_cam, mouth_cam]).mean(axis=0)
    cam_from_face = sample.array("cam_from_head", 4, 4)[:3, :3] @ sample.array("face_triangle_head", 3, 3)
    view = normalise(centre_cam, cam_from_face, sample.array("camera_matrix", 3, 3), camera)
    return NormalisedFace(
        view=view,
        centre_cam=centre_cam,
        gaze_cam=sample.array("target_cam", 3) - centre_cam,
        norm_from_face=view.head(cam_from_face),
    )
