"""Draws for a batch from one torch generator: every amount of an augmentation is one of these."""

import torch
from torch import Tensor


class Dice:
    """Draws for `batch` pictures on the generator's device; the order of the calls decides what comes."""

    def __init__(self, generator: torch.Generator, batch: int, probability: float) -> None:
        """Draw from this generator; `probability` is that of `sometimes`."""
        self.generator, self.batch, self.probability = generator, batch, probability

    @property
    def device(self) -> torch.device:
        """Where the draws are."""
        return self.generator.device

    def even(self, *shape: int) -> Tensor:
        """Return numbers evenly from 0 to 1, (b, *shape)."""
        return torch.rand(self.batch, *shape, generator=self.generator, device=self.device)

    def signed(self, *shape: int) -> Tensor:
        """Return numbers evenly from -1 to 1."""
        return 2 * self.even(*shape) - 1

    def sometimes(self, *ones: int) -> Tensor:
        """Return 1 with the probability, else 0."""
        return (self.even(*ones) < self.probability).float()

    def normal(self, *shape: int) -> Tensor:
        """Return standard normal numbers."""
        return torch.randn(self.batch, *shape, generator=self.generator, device=self.device)
