"""What a network starts from instead of random weights: those of a run, or of a backbone that others publish.

init=RUN, init=FILE.pt     all weights, of a network of the same name and shapes (train/checkpoint.py)
init=FILE.pth, FILE.tar    the published backbone inside a network that has one (train/models/published.py), by the
                           names of parameters that it has there; the rest stays random

init_share=A               what is left of a run is A of what it started from and 1 - A of what it learnt: between two
                           networks that one training lies between, a mean of weights is often better than either at
                           what each is better at (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR
                           2022, section 3: WiSE-FT)
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from synth.errors import ConfigError
from train.checkpoint import load_network
from train.models.published import Published, load_imagenet

PUBLISHED = (".pth", ".tar")
"""How published files end."""


def start_from(network: nn.Module, name: str, path: Path) -> Mapping[str, Any]:
    """Give a fresh network the weights of a run or a file, and return what is known of these.

    Raises:
        ConfigError: They are of another network, or of other shapes.
        DataError: The file is absent or damaged.
    """
    if path.suffix in PUBLISHED:
        backbones = [module for module in network.modules() if isinstance(module, Published)]
        if not backbones:
            raise ConfigError(f"init={path}: {name} has no published backbone inside that a {path.suffix} file is for")
        load_imagenet(backbones[0], path)
        return {"file": str(path)}
    trained = load_network(path)
    if trained.name != name:
        raise ConfigError(f"init={path}: holds {trained.name}, and model.name={name}")
    theirs, ours = trained.network.state_dict(), network.state_dict()
    for key in sorted(theirs.keys() | ours.keys()):
        shapes = [tuple(state[key].shape) if key in state else "absent" for state in (theirs, ours)]
        if shapes[0] != shapes[1]:
            raise ConfigError(f"init={path}: its {key} is {shapes[0]}, here {shapes[1]}; give model=... as it was made")
    network.load_state_dict(theirs)
    return {"file": str(path), **trained.about}


def mix(network: nn.Module, start: Mapping[str, Tensor], share: float) -> None:
    """Bring a share of other weights into a network; running means and deviations too, counters stay its own."""
    mixed = {
        key: torch.lerp(value, start[key].to(value), share) if value.is_floating_point() else value
        for key, value in network.state_dict().items()
    }
    network.load_state_dict(mixed)
