"""Refined pictures of earlier steps, which a discriminator is shown beside the present ones.

Shrivastava et al. 2017, section 2.3: a discriminator that sees the present refiner alone forgets, and the refiner comes
back to what it had been taught out of.  So of every discriminator batch of b refined pictures

    b - b/2    are new, by the present refiner
    b/2        are drawn from the history, without repetition, as soon as it holds so many

and after the step b/2 of the new ones take the places of as many random ones of the history, which keeps its size; as
long as it is not full they are added to it instead.  Odd halves are rounded down.

The pictures are buffers of the module: a checkpoint holds them.  What is drawn comes from the generator handed in,
which the trainer makes anew from (seed, step): a continued run draws what an uninterrupted one does.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class History(nn.Module):
    """See the module.

    Attributes:
        pictures: Places for all, (size, C, h, w); those beyond `held` are empty.
        held: How many are taken.
    """

    pictures: Tensor
    held: Tensor

    def __init__(self, size: int, channels: int, height: int, width: int) -> None:
        """Make room for `size` pictures; a history of none changes no batch."""
        super().__init__()
        self.register_buffer("pictures", torch.zeros(size, channels, height, width))
        self.register_buffer("held", torch.zeros((), dtype=torch.long))

    def __len__(self) -> int:
        """Return how many pictures it holds."""
        return int(self.held)

    def mix(self, refined: Float[Tensor, "b c h w"], generator: torch.Generator) -> Float[Tensor, "b c h w"]:
        """Return the batch with its second half replaced by pictures of the history, or as it is while these are few.

        Args:
            refined: New pictures.
            generator: On the history's device.
        """
        half, held = len(refined) // 2, len(self)
        if held < half:
            return refined
        drawn = torch.randperm(held, generator=generator, device=self.pictures.device)[:half]
        return torch.cat([refined[: len(refined) - half], self.pictures[drawn]])

    @torch.no_grad()
    def add(self, refined: Float[Tensor, "b c h w"], generator: torch.Generator) -> None:
        """Keep the first half of new pictures: in free places, then in the places of random ones.

        Args:
            refined: New pictures, all of them, as `mix` was given them.
            generator: On the history's device.
        """
        new = refined[: len(refined) // 2].float()
        size, held = len(self.pictures), len(self)
        added = min(size - held, len(new))
        self.pictures[held : held + added] = new[:added]
        self.held += added
        rest = new[added:][:size]
        places = torch.randperm(size, generator=generator, device=self.pictures.device)[: len(rest)]
        self.pictures[places] = rest
