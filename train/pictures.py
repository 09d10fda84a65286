"""Pictures of an evaluation: error and bias against angles, the worst and best eyes, real eyes beside rendered ones.

Every function returns a PNG.  Eyes are shown as the networks see them: 60x36, histogram-equalised, all left.
"""

import io
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from adapt.batch import Batch
from adapt.equalise import equalise
from synth.geometry.gaze import vector_from_pitch_yaw
from train.evaluation import Evaluation
from train.metrics import Angles, errors_deg

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
    figure = Figure(figsize=(8.5, 4.2), layout="constrained")
    predicted, true = np.degrees(predicted_rad), np.degrees(true_rad)
    for column, name in enumerate(("pitch", "yaw")):
        axes = figure.add_subplot(1, 2, column + 1)
        for colour, (group, chosen) in zip(("#2166ac", "#b35806"), groups.items(), strict=False):
            axes.plot(true[chosen, column], predicted[chosen, column], ".", ms=3, color=colour, label=group, alpha=0.6)
        low, high = true[:, column].min(), true[:, column].max()
        axes.plot([low, high], [low, high], "k-", lw=0.8)
        axes.set(xlabel=f"true {name} (deg)", ylabel=f"predicted {name} (deg)")
        axes.legend(fontsize=8)
    return png(figure)


def worst_and_best(evaluation: Evaluation, n: int = 24) -> bytes:
    """Draw the eyes with the largest and the smallest error, true and predicted gaze as arrows from the middle."""
    predicted, true = evaluation.ensemble_rad, evaluation.true_rad
    errors = errors_deg(predicted, true)
    order = np.argsort(errors)
    n = min(n, len(order))
    images = equalise(evaluation.eyes.images_u8).numpy()
    rows = -(-n // 8)
    figure = Figure(figsize=(11, 2 * rows + 0.5), layout="constrained")
    for block, (title, chosen) in enumerate((("worst", order[::-1][:n]), ("best", order[:n]))):
        for place, row in enumerate(chosen):
            axes = figure.add_subplot(2 * rows, 8, block * rows * 8 + place + 1)
            show(axes, images[row])
            arrow(axes, true[row], TRUE)
            arrow(axes, predicted[row], PREDICTED)
            axes.set_title(f"{title if place == 0 else ''} {errors[row]:.1f}°", fontsize=8, pad=2)
    figure.suptitle("Worst and best eyes: true gaze green, predicted red", fontsize=11)
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
