"""Corneal glints against the bright spots that small lamps leave on the eye in an otherwise dark scene."""

import dataclasses

import numpy as np
import pytest

from synth.geometry.camera import pixel_centres_px
from synth.labels import geometry, label
from synth.spec import LampSpec
from tests.agreement.scenes import near_eye, parts_of

LAMPS_CAM_M = [(-0.12, -0.10, 0.02), (0.16, -0.02, 0.05), (0.02, 0.14, 0.0)]
RADIUS_M = 0.004  # its image in the cornea is a hundredth as large, under half a pixel
VIEWS = [((0, 0), (0, 0), "left"), ((5, 20), (-5, 5), "right"), ((-10, -15), (5, -5), "left")]


def lit(spec):
    lamps = tuple(
        LampSpec("point", f"led{i}", place, (0.0, 0.0, 1.0), RADIUS_M, RADIUS_M, 2.0, (1.0, 1.0, 1.0))
        for i, place in enumerate(LAMPS_CAM_M)
    )
    return dataclasses.replace(spec, light=dataclasses.replace(spec.light, sky_strength=0.0, lamps=lamps))


@pytest.mark.parametrize(("turn_deg", "gaze_deg", "side"), VIEWS)
def test_glints_are_where_the_cornea_shines(session, below, turn_deg, gaze_deg, side):
    spec = lit(near_eye(turn_deg, gaze_deg, side))
    subject = geometry(spec)
    eye = label(spec, subject).eyes[side]
    assert eye.glints_px.shape == (3, 2) and eye.glints_visible.all()
    kept = session.scene.cycles.samples
    session.scene.cycles.samples = 32
    try:
        light = session.render(spec, parts_of(subject, "sclera", "cornea", "iris", "pupil")).linear_rgb.sum(axis=2)
    finally:
        session.scene.cycles.samples = kept
    pixel = pixel_centres_px(512, 320)
    middle = eye.apparent.iris_px.mean(axis=0)
    reach = np.linalg.norm(eye.apparent.iris_px - middle, axis=1).min()
    elsewhere = np.linalg.norm(pixel - middle, axis=-1) < 0.95 * reach  # the white is wet and shines too
    for glint in eye.glints_px:
        near = np.linalg.norm(pixel - glint, axis=-1) < 5
        weight = np.where(near & (light > 0.2 * light[near].max()), light, 0.0)
        spot = np.einsum("hw,hwc->c", weight, pixel) / weight.sum()
        below("glint against the bright spot, px", np.linalg.norm(spot - glint), 0.5)
        elsewhere &= ~near
    assert light[elsewhere].max() < 0.2 * light.max(), "nothing else shines on the cornea"
