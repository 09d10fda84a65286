"""Measure networks of head pose on faces with known rotation: scores, and where the error sits.

pose_metrics.py beside this says what the figures are.  An error is looked at by true yaw, pitch and roll in bins of 15
degrees; in each stand the number of faces, the mean of the three angles' errors, the mean angle between the rotations,
the same after the common constant rotation, and the mean of prediction minus truth of the bins' own angle.  Degrees.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from adapt.face_batch import FaceBatch, to_rgb
from synth.geometry.rotation import geodesic_angle
from train.measure.cost import Cost
from train.measure.networks import figures_of_networks
from train.measure.pose_metrics import PoseScore, Rotations, angles_deg, mean_rotation, pose_score, wrapped_deg
from train.models.pose import PoseNetwork

BIN_DEG = 15.0
ANGLES = ("yaw", "pitch", "roll")
COLUMN = {"pitch": 0, "yaw": 1, "roll": 2}
"""Where an angle stands in `angles_deg`."""
SHOWN = ("yaw", "pitch", "roll", "mae", "geodesic")
"""Figures whose mean and deviation over networks is told."""
PARTS = ("raw", "offset_free")
"""Where they stand."""


@dataclass(frozen=True)
class PoseEvaluation:
    """Networks on one set of faces.

    Attributes:
        names: Of the networks.
        predicted: Each network's `cam_from_head`, float64.
        faces: What they were measured on, with their true rotations.
        left_out: How many faces the protocol left out, by cause.
        damaged: What was wrong with each face that could not be read.
        costs: Of each network; empty where nobody asked.
    """

    names: tuple[str, ...]
    predicted: Float[np.ndarray, "k n 3 3"]
    faces: FaceBatch
    left_out: Mapping[str, int]
    damaged: tuple[str, ...]
    costs: tuple[Cost, ...] = ()

    @property
    def true(self) -> Rotations:
        """The true rotations."""
        return self.faces.rotation.double().numpy()

    @property
    def ensemble(self) -> Rotations:
        """The chordal mean of the networks' rotations; of one network, its own."""
        return mean_rotation(np.swapaxes(self.predicted, 0, 1))

    def scores(self) -> tuple[PoseScore, ...]:
        """Return each network's score."""
        return tuple(pose_score(predicted, self.true) for predicted in self.predicted)

    def ensemble_score(self) -> PoseScore:
        """Return the ensemble's score."""
        return pose_score(self.ensemble, self.true)

    def to_json(self) -> dict[str, Any]:
        """Return all figures of the report."""
        networks = {name: found.to_json() for name, found in zip(self.names, self.scores(), strict=True)}
        return {
            "faces": len(self.faces),
            "left_out": dict(self.left_out),
            "damaged": list(self.damaged),
            **figures_of_networks(networks, SHOWN, self.costs, PARTS),
            "ensemble": self.ensemble_score().to_json(),
            "by": {f"{name}_deg": self.bins(name) for name in ANGLES},
        }

    def bins(self, angle: str) -> list[dict[str, float]]:
        """Return the ensemble's errors in bins of a true angle: yaw, pitch or roll."""
        predicted, true = self.ensemble, self.true
        offset = mean_rotation(np.swapaxes(true, 1, 2) @ predicted)
        difference = wrapped_deg(angles_deg(predicted) - angles_deg(true))
        figures = {
            "mae": np.abs(difference).mean(axis=1),
            "geodesic": np.degrees(geodesic_angle(predicted, true)),
            "offset_free": np.degrees(geodesic_angle(predicted @ offset.T, true)),
            "bias": difference[:, COLUMN[angle]],
        }
        place = np.floor(angles_deg(true)[:, COLUMN[angle]] / BIN_DEG).astype(int)
        return [
            {
                "low": float(one * BIN_DEG),
                "high": float((one + 1) * BIN_DEG),
                "n": int((place == one).sum()),
                **{name: float(values[place == one].mean()) for name, values in figures.items()},
            }
            for one in np.unique(place)
        ]


def rotations_of(network: PoseNetwork, faces: FaceBatch, batch_size: int = 256) -> Rotations:
    """Return a network's `cam_from_head` of all faces, float64; their pictures have the network's size."""
    network.eval()
    with torch.inference_mode():
        parts = [network.rotation(network(to_rgb(pictures))) for pictures in torch.split(faces.images_u8, batch_size)]
    return np.asarray(torch.cat(parts).double().numpy())


def rotation_file(predicted: Rotations, keys: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return {key: {"R": rows of `cam_from_head`, "yaw_pitch_roll_deg": [yaw, pitch, roll]}}, the upright angles."""
    angles = angles_deg(predicted)[:, [COLUMN[name] for name in ANGLES]]
    return {
        key: {"R": rotation.tolist(), "yaw_pitch_roll_deg": angle.tolist()}
        for key, rotation, angle in zip(keys, predicted, angles, strict=True)
    }
