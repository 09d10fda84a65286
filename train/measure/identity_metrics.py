"""Whether two pictures show one person: pairs, and the right one among many; by the cosine between embeddings.

    all pairs    of at most `MOST` pictures of whole people: the ROC, the area under it, and which part of the pairs of
                 one person is accepted (TAR) where a given part of the pairs of two people is (FAR).  A FAR is told
                 only where there are pairs enough for one of them to be accepted.
    ten folds    Labeled Faces in the Wild (Huang et al. 2007): as many pairs of one person as of two in each fold, no
                 person in two folds; each fold is judged by the threshold that is best on the others.  Fewer folds
                 where there are fewer than two people with two pictures for each; of a single one the threshold is its
                 own best.
    rank 1       MegaFace (Kemelmacher-Shlizerman et al. 2016): one picture of a person and N of other people, one each
                 (distractors); whether another picture of that person is nearer to the first than to all N.

Equally near is not nearer: embeddings that are all alike are right by chance in pairs, and never among many.  What is
drawn depends on nothing but the number of people and pictures.  Figures are percent.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from synth.seeds import rng

MOST = 3000
FOLDS = 10
PAIRS = 300
"""Of one person, and as many of two, in a fold: at most."""
FARS = (1e-1, 1e-2, 1e-3, 1e-4)
DISTRACTORS = (1, 10, 100, 1000, 10_000)

Embeddings = Float[np.ndarray, "n d"]
People = Int[np.ndarray, " n"]


@dataclass(frozen=True)
class Pairs:
    """Cosines of pairs of pictures of one person, and of two."""

    same: Float[np.ndarray, " m"]
    different: Float[np.ndarray, " k"]


@dataclass(frozen=True)
class Folds:
    """Accuracy of pairs: the mean over folds, their standard deviation, how many folds, and pairs in all."""

    accuracy: float
    deviation: float
    folds: int
    pairs: int


@dataclass(frozen=True)
class IdentityScore:
    """How well people are told apart.

    Attributes:
        pictures: How many.
        people: Whom they show.
        same: Pairs of one person; none of the figures is told where there are none, nor where there is one person.
        different: Pairs of two.
        auc: Area under the ROC.
        tar: By FAR, as text, the TAR.
        folds: Pairs by folds.
        rank1: By the number of distractors, as text, the part of pictures found.
        chance: Accuracy of a guess that never looks.
    """

    pictures: int
    people: int
    same: int
    different: int
    auc: float | None
    tar: Mapping[str, float]
    folds: Folds | None
    rank1: Mapping[str, float]
    chance: float = 50.0

    @property
    def accuracy(self) -> float | None:
        """Of pairs, by folds."""
        return None if self.folds is None else self.folds.accuracy

    def to_json(self) -> dict[str, Any]:
        """Return the score as plain mappings."""
        return {"accuracy": self.accuracy, **asdict(self)}


def identity_score(embeddings: Embeddings, people: People) -> IdentityScore:
    """Return the score of embeddings, with the number of each one's person."""
    rows = whole_people(people, MOST)
    pairs = similarities(embeddings[rows], people[rows])
    measured = len(pairs.same) > 0 and len(pairs.different) > 0
    return IdentityScore(
        pictures=len(people),
        people=len(np.unique(people)),
        same=len(pairs.same),
        different=len(pairs.different),
        auc=area(pairs) if measured else None,
        tar={f"{far:g}": value for far in FARS if (value := tar_at(pairs, far)) is not None} if measured else {},
        folds=by_folds(embeddings, people) if measured else None,
        rank1=rank1(embeddings, people) if measured else {},
    )


def unit(embeddings: Embeddings) -> Embeddings:
    """Return embeddings of length 1; one of length 0 stays."""
    length = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return np.asarray(embeddings / np.where(length > 0, length, 1))


def whole_people(people: People, most: int) -> Int[np.ndarray, " m"]:
    """Return the rows, rising, of people in a drawn order, all pictures of each, up to so many pictures."""
    names, inverse, counts = np.unique(people, return_inverse=True, return_counts=True)
    order = rng(0, 0, "whole people").permutation(len(names))
    chosen = order[np.cumsum(counts[order]) <= most]
    return np.flatnonzero(np.isin(inverse, chosen if len(chosen) else order[:1]))


def similarities(embeddings: Embeddings, people: People) -> Pairs:
    """Return the cosines of all pairs."""
    direction = unit(embeddings.astype(np.float64))
    first, second = np.triu_indices(len(people), 1)
    cosine = (direction @ direction.T)[first, second]
    same = people[first] == people[second]
    return Pairs(cosine[same], cosine[~same])


def area(pairs: Pairs) -> float:
    """Return the area under the ROC: how probably a pair of one person is nearer than a pair of two."""
    ordered = np.sort(pairs.different)
    below, up_to = (np.searchsorted(ordered, pairs.same, side) for side in ("left", "right"))
    return float(50 * (below + up_to).mean() / len(ordered))


