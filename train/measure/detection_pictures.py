"""Pictures of an evaluation of detectors: precision over recall, and photographs with what was found drawn on them.

Every function returns a PNG.  Wanted faces are green, ignored ones dashed grey, found boxes red (right ones blue) with
their scores, from the score on at which the harmonic mean of precision and recall is largest.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from adapt.detection_batch import DetectionBatch
from train.measure.detection_evaluation import DetectionEvaluation
from train.measure.detection_metrics import LOOSE, STRICT, Scene, curve_of, fit_box_map, mapped, match
from train.measure.pictures import png

WANTED, IGNORED, RIGHT, WRONG = "#33d033", "#bbbbbb", "#2f7fff", "#e41a1c"
ACROSS = 3


def precision_over_recall(evaluation: DetectionEvaluation) -> bytes:
    """Draw the curves of every network: as it is, and after its box map, at both thresholds."""
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    for column, least in enumerate((STRICT, LOOSE)):
        axes = figure.add_subplot(1, 2, column + 1)
        for number, (name, scenes) in enumerate(zip(evaluation.names, evaluation.scenes, strict=True)):
            colour = f"C{number}"
            for style, label, shown in (
                ("-", name, scenes),
                ("--", f"{name}, after its map", mapped(scenes, fit_box_map(scenes))),
            ):
                curve = curve_of(shown, least)
                axes.step([0, *curve.recall], [1, *curve.precision], style, where="post", color=colour, label=label)
        axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="recall", ylabel="precision", title=f"IoU {least:g}")
        axes.legend(fontsize=8)
    return png(figure)


def best_score(scenes: Sequence[Scene]) -> float:
    """Return the score from which on boxes are told with the largest harmonic mean of precision and recall."""
    curve = curve_of(scenes, STRICT)
    if len(curve.scores) == 0:
        return 0.0
    mean = 2 * curve.precision * curve.recall / np.maximum(curve.precision + curve.recall, 1e-12)
    return float(curve.scores[mean.argmax()])


def worst(evaluation: DetectionEvaluation, n: int = 12) -> bytes:
    """Draw the pictures in which the first network is wrong most often, its box map applied."""
    scenes = mapped(evaluation.scenes[0], fit_box_map(evaluation.scenes[0]))
    least = best_score(scenes)
    errors = np.array([wrong(scene, least) for scene in scenes])
    order = np.argsort(-errors, kind="stable")[:n]
    rows = -(-len(order) // ACROSS)
    figure = Figure(figsize=(11, 3.4 * rows), layout="constrained")
    for place, row in enumerate(order.tolist()):
        axes = figure.add_subplot(rows, ACROSS, place + 1)
        draw(axes, evaluation.pictures, row, scenes[row], least)
        axes.set_title(f"{errors[row]} wrong: {evaluation.pictures.keys[row][-34:]}", fontsize=7)
    return png(figure)


def wrong(scene: Scene, least: float) -> int:
    """Return how many faces are missed and how many boxes are wrong from a score on."""
    matched = match(scene, STRICT)
    told = scene.scores >= least
    right = int((matched.face[told] >= 0).sum())
    return int(scene.wanted.sum()) - right + int((matched.counts & told).sum()) - right


def draw(axes: Axes, pictures: DetectionBatch, row: int, scene: Scene, least: float) -> None:
    """Draw a picture with its faces and what was found."""
    scale = float(pictures.scale[row])
    width, height = (round(float(value)) for value in pictures.size_px[row])
    axes.imshow(pictures.images_u8[row, :height, :width].numpy(), interpolation="bilinear")
    axes.set_axis_off()
    axes.autoscale(False)  # boxes and points that lie outside do not make the picture smaller
    for box, wanted in zip(scene.boxes * scale, scene.wanted, strict=True):
        rectangle(axes, box, WANTED if wanted else IGNORED, "-" if wanted else "--")
    matched = match(scene, STRICT)
    for number in np.flatnonzero(scene.scores >= least):
        colour = RIGHT if matched.face[number] >= 0 else WRONG
        box = scene.found[number] * scale
        rectangle(axes, box, colour, "-")
        x, y = scene.found_points[number].T * scale
        axes.plot(x - 0.5, y - 0.5, ".", color=colour, ms=2)
        axes.text(box[0], box[1] - 1, f"{scene.scores[number]:.2f}", color=colour, fontsize=5, clip_on=True)


def rectangle(axes: Axes, box: np.ndarray, colour: str, style: str) -> None:
    """Draw a box; a picture's axes count from the middle of the first pixel."""
    x, y, right, bottom = (float(value) - 0.5 for value in box)
    axes.add_patch(Rectangle((x, y), right - x, bottom - y, fill=False, ec=colour, lw=1.0, ls=style))
