"""Kinds of network: what they learn from, what trains them, and how it is told whether they are right.

One file a kind; train/kinds/known.py lists them.  `fit` and `evaluate` ask the kind and know no network by name.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from adapt.strengths import Strengths
from synth.errors import ConfigError
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.data.loader import Rowed
from train.data.stream import Pictures
from train.tasks.averaged import AveragedTask, Recipe


@dataclass(frozen=True)
class Found:
    """What a network learns from.

    Attributes:
        pictures: In memory.
        left_out: How many a protocol leaves out, by cause.
        damaged: What was wrong with each damaged one, where these are skipped.
    """

    pictures: Rowed
    left_out: Mapping[str, int] = field(default_factory=dict)
    damaged: tuple[str, ...] = ()


class Kind(ABC):
    """What networks of a kind have in common.

    Attributes:
        noun: What they tell, after "the".
        networks: Those of the kind, by name.
    """

    noun: str
    networks: Mapping[str, Callable[..., nn.Module]]

    @abstractmethod
    def read(self, config: FitConfig, network: nn.Module) -> Found:
        """Return the pictures that a network learns from.

        Raises:
            ConfigError: The configuration asks for what these pictures cannot have.
            DataError: There are none, or something is damaged.
        """

    def pictures(self, config: FitConfig, network: nn.Module) -> Pictures[Any]:
        """Return what makes pictures of a sample of our shards, for a network that learns from a stream of them.

        Raises:
            ConfigError: The configuration asks for what these pictures cannot have; or the kind knows no streams.
        """
        raise ConfigError(f"stream=true: a network that tells the {self.noun} learns from pictures in memory")

    @abstractmethod
    def task(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> AveragedTask:
        """Return what trains a network."""

    @abstractmethod
    def validated(self, network: nn.Module, pictures: Any) -> tuple[dict[str, Any], str]:
        """Return a trained network's score on pictures that `read` gave, as plain values and in a few words."""

    @abstractmethod
    def evaluate(self, config: EvaluateConfig, networks: Mapping[str, Trained], about: Mapping[str, Any]) -> None:
        """Measure networks, by label, and write what was asked for; `about` is what the report says of itself.

        Raises:
            ConfigError: The configuration asks for what is for another kind.
            DataError: The pictures cannot be read.
        """
