import dataclasses
from collections import Counter

import numpy as np
import pytest

from assets.glasses import FRAMES, VERTEX_DISTANCE_M, Fit, build_glasses, measure
from assets.head import load_head
from assets.person import GlassesSpec
from assets.placement import eye_centres_head
from assets.sweep import ellipsoid, signed_volume, sweep
from synth.errors import ConfigError
from tests.assets.people import adult

GLASSES = GlassesSpec(
    frame="round",
    width_scale=1.0,
    down_m=0.0,
    forward_m=0.0,
    colour=(0.02, 0.02, 0.02),
    metal=False,
    lens_power_dioptre=-2.0,
    tint=0.0,
    tint_colour=(0.5, 0.5, 0.5),
    coating=0.5,
)


@pytest.fixture(scope="module")
def fit() -> Fit:
    head = load_head()
    corneas = eye_centres_head(adult()) + np.array([0, 0, -0.0135])
    return measure(head.base_head, head.masks["ears"], corneas)


def pieces(fit: Fit, **changes: object):
    return {p.name: p for p in build_glasses(dataclasses.replace(GLASSES, **changes), fit)[0]}


def edges(faces: np.ndarray) -> Counter:
    """Count directed edges; a triangle's repeated index makes none."""
    pairs = np.concatenate([np.stack([faces[:, k], faces[:, (k + 1) % 4]], -1) for k in range(4)])
    return Counter(map(tuple, pairs[pairs[:, 0] != pairs[:, 1]].tolist()))


def assert_closed(vertices: np.ndarray, faces: np.ndarray) -> None:
    """Every edge is used once each way round, and the faces look outwards."""
    found = edges(faces)
    assert set(found.values()) == {1}
    assert all((b, a) in found for a, b in found)
    assert signed_volume(vertices, faces) > 0
    assert set(np.unique(faces)) == set(range(len(vertices)))


def joined(lens, edge):
    """A lens and its edge as one surface: they share the places of their vertices."""
    places, one = np.unique(np.concatenate([lens.vertices_head, edge.vertices_head]), axis=0, return_inverse=True)
    faces = np.concatenate([lens.faces, edge.faces + len(lens.vertices_head)])
    return places, one.ravel()[faces]


@pytest.mark.parametrize("metal", [False, True])
@pytest.mark.parametrize("frame", FRAMES)
def test_every_piece_is_closed(frame, metal, fit):
    built = pieces(fit, frame=frame, metal=metal)
    for side in ("left", "right"):
        assert_closed(*joined(built[f"glasses_lens_{side}"], built[f"glasses_edge_{side}"]))
    for piece in built.values():
        if not piece.name.startswith(("glasses_lens", "glasses_edge")):
            assert_closed(piece.vertices_head, piece.faces)
        assert {len(values) for values in piece.attributes.values()} == {len(piece.vertices_head)}
        assert piece.material == ("glasses_lens" if "lens" in piece.name else "glasses_frame")
    assert sum(len(p.vertices_head) for p in built.values()) <= 9000


@pytest.mark.parametrize("frame", FRAMES)
def test_lenses_stand_before_the_corneas(frame, fit):
    for number, side in enumerate(("left", "right")):
        lens = pieces(fit, frame=frame)[f"glasses_lens_{side}"].vertices_head
        near = np.linalg.norm((lens - fit.corneas_head[number])[:, :2], axis=1) < 0.012
        gap = fit.corneas_head[number, 2] - lens[near, 2].max()
        # A strong brow may push a large frame out, by 5 mm at most.
        assert VERTEX_DISTANCE_M - 0.003 < gap < VERTEX_DISTANCE_M + 0.006
        assert np.min(lens[:, 0]) < fit.corneas_head[number, 0] < np.max(lens[:, 0])


def test_they_are_symmetric_on_a_symmetric_face(fit):
    skin = np.concatenate([fit.skin_head, fit.skin_head * [-1, 1, 1]])
    ears = np.stack([fit.ears_head[0], fit.ears_head[0] * [-1, 1, 1]])
    built = pieces(Fit(fit.corneas_head, skin, ears), frame="cat_eye")
    for kind in ("rim", "lens", "temple", "pad"):
        left, right = (built[f"glasses_{kind}_{side}"].vertices_head for side in ("left", "right"))
        assert np.sort(left[:, 0]) == pytest.approx(np.sort(-right[:, 0]), abs=1e-6)
        assert np.sort(left[:, 2]) == pytest.approx(np.sort(right[:, 2]), abs=1e-6)


