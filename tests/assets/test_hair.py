"""Hair of the head: rooted in the scalp, out of the head, the same for the same person."""

import dataclasses

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets.hair import STYLES
from assets.part import ID
from assets.person import ScalpHairSpec
from assets.scalp import places, scalp_density
from assets.subject import _fields, build
from tests.assets.people import adult

HAIR = ScalpHairSpec("short", 0.06, 0.1, 0.5, 0.2, 0.0, 0.0, 0.2, 0.0, 1.0, 4)
LENGTHS_M = {
    **{"shaved": 0.003, "crew": 0.02, "short": 0.06, "swept": 0.08, "medium": 0.14, "long": 0.35, "bob": 0.22},
    **{"afro": 0.06, "ponytail": 0.25, "bun": 0.08},
}
PEOPLE = [
    {},
    {"gender_female": 1.0, "asian": 1.0, "caucasian": 0.0, "age_years": 60.0},
    {"gender_female": 0.0, "african": 1.0, "caucasian": 0.0, "weight": 0.9, "age_years": 12.0},
]
AHEAD = {"left": np.eye(3), "right": np.eye(3)}


def with_hair(style="short", person=0, **changes):
    hair = dataclasses.replace(HAIR, style=style, length_m=LENGTHS_M[style], **changes)
    return build(adult(scalp_hair=hair, **PEOPLE[person]), AHEAD)


def strands(subject):
    return next(hair for hair in subject.strands if hair.name == "hair")


def skin(subject):
    return next(part for part in subject.parts if part.name == "skin")


def depth_m(subject, points):
    """How far points lie under the skin: against the tangent planes of the nearest corners of its triangles."""
    part = skin(subject)
    corners = part.vertices_head[part.faces]
    normals = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-15)
    middle = corners.mean(axis=1)
    near = cKDTree(middle).query(points)[1]
    return -np.einsum("ni,ni->n", points - middle[near], normals[near])


def test_every_style_has_a_length_here():
    assert set(LENGTHS_M) | {"bald"} == set(STYLES)


@pytest.mark.parametrize("style", sorted(LENGTHS_M))
def test_strands_are_whole_rooted_in_the_skin_and_stay_out_of_the_head(style):
    for person in range(len(PEOPLE)):
        subject = with_hair(style, person)
        hair = strands(subject)
        assert hair.id == ID["hair"] and len(hair.points_head) > 1000
        assert np.isfinite(hair.points_head).all() and (hair.radius_m > 0).all()
        assert hair.points_head.shape[:2] == hair.radius_m.shape
        loose = STYLES[style].strands // 5 if STYLES[style].tied else 0
        grown = hair.points_head[: len(hair.points_head) - loose]
        assert np.abs(depth_m(subject, grown[:, 0])).max() < 1.5e-3, "roots"
        p = hair.points_head
        # Cycles draws smooth curves through the points: look between them too.
        between = (9 * (p[:, 1:-2] + p[:, 2:-1]) - p[:, :-3] - p[:, 3:]) / 16 if p.shape[1] > 3 else p
        for points in (p, between, (p[:, 0] + p[:, 1]) / 2):
            assert np.percentile(depth_m(subject, points.reshape(-1, 3)), 98) < 2e-3


def test_roots_are_on_both_sides_and_none_on_face_or_ears():
    subject = with_hair()
    roots = strands(subject).points_head[:, 0]
    left = (roots[:, 0] > 0).mean()
    assert 0.45 < left < 0.55
    part = skin(subject)
    near = cKDTree(part.vertices_head).query(roots, k=4)[1]
    assert (np.asarray(part.attributes["scalp"])[near].max(axis=1) > 0).mean() > 0.995
    front = roots[(np.abs(roots[:, 0]) < 0.02) & (roots[:, 2] < 0.03)]
    assert (front[:, 1] < -0.055).all()
    assert (np.asarray(part.attributes["beard"]) == 0).all()


def test_the_same_person_has_the_same_hair_and_another_seed_another():
    one, two, other = with_hair(), with_hair(), with_hair(seed=5)
    assert np.array_equal(strands(one).points_head, strands(two).points_head)
    assert strands(one).points_head.shape != strands(other).points_head.shape or not np.array_equal(
        strands(one).points_head, strands(other).points_head
    )


def test_bald_is_nothing_at_all():
    subject = build(adult(), AHEAD)
    assert not {"hair", "beard"} & {hair.name for hair in subject.strands}
    assert not np.asarray(skin(subject).attributes["scalp"]).any()


def test_baldness_takes_forehead_and_crown_and_leaves_a_horseshoe():
    at = places(*(np.asarray(v) for v in (_fields().at.base_head, _fields().at.ears, _fields().at.lips)))
    x, y, z = at.base_head.T
    top, side = (y < -0.10) & (z < 0.12), (np.abs(x) > 0.06) & (y < -0.02) & (y > -0.035) & (z > 0.09)
    levels = [scalp_density(dataclasses.replace(HAIR, baldness=b), at) for b in (0.0, 0.5, 1.0)]
    means = [d[top].mean() for d in levels]
    assert means[0] > 0.95 and means[0] > means[1] > means[2] and means[2] < 0.1
    assert levels[2][side].mean() > 0.9


def test_gone_temples_raise_the_hairline_there():
    at = _fields().at
    full, gone = (scalp_density(dataclasses.replace(HAIR, recession=r), at) for r in (0.0, 1.0))
    temple = (np.abs(at.turn_deg - 36) < 8) & (at.base_head[:, 1] < -0.074) & (at.base_head[:, 1] > -0.088)
    assert full[temple].mean() > gone[temple].mean() + 0.2 and gone.sum() < full.sum()


def test_long_hair_hangs_and_a_bob_ends_at_one_height():
    assert strands(with_hair("long")).points_head[..., 1].max() > 0.12
    ends = strands(with_hair("bob")).points_head[:, -1, 1]
    assert np.percentile(ends, 95) - np.percentile(ends, 60) < 0.04


def test_a_fringe_reaches_down_over_the_forehead_but_not_over_the_eyes():
    def lowest(fringe):
        points = strands(with_hair("bob", fringe=fringe)).points_head
        middle = points[(np.abs(points[:, 0, 0]) < 0.02) & (points[:, 0, 2] < 0.01)]
        return np.percentile(middle[..., 1].max(axis=1), 50)

    assert -0.05 < lowest(0.9) < -0.005
