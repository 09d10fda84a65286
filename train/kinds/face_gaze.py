"""Networks that tell the gaze from a face: from its normalised picture, or as a point of the screen before it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from adapt.face_gaze_batch import FaceGazeBatch
from adapt.strengths import OF_HEAD_ANGLES, Strengths
from synth.errors import ConfigError, DataError
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.cost import Cost, cost_of
from train.data.face_gaze.read import read_face_gaze
from train.data.face_gaze.shards import faces_in
from train.data.persons import chosen
from train.data.stream import Pictures
from train.face_gaze_evaluation import FaceGazeEvaluation, prediction_file, predictions_of
from train.face_gaze_report import summary, write_report
from train.kinds import Found, Kind
from train.kinds.refusals import refuse_augment, refuse_beside, refuse_reduced
from train.metrics import score
from train.models.build import FACE_GAZE_NETWORKS
from train.models.face_gaze import FaceGazeNetwork
from train.page import write_predictions
from train.tasks.averaged import AveragedTask, Recipe
from train.tasks.face_gaze import FaceGazeTask


class FaceGaze(Kind):
    """Gaze of a face."""

    noun = "gaze of a face"
    networks = FACE_GAZE_NETWORKS

    def read(self, config: FitConfig, network: nn.Module) -> Found:
        """Return the faces."""
        network = face_network(network)
        refuse_changes(config.augment, network.on_screen)
        found = read_face_gaze(Path(config.data), config.reader, network.side, network.on_screen, config.on_error)
        faces = chosen(found.faces, config.persons, config.data)
        if torch.isnan(faces.gaze_pitch_yaw_rad).any():
            raise DataError(f"{config.data}: holds faces without a gaze; nothing can be learnt from them")
        return Found(faces, found.left_out, found.damaged)

    def pictures(self, config: FitConfig, network: nn.Module) -> Pictures[FaceGazeBatch]:
        """Return what makes the faces of a sample."""
        network = face_network(network)
        refuse_changes(config.augment, network.on_screen)
        return partial(faces_in, side=network.side, on_screen=network.on_screen, where=Path(config.data))

    def task(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> AveragedTask:
        """Return the task of a face's gaze."""
        return FaceGazeTask(face_network(network), recipe, strengths)

    def validated(self, network: nn.Module, pictures: FaceGazeBatch) -> tuple[dict[str, Any], str]:
        """Return the angle between gazes."""
        found = score(predictions_of(face_network(network), pictures), pictures.gaze_pitch_yaw_rad.numpy())
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
    networks = {label: face_network(one.network) for label, one in trained.items()}
    refuse_beside(config.beside)
    refuse_reduced(config.reduced)
    if len({network.on_screen for network in networks.values()}) > 1:
        screen = [label for label, network in networks.items() if network.on_screen]
        raise ConfigError(
            f"checkpoint=[...]: {', '.join(screen)} tell points of a screen from whole frames, the others a gaze from "
            "normalised faces; measure them apart"
        )
    predicted, costs = {}, {}
    for side in sorted({network.side for network in networks.values()}):
        (on_screen,) = {network.on_screen for network in networks.values()}
        found = read_face_gaze(Path(config.data), config.reader, side, on_screen, config.on_error)
        faces = chosen(found.faces, config.persons, config.data)
        for label, network in networks.items():
            if network.side == side:
                predicted[label] = predictions_of(network, faces, config.faces_at_once(side))
                if config.out is not None:
                    costs[label] = cost_on(network, faces.take([0]))
    # The faces that are kept, those of the largest pictures, are the ones that the report shows.
    return FaceGazeEvaluation(
        names=tuple(networks),
        predicted_rad=np.stack([predicted[label] for label in networks]),
        faces=faces,
        left_out=found.left_out,
        damaged=found.damaged,
        costs=tuple(costs[label] for label in networks if label in costs),
    )


def cost_on(network: FaceGazeNetwork, face: FaceGazeBatch) -> Cost:
    """Return what a network costs, on a face of its own size."""
    return cost_of(network, network.inputs(face), partial(network.gaze, batch=face))


def face_network(network: nn.Module) -> FaceGazeNetwork:
    """Return a network as one of a face's gaze, which it is."""
    assert isinstance(network, FaceGazeNetwork)
    return network


def refuse_changes(augment: Strengths, on_screen: bool) -> None:
    """Raise ConfigError where faces would be changed as eyes are, or turned before a screen that stands still."""
    refuse_augment(augment, OF_HEAD_ANGLES, "faces take augment=faces or none")
    if on_screen and augment.rotation_deg:
        raise ConfigError(
            f"augment.rotation_deg={augment.rotation_deg:g}: a point of the screen does not turn with the picture of a "
            "face; give augment.rotation_deg=0"
        )
