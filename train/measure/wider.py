"""WIDER FACE's average precision of easy, medium and hard faces, by the rules of its authors' evaluation.

Read from the reading of it in Python that detectors are commonly measured with (wondervictor/WiderFace-Evaluation), and
written anew:

- Scores are brought to [0, 1] by the least and the largest of the whole set.
- Of a set all faces are there, and those that do not count in it are ignored: a box that has most of its overlap with
  an ignored face counts as neither.  Overlap is that of boxes of pixels, one added to every width and height, and must
  reach 0.5.
- A box goes to the face with which it overlaps most, whether or not another box has it; a second box on a face stays a
  wrong one.
- Precision and recall are those at 1000 thresholds, 0.999 down to 0, and AP the area under the falling envelope.

Which faces count is told by `level` (train/data/detection/level.py): by the authors' lists or, without, by a rule that
is ours.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from train.data.detection.level import NAMES, counted_in
from train.measure.detection_metrics import Scene, average_precision, iou

THRESHOLDS = 1000
LEAST = 0.5
PIXEL = 1.0


def wider_ap(scenes: Sequence[Scene]) -> dict[str, float | None]:
    """Return AP of easy, medium and hard; None of a set in which no face counts."""
    normalised = with_normal_scores(scenes)
    return {name: ap_of(normalised, [counted_in(scene.level, name) for scene in normalised]) for name in NAMES}


def with_normal_scores(scenes: Sequence[Scene]) -> list[Scene]:
    """Return the pictures with scores from 0, the least of the set, to 1, the largest."""
    scores = np.concatenate([scene.scores for scene in scenes]) if scenes else np.zeros(0)
    if len(scores) == 0:
        return list(scenes)
    low, high = scores.min(), scores.max()
    return [replace(scene, scores=(scene.scores - low) / max(high - low, 1e-12)) for scene in scenes]


def ap_of(scenes: Sequence[Scene], counted: Sequence[Bool[np.ndarray, "_"]]) -> float | None:
    """Return AP of the faces that count."""
    total = sum(int(one.sum()) for one in counted)
    if total == 0:
        return None
    found = np.zeros((THRESHOLDS, 2))
    for scene, counts in zip(scenes, counted, strict=True):
        # As there, a picture without any face or without any box is passed over.
        if len(scene.boxes) and len(scene.found):
            found += at_thresholds(scene, counts)
    precision = found[:, 1] / np.maximum(found[:, 0], 1)
    return average_precision(precision, found[:, 1] / total)


def at_thresholds(scene: Scene, counts: Bool[np.ndarray, " n"]) -> Float[np.ndarray, "1000 2"]:
    """Return, at each threshold, how many boxes of a picture count and how many faces they have found."""
    overlap = iou(scene.found, scene.boxes, PIXEL)
    best, most = overlap.argmax(axis=1), overlap.max(axis=1)
    hits = most >= LEAST
    boxes = np.cumsum(~(hits & ~counts[best]))
    first = np.full(len(hits), False)
    reaching = np.flatnonzero(hits & counts[best])
    first[reaching[np.unique(best[reaching], return_index=True)[1]]] = True
    faces = np.cumsum(first)
    # Scores fall: how many of them reach each threshold.
    thresholds = 1 - (np.arange(THRESHOLDS) + 1) / THRESHOLDS
    reached = np.searchsorted(-scene.scores, -thresholds, side="right")
    rows = np.maximum(reached - 1, 0)
    return np.stack([boxes[rows], faces[rows]], axis=1) * (reached > 0)[:, None].astype(np.float64)
