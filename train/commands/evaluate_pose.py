"""The part of `canthus evaluate` that is for networks of head pose."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from synth.errors import ConfigError, DataError
from train.config import EvaluateConfig
from train.cost import cost_of
from train.data.pose.read import read_faces
from train.models.pose import PoseNetwork
from train.page import write_predictions
from train.pose_evaluation import PoseEvaluation, rotation_file, rotations_of
from train.pose_report import summary, write_report

FACE_PX = 64
"""Side of the faces that `batch_size` is a number of: as many pixels of larger ones are taken at once."""


def run_pose(config: EvaluateConfig, networks: Mapping[str, PoseNetwork], about: Mapping[str, Any]) -> None:
    """Measure networks of head pose, and write what was asked for.

    Args:
        config: As it was given.
        networks: By label.
        about: What the report says about itself.
    """
    evaluation = measure_pose(config, networks)
    if config.predictions is not None:
        write_predictions(Path(config.predictions), rotation_file(evaluation.ensemble, evaluation.faces.keys))
    if config.out is None:
        return
    if torch.isnan(evaluation.faces.rotation).any():
        raise DataError(f"{config.data}: holds faces without a rotation; give predictions=FILE.json and out=null")
    write_report(Path(config.out), evaluation, {**about, "pose": config.labels.pose.name})
    print("\n".join(summary(evaluation)))
    print(f"wrote {Path(config.out) / 'report.html'}")


def measure_pose(config: EvaluateConfig, networks: Mapping[str, PoseNetwork]) -> PoseEvaluation:
    """Return what networks of head pose say of the faces, each of a cut of its own size, and what they cost.

    Raises:
        ConfigError: The configuration asks for what is for eyes.
        DataError: The faces cannot be read.
    """
    if config.beside is not None:
        raise ConfigError(f"beside={config.beside}: it is for eyes; networks of head pose have nothing to show beside")
    sides = sorted({network.size[0] for network in networks.values()})
    predicted = {}
    for side in sides:
        found = read_faces(Path(config.data), config.reader, side, config.labels.pose)
        batch_size = max(config.batch_size * FACE_PX**2 // side**2, 1)
        for label, network in networks.items():
            if network.size[0] == side:
                predicted[label] = rotations_of(network, found.faces, batch_size)
    # The faces that are kept, those of the largest cut, are the ones that the report shows.
    return PoseEvaluation(
        names=tuple(networks),
        predicted=np.stack([predicted[label] for label in networks]),
        faces=found.faces,
        left_out=found.left_out,
        damaged=found.damaged,
        costs=tuple(cost_of(network) for network in networks.values()) if config.out is not None else (),
    )
