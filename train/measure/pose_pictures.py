"""Pictures of an evaluation of head pose: error against angles, predicted against true, the worst and best faces.

Every function returns a PNG.  Faces are shown as the networks see them, with the head's axes drawn from the middle:
x to the subject's left (red), y to the chin (green), and where the nose points, -z (blue), seen from infinitely far.
"""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synth.geometry.rotation import geodesic_angle
from train.measure.pictures import counts, gallery, png
from train.measure.pose_evaluation import ANGLES, COLUMN, PoseEvaluation
from train.measure.pose_metrics import angles_deg

AXES = ((0, 1.0, "#e41a1c"), (1, 1.0, "#33d033"), (2, -1.0, "#2f7fff"))
"""Column of the rotation, sign, colour."""
LENGTH = 0.36
"""Of an axis, in widths of the picture."""


def angles(evaluation: PoseEvaluation, by: dict[str, list[dict[str, float]]]) -> bytes:
    """Draw, for each angle of the report, error and bias by bin, with the number of faces behind them."""
    figure = Figure(figsize=(11, 6.6), layout="constrained")
    for column, name in enumerate(ANGLES):
        bins = by[f"{name}_deg"]
        middles = [(one["low"] + one["high"]) / 2 for one in bins]
        top, bottom = figure.add_subplot(2, 3, column + 1), figure.add_subplot(2, 3, column + 4)
        for key, style, colour, label in (
            ("geodesic", "o-", "#4d4d4d", "geodesic"),
            ("offset_free", "s--", "#2166ac", "geodesic after one rotation"),
            ("mae", "^-", "#1b7837", "mean of three angles"),
        ):
            top.plot(middles, [one[key] for one in bins], style, color=colour, label=label)
        top.set_ylim(bottom=0)
        bottom.axhline(0, color="k", lw=0.6)
        bottom.plot(middles, [one["bias"] for one in bins], "o-", color="#b35806")
        bottom.set(xlabel=f"true {name} (deg)", ylabel=f"{name}: prediction - truth (deg)")
        for axes in (top, bottom):
            counts(axes, bins)
        if column == 0:
            top.set_ylabel("mean error (deg)")
            top.legend(fontsize=8)
    figure.suptitle(f"Where the error sits: {len(evaluation.faces)} faces (grey: how many)", fontsize=11)
    return png(figure)


def scatter(evaluation: PoseEvaluation) -> bytes:
    """Draw predicted against true yaw, pitch and roll."""
    figure = Figure(figsize=(11, 3.9), layout="constrained")
    predicted, true = angles_deg(evaluation.ensemble), angles_deg(evaluation.true)
    for place, name in enumerate(ANGLES):
        axes = figure.add_subplot(1, 3, place + 1)
        x, y = true[:, COLUMN[name]], predicted[:, COLUMN[name]]
        axes.plot(x, y, ".", ms=3, color="#2166ac", alpha=0.6)
        axes.plot([x.min(), x.max()], [x.min(), x.max()], "k-", lw=0.8)
        axes.set(xlabel=f"true {name} (deg)", ylabel=f"predicted {name} (deg)")
    return png(figure)


def worst_and_best(evaluation: PoseEvaluation, n: int = 16) -> bytes:
    """Draw the faces with the largest and the smallest angle between true and predicted rotation."""
    predicted, true = evaluation.ensemble, evaluation.true
    errors = np.degrees(geodesic_angle(predicted, true))
    faces = evaluation.faces

    def draw(axes: Axes, face: int) -> None:
        axes.imshow(faces.images_u8[face].numpy(), interpolation="bilinear")
        head_axes(axes, true[face], faces.images_u8.shape[1], dashed=False)
        head_axes(axes, predicted[face], faces.images_u8.shape[1], dashed=True)

    labels = [f"{error:.1f}°\n{key[-22:]}" for error, key in zip(errors, faces.keys, strict=True)]
    return gallery(errors, labels, draw, "Worst and best faces: true axes solid, predicted dashed on black", n=n)


def head_axes(axes: Axes, rotation: Float[np.ndarray, "3 3"], side_px: int, dashed: bool) -> None:
    """Draw the head's axes over a square picture, the one that comes nearest to the viewer last."""
    middle = (side_px - 1) / 2
    for column, sign, colour in sorted(AXES, key=lambda one: -one[1] * rotation[2, one[0]]):
        x, y = LENGTH * side_px * sign * rotation[:2, column]
        at = ([middle, middle + x], [middle, middle + y])
        if dashed:
            axes.plot(*at, "-", color="black", lw=2.2, clip_on=False)
        axes.plot(*at, "--" if dashed else "-", color=colour, lw=1.2 if dashed else 4.4, clip_on=False)
