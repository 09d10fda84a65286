"""Can a classifier tell two sets of pictures apart?  Its held-out accuracy is a two-sample test (C2ST).

Lopez-Paz and Oquab, "Revisiting classifier two-sample tests" (ICLR 2017): a classifier learns on one part of both sets
together to tell which a row is from, and is asked about the rest.  0.5: it cannot; 1: always.  Here each row is held
out once, in one of `FOLDS` folds.  Both sets have as many rows, so that guessing is right half of the time; where one
has more, rows of it are drawn, `DRAWS` times, and what is told is the mean.

    error    of the accuracy a on 2 n held-out rows: sqrt(a (1 - a) / (2 n)), binomial, of one draw (the other set's
             rows are the same in all of them)
    null     mean and deviation of the same accuracy where rows do not know their set: labels shuffled, once a draw.
             0.5 give or take the deviation is what "cannot be told apart" looks like for this many rows

A fold is a block of neighbours in each set: neighbours may show one person, whom a classifier would know again.

The classifier is logistic regression on features, its weights with a normal prior, which has one solution and no
training to tune.  With f(x) = w.x and w normal, f is normal with covariance K = X X^T, and the most probable f comes of
Newton's steps on as many numbers as there are rows (Rasmussen and Williams, "Gaussian Processes for Machine Learning",
2006, algorithm 3.1).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import expit

FOLDS = 6
DRAWS = 10
PRIOR = 10.0
"""Variance of f for a feature row of mean square 1, and of a constant: weak, for rows that can all be separated."""
STEPS, CLOSE = 50, 1e-8


@dataclass(frozen=True)
class Told:
    """How well two sets can be told apart.

    Attributes:
        accuracy: Held out, mean of all draws.
        error: Its binomial standard error, of one draw.
        null: Mean accuracy with shuffled labels.
        null_deviation: Deviation of that from draw to draw.
        rows: Of each set in a draw.
    """

    accuracy: float
    error: float
    null: float
    null_deviation: float
    rows: int


def told_apart(
    rng: np.random.Generator, x: Float[np.ndarray, "m d"], y: Float[np.ndarray, "n d"], draws: int = DRAWS
) -> Told:
    """Return how well two sets of at least `FOLDS` rows each can be told apart.

    Args:
        rng: Draws rows of the larger set and shuffles labels.
        x: Features of mean square about 1.
        y: Likewise.
        draws: How many times.
    """
    rows = min(len(x), len(y))
    assert rows >= FOLDS
    truth = np.repeat([1.0, -1.0], rows)
    fold = np.tile(np.arange(rows) * FOLDS // rows, 2)
    found, null = [], []
    for _ in range(draws):
        some = np.concatenate([one[np.sort(rng.choice(len(one), rows, replace=False))] for one in (x, y)])
        covariance = PRIOR * (some @ some.T / some.shape[1] + 1.0)
        found.append(held_out_accuracy(covariance, truth, fold))
        null.append(held_out_accuracy(covariance, rng.permutation(truth), fold))
    accuracy = float(np.mean(found))
    return Told(
        accuracy=accuracy,
        error=float(np.sqrt(accuracy * (1 - accuracy) / (2 * rows))),
        null=float(np.mean(null)),
        null_deviation=float(np.std(null)),
        rows=rows,
    )


def held_out_accuracy(
    covariance: Float[np.ndarray, "n n"], truth: Float[np.ndarray, " n"], fold: Int[np.ndarray, " n"]
) -> float:
    """Return the part of rows that a classifier which never saw their fold is right about; half of those it halves.

    Args:
        covariance: Of f between all rows.
        truth: 1 or -1.
        fold: Of each row.
    """
    right = 0.0
    for one in np.unique(fold):
        held: Bool[np.ndarray, " n"] = fold == one
        weights = classifier(covariance[np.ix_(~held, ~held)], truth[~held])
        agrees = np.sign(covariance[np.ix_(held, ~held)] @ weights) * truth[held]
        right += float((agrees > 0).sum() + 0.5 * (agrees == 0).sum())
    return right / len(truth)


def classifier(covariance: Float[np.ndarray, "n n"], truth: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return weights a such that f at a row with covariances k to the rows learnt from is k.a.

    They maximise sum of log(1 / (1 + exp(-truth f))) - a.K.a / 2 with f = K a; at the maximum a is the gradient of the
    first part.
    """
    wanted = (truth + 1) / 2
    f = np.zeros(len(truth))
    for _ in range(STEPS):
        p = expit(f)
        curvature = p * (1 - p)
        root = np.sqrt(curvature)
        towards = curvature * f + wanted - p
        inner = np.eye(len(f)) + root[:, None] * covariance * root
        a = towards - root * np.linalg.solve(inner, root * (covariance @ towards))
        before, f = f, covariance @ a
        if np.abs(f - before).max() < CLOSE * max(1.0, np.abs(f).max()):
            break
    return np.asarray(wanted - expit(f))
