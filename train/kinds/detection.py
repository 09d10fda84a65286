"""Networks that find faces in pictures: boxes, and the five points of those that tell them."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from adapt.augment.strengths import OF_HEAD_ANGLES, Strengths
from adapt.detection_batch import DetectionBatch, Faces
from synth.errors import ConfigError, DataError
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.data.detection.read import read_pictures
from train.data.detection.shards import Box, pictures_in
from train.data.persons import PersonsConfig
from train.data.read import Reader
from train.data.sift import Found, OnError
from train.data.stream import Pictures
from train.kinds import Exported, Kind, Predicted, keys_of_noise, noise_u8
from train.kinds.refusals import refuse_augment, refuse_beside, refuse_reduced
from train.measure.cost import Cost, blank, cost_of
from train.measure.detection_evaluation import DetectionEvaluation, detection_file, found_by, scenes_of, score_of
from train.measure.detection_report import summary, write_report
from train.measure.page import write_predictions
from train.models.build import DETECTION_NETWORKS
from train.models.detection import DetectionNetwork
from train.tasks.averaged import AveragedTask, Recipe
from train.tasks.detection import DetectionTask

HELD = 2
"""Pictures to learn from are held at so many times the side that a network learns from: a window of half a picture is
then no enlargement."""
AT_ONCE = 16
CUTS = ("shift_px", "scale", "rotation_deg", "distortion", "shutter_px", "frame", "erase")
"""Changes of cuts about one face: whole pictures have windows instead, boxes know no bends, and what hides a whole face
is no label."""


class Told(nn.Module):
    """A network up to one box a face, whatever its `forward` takes."""

    def __init__(self, network: DetectionNetwork) -> None:
        """Hold the network."""
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the boxes."""
        return self.network.find(images).boxes_px


