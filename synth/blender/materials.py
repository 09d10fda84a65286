"""All materials of a scene: built once, their parameters set for each subject.

Every material is a builder `build() -> (material, graph)` and a setter `put(graph, spec, engine)` in the file of its
subject (skin, eye, hair, glasses).
"""

from typing import Any

from synth.blender import eye, glasses, hair, skin
from synth.blender.engine import EngineSpec
from synth.blender.nodes import Graph
from synth.spec import SceneSpec

BUILDERS = {
    "skin": (skin.build, skin.put),
    "sclera": (eye.build_sclera, eye.put_sclera),
    "cornea": (eye.build_cornea, eye.put_cornea),
    "iris_left": (eye.build_iris, eye.put_iris_left),
    "iris_right": (eye.build_iris, eye.put_iris_right),
    "pupil": (eye.build_pupil, eye.put_nothing),
    "caruncle": (eye.build_caruncle, eye.put_caruncle),
    "tear": (eye.build_tear, eye.put_nothing),
    "lash": (hair.build, hair.put_lash),
    "brow": (hair.build, hair.put_brow),
    "glasses_frame": (glasses.build_frame, glasses.put_frame),
    "glasses_lens": (glasses.build_lens, glasses.put_lens),
    "teeth": (eye.build_teeth, eye.put_nothing),
    "tongue": (eye.build_tongue, eye.put_nothing),
}


def key_of(part_name: str) -> str:
    """Return which material a part wears: by its name, without the side where both sides share one."""
    if part_name in BUILDERS:
        return part_name
    for suffix in ("_left", "_right"):
        if part_name.endswith(suffix) and part_name.removesuffix(suffix) in BUILDERS:
            return part_name.removesuffix(suffix)
    stem = part_name.split("_")[0]
    return stem if stem in BUILDERS else "skin"


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

    def put(self, spec: SceneSpec, engine: EngineSpec) -> None:
        """Set the parameters of every material that exists."""
        for key, (_, graph) in self.made.items():
            BUILDERS[key][1](graph, spec, engine)
