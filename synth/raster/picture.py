"""A plain picture of a scene, soon, by OpenGL: base colours, an even sky, lamps without shadows.

    with PreviewSession() as session:
        frame = session.render(spec, *people)           # as synth.blender.session.Session has it
        picture = synth.picture.develop(frame.linear_rgb, spec)

It is a preview: everything is where Cycles shows it but for refraction, as there is no cornea and no lens of glasses.
There are no shadows, no reflections and glints, no pores and patterns; behind people is one colour, and no ground.
Labels know nothing of it: they are the same, whatever draws the picture.

Light is 8 bits of its square root, as bright as the brightest vertex at most; between vertices that is interpolated.
"""

from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from jaxtyping import Float, Int

from assets.part import GeometryLike
from synth.culling import in_picture
from synth.errors import RenderError
from synth.frame import Frame
from synth.geometry.frames import UP_WORLD
from synth.raster import colours
from synth.raster.ribbons import ribbons
from synth.raster.session import CLEAR, RasterSession, triangles_of
from synth.raster.shade import SKY_W_M2, irradiance, normals
from synth.spec import SceneSpec


@dataclass(frozen=True)
class Surface:
    """Triangles in `cam`, m, with the radiance that each vertex shows, linear Rec. 709."""

    points_cam: Float[np.ndarray, "n 3"]
    triangles: Int[np.ndarray, "t 3"]
    radiance: Float[np.ndarray, "n 3"]


class PreviewSession:
    """OpenGL in the place of Blender; see the module."""

    def __init__(self) -> None:
        """Open the context.

        Raises:
            RenderError: There is no headless OpenGL on this machine.
        """
        self.raster = RasterSession()

    def __enter__(self) -> "PreviewSession":
        """Return the session."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the context."""
        self.close()

    def close(self) -> None:
        """Close the context."""
        self.raster.close()

    def render(self, spec: SceneSpec, *people: GeometryLike) -> Frame:
        """Draw a picture of these people, in the order of `spec.people`.

        Raises:
            RenderError: Nothing lies before the lens; names seed and index.
        """
        surfaces = [one for i, geometry in enumerate(people) for one in _surfaces(spec.alone(i), geometry)]
        if not surfaces:
            raise RenderError(f"seed {spec.seed}, index {spec.index}: nothing lies before the lens")
        behind = _behind(spec)
        radiance = np.concatenate([one.radiance for one in surfaces])
        most = max(float(radiance.max()), float(behind.max()), 1e-9)
        starts = np.cumsum([0, *(len(one.points_cam) for one in surfaces[:-1])])
        shown, depth_m = self.raster.shade(
            spec,
            np.concatenate([one.points_cam for one in surfaces]),
            np.concatenate([one.triangles + start for one, start in zip(surfaces, starts, strict=True)]),
            np.sqrt(radiance / most),
            np.sqrt(behind / most),
        )
        light = (shown.astype(np.float32) / 255) ** 2 * np.float32(most)
        return Frame(light, np.isfinite(depth_m).astype(np.float32))

    def rasters(self, spec: SceneSpec, *people: GeometryLike, normal: bool, uv: bool) -> NoReturn:
        """Refuse.

        Raises:
            RenderError: Always: ids and depth without hair and cornea would not be those of a corpus.
        """
        raise RenderError(
            f"seed {spec.seed}, index {spec.index}: OpenGL's preview makes no rasters; take another engine"
        )


def _surfaces(spec: SceneSpec, geometry: GeometryLike) -> list[Surface]:
    """Return what of the scene's only person may be seen."""
    rotation = np.array(spec.person.cam_from_head_rotation)
    origin = np.array(spec.person.cam_from_head_translation_m)
    up = np.array(spec.world_from_cam_rotation).T @ np.array(UP_WORLD)
    found = []

    def add(
        points: Float[np.ndarray, "n 3"],
        triangles: Int[np.ndarray, "t 3"],
        facing: Float[np.ndarray, "n 3"],
        colour: Float[np.ndarray, "n 3"],
    ) -> None:
        lit = irradiance(spec.light, points, facing, up)
        found.append(Surface(points, triangles, colour * lit / np.pi))

    for part in geometry.parts:
        if part.material not in CLEAR and in_picture(spec, part.name, part.vertices_head):
            points, triangles = part.vertices_head @ rotation.T + origin, triangles_of(part.faces)
            add(points, triangles, normals(points, triangles), colours.of_part(spec, part))
    for hairs in geometry.strands:
        if len(hairs.points_head) and in_picture(spec, hairs.name, hairs.points_head):
            made = ribbons(hairs.points_head @ rotation.T + origin, hairs.radius_m, origin)
            colour = np.tile(colours.of_strands(spec, hairs), (len(made.points_cam), 1))
            add(made.points_cam, made.triangles, made.normals_cam, colour)
    return found


def _behind(spec: SceneSpec) -> Float[np.ndarray, "3"]:
    """Return the radiance of what is behind everybody: a backdrop's wall, or the mean of the sky."""
    if spec.light.backdrop is not None:
        return np.asarray(spec.light.backdrop.radiance[0], dtype=np.float64)
    return np.full(3, SKY_W_M2 * spec.light.sky_strength / np.pi)
