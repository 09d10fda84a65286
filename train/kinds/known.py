"""All kinds of network, and which one a network is of."""

from pathlib import Path

from synth.errors import ConfigError
from train.checkpoint import Trained, load_network
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


def load_for(task: str, path: Path, key: str = "weights") -> Trained:
    """Return the network in a file, or in the folder of a run, which is for a task.

    Args:
        task: The `task_name` of a kind.
        path: Of the network.
        key: Of the configuration that names it, for messages.

    Raises:
        ConfigError: It is for another task.
        DataError: There is none, or it is damaged.
    """
    trained = load_network(path)
    if (kind := kind_of(trained.name)).task_name != task:
        raise ConfigError(f"{key}={path}: {trained.name} tells the {kind.noun}; task={task}")
    return trained
