"""A `CameraSpec` as Blender's camera: K to lens, sensor shift and pixel aspect.

Horizontal sensor fit makes one unit of shift one picture width; Blender's pixel aspect must be at least 1 and is the
shape of a pixel on the sensor, wide for fx < fy.
"""

from typing import Any

from synth.blender.frames import blender_matrix, world_from_blcam
from synth.spec import CameraSpec, SceneSpec

SENSOR_WIDTH_MM = 36.0
NEAR_M, FAR_M = 0.005, 100.0


def apply(scene: Any, camera: Any, spec: SceneSpec) -> None:
    """Set resolution, intrinsics and pose."""
    set_intrinsics(scene, camera, spec.camera)
    camera.matrix_world = blender_matrix(world_from_blcam(spec))


def set_intrinsics(scene: Any, camera: Any, spec: CameraSpec) -> None:
    """Set resolution (of the traced picture, `supersample` times the final) and K."""
    render, lens = scene.render, camera.data
    render.resolution_x = spec.width * spec.supersample
    render.resolution_y = spec.height * spec.supersample
    render.resolution_percentage = 100
    ratio = spec.fx_px / spec.fy_px
    render.pixel_aspect_x, render.pixel_aspect_y = max(1.0, 1 / ratio), max(1.0, ratio)
    lens.type, lens.sensor_fit, lens.sensor_width = "PERSP", "HORIZONTAL", SENSOR_WIDTH_MM
    lens.lens = spec.fx_px * SENSOR_WIDTH_MM / spec.width
    lens.shift_x = (spec.width / 2 - spec.cx_px) / spec.width
    lens.shift_y = (spec.cy_px - spec.height / 2) / spec.width * ratio
    lens.clip_start, lens.clip_end = NEAR_M, FAR_M
    lens.dof.use_dof = False
