"""`canthus predict`: what a network says of pictures whose truth nobody knows, into one JSON file.

`input` is a folder of pictures (png, jpg; what lies in folders inside it is not read), or a data set in any format that
`evaluate` reads.  A picture is

    task=pose                   one face that was cut out already, or a whole picture with the .mat of 300W-LP or
                                AFLW2000 beside it; every one is answered, however its head is turned
    task=gaze, eye_landmarks    one eye in MPIIGaze's normalised camera
    task=face_gaze              one face in the normalised camera of MPIIFaceGaze or ETH-XGaze
    task=landmarks, attributes, identity
                                one face that was cut out already, as train/data/face_marks/square.py cuts it
    task=detection              any photograph

and its name, with the ending, is the key of what is told of it, which is what `predictions=` of `evaluate` has:

    pose             {"R": rows of `cam_from_head`, "yaw_pitch_roll_deg": [yaw, pitch, roll]}
    gaze, face_gaze  {"gaze_pitch_yaw_rad": [pitch, yaw]}, in `norm`, of the picture as its file holds it
    landmarks        {"landmarks68": [[x, y], ...]}, px of the picture by integer centres, of a mesh also "landmarks478"
                     (with z) and "face" (train/measure/face_landmark_evaluation.py)
    attributes       {"attributes": {name: probability}}, of CelebA's those that the network has learnt
    identity         {"embedding": [...]}, of length 1, to be compared by its cosine
    eye_landmarks    the same as gaze and "landmarks_px", px of the network's picture (train/measure/eye_evaluation.py)
    detection        [{"box": [left, top, right, bottom], "score": 0 to 1, "points5": five [x, y]}, ...], the best
                     first, px of the file's picture, (0, 0) the corner of the first; no points5 of a network that
                     tells none
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from omegaconf import MISSING

from synth.errors import ConfigError
from train.checkpoint import load_network
from train.data.read import Reader
from train.data.sift import OnError
from train.fitting import use_threads
from train.kinds.known import kind_of
from train.measure.page import write_predictions
from train.ready import READY, ready_network

HELP = "tell what a network says of pictures, one of yours or one that is ready"
CONFIG_NAME = "predict"
EXAMPLES = (
    "canthus predict task=pose input=faces predictions=pose.json",
    "canthus predict task=gaze input=eyes predictions=gaze.json on_error=skip",
    "canthus predict task=gaze weights=runs/eyes input=MPIIGaze.h5 predictions=gaze.json",
)


class Task(Enum):
    """What is told: the `task_name` of a kind of network (train/kinds)."""

    pose = "pose"
    gaze = "gaze"
    eye_landmarks = "eye_landmarks"
    face_gaze = "face_gaze"
    landmarks = "landmarks"
    detection = "detection"
    attributes = "attributes"
    identity = "identity"


@dataclass
class PredictConfig:
    """Configuration of `canthus predict`.

    Attributes:
        task: pose (of heads), gaze (of eyes), eye_landmarks (with the gaze), face_gaze, landmarks, attributes or
            identity (of faces), or detection.
        weights: `ready` for the network that comes with the package, or a run's folder, or its network.pt.
        input: A folder of pictures, or a data set.
        predictions: The JSON file to write.
        reader: The format of `input`; auto looks.
        on_error: What a picture that cannot be read does: stop, or skip, which counts and names them.
        threads: CPU threads of torch; 0 leaves it to torch.
    """

    task: Task = MISSING
    weights: str = READY
    input: str = MISSING
    predictions: str = MISSING
    reader: Reader = Reader.auto
    on_error: OnError = OnError.stop
    threads: int = 0

    def __post_init__(self) -> None:
        """Refuse a number of threads that there cannot be."""
        if self.threads < 0:
            raise ConfigError(f"threads={self.threads}: at least 0")


CONFIG = PredictConfig


def run(config: PredictConfig) -> None:
    """Predict, and tell of what was left out."""
    use_threads(config.threads)
    path = ready_network(config.task.name) if config.weights == READY else Path(config.weights)
    trained = load_network(path)
    kind = kind_of(trained.name)
    if kind.task_name != config.task.name:
        raise ConfigError(f"weights={config.weights}: {trained.name} tells the {kind.noun}; task={config.task.name}")
    told = kind.predicted(trained.network, Path(config.input), config.reader, config.on_error)
    for line in (*told.remarks, *(f"skipped: {what}" for what in told.damaged)):
        print(f"{config.input}: {line}")
    said = f", {len(told.damaged)} skipped" if told.damaged else ""
    print(f"{config.input}: {len(told.by_name)} pictures told{said}; {trained.name}")
    write_predictions(Path(config.predictions), told.by_name)
