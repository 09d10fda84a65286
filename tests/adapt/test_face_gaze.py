"""Faces with their gaze: changes move pictures and labels together, and points of a screen are where gazes end."""

import dataclasses

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from adapt.augment.faces import augment_face_gaze, draw_face_changes
from adapt.augment.strengths import Strengths
from adapt.face_gaze_batch import FaceGazeBatch
from adapt.gaze import vector_from_pitch_yaw
from adapt.screen import Screen, gaze_of_point, point_of_gaze

REACH = 24
"""How far the dot of a gaze lies from the middle, were it in the picture's plane, px of 64."""


def looking(n: int, seed: int = 0, on_screen: bool = False) -> FaceGazeBatch:
    """Pictures with a dot where the gaze points, seen from infinitely far; red, and on screens alike in both eyes."""
    rng = np.random.default_rng(seed)
    screen = screen_of(n, rng) if on_screen else None
    gaze = torch.from_numpy(rng.uniform(-0.6, 0.6, (n, 2)).astype(np.float32))
    gaze = gaze if screen is None else gaze_of_point(screen.point_cm, screen)
    y, x = np.mgrid[:64, :64] + 0.5
    images = np.full((n, 64, 64, 3), 25.0)
    for image, (u, v, _) in zip(images, vector_from_pitch_yaw(gaze).double().numpy(), strict=True):
        image[..., 0] += 200 * np.exp(-((x - 32 - REACH * u) ** 2 + (y - 32 - REACH * v) ** 2) / 8)
    return FaceGazeBatch(
        images_u8=torch.from_numpy(images.round().astype(np.uint8)),
        head_pitch_yaw_rad=torch.from_numpy(rng.uniform(-0.6, 0.6, (n, 2)).astype(np.float32)),
        gaze_pitch_yaw_rad=gaze,
        keys=tuple(map(str, range(n))),
        screen=screen,
    )


def screen_of(n: int, rng: np.random.Generator) -> Screen:
    pictures = torch.from_numpy(rng.integers(0, 256, (2, n, 64, 64, 3), dtype=np.uint8))
    return Screen(
        left_u8=pictures[0],
        right_u8=pictures[1],
        grid=torch.from_numpy(rng.random((n, 25, 25)) < 0.5),
        point_cm=torch.from_numpy(rng.uniform(-20, 20, (n, 2)).astype(np.float32)),
        centre_cam_m=torch.from_numpy(rng.uniform([-0.2, -0.2, 0.3], [0.2, 0.2, 0.8], (n, 3)).astype(np.float32)),
        norm_from_cam=torch.from_numpy(
            Rotation.from_rotvec(rng.uniform(-0.4, 0.4, (n, 3))).as_matrix().astype(np.float32)
        ),
    )


def dots_px(batch: FaceGazeBatch) -> np.ndarray:
    light = (batch.images_u8[..., 0].double().numpy() - 40).clip(0)
    at = np.arange(64) + 0.5
    mass = light.sum((1, 2))
    return np.stack([(light.sum(1) * at).sum(1) / mass, (light.sum(2) * at).sum(1) / mass], -1)


def every_tensor(batch: FaceGazeBatch) -> dict[str, torch.Tensor]:
    found = {name: value for name, value in vars(batch).items() if isinstance(value, torch.Tensor)}
    return found | ({} if batch.screen is None else vars(batch.screen))


def test_dots_stay_where_the_gaze_says() -> None:
    faces = looking(24)
    changes = draw_face_changes(torch.Generator().manual_seed(1), Strengths(rotation_deg=40.0, mirror=0.5), 24, 64)
    changed = augment_face_gaze(faces, changes)
    assert changes.mirrored.any() and not changes.mirrored.all()
    seen = vector_from_pitch_yaw(changed.gaze_pitch_yaw_rad).double().numpy()[:, :2]
    np.testing.assert_allclose(dots_px(changed), 32 + REACH * seen, atol=0.2)
    # A head that points where its eyes look goes the same way.
    heads = dataclasses.replace(faces, head_pitch_yaw_rad=faces.gaze_pitch_yaw_rad)
    turned = augment_face_gaze(heads, changes)
    assert torch.equal(turned.head_pitch_yaw_rad, turned.gaze_pitch_yaw_rad)


