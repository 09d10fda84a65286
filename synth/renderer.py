"""Who draws a scene: Blender's Cycles, or OpenGL for a preview; both behind one interface.

    renderer = open_renderer(engine)
    frame = renderer.render(spec, *people)
    picture = synth.picture.develop(frame.linear_rgb, spec)

Labels are computed from the spec and know nothing of either.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from assets.subject import SubjectGeometry
from synth.blender.engine import EngineSpec
from synth.frame import Frame, Layers
from synth.spec import SceneSpec


@runtime_checkable
class Renderer(Protocol):
    """What makes the picture of a scene."""

    def render(self, spec: SceneSpec, *people: SubjectGeometry) -> Frame:
        """Return the picture of these people, in the order of `spec.people`."""

    def rasters(self, spec: SceneSpec, *people: SubjectGeometry, normal: bool, uv: bool) -> Any:
        """Return the rasters at the final picture's size (synth.blender.masks.Rasters).

        Raises:
            RenderError: This renderer makes none.
        """

    def close(self) -> None:
        """Let go of files and contexts."""


@runtime_checkable
class LayeredRenderer(Renderer, Protocol):
    """A renderer that knows what each light gives to a picture."""

    def layers(self, spec: SceneSpec, *people: SubjectGeometry) -> Layers:
        """Return the picture of these people as its layers of light, with their noise."""

    def denoised(self, linear_rgb: Float[np.ndarray, "h w 3"], guides: Layers) -> Float[np.ndarray, "h w 3"]:
        """Return a layer, or a mix of layers, without its noise."""


def open_renderer(engine: EngineSpec) -> Renderer:
    """Start the renderer of these settings; Blender is imported here, by processes that render alone.

    Raises:
        RenderError: There is no headless OpenGL on this machine, and it was asked for.
    """
    if engine.renderer == "raster":
        from synth.raster.picture import PreviewSession

        return PreviewSession()
    from synth.blender.session import Session

    return Session(engine)
