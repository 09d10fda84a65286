"""Measure networks of who it is on faces of people whom they never saw.

Several networks are compared one by one and together: the ensemble's embedding is their embeddings, each of length 1,
end to end, whose cosine is the mean of theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from adapt.face_batch import to_rgb
from adapt.portraits import Portraits
from train.measure.attribute_evaluation import attribute_file
from train.measure.attribute_metrics import AttributeScore, Probabilities, attribute_score
from train.measure.cost import Cost
from train.measure.identity_metrics import Embeddings, IdentityScore, People, identity_score, unit
from train.measure.networks import figures_of_networks
from train.models.people.identity import IdentityNetwork

SHOWN = ("accuracy", "auc")
"""Figures whose mean and deviation over networks is told."""


@dataclass(frozen=True)
class PersonTold:
    """What a network tells of n faces: embeddings of length 1, and probabilities of attributes where it learnt some."""

    embedding: Embeddings
    attributes: Probabilities | None
    learnt: np.ndarray | None


@dataclass(frozen=True)
class IdentityEvaluation:
    """Networks on one set of faces.

    Attributes:
        told: By each network, by its name.
        faces: What they were measured on.
        left_out: How many faces the protocol left out, by cause.
        damaged: What was wrong with each face that could not be read.
        costs: Of each network; empty where nobody asked.
    """

    told: Mapping[str, PersonTold]
    faces: Portraits
    left_out: Mapping[str, int]
    damaged: tuple[str, ...]
    costs: tuple[Cost, ...] = ()

    @property
    def people(self) -> People:
        """The person of each face."""
        return self.faces.person.numpy()

    @property
    def ensemble(self) -> Embeddings:
        """All networks' embeddings end to end."""
        return unit(np.concatenate([told.embedding for told in self.told.values()], axis=1))

    @cached_property
    def scores(self) -> Mapping[str, IdentityScore]:
        """Each network's score."""
        return {name: identity_score(told.embedding, self.people) for name, told in self.told.items()}

    @cached_property
    def ensemble_score(self) -> IdentityScore:
        """The ensemble's score."""
        return identity_score(self.ensemble, self.people)

    def attributes(self, told: PersonTold) -> AttributeScore | None:
        """Return the score of a network's attributes; None of one that tells none."""
        if told.attributes is None or told.learnt is None:
            return None
        return attribute_score(told.attributes, self.faces.attributes.numpy(), told.learnt)

    def to_json(self) -> dict[str, Any]:
        """Return all figures of the report."""
        figures: dict[str, dict[str, Any]] = {}
        for name, told in self.told.items():
            of_attributes = self.attributes(told)
            more = {} if of_attributes is None else {"attributes": of_attributes.to_json()}
            figures[name] = {**self.scores[name].to_json(), **more}
        return {
            "faces": len(self.faces),
            "left_out": dict(self.left_out),
            "damaged": list(self.damaged),
            **figures_of_networks(figures, SHOWN, self.costs),
            "ensemble": self.ensemble_score.to_json(),
        }


def person_told(network: IdentityNetwork, faces: Portraits, batch_size: int = 256) -> PersonTold:
    """Return what a network tells of all faces; their pictures have the network's size."""
    network.eval()
    with torch.inference_mode():
        readings = [network(to_rgb(pictures)) for pictures in torch.split(faces.images_u8, batch_size)]
    embedding = unit(torch.cat([reading.embedding for reading in readings]).double().numpy())
    logits = [reading.attributes for reading in readings if reading.attributes is not None]
    if network.told is None or not logits:
        return PersonTold(embedding, None, None)
    return PersonTold(embedding, torch.cat(logits).double().sigmoid().numpy(), network.told.learnt.numpy())


def person_file(embedding: Embeddings, told: Sequence[PersonTold], keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return {key: {"embedding": [...]}}, of one network that learnt attributes also "attributes"."""
    found: dict[str, dict[str, Any]] = {
        key: {"embedding": one.tolist()} for key, one in zip(keys, embedding.round(5), strict=True)
    }
    if len(told) == 1 and told[0].attributes is not None and told[0].learnt is not None:
        for key, of in attribute_file(told[0].attributes, told[0].learnt, keys).items():
            found[key] |= of
    return found
