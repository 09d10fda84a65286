"""Schemas of `fit` and `evaluate`: a misspelt key or an impossible value stops a verb before any work."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from adapt.strengths import Strengths
from synth.errors import ConfigError
from synth.export.face.pose import HeadPose
from synth.geometry.normalisation import GazeMode
from train.data.portion import Portion
from train.data.read import Reader
from train.data.shards import Axis
from train.start import PUBLISHED
from train.tasks.averaged import Loss, Schedule


@dataclass
class LabelsConfig:
    """What is the label of a picture of our own shards; other sets come with theirs.

    Attributes:
        gaze_mode: How a gaze is brought into the normalised frame (see synth/geometry/normalisation.py).
        axis: visual or optical.
        pose: Of a head: its rotation against the line of sight, or as it is in the camera (train/data/pose/shards.py).
    """

    gaze_mode: GazeMode = GazeMode.mpiigaze_2015
    axis: Axis = Axis.visual
    pose: HeadPose = HeadPose.sight


@dataclass
class TrainerConfig:
    """How a network is trained.

    Attributes:
        epochs: Passes over the training eyes.
        batch_size: Pictures a step.
        learning_rate: The largest, of AdamW.
        weight_decay: Of AdamW.
        schedule: one_cycle, cosine or constant.
        loss: Of gaze: l1, mse or angular; networks of head pose have their own.
        average_decay: Of the moving average of the weights that is saved; 0 is no averaging.
        frozen: Whether only the last layers are trained, from `init`; train/models/frozen.py says which.
        validation: Part of the corpus that is kept for validation, never trained on.
        accelerator: cpu, gpu, or auto for whichever is there.
        threads: CPU threads of torch; 0 leaves it to torch.
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
    accelerator: str = "auto"
    threads: int = 0
    progress: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be trained with."""
        for name, low in (("epochs", 1), ("batch_size", 2), ("threads", 0)):
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


@dataclass
class FitConfig:
    """Configuration of `canthus fit`.

    Attributes:
        data: Where the eyes or faces are, usually a folder of shards.
        out: Folder of the run; one that holds an unfinished run of this configuration is continued.
        seed: Of everything random.
        reader: The format of `data`; auto looks.
        labels: What is the gaze.
        init: What the network starts from: a run's folder, a network.pt, or a ResNet's .pth from torchvision
            (train/start.py); null for random weights.
        portion: all, or the first or the second half of the persons, or of the one person's time
            (train/data/portion.py).
        samples: How many pictures, drawn by the seed from those to train on; 0 leaves `init` as it is, null is all.
        model: `name` of a network and its options (group `model`).
        augment: How strongly pictures are changed (group `augment`).
        trainer: How it is trained (group `trainer`).
    """

    data: str = MISSING
    out: str = MISSING
    seed: int = 0
    reader: Reader = Reader.auto
    labels: LabelsConfig = field(default_factory=LabelsConfig)
    init: str | None = None
    portion: Portion = Portion.all
    samples: int | None = None
    model: dict[str, Any] = MISSING
    augment: Strengths = field(default_factory=Strengths)
    trainer: TrainerConfig = field(default_factory=TrainerConfig)

    def __post_init__(self) -> None:
        """Refuse a seed that numpy does not take, and a start from nothing that must be something."""
        if self.seed < 0:
            raise ConfigError(f"seed={self.seed}: at least 0")
        if self.samples is not None and (self.samples < 0 or self.samples == 1):
            raise ConfigError(f"samples={self.samples}: at least 2, or 0 for none, or null for all")
        if self.samples == 0 and (self.init is None or Path(self.init).suffix == PUBLISHED):
            raise ConfigError("samples=0: leaves a network as it is; give init=RUN, a whole network")
        if self.trainer.frozen and self.init is None:
            raise ConfigError("trainer.frozen=true: would keep random weights; give init=...")


@dataclass
class EvaluateConfig:
    """Configuration of `canthus evaluate`.

    Attributes:
        checkpoint: Folder of a run or its network.pt; a list, of gaze or of head pose, is measured one by one and as
            an ensemble.
        data: Where the eyes are, or the faces for networks of head pose.
        out: Folder of the report; nothing is written to it when null.
        reader: The format of `data`; auto looks.
        labels: What is the gaze or the rotation of our own shards.
        beside: A folder of shards whose eyes the report shows beside those of `data`; null for none.
        predictions: A JSON file to write {name: {"gaze_pitch_yaw_rad": [pitch, yaw]}} to, or of heads
            {name: {"R": rows of cam_from_head, "yaw_pitch_roll_deg": [yaw, pitch, roll]}}; null for none.
        batch_size: Eyes or faces of 64x64 at once; of larger faces, as many pixels.
        threads: CPU threads of torch; 0 leaves it to torch.
    """

    checkpoint: Any = MISSING
    data: str = MISSING
    out: str | None = None
    reader: Reader = Reader.auto
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
