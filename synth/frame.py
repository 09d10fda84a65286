"""What a renderer gives of a scene before development: the picture, or what each of its lights gives to it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32


@dataclass(frozen=True)
class Frame:
    """A picture before development, at `supersample` times its final size, first row at the top.

    Attributes:
        linear_rgb: Scene-linear Rec. 709, float32, without exposure or tone curve.
        alpha: 0 where nothing but what is behind everything is seen, float32.
    """

    linear_rgb: Float[np.ndarray, "h w 3"]
    alpha: Float[np.ndarray, "h w"]


@dataclass(frozen=True)
class Layers:
    """A traced picture by its lights, and what the denoiser is guided by; linear, noisy, first row at the top.

    Attributes:
        linear_rgb: By layer (synth/mix.py), scene-linear Rec. 709.
        combined: All lights together, as the tracer summed them.
        albedo: Of what is seen, 0 to 1.
        normal: Of what is seen.
    """

    linear_rgb: Mapping[str, Float32[np.ndarray, "h w 3"]]
    combined: Float32[np.ndarray, "h w 3"]
    albedo: Float32[np.ndarray, "h w 3"]
    normal: Float32[np.ndarray, "h w 3"]
