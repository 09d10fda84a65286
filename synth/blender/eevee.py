"""The same scene by EEVEE, Blender's renderer on OpenGL: for a GPU; without one Mesa draws it on the CPU, slowly.

Objects, materials and lamps are those of Cycles.  What it does otherwise:

- A picture is the mean of `engine.samples` drawings, each a little aside, with shadows from other points of the lamps.
- Light that something else sends back is found on the screen, and from a map of the sky where that does not show it.
- Only what is nearest of all that bends light does so.  So a lens of glasses is one surface (`refracts`,
  synth/blender/glasses.py), and behind it the cornea bends nothing: a pupil there is shown smaller than labels say.
- There are no light groups (`relight`).

In a process that pyrender draws in too, EGL gives Blender no context, and Blender ends the process.
"""

import ctypes
from typing import Any

from synth.blender.engine import EngineSpec
from synth.errors import RenderError

EGL_PLATFORM_DEVICE, MOST_DEVICES = 0x313F, 16
BEHIND_M = 0.03
"""A ray that passes so close behind what the screen shows has met it.

A lash stands so far before the iris that it hides, and a ray that met nothing would show the sky instead.
"""
OVERSCAN_PERCENT = 5.0
"""Margin that is drawn and cut off, of the picture's longer side."""


def set_engine(scene: Any, engine: EngineSpec) -> None:
    """Have EEVEE draw a scene.

    Raises:
        RenderError: There is no headless OpenGL on this machine.
    """
    if not _has_opengl():
        raise RenderError("engine.renderer=eevee: no headless OpenGL here; canthus doctor prints what to install")
    render, eevee = scene.render, scene.eevee
    render.engine = "BLENDER_EEVEE_NEXT"
    # Strips as broad as the hairs; strands would be a pixel broad however thin.
    render.hair_type, render.hair_subdiv = "STRIP", 1
    eevee.taa_render_samples = engine.samples
    eevee.use_raytracing = True
    rays = eevee.ray_tracing_options
    rays.resolution_scale, rays.screen_trace_quality = "1", 1.0
    rays.screen_trace_thickness = BEHIND_M
    # What a lens shows may lie a little beside the picture.
    eevee.use_overscan, eevee.overscan_size = True, OVERSCAN_PERCENT


def _has_opengl() -> bool:
    """Return whether EGL opens its default display or a device, without which Blender would end the process."""
    try:
        egl = ctypes.CDLL("libEGL.so.1")
    except OSError:
        return False
    egl.eglGetDisplay.argtypes, egl.eglGetDisplay.restype = [ctypes.c_void_p], ctypes.c_void_p
    egl.eglGetProcAddress.restype, egl.eglInitialize.argtypes = ctypes.c_void_p, [ctypes.c_void_p] * 3
    displays = [egl.eglGetDisplay(None)]
    query, open_device = (egl.eglGetProcAddress(name) for name in (b"eglQueryDevicesEXT", b"eglGetPlatformDisplayEXT"))
    if query and open_device:
        devices, count = (ctypes.c_void_p * MOST_DEVICES)(), ctypes.c_int()
        ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_int, *[ctypes.c_void_p] * 2)(query)(
            MOST_DEVICES, ctypes.addressof(devices), ctypes.addressof(count)
        )
        of_device = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_int, *[ctypes.c_void_p] * 2)(open_device)
        displays += [of_device(EGL_PLATFORM_DEVICE, devices[i], None) for i in range(count.value)]
    return any(display and egl.eglInitialize(display, None, None) for display in displays)


def refracts(material: Any) -> None:
    """Let a material bend what is seen through it by its one surface, as if all behind were of the same stuff.

    EEVEE would take it for a ball as large as the object, and bend a second time.
    """
    material.use_raytrace_refraction = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nothing = nodes.new("ShaderNodeValue")
    nothing.outputs[0].default_value = 0.0
    for node in list(nodes):
        if node.bl_idname == "ShaderNodeOutputMaterial" and node.target in ("ALL", "EEVEE"):
            links.new(nothing.outputs[0], node.inputs["Thickness"])
