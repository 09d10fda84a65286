"""Figures of detectors: cases by hand, a slow second reading of each rule, maps of boxes, points, the report."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.train.detection.scenery import draw_pictures
from tests.train.pages import without_pictures
from train.measure.detection_evaluation import DetectionEvaluation, detection_file, scenes_of
from train.measure.detection_metrics import (
    BoxMap,
    Scene,
    average_precision,
    blind,
    curve_of,
    detection_score,
    figures,
    fit_box_map,
    iou,
    match,
    point_error,
)
from train.measure.detection_pictures import best_score, wrong
from train.measure.detection_report import summary, write_report
from train.measure.wider import THRESHOLDS, ap_of, at_thresholds, wider_ap, with_normal_scores
from train.models.detection import Detections


def scene(
    boxes: list[list[float]],
    found: list[list[float]],
    scores: list[float],
    ignored: tuple[int, ...] = (),
    level: list[int] | None = None,
) -> Scene:
    n, k = len(boxes), len(found)
    off = np.isin(np.arange(n), ignored)
    return Scene(
        boxes=np.array(boxes, float).reshape(n, 4),
        points=np.zeros((n, 5, 2)),
        wanted=~off,
        ignored=off,
        level=np.array(level if level is not None else [3] * n, np.uint8),
        found=np.array(found, float).reshape(k, 4),
        scores=np.array(scores, float),
        found_points=np.zeros((k, 5, 2)),
        size=(100.0, 100.0),
    )


A, B, C = [0.0, 0, 10, 10], [20.0, 20, 40, 40], [60.0, 60, 80, 80]


def random_scene(seed: int) -> Scene:
    """Return faces, some ignored, and boxes about some of them and elsewhere."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(1, 7)), int(rng.integers(1, 15))
    corner, size = rng.uniform(0, 60, (n, 2)), rng.uniform(8, 40, (n, 2))
    boxes = np.concatenate([corner, corner + size], axis=1).round()
    near = boxes[rng.integers(n, size=k)] + rng.normal(0, 5, (k, 4))
    near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 2)
    ignored = tuple(np.flatnonzero(rng.random(n) < 0.3).tolist())
    level = rng.integers(0, 4, n).tolist()
    return scene(boxes.tolist(), near.tolist(), sorted(rng.uniform(0.02, 1, k), reverse=True), ignored, level)


def test_average_precision_by_hand() -> None:
    # Right, wrong, right, of four: precision 1, 1/2, 2/3; falling 1, 2/3, 2/3; recall steps 1/4, 0, 1/4.
    assert average_precision(np.array([1, 1 / 2, 2 / 3]), np.array([1, 1, 2]) / 4) == pytest.approx(1 / 4 + 2 / 3 / 4)
    assert average_precision(np.zeros(0), np.zeros(0)) == 0
    scenes = [
        scene([A, B], [A, [1, 1, 11, 11], [22, 20, 42, 40]], [0.9, 0.8, 0.5]),
        scene([A, C], [[50, 0, 60, 10]], [0.7]),
    ]
    assert [match(one, 0.5).face.tolist() for one in scenes] == [[0, -1, 1], [-1]]
    # In order of scores: right, wrong (the face is taken), wrong, right; four faces.
    assert figures(scenes)["ap50"] == pytest.approx(1 / 4 + 1 / 2 / 4)
    assert figures(scenes)["recall50"] == 0.5 and figures(scenes)["missed"] == pytest.approx(100 * (1 - 0.375))
    nothing = scene([A], [], [])
    assert figures([nothing]) == {"ap50": 0.0, "ap30": 0.0, "recall50": 0.0, "missed": 100.0}


def test_the_area_is_that_of_a_slow_sum() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        right = rng.random(30) < 0.5
        hits = np.cumsum(right)
        precision, recall = hits / (np.arange(30) + 1), hits / 25
        slow = sum(max(precision[recall >= level]) / 25 for level in np.unique(recall[recall > 0]))
        assert average_precision(precision, recall) == pytest.approx(slow)


def test_what_is_ignored_is_neither_right_nor_wrong() -> None:
    one = scene([A, C], [A, [62, 60, 78, 90], [0, 60, 10, 70]], [0.9, 0.8, 0.7], ignored=(1,))
    found = match(one, 0.5)
    assert found.face.tolist() == [0, -1, -1] and found.counts.tolist() == [True, False, True]
    within = scene([[0, 0, 50, 50]], [[10, 10, 15, 15], [40, 40, 60, 60]], [0.9, 0.8], ignored=(0,))
    assert match(within, 0.5).counts.tolist() == [False, True], "a box within; a quarter of one"


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("least", [0.3, 0.5])
def test_matches_are_those_of_a_slow_reading(seed: int, least: float) -> None:
    one = random_scene(seed)
    found = match(one, least)
    taken: set[int] = set()
    for row, box in enumerate(one.found):
        overlap = iou(box[None], one.boxes)[0]
        wanted = [i for i in range(len(one.boxes)) if one.wanted[i]]
        best = max(wanted, key=lambda i: overlap[i], default=-1)
        right = best >= 0 and overlap[best] >= least and best not in taken
        taken |= {best} if right else set()
        assert found.face[row] == (best if right else -1)
        off = [i for i in range(len(one.boxes)) if one.ignored[i]]
        shared = [
            max(min(box[2], o[2]) - max(box[0], o[0]), 0) * max(min(box[3], o[3]) - max(box[1], o[1]), 0)
            for o in one.boxes[off]
        ]
        part = max(shared, default=0) / ((box[2] - box[0]) * (box[3] - box[1]))
        may_be = part >= 0.5 or max(overlap[off], default=0) >= least
        assert found.counts[row] == (right or not may_be)