def test_mirrored_twice_is_what_it_was() -> None:
    changes = draw_face_changes(torch.Generator().manual_seed(0), Strengths(mirror=1.0), 6, 64)
    for faces in (looking(6), looking(6, on_screen=True)):
        once = augment_face_gaze(faces, changes)
        twice = augment_face_gaze(once, changes)
        assert every_tensor(faces).keys() == every_tensor(twice).keys()
        for name, value in every_tensor(faces).items():
            if value.dtype.is_floating_point:
                torch.testing.assert_close(every_tensor(twice)[name], value, atol=1e-6, rtol=0)
            else:
                assert torch.equal(every_tensor(twice)[name], value), name
            assert not torch.equal(every_tensor(once)[name], value), name


def test_in_the_mirror_eyes_change_places_and_points_sides() -> None:
    faces = looking(6, on_screen=True)
    changes = draw_face_changes(torch.Generator().manual_seed(0), Strengths(mirror=1.0), 6, 64)
    once = augment_face_gaze(faces, changes)
    assert faces.screen is not None and once.screen is not None
    assert torch.equal(once.screen.left_u8, faces.screen.right_u8.flip(2))
    assert torch.equal(once.screen.right_u8, faces.screen.left_u8.flip(2))
    assert torch.equal(once.screen.grid, faces.screen.grid.flip(2))
    # The mirrored gaze is that of the mirrored face to the mirrored point.
    found = gaze_of_point(once.screen.point_cm, once.screen)
    torch.testing.assert_close(found, once.gaze_pitch_yaw_rad, atol=1e-5, rtol=0)


def test_pictures_of_one_frame_change_alike() -> None:
    faces = looking(4, on_screen=True)
    assert faces.screen is not None
    alike = dataclasses.replace(faces.screen, left_u8=faces.images_u8, right_u8=faces.images_u8)
    strengths = Strengths(
        **{"shift_px": 2.0, "scale": 0.1, "probability": 1.0, "blur_px": 1.2, "rows_min": 12, "gradient": 1.0},
        **{
            "gamma": 0.4,
            "gain": 0.3,
            "read_noise": 0.04,
            "jpeg_quality_min": 25,
            "spots": 0.4,
            "mirror": 0.5,
            "grey": 0.5,
        },
    )
    changes = draw_face_changes(torch.Generator().manual_seed(3), strengths, 4, 64)
    changed = augment_face_gaze(dataclasses.replace(faces, screen=alike), changes)
    assert changed.screen is not None and not torch.equal(changed.images_u8, faces.images_u8)
    assert torch.equal(changed.screen.left_u8, changed.images_u8)
    assert torch.equal(changed.screen.right_u8, changed.images_u8)
    without = augment_face_gaze(dataclasses.replace(faces, screen=None), changes)
    assert torch.equal(without.images_u8, changed.images_u8)


def test_a_point_by_hand() -> None:
    # A face 50 cm before the lens looks 10 cm up and 20 to its own right: up and to the left of the picture.
    screen = screen_of(1, np.random.default_rng(0))
    screen = dataclasses.replace(screen, centre_cam_m=torch.tensor([[0.0, 0.0, 0.5]]), norm_from_cam=torch.eye(3)[None])
    gaze = gaze_of_point(torch.tensor([[20.0, 10.0]]), screen)
    expected = [np.arctan2(10, np.hypot(20, 50)), np.arctan2(20, 50)]
    np.testing.assert_allclose(gaze[0].numpy(), expected, atol=1e-6)
    away = point_of_gaze(torch.tensor([[0.0, np.pi]]), screen)
    assert not away.isfinite().all()


def test_points_and_gazes_are_each_others_inverse() -> None:
    screen = screen_of(40, np.random.default_rng(5))
    found = point_of_gaze(gaze_of_point(screen.point_cm, screen), screen)
    torch.testing.assert_close(found, screen.point_cm, atol=1e-3, rtol=0)


def test_a_batch_is_taken_whole() -> None:
    faces = looking(5, on_screen=True)
    some = faces.take([3, 0]).to("cpu")
    assert some.keys == ("3", "0") and len(some) == 2
    for name, value in every_tensor(faces).items():
        assert torch.equal(every_tensor(some)[name], value[[3, 0]]), name
