"""The keypoint study as tables and a figure (train/ablations/pnp.py has the study)."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from train.ablations.pnp import FRONTAL_DEG, Condition, Errors
from train.ablations.table import Cells, Table
from train.measure.pictures import png

UP_TO = f"to {FRONTAL_DEG:.0f} deg of yaw"
COLUMNS = ("yaw", "pitch", "roll", "MAE", "geodesic", "geodesic, median", f"MAE {UP_TO}", f"geodesic {UP_TO}")
PANELS = {
    "number of points": ("points, the head itself", "points, the mean adult"),
    "noise (% of the eyes' distance)": ("noise of 6 points", "noise of 68 points"),
    "factor of the model": ("width of the model", "height of the model"),
}
"""Axis to the studies that are drawn over it."""

Found = Mapping[Condition, Errors]


def tables(found: Found) -> dict[str, Table]:
    """Return a table for each study, degrees."""
    studies = dict.fromkeys(condition.study for condition in found)
    return {
        study[0].upper() + study[1:]: Table(
            (study.partition(" ")[0].rstrip(","), *COLUMNS),
            [(condition.label, _cells(errors)) for condition, errors in found.items() if condition.study == study],
        )
        for study in studies
    }


def _cells(errors: Errors) -> Cells:
    e, frontal = errors.every, errors.frontal
    few = (None, None) if frontal is None else (frontal.mae, frontal.geodesic)
    return (e.yaw, e.pitch, e.roll, e.mae, e.geodesic, e.geodesic_median, *few)


def figure(found: Found, n: int) -> bytes:
    """Draw the errors of `n` heads against what was varied, a PNG."""
    drawing = Figure(figsize=(11, 3.8), layout="constrained")
    for place, (axis, studies) in enumerate(PANELS.items()):
        axes = drawing.add_subplot(1, 3, place + 1)
        for study, colour in zip(studies, ("#2166ac", "#b35806"), strict=True):
            chosen = [(condition.at, e) for condition, e in found.items() if condition.study == study]
            at = [one for one, _ in chosen]
            for heads, style, what in (("every", "o-", "all heads"), ("frontal", "s--", UP_TO)):
                errors = [getattr(e, heads) for _, e in chosen]
                degrees = [float("nan") if one is None else one.geodesic for one in errors]
                axes.plot(at, degrees, style, color=colour, label=f"{study}: {what}", mfc="none", ms=4)
        axes.set(xlabel=axis, ylabel="geodesic error (deg)" if place == 0 else "")
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=7)
    drawing.suptitle(f"Head pose from points: {n} drawn heads", fontsize=11)
    return png(drawing)