def test_a_convention_of_boxes_is_found_and_taken_away() -> None:
    rng = np.random.default_rng(0)
    scenes = []
    for _ in range(12):
        corner, size = rng.uniform(5, 50, 2), rng.uniform(20, 40)
        true = np.array([*corner, *(corner + size)])
        low, shape = corner + size * np.array([0.1, 0.3]), size * np.array([0.8, 0.7])
        scenes.append(scene([true.tolist()], [[*low, *(low + shape)]], [0.9]))
    raw, by = figures(scenes), fit_box_map(scenes)
    assert raw["ap50"] > 0.9 and detection_score(scenes)["mapped"]["ap50"] == 1
    assert (by.a, by.b, by.c, by.d) == pytest.approx((-0.1 / 0.8, -0.3 / 0.7, 1 / 0.8, 1 / 0.7)) and by.matches == 12
    for one in scenes:
        assert np.allclose(by(one.found), one.boxes)
    assert fit_box_map([scene([A], [C], [0.5])]) == BoxMap()


def test_a_guess_that_never_looks() -> None:
    scenes = [scene([[10, 10, 30, 30]], [], []), scene([[30, 30, 50, 50]], [], [])]
    assert [one.found.tolist() for one in blind(scenes)] == [[[20, 20, 40, 40]]] * 2
    assert detection_score(scenes)["blind"]["ap50"] == 0
    alike = [scene([[10, 10, 30, 30]], [], []), scene([[12, 10, 32, 30]], [], [])]
    assert detection_score(alike)["blind"]["missed"] == 0
    assert blind([scene([], [], [])])[0].found.tolist() == [[0, 0, 0, 0]]


def test_points_are_measured_over_the_box() -> None:
    one = scene([[0, 0, 20, 5]], [[0, 0, 20, 5]], [0.9])  # sqrt(100) = 10
    told = np.zeros((1, 5, 2))
    told[0, 0], told[0, 1] = [3, 4], [np.nan, 0]
    assert point_error([dataclasses.replace(one, found_points=told)]) == pytest.approx(100 * 0.5 / 4)
    assert point_error([scene([A], [], [])]) is None
    assert point_error([dataclasses.replace(one, points=np.full((1, 5, 2), np.nan))]) is None


def slow_wider(scenes: list[Scene], least_level: int) -> float:
    """Return WIDER FACE's AP, box by box and threshold by threshold, as its evaluation goes about it."""
    scores = np.concatenate([one.scores for one in scenes])
    low, high = scores.min(), scores.max()
    totals, faces = np.zeros((1000, 2)), 0
    for one in scenes:
        counts = one.level >= least_level
        faces += int(counts.sum())
        state, valid, recalled = [0] * len(one.boxes), [], []
        for box in one.found:
            overlap = []
            for other in one.boxes:
                width = min(box[2], other[2]) - max(box[0], other[0]) + 1
                height = min(box[3], other[3]) - max(box[1], other[1]) + 1
                shared = max(width, 0) * max(height, 0)
                areas = [(b[2] - b[0] + 1) * (b[3] - b[1] + 1) for b in (box, other)]
                overlap.append(shared / (sum(areas) - shared))
            best, good = int(np.argmax(overlap)), True
            if max(overlap) >= 0.5:
                if not counts[best]:
                    state[best], good = -1, False
                elif state[best] == 0:
                    state[best] = 1
            valid.append(good)
            recalled.append(state.count(1))
        for t in range(1000):
            rows = [i for i, s in enumerate((one.scores - low) / (high - low)) if s >= 1 - (t + 1) / 1000]
            if rows:
                totals[t] += [sum(valid[: rows[-1] + 1]), recalled[rows[-1]]]
    recall = [0.0, *(totals[:, 1] / faces), 1.0]
    precision = [0.0, *(totals[:, 1] / np.maximum(totals[:, 0], 1)), 0.0]
    for i in range(len(precision) - 1, 0, -1):
        precision[i - 1] = max(precision[i - 1], precision[i])
    return sum((recall[i + 1] - recall[i]) * precision[i + 1] for i in range(len(recall) - 1))


