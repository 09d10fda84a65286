"""The pictures of one scene: through one of its views, under one or several lights.

Scene j of a corpus with K lights (`relight=K`) and V views (synth/views.py) makes the pictures jVK to jVK + VK - 1: the
lights of the first view, then those of the next.  Of one light it is a plain render.  Of several a view is traced once,
as layers (synth/mix.py): the first picture is lit as `draw_spec` lit the scene, light m by a mix of its own from the
stream (seed, jK + m, "relight"), the same in all views.  All that hangs on the light is done anew for every picture:
the spec, the labels (glints), exposure, sensor.

A scene with fewer layers than K has its layers denoised and then mixed, any other its mixes: whichever is less work.
The rule reads the scene and K alone, so pictures do not depend on how many of them are made at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float32

from assets.subject import SubjectGeometry
from synth import seeds
from synth.draw.mix import draw_mix
from synth.errors import RenderError
from synth.frame import Layers
from synth.labels import Labels, label
from synth.mix import Mix, layers_of, mixed, mixed_spec, plain
from synth.picture import develop
from synth.ranges.light import RelightRanges
from synth.renderer import LayeredRenderer, Renderer
from synth.spec import SceneSpec
from synth.stopwatch import Stopwatch


@dataclass(frozen=True)
class Seen:
    """A scene as a view shows it, before it is lit anew, with the geometry of its people.

    Attributes:
        spec: Its index is that of the scene.
        people: `everybody(spec)`.
        labels: `label(spec)` where they are known already.
    """

    spec: SceneSpec
    people: tuple[SubjectGeometry, ...]
    labels: Labels | None = None


@dataclass(frozen=True)
class Picture:
    """One picture of a scene.

    Attributes:
        spec: The scene as this view shows it, in the light truly used; its index is that of the picture.
        labels: Of that spec.
        picture: Developed.
        light: Which of the lights (`mix`), and where there are several the `factors` of its layers.
    """

    spec: SceneSpec
    labels: Labels
    picture: np.ndarray
    light: dict[str, Any]


def draw_mixes(ranges: RelightRanges, spec: SceneSpec, k: int) -> list[Mix]:
    """Return the k lights of a scene, the first of which is its own."""
    streams = (seeds.rng(spec.seed, spec.index * k + m, "relight", spec.attempt) for m in range(1, k))
    return [plain(spec.light), *(draw_mix(rng, ranges, spec.light) for rng in streams)]


def pictures(
    renderer: Renderer, seen: Seen, mixes: list[Mix], first: int, wanted: Collection[int], watch: Stopwatch
) -> Iterator[Picture]:
    """Yield the pictures of a view.

    Args:
        renderer: Who draws it.
        seen: The view.
        mixes: All lights of the scene.
        first: Index of the view's picture under the first of them.
        wanted: Indices of those pictures to make, at least one.
        watch: Told the stages.

    Raises:
        RenderError: There are several lights, and this renderer draws no layers.
    """
    if len(mixes) > 1:
        if not isinstance(renderer, LayeredRenderer):
            raise RenderError(f"seed {seen.spec.seed}, index {first}: this renderer draws no layers of light")
        yield from _relit(renderer, seen, mixes, [m for m in range(len(mixes)) if first + m in wanted], first, watch)
        return
    spec, labels = replace(seen.spec, index=first), seen.labels
    if labels is None or labels.index != spec.index:
        labels = label(spec, *seen.people)
    watch.lap("labels")
    frame = renderer.render(spec, *seen.people)
    watch.lap("render")
    picture = develop(frame.linear_rgb, spec)
    watch.lap("develop")
    yield Picture(spec, labels, picture, {"mix": 0})


def _relit(
    renderer: LayeredRenderer, seen: Seen, mixes: list[Mix], lights: Sequence[int], first: int, watch: Stopwatch
) -> Iterator[Picture]:
    traced = renderer.layers(seen.spec, *seen.people)
    watch.lap("render")
    of_layers = len(layers_of(seen.spec.light)) < len(mixes)
    linear = _mixed(renderer, traced, [mixes[m] for m in lights], of_layers)
    for m, linear_rgb in zip(lights, linear, strict=True):
        watch.lap("denoise")
        spec = mixed_spec(seen.spec, mixes[m], first + m)
        labels = label(spec, *seen.people)
        watch.lap("labels")
        picture = develop(linear_rgb, spec)
        watch.lap("develop")
        yield Picture(spec, labels, picture, {"mix": m, "factors": mixes[m].to_json()})


def _mixed(
    renderer: LayeredRenderer, traced: Layers, mixes: list[Mix], of_layers: bool
) -> Iterator[Float32[np.ndarray, "h w 3"]]:
    """Yield the mixes without noise."""
    if of_layers:
        clean = {name: renderer.denoised(layer, traced) for name, layer in traced.linear_rgb.items()}
        yield from (mixed(clean, mix) for mix in mixes)
    else:
        yield from (renderer.denoised(mixed(traced.linear_rgb, mix), traced) for mix in mixes)
