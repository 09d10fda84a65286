"""Scenes and simple shapes for the tests that let Blender contradict us."""

import dataclasses
from types import SimpleNamespace

import numpy as np

from assets.subject import Part
from synth.commands.render import RenderConfig
from synth.config import compose
from synth.draw_spec import draw_spec
from synth.ranges import RenderRanges
from synth.rotation import rotation_from_vector
from synth.spec import CameraSpec


def drawn(index, *overrides, experiment="mpiigaze"):
    """The scene of this index of a preset."""
    config = compose("synth.conf", "render", RenderConfig, [f"experiment={experiment}", "out=unused", *overrides])
    return draw_spec(RenderRanges(config.subject, config.camera, config.light), 11, index)


def with_camera(spec, **changes):
    return dataclasses.replace(spec, camera=dataclasses.replace(spec.camera, **changes))


def tilted(seed, width=160, height=96, **changes):
    """A scene seen by a camera turned in the world, whose pixels are not square and whose axis is off centre."""
    values = dict(fx_px=400.0, fy_px=430.0, cx_px=70.0, cy_px=60.0) | changes
    camera = CameraSpec(
        width=width, height=height, supersample=1, blur_px=0.0, noise=0.0, shot_noise=0.0, exposure_stops=0.0,
        contrast=1.0, grey=False, **values,
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    spec = dataclasses.replace(drawn(0), camera=camera)
    return dataclasses.replace(
        spec,
        world_from_cam_rotation=matrix(rotation_from_vector(rng.normal(size=3))),
        cam_from_head_rotation=matrix(rotation_from_vector(rng.normal(size=3))),
        cam_from_head_translation_m=tuple(rng.uniform(-0.02, 0.02, 3) + np.array([0, 0, 0.5])),
    )


def matrix(rotation):
    return tuple(tuple(float(x) for x in row) for row in rotation)


def head_from_cam(spec, points_cam):
    rotation = np.array(spec.cam_from_head_rotation)
    return (points_cam - np.array(spec.cam_from_head_translation_m)) @ rotation


def geometry(*parts):
    return SimpleNamespace(parts=parts, strands=())


def part(name, vertices_head, faces, identity, **attributes):
    return Part(name, vertices_head, faces, attributes, name, identity)


def sphere_cam(centre, radius, rings=96, segments=192):
    """Vertices and quads of a sphere; the poles are small holes' worth of triangles."""
    latitude = np.linspace(0, np.pi, rings)[:, None]
    longitude = np.arange(segments) * (2 * np.pi / segments)
    unit = np.stack(
        [np.sin(latitude) * np.cos(longitude), np.sin(latitude) * np.sin(longitude), np.cos(latitude) + 0 * longitude],
        -1,
    )
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(segments), indexing="ij")
    k = (j + 1) % segments
    faces = np.stack([i * segments + j, (i + 1) * segments + j, (i + 1) * segments + k, i * segments + k], -1)
    return unit.reshape(-1, 3) * radius + centre, faces.reshape(-1, 4)
