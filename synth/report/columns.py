"""The table of a data set as arrays: a column by its name, of the eye that a picture is centred on where it has two.

Angles come out in degrees, in the conventions of synth/geometry/gaze.py: +pitch up, +yaw to the left of the image.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from synth.errors import DataError
from synth.geometry.gaze import pitch_yaw_from_vector
from synth.geometry.normalisation import GazeMode, normalised_targets
from synth.geometry.rotation import pitch_yaw_roll_upright
from synth.shards import read_index

NORMALISED_AT_MOST = 4000
"""Samples of which the normalised angles are worked out, evenly spread: enough for a picture of their distribution."""


@dataclass(frozen=True)
class Columns:
    """Columns of equal length by their dotted names."""

    arrays: dict[str, np.ndarray]
    folder: Path

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self["key"])

    def __getitem__(self, name: str) -> np.ndarray:
        """Return a column, or raise DataError that names it."""
        if name not in self.arrays:
            raise DataError(f"{self.folder / 'index.parquet'}: has no column {name}")
        return self.arrays[name]

    @property
    def left(self) -> Bool[np.ndarray, "n"]:
        """Whether each picture is centred on the subject's left eye."""
        return self["subject_eye"] == "left"

    def numbers(self, name: str) -> Float[np.ndarray, "n"]:
        """Return a column of numbers."""
        return self[name].astype(np.float64)

    def eye(self, name: str) -> Float[np.ndarray, "n"]:
        """Return a column of the eye that each picture is centred on, such as `openness`."""
        return np.where(self.left, self.numbers(f"eyes.left.{name}"), self.numbers(f"eyes.right.{name}"))

    def eye_vector(self, name: str) -> Float[np.ndarray, "n 3"]:
        """Return a vector of the eye that each picture is centred on, such as `optical_axis_head`."""
        return np.stack([self.eye(f"{name}_{axis}") for axis in "xyz"], axis=1)

    def vector(self, name: str) -> Float[np.ndarray, "n 3"]:
        """Return a vector."""
        return np.stack([self.numbers(f"{name}_{axis}") for axis in "xyz"], axis=1)

    def matrix(self, name: str, size: int) -> Float[np.ndarray, "n a a"]:
        """Return a square matrix."""
        parts = [self.numbers(f"{name}_{i}{j}") for i in range(size) for j in range(size)]
        return np.stack(parts, axis=1).reshape(-1, size, size)

    def axis_in_head_deg(self, axis: str) -> Float[np.ndarray, "n 2"]:
        """Return [pitch, yaw] of the optical or visual axis in the head, degrees."""
        return np.degrees(pitch_yaw_from_vector(self.eye_vector(f"{axis}_axis_head")))

    def axis_in_cam_deg(self, axis: str) -> Float[np.ndarray, "n 2"]:
        """Return [pitch, yaw] of the optical or visual axis in the camera, degrees."""
        return np.degrees(np.stack([self.eye(f"{axis}_{angle}_rad") for angle in ("pitch", "yaw")], axis=1))

    def head_pose_deg(self) -> Float[np.ndarray, "n 3"]:
        """Return [pitch, yaw, roll] of the head in the camera, degrees (300W-LP's angles that keep it upright)."""
        return np.degrees([pitch_yaw_roll_upright(pose[:3, :3]) for pose in self.matrix("cam_from_head", 4)])

    @property
    def faces(self) -> "Columns | None":
        """The samples whose pictures hold a face, or None where none does."""
        if "face.expression" not in self.arrays:
            return None
        held = np.array([name is not None for name in self["face.expression"]])
        return Columns({name: values[held] for name, values in self.arrays.items()}, self.folder)

    def normalised_deg(self) -> tuple[Float[np.ndarray, "m 2"], Float[np.ndarray, "m 2"]]:
        """Return MPIIGaze's [pitch, yaw] of gaze and head, degrees, right eyes mirrored; of some, evenly spread."""
        centre_cam, target_cam = self.eye_vector("centre_of_canthi_cam"), self.vector("target_cam")
        cam_from_head, camera_matrix = self.matrix("cam_from_head", 4), self.matrix("camera_matrix", 3)
        face, mirror = self.matrix("face_triangle_head", 3), np.where(self.left, 1.0, -1.0)
        gaze, head = [], []
        for i in range(0, len(self), -(-len(self) // NORMALISED_AT_MOST)):
            gaze_cam = target_cam[i] - centre_cam[i]
            found = normalised_targets(
                gaze_cam, centre_cam[i], cam_from_head[i], face[i], camera_matrix[i], GazeMode.mpiigaze_2015
            )
            gaze.append(found.gaze_pitch_yaw_rad * [1.0, mirror[i]])
            head.append(found.head_pitch_yaw_rad * [1.0, mirror[i]])
        return np.degrees(gaze), np.degrees(head)


def read_columns(folder: Path) -> Columns:
    """Return the table of a finished data set.

    Raises:
        DataError: The data set is not finished, or its table is damaged.
    """
    table = read_index(folder)
    return Columns({name: np.asarray(table[name].to_pylist()) for name in table.column_names}, folder)
