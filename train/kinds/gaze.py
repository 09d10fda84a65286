"""Networks that tell the gaze from a normalised eye of 60x36 and the head's angles."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from adapt.augment.strengths import OF_FACES, Strengths
from adapt.batch import Batch
from synth.errors import DataError
from synth.geometry.normalisation import GazeMode
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.data.persons import chosen
from train.data.read import Reader, read_eyes
from train.data.shards import Axis, eyes_in
from train.data.sift import Found, OnError
from train.data.stream import Pictures
from train.data.unlabelled import fitted_pictures
from train.kinds import AT_ONCE, Exported, Kind, Predicted, keys_of_noise, noise_rad, noise_u8
from train.kinds.refusals import refuse_augment, refuse_reduced
from train.measure.gaze_evaluation import Evaluation, prediction_file, predictions_of
from train.measure.gaze_metrics import score
from train.measure.gaze_report import summary, write_report
from train.measure.page import write_predictions
from train.models.build import GAZE_NETWORKS
from train.models.parts import IMAGE_HEIGHT, IMAGE_WIDTH, HeadJoin
from train.tasks.averaged import AveragedTask, Recipe
from train.tasks.gaze import GazeTask


class Gaze(Kind):
    """Gaze of an eye."""

    task_name = "gaze"
    noun = "gaze"
    networks = GAZE_NETWORKS
    headline, chance = ("raw",), ("mean_predictor",)

    def read(self, config: FitConfig, network: nn.Module) -> Found[Batch]:
        """Return the eyes."""
        refuse_augment(config.augment, OF_FACES, "eyes take augment=webcam, mild, strong, nir or none")
        labels = config.labels
        found = read_eyes(Path(config.data), config.reader, labels.gaze_mode, labels.axis, config.on_error)
        eyes = chosen(found.pictures, config.persons, config.data)
        if torch.isnan(eyes.gaze_pitch_yaw_rad).any():
            raise DataError(f"{config.data}: holds eyes without a gaze; nothing can be learnt from them")
        return Found(eyes, found.left_out, found.damaged)

    def pictures(self, config: FitConfig, network: nn.Module) -> Pictures[Batch]:
        """Return what makes the eye of a sample."""
        refuse_augment(config.augment, OF_FACES, "eyes take augment=webcam, mild, strong, nir or none")
        return partial(eyes_in, mode=config.labels.gaze_mode, axis=config.labels.axis, where=config.data)

    def unlabelled(self, path: Path, network: nn.Module) -> Batch:
        """Return the pictures of a folder as left eyes, as they are; without head angles, which their task finds."""
        eyes = fitted_pictures(path, np.zeros((IMAGE_HEIGHT, IMAGE_WIDTH), np.uint8))
        if not eyes:
            raise DataError(f"{path}: holds no pictures of eyes")
        n = len(eyes)
        return Batch(
            images_u8=torch.from_numpy(np.stack(eyes)),
            head_pitch_yaw_rad=torch.zeros(n, 2),
            gaze_pitch_yaw_rad=torch.full((n, 2), torch.nan),
            right=torch.zeros(n, dtype=torch.bool),
            mirrored=torch.zeros(n, dtype=torch.bool),
            keys=tuple(map(str, range(n))),
        )

    def task(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> AveragedTask:
        """Return the task of gaze."""
        return GazeTask(network, recipe, strengths)

    def validated(self, network: nn.Module, pictures: Batch) -> tuple[dict[str, Any], str]:
        """Return the angle between gazes."""
        found = score(predictions_of(network, pictures), pictures.gaze_pitch_yaw_rad.numpy(), pictures.right.numpy())
        return found.to_json(), f"{found.raw:.2f} deg, mean predictor {found.mean_predictor:.2f} deg"

    def noise(self, network: nn.Module, n: int, generator: torch.Generator) -> Batch:
        """Return eyes of noise."""
        return Batch(
            images_u8=noise_u8(generator, n, IMAGE_HEIGHT, IMAGE_WIDTH),
            head_pitch_yaw_rad=noise_rad(generator, n, 2),
            gaze_pitch_yaw_rad=noise_rad(generator, n, 2),
            right=torch.zeros(n, dtype=torch.bool),
            mirrored=torch.zeros(n, dtype=torch.bool),
            keys=keys_of_noise(n),
        )

    def exported(self, network: nn.Module, n: int, generator: torch.Generator) -> Exported:
        """Return the network as it is."""
        return Exported(
            network=network,
            inputs={
                "images": torch.rand(n, 1, IMAGE_HEIGHT, IMAGE_WIDTH, generator=generator),
                "head_pitch_yaw": noise_rad(generator, n, 2),
            },
            outputs=("gaze_pitch_yaw",),
            said="images: left eyes (right ones mirrored) in MPIIGaze's normalised camera, grey, histogram-equalised, "
            "[0, 1]; head_pitch_yaw, gaze_pitch_yaw: [pitch, yaw] there, radians, up and to the image's left",
        )

    def predicted(self, network: nn.Module, path: Path, reader: Reader, on_error: OnError) -> Predicted:
        """Return the gazes of the eyes under a path."""
        found = read_eyes(path, reader, GazeMode.mpiigaze_2015, Axis.visual, on_error)
        by_name = prediction_file(predictions_of(network, found.pictures, AT_ONCE), found.pictures)
        posed = (found.pictures.head_pitch_yaw_rad != 0).any(dim=1)
        remarks = []
        if wants_head_pose(network) and not bool(torch.all(posed)):
            n = len(posed) - int(posed.sum())
            remarks.append(
                f"{n} of {len(posed)} eyes come without a head pose: this network takes one and is told that the head "
                "looks straight into the camera; give head_pitch_yaw_rad in labels.json where it does not"
            )
        return Predicted(by_name, tuple(remarks), found.damaged)

    def evaluate(self, config: EvaluateConfig, networks: Mapping[str, Trained], about: Mapping[str, Any]) -> None:
        """Measure on eyes."""
        labels = config.labels
        refuse_reduced(config.reduced)
        found = read_eyes(Path(config.data), config.reader, labels.gaze_mode, labels.axis, config.on_error)
        eyes = chosen(found.pictures, config.persons, config.data)
        predicted = np.stack([predictions_of(one.network, eyes, config.batch_size) for one in networks.values()])
        evaluation = Evaluation(tuple(networks), predicted, eyes, found.damaged)
        if config.predictions is not None:
            write_predictions(Path(config.predictions), prediction_file(evaluation.ensemble_rad, eyes))
        if config.out is None:
            return
        if torch.isnan(eyes.gaze_pitch_yaw_rad).any():
            raise DataError(f"{config.data}: holds eyes without a gaze; give predictions=FILE.json and out=null")
        beside = None
        if config.beside is not None:
            other = read_eyes(Path(config.beside), Reader.auto, labels.gaze_mode, labels.axis).pictures
            beside = (other, config.data, config.beside)
        said = {**about, "gaze_mode": labels.gaze_mode.name, "axis": labels.axis.name}
        write_report(Path(config.out), evaluation, said, beside)
        print("\n".join(summary(evaluation)))
        print(f"wrote {Path(config.out) / 'report.html'}")


def wants_head_pose(network: nn.Module) -> bool:
    """Say whether a network of gaze is told the head's angles."""
    return any(isinstance(module, HeadJoin) and module.head_pose for module in network.modules())
