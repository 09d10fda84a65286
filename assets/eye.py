"""One eye in place: its frames, its orbit, and its meshes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from assets import eyeball as balls
from assets.eyeball import Eyeball, Side
from assets.head import load_head
from assets.lids import Gazing
from assets.orbit import (
    COLUMNS,
    Orbit,
    build_orbit,
    caruncle_weight,
    flipped,
    strip_faces,
)
from assets.part import ID, Part
from assets.person import EyeSpec
from assets.placement import Placed, orbit_axes


@dataclass(frozen=True)
class EyeGeometry:
    """One eye in place.  `head_from_eye` turns frame `eye` into `head`; `centre_head` is its origin there."""

    side: Side
    ball: Eyeball
    centre_head: Float[np.ndarray, "3"]
    head_from_eye: Float[np.ndarray, "3 3"]
    orbit: Orbit

    def to_head(self, points_eye: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
        """Carry points of frame `eye` to `head`."""
        return np.asarray(points_eye @ self.head_from_eye.T + self.centre_head)

    def to_eye(self, points_head: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
        """Carry points of frame `head` to `eye`."""
        return np.asarray((points_head - self.centre_head) @ self.head_from_eye)

    def from_orbit(self, points_orbit: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
        """Carry points of frame `orbit` to `head`."""
        return np.asarray(points_orbit * orbit_axes(self.side) + self.centre_head)


def gazing(head_from_eye: Float[np.ndarray, "3 3"], side: Side) -> Gazing:
    """Return an eye's rotation as its lids see it."""
    axis = -head_from_eye[:, 2] * orbit_axes(side)
    return Gazing(float(np.arcsin(np.clip(axis[1], -1.0, 1.0))), float(np.arctan2(axis[0], axis[2])))


def eye_geometry(spec: EyeSpec, side: Side, placed: Placed, head_from_eye: Float[np.ndarray, "3 3"]) -> EyeGeometry:
    """Return an eye that is turned by `head_from_eye`, with its lids."""
    centre = placed.centres_head[side]
    ball = balls.eyeball(spec.ball, side)
    rings = (placed.vertices_head[load_head().eye_rings[side]] - centre) * orbit_axes(side)
    orbit = build_orbit(spec, ball, gazing(head_from_eye, side), rings)
    return EyeGeometry(side, ball, centre, head_from_eye, orbit)


def eye_parts(eye: EyeGeometry) -> list[Part]:
    """Return an eye's meshes: ball, cornea, iris, pupil, caruncle, the lids' lining and the tears."""
    parts = []
    for name, make in (
        ("sclera", balls.sclera_surface),
        ("cornea", balls.cornea_surface),
        ("iris", balls.iris_surface),
        ("pupil", balls.pupil_surface),
    ):
        surface = make(eye.ball)
        vertices = eye.to_head(surface.vertices_eye)
        parts.append(Part(f"{name}_{eye.side}", vertices, surface.faces, surface.attributes, name, ID.get(name, 0)))
    nose = caruncle_weight(eye.orbit.xi)
    floor = {"nose": np.tile(nose, len(eye.orbit.floor))}
    # What lines the lids beside the caruncle is the white's own continuation: it is painted as the white is.
    on_ball = eye.to_eye(eye.from_orbit(eye.orbit.floor).reshape(-1, 3))
    for name, material, strip, attributes, columns in (
        (f"caruncle_{eye.side}", "caruncle", eye.orbit.floor, floor, nose > 0.02),
        (f"sclera_{eye.side}_lining", "conjunctiva", eye.orbit.floor, {"rest": on_ball}, nose <= 0.02),
        (f"tear_{eye.side}", "tear", eye.orbit.tear, {}, np.ones(COLUMNS, dtype=bool)),
    ):
        faces = strip_faces(len(strip))[np.tile(columns, len(strip) - 1)]
        # These strips run from the margin towards the opening, against the skin's direction.
        faces = flipped(faces) if eye.side == "left" else faces
        vertices = eye.from_orbit(strip).reshape(-1, 3)
        known = {"rest": vertices} | attributes
        parts.append(Part(name, vertices, faces, known, material, ID.get(material, 0)))
    return parts
