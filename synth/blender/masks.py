"""Rasters of a scene: what is seen at the centre of each pixel, how deep it lies, which way it faces.

A second scene shares the meshes of the first and wears materials of its own: one that emits the object's number, the
region of the skin and its depth, corneas and lenses that refract and nothing else (so that everything is where the
picture shows it), and air for tears.  One ray a pixel, through its centre; nothing is averaged, nothing denoised.

A render has three channels to emit through what refracts.  Data fill the first; normals, and places on the untouched
head, from which UV follow, are renders of their own and made only if they are wanted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import bpy
import numpy as np
from jaxtyping import Float, Int, UInt8

from assets.eyeball import AQUEOUS_INDEX
from assets.glasses import LENS_INDEX
from assets.part import ID
from assets.regions import HAIRY, REGION, globe_uv
from synth.blender import camera
from synth.blender.frames import world_from_cam
from synth.blender.materials import key_of
from synth.blender.meshes import MeshPool
from synth.blender.nodes import Graph, new_material
from synth.parsing import Shown, nearest, parsed
from synth.spec import SceneSpec

Shows = Literal["data", "normals", "places"]
"""What the materials emit."""
HAIR = ("lash", "brow", "hair", "beard")
LEFT, PERSON, REGIONS = 32, 64, 32768
"""An object's number is its part's id, LEFT if it is of a left eye, and PERSON times who it belongs to (from 0).

Blender holds numbers below REGIONS.  What is emitted is this and REGIONS times what `_region` says of the skin.
"""
LENS = 0.9
"""What a surface of a lens lets pass: so that a pixel tells that it is seen through one."""
SKY = 0.25
"""What the sky emits where a lens shows it; straight ahead the film is transparent."""
_SHIFT_M = 0.5
"""Makes places on the untouched head positive."""


@dataclass(frozen=True)
class Rasters:
    """What each pixel of the final picture shows at its centre.

    Attributes:
        mask: Id of the part (assets.subject.ID), 0 where the sky is seen; under the cornea what lies behind it.
        parsing: Class of CelebAMask-HQ (synth.parsing.CLASSES).
        person: Whose part it is, 1 for the first of the spec's people; 0 where the sky is seen.
        depth_m: z in `cam` of the part that `mask` names; inf where the sky is seen.
        normal_cam: Unit normal of that part, towards the lens; zero where the sky is seen; None if not asked for.
        uv: Place on the map of the head (assets.regions.globe_uv); zero where no skin is seen; None if not asked for.
    """

    mask: UInt8[np.ndarray, "h w"]
    parsing: UInt8[np.ndarray, "h w"]
    person: UInt8[np.ndarray, "h w"]
    depth_m: Float[np.ndarray, "h w"]
    normal_cam: Float[np.ndarray, "h w 3"] | None
    uv: Float[np.ndarray, "h w 2"] | None


class MaskScene:
    """The second scene."""

    def __init__(self, camera_object: Any, threads: int) -> None:
        """Make the scene; its objects follow those of the first.

        Args:
            camera_object: The camera of the first.
            threads: CPU threads; 0 takes all cores.
        """
        self.scene = bpy.data.scenes.new("rasters")
        self.scene.camera = camera_object
        self.scene.collection.objects.link(camera_object)
        self.scene.world = bpy.data.worlds.new("behind lenses")
        self.scene.world.color = (SKY, 0.0, 0.0)
        self.objects: dict[tuple[int, str], Any] = {}
        emit, self.graph = _emitter()
        self.materials = {
            "emit": emit,
            "cornea": _refractor("refract_cornea", AQUEOUS_INDEX, 1.0),
            "glasses_lens": _refractor("refract_lens", LENS_INDEX, LENS),
            "tear": _air(),
        }
        _set_engine(self.scene, threads)

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
            number = original.pass_index + LEFT * ("left" in name.split("_")) + PERSON * key[0]
            if item.pass_index != number:
                item.pass_index = number
            hidden = original.hide_render or (not hair and key_of(name) in HAIR)
            # Written, even to what it is, it would have Blender build its graph of dependencies anew.
            if item.hide_render != hidden:
                item.hide_render = hidden
        camera.set_intrinsics(self.scene, self.scene.camera, replace(spec.camera, supersample=1))

    def show(self, what: Shows) -> None:
        """Emit numbers and depth, normals, or places on the untouched head."""
        self.graph.set("normals", float(what == "normals"))
        self.graph.set("places", float(what == "places"))
        self.graph.flush()


def rasters(
    data: dict[str, np.ndarray],
    normals: dict[str, np.ndarray] | None,
    places: dict[str, np.ndarray] | None,
    spec: SceneSpec,
) -> Rasters:
    """Return the rasters from the channels of the renders.

    The blue channel of the first holds 1 times whatever the way through cornea and lens did to it; it is divided out.
    """
    seen = data["B"] > 0.25
    scale = np.where(seen, data["B"], 1.0)
    number = np.where(seen, np.round(data["R"] / scale), 0).astype(np.int64)
    bent = (data["A"] > 0.5) & ~seen
    sky = bent & (data["R"] > 0.25 * SKY)
    lost = bent & ~sky
    if lost.any():
        number = np.where(lost, _trapped(number), number)
    objects, region = number % REGIONS, number // REGIONS
    mask = (objects % LEFT).astype(np.uint8)
    shown = Shown(
        mask=mask,
        person=np.where(mask > 0, objects // PERSON + 1, 0).astype(np.uint8),
        left=np.where(mask == ID["skin"], region % 2, objects // LEFT % 2) > 0,
        region=(region // 2).astype(np.uint8),
        behind_lens=np.where(sky, data["R"] / SKY, scale) < 0.5 * (1 + LENS),
    )
    cam = uv = None
    if normals is not None:
        world = (_stacked(normals, scale) - 0.5) * 2
        cam = world @ world_from_cam(spec)[:3, :3]
        cam = cam / np.maximum(np.linalg.norm(cam, axis=-1, keepdims=True), 1e-9)
        cam = np.where(seen[..., None], cam, 0.0).astype(np.float32)
    if places is not None:
        on_skin = (mask == ID["skin"])[..., None]
        uv = np.where(on_skin, globe_uv(_stacked(places, scale) - _SHIFT_M), 0.0).astype(np.float32)
    depth = np.where(seen, data["G"] / scale, np.inf).astype(np.float32)
    return Rasters(mask, parsed(shown, spec), shown.person, depth, cam, uv)


def _trapped(number: Int[np.ndarray, "h w"]) -> Int[np.ndarray, "h w"]:
    """Return the numbers of pixels whose rays met nothing, for total reflection trapped them.

    It does so behind a cornea, where they are called the white around, and in the rim of a lens, which is called frame.
    """
    part = number % LEFT
    optical = [ID[name] for name in ("sclera", "iris", "pupil", "caruncle", "glasses")]
    near = nearest(number % REGIONS, np.isin(part, optical))
    return np.where(near % LEFT == ID["glasses"], near, near // LEFT * LEFT + ID["sclera"])


def _stacked(channels: dict[str, np.ndarray], scale: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w 3"]:
    return np.stack([channels[name] for name in "RGB"], axis=-1) / scale[..., None]


def _emitter() -> tuple[Any, Graph]:
    """Return what emits (number, depth, 1), the world's normal as (n + 1) / 2, or a shifted place."""
    material, g = new_material("emit")
    # It lights nothing: Cycles need not list its triangles as lamps.
    material.cycles.emission_sampling = "NONE"
    place = g.attribute("untouched", "Vector")
    identity = g.add(g.node("ShaderNodeObjectInfo").outputs["Object Index"], g.mul(_region(g, place), float(REGIONS)))
    depth = g.node("ShaderNodeCameraData").outputs["View Z Depth"]
    data = g.node("ShaderNodeCombineXYZ", {0: identity, 1: depth, 2: 1.0}).outputs[0]
    normal = g.node("ShaderNodeNewGeometry").outputs["Normal"]
    coded = g.vector("MULTIPLY_ADD", normal, (0.5, 0.5, 0.5))
    g.connect(coded.node.inputs[2], (0.5, 0.5, 0.5))
    colour = g.mix(g.value("normals"), data, coded)
    colour = g.mix(g.value("places"), colour, g.vector("ADD", place, (_SHIFT_M, _SHIFT_M, _SHIFT_M)))
    g.surface(g.node("ShaderNodeEmission", {"Color": colour, "Strength": 1.0}).outputs[0])
    return material, g


