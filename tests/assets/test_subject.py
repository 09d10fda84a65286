"""The subject's meshes: closed where skin must be closed, turned outwards, the same on both sides."""

import dataclasses
from collections import Counter

import numpy as np
import pytest

from assets.head import load_head
from assets.orbit import COLUMNS
from assets.part import ID
from assets.placement import SIDES, canthi_head, eye_centres_head
from assets.subject import build
from synth.errors import ConfigError
from synth.geometry.eye_pose import eye_rotations
from tests.assets.people import adult, eye

LOOKS = [(0.0, 0.0, -0.6), (0.25, 0.2, -0.5), (-0.2, -0.15, -0.4)]


def looking(subject, target=LOOKS[0]):
    return build(subject, eye_rotations(subject, np.array(target)))


def named(geometry, name):
    return next(part for part in geometry.parts if part.name == name)


def directed_edges(faces):
    """How often each directed edge occurs; a triangle repeats its last index."""
    pairs = np.concatenate([np.stack([faces[:, k], faces[:, (k + 1) % 4]], -1) for k in range(4)])
    return Counter(map(tuple, pairs[pairs[:, 0] != pairs[:, 1]].tolist()))


@pytest.fixture(scope="module")
def plain():
    return looking(adult())


def welded(vertices):
    """Vertices that lie in one place get one number: ring 11 belongs to head and orbit alike."""
    _, same = np.unique(np.round(vertices, 9), axis=0, return_inverse=True)
    return same


@pytest.mark.parametrize("target", LOOKS)
def test_skin_about_the_eyes_is_watertight_and_consistently_turned(target):
    geometry = looking(adult(eye(blink=0.2)), target)
    skin = named(geometry, "skin")
    edges = directed_edges(skin.faces)
    assert set(edges.values()) == {1}, "no edge is used twice one way round: neighbours agree on their outside"
    open_ends = np.array([edge for edge in edges if edge[::-1] not in edges])
    middles = skin.vertices_head[open_ends].mean(axis=1)
    for side in SIDES:
        held = geometry.eyes[side]
        near = np.linalg.norm(middles - held.centre_head, axis=1) < 0.035
        # The only border there is the inner edge of the lid margin, once round.
        assert near.sum() == COLUMNS
        margin = held.from_orbit(held.orbit.skin[0])
        gap = np.linalg.norm(skin.vertices_head[open_ends[near]][:, :, None] - margin, axis=-1).min(axis=-1)
        assert gap.max() < 1e-12


def test_the_patch_ends_on_ring_11(plain):
    skin = named(plain, "skin").vertices_head
    for side in SIDES:
        ring = plain.eyes[side].from_orbit(plain.eyes[side].orbit.skin[-1])
        # Every second point of the patch's last row is a vertex of the refined head itself.
        away = np.linalg.norm(ring[::2, None] - skin, axis=-1).min(axis=1)
        assert away.max() < 1e-9


