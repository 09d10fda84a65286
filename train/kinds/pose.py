"""Networks that tell the head's rotation from a square cut of a face."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from adapt.augment.faces import coarse
from adapt.augment.strengths import OF_HEAD_ANGLES, Strengths
from adapt.face_batch import FaceBatch
from synth.errors import DataError
from synth.export.face.pose import HeadPose
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.data.pose.images import read_images
from train.data.pose.read import read_faces
from train.data.pose.shards import faces_in
from train.data.read import Reader, recognise
from train.data.sift import Found, OnError
from train.data.stream import Pictures
from train.kinds import AT_ONCE, Exported, Kind, Predicted, keys_of_noise, noise_rad, noise_u8
from train.kinds.refusals import refuse_augment, refuse_beside, refuse_persons
from train.measure.cost import Cost, blank, cost_of
from train.measure.page import write_predictions
from train.measure.pose_evaluation import PoseEvaluation, rotation_file, rotations_of
from train.measure.pose_metrics import pose_score
from train.measure.pose_report import summary, write_report
from train.models.build import POSE_NETWORKS
from train.models.pose import PoseNetwork
from train.rotations import rotation_from_pitch_yaw_roll
from train.tasks.averaged import AveragedTask, Recipe
from train.tasks.pose import PoseTask

REDUCED_FROM_PX = 224
"""Side of the faces that `reduced` divides: 5 times coarser are 45 px, whatever the side a network takes."""


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

    task_name = "pose"
    noun = "head pose"
    networks = POSE_NETWORKS
    headline, chance = ("raw", "mae"), ("zeros", "mae")

    def read(self, config: FitConfig, network: nn.Module) -> Found[FaceBatch]:
        """Return the cuts of faces."""
        network = pose_network(network)
        refuse_augment(config.augment, OF_HEAD_ANGLES, "heads take augment=faces or none")
        refuse_persons(config.persons)
        path, size = Path(config.data), network.size[0]
        found = read_faces(path, config.reader, size, config.labels.pose, config.on_error)
        if torch.isnan(found.pictures.rotation).any():
            raise DataError(f"{config.data}: holds faces without a rotation; nothing can be learnt from them")
        return found

    def pictures(self, config: FitConfig, network: nn.Module) -> Pictures[FaceBatch]:
        """Return what makes the cuts of a sample."""
        network = pose_network(network)
        refuse_augment(config.augment, OF_HEAD_ANGLES, "heads take augment=faces or none")
        return partial(faces_in, pose=config.labels.pose, where=Path(config.data), size=network.size[0])

    def unlabelled(self, path: Path, network: nn.Module) -> FaceBatch:
        """Return the faces of a folder, or of our shards, whose labels say no more than where a face is."""
        size = pose_network(network).size[0]
        if recognise(path) is Reader.shards:
            faces = read_faces(path, Reader.shards, size, HeadPose.sight).pictures
        else:
            faces = read_images(path, size, nested=True).pictures
        return replace(faces, rotation=torch.full_like(faces.rotation, torch.nan))

    def task(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> AveragedTask:
        """Return the task of head pose."""
        return PoseTask(pose_network(network), recipe, strengths)

    def validated(self, network: nn.Module, pictures: FaceBatch) -> tuple[dict[str, Any], str]:
        """Return the errors of the three angles, and of the rotation."""
        found = pose_score(rotations_of(pose_network(network), pictures), pictures.rotation.double().numpy())
        return found.to_json(), f"MAE {found.raw.mae:.2f} deg, of zeros {found.zeros.mae:.2f} deg"

    def noise(self, network: nn.Module, n: int, generator: torch.Generator) -> FaceBatch:
        """Return faces of noise."""
        return FaceBatch(
            images_u8=noise_u8(generator, n, *pose_network(network).size, 3),
            rotation=rotation_from_pitch_yaw_roll(noise_rad(generator, n, 3)),
            keys=keys_of_noise(n),
        )

    def exported(self, network: nn.Module, n: int, generator: torch.Generator) -> Exported:
        """Return the network with what makes rotations of its outputs."""
        network = pose_network(network)
        return Exported(
            network=Rotations(network),
            inputs={"images": torch.rand(n, 3, *network.size, generator=generator)},
            outputs=("cam_from_head",),
            said="images: square cuts of faces, RGB, [0, 1]; cam_from_head: the head's rotation, identity where it "
            "faces the lens (x right, y down, z away from the lens)",
        )

    def predicted(self, network: nn.Module, path: Path, reader: Reader, on_error: OnError) -> Predicted:
        """Return the rotations of the heads under a path: of folders of pictures, all that are in them."""
        network, reader = pose_network(network), recognise(path) if reader is Reader.auto else reader
        if reader in (Reader.aflw2000, Reader.wlp300):
            found = read_images(path, network.size[0], on_error, nested=True)
        else:
            # Which rotation our own shards call the head's is of no effect here: only the cuts are looked at.
            found = read_faces(path, reader, network.size[0], HeadPose.sight, on_error)
        by_name = rotation_file(rotations_of(network, found.pictures, AT_ONCE), found.pictures.keys)
        remarks = tuple(f"{n} left out: {cause}" for cause, n in found.left_out.items())
        return Predicted(by_name, remarks, found.damaged)

    def evaluate(self, config: EvaluateConfig, networks: Mapping[str, Trained], about: Mapping[str, Any]) -> None:
        """Measure on faces."""
        evaluation = measured(config, networks)
        if config.predictions is not None:
            write_predictions(Path(config.predictions), rotation_file(evaluation.ensemble, evaluation.faces.keys))
        if config.out is None:
            return
        if torch.isnan(evaluation.faces.rotation).any():
            raise DataError(f"{config.data}: holds faces without a rotation; give predictions=FILE.json and out=null")
        write_report(
            Path(config.out), evaluation, {**about, "pose": config.labels.pose.name, "reduced": config.reduced}
        )
        print("\n".join(summary(evaluation)))
        print(f"wrote {Path(config.out) / 'report.html'}")


def measured(config: EvaluateConfig, trained: Mapping[str, Trained]) -> PoseEvaluation:
    """Return what networks of head pose say of the faces, each of a cut of its own size, and what they cost.

    Raises:
        ConfigError: The configuration asks for what is for eyes.
        DataError: The faces cannot be read.
    """
    networks = {label: pose_network(one.network) for label, one in trained.items()}
    refuse_beside(config.beside)
    refuse_persons(config.persons)
    sides = sorted({network.size[0] for network in networks.values()})
    predicted = {}
    for side in sides:
        found = read_faces(Path(config.data), config.reader, side, config.labels.pose, config.on_error)
        faces = found.pictures
        if config.reduced > 1:
            faces = coarse(faces, round(REDUCED_FROM_PX / config.reduced))
        for label, network in networks.items():
            if network.size[0] == side:
                predicted[label] = rotations_of(network, faces, config.faces_at_once(side))
    # The faces that are kept, those of the largest cut, are the ones that the report shows.
    return PoseEvaluation(
        names=tuple(networks),
        predicted=np.stack([predicted[label] for label in networks]),
        faces=faces,
        left_out=found.left_out,
        damaged=found.damaged,
        costs=tuple(cost_on(network) for network in networks.values()) if config.out is not None else (),
    )


def cost_on(network: PoseNetwork) -> Cost:
    """Return what a network costs on a picture of its own size."""
    return cost_of(network, [blank(network.size)], network.rotation)


def pose_network(network: nn.Module) -> PoseNetwork:
    """Return a network as one of head pose, which it is."""
    assert isinstance(network, PoseNetwork)
    return network
