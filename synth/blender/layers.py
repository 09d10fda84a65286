"""The layers of a path trace: what sky and lamps each give to a picture, from Cycles' light groups.

All come out of one render.  A path's light is added to the combined picture as ever, and to the group that sent it; no
random number is another one, so the combined picture stays as it is and is the sum of its layers but for rounding.
Cycles denoises no light group: the guides of its denoiser come out beside them (synth/blender/denoiser.py).

A second view layer asks for all this, so that the first, which plain pictures are traced by, knows nothing of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from jaxtyping import Float32

from synth.frame import Layers

VIEW_LAYER = "layers"


@contextmanager
def layered(scene: Any, names: Sequence[str]) -> Iterator[None]:
    """Let Cycles write these layers instead of one picture; afterwards all is as it was."""
    plain, view = scene.view_layers[0], _view_layer(scene)
    for name in names:
        if name not in view.lightgroups:
            view.lightgroups.add(name=name)
    file, denoises = scene.render.image_settings, scene.cycles.use_denoising
    kept = file.file_format
    plain.use, view.use = False, True
    file.file_format, scene.cycles.use_denoising = "OPEN_EXR_MULTILAYER", False
    scene.update_tag()
    try:
        yield
    finally:
        plain.use, view.use = True, False
        file.file_format, scene.cycles.use_denoising = kept, denoises
        scene.update_tag()


def _view_layer(scene: Any) -> Any:
    if VIEW_LAYER not in scene.view_layers:
        view = scene.view_layers.new(VIEW_LAYER)
        view.cycles.denoising_store_passes = True
        return view
    return scene.view_layers[VIEW_LAYER]


def layers(channels: Mapping[str, np.ndarray], names: Sequence[str]) -> Layers:
    """Return the layers from the channels of a picture."""

    def stacked(name: str, parts: str = "RGB") -> Float32[np.ndarray, "h w 3"]:
        return np.stack([channels[f"{VIEW_LAYER}.{name}.{part}"] for part in parts], axis=-1)

    return Layers(
        linear_rgb={name: stacked(f"Combined_{name}") for name in names},
        combined=stacked("Combined"),
        albedo=stacked("Denoising Albedo"),
        normal=stacked("Denoising Normal", "XYZ"),
    )
