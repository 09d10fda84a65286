"""Which points are seen, and how deep the skin lies, against Blender's rasters of drawn scenes.

The rule, on the 3x3 pixels about a point, lashes left out:

    visible   shows what the point is on or the class across its edge, and nothing there lies a millimetre nearer
    hidden    shows a class that can hide it, and that lies nearer than the point

A hidden point of the iris' edge may show the iris itself: the bulge of the cornea stands before it.  No point is left
out but those within a pixel of the picture's edge.
"""

import dataclasses

import numpy as np
import pytest

from synth.errors import RejectedSceneError
from synth.geometry.camera import camera_matrix, pixel_centres_px, rays
from synth.geometry.frames import apply
from synth.labels import geometry, label
from tests.agreement.scenes import drawn, enlarged, with_person

BACKGROUND, SKIN, SCLERA, IRIS, PUPIL, CARUNCLE, GLASSES, MOUTH = 0, 1, 2, 3, 4, 5, 8, 10
SHOWN = {
    "pupil": (PUPIL, IRIS),
    "iris": (IRIS, SCLERA),
    "lid_margin": (SKIN,),
    "caruncle": (CARUNCLE, SKIN, SCLERA),
}
LIDS_AND_FRAME = (SKIN, CARUNCLE, GLASSES, MOUTH)
HIDING = {
    "pupil": LIDS_AND_FRAME,
    "iris": (*LIDS_AND_FRAME, IRIS, PUPIL),
    "lid_margin": (*LIDS_AND_FRAME, SCLERA, IRIS, PUPIL),
    "caruncle": (*LIDS_AND_FRAME, SCLERA, IRIS, PUPIL),
}
SCENES = 13  # of each preset


def scenes():
    for experiment, times in (("unityeyes", 1), ("mpiigaze", 6)):
        for index in range(SCENES):
            worn = f"subject.glasses.probability={index % 2}"
            try:
                yield enlarged(drawn(index, worn, experiment=experiment), times)
            except RejectedSceneError:
                continue


def judged(labels, out):
    """Kind, flag and whether the rasters bear the flag out, of every point in the picture."""
    height, width = out.mask.shape
    for eye in labels.eyes.values():
        for kind, points in eye.points.items():
            places = getattr(eye.apparent, f"{kind}_px")
            for (u, v), depth, visible in zip(places, points.cam[:, 2], points.visible, strict=True):
                if not (1 <= u < width - 1 and 1 <= v < height - 1):
                    continue
                near = np.s_[int(v) - 1 : int(v) + 2, int(u) - 1 : int(u) + 2]
                classes, depths = out.mask[near], out.depth_m[near]
                if visible:
                    good = np.isin(classes, SHOWN[kind]).any() and (depths > depth - 1e-3).any()
                else:
                    good = (np.isin(classes, HIDING[kind]) & (depths < depth)).any()
                yield kind, bool(visible), bool(good)


def test_flags_agree_with_the_mask_in_drawn_scenes(session, below):
    verdicts, worn, drawn_scenes = [], 0, 0
    for spec in scenes():
        subject = geometry(spec)
        verdicts += judged(label(spec, subject), session.rasters(spec, subject, hair=False, normal=False))
        worn += spec.subject.glasses is not None
        drawn_scenes += 1
    assert drawn_scenes >= 20 and worn >= 8
    visible = np.array([flag for _, flag, _ in verdicts])
    good = np.array([good for _, _, good in verdicts])
    assert visible.sum() > 1500 and (~visible).sum() > 400
    below("visible points that the mask does not show, share", 1 - good[visible].mean(), 0.01)
    below("hidden points that the mask shows, share", 1 - good[~visible].mean(), 0.01)
    assert {kind for kind, flag, _ in verdicts if not flag} == set(SHOWN), "every kind is hidden somewhere"


def test_a_frame_before_the_eye_hides_points(session):
    """A pair that slid up the nose: its lower rim crosses the eye."""
    spec = enlarged(drawn(1, "subject.glasses.probability=1"), 6)
    glasses = dataclasses.replace(spec.subject.glasses, frame="round", down_m=-0.028)
    spec = with_person(spec, subject=dataclasses.replace(spec.subject, glasses=glasses))
    subject = geometry(spec)
    labels, out = label(spec, subject), session.rasters(spec, subject, hair=False, normal=False)
    behind = 0
    eye = labels.eyes[spec.subject_eye]
    for kind, points in eye.points.items():
        places = getattr(eye.apparent, f"{kind}_px")
        at_frame = np.zeros(len(points.visible), dtype=bool)
        inside = ((places >= 0) & (places < [out.mask.shape[1], out.mask.shape[0]])).all(axis=1)
        u, v = places[inside].T.astype(int)
        at_frame[inside] = out.mask[v, u] == GLASSES
        behind += np.sum(at_frame & ~points.visible)
        assert np.sum(at_frame & points.visible) <= 1
    assert behind >= 3


@pytest.mark.parametrize("index", [1, 2])
def test_the_skin_lies_as_deep_as_its_triangles(session, below, index):
    """Rays through pixels against all triangles (Moeller & Trumbore 1997)."""
    spec = drawn(index, experiment="unityeyes")
    subject = geometry(spec)
    out = session.rasters(spec, subject, hair=False, normal=False)
    labels = label(spec, subject)
    skin = next(part for part in subject.parts if part.name == "skin")
    corners = apply(labels.cam_from_head, skin.vertices_head)[triangles(skin.faces)]
    rng = np.random.default_rng(index)
    pixels = rng.permutation(np.argwhere(out.mask == SKIN))[:150]
    centres = pixel_centres_px(spec.camera.width, spec.camera.height)[tuple(pixels.T)]
    depth = np.array([first_depth(ray, corners) for ray in rays(camera_matrix(spec.camera), centres)])
    away = np.abs(depth - out.depth_m[tuple(pixels.T)])
    below("depth of the skin against its triangles, m", away.max(), 1e-4)


def triangles(quads):
    whole = quads[:, 2] != quads[:, 3]
    return np.concatenate([quads[:, :3], quads[whole][:, [0, 2, 3]]])


def first_depth(ray, corners):
    a, e1, e2 = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    p = np.cross(ray, e2)
    determinant = np.einsum("ni,ni->n", e1, p)
    with np.errstate(divide="ignore", invalid="ignore"):
        u = np.einsum("ni,ni->n", -a, p) / determinant
        q = np.cross(-a, e1)
        v = q @ ray / determinant
        t = np.einsum("ni,ni->n", e2, q) / determinant
    hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)
    return np.min(t[hit], initial=np.inf) * ray[2]
