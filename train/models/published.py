"""Backbones whose weights others publish, with the parameter names that they have there."""

import pickle
from pathlib import Path

import torch
from torch import nn

from synth.errors import DataError

PREFIX = "module."
"""Of names in files that torch's DataParallel wrote."""


class Published(nn.Module):
    """A backbone without its classifier.

    Attributes:
        published_as: Whose network it is.
        classifier: How the names of the parameters begin that are left out, one beginning or several.
    """

    published_as: str
    classifier: str | tuple[str, ...]


def load_imagenet(network: Published, path: Path) -> None:
    """Load the weights of a file, without those of the classifier.

    Raises:
        DataError: The file is absent or damaged, or holds the weights of another network.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        weights = content.get("state_dict", content)
        named = {name.removeprefix(PREFIX): value for name, value in weights.items()}
        network.load_state_dict({key: value for key, value in named.items() if not key.startswith(network.classifier)})
    except (OSError, EOFError, AttributeError, RuntimeError, pickle.UnpicklingError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"{path}: no weights of a {network.published_as}: {reason}") from error
