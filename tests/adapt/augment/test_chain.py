"""The camera's changes against closed forms and slow formulas; what is neutral changes nothing, and draws nothing."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from adapt.augment.bars import crossed, draw_bars, hidden
from adapt.augment.changes import draw_changes
from adapt.augment.dice import Dice
from adapt.augment.eyes import changed_pictures
from adapt.augment.lens import corner_shade, defocused, fringed
from adapt.augment.levels import levels_of, light_of
from adapt.augment.light import draw_screen, screen_light
from adapt.augment.mixing import Mixing, draw_mixing, matched, mixed, recoloured, scaled
from adapt.augment.sensor import demosaiced
from adapt.augment.strengths import Strengths
from adapt.augment.tone import balanced, contrasted, equalised, planckian
from adapt.augment.video import streamed
from synth.draw.light import colour_of_temperature
from synth.errors import ConfigError
from synth.picture import encode_srgb

LATER = {
    **{"distortion": 0.1, "shutter_px": 2.0, "screen": 0.6, "vignetting": 1.0, "defocus_px": 1.5, "hot_pixels": 0.01},
    **{"mosaic": 0.5, "contrast": 0.5, "clahe": 0.7, "video_qp_max": 42, "bars": 0.5},
}
"""Kinds that came after the first networks were trained."""
FIRST = {"probability": 0.7, "shift_px": 2.0, "blur_px": 1.0, "rows_min": 12, "read_noise": 0.05, "gain": 0.3}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(n: int = 3, channels: int = 1, height: int = 24, width: int = 32, seed: int = 1) -> torch.Tensor:
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).random((n, channels, height, width)), (0, 0, 2, 2))
    return torch.from_numpy((smooth - smooth.min()) / np.ptp(smooth)).float()


@pytest.mark.parametrize("name", LATER)
def test_a_later_kind_changes_no_other_amount(name: str) -> None:
    before = draw_changes(generator(), Strengths(**FIRST), 8)
    state, with_it = generator(), Strengths(**FIRST, **{name: LATER[name]})
    after = draw_changes(state, with_it, 8)
    changed = {field.name for field in fields(before) if getattr(before, field.name) is None}
    for field in fields(before):
        if field.name not in changed and field.name != "crop":
            old, new = getattr(before, field.name), getattr(after, field.name)
            assert torch.equal(old, new), field.name
    assert any(getattr(after, field) is not None for field in changed)
    without = generator()
    draw_changes(without, Strengths(**FIRST), 8)
    assert not torch.equal(torch.rand(1, generator=state), torch.rand(1, generator=without))


@pytest.mark.parametrize("name", LATER)
def test_each_changes_pictures_and_is_seeded(name: str) -> None:
    strengths = Strengths(probability=1.0, **{name: LATER[name]})
    images = (pictures(6, height=36, width=60)[:, 0] * 255).to(torch.uint8)
    before = images.clone()
    first, again = (changed_pictures(images, draw_changes(generator(4), strengths, 6)) for _ in range(2))
    assert torch.equal(first, again) and torch.equal(images, before) and not torch.equal(first, images)


def test_levels_and_light_are_those_of_srgb() -> None:
    light = torch.linspace(0, 1, 200, dtype=torch.float64)
    np.testing.assert_allclose(levels_of(light), encode_srgb(light.numpy()), atol=1e-7)
    torch.testing.assert_close(light_of(levels_of(light)), light, atol=1e-6, rtol=0)


def test_a_point_out_of_focus_is_a_disc() -> None:
    point = torch.full((1, 1, 41, 41), 0.2)
    point[0, 0, 20, 20] += 100
    seen = defocused(point, torch.tensor([4.0]))[0, 0].double().numpy() - 0.2
    distance = np.hypot(*np.mgrid[-20:21, -20:21])
    assert seen.sum() == pytest.approx(100, rel=1e-3)
    # Even inside, nothing outside, of the area of the disc; its edge is a pixel's.
    np.testing.assert_allclose(ndimage.uniform_filter(seen, 3)[distance < 2], 100 / (np.pi * 16), rtol=0.05)
    assert np.abs(ndimage.uniform_filter(seen, 3)[distance > 6.5]).max() < 0.1
    # A disc's second moment is r^2 / 2.
    assert (seen * distance**2)[distance < 12].sum() / 100 == pytest.approx(8, rel=0.05)


def test_corners_lose_what_is_said_by_the_fourth_power_of_the_cosine() -> None:
    shade = corner_shade(torch.tensor([0.8]), 31, 41)[0, 0]
    assert float(shade[0, 0]) == pytest.approx(np.exp(-0.8)) and float(shade[15, 20]) == 1
    tangent = np.sqrt(np.exp(0.4) - 1) * np.hypot(0, 41) / np.hypot(31, 41)
    assert float(shade[15, 0]) == pytest.approx(np.cos(np.arctan(tangent)) ** 4, rel=1e-5)


def test_red_and_blue_part_by_so_many_px() -> None:
    y, x = np.mgrid[:64, :64] + 0.5
    dot = torch.from_numpy(np.exp(-((x - 56) ** 2 + (y - 56) ** 2) / 8)).float().expand(1, 3, 64, 64)
    seen = fringed(dot, torch.tensor([2.0]))[0].double().numpy()
    at = [(plane * x).sum() / plane.sum() for plane in seen]
    # The dot is 24 / 32 of the way to the corner, along x as along y.
    aside = 2 * (24 / 32) / np.sqrt(2)
    np.testing.assert_allclose(at, [56 + aside, 56, 56 - aside], atol=0.05)


def test_a_screen_adds_light_of_its_colour_from_its_side() -> None:
    screen = draw_screen(Dice(generator(), 50, 1.0), 0.7)
    factor = screen_light(screen, 3, 9, 15)
    assert (factor >= 1).all() and (factor <= 1 + 0.7 * 3).all()
    from_below = torch.tensor([[0.5, 1.2, 1.0, 0.8, np.pi / 2]], dtype=torch.float32)
    lit = screen_light(from_below, 3, 9, 15)[0]
    torch.testing.assert_close(lit[:, 0], torch.ones(3, 15), atol=1e-6, rtol=0)
    torch.testing.assert_close(lit[:, -1, 0], 1 + 0.5 * torch.tensor([1.2, 1.0, 0.8]))
    torch.testing.assert_close(screen_light(from_below, 1, 9, 15)[0, 0, -1], torch.full((15,), 1.5))


def test_white_is_that_of_the_lamps() -> None:
    kelvin = [2700.0, 4000.0, 6500.0, 9000.0]
    for found, one in zip(planckian(torch.tensor(kelvin)), kelvin, strict=True):
        np.testing.assert_allclose(found, colour_of_temperature(one), rtol=1e-5)
    seen = balanced(torch.full((2, 3, 4, 4), 0.5), planckian(torch.tensor([6500.0, 4000.0])))
    torch.testing.assert_close(seen[0], torch.full((3, 4, 4), 0.5), atol=1e-6, rtol=0)
    assert seen[1, 0, 0, 0] > 0.5 > seen[1, 2, 0, 0]
    assert float(light_of(seen[1, :, 0, 0]).mean()) == pytest.approx(float(light_of(torch.tensor(0.5))), rel=1e-4)


def test_contrast_keeps_the_mean_and_scales_the_rest() -> None:
    images = 0.3 + 0.4 * pictures(2)
    seen = contrasted(images, torch.tensor([1.0, 0.5]))
    assert torch.equal(seen[0], images[0])
    torch.testing.assert_close(seen[1] - images[1].mean(), 0.5 * (images[1] - images[1].mean()))


@pytest.mark.parametrize("channels", [1, 3])
def test_local_equalisation_lifts_what_is_flat_and_leaves_colours(channels: int) -> None:
    images = 0.45 + 0.1 * pictures(2, channels, 36, 60)
    seen = equalised(images, torch.tensor([0.0, 1.0]))
    assert torch.equal(seen[0], images[0]) and seen[1].std() > 1.3 * images[1].std()
    if channels == 3:
        torch.testing.assert_close(seen[1] - seen[1, :1], images[1] - images[1, :1], atol=1e-5, rtol=0)


def test_a_mosaic_has_one_colour_a_pixel() -> None:
    images = pictures(2, 3)
    seen = demosaiced(images, torch.tensor([True, False]))
    assert torch.equal(seen[1], images[1])
    kept = (seen[0] - images[0]).abs() < 1e-6
    # Bayer: half of the pixels keep their green, a quarter their red, a quarter their blue.
    counts = kept[:, 2:-2, 2:-2].double().mean((1, 2))
    np.testing.assert_allclose(counts, [0.25, 0.5, 0.25], atol=0.03)
    # Between its neighbours green is their mean.
    y, x = next((y, x) for y in (10, 11) for x in (10, 11) if not kept[1, y, x])
    around = (images[0, 1, y - 1, x] + images[0, 1, y + 1, x] + images[0, 1, y, x - 1] + images[0, 1, y, x + 1]) / 4
    assert float(seen[0, 1, y, x]) == pytest.approx(float(around), abs=1e-5)
    flat = torch.full((1, 1, 5, 7), 0.4)
    torch.testing.assert_close(demosaiced(flat, torch.tensor([True])), flat)


def test_a_coarser_video_is_further_off_and_its_borders_are_soft() -> None:
    images = pictures(1, height=64, width=64).expand(4, 1, 64, 64)
    errors = (streamed(images, torch.tensor([0.0, 24.0, 36.0, 46.0])) - images).abs().mean((1, 2, 3))
    assert errors[0] == 0 and 0 < errors[1] < errors[2] < errors[3]
    # A slope loses its slope within blocks; over their borders the step is made smaller than it was.
    slope = torch.linspace(0.3, 0.7, 64).expand(1, 1, 64, 64)
    flat = streamed(slope, torch.tensor([44.0]))[0, 0, 0]
    steps = flat.diff().abs()
    inner = torch.ones(63, dtype=torch.bool)
    inner[7::8] = False
    assert steps[7::8].max() > 3 * steps[inner].median()
    assert steps.sum() == pytest.approx(float(flat[-1] - flat[0]), abs=1e-5), "it stays a slope, without overshoot"


def test_bars_cover_the_points_that_they_are_drawn_over() -> None:
    bars = draw_bars(Dice(generator(3), 40, 0.5), 0.8)
    bars[..., 5:] = 0.0
    seen = crossed(torch.ones(40, 1, 36, 60), bars)
    y, x = np.mgrid[:36, :60] + 0.5
    centres = torch.from_numpy(np.stack([x, y], -1).reshape(1, -1, 2)).float().expand(40, -1, 2)
    under = hidden(centres, bars, 60, 36).reshape(40, 36, 60)
    assert under.any() and not under.flatten(1).all(1).any()
    assert (seen[:, 0][under] < 0.5).all()
    # Two edges may share a pixel; elsewhere what is not hidden is mostly seen.
    assert (seen[:, 0][~under] > 0.24).all()
    upright = torch.tensor([[[0.5, 0.0, np.pi / 2, 0.1, 0.0, 0.0, 0.0, 0.0]]], dtype=torch.float32)
    columns = crossed(torch.ones(1, 1, 36, 60), upright)[0, 0, 0] < 0.5
    assert columns.nonzero().flatten().tolist() == [42, 43, 44, 45, 46, 47]  # 45 px, 3 px to either side


def test_a_histogram_is_taken_over_exactly_and_ranks_stay() -> None:
    images, real = pictures(2, 3, seed=1), pictures(2, 3, seed=2) ** 2
    seen = matched(images, real)
    assert torch.equal(seen.flatten(2).sort().values, real.flatten(2).sort().values)
    assert torch.equal(seen.flatten(2).argsort(), images.flatten(2).argsort())


def test_a_spectrum_gives_its_low_amplitudes_alone() -> None:
    images, real = pictures(1, seed=3).double(), pictures(1, seed=4).double()
    seen = np.fft.fft2(recoloured(images, real)[0, 0].numpy())
    own, other = np.fft.fft2(images[0, 0].numpy()), np.fft.fft2(real[0, 0].numpy())
    down, right = (np.abs(np.fft.fftfreq(side, 1 / side)) for side in images.shape[-2:])
    low = (down <= 1)[:, None] & (right <= 1)
    np.testing.assert_allclose(np.abs(seen)[low], np.abs(other)[low], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(seen[~low], own[~low], atol=1e-9)
    np.testing.assert_allclose(np.angle(seen[low] / own[low]), 0, atol=1e-6)


def test_statistics_are_taken_over() -> None:
    images, real = pictures(2, 3, seed=5), 0.2 + 0.5 * pictures(2, 3, seed=6)
    seen = scaled(images, real)
    torch.testing.assert_close(seen.mean((2, 3)), real.mean((2, 3)))
    torch.testing.assert_close(seen.std((2, 3)), real.std((2, 3)))


def test_mixing_is_drawn_of_the_bank_and_shared() -> None:
    bank = torch.stack([torch.full((1, 24, 32), level) for level in (0.25, 0.75)])
    drawn = draw_mixing(Dice(generator(), 200, 0.0), 0.6, bank)
    assert {float(level) for level in drawn.real[:, 0, 0, 0]} == {0.25, 0.75}
    assert set(drawn.what.tolist()) == {0, 1, 2, 3} and 0.5 < (drawn.what > 0).double().mean() < 0.7
    images = pictures(2)
    half = mixed(images, Mixing(bank, torch.tensor([0, 1]), torch.tensor([0.5, 0.5])))
    assert torch.equal(half[0], images[0])
    torch.testing.assert_close(half[1], (images[1] + 0.75) / 2)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"distortion": 0.3}, "distortion=0.3"),
        ({"video_qp_max": 60}, "video_qp_max=60"),
        ({"white_balance": 150.0}, "white_balance=150"),
        ({"bars": 1.5}, "bars=1.5"),
        ({"mixing": 0.5}, "mixing=0.5, mixing_from=None: give both"),
        ({"mixing_from": "photographs"}, "give both"),
    ],
)
def test_impossible_strengths_are_refused(wrong: dict[str, float], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        replace(Strengths(), **wrong)
