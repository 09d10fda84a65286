"""From the name of a network and its options to the network: what a configuration and a checkpoint both hold."""

import difflib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from synth.errors import ConfigError
from train.models.gazenet import GazeNet, gazenet_v2
from train.models.lenet import LeNet
from train.models.resnet_preact import ResNetPreact

NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "lenet": LeNet,
    "gazenet": GazeNet,
    "gazenet_v2": gazenet_v2,
    "resnet_preact": ResNetPreact,
}


def build(name: str, options: Mapping[str, Any]) -> nn.Module:
    """Return a fresh network.

    Args:
        name: One of `NETWORKS`.
        options: Arguments of its constructor; those left out keep their defaults.

    Raises:
        ConfigError: There is no such network or option, or a value is of another type.
    """
    if name not in NETWORKS:
        raise ConfigError(f"model.name={name}: no such network; there are {', '.join(NETWORKS)}")
    allowed = {key: value.default for key, value in inspect.signature(NETWORKS[name]).parameters.items()}
    for key, value in options.items():
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(allowed)}"
            raise ConfigError(f"model.{key}={value}: {name} has no such option; {hint}")
        wanted = type(allowed[key])
        fits = isinstance(value, bool) if wanted is bool else isinstance(value, int | wanted) and value is not True
        if not fits or (wanted is not bool and value < 0):
            raise ConfigError(f"model.{key}={value}: expected {wanted.__name__} of at least 0, such as {allowed[key]}")
    return NETWORKS[name](**options)
