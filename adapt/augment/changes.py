"""All amounts of an augmentation of a batch, first drawn, then applied: the same `Changes` give the same pictures.

A change whose amount is neutral leaves its picture alone, to the last level.  What came after the first networks were
trained is None where its strength is 0: it draws nothing from the generator then, and is drawn after all older kinds,
so that it changes no other amount.
"""

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from adapt.augment.bars import draw_bars
from adapt.augment.dice import Dice
from adapt.augment.lens import MARGIN_PX
from adapt.augment.light import SPOTS, draw_glare, draw_gradient, draw_screen, draw_spots
from adapt.augment.mixing import Mixing, draw_mixing
from adapt.augment.strengths import Strengths
from adapt.augment.tone import draw_white
from adapt.augment.video import draw_qp
from adapt.motion.bend import Bend
from adapt.motion.elastic import Elastic, draw_elastic
from adapt.motion.homography import Homography
from adapt.motion.similarity import Similarity

EYE_HEIGHT = 36
"""Of the pictures that the strengths' pixels are of."""
# Rows that a coarse camera gave; few different ones, because each is a call of its own.
ROW_STEPS = (36, 30, 26, 22, 18, 15, 12, 9, 6, 4, 3, 2)


@dataclass(frozen=True)
class Changes:
    """Amounts for a batch of b pictures of h x w; px are theirs.

    Attributes:
        crop: How far the crop is off.
        gradient: Logarithm of the light's ratio per half picture, along x and y.
        spots: See light.py, as of glare and screen.
        glare: Height 0 is none.
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
        aim: What a turn of the camera does, of pictures that know theirs (samples.py).
        elastic: What the picture is bent by like rubber.
        mixing: What it takes over from a real one.
        bars: What crosses it (bars.py).
        screen: Light of a screen; 0 is none.
        bend: Of the lens, and the shutter.
        fringe_px: Of red and blue in the corners.
        defocus_px: Radius of the disc.
        vignette: Logarithm of the light that corners lose.
        hot: Pixels that are white.
        mosaic: Who had one colour a pixel.
        white: Factors of linear red, green and blue.
        contrast: Factor of the distance from the picture's mean.
        local: Share of the local equalisation.
        qp: Quantiser of the video, 0 is none.
    """

    crop: Similarity
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
    aim: Homography | None = None
    elastic: Elastic | None = None
    mixing: Mixing | None = None
    bars: Float[Tensor, "b bars 8"] | None = None
    screen: Float[Tensor, "b 5"] | None = None
    bend: Bend | None = None
    fringe_px: Float[Tensor, " b"] | None = None
    defocus_px: Float[Tensor, " b"] | None = None
    vignette: Float[Tensor, " b"] | None = None
    hot: Bool[Tensor, "b 1 h w"] | None = None
    mosaic: Bool[Tensor, " b"] | None = None
    white: Float[Tensor, "b 3"] | None = None
    contrast: Float[Tensor, " b"] | None = None
    local: Float[Tensor, " b"] | None = None
    qp: Float[Tensor, " b"] | None = None


def draw_changes(
    generator: torch.Generator,
    strengths: Strengths,
    batch: int,
    height: int = 36,
    width: int = 60,
    bank: Float[Tensor, "n 1 h w"] | None = None,
) -> Changes:
    """Draw the changes of a batch of grey pictures on the generator's device.

    Args:
        generator: Decides them.
        strengths: Their pixels, of a picture 36 high, are scaled to the height.
        batch: How many pictures.
        height: Of the pictures.
        width: Of the pictures.
        bank: Real pictures of that size to mix with; None mixes nothing.
    """
    dice = Dice(generator, batch, strengths.probability)
    return draw_later(dice, strengths, draw_first(dice, strengths, height, width), height, width, bank)


