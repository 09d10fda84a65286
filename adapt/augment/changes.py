"""What a webcam does to an eye, done to a batch of rendered ones: first drawn, then applied.

`draw_changes` draws every amount (the noise included); `augment` applies them and draws nothing, so that the same
`Changes` give the same pictures again.  A change whose amount is neutral leaves its picture alone, to the last level.

The changes come in the order of the camera, before the set's histogram equalisation:

    crop (shift, scale, turn) -> light (gradient, glare, spots) -> lens (blur, motion, sharpened edges) -> sensor
    (resolution, exposure, noise, gamma) -> file (jpeg) -> 8 bits

Labels.  The crop's changes stand for the error of the landmarks that a real set was normalised with:

- A shift moves the virtual camera's aim: 2 px are 0.12 deg at f = 960 px.  The gaze is kept.
- A scale is an error of the eye's distance.  A direction does not depend on it, and the label of 2015's mode ends
  on a target near the camera's own plane, whose depth is d_n whatever distance was assumed.  The gaze is kept.
- A turn is a virtual camera with another roll: picture and gaze turn about z by the same angle.  The head angles are
  kept, because the head's measured rotation carries the very error that turned the camera.

The grey levels' changes keep all labels.
"""

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int, UInt8
from kornia.geometry.transform import warp_affine
from torch import Tensor
from torch.nn import functional

from adapt.augment.jpeg import jpeg
from adapt.augment.strengths import Strengths
from adapt.batch import Batch
from adapt.gaze import roll

SPOTS = 3
MARGIN_PX = 6
"""Of repeated edge around a picture that is filtered."""
LIKED = 8
"""Pictures of a multiple of so many pixels are transformed fast."""
HALO_PX = 1.0
"""Standard deviation of the blur that an unsharp mask takes away: cameras' is about a pixel."""
EYE_HEIGHT = 36
"""Of the pictures that the strengths' pixels are of."""
# Rows that a coarse camera gave; few different ones, because each is a call of its own.
ROW_STEPS = (36, 30, 26, 22, 18, 15, 12, 9, 6, 4, 3, 2)


@dataclass(frozen=True)
class Changes:
    """Amounts for a batch of b pictures of h x w; the names and units are those of `Strengths`.

    Attributes:
        shift_px: To the right and down.
        scale: 1 keeps the size.
        rotation_rad: Clockwise.
        gradient: Logarithm of the light's ratio per half picture, along x and y.
        spots: Per spot x, y (-1 to 1 across the picture), radius (1 = half the picture's width), height.
        glare: x, y of a point on the bar, its direction (rad), half width (1 = half the picture's width), height.
        blur: Standard deviations (px) along and across a direction (rad).
        sharpening: Part of what a blur takes away that is added; 0 keeps the picture.
        rows: Rows of the coarse picture.
        gain: Factor of the light.
        grain: Standard normal, for read and shot noise together.
        read_noise: Deviation of the one.
        shot_noise: Deviation of the other at white; it grows with the square root of the light.
        blotches: Added to the light, already scaled.
        gamma: Exponent.
        quality: Of the jpeg, 100 is none.
        head_noise_rad: Added to the head's angles.
        head_kept: 0 replaces the head's angles by zeros.
    """

    shift_px: Float[Tensor, "b 2"]
    scale: Float[Tensor, " b"]
    rotation_rad: Float[Tensor, " b"]
    gradient: Float[Tensor, "b 2"]
    spots: Float[Tensor, "b spots 4"]
    glare: Float[Tensor, "b 5"]
    blur: Float[Tensor, "b 3"]
    sharpening: Float[Tensor, " b"]
    rows: Int[Tensor, " b"]
    gain: Float[Tensor, " b"]
    grain: Float[Tensor, "b 1 h w"] | None
    read_noise: Float[Tensor, " b"]
    shot_noise: Float[Tensor, " b"]
    blotches: Float[Tensor, "b 1 h w"] | None
    gamma: Float[Tensor, " b"]
    quality: Float[Tensor, " b"]
    head_noise_rad: Float[Tensor, "b 2"]
    head_kept: Float[Tensor, "b 1"]


