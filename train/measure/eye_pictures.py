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
from train.measure.eye_evaluation import EyeEvaluation
from train.measure.eye_metrics import misses_px
from train.measure.gaze_metrics import errors_deg
from train.measure.pictures import PREDICTED, TRUE, against, arrow, gallery, png


def scatter(evaluation: EyeEvaluation) -> bytes:
    """Draw predicted against true pitch and yaw, by the regressor and by the fit."""
    told = evaluation.mean()
    ways = {"regressor": told.gaze_rad, "fit of the eyeball": told.fitted_rad}
    return against({way: (rad, evaluation.true_rad) for way, rad in ways.items() if rad is not None})


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
    images = equalise(eyes.images_u8).numpy()
    height, width = evaluation.size

    def draw(axes: Axes, row: int) -> None:
        # Its corner at (0, 0), as in px.
        axes.imshow(images[row], cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
        if marked:
            points(axes, eyes.landmarks_px[row].double().numpy(), TRUE)
        points(axes, told.landmarks_px[row], PREDICTED)
        arrow(axes, evaluation.true_rad[row], TRUE, (width, height))
        arrow(axes, told.gaze_rad[row], PREDICTED, (width, height))

    labels = [f"{error:.1f}{unit}\n{key[-22:]}" for error, key in zip(errors, eyes.keys, strict=True)]
    title = "Worst and best eyes: truth green, prediction red"
    return gallery(errors, labels, draw, title, n=n, across=4, row_inches=3.4)


def points(axes: Axes, places_px: Float[np.ndarray, "m 2"], colour: str) -> None:
    """Draw landmarks."""
    axes.plot(places_px[:, 0], places_px[:, 1], ".", ms=3, color=colour, clip_on=False)