def draw_first(dice: Dice, s: Strengths, height: int, width: int) -> Changes:
    """Draw what the published networks were trained with; the order of the draws decides their pictures."""
    k = height / EYE_HEIGHT
    blotches = None
    if s.blotch_noise:
        coarse = s.blotch_noise * dice.sometimes(1, 1, 1) * dice.even(1, 1, 1) * dice.normal(1, height // 3, width // 3)
        blotches = functional.interpolate(coarse, (height, width), mode="bilinear")
    steps = torch.tensor([r for r in ROW_STEPS if r >= s.rows_min] or [36], device=dice.device)
    step = (dice.sometimes() * dice.even() * len(steps)).long()
    heights = s.spots * dice.signed(SPOTS, 1) * dice.sometimes(1, 1)
    crop = Similarity(
        shift_px=k * (s.shift_px * dice.signed(2)),
        scale=1 + s.scale * dice.signed(),
        turn_rad=math.radians(s.rotation_deg) * dice.signed(),
    )
    gradient, spots, glare = draw_gradient(dice, s.gradient), draw_spots(dice, heights), draw_glare(dice, s.glare)
    motion, blur = (amount * dice.even() * dice.sometimes() for amount in (s.motion_px, s.blur_px))
    return Changes(
        crop=crop,
        gradient=gradient,
        spots=spots,
        glare=glare,
        # What a blur would go beyond the margin, fewer rows do as well.
        blur=torch.stack([*((k * one).clamp(max=MARGIN_PX / 3) for one in (motion, blur)), math.pi * dice.even()], -1),
        sharpening=s.sharpening * dice.even() * dice.sometimes(),
        rows=(k * steps[step]).round().long(),
        gain=torch.exp(s.gain * dice.signed() * dice.sometimes()),
        grain=dice.normal(1, height, width) if s.read_noise or s.shot_noise else None,
        read_noise=s.read_noise * dice.sometimes() * dice.even(),
        shot_noise=s.shot_noise * dice.sometimes() * dice.even(),
        blotches=blotches,
        gamma=torch.exp(s.gamma * dice.signed() * dice.sometimes()),
        quality=100 - (100 - s.jpeg_quality_min) * dice.even() * dice.sometimes(),
        head_noise_rad=math.radians(s.head_noise_deg) * dice.normal(2),
        head_kept=(dice.even(1) >= s.head_dropout).float(),
    )


def draw_later(
    dice: Dice,
    s: Strengths,
    first: Changes,
    height: int,
    width: int,
    bank: Float[Tensor, "n c h w"] | None = None,
    colour: bool = False,
) -> Changes:
    """Return changes with the kinds that came later, each drawn only where it has a strength.

    Args:
        dice: Decides them.
        s: How strong they are.
        first: What was drawn already.
        height: Of the pictures.
        width: Of the pictures.
        bank: Real pictures to mix with.
        colour: Whether the pictures have colours; their contrast is one of the looks (looks.py).
    """
    k = height / EYE_HEIGHT

    def amount(strength: float) -> Float[Tensor, " b"] | None:
        return strength * dice.even() * dice.sometimes() if strength else None

    def either_way(strength: float) -> Float[Tensor, " b"]:
        return strength * dice.signed() * dice.sometimes() if strength else torch.zeros(dice.batch, device=dice.device)

    defocus = amount(k * s.defocus_px)
    return replace(
        first,
        elastic=draw_elastic(dice.generator, s.elastic_px / EYE_HEIGHT, dice.batch, height, width)
        if s.elastic_px
        else None,
        mixing=draw_mixing(dice, s.mixing, bank) if s.mixing and bank is not None else None,
        bars=draw_bars(dice, s.bars) if s.bars else None,
        screen=draw_screen(dice, s.screen) if s.screen else None,
        bend=Bend(either_way(s.distortion), either_way(k * s.shutter_px)) if s.distortion or s.shutter_px else None,
        fringe_px=either_way(k * s.aberration_px) if s.aberration_px and colour else None,
        defocus_px=None if defocus is None else defocus.clamp(max=MARGIN_PX - 1),
        vignette=amount(s.vignetting),
        hot=dice.even(1, height, width) < s.hot_pixels * dice.sometimes(1, 1, 1) if s.hot_pixels else None,
        mosaic=dice.even() < s.mosaic if s.mosaic else None,
        white=draw_white(dice, s.white_balance) if s.white_balance and colour else None,
        contrast=torch.exp(either_way(s.contrast)) if s.contrast and not colour else None,
        local=amount(s.clahe),
        qp=draw_qp(dice, s.video_qp_max) if s.video_qp_max else None,
    )