def _region(g: Graph, untouched: Any) -> Any:
    """Return twice the number of the region (assets.regions), and one more on the subject's left; 0 off the skin."""
    borders, brows, place = (
        g.node("ShaderNodeSeparateXYZ", {0: vector}).outputs
        for vector in (g.attribute("borders", "Vector"), g.attribute("brows", "Vector"), untouched)
    )
    lip = g.math("GREATER_THAN", g.attribute("lips"), 0.5)
    within = {
        "neck": g.math("GREATER_THAN", borders[1], 0.0),
        "ear": g.math("GREATER_THAN", borders[2], 0.0),
        "nose": g.math("GREATER_THAN", borders[0], 0.0),
        "scalp": g.math("GREATER_THAN", g.attribute("scalp"), HAIRY),
        "brow": g.math("LESS_THAN", g.math("ABSOLUTE", brows[0]), brows[1]),
        "lower_lip": lip,
        "upper_lip": g.mul(lip, g.math("GREATER_THAN", brows[2], 0.0)),
        "mouth": g.math("GREATER_THAN", g.attribute("mouth_inside"), 0.5),
    }
    highest: Any = 0.0
    for name, here in within.items():
        highest = g.math("MAXIMUM", highest, g.mul(here, float(REGION[name])))
    return g.add(g.mul(highest, 2.0), g.math("GREATER_THAN", place[0], 0.0))


def _refractor(name: str, index: float, passes: float) -> Any:
    material, g = new_material(name)
    inputs = {"Color": (passes, passes, passes), "Roughness": 0.0, "IOR": index}
    g.surface(g.node("ShaderNodeBsdfRefraction", inputs).outputs[0])
    return material


def _air() -> Any:
    material, g = new_material("clear")
    g.surface(g.node("ShaderNodeBsdfTransparent").outputs[0])
    return material


def _set_engine(scene: Any, threads: int) -> None:
    render, cycles = scene.render, scene.cycles
    render.engine = "CYCLES"
    render.threads_mode, render.threads = ("FIXED", threads) if threads else ("AUTO", 1)
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
    # Or rays that a lens weakens would end by chance.
    cycles.min_light_bounces = 6
    cycles.diffuse_bounces = cycles.glossy_bounces = 0
    cycles.transparent_max_bounces = 16
    cycles.sample_clamp_direct = cycles.sample_clamp_indirect = 0.0
    cycles.use_auto_tile = cycles.use_light_tree = False
    cycles.caustics_refractive = True
    scene.cycles_curves.shape, scene.cycles_curves.subdivisions = "RIBBONS", 2
