"""Kinds of network: what they learn from, what trains them, and how it is told whether they are right.

One file a kind; train/kinds/known.py lists them.  The verbs ask the kind and know no network by
name.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from adapt.augment.strengths import Strengths
from adapt.rows import Rows
from synth.errors import ConfigError
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.data.loader import Rowed, split
from train.data.read import Reader
from train.data.sift import Found, OnError
from train.data.stream import Pictures
from train.tasks.averaged import AveragedTask, Recipe

AT_ONCE = 64
"""Pictures that `predicted` shows a network at once; of faces of 224x224 that takes half a gigabyte."""


@dataclass(frozen=True)
class Exported:
    """A network as programs without this one run it: tensors in, tensors out, all float32, pictures first.

    Attributes:
        network: Takes `inputs` in their order; returns a tensor, or a tuple of as many as `outputs`.
        inputs: Random ones by name, of as many pictures as were asked for.
        outputs: Names of what comes out.
        said: What goes in and out, in words, with units and frames.
        free: Inputs that are pictures of any height and width.
    """

    network: nn.Module
    inputs: Mapping[str, Tensor]
    outputs: tuple[str, ...]
    said: str
    free: tuple[str, ...] = ()


@dataclass(frozen=True)
class Predicted:
    """What a network says of pictures whose truth nobody knows.

    Attributes:
        by_name: Of each picture that could be read, what `predictions=` of `evaluate` has.
        remarks: What there is to know of these pictures, a line each.
        damaged: What was wrong with each that could not be read.
    """

    by_name: Mapping[str, Any]
    remarks: tuple[str, ...]
    damaged: tuple[str, ...]


class Kind(ABC):
    """What networks of a kind have in common.

    Attributes:
        task_name: What `predict` calls it.
        noun: What they tell, after "the".
        networks: Those of the kind, by name.
        headline: Keys under which the score of `validated` has the one figure to compare networks by.
        chance: Keys of the same figure of a guess that never looks at a picture.
        unit: Of that figure.
    """

    task_name: str
    noun: str
    networks: Mapping[str, Callable[..., nn.Module]]
    headline: tuple[str, ...]
    chance: tuple[str, ...]
    unit: str = "deg"

    @abstractmethod
    def read(self, config: FitConfig, network: nn.Module) -> Found[Rowed]:
        """Return the pictures that a network learns from.

        Raises:
            ConfigError: The configuration asks for what these pictures cannot have.
            DataError: There are none, or something is damaged.
        """

    def split(self, pictures: Rowed, validation: float) -> tuple[Rowed, Rowed]:
        """Return what of the pictures that `read` gave is for training, and what for validation."""
        return split(pictures, validation)

    def pictures(self, config: FitConfig, network: nn.Module) -> Pictures[Any]:
        """Return what makes pictures of a sample of our shards, for a network that learns from a stream of them.

        Raises:
            ConfigError: The configuration asks for what these pictures cannot have; or the kind knows no streams.
        """
        raise ConfigError(f"stream=true: a network that tells the {self.noun} learns from pictures in memory")

    def unlabelled(self, path: Path, network: nn.Module) -> Rows:
        """Return the real pictures of a folder for a network that is adapted to them: their labels unknown.

        Raises:
            ConfigError: Networks of this kind cannot be adapted.
            DataError: There is none, or one is damaged.
        """
        raise ConfigError(f"adaptation: is for networks of an eye's gaze and of head pose, not of the {self.noun}")

    @abstractmethod
    def task(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> AveragedTask:
        """Return what trains a network."""

    @abstractmethod
    def validated(self, network: nn.Module, pictures: Any) -> tuple[dict[str, Any], str]:
        """Return a trained network's score on pictures that `read` gave, as plain values and in a few words."""

    @abstractmethod
    def noise(self, network: nn.Module, n: int, generator: torch.Generator) -> Rowed:
        """Return n pictures of noise with labels, in the form that `read` gives: as fast to train on as any."""

    @abstractmethod
    def exported(self, network: nn.Module, n: int, generator: torch.Generator) -> Exported:
        """Return a network as other programs run it, with n random pictures."""

    @abstractmethod
    def predicted(self, network: nn.Module, path: Path, reader: Reader, on_error: OnError) -> Predicted:
        """Return what a network says of the pictures under a path; their labels are not looked at.

        Raises:
            DataError: There is none; or one is damaged and `on_error` is stop.
        """

    @abstractmethod
    def evaluate(self, config: EvaluateConfig, networks: Mapping[str, Trained], about: Mapping[str, Any]) -> None:
        """Measure networks, by label, and write what was asked for; `about` is what the report says of itself.

        Raises:
            ConfigError: The configuration asks for what is for another kind.
            DataError: The pictures cannot be read.
        """


def keys_of_noise(n: int) -> tuple[str, ...]:
    """Return names of n pictures that come from nowhere."""
    return tuple(f"{i:08d}" for i in range(n))


def noise_u8(generator: torch.Generator, *shape: int) -> Tensor:
    """Return pictures of noise."""
    return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)


def noise_rad(generator: torch.Generator, *shape: int) -> Tensor:
    """Return random angles of up to half a radian either way."""
    return torch.rand(*shape, generator=generator) - 0.5
