"""Error against the number of real samples, with and without pretraining: points, picture and report.

A point is one way of training (a number of samples, with or without pretrained weights), its errors one a seed, all on
the same pictures, of which no network saw one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from train.measure.page import page_of, row, table, write_page
from train.measure.pictures import png

NAMES = {True: "with pretraining", False: "without"}
COLOURS = {True: "#2166ac", False: "#b35806"}


@dataclass(frozen=True)
class Point:
    """One way of training.

    Attributes:
        samples: Real pictures that were trained on.
        pretrained: Whether training started from pretrained weights.
        errors: One a seed, in the unit of the curve.
    """

    samples: int
    pretrained: bool
    errors: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return float(np.mean(self.errors))

    @property
    def deviation(self) -> float:
        """Standard deviation over the seeds, of these and not an estimate for others; 0 of one."""
        return float(np.std(self.errors))


@dataclass(frozen=True)
class Curve:
    """All points, and what to hold them against.

    Attributes:
        points: In any order.
        chance: Error of a guess that never looks at a picture.
        unit: Of all errors.
        tested: Pictures that every point was measured on.
    """

    points: tuple[Point, ...]
    chance: float
    unit: str
    tested: int

    def of(self, pretrained: bool) -> list[Point]:
        """Return the points of one way to start, by their number of samples."""
        return sorted((one for one in self.points if one.pretrained is pretrained), key=lambda one: one.samples)

    def to_json(self) -> dict[str, Any]:
        """Return all figures of the report."""
        points = [
            {
                "samples": one.samples,
                "pretrained": one.pretrained,
                "errors": list(one.errors),
                "mean": one.mean,
                "deviation": one.deviation,
            }
            for pretrained in NAMES
            for one in self.of(pretrained)
        ]
        return {"unit": self.unit, "tested": self.tested, "chance": self.chance, "points": points}


def write_curve(out: Path, curve: Curve, subject: str, about: Mapping[str, Any]) -> None:
    """Write report.json, report.html and curve.png into a folder.

    Args:
        out: Made if absent; files of an earlier report are replaced.
        curve: What was measured.
        subject: What the networks tell: gaze, head pose.
        about: What was trained and measured on what.
    """
    pictures = {"curve.png": ("Error against the number of real samples", drawing(curve))}
    report = {"about": dict(about), **curve.to_json()}
    write_page(out, report, pictures, page_of(subject, about, body(curve), pictures))


def body(curve: Curve) -> str:
    """Return what stands above the picture: what was done, and the table."""
    columns = ("samples", *(f"{name}{what}" for name in NAMES.values() for what in (f", {curve.unit}", ", deviation")))
    rows = [row(str(n), values_at(curve, n)) for n in sorted({one.samples for one in curve.points})]
    return (
        f"<p>Every network was measured on the same {curve.tested} pictures, of which none was trained on; a guess "
        f"that looks at no picture is {curve.chance:.2f} {curve.unit} off. <small>Deviation: over the seeds. Without "
        "pretraining and samples there is nothing to measure.</small></p>" + table(columns, rows)
    )


def values_at(curve: Curve, samples: int) -> list[float | None]:
    """Return mean and deviation with and without pretraining, None where there is no point."""
    values: list[float | None] = []
    for pretrained in NAMES:
        found = [one for one in curve.of(pretrained) if one.samples == samples]
        values += [found[0].mean, found[0].deviation] if found else [None, None]
    return values


def summary(curve: Curve) -> Sequence[str]:
    """Return the lines that the command prints."""
    lines = [f"{curve.tested} pictures, {curve.unit}; a guess that looks at none: {curve.chance:.2f}"]
    for n in sorted({one.samples for one in curve.points}):
        taught, _, fresh, _ = values_at(curve, n)
        said = ", ".join(
            f"{value:.2f} {name}"
            for value, name in zip((taught, fresh), NAMES.values(), strict=True)
            if value is not None
        )
        lines.append(f"{n} samples: {said}")
    return lines


def drawing(curve: Curve) -> bytes:
    """Draw both curves, a bar of one deviation either way; few samples are drawn evenly, many by their logarithm."""
    figure = Figure(figsize=(7.5, 4.6), layout="constrained")
    axes = figure.add_subplot()
    for pretrained, name in NAMES.items():
        points = curve.of(pretrained)
        axes.errorbar(
            [one.samples for one in points],
            [one.mean for one in points],
            [one.deviation for one in points],
            fmt="o-",
            capsize=3,
            color=COLOURS[pretrained],
            label=name,
        )
    axes.axhline(curve.chance, color="#888888", ls="--", lw=1, label="a guess that looks at no picture")
    ticks = sorted({one.samples for one in curve.points})
    axes.set_xscale("symlog", linthresh=10)
    axes.set_xticks(ticks, [str(n) for n in ticks])
    axes.set_xticks([], minor=True)
    axes.set_ylim(bottom=0)
    axes.set(xlabel="real samples", ylabel=f"error ({curve.unit})")
    axes.legend(fontsize=8)
    return png(figure)
