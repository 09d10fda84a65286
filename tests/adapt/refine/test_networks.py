"""The networks of a refiner: published numbers of weights, sizes, what a patch sees, where a fresh one starts."""

import pytest
import torch

from adapt.refine import Refiner
from adapt.refine.build import build_refiner
from adapt.refine.discriminator import PatchDiscriminator
from adapt.refine.residual import ResidualRefiner
from adapt.refine.space import to_float, to_levels
from adapt.refine.translator import Translator
from synth.errors import ConfigError


def weights(network: torch.nn.Module) -> int:
    return sum(one.numel() for one in network.parameters())


@pytest.mark.parametrize("channels", [1, 3])
def test_the_published_numbers_of_weights(channels: int) -> None:
    block = 2 * (64 * 64 * 9 + 64)
    assert weights(ResidualRefiner(channels)) == (9 * channels * 64 + 64) + 4 * block + (64 * channels + channels)
    layers = [(channels, 96, 9), (96, 64, 9), (64, 32, 9), (32, 32, 1), (32, 2, 1)]
    assert weights(PatchDiscriminator(channels)) == sum(i * o * k + o for i, o, k in layers)


@pytest.mark.parametrize("make", [ResidualRefiner, Translator])
@pytest.mark.parametrize(("channels", "height", "width"), [(1, 36, 60), (3, 17, 23)])
def test_refiners_keep_the_size_and_stay_in_range(make: type[Refiner], channels: int, height: int, width: int) -> None:
    torch.manual_seed(0)
    refiner = make(channels, 8, 2)  # type: ignore[call-arg]
    pictures = 2 * torch.rand(2, channels, height, width) - 1
    refined = refiner(pictures)
    assert refined.shape == pictures.shape and refined.abs().max() <= 1 and refined.std() > 0
    features = refiner.encode(pictures)
    assert [one.shape[1] for one in features] == list(refiner.feature_channels)
    assert torch.equal(refined, refiner.decode(pictures, features))


def test_a_residual_refiner_changes_no_pixel_by_what_is_far_from_it() -> None:
    torch.manual_seed(0)
    refiner = ResidualRefiner(1, 8, 2)
    pictures = torch.zeros(1, 1, 15, 25)
    changed = pictures.clone()
    changed[0, 0, 7, 12] = 1
    moved = (refiner(changed) - refiner(pictures))[0, 0].abs() > 0
    rows, columns = torch.nonzero(moved).unbind(1)
    # One 3x3 layer and two blocks of two: five pixels to each side.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 12, 7, 17)


def test_with_a_skip_a_fresh_refiner_is_the_identity() -> None:
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    assert torch.equal(to_levels(ResidualRefiner(1, 4, 1, skip=True)(to_float(levels))), levels)


def test_levels_survive_the_way_there_and_back() -> None:
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    there = to_float(levels)
    assert there.min() == -1 and there.max() == 1 and torch.equal(to_levels(there), levels)
    assert to_levels(torch.tensor([[[[-1.2, 1.2]]]])).flatten().tolist() == [0, 255]


@pytest.mark.parametrize(("height", "width", "patches"), [(36, 60, (9, 15)), (35, 55, (9, 14)), (8, 8, (2, 2))])
def test_a_discriminator_has_a_patch_at_every_fourth_pixel(height: int, width: int, patches: tuple[int, int]) -> None:
    discriminator = PatchDiscriminator(1, 6)
    assert discriminator(torch.zeros(2, 1, height, width)).shape == (2, *patches)


def test_a_patch_sees_23_pixels() -> None:
    torch.manual_seed(0)
    discriminator = PatchDiscriminator(1, 12)
    pictures = torch.rand(1, 1, 60, 60)

    def moves(place: int) -> bool:
        """Whether the patch at 28 (the seventh) sees a white column here."""
        changed = pictures.clone()
        changed[..., place] = 9
        return not torch.equal(discriminator(changed)[0, 7, 7], discriminator(pictures)[0, 7, 7])

    assert [place for place in range(60) if moves(place)] == list(range(28 - 11, 28 + 12))


def test_spectral_normalisation_holds_the_largest_singular_value_at_one() -> None:
    torch.manual_seed(0)
    discriminator = PatchDiscriminator(3, 12, spectral=True)
    for _ in range(60):  # each look is a step of power iteration
        discriminator(torch.zeros(1, 3, 8, 8))
    largest = [
        float(torch.linalg.svdvals(layer.weight.detach().flatten(1))[0])
        for layer in discriminator.layers
        if isinstance(layer, torch.nn.Conv2d)
    ]
    assert largest == pytest.approx([1.0] * 5, abs=1e-2)


def test_translators_see_contrast_where_the_level_is_even() -> None:
    torch.manual_seed(0)
    translator = Translator(1, 8, 1)
    pictures = torch.rand(1, 1, 12, 20) / 2
    # Instance normalisation takes the mean and the scale away, but for the picture among the features.
    plain, brighter = translator.encode(pictures)[1:], translator.encode(1.5 * pictures + 0.1)[1:]
    for one, other in zip(plain, brighter, strict=True):
        torch.testing.assert_close(one, other, atol=2e-2, rtol=0)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [("residul", {}, "network=residul: no such refiner"), ("translator", {"skip": True}, "network=translator: .*skip")],
)
def test_unknown_refiners_and_options_are_refused(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_refiner(name, options)
