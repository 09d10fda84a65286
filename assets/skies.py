"""The skies: eight CC0 panoramas that come inside the bpy wheel, found without importing bpy.

Equirectangular, 1024 x 512, linear light, OpenEXR.  The source is Poly Haven, by way of Blender's studio lights
(`license.txt` beside them says CC0).
"""

import importlib.util
from pathlib import Path

from synth.errors import AssetError

SKIES = ("city", "courtyard", "forest", "interior", "night", "studio", "sunrise", "sunset")
REINSTALL = "reinstall bpy (pip install --force-reinstall 'bpy==4.5.*')"


def folder() -> Path:
    """Return where the installed bpy keeps its skies.

    Raises:
        AssetError: bpy is not installed, or holds no skies.
    """
    spec = importlib.util.find_spec("bpy")
    if spec is None or not spec.submodule_search_locations:
        raise AssetError(
            "the skies come with Blender's Python module, which is not installed: pip install 'bpy==4.5.*'"
        )
    found = sorted(Path(spec.submodule_search_locations[0]).glob("*/datafiles/studiolights/world"))
    if not found:
        raise AssetError(f"no studiolights/world in {spec.submodule_search_locations[0]}: {REINSTALL}")
    return found[-1]


def path(name: str) -> Path:
    """Return the file of one of `SKIES`.

    Raises:
        AssetError: There is no such sky, or its file is missing.
    """
    if name not in SKIES:
        raise AssetError(f"no sky named {name!r}: choose one of {', '.join(SKIES)}")
    file = folder() / f"{name}.exr"
    if not file.is_file():
        raise AssetError(f"sky {name!r} is missing at {file}: {REINSTALL}")
    return file
