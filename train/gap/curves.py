"""The training of a refiner as it went: losses of both networks, and the signs that alarms heed, with their limits.

What is drawn is metrics.csv of the run of `canthus refine fit`, a row a check, whether it ended, was stopped by an
alarm or still goes on.  `collapse`, `saturation`, `drift` and `no contest` begin at the dashed lines
(adapt/refine/alarms.py).
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from adapt.refine.alarms import ALARMS, Limits
from synth.errors import DataError
from train.fitting import METRICS
from train.measure.pictures import png

Curves = Mapping[str, Sequence[tuple[float, float]]]
"""Of each figure of a training the (step, value) of every check that has it."""
LOSSES = ("refiner/keep", "refiner/deceive", "discriminator/loss", "discriminator/r1")
SIGNS = {
    **{name: f"check/{name}" for name in ALARMS if name != "accuracy"},
    "accuracy": "discriminator/accuracy",
}
"""The column of each alarm."""
WORDS = {"spread": "collapse below", "ends": "saturation above", "drift": "drift above", "accuracy": "no contest above"}
COLOURS = ("#2166ac", "#b35806", "#542788", "#1a9850")


def read_curves(run: Path, check_every: int) -> Curves:
    """Return what a run logged.

    Args:
        run: Its folder.
        check_every: Steps or rounds between two rows.

    Raises:
        DataError: There is no log, or it is damaged.
    """
    path = run / METRICS
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; name the folder that `canthus refine fit out=...` writes")
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        steps = [(int(row["epoch"]) + 1) * check_every for row in rows]
        return {
            name: [(step, float(row[name])) for step, row in zip(steps, rows, strict=True) if row.get(name)]
            for name in (*LOSSES, *SIGNS.values())
        }
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        raise DataError(f"{path}: no log of a refiner's training ({error})") from error


def draw_curves(curves: Curves, limits: Limits) -> bytes:
    """Return a PNG of losses and signs by step."""
    figure = Figure(figsize=(11, 6.4), layout="constrained")
    grid = figure.add_gridspec(2, len(SIGNS))
    losses = figure.add_subplot(grid[0, :])
    for name, colour in zip(LOSSES, COLOURS, strict=True):
        line(losses, curves[name], colour, name.replace("/", ": "))
    losses.axhline(0, color="k", lw=0.6)
    losses.set(ylabel="loss", xlabel="step or round")
    losses.legend(fontsize=8)
    for place, (alarm, column) in enumerate(SIGNS.items()):
        axes = figure.add_subplot(grid[1, place])
        line(axes, curves[column], COLOURS[0], "")
        limit = getattr(limits, alarm)
        axes.axhline(limit, color="#d73027", ls="--", lw=1, label=f"{WORDS[alarm]} {limit:g}")
        axes.set(title=alarm, xlabel="step or round", ylim=(0, None))
        axes.legend(fontsize=7)
    return png(figure)


def line(axes: Axes, points: Sequence[tuple[float, float]], colour: str, label: str) -> None:
    """Draw a curve, with a dot a check where there are few."""
    steps, values = [step for step, _ in points], [value for _, value in points]
    axes.plot(steps, values, "." if len(points) == 1 else "-", color=colour, lw=1.2, label=label)
