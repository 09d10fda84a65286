"""The hardest geometry: lids that never gap and are never pierced, at any gaze, blink, squint and shape of eye."""

import itertools

import numpy as np
import pytest

from assets import eyeball as balls
from assets.head import load_head
from assets.lids import Gazing, margin_heights_m
from assets.orbit import COLUMNS, MARGIN_ROWS, UPPER, Orbit, build_orbit
from assets.person import EyeSpec
from assets.placement import orbit_axes, place
from tests.assets.people import adult, eye

GAZES = [Gazing(np.radians(up), np.radians(out)) for up in (-35, -15, 0, 15, 25) for out in (-40, -20, 0, 20, 40)]
LIDS = [(0.0, 0.0), (0.0, 1.0), (0.0, -1.0), (0.4, 0.3), (0.8, 0.0), (1.0, 0.0), (1.0, 1.0)]
SHAPES = [
    {},
    {"upper_height_m": 0.0022, "crease_height_m": 0.0, "epicanthus": 1.0, "fold_fullness_m": 0.002},
    {"upper_height_m": 0.0058, "lower_depth_m": 0.0066, "inner_canthus_down_m": 0.0},
    {"inner_canthus_nasal_m": 0.0125, "outer_canthus_temporal_m": 0.012, "outer_canthus_forward_m": 0.007},
    {"inner_canthus_nasal_m": 0.017, "outer_canthus_temporal_m": 0.0165, "inner_canthus_down_m": 0.005},
    {"cornea_half_width_m": 0.0063, "cornea_radius_m": 0.0072, "sclera_radius_m": 0.0127},
]


def orbit_of(spec: EyeSpec, gazing: Gazing) -> tuple[balls.Eyeball, Orbit]:
    subject = adult(left=spec)
    placed = place(subject)
    rings = (placed.vertices_head[load_head().eye_rings["left"]] - placed.centres_head["left"]) * orbit_axes("left")
    ball = balls.eyeball(spec.ball, "left")
    return ball, build_orbit(spec, ball, gazing, rings)


