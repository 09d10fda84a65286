"""From names and numbers to the networks: what a configuration and a checkpoint both hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapt.refine import Refiner
from adapt.refine.discriminator import PatchDiscriminator
from adapt.refine.history import History
from adapt.refine.keeping import Keep, Keeping, SelfRegularisation
from adapt.refine.patch_nce import PatchNCE
from adapt.refine.recipe import Network, Refining
from adapt.refine.residual import ResidualRefiner
from adapt.refine.translator import Translator
from synth.errors import ConfigError

REFINERS: dict[str, Callable[..., Refiner]] = {
    Network.residual.name: ResidualRefiner,
    Network.translator.name: Translator,
}


@dataclass(frozen=True)
class Parts:
    """Everything that learns or remembers in a training.

    Attributes:
        refiner: Fresh.
        discriminator: Fresh.
        keeping: The loss that keeps, with its own weights if it has any.
        history: Empty.
    """

    refiner: Refiner
    discriminator: PatchDiscriminator
    keeping: Keeping
    history: History


def build_refiner(name: str, options: Mapping[str, Any]) -> Refiner:
    """Return a fresh refiner.

    Args:
        name: One of `REFINERS`.
        options: Arguments of its constructor.

    Raises:
        ConfigError: There is no such network or option.
    """
    if name not in REFINERS:
        raise ConfigError(f"network={name}: no such refiner; there are {', '.join(REFINERS)}")
    try:
        return REFINERS[name](**options)
    except TypeError as error:
        raise ConfigError(f"network={name}: {error}") from error


def options_of(recipe: Refining, channels: int) -> dict[str, Any]:
    """Return what `build_refiner` makes the recipe's refiner with."""
    options: dict[str, Any] = {"channels": channels, "maps": recipe.maps, "blocks": recipe.blocks}
    return options | ({"skip": recipe.skip} if recipe.network is Network.residual else {})


def build_parts(recipe: Refining, channels: int, height: int, width: int) -> Parts:
    """Return the parts of a training on pictures of this size; their weights come from torch's generator."""
    refiner = build_refiner(recipe.network.name, options_of(recipe, channels))
    return Parts(
        refiner=refiner,
        discriminator=PatchDiscriminator(channels, recipe.patch_maps, recipe.spectral),
        keeping=PatchNCE(refiner) if recipe.keep is Keep.contrast else SelfRegularisation(recipe.keep),
        history=History(recipe.history, channels, height, width),
    )
