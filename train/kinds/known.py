"""All kinds of network, and which one a network is of."""

from train.kinds import Kind
from train.kinds.attributes import Attributes
from train.kinds.detection import Detection
from train.kinds.eye_landmarks import EyeLandmarks
from train.kinds.face_gaze import FaceGaze
from train.kinds.face_landmarks import FaceLandmarks
from train.kinds.gaze import Gaze
from train.kinds.identity import Identity
from train.kinds.pose import Pose

KINDS: tuple[Kind, ...] = (
    *(Gaze(), EyeLandmarks(), FaceGaze(), Pose(), FaceLandmarks(), Detection()),
    *(Attributes(), Identity()),
)


def kind_of(name: str) -> Kind:
    """Return the kind of the network with this name, which `train.models.build.build` knows."""
    return next(kind for kind in KINDS if name in kind.networks)
