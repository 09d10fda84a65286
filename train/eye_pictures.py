"""Pictures of an evaluation of eye landmarks: gaze against gaze, error by point, the worst and best eyes.

Every function returns a PNG.  Eyes are shown as the networks see them: equalised, all left; truth green, predictions
red, and the gaze, by the regressor, as an arrow from the picture's middle.
"""

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from adapt.equalise import equalise
from synth.geometry.gaze import vector_from_pitch_yaw
from train.eye_evaluation import EyeEvaluation
from train.eye_metrics import misses_px
from train.metrics import errors_deg
from train.pictures import PREDICTED, TRUE, png

ACROSS = 4
"""Eyes in a row."""


def scatter(evaluation: EyeEvaluation) -> bytes:
    """Draw predicted against true pitch and yaw, by the regressor and by the fit."""
    told, true = evaluation.mean(), np.degrees(evaluation.true_rad)
    figure = Figure(figsize=(8.5, 4.2), layout="constrained")
    for column, name in enumerate(("pitch", "yaw")):
        axes = figure.add_subplot(1, 2, column + 1)
        for angles_rad, colour, label in (
            (told.gaze_rad, "#2166ac", "regressor"),
            (told.fitted_rad, "#b35806", "fit of the eyeball"),
        ):
            if angles_rad is not None:
                axes.plot(
                    true[:, column], np.degrees(angles_rad[:, column]), ".", ms=3, color=colour, label=label, alpha=0.6
                )
        low, high = true[:, column].min(), true[:, column].max()
        axes.plot([low, high], [low, high], "k-", lw=0.8)
        axes.set(xlabel=f"true {name} (deg)", ylabel=f"predicted {name} (deg)")
        axes.legend(fontsize=8)
    return png(figure)


def by_point(evaluation: EyeEvaluation) -> bytes:
    """Draw the mean error of every landmark over the eye's width, of a set that has landmarks."""
    percent = 100 * misses_px(evaluation.mean().landmarks_px, evaluation.eyes)
    percent = percent / evaluation.eyes.eye_width_px.double().numpy()[:, None]
    figure = Figure(figsize=(8.5, 3.2), layout="constrained")
    axes = figure.add_subplot(1, 1, 1)
    for name, place in evaluation.marks.groups.items():
        axes.bar(np.arange(place.start, place.stop), percent[:, place].mean(axis=0), label=name)
    axes.set(xlabel="landmark", ylabel="mean error (% of the eye's width)")
    axes.legend(fontsize=8)
    return png(figure)


def worst_and_best(evaluation: EyeEvaluation, n: int = 12) -> bytes:
    """Draw the eyes with the largest and smallest error of landmarks, or of the gaze where a set has none."""
    told, eyes = evaluation.mean(), evaluation.eyes
    marked = not torch.isnan(eyes.landmarks_px).any()
    errors = misses_px(told.landmarks_px, eyes).mean(1) if marked else errors_deg(told.gaze_rad, evaluation.true_rad)
    unit = " px" if marked else "°"
    order = np.argsort(errors, kind="stable")
    n = min(n, len(order))
    images = equalise(eyes.images_u8).numpy()
    height, width = evaluation.size
    rows = -(-n // ACROSS)
    figure = Figure(figsize=(11, 3.4 * rows + 0.5), layout="constrained")
    for block, (title, chosen) in enumerate((("worst", order[::-1][:n]), ("best", order[:n]))):
        for place, row in enumerate(chosen):
            axes = figure.add_subplot(2 * rows, ACROSS, block * rows * ACROSS + place + 1)
            # Its corner at (0, 0), as in px.
            axes.imshow(images[row], cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
            axes.set_axis_off()
            if marked:
                points(axes, eyes.landmarks_px[row].double().numpy(), TRUE)
            points(axes, told.landmarks_px[row], PREDICTED)
            arrow(axes, evaluation.true_rad[row], evaluation.size, TRUE)
            arrow(axes, told.gaze_rad[row], evaluation.size, PREDICTED)
            said = f"{title if place == 0 else ''} {errors[row]:.1f}{unit}\n{eyes.keys[row][-22:]}"
            axes.set_title(said, fontsize=7, pad=2)
    figure.suptitle("Worst and best eyes: truth green, prediction red", fontsize=11)
    return png(figure)


def points(axes: Axes, places_px: Float[np.ndarray, "m 2"], colour: str) -> None:
    """Draw landmarks."""
    axes.plot(places_px[:, 0], places_px[:, 1], ".", ms=3, color=colour, clip_on=False)


def arrow(axes: Axes, pitch_yaw_rad: Float[np.ndarray, "2"], size: tuple[int, int], colour: str) -> None:
    """Draw the gaze's part in the picture's plane from its middle; a unit is the picture's width."""
    height, width = size
    x, y, _ = width * vector_from_pitch_yaw(pitch_yaw_rad)
    style = {"arrowstyle": "-|>", "color": colour, "lw": 1.2}
    middle = (width / 2, height / 2)
    axes.annotate("", (middle[0] + x, middle[1] + y), middle, arrowprops=style, annotation_clip=False)
