"""One Cycles session kept alive: scene after scene through the same objects, materials and lamps.

    with Session(DRAFT) as session:
        frame = session.render(spec, geometry)          # geometry: what assets.subject.build returned
        picture = synth.picture.develop(frame.linear_rgb, spec)
        rasters = session.rasters(spec, geometry)       # masks, depth, normals (synth/blender/masks.py)
        layers = session.layers(spec, geometry)         # one for each light, to be mixed (synth/mix.py)

`geometry` has `parts` and `strands`, tuples of what synth/blender/meshes.py describes, in `head`.  There is one session
in a process, because Blender's data is global.  The same spec gives the same pixels whatever was rendered before.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from assets.part import GeometryLike
from synth.blender import camera, eevee, exr
from synth.blender.actor import Actor
from synth.blender.denoiser import Denoiser
from synth.blender.devices import choose_device
from synth.blender.engine import EngineSpec
from synth.blender.ground import Ground
from synth.blender.layers import layered, layers
from synth.blender.lights import Lights
from synth.blender.masks import MaskScene, Rasters, Shows, rasters
from synth.errors import RenderError
from synth.frame import Frame, Layers
from synth.mix import layers_of
from synth.spec import SceneSpec

MEMORY_FOLDER = Path("/dev/shm")


class Session:
    """Blender with one scene; see the module."""

    def __init__(self, engine: EngineSpec) -> None:
        """Empty Blender's file and set Cycles up."""
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.engine = engine
        self.scene = bpy.context.scene
        self.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        self.scene.collection.objects.link(self.camera)
        self.scene.camera = self.camera
        self.actors = [Actor(self.scene)]
        self.lights = Lights(self.scene, spots=engine.renderer == "eevee")
        self.ground: Ground | None = None
        self.mask_scene: MaskScene | None = None
        self.staged: tuple[SceneSpec, tuple[GeometryLike, ...]] | None = None
        """What `rasters` left on the stage, until something else is done."""
        self.denoiser: Denoiser | None = None
        self.folder = _memory_folder()
        self.idle = bpy.data.scenes.new("idle")
        self.device = choose_device(self.scene, engine.device)
        set_engine(self.scene, engine)
        if engine.renderer == "eevee":
            eevee.set_engine(self.scene, engine)

    def __enter__(self) -> "Session":
        """Return the session."""
        return self

    def __exit__(self, *error: object) -> None:
        """Remove the session's files."""
        self.close()

    def close(self) -> None:
        """Remove the session's files; Blender's data stays until the next session."""
        self.folder.cleanup()

    def render(self, spec: SceneSpec, *people: GeometryLike) -> Frame:
        """Trace one picture of these people, in the order of `spec.people`.

        Raises:
            RenderError: Blender gave no picture; names seed and index.
        """
        self._stage(spec, *people)
        channels = self.trace(self.scene, spec)
        rgb = np.stack([channels[name] for name in "RGB"], axis=-1)
        if not np.isfinite(rgb).all():
            raise RenderError(f"seed {spec.seed}, index {spec.index}: the picture holds numbers that are not finite")
        return Frame(rgb, channels["A"])

    def layers(self, spec: SceneSpec, *people: GeometryLike) -> Layers:
        """Trace one picture as its layers of light, noisy, whatever the engine says of denoising; see `denoised`.

        Raises:
            RenderError: Blender gave no picture; names seed and index.
        """
        self._stage(spec, *people)
        names = layers_of(spec.light)
        with layered(self.scene, names):
            return layers(self.trace(self.scene, spec), names)

    def denoised(self, linear_rgb: np.ndarray, guides: Layers) -> np.ndarray:
        """Return a layer, or a mix of layers, as Cycles would have denoised it; itself where the engine does not."""
        if not self.engine.denoise:
            return linear_rgb
        if self.denoiser is None:
            self.denoiser = Denoiser(self.engine.threads)
        return self.denoiser.clean(linear_rgb, guides.albedo, guides.normal)

    def rasters(
        self, spec: SceneSpec, *people: GeometryLike, hair: bool = True, normal: bool = True, uv: bool = False
    ) -> Rasters:
        """Return the rasters at the final picture's size.

        Args:
            spec: The scene.
            people: Its people's geometry.
            hair: Whether any hair, lashes and brows is drawn.
            normal: Whether to make normals, which takes a render of their own.
            uv: Whether to make UV, likewise.

        Raises:
            RenderError: Blender gave no picture; names seed and index.
        """
        self.put(spec, *people)
        if self.mask_scene is None:
            self.mask_scene = MaskScene(self.camera, self.engine.threads)
        self.mask_scene.put([actor.pool for actor in self.actors], spec, hair)
        data = self.shown("data", spec)
        normals = self.shown("normals", spec) if normal else None
        places = self.shown("places", spec) if uv else None
        self.staged = spec, people
        return rasters(data, normals, places, spec)

    def shown(self, what: Shows, spec: SceneSpec) -> dict[str, np.ndarray]:
        """Run Cycles on the scene of masks; return the channels of its picture."""
        assert self.mask_scene is not None
        self.mask_scene.show(what)
        return self.trace(self.mask_scene.scene, spec)

    def _stage(self, spec: SceneSpec, *people: GeometryLike) -> None:
        """Bring the scene to this spec, unless the rasters that were made last were of the same."""
        staged, self.staged = self.staged, None
        if staged is None or staged[0] != spec or list(map(id, staged[1])) != list(map(id, people)):
            self.put(spec, *people)

    def put(self, spec: SceneSpec, *people: GeometryLike) -> None:
        """Bring the scene to this spec."""
        self.staged = None
        while len(self.actors) < len(people):
            self.actors.append(Actor(self.scene))
        for number, geometry in enumerate(people):
            self.actors[number].put(spec.alone(number), geometry, self.engine)
        for actor in self.actors[len(people) :]:
            actor.leave()
        if self.ground is None and spec.ground is not None:
            self.ground = Ground(self.scene)
        if self.ground is not None:
            self.ground.put(spec)
        self.lights.put(spec)
        camera.apply(self.scene, self.camera, spec)
        self.scene.cycles.seed = spec.index % 2**31
        # Settings kept by an add-on do not tell the dependency graph that they changed.
        self.scene.update_tag()

    def trace(self, scene: Any, spec: SceneSpec) -> dict[str, np.ndarray]:
        """Run Cycles on a scene as it is; return the channels of its picture."""
        file = Path(self.folder.name) / "picture.exr"
        file.unlink(missing_ok=True)
        scene.render.filepath = str(file)
        # The operator evaluates the context's scene for the screen, before and after: let it be an empty one.
        with silent_stdout(), bpy.context.temp_override(scene=self.idle, view_layer=self.idle.view_layers[0]):
            try:
                bpy.ops.render.render(write_still=True, scene=scene.name)
            except RuntimeError as error:
                raise RenderError(f"seed {spec.seed}, index {spec.index}: Blender failed: {error}") from error
        if not file.exists():
            raise RenderError(f"seed {spec.seed}, index {spec.index}: Blender wrote no picture to {file.parent}")
        return exr.read(file)


