"""One sample: a picture, what is true of it, and how a label is taken from it by name.

`labels` is the mapping that `synth.labels.Labels.to_json` gives and a shard holds; names joined by dots reach into it
(`eyes.left.points.iris.px`).  Frames and units are in the names: `_cam`, `_head`, `_px`, `_m`, `_rad`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synth.errors import ConfigError, DataError


@dataclass(frozen=True)
class Sample:
    """A picture with its truth; see the module for shapes and frames.

    Attributes:
        seed: Of the data set.
        index: Of the sample in the data set.
        picture: sRGB u8, (h, w, 3) or grey (h, w).
        labels: As `synth.labels.Labels.to_json` gives them.
        spec: The scene in full.
        rejected: Causes of the scenes that were drawn and thrown away before this one.
        mask: Id of what is seen, u8 (h, w).
        parsing: Class of what is seen (synth.parsing.CLASSES), u8 (h, w).
        person: Who is seen, from 1, 0 where nobody is, u8 (h, w).
        depth_m: z in `cam`, f4 (h, w).
        normal_cam: Unit normals, f4 (h, w, 3).
        uv: Places on the map of the head (assets.regions.globe_uv), 0 where no skin is, f4 (h, w, 2).
        scene: Of a picture that shares its scene with others: `index`, `view`, `mix` and `factors` (synth/pictures.py).
    """

    seed: int
    index: int
    picture: np.ndarray
    labels: Mapping[str, Any]
    spec: Mapping[str, Any] = field(default_factory=dict)
    rejected: tuple[str, ...] = ()
    mask: np.ndarray | None = None
    parsing: np.ndarray | None = None
    person: np.ndarray | None = None
    depth_m: np.ndarray | None = None
    normal_cam: np.ndarray | None = None
    uv: np.ndarray | None = None
    scene: Mapping[str, Any] | None = None

    @property
    def key(self) -> str:
        """Return the name of the sample in its shard."""
        return sample_key(self.index)

    @property
    def subject_eye(self) -> str:
        """Return which of the subject's eyes the picture is centred on, "left" or "right"."""
        side = self.labels.get("subject_eye")
        if side not in ("left", "right"):
            raise DataError(f"{self.key}: labels.subject_eye is {side!r}; expected left or right")
        return str(side)

    def array(self, name: str, *shape: int | None) -> np.ndarray:
        """Return the label of this dotted name, such as `eyes.left.centre_cam`, as float64.

        Args:
            name: Keys from the root of the labels, joined by dots.
            shape: The shape it must have; None for an axis of any length.

        Raises:
            DataError: It is absent, not of numbers, or of another shape.
        """
        return label_array(self.labels, name, shape, where=self.key)

    def eye_array(self, name: str, *shape: int | None) -> np.ndarray:
        """Return a label of the eye that the picture is centred on, such as `points.iris.px`."""
        return self.array(f"eyes.{self.subject_eye}.{name}", *shape)

    def eye_bools(self, name: str, n: int) -> np.ndarray:
        """Return the visibilities of n points of the eye that the picture is centred on, bool (n,)."""
        return self.eye_array(name, n).astype(bool)

    def spec_number(self, name: str) -> float:
        """Return the number of this dotted name in the spec, such as `camera.blur_px`.

        Raises:
            DataError: It is absent or no number.
        """
        return float(label_array(self.spec, name, (), where=self.key, root="spec"))

    def text(self, name: str, default: str = "unknown") -> str:
        """Return the label of this dotted name as text, or the default where there is none."""
        value = _walk(self.labels, name)
        return default if value is None else str(value)


def sample_key(index: int) -> str:
    """Return the key of a sample: its index, eight digits."""
    if not 0 <= index < 10**8:
        raise ConfigError(f"index={index}: a data set holds the indices 0 to 99999999")
    return f"{index:08d}"


def label_array(
    labels: Mapping[str, Any], name: str, shape: tuple[int | None, ...], where: str, root: str = "labels"
) -> np.ndarray:
    """Return a label by its dotted name as float64 of the given shape, or raise DataError that names it."""
    value = _walk(labels, name)
    if value is None:
        raise DataError(f"{where}: {root}.{name} is missing")
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: {root}.{name} is not an array of numbers") from error
    if 0 in shape or (array.size == 0 and None in shape):
        array = array.reshape([n or 0 for n in shape])
    if array.ndim != len(shape) or any(n not in (None, m) for n, m in zip(shape, array.shape, strict=True)):
        raise DataError(f"{where}: {root}.{name} has shape {array.shape}, expected {shape}")
    return array


def _walk(labels: Mapping[str, Any], name: str) -> Any:
    value: Any = labels
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value
