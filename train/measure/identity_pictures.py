"""Pictures of an evaluation of who it is: the ROC, how near pairs are, and pairs that are taken for what they are not.

Every function returns a PNG.  Faces are shown as the networks see them.
"""

import numpy as np
from matplotlib.figure import Figure

from train.measure.identity_evaluation import IdentityEvaluation
from train.measure.identity_metrics import MOST, roc, similarities, unit, whole_people
from train.measure.pictures import PREDICTED, TRUE, png


def curves(evaluation: IdentityEvaluation) -> bytes:
    """Draw the ROC of each network, and how near pairs of one person and of two are to their mean."""
    figure = Figure(figsize=(10.5, 4.2), layout="constrained")
    axes, beside = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2)
    rows = whole_people(evaluation.people, MOST)
    people = evaluation.people[rows]
    for name, told in evaluation.told.items():
        far, tar = roc(similarities(told.embedding[rows], people))
        axes.step(far, 100 * tar, where="post", label=name)
    axes.set(xscale="log", ylim=(0, 101), xlabel="pairs of two people accepted (FAR)")
    axes.set_ylabel("pairs of one person accepted (TAR, %)")
    axes.legend(fontsize=8)
    pairs = similarities(evaluation.ensemble[rows], people)
    bins = np.linspace(-1, 1, 81).tolist()
    for values, colour, label in ((pairs.different, PREDICTED, "two people"), (pairs.same, TRUE, "one person")):
        beside.hist(values, bins=bins, density=True, color=colour, alpha=0.55, label=f"{label}: {len(values)} pairs")
    beside.set(xlabel="cosine between embeddings")
    beside.set_yticks([])
    beside.legend(fontsize=8)
    return png(figure)


def misleading_pairs(evaluation: IdentityEvaluation, n: int = 12) -> bytes:
    """Draw the pairs of two people that are nearest and those of one person that are farthest apart, n of each."""
    faces, people = evaluation.faces, evaluation.people
    rows = whole_people(people, MOST)
    direction = unit(evaluation.ensemble[rows])
    first, second = np.triu_indices(len(rows), 1)
    cosine = (direction @ direction.T)[first, second]
    same = people[rows[first]] == people[rows[second]]
    across = 6
    deep = -(-n // across)
    figure = Figure(figsize=(11, 2 * deep * 1.15 + 0.4), layout="constrained")
    for block, (kind, chosen) in enumerate((("two people", ~same), ("one person", same))):
        pairs = np.flatnonzero(chosen)
        order = np.argsort(cosine[pairs] if block else -cosine[pairs], kind="stable")[:n]
        for place, pair in enumerate(pairs[order]):
            axes = figure.add_subplot(2 * deep, across, block * deep * across + place + 1)
            both = [faces.images_u8[rows[side[pair]]].numpy() for side in (first, second)]
            axes.imshow(np.concatenate(both, axis=1), interpolation="bilinear")
            axes.set_axis_off()
            axes.set_title(f"{kind + ' ' if place == 0 else ''}{cosine[pair]:.2f}", fontsize=7, pad=2)
    figure.suptitle("Two people that are nearest, one person's pictures that are farthest apart: cosines", fontsize=11)
    return png(figure)
