"""All materials of a scene: built once, their parameters set for each subject.

Every material has a builder `(key) -> (material, graph)` and a setter `(graph, spec, engine)` in the file of its
subject: skin, eye, water, hair, glasses, mouth, wear.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from assets.part import Part
from synth.blender import eye, glasses, hair, mouth, skin, water, wear
from synth.blender.engine import EngineSpec
from synth.blender.nodes import Graph
from synth.spec import SceneSpec


def _nothing(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set nothing: the same in all subjects."""


BUILDERS = {
    "skin": (skin.build, skin.put),
    "sclera_left": (eye.build_sclera, eye.put_sclera),
    "sclera_right": (eye.build_sclera, eye.put_sclera),
    "cornea": (water.build_cornea, _nothing),
    "tear": (water.build_tear, _nothing),
    "iris_left": (eye.build_iris, eye.put_iris),
    "iris_right": (eye.build_iris, eye.put_iris),
    "pupil": (eye.build_pupil, _nothing),
    "caruncle": (eye.build_caruncle, eye.put_caruncle),
    "lash": (hair.build, hair.put_lash),
    "brow": (hair.build, hair.put_brow),
    "hair": (hair.build_head, hair.put_hair),
    "beard": (hair.build_head, hair.put_beard),
    "glasses_frame": (glasses.build_frame, glasses.put_frame),
    "glasses_lens": (glasses.build_lens, glasses.put_lens),
    "mouth": (mouth.build, mouth.put),
    "teeth": (mouth.build, mouth.put),
    "tongue": (mouth.build, mouth.put),
    **wear.BUILDERS,
}


def key_of(part_name: str) -> str:
    """Return which material a part wears: the longest beginning of its name that is a material's key.

    `sclera_left` has its own, `cornea_left` shares `cornea`, `lash_upper_left` shares `lash`.
    """
    words = part_name.split("_")
    for count in range(len(words), 0, -1):
        key = "_".join(words[:count])
        if key in BUILDERS:
            return key
    raise KeyError(f"no material for the part {part_name!r}")


def attributes(part: Part, parts: Sequence[Part]) -> dict[str, np.ndarray]:
    """Return what the shaders of a part need beyond the attributes of the part itself, given all parts of the scene."""
    return skin.attributes(part) if part.name == "skin" else eye.attributes(part, parts)


class Materials:
    """The materials of one scene by key."""

    def __init__(self) -> None:
        """Build nothing yet: a material is made when a part first asks for it."""
        self.made: dict[str, tuple[Any, Graph]] = {}

    def of(self, part_name: str) -> Any:
        """Return the material of a part."""
        key = key_of(part_name)
        if key not in self.made:
            self.made[key] = BUILDERS[key][0](key)
        return self.made[key][0]

    def put(self, spec: SceneSpec, engine: EngineSpec, part_names: set[str]) -> None:
        """Set the parameters of the materials that these parts wear."""
        for key in sorted({key_of(name) for name in part_names}):
            graph = self.made[key][1]
            BUILDERS[key][1](graph, spec, engine)
            graph.flush()
