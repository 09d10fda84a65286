"""Schemas that `predict`, `serve` and `track` share: which networks look, and how faces are found and followed."""

from dataclasses import asdict, dataclass
from pathlib import Path

from synth.errors import ConfigError
from train.pipeline.engine import Engine
from train.pipeline.lens import Lens, read_lens
from train.pipeline.look import Looker
from train.pipeline.networks import TASKS, load_networks
from train.ready import READY, WEIGHTS


@dataclass
class NetworksConfig:
    """A run's folder or a network.pt for a task; null for the one of `weights`.

    Attributes:
        engine: What computes them (train/pipeline/engine.py).
    """

    detection: str | None = None
    landmarks: str | None = None
    pose: str | None = None
    gaze: str | None = None
    attributes: str | None = None
    engine: Engine = Engine.onnx

    @property
    def given(self) -> dict[str, str | None]:
        """What is given, by task."""
        return {task: path for task, path in asdict(self).items() if task != "engine"}


@dataclass
class FacesConfig:
    """How faces are found.

    Attributes:
        least_score: Of a detector's boxes that are taken for faces.
        most: Faces of a frame, the best.
        every: Of a video or a camera, after how many frames faces are found anew; 1 finds them in every frame.
        camera: A JSON file of a calibration (train/pipeline/lens.py); null guesses one.
    """

    least_score: float = 0.8
    most: int = 50
    every: int = 10
    camera: str | None = None

    def __post_init__(self) -> None:
        """Refuse what finds nothing."""
        if not 0 <= self.least_score <= 1:
            raise ConfigError(f"faces.least_score={self.least_score}: from 0 to 1")
        for name in ("most", "every"):
            if getattr(self, name) < 1:
                raise ConfigError(f"faces.{name}={getattr(self, name)}: at least 1")

    @property
    def lens(self) -> Lens:
        """The camera of all frames."""
        return Lens() if self.camera is None else read_lens(Path(self.camera))


def looker_of(networks: NetworksConfig, weights: str, faces: FacesConfig) -> tuple[Looker, str]:
    """Return what looks at frames, and the networks' names in a line.

    Args:
        networks: Those that are given.
        weights: Where the others are: `ready`, or a folder with TASK.pt.
        faces: How faces are found.

    Raises:
        ConfigError: A network is of another task, or weights are no folder.
        DataError: There is none for a task, or one is damaged.
    """
    folder = WEIGHTS if weights == READY else Path(weights)
    if not folder.is_dir():
        raise ConfigError(f"weights={weights}: ready, or a folder of {', '.join(f'{task}.pt' for task in TASKS)}")
    loaded, names = load_networks(networks.given, folder, networks.engine)
    return Looker(loaded, faces.least_score, faces.most), ", ".join(f"{task} {name}" for task, name in names.items())
