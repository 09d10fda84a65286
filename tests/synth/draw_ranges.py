"""The ranges of the product's own configuration files, for the tests of what is drawn from them."""

from functools import cache
from pathlib import Path

from omegaconf import OmegaConf

import synth.conf
from synth.ranges import RenderRanges

CONF = Path(synth.conf.__file__).parent


@cache
def _tree(camera: str, light: str):
    parts = {
        group: OmegaConf.load(CONF / group / f"{name}.yaml")
        for group, name in {"subject": "eye", "camera": camera, "light": light}.items()
    }
    return OmegaConf.merge(OmegaConf.structured(RenderRanges), parts)


def ranges(camera: str = "mpiigaze", light: str = "visible", **changes: object) -> RenderRanges:
    """Return the ranges; `changes` are dotted keys with __ for the dots."""
    tree = _tree(camera, light).copy()
    for key, value in changes.items():
        OmegaConf.update(tree, key.replace("__", "."), value)
    result = OmegaConf.to_object(tree)
    assert isinstance(result, RenderRanges)
    return result
