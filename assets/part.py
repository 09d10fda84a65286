"""What a subject is made of: meshes and hairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

ID = {
    "background": 0,
    "skin": 1,
    "sclera": 2,
    "conjunctiva": 2,  # where it lines the lids and the outer corner, it is part of the white
    "iris": 3,
    "pupil": 4,
    "caruncle": 5,
    "lash": 6,
    "brow": 7,
    "glasses": 8,
    "mouth": 10,
    "hair": 11,
    "beard": 12,
    "cloth": 13,
    "hat": 14,
    "headphones": 15,
    "face_mask": 16,
    "hand": 17,
    "phone": 18,
}
"""Values of the id mask."""


@dataclass(frozen=True)
class Part:
    """A mesh.  Faces are quads, counter-clockwise from outside; a triangle repeats its last index."""

    name: str
    vertices_head: Float[np.ndarray, "n 3"]
    faces: Int[np.ndarray, "f 4"]
    attributes: dict[str, Float[np.ndarray, "n *d"]]
    material: str
    id: int


@dataclass(frozen=True)
class Strands:
    """Hairs of one kind: `points_head` (k hairs, m points, 3), `radius_m` (k, m)."""

    name: str
    points_head: Float[np.ndarray, "k m 3"]
    radius_m: Float[np.ndarray, "k m"]
    material: str
    id: int


@runtime_checkable
class GeometryLike(Protocol):
    """What is needed of assets.subject.SubjectGeometry."""

    @property
    def parts(self) -> Sequence[Part]:
        """The meshes."""

    @property
    def strands(self) -> Sequence[Strands]:
        """The hairs."""
