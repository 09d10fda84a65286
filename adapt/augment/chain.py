"""The order of the changes, that of the light through a camera into a file.

    crop (shift, scale, turn) and the camera's aim, mirror      adapt/motion        labels move
    mixing with a real picture                                  mixing.py
    bars across the picture                                     bars.py             points get hidden
    light: gradient, glare, spots                               light.py
    lens and shutter that bend; coloured edges                  motion/bend, lens   points move
    screen light, defocus, dark corners, in linear light        light.py, lens.py
    blur, motion, sharpened edges                               lens.py
    sensor: resolution, exposure, noise, gamma                  sensor.py
    hot pixels, mosaic                                          sensor.py
    white, contrast, local equalisation                         tone.py
    file: video, jpeg, 8 bits                                   video.py, jpeg.py

A set's own histogram equalisation comes after it, before the network (adapt/equalise.py).
"""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from adapt.augment.bars import crossed
from adapt.augment.changes import Changes
from adapt.augment.jpeg import jpeg
from adapt.augment.lens import blurred, corner_shade, defocused, fringed
from adapt.augment.levels import levels_of, light_of
from adapt.augment.light import lit, screen_light
from adapt.augment.mixing import mixed
from adapt.augment.sensor import demosaiced, exposed, resample
from adapt.augment.tone import balanced, contrasted, equalised
from adapt.augment.video import streamed


def cropped(images: Float[Tensor, "b c h w"], changes: Changes) -> Float[Tensor, "b c h w"]:
    """Return the pictures of other crops, of a camera that aims elsewhere, and bent."""
    images = changes.crop.pictures(images)
    for motion in (changes.aim, changes.elastic):
        images = images if motion is None else motion.pictures(images)
    return images


def photographed(images: Float[Tensor, "b c h w"], changes: Changes) -> Float[Tensor, "b c h w"]:
    """Return cropped pictures in [0, 1] after everything up to the camera's own tone."""
    if changes.mixing is not None:
        images = mixed(images, changes.mixing)
    if changes.bars is not None:
        images = crossed(images, changes.bars)
    images = lit(images, changes.gradient, changes.glare, changes.spots)
    if changes.bend is not None:
        images = changes.bend.pictures(images)
    if changes.fringe_px is not None:
        images = fringed(images, changes.fringe_px)
    images = in_light(images, changes)
    images = resample(blurred(images, changes.blur, changes.sharpening), changes.rows)
    noise = None if changes.grain is None else (changes.grain, changes.read_noise, changes.shot_noise)
    images = exposed(images, changes.gain, noise, changes.blotches, changes.gamma)
    if changes.hot is not None:
        images = images.masked_fill(changes.hot, 1.0)
    if changes.mosaic is not None:
        images = demosaiced(images, changes.mosaic)
    if changes.white is not None:
        images = balanced(images, changes.white)
    if changes.contrast is not None:
        images = contrasted(images, changes.contrast)
    return images if changes.local is None else equalised(images, changes.local)


def in_light(images: Float[Tensor, "b c h w"], changes: Changes) -> Float[Tensor, "b c h w"]:
    """Return the pictures after what happens to light itself: a screen's, the disc of defocus, the corners' shade."""
    screen, defocus, vignette = changes.screen, changes.defocus_px, changes.vignette
    some = torch.zeros(len(images), dtype=torch.bool, device=images.device)
    for amount in (None if screen is None else screen[:, 0], defocus, vignette):
        some = some if amount is None else some | (amount != 0)
    if len(rows := torch.nonzero(some).squeeze(1)) == 0:
        return images
    light = light_of(images[rows])
    if screen is not None:
        light = light * screen_light(screen[rows], *light.shape[1:])
    if defocus is not None:
        light = defocused(light, defocus[rows])
    if vignette is not None:
        light = light * corner_shade(vignette[rows], *light.shape[2:])
    changed = images.clone()
    changed[rows] = levels_of(light)
    return changed


def filed(images: Float[Tensor, "b c h w"], changes: Changes) -> UInt8[Tensor, "b c h w"]:
    """Return pictures in [0, 1] as they come out of a file: each channel for itself, at 8 bits."""
    channels = images.shape[1]
    planes, quality, qp = images, changes.quality, changes.qp
    if channels > 1:
        planes, quality = images.flatten(0, 1)[:, None], quality.repeat_interleave(channels)
        qp = None if qp is None else qp.repeat_interleave(channels)
    if qp is not None:
        planes = streamed(planes, qp)
    return (jpeg(planes, quality).reshape(images.shape).clamp(0, 1) * 255).round().to(torch.uint8)
