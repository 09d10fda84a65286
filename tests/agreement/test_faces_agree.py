"""Labels of whole faces against Blender: landmarks, what is seen of them, and the head's outline."""

import numpy as np
import pytest

from synth.errors import RejectedSceneError
from synth.geometry.camera import pixel_centres_px
from synth.labels import geometry, label
from tests.agreement import scenes
from tests.agreement.scenes import drawn, enlarged, parts_of
from tests.agreement.test_points_agree import RADIUS_PX, TIMES, apart, balls

NEARER_M = 5e-3
EDGE_PX = 4
JUMP_M = 4e-3


def faces(experiment, count, *overrides, times=2):
    """Drawn scenes whose picture holds the face."""
    found, index = [], 0
    while len(found) < count:
        try:
            spec = enlarged(drawn(index, *overrides, experiment=experiment), times)
            subject = geometry(spec)
            labels = label(spec, subject)
            if labels.face is not None:
                found.append((spec, subject, labels))
        except RejectedSceneError:
            pass
        index += 1
    return found


@pytest.mark.parametrize("experiment", ["portrait", "300wlp"])
def test_a_ball_at_every_landmark_is_seen_at_its_px(session, below, experiment):
    (spec, _, labels), *_ = faces(experiment, 1, times=1)
    points = labels.face.points
    cam = np.concatenate([points["ibug68"].cam, points["dense478"].cam[::5], points["jaw_outline"].cam])
    px = np.concatenate([points["ibug68"].px, points["dense478"].px[::5], points["jaw_outline"].px])
    inside = ((px > EDGE_PX) & (px < np.array([spec.camera.width, spec.camera.height]) - EDGE_PX)).all(axis=1)
    cam, px = cam[inside], px[inside]
    assert len(px) > 120
    fine = enlarged(spec, TIMES)
    pixel = pixel_centres_px(fine.camera.width, fine.camera.height)
    for batch in apart(px):
        mask = session.rasters(fine, scenes.geometry(balls(spec, cam[batch])), normal=False).mask
        for point in px[batch]:
            near = (np.linalg.norm(pixel / TIMES - point, axis=-1) < 1.5 * RADIUS_PX) & (mask == 10)
            below(
                "landmark against an emissive ball, px", np.linalg.norm(pixel[near].mean(axis=0) / TIMES - point), 0.1
            )


def test_landmarks_are_hidden_where_something_lies_before_them(session, below):
    """On the 3x3 pixels about a point: seen if one of them is not nearer than it, hidden if one is."""
    wrong = {True: [], False: []}
    for spec, subject, labels in faces("portrait", 3) + faces("300wlp", 5):
        depth_m = session.rasters(spec, subject, hair=False, normal=False).depth_m
        height, width = depth_m.shape
        for name in ("ibug68", "dense478", "jaw_outline"):
            points, places = labels.face.points[name], labels.face.apparent[name]
            for (u, v), (_, _, z), visible in zip(places, points.cam, points.visible, strict=True):
                if not (1 <= u < width - 1 and 1 <= v < height - 1):
                    continue
                around = depth_m[int(v) - 1 : int(v) + 2, int(u) - 1 : int(u) + 2]
                good = (around > z - NEARER_M).any() if visible else (around < z).any()
                wrong[bool(visible)].append(not good)
    assert len(wrong[True]) > 1500 and len(wrong[False]) > 500
    below("visible landmarks that the depth hides, share", np.mean(wrong[True]), 0.01)
    below("hidden landmarks that the depth shows, share", np.mean(wrong[False]), 0.01)


def test_the_jaws_outline_lies_where_the_face_ends(session, below):
    """Where the outline marches it leaves the jaw, to where Blender's depth jumps from the face to what is behind."""
    distances_m = []
    for spec, subject, labels in faces("300wlp", 6):
        depth = session.rasters(spec, parts_of(subject, "skin"), hair=False, normal=False).depth_m
        height, width = depth.shape
        jumps = np.zeros(depth.shape, dtype=bool)
        with np.errstate(invalid="ignore"):
            for axis in (0, 1):
                jump = np.abs(np.diff(depth, axis=axis)) > JUMP_M
                jumps |= np.pad(jump, [(0, 1) if a == axis else (0, 0) for a in (0, 1)])
        edges = np.argwhere(jumps)[:, ::-1] + 1.0
        jaw, outline = labels.face.points["ibug68"].px[:17], labels.face.points["jaw_outline"]
        marched = np.linalg.norm(jaw - outline.px, axis=1) > 5
        for (u, v), (_, _, z) in zip(outline.px[marched], outline.cam[marched], strict=True):
            if EDGE_PX < u < width - EDGE_PX and EDGE_PX < v < height - EDGE_PX:
                away_px = np.linalg.norm(edges - [u, v], axis=1).min()
                distances_m.append(away_px * z / spec.camera.fx_px)
    assert len(distances_m) > 20
    below("jaw's outline from a jump of the depth, median m", np.median(distances_m), 4e-3)
