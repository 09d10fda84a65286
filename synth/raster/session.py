"""Id mask and depth of a scene by OpenGL: the second opinion on what Cycles and the labels say; and shaded triangles.

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
from jaxtyping import Float, Int, UInt8

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
        self._see(scene, spec, np.concatenate(depths) if depths else np.zeros(1))
        flags = self._gl.RenderFlags.SEG | self._gl.RenderFlags.SKIP_CULL_FACES
        colour, z = self._renderer.render(scene, flags=flags, seg_node_map=colours)
        mask = np.array(colour[..., 0], dtype=np.uint8)
        return Raster(mask, np.where(mask > 0, z, np.inf).astype(np.float32))

    def shade(
        self,
        spec: SceneSpec,
        points_cam: Float[np.ndarray, "n 3"],
        triangles: Int[np.ndarray, "t 3"],
        values: Float[np.ndarray, "n 3"],
        behind: Float[np.ndarray, "3"],
    ) -> tuple[UInt8[np.ndarray, "h w 3"], Float[np.ndarray, "h w"]]:
        """Draw triangles, at `supersample` times the size of the final picture and with smooth edges.

        Args:
            spec: Whose camera sees them.
            points_cam: Their vertices in `cam`, m.
            triangles: Both sides of them are seen.
            values: What each vertex shows, 0 to 1; between vertices it is interpolated.
            behind: What is shown where there is no triangle.

        Returns:
            The values, 255 for 1; and depth, z in `cam`, inf where there is no triangle.

        Raises:
            RenderError: Nothing lies before the lens; names seed and index.
        """
        scene = self._gl.Scene(bg_color=[*behind, 1.0])
        times = spec.camera.supersample
        self._see(scene, spec, points_cam[:, 2], times)
        plain = self._gl.MetallicRoughnessMaterial(baseColorFactor=[1.0, 1.0, 1.0, 1.0])
        mesh = self._gl.Primitive(
            positions=(points_cam * GL_FROM_CAM).astype(np.float32),
            indices=triangles.astype(np.uint32),
            color_0=np.pad(np.clip(values, 0, 1), ((0, 0), (0, 1)), constant_values=1.0).astype(np.float32),
            material=plain,
        )
        scene.add(self._gl.Mesh([mesh]))
        flags = self._gl.RenderFlags.FLAT | self._gl.RenderFlags.SKIP_CULL_FACES
        colour, z = self._renderer.render(scene, flags=flags)
        return np.array(colour, dtype=np.uint8), np.where(z > 0, z, np.inf).astype(np.float32)

    def _mesh(self, positions: Float[np.ndarray, "n 3"], part: Part) -> Any:
        indices = triangles_of(part.faces).astype(np.uint32)
        return self._gl.Mesh([self._gl.Primitive(positions=positions.astype(np.float32), indices=indices)])

    def _see(self, scene: Any, spec: SceneSpec, depth_m: Float[np.ndarray, " n"], times: int = 1) -> None:
        """Put the camera into the scene, for a picture of so many times the final size.

        The clipping planes lie close about the head, for the depth buffer has 24 bits.

        Raises:
            RenderError: Nothing lies before the lens; names seed and index.
        """
        if depth_m.max() <= _NEAREST_M:
            raise RenderError(f"seed {spec.seed}, index {spec.index}: nothing lies before the lens")
        camera = spec.camera
        near = max(_NEAREST_M, 0.9 * float(depth_m.min()))
        pinhole = [times * number for number in (camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px)]
        scene.add(self._gl.IntrinsicsCamera(*pinhole, znear=near, zfar=1.1 * float(depth_m.max())), pose=np.eye(4))
        self._renderer.viewport_width, self._renderer.viewport_height = times * camera.width, times * camera.height


def triangles_of(faces: Int[np.ndarray, "f 4"]) -> Int[np.ndarray, "t 3"]:
    """Return faces as triangles: quads cut from their first corner to their third, as labels and Blender cut them."""
    whole = faces[:, 2] != faces[:, 3]
    return np.concatenate([faces[:, [0, 1, 2]], faces[whole][:, [0, 2, 3]]])


def _gl_vertices(person: PersonSpec, part: Part) -> Float[np.ndarray, "n 3"]:
    rotation = np.array(person.cam_from_head_rotation)
    cam = np.einsum("ij,nj->ni", rotation, part.vertices_head) + person.cam_from_head_translation_m
    return np.asarray(cam * GL_FROM_CAM)
