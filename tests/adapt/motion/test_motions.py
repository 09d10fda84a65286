"""Motions of pictures: points go where the pictures go, ways back close, and rubber has no camera."""

import numpy as np
import pytest
import torch

from adapt.motion.bend import Bend
from adapt.motion.elastic import draw_elastic
from adapt.motion.heads import mirrored
from adapt.motion.homography import Homography, Turn, camera_turn, crop, flip, small_turns
from adapt.motion.similarity import Similarity
from adapt.motion.swaps import CONTOUR, FIVE, IBUG68, JAW, PARSING, dense478
from synth.errors import ConfigError
from synth.geometry.rotation import rotation_from_vector

WIDTH, HEIGHT = 80, 60


def dot(u: float, v: float, rows: int = 1) -> torch.Tensor:
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    return torch.from_numpy(np.exp(-((x - u) ** 2 + (y - v) ** 2) / 4.5)).float().expand(rows, 1, HEIGHT, WIDTH)


def centre(image: torch.Tensor) -> tuple[float, float]:
    plane = image.double().numpy()
    y, x = np.mgrid[: plane.shape[0], : plane.shape[1]] + 0.5
    return float((plane * x).sum() / plane.sum()), float((plane * y).sum() / plane.sum())


def similarity(n: int = 4) -> Similarity:
    amounts = torch.Generator().manual_seed(1)
    shift, scale, turn = (torch.rand(n, *shape, generator=amounts) - 0.5 for shape in ((2,), (), ()))
    return Similarity(8 * shift, 1 + 0.3 * scale, turn)


def test_a_similarity_is_its_homography() -> None:
    motion = similarity()
    same = motion.homography(WIDTH, HEIGHT)
    points = torch.rand(4, 9, 2) * 60
    torch.testing.assert_close(motion.points(points, WIDTH, HEIGHT).double(), same.points(points), atol=1e-4, rtol=0)
    pictures = dot(50, 25, 4)
    torch.testing.assert_close(motion.pictures(pictures), same.pictures(pictures), atol=1e-4, rtol=0)
    k = torch.tensor([[300.0, 0, 38], [0, 300, 31], [0, 0, 1]]).double().expand(4, 3, 3)
    moved_k, turn = same.camera(k)
    gazes = torch.rand(4, 2) - 0.5
    torch.testing.assert_close(motion.gaze(gazes), turn.gaze(gazes), atol=1e-5, rtol=0)
    heads = torch.stack([torch.tensor(rotation_from_vector(np.array([0.1 * i, 0.2, -0.3]))) for i in range(4)])
    torch.testing.assert_close(motion.head(heads), turn.head(heads), atol=1e-6, rtol=0)
    # Square pixels stay so: the focal length grows with the picture.
    torch.testing.assert_close(moved_k[:, 0, 0], 300 * motion.scale.double(), atol=1e-4, rtol=0)
    torch.testing.assert_close(moved_k[:, 1, 1], 300 * motion.scale.double(), atol=1e-4, rtol=0)


def test_any_map_is_a_camera() -> None:
    """H K = K' R, and what a turned camera projects is what the map moves."""
    rng = np.random.default_rng(2)
    k = torch.tensor([[310.0, 2.0, 38], [0, 290, 31], [0, 0, 1]]).double()
    for sign in (1, -1):
        h = torch.tensor(np.eye(3) + rng.normal(0, [[0.1], [0.1], [1e-3]], (3, 3)))
        h[0] *= sign
        h[0, 2] += 0 if sign > 0 else WIDTH
        motion = Homography(h[None])
        moved_k, turn = motion.camera(k[None])
        assert bool(turn.mirrored) == (sign < 0)
        torch.testing.assert_close(moved_k[0].tril(-1), torch.zeros(3, 3).double(), atol=1e-12, rtol=0)
        r = turn.rotation[0]
        torch.testing.assert_close(r @ r.T, torch.eye(3).double(), atol=1e-12, rtol=0)
        assert float(torch.linalg.det(r)) == pytest.approx(1)
        points = torch.tensor(rng.normal([0, 0, 1.0], 0.05, (1, 7, 3)))
        before, after = points @ k.T, turn.vectors(points) @ moved_k[0].T
        torch.testing.assert_close(motion.points(before[..., :2] / before[..., 2:]), after[..., :2] / after[..., 2:])


def test_a_camera_that_turns_keeps_its_matrix() -> None:
    k = torch.tensor([[310.0, 0, 38], [0, 290, 31], [0, 0, 1]]).double()[None]
    turn = small_turns(torch.tensor([[0.1, -0.2, 0.05]]))
    torch.testing.assert_close(
        turn[0], torch.tensor(rotation_from_vector(np.array([0.1, -0.2, 0.05]))), atol=1e-7, rtol=0
    )
    moved_k, found = camera_turn(k, turn).camera(k)
    torch.testing.assert_close(moved_k, k)
    torch.testing.assert_close(found.rotation, turn)


def test_flipping_twice_is_nothing() -> None:
    twice = flip(2, WIDTH).then(flip(2, WIDTH))
    torch.testing.assert_close(twice.matrix, torch.eye(3).double().expand(2, 3, 3))
    pictures = torch.rand(2, 1, HEIGHT, WIDTH)
    torch.testing.assert_close(flip(2, WIDTH).pictures(pictures), pictures.flip(-1), atol=1e-4, rtol=0)
    turn = Turn(torch.eye(3).double().expand(1, 3, 3), torch.tensor([True]))
    gaze = torch.tensor([[0.2, -0.3]])
    torch.testing.assert_close(turn.gaze(gaze), torch.tensor([[0.2, 0.3]]))
    head = torch.tensor(rotation_from_vector(np.array([0.1, 0.2, 0.3])))[None]
    torch.testing.assert_close(turn.head(head), mirrored(head))


