"""What a network starts from instead of random weights: those of a run, or of a ResNet that torchvision publishes.

init=RUN, init=FILE.pt     all weights, of a network of the same name and shapes (train/checkpoint.py)
init=FILE.pth              the ResNet inside a network that has one, by torchvision's names; the rest stays random
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from synth.errors import ConfigError
from train.checkpoint import load_network
from train.models.backbone import ResNet, load_imagenet

PUBLISHED = ".pth"
"""How files of torchvision end."""


def start_from(network: nn.Module, name: str, path: Path) -> Mapping[str, Any]:
    """Give a fresh network the weights of a run or a file, and return what is known of these.

    Raises:
        ConfigError: They are of another network, or of other shapes.
        DataError: The file is absent or damaged.
    """
    if path.suffix == PUBLISHED:
        resnets = [module for module in network.modules() if isinstance(module, ResNet)]
        if not resnets:
            raise ConfigError(f"init={path}: {name} has no ResNet inside that a {PUBLISHED} file is for")
        load_imagenet(resnets[0], path)
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
