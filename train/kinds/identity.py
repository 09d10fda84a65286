"""Networks that tell whom a square cut of a face shows, as a vector to compare with others."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.augment.strengths import Strengths
from adapt.portraits import Portraits
from synth.errors import ConfigError
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.data.portion import Portion
from train.data.portraits.people import refuse_nameless
from train.data.portraits.read import Purpose, read_portraits
from train.data.read import Reader
from train.data.sift import Found, OnError
from train.kinds import AT_ONCE, Exported, Predicted
from train.kinds.portraits import SAID_OF_IMAGES, PortraitKind, noisy_portraits, read_to_train, told_on
from train.measure.cost import blank, cost_of
from train.measure.identity_evaluation import IdentityEvaluation, person_file, person_told
from train.measure.identity_metrics import identity_score
from train.measure.identity_report import said_of, summary, write_report
from train.measure.page import write_predictions
from train.models.build import IDENTITY_NETWORKS
from train.models.people.identity import IdentityNetwork, PersonReading
from train.tasks.averaged import AveragedTask, Recipe
from train.tasks.identity import IdentityTask


class Embeddings(nn.Module):
    """A network of identity up to what programs without this one use of it."""

    def __init__(self, network: IdentityNetwork) -> None:
        """Hold the network."""
        super().__init__()
        self.network = network

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Tensor | tuple[Tensor, ...]:
        """Return embeddings of length 1 of RGB pictures in [0, 1], with probabilities of attributes where told."""
        reading: PersonReading = self.network(images)
        direction = functional.normalize(reading.embedding)
        return direction if reading.attributes is None else (direction, reading.attributes.sigmoid())


class Identity(PortraitKind):
    """Who it is."""

    task_name = "identity"
    noun = "identity of a face"
    networks = IDENTITY_NETWORKS
    headline, chance = ("accuracy",), ("chance",)
    unit = "%"

    def read(self, config: FitConfig, network: nn.Module) -> Found[Portraits]:
        """Return the cuts of faces with the people they show."""
        if config.portion is not Portion.all or config.samples is not None:
            raise ConfigError("portion, samples: they would tear people apart, whom a network of identity learns from")
        if config.trainer.processes > 1:
            raise ConfigError("trainer.devices, trainer.nodes: a network of identity trains in one process")
        found = read_to_train(config, identity_network(network).size[0])
        refuse_nameless(found.pictures, config.data)
        return found

    def task(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> AveragedTask:
        """Return the task of identity."""
        return IdentityTask(identity_network(network), recipe, strengths)

    def validated(self, network: nn.Module, pictures: Portraits) -> tuple[dict[str, Any], str]:
        """Return how well people who were never seen are told apart."""
        told = person_told(identity_network(network), pictures)
        found = identity_score(told.embedding, pictures.person.numpy())
        return found.to_json(), said_of(found)

    def noise(self, network: nn.Module, n: int, generator: torch.Generator) -> Portraits:
        """Return faces of noise, two of each person."""
        return noisy_portraits(identity_network(network).size[0], n, generator)

    def exported(self, network: nn.Module, n: int, generator: torch.Generator) -> Exported:
        """Return the network up to embeddings of length 1."""
        made = identity_network(network)
        more = "" if made.told is None else "; attributes: probabilities of CelebA's 40 in its order"
        return Exported(
            network=Embeddings(made),
            inputs={"images": torch.rand(n, 3, *made.size, generator=generator)},
            outputs=("embedding",) if made.told is None else ("embedding", "attributes"),
            said=f"{SAID_OF_IMAGES}; embedding: of length 1, compared by its cosine{more}",
        )

    def predicted(self, network: nn.Module, path: Path, reader: Reader, on_error: OnError) -> Predicted:
        """Return the embeddings of the faces under a path."""
        made = identity_network(network)
        found = read_portraits(path, reader, made.size[0], Purpose.predict, on_error)
        told = person_told(made, found.pictures, AT_ONCE)
        remarks = tuple(f"{n} left out: {cause}" for cause, n in found.left_out.items())
        return Predicted(person_file(told.embedding, [told], found.pictures.keys), remarks, found.damaged)

    def evaluate(self, config: EvaluateConfig, networks: Mapping[str, Trained], about: Mapping[str, Any]) -> None:
        """Measure on faces."""
        evaluation = measured(config, networks)
        if config.predictions is not None:
            told = list(evaluation.told.values())
            write_predictions(Path(config.predictions), person_file(evaluation.ensemble, told, evaluation.faces.keys))
        if config.out is None:
            return
        refuse_nameless(evaluation.faces, config.data)
        write_report(Path(config.out), evaluation, about)
        print("\n".join(summary(evaluation)))
        print(f"wrote {Path(config.out) / 'report.html'}")


def measured(config: EvaluateConfig, trained: Mapping[str, Trained]) -> IdentityEvaluation:
    """Return what networks say of the faces, each of a cut of its own size, and what they cost.

    Raises:
        ConfigError: The configuration asks for what is for eyes or head pose.
        DataError: The faces cannot be read.
    """
    networks = {label: identity_network(one.network) for label, one in trained.items()}
    told, found = told_on(config, networks, person_told)
    return IdentityEvaluation(
        told=told,
        faces=found.pictures,
        left_out=found.left_out,
        damaged=found.damaged,
        costs=tuple(cost_of(Embeddings(one), [blank(one.size)], lambda told: told) for one in networks.values())
        if config.out is not None
        else (),
    )


def identity_network(network: nn.Module) -> IdentityNetwork:
    """Return a network as one of identity, which it is."""
    assert isinstance(network, IdentityNetwork)
    return network
