"""Charts of the head for what is worn on it: the skull without and with its ears, and the face below the eyes.

Rows are the elevation below the zenith, seen from a point inside, radians: 0 at the crown.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from assets.wear.anchors import directions, fan
from assets.wear.chart import Places, nearest_place

SKULL_ORIGIN = np.array([0.0, -0.025, 0.070])
VEIL_ORIGIN = np.array([0.0, 0.020, 0.060])
FACE_ORIGIN = np.array([0.0, 0.045, 0.045])
SKULL_COLUMNS = 72
SKULL_AZIMUTH = -np.pi + np.arange(SKULL_COLUMNS) * (2 * np.pi / SKULL_COLUMNS)
FACE_AZIMUTH = np.radians(np.linspace(-96.0, 96.0, 81))
_NECK_Y = 0.145
_SKULL_ROWS = np.radians(np.linspace(0.0, 142.0, 44))
_VEIL_ROWS = np.radians(np.linspace(0.0, 166.0, 56))
_FACE_ROWS = np.radians(np.linspace(40.0, 168.0, 60))


def skull_places(
    vertices_head: Float[np.ndarray, "n 3"], faces: Int[np.ndarray, "f 4"], without: Bool[np.ndarray, " n"]
) -> Places:
    """Return the chart of the skull, leaving out faces that touch the vertices `without`."""
    rays = directions(SKULL_AZIMUTH[None, :], np.pi / 2 - _SKULL_ROWS[:, None])
    kept = _head(vertices_head, faces[~without[faces].any(1)])
    met = fan(SKULL_ORIGIN, rays, vertices_head, kept, outermost=True)
    near = nearest_place(met, vertices_head, vertices_head[:, 1] < _NECK_Y)
    return Places(met, _SKULL_ROWS, SKULL_AZIMUTH, True, near)


def veil_places(vertices_head: Float[np.ndarray, "n 3"], faces: Int[np.ndarray, "f 4"]) -> Places:
    """Return the chart of the whole head, ears and the chin's underside included."""
    rays = directions(SKULL_AZIMUTH[None, :], np.pi / 2 - _VEIL_ROWS[:, None])
    met = fan(VEIL_ORIGIN, rays, vertices_head, _head(vertices_head, faces), outermost=True)
    near = nearest_place(met, vertices_head, vertices_head[:, 1] < _NECK_Y)
    return Places(met, _VEIL_ROWS, SKULL_AZIMUTH, True, near)


def face_places(
    vertices_head: Float[np.ndarray, "n 3"], faces: Int[np.ndarray, "f 4"], without: Bool[np.ndarray, " n"]
) -> Places:
    """Return the chart of the lower face, leaving out faces that touch the vertices `without`."""
    rays = directions(FACE_AZIMUTH[None, :], np.pi / 2 - _FACE_ROWS[:, None])
    kept = _head(vertices_head, faces[~without[faces].any(1)])
    met = fan(FACE_ORIGIN, rays, vertices_head, kept, outermost=True)
    near = nearest_place(met, vertices_head, vertices_head[:, 1] < _NECK_Y)
    return Places(met, _FACE_ROWS, FACE_AZIMUTH, False, near)


def _head(vertices_head: Float[np.ndarray, "n 3"], faces: Int[np.ndarray, "f 4"]) -> Int[np.ndarray, "g 4"]:
    """Return the faces above the shoulders."""
    return np.asarray(faces[vertices_head[faces][..., 1].max(1) < _NECK_Y])