def test_size_and_place_follow_the_spec(fit):
    def box(name: str = "glasses_rim_left", **changes: object) -> np.ndarray:
        vertices = pieces(fit, **changes)[name].vertices_head
        return np.array([vertices.min(axis=0), vertices.max(axis=0)])

    plain = box()
    assert np.ptp(box(width_scale=1.1), axis=0)[0] == pytest.approx(1.1 * np.ptp(plain, axis=0)[0], rel=0.02)
    assert box(down_m=0.004)[:, 1] - plain[:, 1] == pytest.approx([0.004, 0.004])
    assert box(forward_m=0.003)[0, 2] < plain[0, 2] - 0.001
    # A round frame of 48 mm with its rim.
    assert np.ptp(plain, axis=0)[0] == pytest.approx(0.048 * abs(np.diff(fit.corneas_head[:, 0]))[0] / 0.063, rel=0.1)


@pytest.mark.parametrize("power", [-6.0, -2.0, 0.0, 3.0])
def test_lens_thickness_is_the_lens_makers(power, fit):
    """Middle minus edge thickness of a thin lens is P rho^2 / (2 (n - 1)), rho the edge's distance."""
    lens = pieces(fit, lens_power_dioptre=power)["glasses_lens_left"].vertices_head
    front, back = np.split(lens, 2)
    thickness = np.linalg.norm(back - front, axis=1)
    rho2 = np.sum((front - front[0])[:, :2] ** 2, axis=1)
    expected = -power * rho2[-1] / (2 * 0.5)
    assert thickness[-1] - thickness[0] == pytest.approx(expected, rel=0.05, abs=1e-6)
    assert thickness.min() == pytest.approx(1.5e-3 if power <= 0 else 1.0e-3)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("power", [-6.0, 3.0])
def test_the_mesh_of_a_lens_lies_on_its_optics(frame, power, fit):
    built, lenses = build_glasses(dataclasses.replace(GLASSES, frame=frame, lens_power_dioptre=power), fit)
    bodies = {piece.name: piece for piece in built}
    for side, optics in zip(("left", "right"), lenses, strict=True):
        mesh = bodies[f"glasses_lens_{side}"].vertices_head
        for which, vertices in enumerate(np.split(mesh, 2)):
            local = (vertices - optics.origin_head) @ optics.head_from_lens
            assert np.ptp(local[:, 2] - optics.surface_m(which, local[:, :2])) < 1e-12
            assert np.abs(local[:, :2]).max(axis=0) == pytest.approx(np.abs(optics.outline_m).max(axis=0))
        front, back = optics.curvature_per_m
        assert 0.5 * (front - back) == pytest.approx(power), "lens maker's formula, n = 1.5"


def test_temples_reach_the_ears_and_pass_beside_the_head(fit):
    temple = pieces(fit)["glasses_temple_left"].vertices_head
    assert np.linalg.norm(temple - fit.ears_head[0], axis=1).min() < 0.012
    for point in temple[temple[:, 2] < fit.ears_head[0, 2] - 0.01]:
        near = np.linalg.norm((fit.skin_head - point)[:, 1:], axis=1) < 0.004
        if near.any():
            assert point[0] > fit.skin_head[near, 0].max() - 1e-3


def test_an_unknown_frame_is_named(fit):
    with pytest.raises(ConfigError, match=r"monocle.*rectangular"):
        pieces(fit, frame="monocle")


def test_a_bar_and_a_ring_have_their_volumes():
    """The section is an octagon; a ring's volume is its area times the way of its middle (Pappus)."""
    turn = (np.arange(8) + 0.5) * (2 * np.pi / 8)
    x, y = (np.sign(v) * np.sqrt(np.abs(v)) for v in (np.cos(turn), np.sin(turn)))
    area = 0.5 * abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) * 2e-3 * 1e-3
    line = np.linspace(0, 0.05, 5)[:, None] * [0.0, 0.6, 0.8]
    vertices, faces = sweep(line, np.tile([1.0, 0, 0], (5, 1)), 2e-3, 1e-3)
    assert_closed(vertices, faces)
    assert signed_volume(vertices, faces) == pytest.approx(0.05 * area)
    around = np.arange(400) * (2 * np.pi / 400)
    ring = 0.02 * np.stack([np.cos(around), np.sin(around), 0 * around], -1)
    vertices, faces = sweep(ring, ring, 2e-3, 1e-3, closed=True)
    assert_closed(vertices, faces)
    assert signed_volume(vertices, faces) == pytest.approx(2 * np.pi * 0.02 * area, rel=1e-3)


def test_a_pad_is_nearly_its_ellipsoid():
    vertices, faces = ellipsoid(np.array([0.1, 0.0, 0.0]), np.diag([1e-3, 5e-3, 3e-3]))
    assert_closed(vertices, faces)
    assert 0.7 < signed_volume(vertices, faces) / (4 / 3 * np.pi * 15e-9) < 1.0
