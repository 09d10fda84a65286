"""Networks that tell the gaze from a normalised eye of 60x36 and the head's angles."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from adapt.batch import Batch
from adapt.strengths import OF_FACES, Strengths
from synth.errors import ConfigError, DataError
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.data.read import Reader, read_eyes
from train.evaluation import Evaluation, prediction_file, predictions_of
from train.kinds import Exported, Kind
from train.metrics import score
from train.models.build import GAZE_NETWORKS
from train.models.parts import IMAGE_HEIGHT, IMAGE_WIDTH
from train.page import write_predictions
from train.report import summary, write_report
from train.tasks.averaged import AveragedTask, Recipe
from train.tasks.gaze import GazeTask


class Gaze(Kind):
    """Gaze of an eye."""

    noun = "gaze"
    networks = GAZE_NETWORKS
    headline, chance = ("raw",), ("mean_predictor",)

    def read(self, config: FitConfig, network: nn.Module) -> Batch:
        """Return the eyes."""
        if asked := [name for name in OF_FACES if getattr(config.augment, name)]:
            raise ConfigError(f"augment: {', '.join(asked)}: for faces alone; eyes take augment=webcam, heavy or none")
        eyes = read_eyes(Path(config.data), config.reader, config.labels.gaze_mode, config.labels.axis)
        if torch.isnan(eyes.gaze_pitch_yaw_rad).any():
            raise DataError(f"{config.data}: holds eyes without a gaze; nothing can be learnt from them")
        return eyes

    def task(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> AveragedTask:
        """Return the task of gaze."""
        return GazeTask(network, recipe, strengths)

    def validated(self, network: nn.Module, pictures: Batch) -> tuple[dict[str, Any], str]:
        """Return the angle between gazes."""
        found = score(predictions_of(network, pictures), pictures.gaze_pitch_yaw_rad.numpy(), pictures.right.numpy())
        return found.to_json(), f"{found.raw:.2f} deg, mean predictor {found.mean_predictor:.2f} deg"

    def noise(self, network: nn.Module, n: int, generator: torch.Generator) -> Batch:
        """Return eyes of noise."""
        size = (n, IMAGE_HEIGHT, IMAGE_WIDTH)
        return Batch(
            images_u8=torch.randint(0, 256, size, generator=generator, dtype=torch.uint8),
            head_pitch_yaw_rad=torch.rand(n, 2, generator=generator) - 0.5,
            gaze_pitch_yaw_rad=torch.rand(n, 2, generator=generator) - 0.5,
            right=torch.zeros(n, dtype=torch.bool),
            mirrored=torch.zeros(n, dtype=torch.bool),
            keys=tuple(f"{i:08d}" for i in range(n)),
        )

    def exported(self, network: nn.Module, n: int, generator: torch.Generator) -> Exported:
        """Return the network as it is."""
        return Exported(
            network=network,
            inputs={
                "images": torch.rand(n, 1, IMAGE_HEIGHT, IMAGE_WIDTH, generator=generator),
                "head_pitch_yaw": torch.rand(n, 2, generator=generator) - 0.5,
            },
            output="gaze_pitch_yaw",
            said="images: left eyes (right ones mirrored) in MPIIGaze's normalised camera, grey, histogram-equalised, "
            "[0, 1]; head_pitch_yaw, gaze_pitch_yaw: [pitch, yaw] there, radians, up and to the image's left",
        )

    def evaluate(self, config: EvaluateConfig, networks: Mapping[str, Trained], about: Mapping[str, Any]) -> None:
        """Measure on eyes."""
        labels = config.labels
        eyes = read_eyes(Path(config.data), config.reader, labels.gaze_mode, labels.axis)
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
            other = read_eyes(Path(config.beside), Reader.auto, labels.gaze_mode, labels.axis)
            beside = (other, config.data, config.beside)
        said = {**about, "gaze_mode": labels.gaze_mode.name, "axis": labels.axis.name}
        write_report(Path(config.out), evaluation, said, beside)
        print("\n".join(summary(evaluation)))
        print(f"wrote {Path(config.out) / 'report.html'}")
