"""Pictures of a report on a refiner: how far sets are from real eyes, and eyes before and after beside real ones."""

import numpy as np
from matplotlib.figure import Figure

from adapt.equalise import equalise
from train.gap.distances import HALVES, Table
from train.gap.features import Eyes
from train.gap.pairs import Pairs, levels
from train.measure.pictures import png, show, tiled

SHOWN, ACROSS = 24, 3
LONGEST = 3.0
"""Of a bar, over the first."""
DRAWN, NOTHING = "#2166ac", "#999999"


def both_distances(distances: Table) -> bytes:
    """Draw, for each kind of features, kernel distances and accuracies with their errors."""
    figure = Figure(figsize=(11, 2.7 * len(distances) + 0.3), layout="constrained")
    for line, (kind, of) in enumerate(distances.items()):
        names, places = list(of), np.arange(len(of))
        colours = [NOTHING if name == HALVES else DRAWN for name in names]
        kernel, told = (figure.add_subplot(len(distances), 2, 2 * line + column) for column in (1, 2))
        values, errors = [one.kernel.value for one in of.values()], [one.kernel.error for one in of.values()]
        kernel.barh(places, values, xerr=errors, color=colours)
        kernel.axvline(0, color="k", lw=0.6)
        # Noise can be thirty times as far off as anything else: what is longer is cut off and told by its number.
        ends = np.add(values, errors)
        kernel.set_xlim(min(0, np.subtract(values, errors).min()), 1.25 * min(ends.max(), LONGEST * ends[0]))
        for place, value, end in zip(places, values, ends, strict=True):
            kernel.text(min(end, 0.83 * kernel.get_xlim()[1]), place, f" {value:.3f}", fontsize=8, va="center")
        accuracies, errors = [one.told.accuracy for one in of.values()], [one.told.error for one in of.values()]
        told.barh(places, accuracies, xerr=errors, color=colours)
        nulls = np.array([one.told.null for one in of.values()])
        deviations = np.array([one.told.null_deviation for one in of.values()])
        told.errorbar(nulls, places, xerr=2 * deviations, fmt="k|", lw=1, label="labels shuffled, 2 deviations")
        told.axvline(0.5, color="k", lw=0.6)
        told.set_xlim(0.3, 1.02)
        for axes, what in ((kernel, "kernel distance"), (told, "part told apart")):
            axes.set_yticks(places, names if axes is kernel else [])
            axes.invert_yaxis()
            axes.set_title(f"{kind}: {what}", fontsize=10)
        if line == 0:
            told.legend(fontsize=7, loc="upper left")
    return png(figure)


def before_and_after(pairs: Pairs, real: Eyes) -> bytes:
    """Draw eyes before, the same after, and real ones, spread evenly; all equalised, as they lie in their files."""
    chosen = np.linspace(0, len(pairs.rendered) - 1, min(SHOWN, len(pairs.rendered))).round().astype(int)
    some = [[samples[row] for row in chosen] for samples in (pairs.rendered, pairs.refined)]
    of_real = real[np.linspace(0, len(real) - 1, min(SHOWN, len(real))).round().astype(int)]
    blocks = {
        "rendered": levels(some[0]),
        "the same, refined": levels(some[1]),
        "real": equalise(of_real).numpy(),
    }
    figure = Figure(figsize=(11, 0.76 * SHOWN / ACROSS + 0.4), layout="constrained")
    for column, (title, images) in enumerate(blocks.items()):
        axes = figure.add_subplot(1, len(blocks), column + 1)
        show(axes, tiled(images, ACROSS))
        axes.set_title(title, fontsize=10)
    return png(figure)
