"""Networks that tell landmarks of an eye, and the gaze from them."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from adapt.marked_eyes import MarkedEyes
from adapt.strengths import OF_FACES, OF_HEAD_ANGLES, Strengths
from synth.errors import ConfigError, DataError
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.data.marks.gather import MarkedEyeSet
from train.data.marks.read import read_marked_eyes
from train.data.marks.shards import eyes_in
from train.data.persons import chosen
from train.data.stream import Pictures
from train.eye_evaluation import EyeEvaluation, prediction_file, told_of
from train.eye_report import summary, write_report
from train.kinds import Found, Kind
from train.kinds.refusals import refuse_augment, refuse_beside, refuse_reduced
from train.models.build import LANDMARK_NETWORKS
from train.models.eye import LandmarkNetwork
from train.page import write_predictions
from train.tasks.averaged import AveragedTask, Recipe
from train.tasks.eye_landmarks import EyeLandmarkTask


class EyeLandmarks(Kind):
    """Landmarks of an eye."""

    noun = "eye landmarks"
    networks = LANDMARK_NETWORKS

    def read(self, config: FitConfig, network: nn.Module) -> Found:
        """Return the eyes with their landmarks."""
        refuse_augment(config.augment, (*OF_FACES, *OF_HEAD_ANGLES), "landmarks take augment=eye_landmarks or none")
        found = read_for(network, config)
        eyes = chosen(found.eyes, config.persons, config.data)
        if torch.isnan(eyes.landmarks_px).any():
            raise DataError(f"{config.data}: holds eyes without landmarks; nothing can be learnt from them")
        return Found(eyes, damaged=found.damaged)

    def pictures(self, config: FitConfig, network: nn.Module) -> Pictures[MarkedEyes]:
        """Return what makes the eye of a sample, with its landmarks."""
        refuse_augment(config.augment, (*OF_FACES, *OF_HEAD_ANGLES), "landmarks take augment=eye_landmarks or none")
        made, labels = landmark_network(network), config.labels
        return partial(
            eyes_in, size=made.size, marks=made.marks, mode=labels.gaze_mode, axis=labels.axis, where=config.data
        )

    def task(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> AveragedTask:
        """Return the task of eye landmarks."""
        return EyeLandmarkTask(landmark_network(network), recipe, strengths)

    def validated(self, network: nn.Module, pictures: MarkedEyes) -> tuple[dict[str, Any], str]:
        """Return the errors of landmarks and of the gaze."""
        network = landmark_network(network)
        evaluation = EyeEvaluation({"": told_of(network, pictures)}, pictures, network.marks, network.size)
        return evaluation.figures(evaluation.told[""]), summary(evaluation)[1].removeprefix(": ")

    def evaluate(self, config: EvaluateConfig, networks: Mapping[str, Trained], about: Mapping[str, Any]) -> None:
        """Measure on eyes."""
        refuse_beside(config.beside)
        refuse_reduced(config.reduced)
        made = {label: landmark_network(one.network) for label, one in networks.items()}
        first = next(iter(made.values()))
        if any(one.marks is not first.marks or one.size != first.size for one in made.values()):
            raise ConfigError("checkpoint=[...]: they tell different landmarks; measure one kind at a time")
        found = read_for(first, config)
        eyes = chosen(found.eyes, config.persons, config.data)
        told = {label: told_of(one, eyes, min(config.batch_size, 64)) for label, one in made.items()}
        evaluation = EyeEvaluation(told, eyes, first.marks, first.size, found.damaged)
        if config.predictions is not None:
            write_predictions(Path(config.predictions), prediction_file(evaluation.mean(), eyes))
        if config.out is None:
            return
        if torch.isnan(eyes.gaze_pitch_yaw_rad).any():
            raise DataError(f"{config.data}: holds eyes without a gaze; give predictions=FILE.json and out=null")
        labels = {"gaze_mode": config.labels.gaze_mode.name, "axis": config.labels.axis.name}
        write_report(Path(config.out), evaluation, {**about, **labels})
        print("\n".join(summary(evaluation)))
        print(f"wrote {Path(config.out) / 'report.html'}")


def landmark_network(network: nn.Module) -> LandmarkNetwork:
    """Return a network as one of eye landmarks, which it is."""
    assert isinstance(network, LandmarkNetwork)
    return network


def read_for(network: nn.Module, config: FitConfig | EvaluateConfig) -> MarkedEyeSet:
    """Return the eyes that a configuration names as a network takes them."""
    made, labels = landmark_network(network), config.labels
    return read_marked_eyes(
        Path(config.data), config.reader, made.size, made.marks, labels.gaze_mode, labels.axis, config.on_error
    )
