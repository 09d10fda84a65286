"""Pictures of an evaluation of attributes: accuracy of each, the faces of which most and least is told wrongly.

Every function returns a PNG.  Faces are shown as the networks see them.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from adapt.portraits import UNKNOWN
from synth.label.celeba import ATTRIBUTES
from train.measure.attribute_evaluation import AttributeEvaluation
from train.measure.pictures import gallery, png


def by_attribute(evaluation: AttributeEvaluation) -> bytes:
    """Draw the accuracy of each attribute, of the mean of networks, beside the guess that never looks."""
    found = evaluation.ensemble_score().attributes
    order = sorted(found, key=lambda name: found[name].accuracy - found[name].majority)
    figure = Figure(figsize=(9.5, 0.24 * len(order) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    axes.barh(order, [found[name].accuracy for name in order], color="#2166ac", height=0.65, label="accuracy")
    axes.plot([found[name].majority for name in order], order, "|", color="k", ms=11, label="what most are")
    axes.plot([found[name].balanced for name in order], order, ".", color="#f4a582", label="balanced accuracy")
    axes.set(xlim=(0, 100), ylim=(-1, len(order)), xlabel="percent")
    axes.tick_params(axis="y", labelsize=7)
    axes.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
    return png(figure)


def worst_and_best(evaluation: AttributeEvaluation, n: int = 16) -> bytes:
    """Draw the faces with the most and the fewest attributes told wrongly, and up to three of these by name."""
    said, faces = evaluation.ensemble > 0.5, evaluation.faces
    counted = (evaluation.true != UNKNOWN) & evaluation.learnt_by_all
    wrong = ((evaluation.true == 1) != said) & counted
    # Of as many mistakes the ones that were surer.
    sure = np.abs(evaluation.ensemble - 0.5)
    errors = wrong.sum(axis=1) + np.where(wrong, sure, 0).sum(axis=1) / (1 + counted.sum(axis=1))

    def label(row: int) -> str:
        places = sorted(np.flatnonzero(wrong[row]), key=lambda place: -sure[row, place])[:3]
        names = [f"{'' if said[row, place] else 'not '}{ATTRIBUTES[place]}"[:24] for place in places]
        return "\n".join([f"{int(wrong[row].sum())} wrong", *names])

    def draw(axes: Axes, row: int) -> None:
        axes.imshow(faces.images_u8[row].numpy(), interpolation="bilinear")

    labels = [label(row) for row in range(len(faces))]
    return gallery(errors, labels, draw, "Most and least told wrongly: what was said", n=n, row_inches=3.8)
