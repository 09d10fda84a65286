"""`canthus predict`: what a network says of pictures whose truth nobody knows, into one JSON file.

`input` is a folder of pictures (png, jpg; what lies in folders inside it is not read), each one face that was cut out
already (task=pose) or one eye in MPIIGaze's normalised camera (task=gaze); or a data set in any format that `evaluate`
reads.  train/predicting.py has the file's content.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from omegaconf import MISSING
from torch import nn

from synth.errors import ConfigError
from train.checkpoint import load_network
from train.data.pose.gather import OnError
from train.data.read import Reader
from train.fitting import use_threads
from train.kinds import Kind
from train.kinds.gaze import Gaze
from train.kinds.known import kind_of
from train.kinds.pose import Pose
from train.page import write_predictions
from train.predicting import Predicted, predict_gaze, predict_pose
from train.ready import READY, ready_network

HELP = "tell the head pose or the gaze of pictures, with a network of yours or one that is ready"
CONFIG_NAME = "predict"
EXAMPLES = (
    "canthus predict task=pose input=faces predictions=pose.json",
    "canthus predict task=gaze input=eyes predictions=gaze.json on_error=skip",
    "canthus predict task=gaze weights=runs/eyes input=MPIIGaze.h5 predictions=gaze.json",
)


class Task(Enum):
    """What is told: the head's rotation, or the gaze of an eye."""

    pose = "pose"
    gaze = "gaze"


TASKS: dict[Task, tuple[type[Kind], Callable[[nn.Module, Path, Reader, OnError], Predicted]]] = {
    Task.pose: (Pose, predict_pose),
    Task.gaze: (Gaze, predict_gaze),
}


@dataclass
class PredictConfig:
    """Configuration of `canthus predict`.

    Attributes:
        task: pose or gaze.
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
    kind, predict = TASKS[config.task]
    path = ready_network(config.task.name) if config.weights == READY else Path(config.weights)
    trained = load_network(path)
    if not isinstance(found := kind_of(trained.name), kind):
        raise ConfigError(f"weights={config.weights}: {trained.name} tells the {found.noun}; task={config.task.name}")
    told = predict(trained.network, Path(config.input), config.reader, config.on_error)
    for line in (*told.remarks, *(f"skipped: {what}" for what in told.damaged)):
        print(f"{config.input}: {line}")
    said = f", {len(told.damaged)} skipped" if told.damaged else ""
    print(f"{config.input}: {len(told.by_name)} pictures told{said}; {trained.name}")
    write_predictions(Path(config.predictions), told.by_name)
