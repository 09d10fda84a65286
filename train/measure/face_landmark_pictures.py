"""Pictures of an evaluation of a face's landmarks: how many faces are how wrong, error by point, worst and best faces.

Every function returns a PNG.  Faces are shown as the networks see them; truth green, predictions red.
"""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synth.label.ibug import LINES
from train.data.face_marks.points import groups68
from train.measure.face_landmark_evaluation import LandmarkEvaluation
from train.measure.face_landmark_metrics import LIMITS, PARTS, errors_percent, misses_px
from train.measure.pictures import PREDICTED, TRUE, gallery, png

SHOWN = 1.5
"""The curve goes on to so many times the largest limit."""


def cumulative(evaluation: LandmarkEvaluation) -> bytes:
    """Draw the share of faces with an error up to e over e, of all points and of the inner ones, for each network."""
    figure = Figure(figsize=(9.5, 4.2), layout="constrained")
    truth = evaluation.truth
    for column, part in enumerate(PARTS):
        axes = figure.add_subplot(1, 2, column + 1)
        for name, told in evaluation.told.items():
            errors = errors_percent(told.points_px, truth, part=part)
            known = np.sort(errors[np.isfinite(errors)])
            if len(known):
                share = 100 * np.arange(1, len(known) + 1) / len(known)
                axes.step([0.0, *known], [0.0, *share], where="post", label=name)
        for limit in LIMITS:
            axes.axvline(limit, color="#bbbbbb", lw=0.8, zorder=0)
        axes.set(xlim=(0, SHOWN * max(LIMITS)), ylim=(0, 100), xlabel="error (% of the outer corners' distance)")
        axes.set_title("all 68 points" if part == "all" else "the inner 51", fontsize=10)
        if column == 0:
            axes.set_ylabel("faces (%)")
            if axes.get_legend_handles_labels()[0]:  # nobody has that distance, where corners are not marked
                axes.legend(fontsize=8)
    return png(figure)


def by_point(evaluation: LandmarkEvaluation) -> bytes:
    """Draw the mean error of every point over the distance of the eyes' outer corners, of the mean of networks."""
    truth = evaluation.truth
    relative = 100 * misses_px(evaluation.mean().points_px, truth) / truth.sizes()["inter_ocular"][:, None]
    known = np.isfinite(relative)
    means = np.where(known, relative, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    figure = Figure(figsize=(9.5, 3.2), layout="constrained")
    axes = figure.add_subplot(1, 1, 1)
    for name, points in groups68().items():
        axes.bar(points, means[points], label=name)
    axes.set(xlabel="point", ylabel="mean error (%)")
    axes.legend(fontsize=8)
    return png(figure)


def worst_and_best(evaluation: LandmarkEvaluation, n: int = 16) -> bytes:
    """Draw the faces with the largest and the smallest error over their box, which all faces have."""
    faces, told = evaluation.faces, evaluation.mean()
    errors = errors_percent(told.points_px, evaluation.truth, "box")
    errors = np.where(np.isfinite(errors), errors, 0.0)
    side = faces.images_u8.shape[1]
    corner = faces.square_px[:, None, :2].double().numpy()
    factor = side / (faces.square_px[:, 2] - faces.square_px[:, 0]).double().numpy()
    predicted = (told.points_px - corner) * factor[:, None, None]
    true = faces.points_px.double().numpy()

    def draw(axes: Axes, row: int) -> None:
        # Its corner at (0, 0), as in px.
        axes.imshow(faces.images_u8[row].numpy(), extent=(0, side, side, 0), interpolation="bilinear")
        lines(axes, true[row], TRUE)
        lines(axes, predicted[row], PREDICTED)

    labels = [f"{error:.1f} %\n{key[-22:]}" for error, key in zip(errors, faces.keys, strict=True)]
    return gallery(errors, labels, draw, "Worst and best faces, % of the box: truth green, prediction red", n=n)


def lines(axes: Axes, points_px: Float[np.ndarray, "68 2"], colour: str) -> None:
    """Draw iBUG's points and the lines that they make; nothing of points that are not known."""
    for line in LINES:
        order = [*range(line.first, line.last + 1), *([line.first] if line.closed else [])]
        axes.plot(*points_px[order].T, "-", lw=0.7, color=colour, clip_on=False)
    axes.plot(points_px[:, 0], points_px[:, 1], ".", ms=1.6, color=colour, clip_on=False)
