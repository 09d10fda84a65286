"""Augmentation: neutral amounts change nothing, equal ones change alike, turns move picture and gaze together."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from adapt.augment.blocks import cosine_matrix
from adapt.augment.changes import Changes, draw_changes
from adapt.augment.eyes import augment
from adapt.augment.jpeg import jpeg, quantisation
from adapt.augment.lens import blurred
from adapt.augment.light import lit
from adapt.augment.sensor import exposed, resample
from adapt.augment.strengths import Strengths
from adapt.batch import Batch
from adapt.motion.similarity import Similarity
from synth.errors import ConfigError

FULL = Strengths(
    shift_px=2.0,
    scale=0.05,
    rotation_deg=4.0,
    probability=0.7,
    blur_px=1.2,
    motion_px=1.5,
    sharpening=1.0,
    rows_min=12,
    gradient=1.0,
    gamma=0.4,
    gain=0.3,
    read_noise=0.04,
    shot_noise=0.05,
    blotch_noise=0.05,
    jpeg_quality_min=25,
    spots=0.4,
    glare=0.3,
    head_noise_deg=2.0,
    head_dropout=0.1,
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise_batch(n: int = 16) -> Batch:
    g = generator(5)
    return Batch(
        images_u8=torch.randint(0, 256, (n, 36, 60), generator=g, dtype=torch.uint8),
        head_pitch_yaw_rad=torch.rand(n, 2, generator=g) - 0.5,
        gaze_pitch_yaw_rad=torch.rand(n, 2, generator=g) - 0.5,
        right=torch.zeros(n, dtype=torch.bool),
        mirrored=torch.zeros(n, dtype=torch.bool),
        keys=tuple(str(i) for i in range(n)),
    )


def still(n: int) -> Changes:
    return draw_changes(generator(), Strengths(), n)


def disc(x: float, y: float) -> torch.Tensor:
    """Return a soft disc at (x, y) px, (0, 0) being the corner of the first pixel."""
    columns, rows = torch.arange(60) + 0.5, torch.arange(36) + 0.5
    return torch.exp(-((columns - x) ** 2 + (rows[:, None] - y) ** 2) / 8)[None, None]


def centroid(image: torch.Tensor) -> tuple[float, float]:
    columns, rows = torch.arange(60) + 0.5, torch.arange(36) + 0.5
    total = image.sum()
    return float((image * columns).sum() / total), float((image * rows[:, None]).sum() / total)


def test_neutral_changes_are_the_identity() -> None:
    batch = noise_batch()
    changed = augment(batch, still(16))
    assert torch.equal(changed.images_u8, batch.images_u8)
    torch.testing.assert_close(changed.gaze_pitch_yaw_rad, batch.gaze_pitch_yaw_rad, atol=1e-6, rtol=0)
    assert torch.equal(changed.head_pitch_yaw_rad, batch.head_pitch_yaw_rad)


def test_drawing_is_seeded_and_applying_is_pure() -> None:
    batch = noise_batch()
    before = batch.images_u8.clone()
    changes = draw_changes(generator(3), FULL, 16)
    first, again = augment(batch, changes), augment(batch, changes)
    redrawn = augment(batch, draw_changes(generator(3), FULL, 16))
    assert torch.equal(first.images_u8, again.images_u8) and torch.equal(first.images_u8, redrawn.images_u8)
    assert torch.equal(batch.images_u8, before)
    other = augment(batch, draw_changes(generator(4), FULL, 16))
    assert not torch.equal(first.images_u8, other.images_u8)


def test_drawing_touches_no_global_generator() -> None:
    state = torch.random.get_rng_state()
    augment(noise_batch(), draw_changes(generator(), FULL, 16))
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize(
    ("shift", "scale", "degrees"), [((2, -1), 1, 0), ((0, 0), 1.05, 0), ((0, 0), 1, 4), ((1, 2), 0.95, -4)]
)
def test_crop_moves_a_disc_to_where_the_matrix_says(shift: tuple[float, float], scale: float, degrees: float) -> None:
    angle = np.radians(degrees)
    crop = Similarity(
        shift_px=torch.tensor([shift], dtype=torch.float32),
        scale=torch.tensor([float(scale)]),
        turn_rad=torch.tensor([angle], dtype=torch.float32),
    )
    from_middle = np.array([12.0, -6.0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    expected = scale * turn @ from_middle + [30, 18] + shift
    moved = crop.pictures(disc(42, 12))
    np.testing.assert_allclose(centroid(moved[0, 0]), expected, atol=0.05)


def test_a_turned_picture_is_labelled_with_the_turned_gaze() -> None:
    # The eye as a ball: its pupil is seen at the middle plus the gaze's x and y.
    gaze, angle = torch.tensor([[0.3, 0.4]]), torch.tensor([0.3])

    def seen(pitch_yaw: torch.Tensor) -> tuple[float, float]:
        pitch, yaw = pitch_yaw[0].tolist()
        return 30 - 20 * np.cos(pitch) * np.sin(yaw), 18 - 20 * np.sin(pitch)

    picture = (disc(*seen(gaze))[0] * 255).to(torch.uint8)
    batch = replace(noise_batch(1), images_u8=picture, gaze_pitch_yaw_rad=gaze)
    turned = augment(batch, replace(still(1), crop=Similarity(torch.zeros(1, 2), torch.ones(1), angle)))
    np.testing.assert_allclose(centroid(turned.images_u8[0].float()), seen(turned.gaze_pitch_yaw_rad), atol=0.1)
    assert torch.equal(turned.head_pitch_yaw_rad, batch.head_pitch_yaw_rad)


def test_changes_of_light_keep_the_labels() -> None:
    batch = noise_batch()
    changes = draw_changes(generator(), replace(FULL, rotation_deg=0.0, head_noise_deg=0.0, head_dropout=0.0), 16)
    changed = augment(batch, changes)
    torch.testing.assert_close(changed.gaze_pitch_yaw_rad, batch.gaze_pitch_yaw_rad, atol=1e-6, rtol=0)
    assert torch.equal(changed.head_pitch_yaw_rad, batch.head_pitch_yaw_rad)
    assert not torch.equal(changed.images_u8, batch.images_u8)


def blurred_point(along: float, both: float, direction: float) -> np.ndarray:
    """What becomes of one bright pixel; before a grey, so that nothing is below black."""
    grey = torch.full((1, 1, 36, 60), 0.5)
    point = grey.clone()
    point[0, 0, 18, 30] += 1
    seen = blurred(point, torch.tensor([[along, both, direction]]), torch.zeros(1))
    return np.asarray((seen - grey)[0, 0].double().numpy())


def test_blur_has_the_deviation_asked_for_and_keeps_the_light() -> None:
    blurred = blurred_point(1.2, 0.8, 0.0)
    assert float(blurred.sum()) == pytest.approx(1, abs=1e-4)
    offset, across = np.arange(60) - 30.0, np.arange(36) - 18.0
    assert float((blurred.sum(0) * offset**2).sum()) == pytest.approx(1.2**2 + 0.8**2, rel=0.03)
    assert float((blurred.sum(1) * across**2).sum()) == pytest.approx(0.8**2, rel=0.03)


def test_motion_runs_along_its_direction() -> None:
    blurred = blurred_point(2.0, 0.5, np.pi / 4)
    y, x = np.mgrid[-18:18, -30:30]
    along, across = (x + y) / np.sqrt(2), (y - x) / np.sqrt(2)
    assert (blurred * along**2).sum() == pytest.approx(2.0**2 + 0.5**2, rel=0.03)
    assert (blurred * across**2).sum() == pytest.approx(0.5**2, rel=0.05)


def test_blur_and_unsharp_mask_are_those_of_scipy() -> None:
    rng = np.random.default_rng(3)
    fine = ndimage.gaussian_filter(rng.random((36, 60)), 1.2)  # what a sampled Gaussian can follow
    picture = torch.from_numpy((fine - fine.min()) / np.ptp(fine) * 0.6 + 0.2).float()[None, None]
    soft = ndimage.gaussian_filter(picture[0, 0].double().numpy(), 1.5, mode="nearest", truncate=6)
    halo = soft - ndimage.gaussian_filter(soft, 1.0, mode="nearest", truncate=6)
    for amount in (0.0, 0.8):
        seen = blurred(picture, torch.tensor([[0.0, 1.5, 0.0]]), torch.tensor([amount]))[0, 0].double().numpy()
        # Near an edge the two filters of scipy each repeat it; ours repeats it once.
        inner = (slice(8, -8), slice(8, -8)) if amount else (slice(None), slice(None))
        np.testing.assert_allclose(seen[inner], (soft + amount * halo)[inner], atol=5e-4)


def test_resampling_keeps_the_mean_and_loses_the_fine() -> None:
    fine = torch.arange(60).remainder(2).float().expand(1, 1, 36, 60)
    coarse = resample(fine, torch.tensor([18]))
    torch.testing.assert_close(coarse, torch.full_like(coarse, 0.5))
    assert torch.equal(resample(fine, torch.tensor([36])), fine)


def test_gradient_has_the_ratio_asked_for() -> None:
    none = still(1)
    seen = lit(torch.full((1, 1, 36, 60), 0.5), torch.tensor([[0.5, 0.0]]), none.glare, none.spots)
    assert float(seen[0, 0, 0, -1] / seen[0, 0, 0, 0]) == pytest.approx(np.exp(1), rel=1e-5)
    torch.testing.assert_close(seen[0, 0, 0], seen[0, 0, -1])


def test_exposure_clips_and_gamma_bends() -> None:
    images = torch.full((2, 1, 36, 60), 0.6)
    seen = exposed(images, torch.tensor([2.0, 1.0]), None, None, torch.tensor([1.0, 2.0]))
    assert float(seen[0].max()) == 1
    assert float(seen[1].mean()) == pytest.approx(0.36)


@pytest.mark.parametrize(
    ("strengths", "light", "expected"),
    [
        # The amount is even in [0, 0.1], so the mean variance is 0.1 squared over three.
        ({"read_noise": 0.1}, 0.5, 0.01 / 3),
        ({"shot_noise": 0.1}, 0.5, 0.5 * 0.01 / 3),
        ({"read_noise": 0.1, "shot_noise": 0.1}, 0.4, 1.4 * 0.01 / 3),
    ],
)
def test_noise_has_the_deviation_asked_for(strengths: dict[str, float], light: float, expected: float) -> None:
    changes = draw_changes(generator(), Strengths(probability=1.0, **strengths), 400)
    assert changes.grain is not None
    noise = (changes.grain, changes.read_noise, changes.shot_noise)
    seen = exposed(torch.full((400, 1, 36, 60), light), changes.gain, noise, None, changes.gamma)
    assert float(seen.mean()) == pytest.approx(light, abs=2e-3)
    assert float(seen.var()) == pytest.approx(expected, rel=0.1)


def test_jpeg_is_orthonormal_and_quality_100_is_none() -> None:
    transform = cosine_matrix()
    torch.testing.assert_close(transform @ transform.T, torch.eye(8), atol=1e-6, rtol=0)
    images = noise_batch(3).images_u8[:, None].float() / 255
    quality = torch.tensor([100.0, 90.0, 30.0])
    saved = jpeg(images, quality)
    errors = (saved - images).abs().mean((1, 2, 3))
    assert errors[0] == 0 and 0 < errors[1] < errors[2]
    assert quantisation(torch.tensor([50.0]))[0, 0, 0] == 16


def test_jpeg_agrees_with_the_codec() -> None:
    level = disc(25, 15)[0, 0] * 150 + 50 + 20 * torch.randn(36, 60, generator=generator())
    picture = level.clamp(0, 255).round().to(torch.uint8)[:32, :56].contiguous()
    buffer = io.BytesIO()
    Image.fromarray(picture.numpy()).save(buffer, "JPEG", quality=40)
    codec = np.asarray(Image.open(buffer), dtype=np.float32)
    ours = jpeg(picture[None, None].float() / 255, torch.tensor([40.0]))[0, 0].numpy() * 255
    damage = np.abs(codec - picture.numpy()).mean()
    # The codec transforms in integers and rounds to whole levels; a coefficient at a tie may go the other way.
    assert damage > 5 and np.abs(ours - codec).mean() < 0.4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shift_px", -1.0),
        ("probability", 1.5),
        ("rows_min", 1),
        ("jpeg_quality_min", 0),
        ("scale", 0.7),
        ("gamma", float("nan")),
    ],
)
def test_impossible_strengths_are_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"^{name}="):
        replace(FULL, **{name: value})
