"""How well boxes are found: average precision, one map from a detector's boxes to a set's, and the points' error.

Everything is in px of the file's pictures, float64.

    match      found boxes of a picture, the best first: each looks at the wanted face with which its IoU is largest; it
               is right if that IoU reaches the threshold and nobody had the face before it, else it is wrong (PASCAL
               VOC's rule).  It is neither if it is not right and an ignored box covers half of it or has that IoU
    AP         area under precision over recall, precision being made falling first: at every recall the largest
               precision at that recall or more ("all points", VOC from 2010)
    missed     100 (1 - AP) at IoU 0.5: the one figure to compare networks by, an error in percent
    mapped     the same after one map for all boxes (x + a w, y + b h, c w, d h): what a set boxes is a convention (some
               from brow to chin, some from forehead), and a detector keeps that of its training.  The four numbers are
               medians over matches at IoU 0.3 of this very set, matched anew once: fitted on what is measured
    blind      one box in every picture, at the mean place of the set's boxes: a guess that never looks
    points     mean distance of the five points over sqrt(w h) of the true box, percent, of right boxes at IoU 0.5
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

STRICT, LOOSE = 0.5, 0.3
COVERED = 0.5


@dataclass(frozen=True)
class Scene:
    """One picture: its faces, and what was found, the best first.

    Attributes:
        boxes: Left, top, right, bottom of its n faces.
        points: Theirs, NaN where not told.
        wanted: Which are to be found.
        ignored: Which may be.
        level: In how many of easy, medium, hard each counts (train/data/detection/level.py).
        found: Boxes that were found, k.
        scores: Theirs, falling.
        found_points: Theirs.
        size: Width and height of the picture.
    """

    boxes: Float[np.ndarray, "n 4"]
    points: Float[np.ndarray, "n 5 2"]
    wanted: Bool[np.ndarray, " n"]
    ignored: Bool[np.ndarray, " n"]
    level: UInt8[np.ndarray, " n"]
    found: Float[np.ndarray, "k 4"]
    scores: Float[np.ndarray, " k"]
    found_points: Float[np.ndarray, "k 5 2"]
    size: tuple[float, float]


@dataclass(frozen=True)
class BoxMap:
    """A box (x, y, w, h) becomes (x + a w, y + b h, c w, d h); fitted on so many matches."""

    a: float = 0.0
    b: float = 0.0
    c: float = 1.0
    d: float = 1.0
    matches: int = 0

    def __call__(self, boxes: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, "n 4"]:
        """Return the boxes, left, top, right, bottom."""
        low, size = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
        low = low + size * [self.a, self.b]
        return np.concatenate([low, low + size * [self.c, self.d]], axis=1)


@dataclass(frozen=True)
class Matched:
    """Of the k boxes found in a picture: the row of the face of each right one, -1 of others; which count at all."""

    face: Int[np.ndarray, " k"]
    counts: Bool[np.ndarray, " k"]


@dataclass(frozen=True)
class Curve:
    """Precision and recall after each box of the set, the best first, and its score."""

    precision: Float[np.ndarray, " m"]
    recall: Float[np.ndarray, " m"]
    scores: Float[np.ndarray, " m"]


def iou(first: Float[np.ndarray, "n 4"], second: Float[np.ndarray, "m 4"], pixel: float = 0.0) -> np.ndarray:
    """Return intersection over union, (n, m); `pixel` is added to every width and height."""
    shared = common(first, second, pixel)
    areas = [np.maximum(one[:, 2:] - one[:, :2] + pixel, 0).prod(axis=1) for one in (first, second)]
    return shared / np.maximum(areas[0][:, None] + areas[1] - shared, 1e-12)


def common(first: Float[np.ndarray, "n 4"], second: Float[np.ndarray, "m 4"], pixel: float = 0.0) -> np.ndarray:
    """Return the shared area of each pair, (n, m)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    return np.maximum(high - low + pixel, 0).prod(axis=2)


def match(scene: Scene, least: float) -> Matched:
    """Return what is right of a picture."""
    k = len(scene.found)
    face, counts = np.full(k, -1), np.full(k, True)
    wanted = np.flatnonzero(scene.wanted)
    overlap = iou(scene.found, scene.boxes[wanted])
    taken = np.full(len(wanted), False)
    for row in range(k):
        best = int(overlap[row].argmax()) if len(wanted) else 0
        if len(wanted) and overlap[row, best] >= least and not taken[best]:
            taken[best], face[row] = True, wanted[best]
    if scene.ignored.any():
        others = scene.boxes[scene.ignored]
        area = np.maximum((scene.found[:, 2:] - scene.found[:, :2]).prod(axis=1), 1e-12)
        inside = common(scene.found, others) / area[:, None]
        may_be = (np.maximum(inside / COVERED, iou(scene.found, others) / least) >= 1).any(axis=1)
        counts = (face >= 0) | ~may_be
    return Matched(face, counts)


