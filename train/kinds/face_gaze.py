"""Networks that tell the gaze from a face: from its normalised picture, or as a point of the screen before it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from adapt.augment.strengths import OF_HEAD_ANGLES, Strengths
from adapt.face_gaze_batch import FaceGazeBatch
from adapt.screen import GRID, Screen
from synth.errors import ConfigError, DataError
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.data.face_gaze.read import read_face_gaze
from train.data.face_gaze.shards import faces_in
from train.data.persons import chosen
from train.data.read import Reader
from train.data.sift import Found, OnError
from train.data.stream import Pictures
from train.kinds import AT_ONCE, Exported, Kind, Predicted, keys_of_noise, noise_rad, noise_u8
from train.kinds.refusals import refuse_augment, refuse_beside, refuse_reduced
from train.measure.cost import Cost, cost_of
from train.measure.face_gaze_evaluation import FaceGazeEvaluation, prediction_file, predictions_of
from train.measure.face_gaze_report import summary, write_report
from train.measure.gaze_metrics import score
from train.measure.page import write_predictions
from train.models.build import FACE_GAZE_NETWORKS
from train.models.face_gaze import FaceGazeNetwork
from train.tasks.averaged import AveragedTask, Recipe
from train.tasks.face_gaze import FaceGazeTask


class Angles(nn.Module):
    """A network of a normalised face's gaze up to its angles."""

    def __init__(self, network: FaceGazeNetwork, batch: FaceGazeBatch) -> None:
        """Hold the network; of the batch nothing is looked at, as no screen is asked for."""
        super().__init__()
        assert not network.on_screen
        self.network, self.batch = network, batch

    def forward(self, faces: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 2"]:
        """Return [pitch, yaw] of RGB pictures in [0, 1]."""
        return self.network.gaze(self.network(faces), self.batch)


class FaceGaze(Kind):
    """Gaze of a face."""

    task_name = "face_gaze"
    noun = "gaze of a face"
    networks = FACE_GAZE_NETWORKS
    headline, chance = ("raw",), ("mean_predictor",)

    def read(self, config: FitConfig, network: nn.Module) -> Found[FaceGazeBatch]:
        """Return the faces."""
        network = face_network(network)
        refuse_changes(config.augment, network.on_screen)
        found = read_face_gaze(Path(config.data), config.reader, network.side, network.on_screen, config.on_error)
        faces = chosen(found.pictures, config.persons, config.data)
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

    def noise(self, network: nn.Module, n: int, generator: torch.Generator) -> FaceGazeBatch:
        """Return faces of noise, and a screen half a metre before them where it is needed."""
        network = face_network(network)
        shape = (n, network.side, network.side, 3)
        screen = None
        if network.on_screen:
            screen = Screen(
                left_u8=noise_u8(generator, *shape),
                right_u8=noise_u8(generator, *shape),
                grid=torch.rand(n, GRID, GRID, generator=generator) < 0.1,
                point_cm=20 * noise_rad(generator, n, 2),
                centre_cam_m=torch.tensor([0.0, 0.0, 0.5]).repeat(n, 1),
                norm_from_cam=torch.eye(3).repeat(n, 1, 1),
            )
        return FaceGazeBatch(
            images_u8=noise_u8(generator, *shape),
            head_pitch_yaw_rad=noise_rad(generator, n, 2),
            gaze_pitch_yaw_rad=noise_rad(generator, n, 2),
            keys=keys_of_noise(n),
            screen=screen,
        )

    def exported(self, network: nn.Module, n: int, generator: torch.Generator) -> Exported:
        """Return the network up to its angles, or to the point of the screen."""
        network, batch = face_network(network), self.noise(network, n, generator)
        given = network.inputs(batch)
        if network.on_screen:
            return Exported(
                network=network,
                inputs=dict(zip(("faces", "left", "right", "grid"), given, strict=True)),
                outputs=("point_cm",),
                said="faces, left, right: upright squares of the frame, RGB, [0, 1]; grid: 1 in cells of the frame "
                "that the face covers; point_cm: from the lens in its plane, x to the subject's right, y up",
            )
        return Exported(
            network=Angles(network, batch),
            inputs={"faces": given[0]},
            outputs=("gaze_pitch_yaw",),
            said="faces: in the normalised camera of MPIIFaceGaze and ETH-XGaze, RGB, [0, 1]; gaze_pitch_yaw: [pitch, "
            "yaw] there, radians, up and to the image's left",
        )

    def predicted(self, network: nn.Module, path: Path, reader: Reader, on_error: OnError) -> Predicted:
        """Return the gazes of the faces under a path."""
        network = face_network(network)
        found = read_face_gaze(path, reader, network.side, network.on_screen, on_error)
        by_name = prediction_file(predictions_of(network, found.pictures, AT_ONCE), found.pictures.keys)
        remarks = tuple(f"{n} left out: {cause}" for cause, n in found.left_out.items())
        return Predicted(by_name, remarks, found.damaged)

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
        faces = chosen(found.pictures, config.persons, config.data)
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