class Detection(Kind):
    """Boxes and points of faces in pictures."""

    task_name = "detection"
    noun = "faces in pictures"
    networks = DETECTION_NETWORKS
    headline, chance, unit = ("raw", "missed"), ("blind", "missed"), "%"

    def read(self, config: FitConfig, network: nn.Module) -> Found[DetectionBatch]:
        """Return the pictures, at twice the side that the network learns from."""
        refuse(config.augment, config.persons)
        side = HELD * detector(network).side
        found = read_pictures(Path(config.data), config.reader, side, config.labels.box, config.on_error)
        if not found.pictures.faces.wanted.any():
            raise DataError(f"{config.data}: holds no box of a face; nothing can be learnt from it")
        return found

    def pictures(self, config: FitConfig, network: nn.Module) -> Pictures[DetectionBatch]:
        """Return what makes the picture of a sample."""
        refuse(config.augment, config.persons)
        side = HELD * detector(network).side
        return partial(pictures_in, box=config.labels.box, where=Path(config.data), side=side)

    def task(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> AveragedTask:
        """Return the task of detection."""
        return DetectionTask(detector(network), recipe, strengths)

    def validated(self, network: nn.Module, pictures: DetectionBatch) -> tuple[dict[str, Any], str]:
        """Return what average precision lacks of 100 %, and the other figures."""
        found = score_of(scenes_of(pictures, found_by(detector(network), pictures, AT_ONCE)))
        blind = found["blind"]["missed"]
        return found, f"AP lacks {found['raw']['missed']:.1f} % at IoU 0.5, of a guess that never looks {blind:.1f} %"

    def noise(self, network: nn.Module, n: int, generator: torch.Generator) -> DetectionBatch:
        """Return pictures of noise with two faces each."""
        side = HELD * detector(network).side
        corner, size = (side * (0.1 + 0.4 * torch.rand(n, 2, 2, generator=generator)) for _ in range(2))
        boxes = torch.cat([corner, corner + size], dim=-1)
        places = torch.rand(n, 2, 5, 2, generator=generator)
        return DetectionBatch(
            images_u8=noise_u8(generator, n, side, side, 3),
            faces=Faces(
                boxes_px=boxes,
                points_px=corner[:, :, None] + places * size[:, :, None],
                wanted=torch.ones(n, 2, dtype=torch.bool),
                ignored=torch.zeros(n, 2, dtype=torch.bool),
                level=torch.full((n, 2), 3, dtype=torch.uint8),
            ),
            size_px=torch.full((n, 2), float(side)),
            scale=torch.ones(n),
            keys=keys_of_noise(n),
        )

    def exported(self, network: nn.Module, n: int, generator: torch.Generator) -> Exported:
        """Return the network up to all its boxes: that each face has one is for the program to see to."""
        network = detector(network)
        return Exported(network, network.inputs(n, generator), network.outputs, network.said, network.free)

    def predicted(self, network: nn.Module, path: Path, reader: Reader, on_error: OnError) -> Predicted:
        """Return what is found in the pictures under a path."""
        network = detector(network)
        # What our own shards box is of no effect here: only the pictures are looked at.
        found = read_pictures(path, reader, network.test_side, Box.face, on_error)
        scenes = scenes_of(found.pictures, found_by(network, found.pictures, AT_ONCE))
        remarks = tuple(f"{n} left out: {cause}" for cause, n in found.left_out.items())
        return Predicted(detection_file(scenes, found.pictures.keys), remarks, found.damaged)

    def evaluate(self, config: EvaluateConfig, networks: Mapping[str, Trained], about: Mapping[str, Any]) -> None:
        """Measure on pictures."""
        if config.predictions is not None and len(networks) > 1:
            raise ConfigError("predictions=...: of one detector; several are measured one by one, and have no mean")
        evaluation = measured(config, networks)
        if config.predictions is not None:
            said = detection_file(evaluation.scenes[0], evaluation.pictures.keys)
            write_predictions(Path(config.predictions), said)
        if config.out is None:
            return
        if not evaluation.pictures.faces.wanted.any():
            raise DataError(f"{config.data}: holds no box of a face; give predictions=FILE.json and out=null")
        report = write_report(Path(config.out), evaluation, {**about, "box": config.labels.box.name})
        print("\n".join(summary(report)))
        print(f"wrote {Path(config.out) / 'report.html'}")


def measured(config: EvaluateConfig, trained: Mapping[str, Trained]) -> DetectionEvaluation:
    """Return what networks find, each in pictures of its own side, and what they cost.

    Raises:
        ConfigError: The configuration asks for what is for other kinds.
        DataError: The pictures cannot be read.
    """
    networks = {label: detector(one.network) for label, one in trained.items()}
    refuse_beside(config.beside)
    refuse_reduced(config.reduced)
    refuse_persons(config.persons)
    scenes = {}
    for side in sorted({network.test_side for network in networks.values()}):
        found = read_pictures(Path(config.data), config.reader, side, config.labels.box, config.on_error)
        for label, network in networks.items():
            if network.test_side == side:
                told = found_by(network, found.pictures, config.faces_at_once(side))
                scenes[label] = scenes_of(found.pictures, told)
    # The pictures that are kept, the largest, are the ones that the report shows.
    return DetectionEvaluation(
        names=tuple(networks),
        scenes=tuple(scenes[label] for label in networks),
        pictures=found.pictures,
        left_out=found.left_out,
        damaged=found.damaged,
        costs=tuple(cost_on(network) for network in networks.values()) if config.out is not None else (),
    )


def cost_on(network: DetectionNetwork) -> Cost:
    """Return what a network costs on a grey picture of its own side, up to one box a face."""
    return cost_of(Told(network), [blank((network.test_side, network.test_side))], torch.Tensor.size)


def refuse(augment: Strengths, persons: PersonsConfig) -> None:
    """Raise ConfigError where pictures would be changed as cuts are, or somebody is chosen."""
    refuse_augment(augment, (*OF_HEAD_ANGLES, *CUTS), "pictures take augment=pictures or none", whole=True)
    refuse_persons(persons)


def refuse_persons(persons: PersonsConfig) -> None:
    """Raise ConfigError where somebody is chosen: sets of pictures do not tell persons apart."""
    if not persons.everything:
        raise ConfigError("persons: they are for gaze; sets of pictures do not tell persons apart")


def detector(network: nn.Module) -> DetectionNetwork:
    """Return a network as one of detection, which it is."""
    assert isinstance(network, DetectionNetwork)
    return network