def draw_changes(
    generator: torch.Generator, strengths: Strengths, batch: int, height: int = 36, width: int = 60
) -> Changes:
    """Draw the changes of a batch on the generator's device."""
    device = generator.device
    s = strengths

    def even(*shape: int) -> Tensor:
        return torch.rand(batch, *shape, generator=generator, device=device)

    def signed(*shape: int) -> Tensor:
        return 2 * even(*shape) - 1

    def sometimes(*ones: int) -> Tensor:
        return (even(*ones) < s.probability).float()

    def normal(rows: int, columns: int) -> Tensor:
        return torch.randn(batch, 1, rows, columns, generator=generator, device=device)

    blotches = None
    if s.blotch_noise:
        coarse = s.blotch_noise * sometimes(1, 1, 1) * even(1, 1, 1) * normal(height // 3, width // 3)
        blotches = functional.interpolate(coarse, (height, width), mode="bilinear")
    steps = torch.tensor([r for r in ROW_STEPS if r >= s.rows_min] or [36], device=device)
    step = (sometimes() * even() * len(steps)).long()
    heights = s.spots * signed(SPOTS, 1) * sometimes(1, 1)
    return Changes(
        shift_px=s.shift_px * signed(2),
        scale=1 + s.scale * signed(),
        rotation_rad=math.radians(s.rotation_deg) * signed(),
        gradient=s.gradient / 2 * signed(2) * sometimes(1),
        spots=torch.cat([signed(SPOTS, 2), 0.02 + 0.15 * even(SPOTS, 1) ** 2, heights], dim=-1),
        glare=torch.cat(
            [signed(2), math.pi * even(1), 0.02 + 0.25 * even(1), s.glare * even(1) * sometimes(1)], dim=-1
        ),
        blur=torch.stack([s.motion_px * even() * sometimes(), s.blur_px * even() * sometimes(), math.pi * even()], -1),
        sharpening=s.sharpening * even() * sometimes(),
        rows=steps[step],
        gain=torch.exp(s.gain * signed() * sometimes()),
        grain=normal(height, width) if s.read_noise or s.shot_noise else None,
        read_noise=s.read_noise * sometimes() * even(),
        shot_noise=s.shot_noise * sometimes() * even(),
        blotches=blotches,
        gamma=torch.exp(s.gamma * signed() * sometimes()),
        quality=100 - (100 - s.jpeg_quality_min) * even() * sometimes(),
        head_noise_rad=math.radians(s.head_noise_deg) * torch.randn(batch, 2, generator=generator, device=device),
        head_kept=(even(1) >= s.head_dropout).float(),
    )


def draw_scaled_changes(
    generator: torch.Generator, strengths: Strengths, batch: int, height: int, width: int
) -> Changes:
    """Draw the changes of larger pictures: the strengths' pixels, of a picture 36 high, are scaled to their height."""
    k = height / EYE_HEIGHT
    drawn = draw_changes(generator, strengths, batch, height, width)
    # What a blur would go beyond the margin, fewer rows do as well.
    widths = (k * drawn.blur[:, :2]).clamp(max=MARGIN_PX / 3)
    return replace(
        drawn,
        shift_px=k * drawn.shift_px,
        blur=torch.cat([widths, drawn.blur[:, 2:]], dim=1),
        rows=(k * drawn.rows).round().long(),
    )


def augment(batch: Batch, changes: Changes) -> Batch:
    """Return the changed batch; see the module for what happens to the labels."""
    return replace(
        batch,
        images_u8=changed_pictures(batch.images_u8, changes),
        gaze_pitch_yaw_rad=roll(batch.gaze_pitch_yaw_rad, changes.rotation_rad),
        head_pitch_yaw_rad=(batch.head_pitch_yaw_rad + changes.head_noise_rad) * changes.head_kept,
    )


def changed_pictures(images_u8: UInt8[Tensor, "b h w"], changes: Changes) -> UInt8[Tensor, "b h w"]:
    """Return grey pictures after all changes, in the camera's order."""
    images = photographed(crop(images_u8.unsqueeze(1).float() / 255, changes), changes)
    return (jpeg(images, changes.quality).clamp(0, 1) * 255).round().to(torch.uint8).squeeze(1)


def photographed(images: Float[Tensor, "b c h w"], changes: Changes) -> Float[Tensor, "b c h w"]:
    """Return pictures in [0, 1] after the changes of light, lens and sensor."""
    images = light(images, changes)
    images = lens(images, changes.blur, changes.sharpening)
    images = resample(images, changes.rows)
    return sensor(images, changes)


def crop(images: Float[Tensor, "b c h w"], changes: Changes) -> Float[Tensor, "b c h w"]:
    """Turn, scale and move the pictures about their middle; what comes in from outside repeats the edge."""
    height, width = images.shape[-2:]
    c = changes.scale * changes.rotation_rad.cos()
    s = changes.scale * changes.rotation_rad.sin()
    # kornia's pixels have their centres at integers: the picture's middle is at (w - 1) / 2.
    x, y = (width - 1) / 2, (height - 1) / 2
    to_x = x - c * x + s * y + changes.shift_px[:, 0]
    to_y = y - s * x - c * y + changes.shift_px[:, 1]
    matrix = torch.stack([torch.stack([c, -s, to_x], -1), torch.stack([s, c, to_y], -1)], 1)
    if torch.equal(matrix, torch.eye(3, device=matrix.device)[:2].expand_as(matrix)):
        return images
    return warp_affine(images, matrix, (height, width), padding_mode="border", align_corners=True)


def light(images: Float[Tensor, "b c h w"], changes: Changes) -> Float[Tensor, "b c h w"]:
    """Multiply by the gradient, then lay the bar and the spots over the pictures."""
    height, width = images.shape[-2:]
    x = torch.linspace(-1, 1, width, device=images.device)
    y = torch.linspace(-1, 1, height, device=images.device)
    # exp of a sum is a product of a row and a column: cheap.
    rows = torch.exp(changes.gradient[:, 1, None] * y)[:, None, :, None]
    columns = torch.exp(changes.gradient[:, 0, None] * x)[:, None, None, :]
    images = images * (rows * columns)
    aspect = height / width
    # Most pictures have neither a bar nor a spot: only those that do are worked on.
    if len(chosen := torch.nonzero(changes.glare[:, 4]).squeeze(1)):
        x0, y0, direction, half_width, amount = changes.glare[chosen, :, None, None, None].unbind(1)
        across = (x - x0) * direction.sin() - (y[:, None] - y0) * aspect * direction.cos()
        images[chosen] += amount * torch.exp(-(across / half_width).square().square()) * (1 - images[chosen])
    if len(chosen := torch.nonzero(changes.spots[..., 3].any(1)).squeeze(1)):
        centre_x, centre_y, radius, amount = (part[..., None] for part in changes.spots[chosen].unbind(-1))
        down = torch.exp(-(((y - centre_y) * aspect / radius) ** 2))  # (chosen, spots, h)
        right = amount * torch.exp(-(((x - centre_x) / radius) ** 2))  # (chosen, spots, w)
        images[chosen] += torch.einsum("bsh,bsw->bhw", down, right)[:, None]
    return images.clamp_(min=0)


def lens(
    images: Float[Tensor, "b c h w"], blur: Float[Tensor, "b 3"], sharpening: Float[Tensor, " b"]
) -> Float[Tensor, "b c h w"]:
    """Blur by a Gaussian that is wider along the direction of motion, then sharpen the edges as cameras do.

    Both are products with a spectrum: of variances s and s + m along the motion, exp(-2 pi^2 (s f^2 + m f_along^2)); an
    unsharp mask adds a (1 - H), H being the spectrum of its own blur.
    """
    chosen = torch.nonzero((blur[:, :2] > 0).any(1) | (sharpening > 0)).squeeze(1)
    if len(chosen) == 0:
        return images
    along, both, direction = (part[:, None, None] for part in blur[chosen].unbind(-1))
    height, width = images.shape[-2:]
    more = (-(height + 2 * MARGIN_PX) % LIKED, -(width + 2 * MARGIN_PX) % LIKED)
    margins = (MARGIN_PX, MARGIN_PX + more[1], MARGIN_PX, MARGIN_PX + more[0])
    padded = functional.pad(images[chosen], margins, mode="replicate")
    inner = (..., slice(MARGIN_PX, MARGIN_PX + height), slice(MARGIN_PX, MARGIN_PX + width))
    height, width = padded.shape[-2:]
    down = torch.fft.fftfreq(height, device=images.device)[:, None]
    right = torch.fft.rfftfreq(width, device=images.device)
    square = down**2 + right**2
    towards = direction.cos() * right + direction.sin() * down
    passed = torch.exp(-2 * math.pi**2 * (both**2 * square + along**2 * towards**2))
    halo = 1 - torch.exp(-2 * math.pi**2 * HALO_PX**2 * square)
    passed = passed * (1 + sharpening[chosen, None, None] * halo)
    filtered = torch.fft.irfft2(torch.fft.rfft2(padded) * passed[:, None], s=(height, width))
    changed = images.clone()
    changed[chosen] = filtered[inner].clamp(min=0)
    return changed


def resample(images: Float[Tensor, "b c h w"], rows: Int[Tensor, " b"]) -> Float[Tensor, "b c h w"]:
    """Reduce to the given rows (and columns in proportion) by area, and enlarge again, bilinearly."""
    height, width = images.shape[-2:]
    changed = images
    for count in sorted(set(rows.tolist())):
        if count >= height:
            continue
        if changed is images:
            changed = images.clone()
        chosen = torch.nonzero(rows == count).squeeze(1)
        small = functional.interpolate(images[chosen], (count, round(width * count / height)), mode="area")
        changed[chosen] = functional.interpolate(small, (height, width), mode="bilinear", align_corners=False)
    return changed


def sensor(images: Float[Tensor, "b c h w"], changes: Changes) -> Float[Tensor, "b c h w"]:
    """Expose, add the noise, clip at black and white, and bend by gamma."""
    images = images * changes.gain[:, None, None, None]
    if changes.grain is not None:
        # Two independent normal numbers add up to one whose variance is the sum of theirs.
        read, shot = changes.read_noise[:, None, None, None], changes.shot_noise[:, None, None, None]
        images = torch.addcmul(images, (read**2 + shot**2 * images).sqrt_(), changes.grain)
    if changes.blotches is not None:
        images = images + changes.blotches
    images = images.clamp(0, 1)
    if len(bent := torch.nonzero(changes.gamma != 1).squeeze(1)):
        images[bent] **= changes.gamma[bent, None, None, None]
    return images