def test_a_crop_is_the_box_as_a_picture_and_boxes_and_masks_move() -> None:
    motion = crop(torch.tensor([[20.0, 10.0, 60.0, 40.0]]), 40, 30)
    pictures, masks = torch.rand(1, 2, HEIGHT, WIDTH), torch.randint(0, 9, (1, HEIGHT, WIDTH), dtype=torch.uint8)
    torch.testing.assert_close(motion.pictures(pictures, 40, 30), pictures[..., 10:40, 20:60], atol=1e-5, rtol=0)
    assert torch.equal(motion.masks(masks, 40, 30), masks[:, 10:40, 20:60])
    torch.testing.assert_close(
        motion.boxes(torch.tensor([[20.0, 10.0, 60.0, 40.0]])), torch.tensor([[0.0, 0, 40, 30]]).double()
    )
    turned = Similarity(torch.zeros(1, 2), torch.ones(1), torch.tensor([np.pi / 4], dtype=torch.float32))
    box = turned.homography(40, 40).boxes(torch.tensor([[10.0, 10.0, 30.0, 30.0]]))
    reach = 10 * np.sqrt(2)
    np.testing.assert_allclose(box[0], [20 - reach, 20 - reach, 20 + reach, 20 + reach], atol=1e-5)


@pytest.mark.parametrize(("bend", "shear"), [(-0.2, 0.0), (0.15, 0.0), (0.0, 6.0), (-0.15, -5.0)])
def test_a_lens_and_a_shutter_move_points_with_the_picture(bend: float, shear: float) -> None:
    motion = Bend(torch.tensor([bend]), torch.tensor([shear]))
    for u, v in ((58.0, 14.0), (22.0, 44.0), (40.0, 30.0)):
        seen = centre(motion.pictures(dot(u, v))[0, 0])
        np.testing.assert_allclose(motion.points(torch.tensor([[[u, v]]]), WIDTH, HEIGHT)[0, 0], seen, atol=0.1)


def test_a_lens_by_hand() -> None:
    """A barrel shows the corner nearer to the middle: r = r' / (1 + bend r'^2), of half the diagonal."""
    lens = Bend(torch.tensor([-0.2]), torch.zeros(1))
    corner = lens.points(torch.tensor([[[80.0, 60.0], [40.0, 30.0], [80.0, 30.0]]]), WIDTH, HEIGHT)[0]
    radii = ((corner - torch.tensor([40.0, 30.0])) / 50).norm(dim=-1).double()
    np.testing.assert_allclose(radii / (1 - 0.2 * radii**2), [1, 0, 0.8], atol=1e-6)
    assert 0.8 < float(radii[0]) < 0.9
    shutter = Bend(torch.zeros(1), torch.tensor([4.0]))
    moved = shutter.points(torch.tensor([[[10.0, 0.0], [10.0, 30.0], [10.0, 60.0]]]), WIDTH, HEIGHT)[0]
    np.testing.assert_allclose(moved, [[8, 0], [10, 30], [12, 60]], atol=1e-5)
    masks = torch.arange(HEIGHT)[None, :, None].expand(1, HEIGHT, WIDTH)
    assert torch.equal(shutter.masks(masks), masks)
    pincushion = Bend(torch.tensor([0.2]), torch.zeros(1))
    assert pincushion.points(torch.tensor([[[140.0, 30.0]]]), WIDTH, HEIGHT).isnan().all()


def test_a_plate_moves_points_with_the_picture_and_has_no_camera() -> None:
    plate = draw_elastic(torch.Generator().manual_seed(3), 0.06, 1, HEIGHT, WIDTH)
    still = draw_elastic(torch.Generator().manual_seed(3), 0.0, 1, HEIGHT, WIDTH)
    points = torch.tensor([[[58.0, 18.0], [24.0, 40.0], [40.0, 30.0]]])
    torch.testing.assert_close(still.points(points, WIDTH, HEIGHT), points, atol=1e-4, rtol=0)
    moved = plate.points(points, WIDTH, HEIGHT)
    assert (moved - points).norm(dim=-1).max() > 0.5
    for before, after in zip(points[0], moved[0], strict=True):
        seen = centre(plate.pictures(dot(*before.tolist()))[0, 0])
        np.testing.assert_allclose(after, seen, atol=0.2)
    # What the pins show is what was pulled to them.
    at_pins = plate.points(plate.pulled * HEIGHT, WIDTH, HEIGHT)
    torch.testing.assert_close(at_pins, plate.pins * HEIGHT, atol=1e-4, rtol=0)
    with pytest.raises(ConfigError, match="elastic_px: a picture that is bent like rubber has no camera"):
        plate.camera(torch.eye(3)[None])


def test_swaps_undo_themselves() -> None:
    for swap, n in ((IBUG68, 68), (FIVE, 5), (JAW, 17), (CONTOUR, 32), (dense478(), 478), (PARSING, 19)):
        assert sorted(swap) == list(range(n))
        np.testing.assert_array_equal(swap[swap], np.arange(n))
    # A known few: corners of eyes and mouth, the chin, the nose's tip; MediaPipe's likewise, with both irises.
    assert IBUG68[[36, 39, 48, 8, 30, 60]].tolist() == [45, 42, 54, 8, 30, 64]
    assert IBUG68[[0, 17, 21, 31, 37, 40, 41, 62, 65]].tolist() == [16, 26, 22, 35, 44, 47, 46, 62, 67]
    assert dense478()[[33, 133, 61, 1, 468, 469, 470]].tolist() == [263, 362, 291, 1, 473, 476, 475]
    assert (dense478() == np.arange(478)).sum() == 28  # on the midline
