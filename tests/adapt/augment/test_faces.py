"""Changes of faces: pictures and rotations move together, and nothing changes where nothing is asked for."""

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from adapt.augment.faces import augment_faces, draw_face_changes
from adapt.augment.looks import colours, covered, draw_looks
from adapt.augment.strengths import Strengths
from adapt.face_batch import FaceBatch

HEAVY = Strengths(
    **{"shift_px": 2.0, "scale": 0.1, "rotation_deg": 20.0, "probability": 1.0, "blur_px": 1.2, "motion_px": 1.0},
    **{"rows_min": 12, "gradient": 1.0, "gamma": 0.4, "gain": 0.3, "read_noise": 0.04, "shot_noise": 0.05},
    **{"blotch_noise": 0.05, "jpeg_quality_min": 25, "spots": 0.4, "glare": 0.3, "mirror": 0.5, "grey": 0.3},
    **{"contrast": 0.5, "saturation": 0.6, "tint": 0.2, "frame": 0.3, "erase": 0.3},
)
AHEAD_CM = np.array([[-3.0, -2.0, -8.0], [3.0, -2.0, -8.0], [0.0, 6.0, -6.0]])
"""Red, green, blue dots on a head, in its own frame: under the right eye, under the left, on the chin."""


def drawn(n: int, size: int = 64, seed: int = 0) -> FaceBatch:
    """Heads whose three dots are seen from far away."""
    rng = np.random.default_rng(seed)
    rotation = Rotation.from_rotvec(rng.uniform(-0.4, 0.4, (n, 3))).as_matrix()
    images = np.full((n, size, size, 3), 20.0)
    y, x = np.mgrid[:size, :size] + 0.5
    for image, turn in zip(images, rotation, strict=True):
        for channel, (u, v, _) in enumerate(AHEAD_CM @ turn.T):
            distance = np.hypot(x - size / 2 - size * u / 32, y - size / 2 - size * v / 32)
            image[..., channel] += 200 * np.exp(-((distance / (0.03 * size)) ** 2))
    return FaceBatch(
        torch.from_numpy(images.round().astype(np.uint8)),
        torch.from_numpy(rotation.astype(np.float32)),
        tuple(map(str, range(n))),
    )


def dots_px(batch: FaceBatch) -> np.ndarray:
    """Where each channel is brightest: centres of mass, (n, 3, 2)."""
    light = (batch.images_u8.double().numpy() - 25).clip(0)
    size = light.shape[1]
    at = np.arange(size) + 0.5
    mass = light.sum((1, 2))
    return np.stack([(light.sum(1) * at[:, None]).sum(1) / mass, (light.sum(2) * at[:, None]).sum(1) / mass], -1)


def test_dots_stay_where_the_rotation_says() -> None:
    faces = drawn(24)
    strengths = Strengths(rotation_deg=40.0, mirror=0.5)
    changes = draw_face_changes(torch.Generator().manual_seed(1), strengths, len(faces), 64)
    changed = augment_faces(faces, changes)
    assert changes.mirrored.any() and not changes.mirrored.all()
    assert np.degrees(np.abs(changes.common.crop.turn_rad.numpy())).max() > 30
    # In a mirrored head the dots have changed places: the mirror image of the right one is the left one.
    places = np.where(changes.mirrored.numpy()[:, None, None], AHEAD_CM * [-1, 1, 1], AHEAD_CM)
    seen = np.einsum("nij,nkj->nki", changed.rotation.double().numpy(), places)[..., :2]
    np.testing.assert_allclose(dots_px(changed), 32 + 2 * seen, atol=0.15)


def test_rotations_stay_rotations() -> None:
    faces = drawn(16)
    changed = augment_faces(faces, draw_face_changes(torch.Generator().manual_seed(2), HEAVY, len(faces), 64))
    product = changed.rotation @ changed.rotation.mT
    torch.testing.assert_close(product, torch.eye(3).expand_as(product), atol=1e-6, rtol=0)
    torch.testing.assert_close(torch.linalg.det(changed.rotation), torch.ones(16), atol=1e-6, rtol=0)
    assert changed.images_u8.shape == faces.images_u8.shape and changed.keys == faces.keys


