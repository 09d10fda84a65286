"""Networks that tell CelebA's attributes of a face from a square cut of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from adapt.augment.strengths import Strengths
from adapt.portraits import UNKNOWN, Portraits
from synth.errors import DataError
from synth.label.celeba import ATTRIBUTES
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.data.portraits.read import Purpose, read_portraits
from train.data.read import Reader
from train.data.sift import Found, OnError
from train.kinds import AT_ONCE, Exported, Predicted
from train.kinds.portraits import SAID_OF_IMAGES, PortraitKind, noisy_portraits, read_to_train, told_on
from train.measure.attribute_evaluation import AttributeEvaluation, attribute_file, probabilities_of
from train.measure.attribute_metrics import attribute_score
from train.measure.attribute_report import said_of, summary, write_report
from train.measure.cost import blank, cost_of
from train.measure.page import write_predictions
from train.models.build import ATTRIBUTE_NETWORKS
from train.models.people.attributes import AttributeNetwork
from train.tasks.attributes import AttributeTask
from train.tasks.averaged import AveragedTask, Recipe


class Probabilities(nn.Module):
    """A network of attributes up to their probabilities."""

    def __init__(self, network: AttributeNetwork) -> None:
        """Hold the network."""
        super().__init__()
        self.network = network

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 40"]:
        """Return how probable each attribute is, of RGB pictures in [0, 1]."""
        return self.network.probability(self.network(images))


class Attributes(PortraitKind):
    """What a face looks like."""

    task_name = "attributes"
    noun = "attributes of a face"
    networks = ATTRIBUTE_NETWORKS
    headline, chance = ("accuracy",), ("majority",)
    unit = "%"

    def read(self, config: FitConfig, network: nn.Module) -> Found[Portraits]:
        """Return the cuts of faces with their attributes."""
        found = read_to_train(config, attribute_network(network).size[0])
        if (found.pictures.attributes == UNKNOWN).all():
            raise DataError(f"{config.data}: holds faces without attributes; nothing can be learnt from them")
        return found

    def task(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> AveragedTask:
        """Return the task of attributes."""
        return AttributeTask(attribute_network(network), recipe, strengths)

    def validated(self, network: nn.Module, pictures: Portraits) -> tuple[dict[str, Any], str]:
        """Return how often the attributes are told rightly."""
        made = attribute_network(network)
        told = probabilities_of(made, pictures)
        found = attribute_score(told, pictures.attributes.numpy(), made.told.learnt.numpy())
        return found.to_json(), said_of(found)

    def noise(self, network: nn.Module, n: int, generator: torch.Generator) -> Portraits:
        """Return faces of noise, with any attributes."""
        return noisy_portraits(attribute_network(network).size[0], n, generator)

    def exported(self, network: nn.Module, n: int, generator: torch.Generator) -> Exported:
        """Return the network with what makes probabilities of its outputs."""
        made = attribute_network(network)
        return Exported(
            network=Probabilities(made),
            inputs={"images": torch.rand(n, 3, *made.size, generator=generator)},
            outputs=("attributes",),
            said=f"{SAID_OF_IMAGES}; attributes: probabilities of CelebA's 40 in its order, of which these were "
            f"learnt: {', '.join(learnt_names(made))}",
        )

    def predicted(self, network: nn.Module, path: Path, reader: Reader, on_error: OnError) -> Predicted:
        """Return the attributes of the faces under a path."""
        made = attribute_network(network)
        found = read_portraits(path, reader, made.size[0], Purpose.predict, on_error)
        told = attribute_file(
            probabilities_of(made, found.pictures, AT_ONCE), made.told.learnt.numpy(), found.pictures.keys
        )
        return Predicted(told, tuple(f"{n} left out: {cause}" for cause, n in found.left_out.items()), found.damaged)

    def evaluate(self, config: EvaluateConfig, networks: Mapping[str, Trained], about: Mapping[str, Any]) -> None:
        """Measure on faces."""
        evaluation = measured(config, networks)
        if config.predictions is not None:
            told = attribute_file(evaluation.ensemble, evaluation.learnt_by_all, evaluation.faces.keys)
            write_predictions(Path(config.predictions), told)
        if config.out is None:
            return
        if not all(found.attributes for found in evaluation.scores()):
            raise DataError(f"{config.data}: no attribute that was learnt varies here; give predictions= and out=null")
        write_report(Path(config.out), evaluation, about)
        print("\n".join(summary(evaluation)))
        print(f"wrote {Path(config.out) / 'report.html'}")


def measured(config: EvaluateConfig, trained: Mapping[str, Trained]) -> AttributeEvaluation:
    """Return what networks say of the faces, each of a cut of its own size, and what they cost.

    Raises:
        ConfigError: The configuration asks for what is for eyes or head pose.
        DataError: The faces cannot be read.
    """
    networks = {label: attribute_network(one.network) for label, one in trained.items()}
    told, found = told_on(config, networks, probabilities_of)
    return AttributeEvaluation(
        names=tuple(networks),
        predicted=np.stack(list(told.values())),
        learnt=np.stack([network.told.learnt.numpy() for network in networks.values()]),
        faces=found.pictures,
        left_out=found.left_out,
        damaged=found.damaged,
        costs=tuple(cost_of(Probabilities(one), [blank(one.size)], lambda told: told) for one in networks.values())
        if config.out is not None
        else (),
    )


def learnt_names(network: AttributeNetwork) -> list[str]:
    """Return the attributes that a network has learnt."""
    return [name for name, learnt in zip(ATTRIBUTES, network.told.learnt.tolist(), strict=True) if learnt]


def attribute_network(network: nn.Module) -> AttributeNetwork:
    """Return a network as one of attributes, which it is."""
    assert isinstance(network, AttributeNetwork)
    return network