def curve_of(scenes: Sequence[Scene], least: float) -> Curve:
    """Return precision over recall of a set; empty where nothing was found."""
    matched = [match(scene, least) for scene in scenes]
    scores = np.concatenate([scene.scores[one.counts] for scene, one in zip(scenes, matched, strict=True)])
    right = np.concatenate([one.face[one.counts] >= 0 for one in matched])
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    truths = max(sum(int(scene.wanted.sum()) for scene in scenes), 1)
    return Curve(hits / (np.arange(len(order)) + 1), hits / truths, scores[order])


def average_precision(precision: Float[np.ndarray, " m"], recall: Float[np.ndarray, " m"]) -> float:
    """Return the area under the falling envelope of precision over recall."""
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * falling))


def fit_box_map(scenes: Sequence[Scene]) -> BoxMap:
    """Return the map from a detector's boxes to a set's, by medians over matches; none where nothing matches."""
    fitted = BoxMap()
    for _ in range(2):
        found, true = [], []
        for scene in scenes:
            matched = match(replace(scene, found=fitted(scene.found)), LOOSE)
            rows = np.flatnonzero(matched.face >= 0)
            found.append(scene.found[rows])
            true.append(scene.boxes[matched.face[rows]])
        ours, theirs = np.concatenate(found), np.concatenate(true)
        if len(ours) == 0:
            return BoxMap()
        size = ours[:, 2:] - ours[:, :2]
        shift = np.median((theirs[:, :2] - ours[:, :2]) / size, axis=0)
        factor = np.median((theirs[:, 2:] - theirs[:, :2]) / size, axis=0)
        a, b, c, d = (float(value) for value in (*shift, *factor))
        fitted = BoxMap(a, b, c, d, len(ours))
    return fitted


def blind(scenes: Sequence[Scene]) -> list[Scene]:
    """Return the pictures with one box found in each, at the mean place of the set's boxes."""
    places = [scene.boxes[scene.wanted] / np.tile(scene.size, 2) for scene in scenes]
    mean = np.concatenate(places).mean(axis=0) if any(len(one) for one in places) else np.zeros(4)
    return [
        replace(
            scene,
            found=(mean * np.tile(scene.size, 2))[None],
            scores=np.ones(1),
            found_points=np.full((1, 5, 2), np.nan),
        )
        for scene in scenes
    ]


def point_error(scenes: Sequence[Scene]) -> float | None:
    """Return the mean distance of the points over the boxes' size, percent; None where no points can be compared."""
    errors = []
    for scene in scenes:
        matched = match(scene, STRICT)
        for row in np.flatnonzero(matched.face >= 0):
            face = matched.face[row]
            size = np.sqrt((scene.boxes[face, 2:] - scene.boxes[face, :2]).prod())
            errors.append(np.linalg.norm(scene.found_points[row] - scene.points[face], axis=1) / size)
    told = np.concatenate(errors)[np.isfinite(np.concatenate(errors))] if errors else np.zeros(0)
    return float(100 * told.mean()) if len(told) else None


def figures(scenes: Sequence[Scene]) -> dict[str, float]:
    """Return AP at both thresholds, and what it lacks."""
    strict, loose = (curve_of(scenes, least) for least in (STRICT, LOOSE))
    ap50 = average_precision(strict.precision, strict.recall)
    return {
        "ap50": ap50,
        "ap30": average_precision(loose.precision, loose.recall),
        "recall50": float(strict.recall[-1]) if len(strict.recall) else 0.0,
        "missed": 100 * (1 - ap50),
    }


def mapped(scenes: Sequence[Scene], by: BoxMap) -> list[Scene]:
    """Return the pictures with a map applied to what was found."""
    return [replace(scene, found=by(scene.found)) for scene in scenes]


def detection_score(scenes: Sequence[Scene]) -> dict[str, Any]:
    """Return all figures that the module's docstring defines, as plain values."""
    by = fit_box_map(scenes)
    return {
        "faces": sum(int(scene.wanted.sum()) for scene in scenes),
        "raw": figures(scenes),
        "mapped": figures(mapped(scenes, by)),
        "box_map": asdict(by),
        "blind": figures(blind(scenes)),
        "point_error": point_error(scenes),
    }
