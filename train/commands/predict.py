"""`canthus predict`: what networks say of pictures whose truth nobody knows.

task=all takes a picture, a folder of them, a video or a camera, finds the faces and tells landmarks, head pose and gaze
of each (train/pipeline): as JSON (train/pipeline/faces.py), drawn into pictures or a video, or in a window.

Every other task is one network's.  `input` is then a folder of pictures (png, jpg; what lies in folders inside it is
not read), or a data set in any format that `evaluate` reads.  A picture is

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

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from omegaconf import MISSING

from synth.errors import ConfigError
from train.data.read import Reader
from train.data.sift import OnError
from train.fitting import use_threads
from train.kinds.known import KINDS, load_for
from train.measure.page import write_predictions
from train.pipeline.config import FacesConfig, NetworksConfig, looker_of
from train.pipeline.frames import source_of
from train.pipeline.run import Wanted, run_through
from train.ready import READY, ready_network

HELP = "tell what a network says of pictures, one of yours or one that is ready"
CONFIG_NAME = "predict"
EXAMPLES = (
    "canthus predict input=photo.jpg predictions=faces.json drawn=out/drawn",
    "canthus predict input=video.mp4 drawn=out/drawn.mp4",
    "canthus predict input=0",
    "canthus predict task=pose input=faces predictions=pose.json",
    "canthus predict task=gaze input=eyes predictions=gaze.json on_error=skip",
    "canthus predict task=gaze weights=runs/eyes input=MPIIGaze.h5 predictions=gaze.json",
)


class Task(Enum):
    """What is told: all of faces, or the `task_name` of a kind of network (train/kinds)."""

    all = "all"
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
        task: all, pose (of heads), gaze (of eyes), eye_landmarks (with the gaze), face_gaze, landmarks, attributes or
            identity (of faces), or detection.
        weights: `ready` for what comes with the package, or a run's folder, or its network.pt; of task=all a folder
            with detection.pt, landmarks.pt, pose.pt and gaze.pt.
        input: A folder of pictures, or a data set; of task=all a picture, a folder, a video or a camera's number.
        predictions: The JSON file to write; null with task=all for none.
        reader: The format of `input`; auto looks.
        on_error: What a picture that cannot be read does: stop, or skip, which counts and names them; null is skip with
            task=all, stop with the others.
        threads: CPU threads of torch; 0 leaves it to torch.
        drawn: With task=all, a folder for drawn pictures or a video file; null for none.
        live: With task=all, whether a window shows the frames (train/pipeline/live.py has its keys).
        frames: With task=all, after how many to stop; null for all.
        networks: With task=all, networks in place of those of `weights`.
        faces: With task=all, how faces are found.
    """

    task: Task = Task.all
    weights: str = READY
    input: str = MISSING
    predictions: str | None = None
    reader: Reader = Reader.auto
    on_error: OnError | None = None
    threads: int = 0
    drawn: str | None = None
    live: bool = False
    frames: int | None = None
    networks: NetworksConfig = field(default_factory=NetworksConfig)
    faces: FacesConfig = field(default_factory=FacesConfig)

    def __post_init__(self) -> None:
        """Refuse a number that there cannot be, and what has no use or no result."""
        if self.threads < 0:
            raise ConfigError(f"threads={self.threads}: at least 0")
        if self.frames is not None and self.frames < 1:
            raise ConfigError(f"frames={self.frames}: at least 1, or null for all")
        if self.task is Task.all:
            if self.reader is not Reader.auto:
                raise ConfigError(f"reader={self.reader.name}: task=all reads pictures, videos and cameras")
            if self.predictions is None and self.drawn is None and not self.shows:
                raise ConfigError("predictions=null: give predictions=FILE.json, drawn=FOLDER, or live=true")
            return
        if self.predictions is None:
            raise ConfigError(f"predictions=null: task={self.task.name} needs a file to write, FILE.json")
        plain = {"drawn": None, "live": False, "frames": None, "networks": NetworksConfig(), "faces": FacesConfig()}
        if used := [name for name, value in plain.items() if getattr(self, name) != value]:
            raise ConfigError(f"{used[0]}: is for task=all, not for task={self.task.name}")

    @property
    def shows(self) -> bool:
        """Whether frames are shown in a window: those of a camera also where nothing else was asked for."""
        nothing_else = self.predictions is None and self.drawn is None
        return self.live or (nothing_else and self.input.isdecimal())


CONFIG = PredictConfig


def run(config: PredictConfig) -> None:
    """Predict, and tell of what was left out."""
    use_threads(config.threads)
    if config.task is Task.all:
        _run_all(config)
    else:
        _run_one(config, config.task.name, Path(config.predictions or ""))


def _run_all(config: PredictConfig) -> None:
    """Look at the frames of a source with all four networks."""
    lens, source = config.faces.lens, source_of(config.input)
    looker, names = looker_of(config.networks, config.weights, config.faces)
    wanted = Wanted(
        predictions=None if config.predictions is None else Path(config.predictions),
        drawn=config.drawn,
        live=config.shows,
        frames=config.frames,
        on_error=config.on_error or OnError.skip,
    )
    print(f"{config.input}: {names}")
    for line in run_through(looker, source, lens, config.faces.every, wanted).lines():
        print(f"{config.input}: {line}")


def _run_one(config: PredictConfig, task: str, predictions: Path) -> None:
    """Show pictures to one network."""
    path = ready_network(task) if config.weights == READY else Path(config.weights)
    trained = load_for(task, path)
    kind = next(kind for kind in KINDS if kind.task_name == task)
    on_error = config.on_error or OnError.stop
    told = kind.predicted(trained.network, Path(config.input), config.reader, on_error)
    for line in (*told.remarks, *(f"skipped: {what}" for what in told.damaged)):
        print(f"{config.input}: {line}")
    said = f", {len(told.damaged)} skipped" if told.damaged else ""
    print(f"{config.input}: {len(told.by_name)} pictures told{said}; {trained.name}")
    write_predictions(predictions, told.by_name)
