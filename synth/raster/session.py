"""Id mask and depth of a scene by OpenGL: the second opinion on what Cycles and the labels say.

    with RasterSession() as session:
        raster = session.render(spec, geometry)         # geometry: what assets.subject.build returned

It reads the spec with camera code of its own and shares nothing with synth/blender but the meshes.  Nothing refracts
here: cornea, tears and lenses are left out, so pupil and iris are where they are, not where they are seen; hairs are
left out too.  OpenGL's camera has y up and looks along -z; a pixel shows what lies at its centre.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8

from assets.part import Part
from synth.errors import RenderError
from synth.spec import PersonSpec, SceneSpec

CLEAR = ("cornea", "tear", "glasses_lens")
GL_FROM_CAM = np.array([1.0, -1.0, -1.0])
_NEAREST_M = 0.01


@runtime_checkable
class PartsLike(Protocol):
    """What is needed of assets.subject.SubjectGeometry."""

    parts: Sequence[Part]


@dataclass(frozen=True)
class Raster:
    """What each pixel shows at its centre.

    Attributes:
        mask: Id of the part (assets.subject.ID), 0 where nothing is.
        depth_m: z in `cam`; inf where nothing is.
    """

    mask: UInt8[np.ndarray, "h w"]
    depth_m: Float[np.ndarray, "h w"]


class RasterSession:
    """A headless OpenGL context."""

    def __init__(self) -> None:
        """Open the context.

        Raises:
            RenderError: There is no headless OpenGL on this machine.
        """
        os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
        try:
            import pyrender

            self._gl = pyrender
            self._renderer: Any = pyrender.OffscreenRenderer(64, 64)
        except ModuleNotFoundError:
            raise  # the command line names the extra that holds it
        except Exception as error:  # a driver, a loader or ctypes: each throws its own kind
            raise RenderError(
                f"no headless OpenGL here ({type(error).__name__}: {error}); canthus doctor prints what to install"
            ) from error

    def __enter__(self) -> "RasterSession":
        """Return the session."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the context."""
        self.close()

    def close(self) -> None:
        """Close the context."""
        self._renderer.delete()

    def render(self, spec: SceneSpec, *people: PartsLike) -> Raster:
        """Draw a scene's opaque meshes at the size of its final picture, of these people in the order of the spec's.

        Raises:
            RenderError: Nothing opaque lies before the lens; names seed and index.
        """
        scene = self._gl.Scene(bg_color=np.zeros(4))
        colours: dict[Any, tuple[int, int, int]] = {}
        depths = []
        everything = [(spec.people[i], part) for i, geometry in enumerate(people) for part in geometry.parts]
        for person, part in everything:
            if part.material in CLEAR:
                continue
            positions = _gl_vertices(person, part)
            depths.append(-positions[:, 2])
            node = scene.add(self._mesh(positions, part))
            colours[node] = (part.id, 0, 0)
        depth = np.concatenate(depths) if depths else np.zeros(1)
        if depth.max() <= _NEAREST_M:
            raise RenderError(f"seed {spec.seed}, index {spec.index}: nothing lies before the lens")
        scene.add(self._camera(spec, depth), pose=np.eye(4))
        self._renderer.viewport_width, self._renderer.viewport_height = spec.camera.width, spec.camera.height
        flags = self._gl.RenderFlags.SEG | self._gl.RenderFlags.SKIP_CULL_FACES
        colour, z = self._renderer.render(scene, flags=flags, seg_node_map=colours)
        mask = np.array(colour[..., 0], dtype=np.uint8)
        return Raster(mask, np.where(mask > 0, z, np.inf).astype(np.float32))

    def _mesh(self, positions: Float[np.ndarray, "n 3"], part: Part) -> Any:
        whole = part.faces[:, 2] != part.faces[:, 3]
        halves = [part.faces[:, [0, 1, 2]], part.faces[whole][:, [0, 2, 3]]]
        indices = np.concatenate(halves).astype(np.uint32)
        return self._gl.Mesh([self._gl.Primitive(positions=positions.astype(np.float32), indices=indices)])

    def _camera(self, spec: SceneSpec, depth_m: Float[np.ndarray, " n"]) -> Any:
        """The clipping planes lie close about the head, for the depth buffer has 24 bits."""
        camera = spec.camera
        near = max(_NEAREST_M, 0.9 * float(depth_m.min()))
        return self._gl.IntrinsicsCamera(
            camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px, znear=near, zfar=1.1 * float(depth_m.max())
        )


def _gl_vertices(person: PersonSpec, part: Part) -> Float[np.ndarray, "n 3"]:
    rotation = np.array(person.cam_from_head_rotation)
    cam = np.einsum("ij,nj->ni", rotation, part.vertices_head) + person.cam_from_head_translation_m
    return np.asarray(cam * GL_FROM_CAM)
