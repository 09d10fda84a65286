"""What a study shows of networks: columns of figures in a report of `canthus evaluate`, by the kind of network."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.errors import ConfigError
from train.ablations.cells import SHOWN_OF_POSE
from train.kinds import Kind


@dataclass(frozen=True)
class Measures:
    """Columns, degrees.

    Attributes:
        columns: By name, where in a network's entry of the report a figure lies.
        curves: Columns that are worth a curve; the first one is what networks are compared by.
    """

    columns: Mapping[str, tuple[str, ...]]
    curves: tuple[str, ...]

    @property
    def headline(self) -> str:
        """The column that networks are compared by."""
        return self.curves[0]


MEASURES = {
    "gaze": Measures(
        {"raw": ("raw",), "after one offset": ("offset_free",), "left": ("left", "raw"), "right": ("right", "raw")},
        ("raw", "after one offset"),
    ),
    "pose": Measures({name: ("raw", key) for name, key in SHOWN_OF_POSE.items()}, ("MAE", "geodesic")),
}
"""By the name of a kind's task."""


def measures_of(kind: Kind) -> Measures:
    """Return what is shown of networks of a kind.

    Raises:
        ConfigError: Nothing is, because the kind is adapted to no pictures.
    """
    if kind.task_name not in MEASURES:
        raise ConfigError(
            f"overrides: choose a network that tells the {kind.noun}; the study is for gaze and head pose"
        )
    return MEASURES[kind.task_name]


@dataclass(frozen=True)
class Spread:
    """A figure of several networks, one a seed; `values` are empty where their report does not have it."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float | None:
        """Over the seeds."""
        return float(np.mean(self.values)) if self.values else None

    @property
    def deviation(self) -> float:
        """Standard deviation over the seeds, of these and not an estimate for others."""
        return float(np.std(self.values)) if self.values else 0.0

    def said(self) -> float | str | None:
        """Return the mean, of several with the deviation."""
        return f"{self.mean:.2f} ± {self.deviation:.2f}" if len(self.values) > 1 else self.mean

    def to_json(self) -> dict[str, Any]:
        """Return all figures."""
        return {"mean": self.mean, "deviation": self.deviation, "values": list(self.values)}


def spreads(report: Mapping[str, Any], measures: Measures) -> dict[str, Spread]:
    """Return the figures of a report's networks, by column."""
    networks = list(report["networks"].values())
    return {
        name: Spread(tuple(value for one in networks if (value := _under(one, keys)) is not None))
        for name, keys in measures.columns.items()
    }


def change_percent(figure: Spread, before: Spread) -> float | None:
    """Return by how much a figure's mean is above another's, in percent of that."""
    return None if figure.mean is None or not before.mean else 100 * (figure.mean / before.mean - 1)


def _under(entry: Any, keys: Iterable[str]) -> float | None:
    """Return the figure under these keys; None where a report has null on the way, as for a side without eyes."""
    for key in keys:
        entry = None if entry is None else entry[key]
    return None if entry is None else float(entry)