def test_faces_of_lids_and_cheeks_look_outwards(plain):
    skin = named(plain, "skin")
    a, b, c = (skin.vertices_head[skin.faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    middle = (a + b + c) / 3
    for side in SIDES:
        away = middle - plain.eyes[side].centre_head
        reach = np.linalg.norm(away, axis=1)
        near = (reach < 0.02) & (np.linalg.norm(normal, axis=1) > 1e-12)
        facing = np.einsum("fi,fi->f", normal[near], away[near]) > 0
        # By area: the margins look at the opening, and the fold over the crease has an underside.  Neighbours agree
        # (above), so a majority decides.
        assert near.sum() > 2000 and np.average(facing, weights=np.linalg.norm(normal[near], axis=1)) > 0.8
    front = middle[:, 2] < -0.01
    assert (normal[front, 2] < 0).mean() > 0.85


def test_conjunctiva_and_tears_face_the_lens_and_start_on_the_margin(plain):
    for side in SIDES:
        held = plain.eyes[side]
        margin = held.from_orbit(held.orbit.skin[0])
        floor = named(plain, f"caruncle_{side}")
        np.testing.assert_allclose(floor.vertices_head[:COLUMNS], margin, atol=1e-12)
        lining = named(plain, f"sclera_{side}_lining")
        whole = {tuple(sorted(face)) for face in np.concatenate([floor.faces, lining.faces]).tolist()}
        assert len(whole) == len(floor.faces) + len(lining.faces) == (len(held.orbit.floor) - 1) * COLUMNS
        for part in (floor, named(plain, f"tear_{side}")):
            assert np.isfinite(part.vertices_head).all()
            a, b, d = (part.vertices_head[part.faces[:, k]] for k in (0, 1, 3))
            normal = np.cross(b - a, d - a)
            area = np.linalg.norm(normal, axis=1)
            away = a - held.centre_head
            row, column = np.divmod(part.faces.min(axis=1), COLUMNS)
            nasal, rows = (column < 6) | (column >= COLUMNS - 6), row < 2
            seen = nasal & rows & (area > 1e-12)
            facing = np.einsum("fi,fi->f", normal[seen], away[seen]) > 0
            assert facing.mean() > 0.8, part.name


def test_every_part_is_whole(plain):
    assert len({part.name for part in plain.parts}) == len(plain.parts)
    for part in plain.parts:
        assert np.isfinite(part.vertices_head).all() and part.faces.dtype.kind == "i"
        assert part.faces.min() >= 0 and part.faces.max() < len(part.vertices_head)
        assert {len(values) for values in part.attributes.values()} == {len(part.vertices_head)}
        assert all(np.isfinite(values).all() for values in part.attributes.values())
        assert part.id in {*ID.values()}
    for strands in plain.strands:
        assert np.isfinite(strands.points_head).all() and (strands.radius_m > 0).all()
        assert strands.points_head.shape[:2] == strands.radius_m.shape


def test_the_face_is_its_mirror_image(plain):
    flip = np.array([-1.0, 1.0, 1.0])
    for name in ("sclera", "cornea", "iris", "pupil", "caruncle", "tear"):
        left, right = (named(plain, f"{name}_{side}").vertices_head for side in SIDES)
        one, other = (points[np.lexsort(np.round(points, 7).T)] for points in (left * flip, right))
        tolerance = (
            2e-6 if name in ("caruncle", "tear") else 2e-3
        )  # an eye turns in to a near target, and so its mirror
        np.testing.assert_allclose(one.mean(axis=0), other.mean(axis=0), atol=tolerance)
    canthi = canthi_head(adult())
    np.testing.assert_array_equal(canthi[0] * flip, canthi[1])


def test_measures_of_the_person_are_kept():
    subject = adult(interpupillary_m=0.0581)
    centres = eye_centres_head(subject)
    assert centres[0, 0] - centres[1, 0] == pytest.approx(0.0581, abs=1e-12)
    np.testing.assert_allclose(centres.mean(axis=0), 0, atol=1e-12)
    for i, side in enumerate(SIDES):
        inner, outer = canthi_head(subject)[i] - centres[i]
        lids = getattr(subject, side).lids
        assert abs(inner[0]) == pytest.approx(lids.inner_canthus_nasal_m) and inner[1] == lids.inner_canthus_down_m
        assert abs(outer[0]) == pytest.approx(lids.outer_canthus_temporal_m)


def test_an_offset_moves_the_eye_in_the_face():
    moved = adult(eye(), eye())
    up = dataclasses.replace(moved, left=dataclasses.replace(moved.left, offset_head_m=(0.0, -0.001, 0.0)))
    before, after = eye_centres_head(moved), eye_centres_head(up)
    assert (after[0] - after[1])[1] == pytest.approx((before[0] - before[1])[1] - 0.001)


def test_lids_move_with_the_gaze_and_the_rest_of_the_face_does_not():
    down = looking(adult(), (0.0, 0.25, -0.5))
    ahead = looking(adult())
    moved = np.linalg.norm(named(down, "skin").vertices_head - named(ahead, "skin").vertices_head, axis=1)
    far = np.ones(len(moved), dtype=bool)
    for side in SIDES:
        far &= np.linalg.norm(named(ahead, "skin").vertices_head - ahead.eyes[side].centre_head, axis=1) > 0.06
    assert moved[far].max() == 0 and 0.003 < moved.max() < 0.012


def test_an_unknown_target_is_named():
    with pytest.raises(ConfigError, match="no target 'eyes/wide'"):
        looking(adult(shape=(("eyes/wide", 1.0),)))
    assert "faceunits/jawOpen" in load_head().targets
