"""What one run trains and validates on: read into memory, or streamed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from train.config import FitConfig
from train.data.loader import Rowed
from train.data.portion import drawn, portion_of
from train.data.stream import Stream, find_shards
from train.kinds import Kind


@dataclass(frozen=True)
class Corpus:
    """What is trained and validated on, and who is in neither.

    Attributes:
        training: In memory, or a stream.
        validation: In memory; None for none.
        left_out: How many a protocol leaves out, by cause; of a stream nobody counts.
        damaged: What was wrong with pictures that were skipped.
    """

    training: Rowed | Stream[Any]
    validation: Rowed | None
    left_out: Mapping[str, int] = field(default_factory=dict)
    damaged: tuple[str, ...] = ()

    @property
    def held(self) -> int:
        """The number of pictures to validate on."""
        return 0 if self.validation is None else len(self.validation)


def corpus_of(config: FitConfig, kind: Kind, network: nn.Module) -> Corpus:
    """Return the pictures that the configuration names, split.

    Raises:
        ConfigError: The configuration asks for what these pictures cannot have.
        DataError: There are none, or something is damaged.
    """
    if config.stream:
        stream = Stream(find_shards(config.data), kind.pictures(config, network))
        return Corpus(*stream.split(config.trainer.validation))
    found = kind.read(config, network)
    training, validation = kind.split(portion_of(found.pictures, config.portion), config.trainer.validation)
    return Corpus(drawn(training, config.samples, config.seed), validation, found.left_out, found.damaged)
