"""Measure networks of a face's attributes on faces whose attributes are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float

from adapt.face_batch import to_rgb
from adapt.portraits import Portraits
from synth.label.celeba import ATTRIBUTES
from train.measure.attribute_metrics import AttributeScore, Probabilities, Truth, attribute_score
from train.measure.cost import Cost
from train.measure.networks import figures_of_networks
from train.models.people.attributes import AttributeNetwork

SHOWN = ("accuracy", "balanced")
"""Figures whose mean and deviation over networks is told."""


@dataclass(frozen=True)
class AttributeEvaluation:
    """Networks on one set of faces.

    Attributes:
        names: Of the networks.
        predicted: Each network's probabilities.
        learnt: Which attributes each has learnt.
        faces: What they were measured on.
        left_out: How many faces the protocol left out, by cause.
        damaged: What was wrong with each face that could not be read.
        costs: Of each network; empty where nobody asked.
    """

    names: tuple[str, ...]
    predicted: Float[np.ndarray, "k n 40"]
    learnt: Bool[np.ndarray, "k 40"]
    faces: Portraits
    left_out: Mapping[str, int]
    damaged: tuple[str, ...]
    costs: tuple[Cost, ...] = ()

    @property
    def true(self) -> Truth:
        """The true attributes."""
        return self.faces.attributes.numpy()

    @property
    def ensemble(self) -> Probabilities:
        """The mean of the networks' probabilities."""
        return np.asarray(self.predicted.mean(axis=0))

    @property
    def learnt_by_all(self) -> Bool[np.ndarray, "40"]:
        """Which attributes every network has learnt: those of the ensemble."""
        return np.asarray(self.learnt.all(axis=0))

    def scores(self) -> tuple[AttributeScore, ...]:
        """Return each network's score."""
        return tuple(
            attribute_score(of, self.true, knows) for of, knows in zip(self.predicted, self.learnt, strict=True)
        )

    def ensemble_score(self) -> AttributeScore:
        """Return the ensemble's score."""
        return attribute_score(self.ensemble, self.true, self.learnt_by_all)

    def to_json(self) -> dict[str, Any]:
        """Return all figures of the report."""
        figures = {name: found.to_json() for name, found in zip(self.names, self.scores(), strict=True)}
        return {
            "faces": len(self.faces),
            "left_out": dict(self.left_out),
            "damaged": list(self.damaged),
            **figures_of_networks(figures, SHOWN, self.costs),
            "ensemble": self.ensemble_score().to_json(),
        }


def probabilities_of(network: AttributeNetwork, faces: Portraits, batch_size: int = 256) -> Probabilities:
    """Return how probable a network takes each attribute of all faces; their pictures have the network's size."""
    network.eval()
    with torch.inference_mode():
        parts = [network.probability(network(to_rgb(some))) for some in torch.split(faces.images_u8, batch_size)]
    return np.asarray(torch.cat(parts).double().numpy())


def attribute_file(
    probabilities: Probabilities, learnt: Bool[np.ndarray, "40"], keys: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return {key: {"attributes": {name: probability}}}, of the attributes that were learnt."""
    names = [(place, name) for place, name in enumerate(ATTRIBUTES) if learnt[place]]
    return {
        key: {"attributes": {name: round(float(of[place]), 4) for place, name in names}}
        for key, of in zip(keys, probabilities, strict=True)
    }
