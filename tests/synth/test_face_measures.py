"""What the mean of the drawn faces must come to: measures that the eye of whoever looks at a face is sure of."""

import dataclasses

import numpy as np
import pytest

from assets.expressions import NEUTRAL
from assets.placement import SIDES, canthi_head
from assets.subject import build
from synth.commands.render import RenderConfig
from synth.config import compose
from synth.draw_spec import draw_subject

STRAIGHT = {side: np.eye(3) for side in SIDES}


@pytest.fixture(scope="module")
def faces():
    """Fifty people at rest, scaled to 63 mm between the eyes: (spec, geometry, scale)."""
    ranges = compose("synth.conf", "render", RenderConfig, ["out=unused", "subject=face"]).subject
    people = [dataclasses.replace(draw_subject(ranges, 5, i, 0.0, np.zeros(3)), expression=NEUTRAL) for i in range(50)]
    return [(person, build(person, STRAIGHT), 0.063 / person.interpupillary_m) for person in people]


def test_mouths_are_three_fifths_of_the_eyes_outer_distance(faces):
    """Farkas 1994, from memory: mouth 52 +- 3 mm, outer corners 88 +- 4 mm apart."""
    ratios = []
    for person, geometry, _ in faces:
        left, right = geometry.mouth_corners_head
        corners = canthi_head(person)[:, 1]
        ratios.append(np.linalg.norm(left - right) / np.linalg.norm(corners[0] - corners[1]))
    assert 0.57 < np.mean(ratios) < 0.63
    assert 0.02 < np.std(ratios) < 0.08


def test_brows_end_beside_and_a_little_above_the_eye(faces):
    tails = np.array([g.brow_bands_head["left"][4, -1] * (1, -1, -1) * scale for _, g, scale in faces])
    assert tails.mean(axis=0)[:2] == pytest.approx((0.061, 0.011), abs=2.5e-3)
    heads = np.array([g.brow_bands_head["left"][4, 0] * (1, -1, -1) * scale for _, g, scale in faces])
    assert np.all(tails[:, 1] < heads[:, 1])
