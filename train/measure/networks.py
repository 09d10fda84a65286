"""Several networks that were measured on the same pictures, side by side: their figures, and their rows in a table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from train.measure.cost import Cost

Score = TypeVar("Score")


def figures_of_networks(
    figures: Mapping[str, Mapping[str, Any]], shown: Iterable[str], costs: Sequence[Cost]
) -> dict[str, Any]:
    """Return each network's figures with its cost, and over the networks the mean and the deviation of those shown.

    Args:
        figures: By the network's name.
        shown: Keys of numbers in them.
        costs: Of each network in that order; empty where nobody asked.
    """
    values = {key: [of[key] for of in figures.values()] for key in shown}
    networks = {name: dict(of) for name, of in figures.items()}
    for of, cost in zip(networks.values(), costs, strict=False):
        of["cost"] = cost.to_json()
    return {
        "networks": networks,
        "mean_of_networks": {key: float(np.mean(found)) for key, found in values.items()},
        "deviation_of_networks": {key: float(np.std(found)) for key, found in values.items()},
    }


def rows_of_networks(
    scores: Mapping[str, Score], ensemble: Callable[[], Score], said: str
) -> list[tuple[str, Score, str]]:
    """Return name, score and kind of row of each network, and of the ensemble of several, which is called `said`."""
    rows = [(name, found, "") for name, found in scores.items()]
    if len(rows) > 1:
        rows.append((said, ensemble(), "sum"))
    return rows