def test_wider_aps_are_those_of_the_slow_reading() -> None:
    scenes = [random_scene(seed) for seed in range(12)]
    found = wider_ap(scenes)
    for name, least in (("easy", 3), ("medium", 2), ("hard", 1)):
        assert found[name] == pytest.approx(slow_wider(scenes, least), abs=1e-9)
    assert len({round(value, 6) for value in found.values() if value is not None}) == 3


def test_wider_rules_by_hand() -> None:
    one = scene([A, B, C], [A, A, B, C], [1.0, 0.8, 0.6, 0.0], level=[3, 0, 1])
    table = at_thresholds(one, one.level >= 1)
    assert len(table) == THRESHOLDS and table[0].tolist() == [1, 1], "the first threshold is 0.999"
    assert table[250].tolist() == [2, 1], "a second box on a face is wrong"
    assert table[500].tolist() == [2, 1], "a box on a face that does not count is neither"
    assert table[999].tolist() == [3, 2], "a score of 0 reaches the last threshold, 0"
    # Two faces: precision 1 at recall 1/2, 2/3 at 1.
    assert wider_ap([one])["hard"] == pytest.approx(0.5 + 0.5 * 2 / 3)
    assert wider_ap([scene([A], [A], [0.5], level=[1])])["easy"] is None
    assert ap_of([scene([A], [], [])], [np.array([True])]) == 0
    assert with_normal_scores([scene([A], [], [])])[0].scores.shape == (0,)


def detections(*rows: list[tuple[list[float], float]]) -> Detections:
    k = max(len(row) for row in rows)
    boxes, scores = torch.zeros(len(rows), k, 4), torch.zeros(len(rows), k)
    for i, row in enumerate(rows):
        for j, (box, score) in enumerate(row):
            boxes[i, j], scores[i, j] = torch.tensor(box), score
    return Detections(boxes, scores, boxes[..., None, :2].repeat(1, 1, 5, 1) + 1)


def test_everything_is_in_px_of_the_files_picture(tmp_path: Path) -> None:
    pictures = dataclasses.replace(draw_pictures(2), scale=torch.tensor([0.5, 2.0]))
    found = detections([([2.0, 4, 12, 14], 0.9)], [([2.0, 4, 12, 14], 0.8), ([0.0, 0, 1, 1], 0.3)])
    scenes = scenes_of(pictures, found)
    assert scenes[0].found.tolist() == [[4, 8, 24, 28]] and scenes[1].found[0].tolist() == [1, 2, 6, 7]
    assert scenes[0].size == (128, 128) and scenes[1].size == (32, 32)
    assert np.allclose(scenes[0].boxes, pictures.faces.boxes_px[0, :1].numpy() * 2, atol=1e-4)
    said = detection_file(scenes, pictures.keys)
    assert said["00000000"] == [{"box": [4, 8, 24, 28], "score": 0.9, "points5": [[6, 10]] * 5}]
    assert [one["score"] for one in said["00000001"]] == [0.8, 0.3]
    nowhere = dataclasses.replace(scenes[0], found_points=np.full((1, 5, 2), np.nan))
    assert "points5" not in detection_file([nowhere], ["a"])["a"][0]


def test_a_report_has_every_figure_and_says_what_was_ignored(tmp_path: Path) -> None:
    pictures = draw_pictures(4)
    true = [box.tolist() for box in pictures.faces.boxes_px[:, 0]]
    perfect = scenes_of(pictures, detections(*[[(box, 0.9)] for box in true]))
    other = scenes_of(pictures, detections(*[[([0.0, 0, 8, 8], 0.9), (box, 0.5)] for box in true]))
    evaluation = DetectionEvaluation(("good", "bad"), (perfect, other), pictures, {"too many": 1}, ("x: broken",))
    report = write_report(tmp_path, evaluation, {"data": "here", "commit": "c"})
    assert json.loads((tmp_path / "report.json").read_text())["networks"]["good"]["raw"]["ap50"] == 1
    bad = report["networks"]["bad"]
    assert bad["raw"]["ap50"] == pytest.approx(0.5) and bad["wider"]["hard"] == pytest.approx(0.5, abs=0.01)
    assert report["mean_of_networks"]["raw"]["ap50"] == pytest.approx(0.75) and report["faces"] == 4
    assert report["networks"]["good"]["wider"]["easy"] == 1
    page = without_pictures((tmp_path / "report.html").read_text())
    for said in ("4 pictures, 4 faces", "1 too many", "x: broken", "After one map", "Precision over recall"):
        assert said in page
    assert (tmp_path / "curve.png").stat().st_size > 1000 and (tmp_path / "worst.png").stat().st_size > 1000
    lines = summary(report)
    assert lines[0].startswith("4 pictures, 4 faces, 0 ignored; left out: 1 too many") and "good: AP" in lines[1]
    assert wrong(perfect[0], 0.5) == 0 and wrong(other[0], 0.95) == 1 and wrong(other[0], 0.5) == 1
    assert best_score(perfect) == pytest.approx(0.9) and best_score(other) == pytest.approx(0.5)
    assert curve_of(other, 0.5).scores.tolist() == sorted(curve_of(other, 0.5).scores.tolist(), reverse=True)
