"""What a sensor does: too few rows, exposure, noise, gamma; hot pixels, and one colour a pixel.

Noise is told at white: `shot_noise` s of a sensor that counts n electrons there is 1 / sqrt(n), so that twice the ISO
is s times sqrt(2), and `read_noise` r is its electrons over n, which doubles (docs/augmentation.md has a table).
Exposure and noise work on stored levels, as they did when the published networks were trained.
"""

import torch
from jaxtyping import Bool, Float, Int
from kornia.color import CFA, raw_to_rgb, rgb_to_raw
from torch import Tensor
from torch.nn import functional

from adapt.augment.levels import luma


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


def exposed(
    images: Float[Tensor, "b c h w"],
    gain: Float[Tensor, " b"],
    noise: tuple[Float[Tensor, "b 1 h w"], Float[Tensor, " b"], Float[Tensor, " b"]] | None,
    blotches: Float[Tensor, "b 1 h w"] | None,
    gamma: Float[Tensor, " b"],
) -> Float[Tensor, "b c h w"]:
    """Expose, add the noise (standard normal, read, shot), clip at black and white, and bend by gamma."""
    images = images * gain[:, None, None, None]
    if noise is not None:
        # Two independent normal numbers add up to one whose variance is the sum of theirs.
        grain, read, shot = noise[0], noise[1][:, None, None, None], noise[2][:, None, None, None]
        images = torch.addcmul(images, (read**2 + shot**2 * images).sqrt_(), grain)
    if blotches is not None:
        images = images + blotches
    images = images.clamp(0, 1)
    if len(bent := torch.nonzero(gamma != 1).squeeze(1)):
        images[bent] **= gamma[bent, None, None, None]
    return images


def demosaiced(images: Float[Tensor, "b c h w"], chosen: Bool[Tensor, " b"]) -> Float[Tensor, "b c h w"]:
    """Return the chosen pictures as a Bayer sensor gives them: one colour a pixel, the others from its neighbours.

    kornia's mosaic and its bilinear interpolation.  A grey picture was a colour camera's and becomes grey again.
    """
    if len(rows := torch.nonzero(chosen).squeeze(1)) == 0:
        return images
    channels, height, width = images.shape[1:]
    even = functional.pad(images[rows], (0, width % 2, 0, height % 2), mode="replicate")
    seen = raw_to_rgb(rgb_to_raw(even.expand(-1, 3, -1, -1), CFA.BG), CFA.BG)[..., :height, :width].clamp(0, 1)
    changed = images.clone()
    changed[rows] = seen if channels == 3 else luma(seen)
    return changed
