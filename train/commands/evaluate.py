"""`canthus evaluate`: measure networks on rendered or real eyes, and write a report or the predictions.

`data` is a folder of our shards, MPIIGaze's folder, the benchmark's .h5 file, or a folder of eye pictures; each reader
says in its docstring what the key of an eye is, which is its name in the predictions.  Predictions are for the pictures
as their files hold them (a right eye that was mirrored for the network has its yaw negated back).
"""

import json
from pathlib import Path

import numpy as np
import torch

from synth.config import versions
from synth.errors import ConfigError, DataError
from synth.shards.atomic import write_whole
from train.checkpoint import Trained, load_network
from train.config import EvaluateConfig
from train.data.read import Reader, read_eyes
from train.evaluation import Evaluation, prediction_file, predictions_of
from train.fitting import use_threads
from train.provenance import commit
from train.report import summary, write_report

HELP = "measure a network on rendered or real eyes and report it"
CONFIG = EvaluateConfig
CONFIG_NAME = "evaluate"
EXAMPLES = (
    "canthus evaluate checkpoint=runs/eyes data=../shared/real/gaze/mpiigaze_p00/MPIIGaze out=reports/eyes",
    "canthus evaluate checkpoint=[runs/a,runs/b,runs/c] data=MPIIGaze.h5 out=reports/abc beside=data/eyes",
    "canthus evaluate checkpoint=runs/eyes data=crops predictions=gaze.json",
)


def run(config: EvaluateConfig) -> None:
    """Measure, and write what was asked for."""
    use_threads(config.threads)
    paths = [Path(name) for name in ([config.checkpoint] if isinstance(config.checkpoint, str) else config.checkpoint)]
    networks = {label: load_network(path) for label, path in zip(labels_of(paths), paths, strict=True)}
    out = None if config.out is None else Path(config.out)
    if out is not None and out.exists() and not out.is_dir():
        raise ConfigError(f"out={out}: is a file; name a folder")
    eyes = read_eyes(Path(config.data), config.reader, config.labels.gaze_mode, config.labels.axis)
    predicted = np.stack([predictions_of(one.network, eyes, config.batch_size) for one in networks.values()])
    evaluation = Evaluation(tuple(networks), predicted, eyes)
    if config.predictions is not None:
        path = Path(config.predictions)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(prediction_file(evaluation.ensemble_rad, eyes), indent=0).encode())
        print(f"wrote {path}")
    if out is None:
        return
    if torch.isnan(eyes.gaze_pitch_yaw_rad).any():
        raise DataError(f"{config.data}: holds eyes without a gaze; give predictions=FILE.json and out=null")
    beside = None
    if config.beside is not None:
        other = read_eyes(Path(config.beside), Reader.auto, config.labels.gaze_mode, config.labels.axis)
        beside = (other, config.data, config.beside)
    write_report(out, evaluation, about_of(config, networks), beside)
    print("\n".join(summary(evaluation)))
    print(f"wrote {out / 'report.html'}")


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
        "gaze_mode": config.labels.gaze_mode.name,
        "axis": config.labels.axis.name,
        "commit": commit(),
        "versions": versions(),
    }
