"""Pictures of an evaluation: error and bias against angles, the worst and best eyes, real eyes beside rendered ones.

Every function returns a PNG.  Eyes are shown as the networks see them: 60x36, histogram-equalised, all left.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from adapt.batch import Batch
from adapt.equalise import equalise
from synth.geometry.gaze import vector_from_pitch_yaw
from train.measure.gaze_evaluation import Evaluation
from train.measure.gaze_metrics import Angles, errors_deg

TRUE, PREDICTED = "#1a9850", "#d73027"


def png(figure: Figure) -> bytes:
    """Return the figure as a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def angles(by: dict[str, list[dict[str, float]]], told: str) -> bytes:
    """Draw, for each angle of the report, error and bias by bin, with the number of pictures behind them.

    Args:
        by: Bins of each angle.
        told: What was measured, such as "750 eyes".
    """
    figure = Figure(figsize=(11, 6.6), layout="constrained")
    for column, (name, bins) in enumerate(by.items()):
        middles = [(one["low"] + one["high"]) / 2 for one in bins]
        top, bottom = figure.add_subplot(2, 4, column + 1), figure.add_subplot(2, 4, column + 5)
        top.plot(middles, [one["raw"] for one in bins], "o-", color="#4d4d4d", label="as it is")
        top.plot(middles, [one["offset_free"] for one in bins], "s--", color="#2166ac", label="after one offset")
        top.set_ylim(bottom=0)
        bottom.axhline(0, color="k", lw=0.6)
        bottom.plot(middles, [one["offset_pitch"] for one in bins], "o-", color="#b35806", label="pitch")
        bottom.plot(middles, [one["offset_yaw"] for one in bins], "s-", color="#542788", label="yaw")
        bottom.set_xlabel(name.replace("_deg", " (deg)").replace("_", " "))
        for axes in (top, bottom):
            counts(axes, bins)
        if column == 0:
            top.set_ylabel("mean error (deg)")
            bottom.set_ylabel("prediction - truth (deg)")
            top.legend(fontsize=8)
            bottom.legend(fontsize=8)
    figure.suptitle(f"Where the error sits: {told} (grey: how many)", fontsize=11)
    return png(figure)


def counts(axes: Axes, bins: list[dict[str, float]]) -> None:
    """Draw behind a chart how much is in each bin."""
    behind = axes.twinx()
    middles, widths = [(one["low"] + one["high"]) / 2 for one in bins], [one["high"] - one["low"] for one in bins]
    behind.bar(middles, [one["n"] for one in bins], 0.95 * np.array(widths), color="#cccccc", alpha=0.45, zorder=0)
    behind.set_yticks([])
    axes.set_zorder(behind.get_zorder() + 1)
    axes.patch.set_visible(False)


def scatter(predicted_rad: Angles, true_rad: Angles, groups: dict[str, Bool[np.ndarray, " n"]]) -> bytes:
    """Draw predicted against true pitch and yaw, at most two groups of pictures in colours of their own."""
    return against({group: (predicted_rad[chosen], true_rad[chosen]) for group, chosen in groups.items()})


def against(series: Mapping[str, tuple[Angles, Angles]]) -> bytes:
    """Draw at most two series of predicted against true [pitch, yaw], by name, in colours of their own."""
    figure = Figure(figsize=(8.5, 4.2), layout="constrained")
    everything = np.degrees(np.concatenate([true for _, true in series.values()]))
    for column, name in enumerate(("pitch", "yaw")):
        axes = figure.add_subplot(1, 2, column + 1)
        for colour, (label, (predicted, true)) in zip(("#2166ac", "#b35806"), series.items(), strict=False):
            x, y = np.degrees(true[:, column]), np.degrees(predicted[:, column])
            axes.plot(x, y, ".", ms=3, color=colour, label=label, alpha=0.6)
        low, high = everything[:, column].min(), everything[:, column].max()
        axes.plot([low, high], [low, high], "k-", lw=0.8)
        axes.set(xlabel=f"true {name} (deg)", ylabel=f"predicted {name} (deg)")
        axes.legend(fontsize=8)
    return png(figure)


