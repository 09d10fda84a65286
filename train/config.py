"""Schemas of `fit` and `evaluate`: a misspelt key or an impossible value stops a verb before any work."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from adapt.augment.strengths import Strengths
from adapt.unlabelled.recipe import Adaptation, Method
from synth.errors import ConfigError
from synth.export.face.pose import HeadPose
from synth.geometry.normalisation import GazeMode
from train.data.detection.shards import Box
from train.data.persons import PersonsConfig
from train.data.portion import Portion
from train.data.read import Reader
from train.data.shards import Axis
from train.data.sift import OnError
from train.fitting import Precision
from train.start import PUBLISHED
from train.tasks.averaged import Loss, Schedule

LEAST = {"epochs": 1, "batch_size": 2, "devices": 1, "nodes": 1, "workers": 0, "threads": 0}
"""Of numbers that count something in `trainer`."""
FACE_PX = 64
"""Side of the faces that `batch_size` of `evaluate` is a number of."""


@dataclass
class LabelsConfig:
    """What is the label of a picture of our own shards; other sets come with theirs.

    Attributes:
        gaze_mode: Of an eye: how its gaze is brought into the normalised frame (see synth/geometry/normalisation.py).
        axis: Of an eye: visual or optical.
        pose: Of a head: its rotation against the line of sight, or as it is in the camera (train/data/pose/shards.py).
        box: Of a picture for detectors: face (forehead to chin) or head (train/data/detection/shards.py).
    """

    gaze_mode: GazeMode = GazeMode.mpiigaze_2015
    axis: Axis = Axis.visual
    pose: HeadPose = HeadPose.sight
    box: Box = Box.face


@dataclass
class TrainerConfig:
    """How a network is trained.

    Attributes:
        epochs: Passes over the training eyes.
        batch_size: Pictures a step, of all devices together.
        learning_rate: The largest, of AdamW.
        weight_decay: Of AdamW.
        schedule: one_cycle, cosine or constant.
        loss: Of an eye's gaze, with or without landmarks: l1, mse or angular; networks of faces have their own.
        average_decay: Of the moving average of the weights that is saved; 0 is no averaging.
        frozen: Whether only the last layers are trained, from `init`; train/models/frozen.py says which.
        validation: Part of the corpus that is kept for validation, never trained on.
        precision: single, or bf16 or fp16 for what of a network can do with it: on GPUs, and on CPUs that have it,
            faster; weights stay single.
        accelerator: cpu, gpu, or auto for whichever is there.
        devices: GPUs of each machine that train together (of accelerator cpu, processes).
        nodes: Machines; each runs the same command, started by torchrun or Slurm or with Lightning's environment.
        workers: Processes that read a stream, for each device; 0 reads between the steps.
        threads: CPU threads of torch; 0 leaves it to torch. Pictures are changed by one more thread.
        progress: Whether a progress bar is drawn.
    """

    epochs: int = 30
    batch_size: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    schedule: Schedule = Schedule.one_cycle
    loss: Loss = Loss.l1
    average_decay: float = 0.998
    frozen: bool = False
    validation: float = 0.1
    precision: Precision = Precision.single
    accelerator: str = "auto"
    devices: int = 1
    nodes: int = 1
    workers: int = 0
    threads: int = 0
    progress: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be trained with."""
        for name, low in LEAST.items():
            if getattr(self, name) < low:
                raise ConfigError(f"{name}={getattr(self, name)}: at least {low}")
        if not 0 < self.learning_rate < 1:
            raise ConfigError(f"learning_rate={self.learning_rate}: between 0 and 1")
        if not 0 <= self.weight_decay < 10:
            raise ConfigError(f"weight_decay={self.weight_decay}: at least 0, below 10")
        for name in ("average_decay", "validation"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name}={getattr(self, name)}: at least 0, below 1")
        if self.accelerator not in ("auto", "cpu", "gpu"):
            raise ConfigError(f"accelerator={self.accelerator}: one of auto, cpu, gpu")
        if self.batch_size % self.processes:
            raise ConfigError(
                f"batch_size={self.batch_size}: no multiple of {self.devices} devices on {self.nodes} nodes"
            )

    @property
    def processes(self) -> int:
        """How many train together."""
        return self.devices * self.nodes


