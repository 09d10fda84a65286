"""Kinds of network: what they learn from, what trains them, and how it is told whether they are right.

One file a kind; train/kinds/known.py lists them.  `fit` and `evaluate` ask the kind and know no network by name.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from adapt.strengths import Strengths
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.data.loader import Rowed
from train.tasks.averaged import AveragedTask, Recipe


@dataclass(frozen=True)
class Exported:
    """A network as programs without this one run it: tensors in, what it tells out, all float32, pictures first.

    Attributes:
        network: Takes `inputs` in their order.
        inputs: Random ones by name, of as many pictures as were asked for.
        output: Name of what comes out.
        said: What goes in and out, in words, with units and frames.
    """

    network: nn.Module
    inputs: Mapping[str, Tensor]
    output: str
    said: str


class Kind(ABC):
    """What networks of a kind have in common.

    Attributes:
        noun: What they tell, after "the".
        networks: Those of the kind, by name.
        headline: Keys under which the score of `validated` has the one figure to compare networks by.
        chance: Keys of the same figure of a guess that never looks at a picture.
        unit: Of that figure.
    """

    noun: str
    networks: Mapping[str, Callable[..., nn.Module]]
    headline: tuple[str, ...]
    chance: tuple[str, ...]
    unit: str = "deg"

    @abstractmethod
    def read(self, config: FitConfig, network: nn.Module) -> Rowed:
        """Return the pictures that a network learns from, in memory.

        Raises:
            ConfigError: `augment` asks for what these pictures cannot have.
            DataError: There are none, or something is damaged.
        """

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
    def evaluate(self, config: EvaluateConfig, networks: Mapping[str, Trained], about: Mapping[str, Any]) -> None:
        """Measure networks, by label, and write what was asked for; `about` is what the report says of itself.

        Raises:
            ConfigError: The configuration asks for what is for another kind.
            DataError: The pictures cannot be read.
        """
