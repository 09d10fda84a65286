"""The space a refiner works in, and the numbers that its configuration may hold."""

import numpy as np
import pytest
import torch

from adapt.equalise import equalise
from adapt.refine.recipe import Network, Refining
from adapt.refine.space import Space, in_space
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
