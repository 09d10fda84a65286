"""Networks that tell landmarks of an eye, and the gaze from them."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from adapt.augment.strengths import OF_FACES, OF_HEAD_ANGLES, Strengths
from adapt.marked_eyes import MarkedEyes
from synth.errors import ConfigError, DataError
from synth.geometry.normalisation import GazeMode
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.data.marks.read import read_marked_eyes
from train.data.marks.shards import eyes_in
from train.data.persons import chosen
from train.data.read import Reader
from train.data.shards import Axis
from train.data.sift import Found, OnError
from train.data.stream import Pictures
from train.kinds import Exported, Kind, Predicted, keys_of_noise, noise_rad, noise_u8
from train.kinds.refusals import refuse_augment, refuse_beside, refuse_reduced
from train.measure.eye_evaluation import EyeEvaluation, prediction_file, told_of
from train.measure.eye_report import summary, write_report
from train.measure.page import write_predictions
from train.models.build import LANDMARK_NETWORKS
from train.models.eye import LandmarkNetwork, Reading
from train.tasks.averaged import AveragedTask, Recipe
from train.tasks.eye_landmarks import EyeLandmarkTask


class Told(nn.Module):
    """A network of eye landmarks up to what it tells of the eye, without heatmaps."""

    def __init__(self, network: LandmarkNetwork) -> None:
        """Hold the network."""
        super().__init__()
        self.network = network

    def forward(self, images: Float[Tensor, "b 1 h w"]) -> tuple[Tensor, ...]:
        """Return gaze and landmarks of equalised pictures in [0, 1], and the radius of a network that tells it."""
        reading: Reading = self.network(images)
        told = (reading.gaze_pitch_yaw_rad, reading.landmarks_px)
        return told if reading.radius_px is None else (*told, reading.radius_px)


class EyeLandmarks(Kind):
    """Landmarks of an eye."""

    task_name = "eye_landmarks"
    noun = "eye landmarks"
    networks = LANDMARK_NETWORKS
    headline, chance = ("regressor", "raw"), ("regressor", "mean_predictor")

    def read(self, config: FitConfig, network: nn.Module) -> Found[MarkedEyes]:
        """Return the eyes with their landmarks."""
        refuse_augment(config.augment, (*OF_FACES, *OF_HEAD_ANGLES), "landmarks take augment=eye_landmarks or none")
        found = read_for(network, config)
        eyes = chosen(found.pictures, config.persons, config.data)
        if torch.isnan(eyes.landmarks_px).any():
            raise DataError(f"{config.data}: holds eyes without landmarks; nothing can be learnt from them")
        return Found(eyes, found.left_out, found.damaged)

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

    def noise(self, network: nn.Module, n: int, generator: torch.Generator) -> MarkedEyes:
        """Return eyes of noise, with landmarks anywhere."""
        network = landmark_network(network)
        height, width = network.size
        places = torch.rand(n, network.marks.n, 2, generator=generator)
        return MarkedEyes(
            images_u8=noise_u8(generator, n, height, width),
            landmarks_px=places * torch.tensor([width, height]),
            visible=torch.ones(n, network.marks.n, dtype=torch.bool),
            radius_px=torch.full((n,), width / 3),
            eye_width_px=torch.full((n,), width / 2),
            gaze_pitch_yaw_rad=noise_rad(generator, n, 2),
            right=torch.zeros(n, dtype=torch.bool),
            mirrored=torch.zeros(n, dtype=torch.bool),
            keys=keys_of_noise(n),
        )

    def exported(self, network: nn.Module, n: int, generator: torch.Generator) -> Exported:
        """Return the network up to gaze and landmarks."""
        network = landmark_network(network)
        outputs = ("gaze_pitch_yaw", "landmarks_px", "radius_px")
        return Exported(
            network=Told(network),
            inputs={"images": torch.rand(n, 1, *network.size, generator=generator)},
            outputs=outputs if network.tells_radius else outputs[:2],
            said="images: left eyes (right ones mirrored) in MPIIGaze's normalised camera, with more pixels, grey, "
            "histogram-equalised, [0, 1]; gaze_pitch_yaw: [pitch, yaw] there, radians, up and to the image's left; "
            "landmarks_px, radius_px: pixels of that picture, from the corner of the first",
        )

    def predicted(self, network: nn.Module, path: Path, reader: Reader, on_error: OnError) -> Predicted:
        """Return landmarks and gazes of the eyes under a path."""
        network = landmark_network(network)
        found = read_marked_eyes(
            path, reader, network.size, network.marks, GazeMode.mpiigaze_2015, Axis.visual, on_error
        )
        return Predicted(prediction_file(told_of(network, found.pictures), found.pictures), (), found.damaged)

    def evaluate(self, config: EvaluateConfig, networks: Mapping[str, Trained], about: Mapping[str, Any]) -> None:
        """Measure on eyes."""
        refuse_beside(config.beside)
        refuse_reduced(config.reduced)
        made = {label: landmark_network(one.network) for label, one in networks.items()}
        first = next(iter(made.values()))
        if any(one.marks is not first.marks or one.size != first.size for one in made.values()):
            raise ConfigError("checkpoint=[...]: they tell different landmarks; measure one kind at a time")
        found = read_for(first, config)
        eyes = chosen(found.pictures, config.persons, config.data)
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


def read_for(network: nn.Module, config: FitConfig | EvaluateConfig) -> Found[MarkedEyes]:
    """Return the eyes that a configuration names as a network takes them."""
    made, labels = landmark_network(network), config.labels
    return read_marked_eyes(
        Path(config.data), config.reader, made.size, made.marks, labels.gaze_mode, labels.axis, config.on_error
    )
