"""`canthus evaluate`: measure networks on rendered or real eyes or faces, and write a report or the predictions.

For networks of gaze `data` is a folder of our shards, MPIIGaze's folder, the benchmark's .h5 file, or a folder of eye
pictures; for networks of head pose our shards, 300W-LP's, AFLW2000's or BIWI's folder, or FSA-Net's .npz.  Each reader
says in its docstring what the key of an eye or a face is, which is its name in the predictions.  Predictions of gaze
are for the pictures as their files hold them (a right eye that was mirrored for the network has its yaw negated back).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from synth.config import versions
from synth.errors import ConfigError, DataError
from train.checkpoint import Trained, load_network
from train.commands.evaluate_pose import run_pose
from train.config import EvaluateConfig
from train.data.read import Reader, read_eyes
from train.evaluation import Evaluation, prediction_file, predictions_of
from train.fitting import use_threads
from train.models.pose import PoseNetwork
from train.page import write_predictions
from train.provenance import commit
from train.report import summary, write_report

HELP = "measure a network on rendered or real eyes or faces and report it"
CONFIG = EvaluateConfig
CONFIG_NAME = "evaluate"
EXAMPLES = (
    "canthus evaluate checkpoint=runs/eyes data=../shared/real/gaze/mpiigaze_p00/MPIIGaze out=reports/eyes",
    "canthus evaluate checkpoint=[runs/a,runs/b,runs/c] data=MPIIGaze.h5 out=reports/abc beside=data/eyes",
    "canthus evaluate checkpoint=runs/eyes data=crops predictions=gaze.json",
    "canthus evaluate checkpoint=runs/heads data=../shared/real/head_pose/AFLW2000 out=reports/heads",
)


def run(config: EvaluateConfig) -> None:
    """Measure, and write what was asked for."""
    use_threads(config.threads)
    paths = [Path(name) for name in ([config.checkpoint] if isinstance(config.checkpoint, str) else config.checkpoint)]
    networks = {label: load_network(path) for label, path in zip(labels_of(paths), paths, strict=True)}
    if config.out is not None and Path(config.out).exists() and not Path(config.out).is_dir():
        raise ConfigError(f"out={config.out}: is a file; name a folder")
    of_pose = pose_networks(networks)
    if of_pose:
        run_pose(config, of_pose, about_of(config, networks))
    else:
        run_gaze(config, networks)


def pose_networks(networks: Mapping[str, Trained]) -> dict[str, PoseNetwork]:
    """Return the networks if they are of head pose, and none if they are of gaze.

    Raises:
        ConfigError: There are some of both.
    """
    found = {label: one.network for label, one in networks.items() if isinstance(one.network, PoseNetwork)}
    if found and len(found) < len(networks):
        gaze = [label for label in networks if label not in found]
        raise ConfigError(
            f"checkpoint=[...]: {', '.join(found)} tell the head pose and {', '.join(gaze)} the gaze; "
            "measure one kind at a time"
        )
    return found


def run_gaze(config: EvaluateConfig, networks: dict[str, Trained]) -> None:
    """Measure networks of gaze."""
    eyes = read_eyes(Path(config.data), config.reader, config.labels.gaze_mode, config.labels.axis)
    predicted = np.stack([predictions_of(one.network, eyes, config.batch_size) for one in networks.values()])
    evaluation = Evaluation(tuple(networks), predicted, eyes)
    if config.predictions is not None:
        write_predictions(Path(config.predictions), prediction_file(evaluation.ensemble_rad, eyes))
    if config.out is None:
        return
    if torch.isnan(eyes.gaze_pitch_yaw_rad).any():
        raise DataError(f"{config.data}: holds eyes without a gaze; give predictions=FILE.json and out=null")
    beside = None
    if config.beside is not None:
        other = read_eyes(Path(config.beside), Reader.auto, config.labels.gaze_mode, config.labels.axis)
        beside = (other, config.data, config.beside)
    about = about_of(config, networks) | {
        "gaze_mode": config.labels.gaze_mode.name,
        "axis": config.labels.axis.name,
    }
    write_report(Path(config.out), evaluation, about, beside)
    print("\n".join(summary(evaluation)))
    print(f"wrote {Path(config.out) / 'report.html'}")


def labels_of(paths: list[Path]) -> list[str]:
    """Return a name for each network: its folder's, numbered where two are alike."""
    names = [(path if path.is_dir() else path.parent).resolve().name or str(path) for path in paths]
    return [f"{name} ({i})" if names.count(name) > 1 else name for i, name in enumerate(names)]


def about_of(config: EvaluateConfig, networks: dict[str, Trained]) -> dict[str, object]:
    """Return what the report says about itself."""
    return {
        "data": config.data,
        "networks": {label: one.name for label, one in networks.items()},
        "trained": {label: dict(one.about) for label, one in networks.items()},
        "commit": commit(),
        "versions": versions(),
    }
