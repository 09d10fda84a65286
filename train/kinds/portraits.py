"""What the kinds of network share that are shown portraits: how these are read, divided, and measured on."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

import torch
from torch import Generator

from adapt.augment.strengths import OF_HEAD_ANGLES
from adapt.portraits import UNKNOWN, Portraits
from synth.label.celeba import ATTRIBUTES
from train.config import EvaluateConfig, FitConfig
from train.data.loader import Rowed
from train.data.portraits.people import split_people
from train.data.portraits.read import Purpose, read_portraits
from train.data.sift import Found
from train.kinds import Kind, keys_of_noise, noise_u8
from train.kinds.refusals import refuse_augment, refuse_beside, refuse_persons, refuse_reduced

SAID_OF_IMAGES = (
    "images: square cuts, the box from forehead to chin and a quarter of its longer side about it, RGB, [0, 1]"
)


@runtime_checkable
class Sized(Protocol):
    """A network that is made for pictures of a size."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, px."""


Network = TypeVar("Network", bound=Sized)
Told = TypeVar("Told")


class PortraitKind(Kind):
    """What a network is shown is a portrait."""

    def split(self, pictures: Rowed, validation: float) -> tuple[Rowed, Rowed]:
        """Return what is for training and what for validation; nobody is in both."""
        assert isinstance(pictures, Portraits)
        return split_people(pictures, validation)


def read_to_train(config: FitConfig, side: int) -> Found[Portraits]:
    """Return the cuts that a network learns from.

    Raises:
        ConfigError: The configuration asks for what these pictures cannot have.
        DataError: There are none, or something is damaged.
    """
    refuse_augment(config.augment, OF_HEAD_ANGLES, "faces take augment=faces or none")
    refuse_persons(config.persons)
    return read_portraits(Path(config.data), config.reader, side, Purpose.train, config.on_error)


def told_on(
    config: EvaluateConfig, networks: Mapping[str, Network], tell: Callable[[Network, Portraits, int], Told]
) -> tuple[dict[str, Told], Found[Portraits]]:
    """Return what each network tells of the faces to measure on, of cuts of its own size; and those of the largest.

    Args:
        config: Names the faces.
        networks: By label.
        tell: What a network tells of faces, so many at once.

    Raises:
        ConfigError: The configuration asks for what is for eyes or head pose.
        DataError: The faces cannot be read.
    """
    refuse_beside(config.beside)
    refuse_reduced(config.reduced)
    refuse_persons(config.persons)
    told = {}
    for side in sorted({network.size[0] for network in networks.values()}):
        found = read_portraits(Path(config.data), config.reader, side, Purpose.measure, config.on_error)
        for label, network in networks.items():
            if network.size[0] == side:
                told[label] = tell(network, found.pictures, config.faces_at_once(side))
    return {label: told[label] for label in networks}, found


def noisy_portraits(side: int, n: int, generator: Generator) -> Portraits:
    """Return n faces of noise, two of each person, with any attributes."""
    return Portraits(
        images_u8=noise_u8(generator, n, side, side, 3),
        attributes=torch.randint(0, 2, (n, len(ATTRIBUTES)), generator=generator, dtype=torch.int8),
        person=torch.arange(n) // 2,
        part=torch.full((n,), UNKNOWN, dtype=torch.int8),
        keys=keys_of_noise(n),
    )
