"""Several pictures of one scene under other lights, from one path trace (`relight=K`).

Scene j of a corpus makes the pictures jK to jK + K - 1.  The first is lit as `draw_spec` lit the scene, each other by a
mix of its own (synth/draw/mix.py) from the stream (seed, picture, "relight"), so that it is the same whichever of them
are made.  All that hangs on the light is done anew for every picture: the spec, the labels (glints), exposure, sensor.

A scene with fewer layers than K has its layers denoised and then mixed, any other its mixes: whichever is less work.
The rule reads the scene and K alone, so pictures do not depend on how many of them are made at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32

from assets.subject import SubjectGeometry
from synth import seeds
from synth.draw.mix import draw_mix
from synth.labels import Labels, label
from synth.mix import Mix, layers_of, mixed, mixed_spec, plain
from synth.picture import develop
from synth.ranges.light import RelightRanges
from synth.spec import SceneSpec

if TYPE_CHECKING:
    from synth.blender.layers import Layers
    from synth.blender.session import Session
    from synth.corpus import Stopwatch


@dataclass(frozen=True)
class Lit:
    """A picture of a scene, and the scene in the light truly used.

    Attributes:
        spec: Its index is that of the picture.
        labels: Of that spec.
        picture: Developed.
        relight: Which scene, which of its lights, and the factors of the layers; None where the scene is the picture.
    """

    spec: SceneSpec
    labels: Labels
    picture: np.ndarray
    relight: dict[str, Any] | None = None


def draw_mixes(ranges: RelightRanges, spec: SceneSpec, pictures: range) -> list[Mix]:
    """Return the mixes of these pictures of a scene, the first of which has the scene's own light."""
    streams = (seeds.rng(spec.seed, index, "relight", spec.attempt) for index in pictures[1:])
    return [plain(spec.light), *(draw_mix(rng, ranges, spec.light) for rng in streams)]


def relit(
    session: Session,
    spec: SceneSpec,
    people: tuple[SubjectGeometry, ...],
    mixes: list[Mix],
    first: int,
    k: int,
    watch: Stopwatch,
) -> Iterator[Lit]:
    """Yield the pictures of a scene under some mixes.

    Args:
        session: Blender.
        spec: The scene as it was drawn.
        people: Its people's geometry.
        mixes: Lights, in the order of the pictures.
        first: Index of the first picture.
        k: Pictures of a whole scene, by which it is decided what is denoised.
        watch: Told the stages.
    """
    traced = session.layers(spec, *people)
    watch.lap("render")
    for number, linear_rgb in enumerate(_mixed(session, traced, mixes, of_layers=len(layers_of(spec.light)) < k)):
        watch.lap("denoise")
        lit = mixed_spec(spec, mixes[number], first + number)
        labels = label(lit, *people)
        watch.lap("labels")
        picture = develop(linear_rgb, lit)
        watch.lap("develop")
        relight = {"scene": spec.index, "mix": number, "factors": mixes[number].to_json()}
        yield Lit(lit, labels, picture, relight)


def _mixed(
    session: Session, traced: Layers, mixes: list[Mix], of_layers: bool
) -> Iterator[Float32[np.ndarray, "h w 3"]]:
    """Yield the mixes without noise."""
    if of_layers:
        clean = {name: session.denoised(layer, traced) for name, layer in traced.linear_rgb.items()}
        yield from (mixed(clean, mix) for mix in mixes)
    else:
        yield from (session.denoised(mixed(traced.linear_rgb, mix), traced) for mix in mixes)
