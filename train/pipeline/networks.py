"""The networks of the pipeline: four that it cannot do without, each any of its task, and one of attributes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from synth.errors import DataError
from train.checkpoint import Trained
from train.kinds.known import load_for
from train.models.detection import DetectionNetwork
from train.models.face_landmarks import FaceLandmarkNetwork
from train.models.people.attributes import AttributeNetwork
from train.models.pose import PoseNetwork
from train.pipeline.engine import Engine, cache_folder, hand_over
from train.ready import WEIGHTS

TASKS = ("detection", "landmarks", "pose", "gaze")
SPARE = "attributes"
"""The task that may lack a network."""


@dataclass(frozen=True)
class Networks:
    """What tells of a face; `gaze` is of a normalised eye, `attributes` may be nobody's; `threads` compute them."""

    detection: DetectionNetwork
    landmarks: FaceLandmarkNetwork
    pose: PoseNetwork
    gaze: nn.Module
    attributes: AttributeNetwork | None = None
    threads: int = 1


def load_networks(
    given: Mapping[str, str | None], folder: Path = WEIGHTS, engine: Engine = Engine.torch
) -> tuple[Networks, Mapping[str, str]]:
    """Return the networks, and the name of each by its task.

    ONNX Runtime gets as many threads as torch has, and torch keeps one: what is left to it is too little to share, and
    two of its threads wait for each other where other programs work.

    Args:
        given: A run's folder or a network.pt for some of `TASKS` and `SPARE`; None for that of the folder.
        folder: Holds TASK.pt for the others, perhaps not for `SPARE`.
        engine: What computes them.

    Raises:
        ConfigError: A network is of another task.
        DataError: There is none for a task; the message names all that lack one.
    """
    paths = {task: Path(given[task] or folder / f"{task}.pt") for task in (*TASKS, SPARE)}
    if missing := [task for task in TASKS if not given[task] and not paths[task].is_file()]:
        wanted = " ".join(f"networks.{task}=RUN" for task in missing)
        raise DataError(f"{folder}: holds no network for {', '.join(missing)}; give {wanted}, one that you fitted")
    used = [task for task in paths if task in TASKS or given[task] or paths[task].is_file()]
    loaded: dict[str, Trained] = {task: load_for(task, paths[task], f"networks.{task}") for task in used}
    threads = torch.get_num_threads()
    if engine is Engine.onnx:
        for one in loaded.values():
            hand_over(one, threads, cache_folder())
        torch.set_num_threads(1)
    detection, landmarks, pose = (loaded[task].network for task in TASKS[:3])
    attributes = loaded[SPARE].network if SPARE in loaded else None
    assert isinstance(detection, DetectionNetwork)
    assert isinstance(landmarks, FaceLandmarkNetwork)
    assert isinstance(pose, PoseNetwork)
    assert attributes is None or isinstance(attributes, AttributeNetwork)
    networks = Networks(detection, landmarks, pose, loaded["gaze"].network, attributes, threads)
    return networks, {task: one.name for task, one in loaded.items()}
