"""PatchNCE: a patch of a refined picture is to be told from all others by its resemblance to the same patch before.

Park et al. 2020 (adapt/refine/translator.py has the reference), equations 2 to 5.  At each of a refiner's features a
head of two layers codes places of the refined picture (q) and of the rendered one (k) as unit vectors; of S random
places, the same in both, place s shall find its own:

    loss = mean over features, pictures and places of  -log( exp(q_s . k_s / tau) / sum_t exp(q_s . k_t / tau) )

tau = 0.07; no gradient passes through k.  The same is asked of real pictures, which the refiner is to leave alone
(their equation 5), and the mean of both is the loss, as in the authors' code.  Theirs has S = 256 places and heads of
256; pictures of tens of pixels have fewer places that differ.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from adapt.refine import Refiner
from adapt.refine.keeping import Keeping

TEMPERATURE = 0.07
PLACES = 64
WIDTH = 64
"""Of the heads."""


class PatchNCE(Keeping):
    """See the module."""

    def __init__(self, refiner: Refiner) -> None:
        """Build a head for each of the refiner's features."""
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(channels, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH))
            for channels in refiner.feature_channels
        )

    def forward(
        self,
        refiner: Refiner,
        rendered: Float[Tensor, "b c h w"],
        refined: Float[Tensor, "b c h w"],
        real: Float[Tensor, "a c h w"],
        generator: torch.Generator,
    ) -> Float[Tensor, ""]:
        """Return the loss of rendered and of real pictures, half each."""
        both = self.compared(refiner, rendered, refined, generator)
        return (both + self.compared(refiner, real, refiner(real), generator)) / 2

    def compared(
        self,
        refiner: Refiner,
        before: Float[Tensor, "b c h w"],
        after: Float[Tensor, "b c h w"],
        generator: torch.Generator,
    ) -> Float[Tensor, ""]:
        """Return the loss of pictures before and after."""
        with torch.no_grad():
            known = refiner.encode(before)
        losses = []
        for head, k, q in zip(self.heads, known, refiner.encode(after), strict=True):
            places = torch.randperm(k[0, 0].numel(), generator=generator, device=k.device)[:PLACES]
            with torch.no_grad():
                keys = functional.normalize(head(at(k, places)).float(), dim=2)
            losses.append(contrast(functional.normalize(head(at(q, places)).float(), dim=2), keys))
        return torch.stack(losses).mean()


def at(features: Float[Tensor, "b c h w"], places: Int[Tensor, " s"]) -> Float[Tensor, "b s c"]:
    """Return the features of places, counted row by row."""
    return features.flatten(2)[:, :, places].transpose(1, 2)


def contrast(q: Float[Tensor, "b s d"], k: Float[Tensor, "b s d"]) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of finding each place among those of its picture."""
    resemblance = torch.einsum("bsd,btd->bst", q, k) / TEMPERATURE
    own = torch.arange(q.shape[1], device=q.device).expand(len(q), -1)
    return functional.cross_entropy(resemblance.transpose(1, 2), own)
