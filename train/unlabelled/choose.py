"""From an `adaptation` configuration to what adapts a network, and what is told of it."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from adapt.rows import Rows
from adapt.unlabelled.batch_norm import normalisers, reestimate
from adapt.unlabelled.recipe import LEAST_IMAGES, Adaptation, Method
from synth.errors import ConfigError, DataError
from train.data.unlabelled import digest, spread
from train.kinds import Kind
from train.models.features import features_of
from train.tasks.adaptable import AdaptableTask, Adapting
from train.tasks.averaged import AveragedTask
from train.unlabelled.dann import Adversary
from train.unlabelled.mean_teacher import MeanTeacher

AT_ONCE = 256
"""Pictures that new statistics are the means of, about."""


@dataclass(frozen=True)
class Unlabelled:
    """Real pictures that a network is adapted to.

    Attributes:
        pictures: In memory, their labels unknown.
        about: What a run says of them and of the method: every figure that comes of them has to.
    """

    pictures: Rows
    about: Mapping[str, Any]


def refuse_network(adaptation: Adaptation, network: nn.Module, name: str) -> None:
    """Raise ConfigError where a network lacks what the method works on."""
    if adaptation.method is Method.adabn and not normalisers(network):
        raise ConfigError(f"adaptation=adabn: {name} has no batch normalisation whose statistics could be others")
    if adaptation.method is Method.dann and features_of(network) is None:
        raise ConfigError(f"adaptation=dann: {name} has no one layer of features before its last layers")


def unlabelled_of(adaptation: Adaptation, kind: Kind, network: nn.Module) -> Unlabelled | None:
    """Return the real pictures that a configuration names; None where there is nothing to adapt to.

    Raises:
        ConfigError: Networks of this kind cannot be adapted.
        DataError: There are too few pictures, or one is damaged.
    """
    if adaptation.real is None:
        return None
    found = kind.unlabelled(Path(adaptation.real), network)
    pictures = found.take(spread(len(found), adaptation.images, adaptation.real))
    if len(pictures) < LEAST_IMAGES:
        raise DataError(f"{adaptation.real}: {len(pictures)} pictures; an adaptation needs at least {LEAST_IMAGES}")
    asked = {key: value for key, value in asdict(adaptation).items() if value is not None}
    known = {"method": adaptation.method.name, "images": len(pictures), "of": len(found)}
    return Unlabelled(pictures, {**asked, **known, "sha256": digest(next(iter(vars(pictures).values())).numpy())})


def prepare(task: AveragedTask, adaptation: Adaptation, real: Rows) -> None:
    """Let real pictures take part in the steps of a task, where the method is one of steps."""
    assert isinstance(task, AdaptableTask), "a kind that reads unlabelled pictures has a task that can be adapted"
    a = adaptation
    adapting: Adapting[Any]
    if a.method is Method.mean_teacher:
        assert a.batch_size is not None and a.weight is not None and a.ramp is not None
        adapting = MeanTeacher(real, a.batch_size, a.weight, a.ramp)
    elif a.method is Method.dann:
        place = features_of(task.network)
        assert place is not None and a.batch_size is not None
        assert a.weight is not None and a.slope is not None and a.hidden is not None
        adapting = Adversary(real, a.batch_size, place, a.weight, a.slope, a.hidden, task.recipe.seed)
    else:
        return
    task.adapting = adapting


def finish(task: AveragedTask, adaptation: Adaptation, real: Rows) -> None:
    """Do to the averaged network of a trained task what comes after the last step, on the pictures' device."""
    if adaptation.method is not Method.adabn:
        return
    assert isinstance(task, AdaptableTask)
    parts = torch.arange(len(real)).tensor_split(math.ceil(len(real) / AT_ONCE))
    reestimate(task.average, map(real.take, parts), lambda batch: task.outputs(task.average, batch))
