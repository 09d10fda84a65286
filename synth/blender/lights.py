"""Light: one sky round the scene, and lamps that are taken from a pool and changed in place.

Sky and lamps name their light groups (synth/mix.py), which change nothing until a view layer asks for them.

The sky's map of where it is bright is sampled at 128 pixels: Cycles would rebuild its full map, 1.5 s, whenever the
world changes.  A sky's rotation is about the world's z.
"""

import math
from typing import Any

import bpy
import numpy as np
from mathutils import Euler, Vector

from assets import skies
from assets.skylights import LUMINANCE, MOST_SPOTS, Spot, part
from synth.blender import backdrop
from synth.blender.frames import blender_matrix, world_from_cam, world_from_lamp
from synth.blender.nodes import Graph
from synth.errors import RenderError
from synth.mix import SKY, layer_of
from synth.spec import LampSpec, LightSpec, SceneSpec, Vector3

SKY_MAP_PIXELS = 128
BLENDER_KIND = {"area": "AREA", "sun": "SUN", "point": "POINT"}
SUN_MIN_RAD = math.radians(0.5)
POOL = {"area": 12, "sun": 2, "point": 24}
"""Lamps of each kind, all made at the start and dark until used.

Cycles numbers lamps in the order in which they come and draws among them by number, so a lamp made or hidden later
would change the noise of all pictures after it.
"""


class Lights:
    """World and lamps of one scene."""

    def __init__(self, scene: Any, spots: bool = False) -> None:
        """Make the world; skies are loaded when first used.

        Args:
            scene: Blender's.
            spots: Whether the bright spots of skies shine as lamps (assets/skylights.py), as EEVEE needs it.
        """
        self.scene = scene
        self.world = bpy.data.worlds.new("world")
        scene.world = self.world
        self.world.use_nodes = True
        self.world.lightgroup = SKY
        self.world.cycles.sampling_method = "MANUAL"
        self.world.cycles.sample_map_resolution = SKY_MAP_PIXELS
        self.graph = Graph(self.world.node_tree)
        where = self.graph.node("ShaderNodeTexCoord").outputs["Generated"]
        self.mapping = self.graph.node("ShaderNodeMapping", {"Vector": where})
        self.texture = self.graph.node("ShaderNodeTexEnvironment", {"Vector": self.mapping.outputs[0]})
        grey = self.graph.node("ShaderNodeRGBToBW", {0: self.texture.outputs[0]}).outputs[0]
        colour = self.graph.mix(self.graph.value("grey"), self.texture.outputs[0], grey)
        sky = self.graph.vector("MULTIPLY", colour, self.graph.colour("strength", (1.0, 1.0, 1.0)))
        background = self.graph.node("ShaderNodeBackground", {"Color": backdrop.build(self.graph, sky)})
        self.graph.node("ShaderNodeOutputWorld", {"Surface": background.outputs[0]})
        self.skies: dict[str, tuple[Any, tuple[Spot, ...]]] = {}
        self.lamps = {kind: [self._new_lamp(kind, i) for i in range(count)] for kind, count in POOL.items()}
        self.spots = [self._new_lamp("sun", POOL["sun"] + i) for i in range(MOST_SPOTS)] if spots else []
        if spots:
            self.world.sun_threshold = 0.0  # or EEVEE would take another sun out of the rest

    def put(self, spec: SceneSpec) -> None:
        """Set sky and lamps of this picture."""
        self._put_sky(spec.light)
        cam = world_from_cam(spec)
        for kind, pool in self.lamps.items():
            wanted = [lamp for lamp in spec.light.lamps if lamp.kind == kind]
            if len(wanted) > len(pool):
                raise RenderError(
                    f"seed {spec.seed}, index {spec.index}: {len(wanted)} {kind} lamps, at most {len(pool)} fit"
                )
            for item, lamp in zip(pool, wanted, strict=False):
                _put_lamp(item, lamp, cam, spec.light.infrared)
                item.lightgroup = layer_of(lamp)
            for item in pool[len(wanted) :]:
                item.data.energy = 0.0

    def _put_sky(self, light: LightSpec) -> None:
        if light.sky not in self.skies:
            self.skies[light.sky] = self._load(light.sky)
        image, spots = self.skies[light.sky]
        if self.texture.image is not image:
            self.texture.image = image
        turn = self.mapping.inputs["Rotation"]
        if turn.default_value[2] != np.float32(light.sky_rotation_rad):
            turn.default_value[2] = light.sky_rotation_rad
        strength = light.sky_strength * np.array(_seen(light.sky_tint, light.infrared))
        self.graph.set("strength", tuple(strength))
        self.graph.set("grey", float(light.infrared))
        backdrop.put(self.graph, light)
        self.graph.flush()
        for item in self.spots[len(spots) :]:
            item.data.energy = 0.0
        for item, spot in zip(self.spots, spots, strict=False):
            irradiance = strength * np.array(_seen(spot.irradiance_rgb, light.infrared))
            _put_spot(item, spot, irradiance, light.sky_rotation_rad)

    def _load(self, name: str) -> tuple[Any, tuple[Spot, ...]]:
        """Return a sky, and of what shines as lamps the spots, which the sky then lacks."""
        image = bpy.data.images.load(str(skies.path(name)))
        image.colorspace_settings.name = "Linear Rec.709"
        if not self.spots:
            return image, ()
        width, height = image.size
        pixels = np.empty((height, width, 4), np.float32)
        image.pixels.foreach_get(pixels.ravel())
        spots, pixels[..., :3] = part(pixels[..., :3])
        image.pixels.foreach_set(pixels.ravel())
        image.update()
        return image, spots

    def _new_lamp(self, kind: str, index: int) -> Any:
        lamp = bpy.data.lights.new(f"{kind}{index}", BLENDER_KIND[kind])
        lamp.use_shadow_jitter = True  # EEVEE's: a lamp's shadow is as soft as the lamp is large
        item = bpy.data.objects.new(lamp.name, lamp)
        self.scene.collection.objects.link(item)
        return item


