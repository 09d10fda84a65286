"""Networks that tell the gaze from a face: from its normalised picture, or as a point of the screen before it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from adapt.face_gaze_batch import FaceGazeBatch
from adapt.strengths import Strengths
from synth.errors import ConfigError, DataError
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.cost import Cost, cost_of
from train.data.face_gaze.read import read_face_gaze
from train.face_gaze_evaluation import FaceGazeEvaluation, prediction_file, predictions_of
from train.face_gaze_report import summary, write_report
from train.kinds import Kind
from train.metrics import score
from train.models.build import FACE_GAZE_NETWORKS
from train.models.face_gaze import FaceGazeNetwork
from train.page import write_predictions
from train.tasks.averaged import AveragedTask, Recipe
from train.tasks.face_gaze import FaceGazeTask

FACE_PX = 64
"""Side of the faces that `batch_size` is a number of: as many pixels of larger ones are taken at once."""


class FaceGaze(Kind):
    """Gaze of a face."""

    noun = "gaze of a face"
    networks = FACE_GAZE_NETWORKS

    def read(self, config: FitConfig, network: nn.Module) -> FaceGazeBatch:
        """Return the faces, and tell how many were left out."""
        assert isinstance(network, FaceGazeNetwork)
        if config.augment.head_noise_deg or config.augment.head_dropout:
            raise ConfigError("augment: changes the head angles that come with eyes; faces take augment=faces or none")
        if network.on_screen and config.augment.rotation_deg:
            raise ConfigError(
                f"augment.rotation_deg={config.augment.rotation_deg:g}: a point of the screen does not turn with the "
                "picture of a face; give augment.rotation_deg=0"
            )
        found = read_face_gaze(Path(config.data), config.reader, network.side, network.on_screen)
        for cause, n in found.left_out.items():
            print(f"{config.data}: {n} left out: {cause}")
        if torch.isnan(found.faces.gaze_pitch_yaw_rad).any():
            raise DataError(f"{config.data}: holds faces without a gaze; nothing can be learnt from them")
        return found.faces

    def task(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> AveragedTask:
        """Return the task of a face's gaze."""
        assert isinstance(network, FaceGazeNetwork)
        return FaceGazeTask(network, recipe, strengths)

    def validated(self, network: nn.Module, pictures: FaceGazeBatch) -> tuple[dict[str, Any], str]:
        """Return the angle between gazes."""
        assert isinstance(network, FaceGazeNetwork)
        found = score(predictions_of(network, pictures), pictures.gaze_pitch_yaw_rad.numpy())
        return found.to_json(), f"{found.raw:.2f} deg, mean predictor {found.mean_predictor:.2f} deg"

    def evaluate(self, config: EvaluateConfig, networks: Mapping[str, Trained], about: Mapping[str, Any]) -> None:
        """Measure on faces."""
        evaluation = measured(config, networks)
        if config.predictions is not None:
            predicted = prediction_file(evaluation.ensemble_rad, evaluation.faces.keys)
            write_predictions(Path(config.predictions), predicted)
        if config.out is None:
            return
        if torch.isnan(evaluation.faces.gaze_pitch_yaw_rad).any():
            raise DataError(f"{config.data}: holds faces without a gaze; give predictions=FILE.json and out=null")
        write_report(Path(config.out), evaluation, about)
        print("\n".join(summary(evaluation)))
        print(f"wrote {Path(config.out) / 'report.html'}")


def measured(config: EvaluateConfig, trained: Mapping[str, Trained]) -> FaceGazeEvaluation:
    """Return what networks say of the faces, each of pictures of its own size, and what they cost.

    Raises:
        ConfigError: The configuration asks for what is for eyes, or the networks are shown different things.
        DataError: The faces cannot be read.
    """
    networks = {label: face_network(one) for label, one in trained.items()}
    if config.beside is not None:
        raise ConfigError(f"beside={config.beside}: it is for eyes; networks of faces have nothing to show beside")
    if len({network.on_screen for network in networks.values()}) > 1:
        screen = [label for label, network in networks.items() if network.on_screen]
        raise ConfigError(
            f"checkpoint=[...]: {', '.join(screen)} tell points of a screen from whole frames, the others a gaze from "
            "normalised faces; measure them apart"
        )
    predicted, costs = {}, {}
    for side in sorted({network.side for network in networks.values()}):
        (on_screen,) = {network.on_screen for network in networks.values()}
        found = read_face_gaze(Path(config.data), config.reader, side, on_screen)
        batch_size = max(config.batch_size * FACE_PX**2 // side**2, 1)
        for label, network in networks.items():
            if network.side == side:
                predicted[label] = predictions_of(network, found.faces, batch_size)
                if config.out is not None:
                    costs[label] = cost_on(network, found.faces.take([0]))
    # The faces that are kept, those of the largest pictures, are the ones that the report shows.
    return FaceGazeEvaluation(
        names=tuple(networks),
        predicted_rad=np.stack([predicted[label] for label in networks]),
        faces=found.faces,
        left_out=found.left_out,
        damaged=found.damaged,
        costs=tuple(costs[label] for label in networks if label in costs),
    )


def cost_on(network: FaceGazeNetwork, face: FaceGazeBatch) -> Cost:
    """Return what a network costs, on a face of its own size."""
    return cost_of(network, network.inputs(face), partial(network.gaze, batch=face))


def face_network(trained: Trained) -> FaceGazeNetwork:
    """Return a trained network as one of a face's gaze, which it is."""
    assert isinstance(trained.network, FaceGazeNetwork)
    return trained.network
