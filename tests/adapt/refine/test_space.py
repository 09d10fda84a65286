"""The space a refiner works in, and the numbers that its configuration may hold."""

import numpy as np
import pytest
import torch

from adapt.equalise import equalise
from adapt.refine.recipe import Network, Refining
from adapt.refine.space import Space, as_stored, in_space
from synth.errors import ConfigError


def test_grey_pictures_are_equalised_and_coloured_ones_are_not() -> None:
    rng = np.random.default_rng(0)
    grey, colour = rng.integers(0, 90, (2, 6, 9), np.uint8), rng.integers(0, 90, (2, 6, 9, 3), np.uint8)
    assert Space.auto.of(1) is Space.equalised and Space.auto.of(3) is Space.plain
    equal = in_space(list(grey), Space.equalised)
    assert equal.channels == 1 and torch.equal(equal.images_u8[:, 0], equalise(torch.from_numpy(grey)))
    assert np.array_equal(in_space(list(grey), Space.plain).images_u8[:, 0].numpy(), grey)
    plain = in_space(list(colour), Space.plain)
    assert plain.channels == 3 and np.array_equal(plain.images_u8[1, 2].numpy(), colour[1, :, :, 2])
    assert torch.equal(plain.take([1]).images_u8, plain.images_u8[1:])


def test_levels_go_back_as_they_came_and_in_between() -> None:
    stored = np.array([[10, 20, 20], [60, 61, 200]], np.uint8)
    shown = equalise(torch.from_numpy(stored)[None])[0].numpy()
    # By hand: cdf 1, 3, 4, 5, 6; (cdf - 1) 255 / 5.
    assert shown.tolist() == [[0, 102, 102], [153, 204, 255]]
    assert np.array_equal(as_stored(shown, shown, stored), stored)
    refined = np.array([[51, 0, 229], [255, 160, 103]], np.uint8)
    by_hand = [[15, 10, 61 + 139 * 25 / 51], [200, 60 + 7 / 51, 20 + 40 / 51]]
    assert np.array_equal(as_stored(refined, shown, stored), np.round(by_hand))


@pytest.mark.parametrize(
    ("name", "value"),
    [("k_g", 0), ("learning_rate", 0.0), ("r1", -1.0), ("average_decay", 1.0), ("steps", 130), ("history", -1)],
)
def test_impossible_numbers_are_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"{name}={value}"):
        Refining(**{name: value})  # type: ignore[arg-type]


def test_a_translator_does_not_start_as_the_identity() -> None:
    with pytest.raises(ConfigError, match="skip=true"):
        Refining(network=Network.translator, skip=True)