def _seen(colour: Vector3, infrared: bool) -> Vector3:
    """Return a colour as the camera takes it: an infrared scene has one channel, so colours become their luminance."""
    grey = sum(weight * value for weight, value in zip(LUMINANCE, colour, strict=True))
    return (grey, grey, grey) if infrared else colour


def _put_lamp(item: Any, lamp: LampSpec, world_from_cam_matrix: np.ndarray, infrared: bool) -> None:
    """Set place, size, power and colour."""
    item.matrix_world = blender_matrix(
        world_from_lamp(world_from_cam_matrix, np.asarray(lamp.position_cam_m), np.asarray(lamp.direction_cam))
    )
    data = item.data
    data.energy = lamp.power_w
    data.color = _seen(lamp.colour, infrared)
    if lamp.kind == "area":
        data.shape, data.size, data.size_y = "RECTANGLE", lamp.width_m, lamp.height_m
    elif lamp.kind == "sun":
        data.angle = max(lamp.width_m, SUN_MIN_RAD)
    else:
        data.shadow_soft_size = lamp.width_m


def _put_spot(item: Any, spot: Spot, irradiance_rgb: np.ndarray, sky_rotation_rad: float) -> None:
    """Set where a bright spot of the sky shines from, how much and how softly."""
    toward = Vector(spot.direction)
    toward.rotate(Euler((0.0, 0.0, -sky_rotation_rad)))  # the mapping turns what looks the sky up
    item.rotation_euler = toward.to_track_quat("Z", "Y").to_euler()
    data = item.data
    data.energy = float(irradiance_rgb.max())
    data.color = tuple(irradiance_rgb / max(data.energy, 1e-9))
    data.angle = max(2 * spot.radius_rad, SUN_MIN_RAD)