def test_no_strength_changes_nothing() -> None:
    faces = drawn(4)
    changed = augment_faces(faces, draw_face_changes(torch.Generator().manual_seed(0), Strengths(), 4, 64))
    assert torch.equal(changed.images_u8, faces.images_u8) and torch.equal(changed.rotation, faces.rotation)


def test_a_seed_repeats_and_sizes_are_alike() -> None:
    first, again = (
        augment_faces(drawn(6), draw_face_changes(torch.Generator().manual_seed(5), HEAVY, 6, 64)) for _ in range(2)
    )
    assert torch.equal(first.images_u8, again.images_u8) and torch.equal(first.rotation, again.rotation)
    # A shift is a part of the picture, whatever its size.
    shift = Strengths(shift_px=3.0)
    small, large = (
        dots_px(augment_faces(drawn(6, size), draw_face_changes(torch.Generator().manual_seed(7), shift, 6, size)))
        for size in (64, 128)
    )
    np.testing.assert_allclose(2 * small, large, atol=0.3)


def test_grey_faces_have_one_colour() -> None:
    faces = drawn(3)
    changes = draw_face_changes(torch.Generator().manual_seed(0), Strengths(grey=1.0), 3, 64)
    grey = augment_faces(faces, changes).images_u8
    assert torch.equal(grey[..., 0], grey[..., 1]) and torch.equal(grey[..., 1], grey[..., 2])
    luma = faces.images_u8.double() @ torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)
    assert (grey[..., 0].double() - luma).abs().max() <= 0.51


def test_colours_are_those_that_were_drawn() -> None:
    images = torch.rand(5, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    looks = draw_looks(
        torch.Generator().manual_seed(4), Strengths(probability=1.0, contrast=0.5, saturation=0.6, tint=0.2), 5
    )
    changed = colours(images, looks).double().numpy()
    for i, picture in enumerate(images.double().numpy()):
        grey = np.einsum("c,chw->hw", [0.299, 0.587, 0.114], picture)
        tinted = (grey + float(looks.saturation[i]) * (picture - grey)) * looks.tint[i].double().numpy()[:, None, None]
        wanted = tinted.mean() + float(looks.contrast[i]) * (tinted - tinted.mean())
        np.testing.assert_allclose(changed[i], wanted.clip(0), atol=1e-6)
    assert np.exp(-0.5) <= float(looks.contrast.min()) < float(looks.contrast.max()) <= np.exp(0.5)


def test_frames_and_what_is_in_the_way_cover_what_they_say() -> None:
    white = torch.ones(200, 3, 20, 20)
    looks = draw_looks(torch.Generator().manual_seed(2), Strengths(frame=0.5, erase=0.5), 200)
    changed = covered(white, looks)
    framed = (looks.inside != looks.inside.new_tensor([0, 0, 1, 1])).any(1)
    holed = (looks.hole != 0).any(1)
    # Half of the pictures have a frame, one in sixteen of them without any side.
    assert 0.35 < framed.double().mean() < 0.6 and 0.4 < holed.double().mean() < 0.6
    untouched = ~framed & ~holed
    assert torch.equal(changed[untouched], white[untouched])
    for i in torch.nonzero(holed & ~framed).flatten().tolist():
        left, top, right, bottom = (20 * looks.hole[i]).tolist()
        area = len([x for x in range(20) if left <= x + 0.5 < right]) * len(
            [y for y in range(20) if top <= y + 0.5 < bottom]
        )
        assert int((changed[i] != 1).any(0).sum()) == area > 0
    for i in torch.nonzero(framed & ~holed).flatten().tolist():
        left, top, right, bottom = looks.inside[i].tolist()
        assert min(left, top) >= 0 and max(right, bottom) <= 1 and min(right, bottom) >= 0.7 - 1e-6
        inner = changed[i][:, 6:14, 6:14]
        assert torch.equal(inner, torch.ones_like(inner))
