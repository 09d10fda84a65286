"""Networks that tell the head's rotation from a square cut of a face."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from adapt.face_batch import FaceBatch
from adapt.strengths import Strengths
from synth.errors import ConfigError, DataError
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.cost import cost_of
from train.data.pose.read import read_faces
from train.kinds import Exported, Kind
from train.models.build import POSE_NETWORKS
from train.models.pose import PoseNetwork
from train.page import write_predictions
from train.pose_evaluation import PoseEvaluation, rotation_file, rotations_of
from train.pose_metrics import pose_score
from train.pose_report import summary, write_report
from train.rotations import rotation_from_pitch_yaw_roll
from train.tasks.averaged import AveragedTask, Recipe
from train.tasks.pose import PoseTask

FACE_PX = 64
"""Side of the faces that `batch_size` is a number of: as many pixels of larger ones are taken at once."""


class Rotations(nn.Module):
    """A network of head pose up to its rotations."""

    def __init__(self, network: PoseNetwork) -> None:
        """Hold the network."""
        super().__init__()
        self.network = network

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 3"]:
        """Return `cam_from_head` of RGB pictures in [0, 1]."""
        return self.network.rotation(self.network(images))


class Pose(Kind):
    """Rotation of a head."""

    noun = "head pose"
    networks = POSE_NETWORKS
    headline, chance = ("raw", "mae"), ("zeros", "mae")

    def read(self, config: FitConfig, network: nn.Module) -> FaceBatch:
        """Return the cuts of faces, and tell how many were left out."""
        assert isinstance(network, PoseNetwork)
        if config.augment.head_noise_deg or config.augment.head_dropout:
            raise ConfigError("augment: changes the head angles that come with eyes; heads take augment=faces or none")
        found = read_faces(Path(config.data), config.reader, network.size[0], config.labels.pose)
        for cause, n in found.left_out.items():
            print(f"{config.data}: {n} left out: {cause}")
        if torch.isnan(found.faces.rotation).any():
            raise DataError(f"{config.data}: holds faces without a rotation; nothing can be learnt from them")
        return found.faces

    def task(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> AveragedTask:
        """Return the task of head pose."""
        assert isinstance(network, PoseNetwork)
        return PoseTask(network, recipe, strengths)

    def validated(self, network: nn.Module, pictures: FaceBatch) -> tuple[dict[str, Any], str]:
        """Return the errors of the three angles, and of the rotation."""
        assert isinstance(network, PoseNetwork)
        found = pose_score(rotations_of(network, pictures), pictures.rotation.double().numpy())
        return found.to_json(), f"MAE {found.raw.mae:.2f} deg, of zeros {found.zeros.mae:.2f} deg"

    def noise(self, network: nn.Module, n: int, generator: torch.Generator) -> FaceBatch:
        """Return faces of noise."""
        assert isinstance(network, PoseNetwork)
        angles_rad = torch.rand(n, 3, generator=generator) - 0.5
        return FaceBatch(
            images_u8=torch.randint(0, 256, (n, *network.size, 3), generator=generator, dtype=torch.uint8),
            rotation=rotation_from_pitch_yaw_roll(angles_rad),
            keys=tuple(f"{i:08d}" for i in range(n)),
        )

    def exported(self, network: nn.Module, n: int, generator: torch.Generator) -> Exported:
        """Return the network with what makes rotations of its outputs."""
        assert isinstance(network, PoseNetwork)
        return Exported(
            network=Rotations(network),
            inputs={"images": torch.rand(n, 3, *network.size, generator=generator)},
            output="cam_from_head",
            said="images: square cuts of faces, RGB, [0, 1]; cam_from_head: the head's rotation, identity where it "
            "faces the lens (x right, y down, z away from the lens)",
        )

    def evaluate(self, config: EvaluateConfig, networks: Mapping[str, Trained], about: Mapping[str, Any]) -> None:
        """Measure on faces."""
        evaluation = measured(config, networks)
        if config.predictions is not None:
            write_predictions(Path(config.predictions), rotation_file(evaluation.ensemble, evaluation.faces.keys))
        if config.out is None:
            return
        if torch.isnan(evaluation.faces.rotation).any():
            raise DataError(f"{config.data}: holds faces without a rotation; give predictions=FILE.json and out=null")
        write_report(Path(config.out), evaluation, {**about, "pose": config.labels.pose.name})
        print("\n".join(summary(evaluation)))
        print(f"wrote {Path(config.out) / 'report.html'}")


def measured(config: EvaluateConfig, trained: Mapping[str, Trained]) -> PoseEvaluation:
    """Return what networks of head pose say of the faces, each of a cut of its own size, and what they cost.

    Raises:
        ConfigError: The configuration asks for what is for eyes.
        DataError: The faces cannot be read.
    """
    networks = {label: pose_network(one) for label, one in trained.items()}
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


def pose_network(trained: Trained) -> PoseNetwork:
    """Return a trained network as one of head pose, which it is."""
    assert isinstance(trained.network, PoseNetwork)
    return trained.network