def _memory_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for this process' pictures, in memory if that is to be had; sweep those that killed ones left."""
    if not os.access(MEMORY_FOLDER, os.W_OK):
        return tempfile.TemporaryDirectory(prefix="canthus-")
    for left in MEMORY_FOLDER.glob("canthus-*-*"):
        owner = left.name.split("-")[1]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=f"canthus-{os.getpid()}-", dir=MEMORY_FOLDER)


def set_engine(scene: Any, engine: EngineSpec) -> None:
    """Set what stays the same from picture to picture."""
    render, cycles = scene.render, scene.cycles
    render.engine = "CYCLES"
    # Kept from picture to picture, Cycles' objects and lights would stand in the order in which a process first met
    # them, and the noise of a picture would tell what was drawn before it.
    render.use_persistent_data = False
    render.film_transparent = False
    render.threads_mode, render.threads = ("FIXED", engine.threads) if engine.threads else ("AUTO", 1)
    render.use_compositing = render.use_sequencer = False
    render.image_settings.file_format = "OPEN_EXR"
    render.image_settings.color_mode, render.image_settings.color_depth = "RGBA", "32"
    render.image_settings.exr_codec = "NONE"
    scene.view_settings.view_transform = "Raw"
    cycles.samples, cycles.use_adaptive_sampling = engine.samples, False
    cycles.use_auto_tile = False
    cycles.use_denoising, cycles.denoiser = engine.denoise, "OPENIMAGEDENOISE"
    # Prefiltering the guides accurately runs the network three times; at few pixels that costs as much as the paths.
    cycles.denoising_quality, cycles.denoising_prefilter = "BALANCED", "FAST"
    cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
    cycles.max_bounces = engine.bounces
    cycles.diffuse_bounces = cycles.glossy_bounces = max(1, engine.bounces - 2)
    cycles.transmission_bounces = engine.bounces
    cycles.transparent_max_bounces = 8
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.blur_glossy = 0.3
    cycles.sample_clamp_direct, cycles.sample_clamp_indirect = 0.0, 4.0
    cycles.use_light_tree = False
    scene.cycles_curves.shape, scene.cycles_curves.subdivisions = "RIBBONS", 2


@contextmanager
def silent_stdout() -> Iterator[None]:
    """Keep Blender's progress lines, written below Python, out of the user's sight."""
    keep, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 1)
        yield
    finally:
        os.dup2(keep, 1)
        os.close(keep)
        os.close(null)
