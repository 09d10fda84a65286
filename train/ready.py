"""The networks that come with the package: `weights=ready` is the one of a task.

train/weights/TASK.pt      a network.pt (train/checkpoint.py), each below 6 MB
train/weights/README.md    what each was trained on, how wrong it is, what it is not for
"""

from importlib.resources import files
from pathlib import Path

from synth.errors import DataError

READY = "ready"
WEIGHTS = Path(str(files("train"))) / "weights"
MOST_BYTES = 6_000_000
"""Of one file: they are in the repository and in the wheel."""


def ready_network(task: str, folder: Path = WEIGHTS) -> Path:
    """Return the file of the network for a task: pose, gaze.

    Raises:
        DataError: There is none.
    """
    path = folder / f"{task}.pt"
    if not path.is_file():
        raise DataError(
            f"{path}: no network for task={task} comes with this copy; give weights=RUN, one that you fitted"
        )
    return path