def tar_at(pairs: Pairs, far: float) -> float | None:
    """Return the part of pairs of one person above the threshold that at most `far` of the others exceed.

    None where there are fewer than 1 / far of those.
    """
    accepted = int(far * len(pairs.different) * (1 + 1e-12))
    if accepted < 1:
        return None
    threshold = -np.sort(-pairs.different)[accepted] if accepted < len(pairs.different) else -np.inf
    return float(100 * (pairs.same > threshold).mean())


def roc(pairs: Pairs, points: int = 400) -> tuple[Float[np.ndarray, " p"], Float[np.ndarray, " p"]]:
    """Return FAR and TAR, from 0 to 1, at so many FARs evenly spaced in their logarithm, for a chart."""
    ordered = -np.sort(-pairs.different)
    accepted = np.unique(np.geomspace(1, len(ordered), points).astype(int))
    thresholds = np.append(ordered, -np.inf)[accepted]
    tar = 1 - np.searchsorted(np.sort(pairs.same), thresholds, "right") / len(pairs.same)
    return accepted / len(ordered), tar


def best_threshold(cosine: Float[np.ndarray, " n"], same: Bool[np.ndarray, " n"]) -> float:
    """Return the threshold above which pairs are taken for one person with the fewest errors."""
    order = np.argsort(cosine, kind="stable")
    values, of_one = cosine[order], same[order]
    # With the first k pairs below it: right are those of two among these, and those of one among the others.
    right = np.concatenate([[0], np.cumsum(~of_one)]) + of_one.sum() - np.concatenate([[0], np.cumsum(of_one)])
    possible = np.concatenate([[True], values[1:] > values[:-1], [True]])
    k = int(np.argmax(np.where(possible, right, -1)))
    if k == 0:
        return -np.inf
    return np.inf if k == len(values) else float((values[k - 1] + values[k]) / 2)


def by_folds(embeddings: Embeddings, people: People) -> Folds:
    """Return the accuracy of pairs by folds of people who have two pictures or more; there are two of these or more.

    Where only one person has two, everybody is in the one fold.
    """
    names, counts = np.unique(people, return_counts=True)
    several = names[counts > 1]
    n = min(FOLDS, len(several) // 2)
    draw = rng(0, 0, "folds")
    groups = np.array_split(draw.permutation(several), n) if n else [names]
    direction = unit(embeddings.astype(np.float64))
    folds = [fold_of(direction, people, group, draw) for group in groups]
    accuracies = []
    for i, (cosine, same) in enumerate(folds):
        others = [fold for j, fold in enumerate(folds) if j != i] or [folds[i]]
        threshold = best_threshold(*(np.concatenate(parts) for parts in zip(*others, strict=True)))
        accuracies.append(100 * float(((cosine > threshold) == same).mean()))
    pairs = sum(len(same) for _, same in folds)
    return Folds(float(np.mean(accuracies)), float(np.std(accuracies)), len(folds), pairs)


def fold_of(
    direction: Embeddings, people: People, group: Int[np.ndarray, " g"], draw: np.random.Generator
) -> tuple[Float[np.ndarray, " m"], Bool[np.ndarray, " m"]]:
    """Return cosines of pairs of a group's pictures, as many of one person as of two, and which are of one."""
    rows = np.flatnonzero(np.isin(people, group))
    rows = rows[np.sort(draw.permutation(len(rows))[:MOST])]
    first, second = np.triu_indices(len(rows), 1)
    same = people[rows[first]] == people[rows[second]]
    n = min(PAIRS, int(same.sum()), int((~same).sum()))
    chosen = np.concatenate([draw.permutation(np.flatnonzero(kind))[:n] for kind in (same, ~same)])
    cosine = (direction[rows[first[chosen]]] * direction[rows[second[chosen]]]).sum(axis=1)
    return cosine, same[chosen]


def rank1(embeddings: Embeddings, people: People) -> dict[str, float]:
    """Return by number of distractors in how many percent a picture is nearest to the one of its own person.

    The gallery has one picture of each person, drawn; all other pictures are looked for in it.  Distractors are the
    first N other people of a drawn order; one number more is that of all others.
    """
    draw = rng(0, 0, "rank 1")
    names, inverse = np.unique(people, return_inverse=True)
    gallery = np.array([draw.choice(np.flatnonzero(inverse == place)) for place in range(len(names))])
    probes = np.setdiff1d(np.arange(len(people)), gallery)
    direction = unit(embeddings.astype(np.float64))
    order = draw.permutation(len(names))
    cosine = direction[probes] @ direction[gallery[order]].T
    own = np.argsort(order)[inverse[probes]]
    columns = np.arange(len(names))
    place = np.where(columns < own[:, None], columns, columns - 1)  # among the others
    true = cosine[np.arange(len(probes)), own]
    nearer = (cosine >= true[:, None]) & (columns != own[:, None])
    # The first distractor that is as near or nearer; none of those before it is.
    first = np.where(nearer, place, len(names)).min(axis=1)
    most = len(names) - 1
    return {str(n): float(100 * (first >= n).mean()) for n in sorted({n for n in DISTRACTORS if n < most} | {most})}
