"""A trained network as one small file: its name, its options and its weights; read back without running any code.

network.pt   {"format": 1, "name": str, "options": {...}, "state": {tensor name: tensor}, "about": {...}}
"""

import io
import pickle
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from synth.errors import ConfigError, DataError
from synth.shards.atomic import write_whole
from train.models.build import build
from train.tasks.averaged import channels_last

FORMAT = 1
FILE = "network.pt"


@dataclass(frozen=True)
class Result:
    """What a verb leaves in the folder of a run.

    Attributes:
        file: Its name.
        verb: What makes it.
        build: From a name and options to the network that its weights are for.
    """

    file: str
    verb: str
    build: Callable[[str, Mapping[str, Any]], nn.Module]


FITTED = Result(FILE, "fit", build)


@dataclass(frozen=True)
class Trained:
    """A network ready to predict, what it was trained on, and the options that `build` made it with."""

    network: nn.Module
    name: str
    about: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)


def save_network(
    path: Path, network: nn.Module, name: str, options: Mapping[str, Any], about: Mapping[str, Any]
) -> None:
    """Write a network; the file appears only when it is whole.

    Args:
        path: The file.
        network: Built from the name and the options (`Result.build`).
        name: Of the network.
        options: Of the network.
        about: Plain values worth keeping with it: seed, versions, labels.
    """
    buffer = io.BytesIO()
    state = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    torch.save({"format": FORMAT, "name": name, "options": dict(options), "state": state, "about": dict(about)}, buffer)
    write_whole(path, buffer.getvalue())


def load_network(path: Path, result: Result = FITTED) -> Trained:
    """Return the network in a file, or in the folder of a run.

    Raises:
        DataError: There is none, or it is damaged.
    """
    file = path / result.file if path.is_dir() else path
    if not file.is_file():
        raise DataError(f"{file}: there is no such file; name the folder that `canthus {result.verb} out=...` finished")
    if not zipfile.is_zipfile(file):  # torch's older formats are not ours, and fail in many ways
        raise DataError(f"{file}: not a network of ours or cut short; train it again")
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise DataError(f"{file}: not a network of ours or damaged ({reason})") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DataError(f"{file}: not a network of ours in format {FORMAT}")
    try:
        network = result.build(content["name"], content["options"])
        network.load_state_dict(content["state"])
    except (ConfigError, KeyError, RuntimeError) as error:
        raise DataError(f"{file}: its weights and its options do not fit each other") from error
    return Trained(channels_last(network.eval()), content["name"], content["about"], content["options"])
