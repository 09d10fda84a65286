"""Measure networks of a face's gaze on faces with known gaze: scores, and where the error sits.

The figures are those of eyes (gaze_metrics.py, gaze_evaluation.py beside this), a face having no side.  Of faces that
look at a point of a screen there is besides, for each network, the mean distance in that plane from the true to the
predicted point, cm; gazes that never meet it are counted and not in the mean.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from adapt.face_gaze_batch import FaceGazeBatch
from adapt.screen import point_of_gaze
from train.measure.cost import Cost
from train.measure.gaze_evaluation import by_angle, figures, over_persons
from train.measure.gaze_metrics import Angles, Score, score
from train.models.face_gaze import FaceGazeNetwork
from train.tasks.face_gaze import predict


@dataclass(frozen=True)
class ScreenScore:
    """Of predicted points of a screen: their mean distance, and how many gazes meet it nowhere.

    `cm` is None where none of them meets it.
    """

    cm: float | None
    nowhere: int


@dataclass(frozen=True)
class FaceGazeEvaluation:
    """Networks on one set of faces.

    Attributes:
        names: Of the networks.
        predicted_rad: Each network's gaze [pitch, yaw].
        faces: What they were measured on, with their true gaze.
        left_out: How many faces the reader left out, by cause.
        damaged: What was wrong with each face that could not be read.
        costs: Of each network; empty where nobody asked.
    """

    names: tuple[str, ...]
    predicted_rad: Float[np.ndarray, "k n 2"]
    faces: FaceGazeBatch
    left_out: Mapping[str, int]
    damaged: tuple[str, ...]
    costs: tuple[Cost, ...] = ()

    @property
    def true_rad(self) -> Angles:
        """The true gaze."""
        return self.faces.gaze_pitch_yaw_rad.double().numpy()

    @property
    def ensemble_rad(self) -> Angles:
        """The mean of the networks' angles."""
        return np.asarray(self.predicted_rad.mean(axis=0))

    def scores(self) -> tuple[Score, ...]:
        """Return each network's score."""
        return tuple(score(predicted, self.true_rad) for predicted in self.predicted_rad)

    def ensemble_score(self) -> Score:
        """Return the ensemble's score."""
        return score(self.ensemble_rad, self.true_rad)

    def over_persons(self) -> dict[str, dict[str, Any]]:
        """Return, for each network, the error of each person, and their mean and deviation."""
        return over_persons(self.names, self.predicted_rad, self.true_rad, self.faces.keys)

    def screen_scores(self) -> tuple[ScreenScore, ...]:
        """Return each network's error on the screen; none where the faces look at no screen."""
        if self.faces.screen is None:
            return ()
        return tuple(screen_score(predicted, self.faces) for predicted in self.predicted_rad)

    def to_json(self) -> dict[str, Any]:
        """Return all figures of the report."""
        found = figures(self.names, self.scores(), self.ensemble_score(), self.costs)
        for name, screen in zip(self.names, self.screen_scores(), strict=False):
            found["networks"][name]["screen"] = asdict(screen)
        head_rad = self.faces.head_pitch_yaw_rad.double().numpy()
        return {
            "faces": len(self.faces),
            "left_out": dict(self.left_out),
            "damaged": list(self.damaged),
            **found,
            "over_persons": self.over_persons(),
            "by": by_angle(self.ensemble_rad, self.true_rad, head_rad),
        }


def screen_score(predicted_rad: Angles, faces: FaceGazeBatch) -> ScreenScore:
    """Return the error on the screen that faces with `screen` look at."""
    assert faces.screen is not None
    point_cm = point_of_gaze(torch.from_numpy(predicted_rad).float(), faces.screen)
    distance_cm = torch.linalg.vector_norm(point_cm - faces.screen.point_cm, dim=1).double()
    met = distance_cm[distance_cm.isfinite()]
    return ScreenScore(cm=float(met.mean()) if len(met) else None, nowhere=len(distance_cm) - len(met))


def predictions_of(network: FaceGazeNetwork, faces: FaceGazeBatch, batch_size: int = 64) -> Angles:
    """Return a network's gaze angles of all faces, float64; their pictures have the network's size."""
    network.eval()
    with torch.inference_mode():
        parts = [
            predict(network, faces.take(range(start, min(start + batch_size, len(faces)))))
            for start in range(0, len(faces), batch_size)
        ]
    return np.asarray(torch.cat(parts).double().numpy())


def prediction_file(predicted_rad: Angles, keys: tuple[str, ...]) -> dict[str, dict[str, list[float]]]:
    """Return {key: {"gaze_pitch_yaw_rad": [pitch, yaw]}} for the faces as their files hold them."""
    return {key: {"gaze_pitch_yaw_rad": [float(p), float(y)]} for key, (p, y) in zip(keys, predicted_rad, strict=True)}
