"""Measure detectors on pictures with known faces: what is found, in px of the files' pictures, and all figures.

detection_metrics.py and wider.py beside this say what the figures are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from adapt.detection_batch import DetectionBatch, at_side
from adapt.face_batch import to_rgb
from adapt.rows import joined
from train.measure.cost import Cost
from train.measure.detection_metrics import Scene, detection_score
from train.measure.networks import figures_of_networks
from train.measure.wider import wider_ap
from train.models.detection import DetectionNetwork, Detections

SHOWN = ("ap50", "ap30", "missed")
"""Figures whose mean and deviation over networks is told."""
PARTS = ("raw", "mapped")
"""Where they stand."""


@dataclass(frozen=True)
class DetectionEvaluation:
    """Networks on one set of pictures.

    Attributes:
        names: Of the networks.
        scenes: Of each network, every picture with its faces and what that network found.
        pictures: What they were measured on.
        left_out: How many pictures were left out, by cause.
        damaged: What was wrong with each picture that could not be read.
        costs: Of each network; empty where nobody asked.
    """

    names: tuple[str, ...]
    scenes: tuple[tuple[Scene, ...], ...]
    pictures: DetectionBatch
    left_out: Mapping[str, int]
    damaged: tuple[str, ...]
    costs: tuple[Cost, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return all figures of the report."""
        networks = {name: score_of(scenes) for name, scenes in zip(self.names, self.scenes, strict=True)}
        return {
            "pictures": len(self.pictures),
            "faces": int(self.pictures.faces.wanted.sum()),
            "ignored": int(self.pictures.faces.ignored.sum()),
            "left_out": dict(self.left_out),
            "damaged": list(self.damaged),
            **figures_of_networks(networks, SHOWN, self.costs, PARTS),
        }


def score_of(scenes: Sequence[Scene]) -> dict[str, Any]:
    """Return a network's figures, WIDER FACE's among them."""
    return {**detection_score(scenes), "wider": wider_ap(scenes)}


def found_by(network: DetectionNetwork, pictures: DetectionBatch, batch_size: int) -> Detections:
    """Return what a network finds in all pictures, px of these; they are brought to its `test_side`."""
    network.eval()
    parts, rows = [], 0
    with torch.inference_mode():
        for start in range(0, len(pictures), batch_size):
            some = pictures.take(range(start, min(start + batch_size, len(pictures))))
            shown = at_side(some, network.test_side)
            told = network.find(to_rgb(shown.images_u8))
            back = some.images_u8.shape[1] / network.test_side
            parts.append(Detections(told.boxes_px * back, told.scores, told.points_px * back))
            rows = max(rows, told.scores.shape[1])
    return joined([_filled(one, rows) for one in parts])


def _filled(found: Detections, rows: int) -> Detections:
    """Return what was found in so many rows."""
    missing = rows - found.scores.shape[1]
    return Detections(
        boxes_px=torch.nn.functional.pad(found.boxes_px, (0, 0, 0, missing)),
        scores=torch.nn.functional.pad(found.scores, (0, missing)),
        points_px=torch.nn.functional.pad(found.points_px, (0, 0, 0, 0, 0, missing)),
    )


def scenes_of(pictures: DetectionBatch, found: Detections) -> tuple[Scene, ...]:
    """Return every picture with its faces and what was found, px of the file's picture."""
    faces, scale = pictures.faces, pictures.scale.double().numpy()
    scenes = []
    for row in range(len(pictures)):
        there = (faces.wanted[row] | faces.ignored[row]).numpy()
        kept = (found.scores[row] > 0).numpy()
        width, height = (pictures.size_px[row].double().numpy() / scale[row]).tolist()
        scenes.append(
            Scene(
                boxes=faces.boxes_px[row].double().numpy()[there] / scale[row],
                points=faces.points_px[row].double().numpy()[there] / scale[row],
                wanted=faces.wanted[row].numpy()[there],
                ignored=faces.ignored[row].numpy()[there],
                level=faces.level[row].numpy()[there],
                found=found.boxes_px[row].double().numpy()[kept] / scale[row],
                scores=found.scores[row].double().numpy()[kept],
                found_points=found.points_px[row].double().numpy()[kept] / scale[row],
                size=(width, height),
            )
        )
    return tuple(scenes)


def detection_file(scenes: Sequence[Scene], keys: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return {key: [{"box", "score", "points5"}, ...]}: px of the file's picture, the best box first.

    `box` is left, top, right, bottom; `points5` is left out of a network that tells no points.
    """
    return {
        key: [
            {
                "box": box.round(3).tolist(),
                "score": round(float(score), 6),
                **({"points5": points.round(3).tolist()} if np.isfinite(points).all() else {}),
            }
            for box, score, points in zip(scene.found, scene.scores, scene.found_points, strict=True)
        ]
        for scene, key in zip(scenes, keys, strict=True)
    }
