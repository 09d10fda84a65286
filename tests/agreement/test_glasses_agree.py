"""What is seen through the lenses of glasses, against Blender's path tracer, which bends light at given meshes."""

import dataclasses

import numpy as np
import pytest

from synth.geometry.camera import pixel_centres_px
from synth.labels import geometry, label
from tests.agreement.scenes import enlarged, near_eye, wearing
from tests.agreement.test_contours_agree import IRIS, PUPIL, SCLERA, TIMES, changes_px, distances_px
from tests.agreement.test_points_agree import RADIUS_PX, apart, balls

VIEWS = [  # head (pitch, yaw), eye in the head (pitch, yaw), whose, dioptres, frame
    ((0, 0), (0, 0), "left", -6.0, "round"),
    ((-12, 18), (5, 10), "left", -3.0, "rectangular"),
    ((8, -20), (0, -12), "right", 3.0, "aviator"),
    ((0, 12), (-10, 0), "right", 0.0, "half_rim"),
]


def scene(turn_deg, gaze_deg, side, power, frame):
    return wearing(near_eye(turn_deg, gaze_deg, side), power, frame=frame)


@pytest.mark.parametrize(("turn_deg", "gaze_deg", "side", "power", "frame"), VIEWS)
def test_pupil_and_iris_through_a_lens_are_where_the_mask_has_them(
    session, below, turn_deg, gaze_deg, side, power, frame
):
    spec = scene(turn_deg, gaze_deg, side, power, frame)
    subject = geometry(spec)
    eye = label(spec, subject).eyes[side]
    mask = session.rasters(enlarged(spec, TIMES), subject, hair=False, normal=False).mask
    for kind, inner, outer in (("pupil", (PUPIL,), (IRIS,)), ("iris", (IRIS, PUPIL), (SCLERA,))):
        seen = eye.points[kind].visible
        away = distances_px(getattr(eye.apparent, f"{kind}_px"), changes_px(mask, inner, outer))[seen]
        assert seen.sum() >= 20
        below(f"apparent {kind} through a lens against the id mask, px", away.max(), 0.3)


@pytest.mark.parametrize(("turn_deg", "gaze_deg", "side", "power", "frame"), VIEWS)
def test_a_ball_at_a_label_is_seen_through_the_lens_at_its_apparent_px(
    session, below, turn_deg, gaze_deg, side, power, frame
):
    """Blender draws the balls and the lenses alone: nothing else hides them."""
    spec = scene(turn_deg, gaze_deg, side, power, frame)
    subject = geometry(spec)
    lens = tuple(part for part in subject.parts if part.name == "glasses_lens")
    eye = label(spec, subject).eyes[side]
    kinds = ("lid_margin", "caruncle")
    cam = np.concatenate([eye.points[kind].cam for kind in kinds] + [eye.canthi_cam])
    px = np.concatenate([getattr(eye.apparent, f"{kind}_px") for kind in kinds] + [eye.apparent.canthi_px])
    straight = np.concatenate([eye.points[kind].px for kind in kinds] + [eye.canthi_px])
    inside = ((px > 4) & (px < [spec.camera.width - 4, spec.camera.height - 4])).all(axis=1)
    cam, px, straight = cam[inside], px[inside], straight[inside]
    assert len(px) > 15
    if power:
        assert np.linalg.norm(px - straight, axis=1).max() > 2, "the lens moves something"
    fine = enlarged(spec, TIMES)
    pixel = pixel_centres_px(fine.camera.width, fine.camera.height)
    for batch in apart(px):
        drawn = dataclasses.replace(subject, parts=(*lens, balls(spec, cam[batch])), strands=())
        mask = session.rasters(fine, drawn, normal=False).mask
        for point in px[batch]:
            near = (np.linalg.norm(pixel / TIMES - point, axis=-1) < 1.6 * RADIUS_PX) & (mask == 10)
            away = np.linalg.norm(pixel[near].mean(axis=0) / TIMES - point)
            below("point through a lens against an emissive ball, px", away, 0.1)


def test_a_strong_minus_lens_makes_the_eye_smaller_by_the_thin_lens_formula():
    """1 / (1 - d P) about, with d from the iris to the lens: spectacle magnification of what is behind."""
    bare, worn = (label(wearing(near_eye((0, 0)), power)).eyes["left"] for power in (0.0, -6.0))
    size = [np.ptp(eye.apparent.iris_px[:, 0]) for eye in (bare, worn)]
    assert size[1] / size[0] == pytest.approx(1 / (1 + 0.0155 * 6.0), rel=0.02)
