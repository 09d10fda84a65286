"""Where Cycles runs: the CPU, a GPU backend by name, or the first GPU that Blender offers."""

from typing import Any

import bpy

from synth.blender.engine import Device
from synth.errors import ConfigError

GPU_BACKENDS = ("OPTIX", "CUDA", "HIP", "METAL", "ONEAPI")


def choose_device(scene: Any, device: Device) -> str:
    """Set the device of a scene; return its name for people.

    Raises:
        ConfigError: The backend that was asked for has no device here.
    """
    if device == "cpu":
        scene.cycles.device = "CPU"
        return "CPU"
    preferences = bpy.context.preferences.addons["cycles"].preferences
    wanted = GPU_BACKENDS if device == "auto" else (device.upper(),)
    for backend in wanted:
        found = _enable(preferences, backend)
        if found:
            scene.cycles.device = "GPU"
            return found
    if device != "auto":
        raise ConfigError(f"engine.device={device}: Blender finds no such device here; use engine.device=cpu")
    scene.cycles.device = "CPU"
    return "CPU"


def _enable(preferences: Any, backend: str) -> str:
    """Switch every GPU of a backend on, and the CPU off; return the first one's name, "" if there is none."""
    try:
        preferences.compute_device_type = backend
    except TypeError:  # the enumeration lacks what this build of Blender was made without
        return ""
    preferences.get_devices()
    name = ""
    for item in preferences.devices:
        item.use = item.type == backend
        if item.use and not name:
            name = f"{item.name} ({backend})"
    return name