@dataclass
class FitConfig:
    """Configuration of `canthus fit`.

    Attributes:
        data: Where the eyes or faces are, usually a folder of shards.
        stream: Read shards as they are needed rather than into memory; `data` may then be a URL.
        out: Folder of the run; one that holds an unfinished run of this configuration is continued.
        seed: Of everything random.
        reader: The format of `data`; auto looks.
        on_error: What a damaged picture does: stop, or skip, which leaves it out and tells of it in fit.json.
        persons: Whose eyes or faces are trained on, of sets that tell persons apart.
        labels: What is the gaze.
        init: What the network starts from: a run's folder, a network.pt, or a published backbone's .pth or .tar
            (train/start.py); null for random weights.
        init_share: How much of the starting weights is mixed into those that were learnt (train/start.py).
        portion: all, or the first or the second half of the persons, or of the one person's time
            (train/data/portion.py).
        samples: How many pictures, drawn by the seed from those to train on; 0 leaves `init` as it is, null is all.
        model: `name` of a network and its options (group `model`).
        augment: How strongly pictures are changed (group `augment`).
        adaptation: To which unlabelled real pictures the network is adapted, and how (group `adaptation`).
        trainer: How it is trained (group `trainer`).
    """

    data: str = MISSING
    out: str = MISSING
    stream: bool = False
    seed: int = 0
    reader: Reader = Reader.auto
    on_error: OnError = OnError.stop
    persons: PersonsConfig = field(default_factory=PersonsConfig)
    labels: LabelsConfig = field(default_factory=LabelsConfig)
    init: str | None = None
    init_share: float = 0.0
    portion: Portion = Portion.all
    samples: int | None = None
    model: dict[str, Any] = MISSING
    augment: Strengths = field(default_factory=Strengths)
    adaptation: Adaptation = field(default_factory=Adaptation)
    trainer: TrainerConfig = field(default_factory=TrainerConfig)

    def __post_init__(self) -> None:
        """Refuse a seed that numpy does not take, and a start from nothing that must be something."""
        if self.seed < 0:
            raise ConfigError(f"seed={self.seed}: at least 0")
        if self.stream and (self.reader not in (Reader.auto, Reader.shards) or not self.persons.everything):
            raise ConfigError("stream=true: reads our own shards, whose persons are not told apart")
        if self.stream and self.on_error is OnError.skip:
            raise ConfigError("on_error=skip: a stream (stream=true) stops at what is damaged")
        if self.stream and (self.portion is not Portion.all or self.samples is not None):
            raise ConfigError("stream=true: is trained on as a whole; portion and samples are of pictures in memory")
        if self.samples is not None and (self.samples < 0 or self.samples == 1):
            raise ConfigError(f"samples={self.samples}: at least 2, or 0 for none, or null for all")
        if self.samples == 0 and (self.init is None or Path(self.init).suffix in PUBLISHED):
            raise ConfigError("samples=0: leaves a network as it is; give init=RUN, a whole network")
        if not 0 <= self.init_share < 1:
            raise ConfigError(f"init_share={self.init_share}: at least 0 and below 1")
        if self.init_share and (self.init is None or Path(self.init).suffix in PUBLISHED):
            raise ConfigError(f"init_share={self.init_share}: of a whole network; give init=RUN")
        if self.trainer.frozen and self.init is None:
            raise ConfigError("trainer.frozen=true: would keep random weights; give init=...")
        if self.samples == 0 and self.adaptation.stepping:
            raise ConfigError(f"samples=0: takes no step, of which adaptation={self.adaptation.method.name} is a part")
        if self.adaptation.method is not Method.none and self.trainer.processes > 1:
            raise ConfigError(f"adaptation={self.adaptation.method.name}: trains in one process")


@dataclass
class EvaluateConfig:
    """Configuration of `canthus evaluate`.

    Attributes:
        checkpoint: Folder of a run or its network.pt; a list, all of one kind, is measured one by one and as an
            ensemble.
        data: Where the eyes are, or the faces for networks of faces.
        out: Folder of the report; nothing is written to it when null.
        reader: The format of `data`; auto looks.
        on_error: What a damaged picture does: stop, or skip, which leaves it out and tells of it in the report.
        persons: Whose eyes or faces are measured on, of sets that tell persons apart.
        reduced: How many times coarser than 224 pixels across faces are shown; 1 shows them as they are cut.
        labels: What is the gaze or the rotation of our own shards.
        beside: A folder of shards whose eyes the report shows beside those of `data`; null for none.
        predictions: A JSON file to write {name: {"gaze_pitch_yaw_rad": [pitch, yaw]}} to, with "landmarks_px" of
            networks that tell them, or of heads {name: {"R": rows of cam_from_head, "yaw_pitch_roll_deg": [yaw, pitch,
            roll]}}, or of detectors {name: [{"box": [left, top, right, bottom], "score", "points5"}, ...]}, or of what
            faces look like {name: {"attributes": {attribute: probability}}}, or of who it is {name: {"embedding":
            [...]}}; null for none.
        batch_size: Eyes or faces of 64x64 at once; of larger faces, as many pixels.
        threads: CPU threads of torch; 0 leaves it to torch.
    """

    checkpoint: Any = MISSING
    data: str = MISSING
    out: str | None = None
    reader: Reader = Reader.auto
    on_error: OnError = OnError.stop
    persons: PersonsConfig = field(default_factory=PersonsConfig)
    reduced: float = 1.0
    labels: LabelsConfig = field(default_factory=LabelsConfig)
    beside: str | None = None
    predictions: str | None = None
    batch_size: int = 512
    threads: int = 0

    def __post_init__(self) -> None:
        """Refuse what names no network, and a run without a result."""
        names = self.checkpoint if isinstance(self.checkpoint, list) else [self.checkpoint]
        if not names or not all(isinstance(name, str) and name for name in names):
            raise ConfigError(f"checkpoint={self.checkpoint}: name a run's folder, or several as [a,b]")
        if self.out is None and self.predictions is None:
            raise ConfigError("out=null: give out=FOLDER for a report, or predictions=FILE.json, or both")
        if self.batch_size < 1:
            raise ConfigError(f"batch_size={self.batch_size}: at least 1")
        if not 1 <= self.reduced <= 56:
            raise ConfigError(f"reduced={self.reduced}: from 1 to 56 times (4 pixels across)")

    def faces_at_once(self, side: int) -> int:
        """Return how many faces of `side` x `side` have as many pixels as `batch_size` of 64x64."""
        return max(self.batch_size * FACE_PX**2 // side**2, 1)