def worst_and_best(evaluation: Evaluation, n: int = 24) -> bytes:
    """Draw the eyes with the largest and the smallest error, true and predicted gaze as arrows from the middle."""
    predicted, true = evaluation.ensemble_rad, evaluation.true_rad
    errors = errors_deg(predicted, true)
    images = equalise(evaluation.eyes.images_u8).numpy()

    def draw(axes: Axes, row: int) -> None:
        show(axes, images[row])
        arrow(axes, true[row], TRUE)
        arrow(axes, predicted[row], PREDICTED)

    title = "Worst and best eyes: true gaze green, predicted red"
    return gallery(errors, [f"{error:.1f}°" for error in errors], draw, title, n=n, row_inches=2.0)


def gallery(
    errors: Float[np.ndarray, " n"],
    labels: Sequence[str],
    draw: Callable[[Axes, int], None],
    title: str,
    *,
    n: int,
    across: int = 8,
    row_inches: float = 3.2,
) -> bytes:
    """Draw the pictures with the largest errors and below them those with the smallest, n of each.

    Args:
        errors: Of each picture.
        labels: What stands above each.
        draw: Draws one of them, by its row.
        title: Of all.
        n: How many of each kind; fewer where there are fewer.
        across: Pictures in a row.
        row_inches: Height of a row of the worst and one of the best.
    """
    order = np.argsort(errors, kind="stable")
    n = min(n, len(order))
    rows = -(-n // across)
    figure = Figure(figsize=(11, row_inches * rows + 0.5), layout="constrained")
    for block, (kind, chosen) in enumerate((("worst", order[::-1][:n]), ("best", order[:n]))):
        for place, row in enumerate(chosen):
            axes = figure.add_subplot(2 * rows, across, block * rows * across + place + 1)
            draw(axes, int(row))
            axes.set_axis_off()
            axes.set_title(f"{kind if place == 0 else ''} {labels[row]}", fontsize=7, pad=2)
    figure.suptitle(title, fontsize=11)
    return png(figure)


def side_by_side(first: Batch, second: Batch, titles: tuple[str, str], n: int = 32) -> bytes:
    """Draw n eyes of each of two sets, spread evenly over it, as two blocks of columns."""
    figure = Figure(figsize=(11, 0.82 * n / 4 + 0.6), layout="constrained")
    for block, (eyes, title) in enumerate(zip((first, second), titles, strict=True)):
        rows = np.linspace(0, len(eyes) - 1, min(n, len(eyes))).round().astype(int)
        images = equalise(eyes.take(rows.tolist()).images_u8).numpy()
        axes = figure.add_subplot(1, 2, block + 1)
        show(axes, tiled(images, 4))
        axes.set_title(title, fontsize=10)
    return png(figure)


def tiled(images: UInt8[np.ndarray, "n h w"], columns: int) -> UInt8[np.ndarray, "h2 w2"]:
    """Return pictures in rows of `columns`, a white pixel between them."""
    n, height, width = images.shape
    rows = -(-n // columns)
    sheet = np.full((rows * (height + 1), columns * (width + 1)), 255, dtype=np.uint8)
    for place, image in enumerate(images):
        y, x = (place // columns) * (height + 1), (place % columns) * (width + 1)
        sheet[y : y + height, x : x + width] = image
    return sheet


def show(axes: Axes, image: UInt8[np.ndarray, "h w"]) -> None:
    """Show a grey picture without axes."""
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_axis_off()


def arrow(axes: Axes, pitch_yaw_rad: Float[np.ndarray, "2"], colour: str, size: tuple[int, int] = (60, 36)) -> None:
    """Draw the gaze's part in the picture's plane from the middle of a picture; its length is the picture's width."""
    middle = ((size[0] - 1) / 2, (size[1] - 1) / 2)
    x, y, _ = size[0] * vector_from_pitch_yaw(pitch_yaw_rad)
    style: dict[str, Any] = {"arrowstyle": "-|>", "color": colour, "lw": 1.2}
    axes.annotate("", (middle[0] + x, middle[1] + y), middle, arrowprops=style, annotation_clip=False)