def above_eye(ball: balls.Eyeball, gazing: Gazing, points: np.ndarray) -> np.ndarray:
    """Height of points over the true surface of the eye (cornea, furrow and all), along their radius."""
    radius = np.linalg.norm(points, axis=-1)
    direction = points / radius[..., None]
    angle = np.arccos(np.clip(direction @ gazing.axis_orbit, -1, 1))
    return radius - balls.surface_radius_m(ball, angle)


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
@pytest.mark.parametrize(("blink", "squint"), LIDS)
def test_skin_never_enters_the_eye_and_lids_never_gap(shape: dict[str, float], blink: float, squint: float) -> None:
    spec = eye(blink=blink, squint=squint, **shape)
    for gazing in GAZES[:: 1 if not shape else 3]:
        ball, orbit = orbit_of(spec, gazing)
        where = f"gaze {np.degrees([gazing.up_rad, gazing.temporal_rad])}"
        height = above_eye(ball, gazing, orbit.skin)
        assert np.isfinite(orbit.skin).all()
        assert height.min() > -1e-5, where
        assert height[5:].min() > 0.8 * spec.lids.margin_thickness_m, where  # skin keeps a lid's thickness
        middle = np.abs(orbit.skin[0, :, 0]) < 7.5e-3
        assert height[0, middle].max() < 2.0e-3, where  # the margin touches, but for where it spans the furrow
        # Under the lid the conjunctiva ends inside the eye: no ray can pass between them.
        assert above_eye(ball, gazing, orbit.floor[-1]).max() < 0, where


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
def test_white_runs_on_into_the_outer_corner_and_leaves_the_iris_free(shape: dict[str, float]) -> None:
    spec = eye(**shape)
    temporal = np.arange(COLUMNS // 2 - 6, COLUMNS // 2 + 7)
    for gazing in GAZES:
        ball, orbit = orbit_of(spec, gazing)
        where = f"gaze {np.degrees([gazing.up_rad, gazing.temporal_rad])}"
        lining = orbit.floor[:, COLUMNS // 4 : 3 * COLUMNS // 4]
        seen = lining[above_eye(ball, gazing, lining) > 1e-5]
        angle = np.arccos(np.clip(seen @ gazing.axis_orbit / np.linalg.norm(seen, axis=-1), -1, 1))
        rim = orbit.skin[0, COLUMNS // 4 : 3 * COLUMNS // 4]
        nearest = np.arccos(np.clip(rim @ gazing.axis_orbit / np.linalg.norm(rim, axis=-1), -1, 1)).min()
        assert angle.min() > min(ball.limbus_angle_rad, nearest) - 1e-3, where
        # It keeps to the globe before it rises: no step where the two meet.
        assert above_eye(ball, gazing, orbit.floor[-3, temporal]).max() < 0.4e-3, where


@pytest.mark.parametrize("fullness", [0.001, 0.0025, 0.004])
@pytest.mark.parametrize("crease", [0.0, 0.002, 0.005])
def test_a_fold_hangs_over_the_lid_but_not_over_the_eye(fullness: float, crease: float) -> None:
    for gazing in GAZES[::6]:
        _, orbit = orbit_of(eye(fold_fullness_m=fullness, crease_height_m=crease), gazing)
        columns = np.arange(14, 43)
        below = orbit.skin[MARGIN_ROWS + 3 :, columns, 1] - orbit.skin[0, columns, 1]
        assert below.min() > -0.2e-3


def test_the_margin_is_rounded_and_its_face_looks_at_the_opening() -> None:
    _, orbit = orbit_of(eye(), Gazing(0.0, 0.0))
    for column, sign in ((COLUMNS // 4, -1.0), (3 * COLUMNS // 4, 1.0)):
        path = orbit.skin[: MARGIN_ROWS + 2, column]
        step = np.diff(path, axis=0) / np.linalg.norm(np.diff(path, axis=0), axis=-1, keepdims=True)
        turn = np.degrees(np.arccos(np.clip(np.sum(step[1:] * step[:-1], axis=-1), -1, 1)))
        assert turn.max() < 40  # no corner
        width = np.linalg.norm(np.diff(path[: MARGIN_ROWS + 1], axis=0), axis=-1).sum()
        assert 1.2e-3 < width < 2.2e-3
        normal = np.array([step[0][2], -step[0][1]]) * sign  # (y, z) at right angles to the face
        assert abs(normal[0]) > 0.5


def test_a_blink_closes_and_lids_never_cross() -> None:
    for gazing, (blink, squint) in itertools.product(GAZES, LIDS):
        _, orbit = orbit_of(eye(blink=blink, squint=squint), gazing)
        margin = orbit.skin[0]
        x_upper, x_lower = margin[UPPER, 0], margin[~UPPER][::-1, 0]
        gap = np.interp(x_lower, x_upper, margin[UPPER, 1]) - margin[~UPPER][::-1, 1]
        assert gap.min() > -1.2e-4
        if blink == 1.0:
            assert gap.max() < 2e-4


def test_lids_follow_the_gaze() -> None:
    spec = eye()
    upper = {up: margin_heights_m(spec, Gazing(np.radians(up), 0.0)) for up in (-30, 0, 20)}
    assert upper[-30][0] < upper[0][0] - 4e-3  # looking down, the upper lid comes along almost fully
    assert upper[20][0] > upper[0][0] + 2e-3
    assert 0.2 < (upper[0][1] - upper[-30][1]) / (upper[0][0] - upper[-30][0]) < 0.85  # the lower lid by six tenths


def test_the_patch_ends_on_the_heads_own_surface() -> None:
    _, open_eye = orbit_of(eye(), Gazing(0.0, 0.0))
    _, shut = orbit_of(eye(blink=1.0), Gazing(-0.3, 0.2))
    np.testing.assert_allclose(open_eye.skin[-1], shut.skin[-1], atol=1e-12)
    assert open_eye.skin.shape[1] == COLUMNS


@pytest.mark.parametrize("shape", [{}, {"bag_m": 0.003, "fold_fullness_m": 0.004}], ids=["plain", "full folds"])
def test_skin_runs_on_smoothly_into_the_head(shape: dict[str, float]) -> None:
    """Over the last rows the surface bends no more than the mesh itself does: no step where the patch ends."""
    for gazing in GAZES[::4]:
        _, orbit = orbit_of(eye(**shape), gazing)
        bend = orbit.skin[-1] - 2 * orbit.skin[-2] + orbit.skin[-3]
        before = orbit.skin[-3] - 2 * orbit.skin[-4] + orbit.skin[-5]
        assert np.linalg.norm(bend, axis=-1).max() < np.linalg.norm(before, axis=-1).max() + 1.5e-4
