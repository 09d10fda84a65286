import dataclasses

import numpy as np
import pytest

from assets.lashes import grow_lashes
from tests.assets.people import EYE

LASHES = EYE.lashes
BALL_M = 0.0125


def lid(upper: bool, lift_m: float = 0.0042):
    """A margin on a sphere 14.5 mm from the eye's centre, from nose (-x) to temple, with its outward and up vectors."""
    across = np.linspace(-0.0135, 0.0135, 40)
    bow = (1 - (across / 0.0135) ** 2) ** 0.85 * lift_m
    down = -bow if upper else 1.2 * bow
    margin = np.column_stack([across, down, -np.sqrt(0.0145**2 - across**2 - down**2)])
    outward = margin / 0.0145 + [0, 0, -1]
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    return margin, outward, np.tile([0.0, -1.0 if upper else 1.0, 0.0], (len(across), 1))


def grown(upper: bool = True, lift_m: float = 0.0042, **changes: object):
    return grow_lashes(dataclasses.replace(LASHES, **changes), *lid(upper, lift_m), upper=upper)


@pytest.mark.parametrize("upper", [True, False])
def test_they_start_on_the_margin_and_stay_out_of_the_eye(upper):
    margin = lid(upper)[0]
    dense = np.column_stack([np.interp(np.linspace(0, 39, 2000), np.arange(40), margin[:, k]) for k in range(3)])
    for curl in (0.2, 1.1, 1.9):
        points, radius = grown(upper, curl_rad=curl)
        assert len(points) == (LASHES.upper_count if upper else LASHES.lower_count)
        assert points.shape[:2] == radius.shape
        gap = np.linalg.norm(points[:, 0, None] - dense, axis=-1).min(axis=1)
        assert gap.max() < 0.9e-3
        assert np.linalg.norm(points, axis=-1).min() > BALL_M


def test_none_grow_at_the_tear_point():
    margin = lid(True)[0]
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(margin, axis=0), axis=1))])
    roots = grown()[0][:, 0]
    nearest = np.argmin(np.linalg.norm(roots[:, None] - margin, axis=-1), axis=1)
    assert along[nearest].min() > 0.1 * along[-1]


def test_they_are_a_function_of_their_spec():
    assert np.array_equal(grown()[0], grown()[0])
    assert not np.allclose(grown()[0], grown(seed=LASHES.seed + 1)[0])
    assert not np.allclose(grown(True)[0][:20], grown(False)[0][:20])


def test_they_move_with_the_lid():
    """Turning the lid turns every hair: nothing is drawn against the head's axes."""
    margin, outward, up = lid(True)
    angle = 0.6
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    points, _ = grow_lashes(LASHES, margin, outward, up, upper=True)
    turned, _ = grow_lashes(LASHES, margin @ turn.T, outward @ turn.T, up @ turn.T, upper=True)
    assert turned == pytest.approx(points @ turn.T, abs=1e-12)


def test_a_blink_keeps_their_lengths():
    """The margin's shape may bend a clump, not stretch its hairs."""
    lengths = [
        np.linalg.norm(np.diff(grown(lift_m=lift, clumping=0.0)[0], axis=1), axis=-1).sum(axis=1)
        for lift in (0.001, 0.005)
    ]
    assert lengths[0] == pytest.approx(lengths[1], rel=1e-9)


def test_they_curl_up_fan_out_and_are_longest_temporally():
    points, _ = grown(clumping=0.0)
    tangent = np.diff(points, axis=1)
    rise = -tangent[..., 1] / np.linalg.norm(tangent, axis=-1)
    assert np.mean(rise[:, -1] - rise[:, 0]) > 0.4
    lean = points[:, -1, 0] - points[:, 0, 0]
    nasal, temporal = points[:, 0, 0] < -0.006, points[:, 0, 0] > 0.006
    assert lean[nasal].mean() < -1e-3 < 1e-3 < lean[temporal].mean()
    length = np.linalg.norm(tangent, axis=-1).sum(axis=1)
    assert length[temporal].mean() > 1.2 * length[nasal].mean()
    assert 0.7 < length.mean() / LASHES.upper_length_m < 1.1


def test_clumps_bring_tips_together():
    def stray(clumping: float) -> float:
        """Median distance of a hair's tip from the nearest other hair: in a clump not all are of one length."""
        points = grown(clumping=clumping)[0]
        at = np.linspace(0, points.shape[1] - 1, 40)
        low = np.minimum(at.astype(int), points.shape[1] - 2)
        share = (at - low)[:, None]
        dense = (1 - share) * points[:, low] + share * points[:, low + 1]
        apart = np.linalg.norm(points[:, None, None, -1] - dense, axis=-1).min(axis=2) + np.eye(len(points))
        return float(np.median(apart.min(axis=1)))

    assert stray(0.9) < 0.7 * stray(0.0)


def test_they_taper():
    radius = grown()[1]
    assert np.all(np.diff(radius, axis=1) < 0)
    assert np.all(radius[:, -1] < 0.25 * radius[:, 0])
    assert radius[:, 0].mean() == pytest.approx(LASHES.radius_m, rel=0.1)


def test_no_lashes_at_all():
    points, radius = grown(upper_count=0)
    assert points.shape[0] == radius.shape[0] == 0
