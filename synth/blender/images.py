"""Images that are painted anew for each subject, and written into the same Blender image.

Colour is linear Rec. 709; the alpha channel is free for a height.  Float images of one size keep their memory.
"""

from collections.abc import Callable
from typing import Any

import bpy
import numpy as np

from synth.spec import SceneSpec


class Painting:
    """A picture on a texture node, and the key of what is painted on it.

    Two Blender images take turns: Cycles, when its data is persistent, does not notice that the pixels of an image
    changed, but it does notice another image.
    """

    def __init__(self, name: str, node: Any) -> None:
        """Make two images of one pixel; each painting gives its size."""
        self.images: list[Any] = [_new_image(f"{name}.{turn}") for turn in range(2)]
        self.node = node
        self.key: object = None

    def put(self, key: object, paint: Callable[[], tuple[np.ndarray, np.ndarray]]) -> None:
        """Paint, unless the key says that it is there already; `paint` returns (h, w, 3) and (h, w)."""
        if key == self.key:
            return
        colour, height = paint()
        h, w = height.shape
        image = self.images[0]
        if tuple(image.size) != (w, h):
            image.scale(w, h)
        # Blender's first row is at the bottom; the maps' v runs downwards.
        pixels = np.concatenate([colour, height[..., None]], axis=-1)[::-1].astype(np.float32)
        image.pixels.foreach_set(pixels.ravel())
        image.update()
        self.node.image = image
        self.images.reverse()
        self.key = key


def _new_image(name: str) -> Any:
    image = bpy.data.images.new(name, 1, 1, alpha=True, float_buffer=True)
    image.colorspace_settings.name = "Non-Color"
    image.alpha_mode = "CHANNEL_PACKED"
    return image


def pixels_per_metre(spec: SceneSpec) -> float:
    """Return how many traced pixels a metre at the face spans."""
    camera = spec.camera
    return camera.fx_px * camera.supersample / max(spec.person.cam_from_head_translation_m[2], 0.05)


def map_size(extent_m: float, spec: SceneSpec, smallest: int, largest: int) -> int:
    """Return the power of two that gives a map of something `extent_m` wide about a texel for each traced pixel."""
    wanted = max(extent_m * pixels_per_metre(spec), 1.0)
    return int(np.clip(2 ** round(float(np.log2(wanted))), smallest, largest))
