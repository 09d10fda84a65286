"""From scene-linear light to the picture that a camera would have stored.

In this order: exposure, the blur of the optics, reduction by area, shot noise (light), tone curve, sRGB, contrast,
saturation, read noise, grey, eight bits.  Numpy alone; a function of the frame, the camera and (seed, index).

The tone curve is the photographic operator (Reinhard et al. 2002, eq. 4): linear in the shadows, and exposed light of
`WHITE` is just white.
"""

import numpy as np
from jaxtyping import Float, UInt8
from scipy.ndimage import gaussian_filter

from synth import seeds
from synth.spec import CameraSpec, SceneSpec

METER_PERCENTILE = 70.0
METERED_AT = 0.55
"""Where a camera's automatic exposure puts that percentile of the luminance, linear."""
HIGHLIGHT_PERCENTILE = 98.0
HIGHLIGHTS_AT = 1.7
"""The exposure is held back where it would put that percentile higher: the white of an eye in a dark face."""
WHITE = 3.2
REC709 = np.array([0.2126, 0.7152, 0.0722])
LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of encoded R, G, B in a grey picture (ITU-R BT.601), as cameras and image libraries use them."""


def develop(linear_rgb: Float[np.ndarray, "hs ws 3"], spec: SceneSpec) -> UInt8[np.ndarray, "h w *c"]:
    """Return the picture of a traced frame: sRGB (h, w, 3), or grey (h, w) where the camera is grey.

    Args:
        linear_rgb: Scene-linear Rec. 709 at `supersample` times the picture's size.
        spec: The scene; its camera, seed and index are used.
    """
    rng = seeds.rng(spec.seed, spec.index, "sensor", spec.attempt)
    return develop_with(linear_rgb, spec.camera, spec.light.infrared, rng)


def develop_with(
    linear_rgb: Float[np.ndarray, "hs ws 3"], camera: CameraSpec, infrared: bool, rng: np.random.Generator
) -> UInt8[np.ndarray, "h w *c"]:
    """Return the picture of a traced frame; `rng` makes the sensor's noise."""
    light = linear_rgb.astype(np.float64) * exposure(linear_rgb, camera)
    light = reduce_area(blur(light, camera.blur_px * camera.supersample), camera.supersample)
    if camera.grey:
        light = np.repeat(light @ REC709[:, None], 3, axis=2) if infrared else light
    light = np.maximum(
        light + camera.shot_noise * np.sqrt(np.maximum(light, 0)) * rng.standard_normal(light.shape), 0.0
    )
    encoded = contrast(encode_srgb(tone(light)), camera.contrast)
    encoded = encoded @ LUMA if camera.grey else saturate(encoded, camera.saturation)
    encoded = encoded + camera.noise * rng.standard_normal(encoded.shape)
    return np.asarray(np.round(255 * np.clip(encoded, 0.0, 1.0)), dtype=np.uint8)


def exposure(linear_rgb: Float[np.ndarray, "h w 3"], camera: CameraSpec) -> float:
    """Return the factor that automatic exposure applies for the middle of the picture that it looks at."""
    aside = [int(side * (1 - camera.metered) / 2) for side in linear_rgb.shape[:2]]
    middle = linear_rgb[aside[0] : linear_rgb.shape[0] - aside[0], aside[1] : linear_rgb.shape[1] - aside[1]]
    metered, brightest = np.percentile(middle @ REC709, (METER_PERCENTILE, HIGHLIGHT_PERCENTILE))
    factor = min(METERED_AT / max(metered, 1e-6), HIGHLIGHTS_AT / max(brightest, 1e-6))
    return float(factor * 2.0**camera.exposure_stops)


def blur(light: Float[np.ndarray, "h w c"], sigma_px: float) -> Float[np.ndarray, "h w c"]:
    """Return light behind optics of Gaussian blur."""
    return np.asarray(gaussian_filter(light, (sigma_px, sigma_px, 0.0), mode="nearest")) if sigma_px > 0 else light


def reduce_area(light: Float[np.ndarray, "hs ws c"], factor: int) -> Float[np.ndarray, "h w c"]:
    """Return the mean of each `factor` by `factor` block: what a pixel of the sensor gathers."""
    h, w, c = light.shape
    return np.asarray(light.reshape(h // factor, factor, w // factor, factor, c).mean(axis=(1, 3)))


def tone(light: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Return display light, 0 to 1, of exposed light."""
    return np.asarray(np.clip(light * (1 + light / WHITE**2) / (1 + light), 0.0, 1.0))


def encode_srgb(light: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Return sRGB, 0 to 1, of linear light (IEC 61966-2-1)."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


def contrast(encoded: Float[np.ndarray, "*n"], amount: float) -> Float[np.ndarray, "*n"]:
    """Return encoded values with another slope at middle grey and the same black and white.

    A power on either side of 0.5: 0.5 (2 x)^amount below, mirrored above.
    """
    x = np.clip(encoded, 0.0, 1.0)
    half = 0.5 * (2 * np.minimum(x, 1 - x)) ** amount
    return np.where(x < 0.5, half, 1 - half)


def saturate(encoded: Float[np.ndarray, "*n 3"], amount: float) -> Float[np.ndarray, "*n 3"]:
    """Return encoded colours at `amount` times their distance from the grey of the same luma."""
    if amount == 1:  # a product with 1 would still round
        return encoded
    luma = (encoded @ LUMA)[..., None]
    return np.asarray(luma + amount * (encoded - luma))


def picture_shape(camera: CameraSpec) -> tuple[int, ...]:
    """Return the shape of the picture that `develop` gives."""
    return (camera.height, camera.width) if camera.grey else (camera.height, camera.width, 3)
