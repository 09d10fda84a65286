"""Pictures without a renderer: every layer of light is even and of a brightness of its own."""

import numpy as np

from synth.frame import Frame, Layers
from synth.mix import layers_of
from synth.renderer import LayeredRenderer

LEVELS = (0.5, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)


class PlainRenderer(LayeredRenderer):
    """Keeps the scenes that were asked for, and counts what was denoised."""

    def __init__(self):
        self.rendered, self.denoised_count = [], 0

    def _even(self, spec, level):
        camera = spec.camera
        return np.full((camera.height * camera.supersample, camera.width * camera.supersample, 3), level, np.float32)

    def render(self, spec, *people):
        self.rendered.append(spec)
        even = self._even(spec, sum(LEVELS[: len(layers_of(spec.light))]))
        return Frame(even, even[..., 0])

    def layers(self, spec, *people):
        self.rendered.append(spec)
        linear = {name: self._even(spec, level) for name, level in zip(layers_of(spec.light), LEVELS, strict=False)}
        return Layers(linear, *[self._even(spec, level) for level in (sum(LEVELS[: len(linear)]), 1.0, 0.0)])

    def denoised(self, linear_rgb, guides):
        self.denoised_count += 1
        return linear_rgb
