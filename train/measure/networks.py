"""Several networks that were measured on the same pictures, side by side: their figures, and their rows in a table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from train.measure.cost import Cost

Score = TypeVar("Score")


def figures_of_networks(
    figures: Mapping[str, Mapping[str, Any]], shown: Iterable[str], costs: Sequence[Cost], parts: Sequence[str] = ()
) -> dict[str, Any]:
    """Return each network's figures with its cost, and over the networks the mean and the deviation of those shown.

    Args:
        figures: By the network's name.
        shown: Keys of numbers in them.
        costs: Of each network in that order; empty where nobody asked.
        parts: Keys of the figures under which the shown keys stand, each told alone; empty where they stand at the top.
    """
    networks = {name: dict(of) for name, of in figures.items()}
    for of, cost in zip(networks.values(), costs, strict=False):
        of["cost"] = cost.to_json()

    def over(statistic: Callable[[list[float]], Any]) -> dict[str, Any]:
        def told(some: Sequence[Mapping[str, Any]]) -> dict[str, float]:
            return {key: float(statistic([one[key] for one in some])) for key in shown}

        all_of = list(figures.values())
        return {part: told([one[part] for one in all_of]) for part in parts} if parts else told(all_of)

    return {"networks": networks, "mean_of_networks": over(np.mean), "deviation_of_networks": over(np.std)}


def rows_of_networks(
    scores: Mapping[str, Score], ensemble: Callable[[], Score], said: str
) -> list[tuple[str, Score, str]]:
    """Return name, score and kind of row of each network, and of the ensemble of several, which is called `said`."""
    rows = [(name, found, "") for name, found in scores.items()]
    if len(rows) > 1:
        rows.append((said, ensemble(), "sum"))
    return rows
