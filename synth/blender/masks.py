"""Rasters of a scene: what is seen at the centre of each pixel, how deep it lies, which way it faces.

A second scene shares the meshes of the first and wears three materials of its own: one that emits the object's id and
its depth, corneas and lenses that refract and nothing else (so that everything is where the picture shows it), and air
for tears.  One ray a pixel, through its centre; nothing is averaged, nothing denoised.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import bpy
import numpy as np
from jaxtyping import Float, UInt8

from assets.eyeball import AQUEOUS_INDEX
from assets.glasses import LENS_INDEX
from synth.blender import camera
from synth.blender.frames import world_from_cam
from synth.blender.materials import key_of
from synth.blender.meshes import MeshPool
from synth.blender.nodes import Graph, new_material
from synth.spec import SceneSpec

HAIR = ("lash", "brow", "hair", "beard")
SCLERA_ID = 2


@dataclass(frozen=True)
class Rasters:
    """What each pixel of the final picture shows at its centre.

    Attributes:
        mask: Id of the part (assets.subject.ID), 0 where the sky is seen; under the cornea what lies behind it.
        depth_m: z in `cam` of the part that `mask` names; inf where the sky is seen.
        normal_cam: Unit normal of that part, towards the lens; zero where the sky is seen.
    """

    mask: UInt8[np.ndarray, "h w"]
    depth_m: Float[np.ndarray, "h w"]
    normal_cam: Float[np.ndarray, "h w 3"]


class MaskScene:
    """The second scene."""

    def __init__(self, camera_object: Any) -> None:
        """Make the scene; its objects follow those of the first."""
        self.scene = bpy.data.scenes.new("rasters")
        self.scene.camera = camera_object
        self.scene.collection.objects.link(camera_object)
        self.scene.world = bpy.data.worlds.new("dark")
        self.scene.world.color = (0.0, 0.0, 0.0)
        self.objects: dict[tuple[int, str], Any] = {}
        emit, self.graph = _emitter()
        self.materials = {
            "emit": emit,
            "cornea": _refractor("refract_cornea", AQUEOUS_INDEX),
            "glasses_lens": _refractor("refract_lens", LENS_INDEX),
            "tear": _air(),
        }
        _set_engine(self.scene)

    def put(self, pools: Sequence[MeshPool], spec: SceneSpec, hair: bool) -> None:
        """Follow the first scene's objects, and set the camera to the final picture's pixels."""
        originals = {(i, name): item for i, pool in enumerate(pools) for name, item in pool.objects.items()}
        for key, original in originals.items():
            item, name = self.objects.get(key), key[1]
            if item is None:
                item = bpy.data.objects.new(f"{name}.id", original.data)
                self.scene.collection.objects.link(item)
                item.material_slots[0].link = "OBJECT"
                item.material_slots[0].material = self.materials.get(key_of(name), self.materials["emit"])
                self.objects[key] = item
            item.matrix_world = original.matrix_world
            item.pass_index = original.pass_index
            item.hide_render = original.hide_render or (not hair and key_of(name) in HAIR)
        camera.set_intrinsics(self.scene, self.scene.camera, replace(spec.camera, supersample=1))

    def show(self, normals: bool) -> None:
        """Emit normals, or id and depth."""
        self.graph.set("normals", float(normals))
        self.graph.flush()
        self.scene.update_tag()


def rasters(data: dict[str, np.ndarray], normals: dict[str, np.ndarray], spec: SceneSpec) -> Rasters:
    """Return the rasters from the channels of the two renders.

    The blue channel of the first holds 1 times whatever the way through cornea and lens did to it; it is divided out.
    """
    through = data["B"]
    seen = through > 0.25
    # A ray that total reflection traps behind the cornea meets nothing: call it the white around.
    lost = (data["A"] > 0.5) & ~seen
    scale = np.where(seen, through, 1.0)
    mask = np.where(seen, np.round(data["R"] / scale), np.where(lost, SCLERA_ID, 0)).astype(np.uint8)
    depth = np.where(seen, data["G"] / scale, np.inf).astype(np.float32)
    world = (np.stack([normals[name] for name in "RGB"], axis=-1) - 0.5) * 2
    cam = world @ world_from_cam(spec)[:3, :3]
    cam = cam / np.maximum(np.linalg.norm(cam, axis=-1, keepdims=True), 1e-9)
    return Rasters(mask, depth, np.where(seen[..., None], cam, 0.0).astype(np.float32))


def _emitter() -> tuple[Any, Graph]:
    """Return what emits (id, depth, 1), or the world's normal as (n + 1) / 2."""
    material, g = new_material("emit")
    identity = g.node("ShaderNodeObjectInfo").outputs["Object Index"]
    depth = g.node("ShaderNodeCameraData").outputs["View Z Depth"]
    data = g.node("ShaderNodeCombineXYZ", {0: identity, 1: depth, 2: 1.0}).outputs[0]
    normal = g.node("ShaderNodeNewGeometry").outputs["Normal"]
    coded = g.vector("MULTIPLY_ADD", normal, (0.5, 0.5, 0.5))
    g.connect(coded.node.inputs[2], (0.5, 0.5, 0.5))
    colour = g.mix(g.value("normals"), data, coded)
    g.surface(g.node("ShaderNodeEmission", {"Color": colour, "Strength": 1.0}).outputs[0])
    return material, g


def _refractor(name: str, index: float) -> Any:
    material, g = new_material(name)
    inputs = {"Color": (1.0, 1.0, 1.0), "Roughness": 0.0, "IOR": index}
    g.surface(g.node("ShaderNodeBsdfRefraction", inputs).outputs[0])
    return material


def _air() -> Any:
    material, g = new_material("clear")
    g.surface(g.node("ShaderNodeBsdfTransparent").outputs[0])
    return material


def _set_engine(scene: Any) -> None:
    render, cycles = scene.render, scene.cycles
    render.engine = "CYCLES"
    render.use_persistent_data = True
    render.film_transparent = True
    render.use_compositing = render.use_sequencer = False
    render.image_settings.file_format, render.image_settings.exr_codec = "OPEN_EXR", "NONE"
    render.image_settings.color_mode, render.image_settings.color_depth = "RGBA", "32"
    scene.view_settings.view_transform = "Raw"
    cycles.device = "CPU"
    cycles.samples, cycles.use_adaptive_sampling, cycles.use_denoising = 1, False, False
    cycles.pixel_filter_type, cycles.filter_width = "BOX", 0.01
    cycles.max_bounces = cycles.transmission_bounces = 6
    cycles.diffuse_bounces = cycles.glossy_bounces = 0
    cycles.transparent_max_bounces = 16
    cycles.sample_clamp_direct = cycles.sample_clamp_indirect = 0.0
    cycles.use_auto_tile = cycles.use_light_tree = False
    cycles.caustics_refractive = True
    scene.cycles_curves.shape, scene.cycles_curves.subdivisions = "RIBBONS", 2
