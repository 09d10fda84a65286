"""Equalisation against a case worked by hand and a second, slow reading of OpenCV's loop."""

import numpy as np
import torch

from adapt.equalise import equalise, to_network


def equalised_by_loop(image: np.ndarray) -> np.ndarray:
    counts = np.bincount(image.ravel(), minlength=256)
    level = int(np.flatnonzero(counts)[0])
    if counts[level] == image.size:
        return image.copy()
    scale = np.float32(255.0) / np.float32(image.size - counts[level])
    table, total = np.zeros(256, np.uint8), 0
    for value in range(level + 1, 256):
        total += int(counts[value])
        table[value] = int(np.rint(np.float32(total) * scale))
    return table[image]


def test_by_hand() -> None:
    # Counts 2, 3, 3 of 8: the cdf less the lowest level's two is 0, 3, 6 of 6.
    image = torch.tensor([[10, 10, 20, 20], [20, 200, 200, 200]], dtype=torch.uint8)
    expected = [[0, 0, 128, 128], [128, 255, 255, 255]]  # 127.5 goes to the even neighbour
    assert equalise(image[None])[0].tolist() == expected


def test_agrees_with_the_loop_on_every_picture_of_a_batch() -> None:
    rng = np.random.default_rng(0)
    images = (
        np.stack([rng.integers(0, 256, (36, 60)), rng.normal(90, 12, (36, 60)), rng.integers(200, 204, (36, 60))])
        .clip(0, 255)
        .astype(np.uint8)
    )
    images[0, 0, 0] = 255
    found = equalise(torch.from_numpy(images)).numpy()
    for one, image in zip(found, images, strict=True):
        np.testing.assert_array_equal(one, equalised_by_loop(image))


def test_a_flat_picture_keeps_its_level() -> None:
    flat = torch.full((2, 36, 60), 77, dtype=torch.uint8)
    assert torch.equal(equalise(flat), flat)


def test_a_monotone_change_of_light_is_undone() -> None:
    ramp = torch.arange(60 * 36, dtype=torch.float32).reshape(1, 36, 60) / (60 * 36)
    dark, light = (ramp * 100).to(torch.uint8), (ramp * 100).to(torch.uint8) * 2 + 40
    assert torch.equal(equalise(dark), equalise(light))


def test_networks_are_given_unit_floats() -> None:
    images = torch.arange(60 * 36).remainder(256).to(torch.uint8).reshape(1, 36, 60)
    ready = to_network(images)
    assert ready.shape == (1, 1, 36, 60) and ready.dtype == torch.float32
    assert ready.min() == 0 and ready.max() == 1
