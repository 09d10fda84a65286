"""Faces with landmarks: what happens to the points when pictures are mirrored, turned, moved, or miss their face."""

from dataclasses import replace

import numpy as np
import torch

from adapt.augment.faces import draw_face_changes
from adapt.augment.looks import covered
from adapt.augment.marked_faces import augment_marked_faces, away, mirrored
from adapt.augment.strengths import Strengths
from adapt.marked_faces import MarkedFaces, px_of_file
from adapt.motion.swaps import IBUG68

SIDE = 64


def marked(n: int, points: int = 68, seed: int = 0) -> MarkedFaces:
    """Return faces whose first landmark is a bright blob on grey; the others lie anywhere."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(20, 44, (n, points, 2))
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    blob = np.exp(-((x - at[:, :1, :1]) ** 2 + (y - at[:, :1, 1:]) ** 2) / 8)
    images = np.repeat((60 + 190 * blob)[..., None], 3, axis=3)
    return MarkedFaces(
        images_u8=torch.from_numpy(images.astype(np.uint8)),
        points_px=torch.from_numpy(at.astype(np.float32)),
        depth_px=torch.from_numpy(rng.normal(0, 5, (n, points)).astype(np.float32)),
        visible=torch.from_numpy(rng.random((n, points)) < 0.7),
        present=torch.ones(n, dtype=torch.bool),
        square_px=torch.tensor([[10.0, 20.0, 138.0, 148.0]]).repeat(n, 1),
        traits=({"age": "40 to 59"},) * n,
        keys=tuple(map(str, range(n))),
    )


def centroid(images_u8: torch.Tensor) -> np.ndarray:
    """Return where the light above the background's level is, px."""
    light = (images_u8.double().mean(-1) - 70).clamp(min=0).numpy()
    at = np.arange(SIDE) + 0.5
    mass = light.sum(axis=(1, 2))
    return np.stack([(light.sum(axis=1) * at).sum(1) / mass, (light.sum(axis=2) * at).sum(1) / mass], axis=1)


def test_mirrored_twice_is_the_same_and_once_takes_the_other_sides_name() -> None:
    faces, chosen = marked(3), torch.tensor([True, False, True])
    once = mirrored(faces, chosen)
    torch.testing.assert_close(
        once.points_px[0, 45], torch.tensor([SIDE, 0.0]) + faces.points_px[0, 36] * torch.tensor([-1.0, 1.0])
    )
    assert torch.equal(once.depth_px[2, 45], faces.depth_px[2, 36]) and torch.equal(
        once.points_px[1], faces.points_px[1]
    )
    assert torch.equal(once.visible[0, 16], faces.visible[0, 0])
    twice = mirrored(once, chosen)
    torch.testing.assert_close(twice.points_px, faces.points_px)
    assert torch.equal(twice.depth_px, faces.depth_px) and torch.equal(twice.visible, faces.visible)


def test_points_go_where_the_picture_goes() -> None:
    faces = marked(12)
    strengths = Strengths(
        **{"shift_px": 3.0, "scale": 0.2, "rotation_deg": 30.0, "mirror": 0.5},
        **{"probability": 1.0, "distortion": 0.1, "shutter_px": 3.0},
    )
    changes = draw_face_changes(torch.Generator().manual_seed(1), strengths, 12, SIDE)
    changed = augment_marked_faces(faces, changes)
    assert 0 < int(changes.mirrored.sum()) < 12
    first = torch.where(changes.mirrored, int(IBUG68[0]), 0)
    told = changed.points_px[torch.arange(12), first]
    np.testing.assert_allclose(centroid(changed.images_u8), told.numpy(), atol=0.1)
    torch.testing.assert_close(
        changed.depth_px[torch.arange(12), first], faces.depth_px[:, 0] * changes.common.crop.scale
    )
    assert changed.traits == faces.traits and torch.equal(changed.square_px, faces.square_px)


def test_no_change_changes_nothing() -> None:
    faces = marked(3, 478)
    changes = draw_face_changes(torch.Generator().manual_seed(1), Strengths(), 3, SIDE)
    changed = augment_marked_faces(faces, changes)
    assert torch.equal(changed.points_px, faces.points_px) and torch.equal(changed.images_u8, faces.images_u8)
    assert torch.equal(changed.visible, faces.visible)


def test_what_is_covered_is_hidden() -> None:
    faces = marked(64)
    # At centres of pixels, anywhere in the picture.
    at = torch.randint(SIDE, (64, 68, 2), generator=torch.Generator().manual_seed(2))
    faces = replace(faces, points_px=at + 0.5)
    strengths = Strengths(frame=0.7, erase=0.7)
    changes = draw_face_changes(torch.Generator().manual_seed(1), strengths, 64, SIDE)
    seen = augment_marked_faces(faces, changes).visible
    # A landmark's pixel keeps a level that no frame and no hole has, or is covered.
    shown = covered(torch.full((64, 3, SIDE, SIDE), 2.0), changes.looks)[:, 0] == 2
    assert torch.equal(seen, faces.visible & shown[torch.arange(64)[:, None], at[..., 1], at[..., 0]])
    assert 0.1 < float((faces.visible & ~seen).float().mean()) < 0.6
    # What leaves the picture is not seen either.
    out = replace(faces, points_px=faces.points_px.index_fill(1, torch.tensor([3]), -1.0))
    none = draw_face_changes(torch.Generator().manual_seed(1), Strengths(), 64, SIDE)
    left = augment_marked_faces(out, none).visible
    assert not left[:, 3].any() and torch.equal(left[:, 4:], faces.visible[:, 4:])


def test_cuts_that_miss_their_face_are_windows_of_the_picture() -> None:
    n = 200
    changes = draw_face_changes(torch.Generator().manual_seed(1), Strengths(), n, SIDE)
    missed, chosen = away(torch.Generator().manual_seed(2), changes, 0.25, SIDE)
    assert 30 < int(chosen.sum()) < 70
    crop = missed.common.crop
    assert torch.equal(crop.scale[~chosen], torch.ones(int((~chosen).sum())))
    # Corners of the new picture, brought back, lie inside the old one.
    scale, shift = crop.scale[chosen], crop.shift_px[chosen]
    for corner in (0.0, float(SIDE)):
        before = (corner - SIDE / 2 - shift) / scale[:, None] + SIDE / 2
        assert (before >= -1e-3).all() and (before <= SIDE + 1e-3).all()
    assert (scale >= 2.5).all() and (scale <= 4).all() and before.std(0).min() > 5


def test_px_of_the_files_picture() -> None:
    faces = marked(2)
    whole = torch.cat([faces.points_px, faces.depth_px[..., None]], dim=2)
    found = px_of_file(whole, faces.square_px, SIDE)  # 128 px of the file are 64 here
    torch.testing.assert_close(found[..., :2], 2 * faces.points_px + torch.tensor([10.0, 20.0]))
    torch.testing.assert_close(found[..., 2], 2 * faces.depth_px)
    one = replace(faces, square_px=torch.tensor([[0.0, 0.0, 64.0, 64.0]]).repeat(2, 1))
    torch.testing.assert_close(px_of_file(one.points_px, one.square_px, SIDE), one.points_px)
