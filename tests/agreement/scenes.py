"""Scenes and simple shapes for the tests that let Blender contradict us."""

import dataclasses
from types import SimpleNamespace

import numpy as np

from assets.part import Part
from assets.person import GlassesSpec
from assets.placement import eye_centres_head
from synth.commands.render import RenderConfig
from synth.config import compose
from synth.draw_spec import draw_spec
from synth.geometry.gaze import vector_from_pitch_yaw
from synth.geometry.rotation import rotation_from_pitch_yaw_roll, rotation_from_vector
from synth.ranges import RenderRanges
from synth.spec import CameraSpec
from tests.assets.people import adult, eye


def drawn(index, *overrides, experiment="mpiigaze"):
    """The scene of this index of a preset."""
    config = compose("synth.conf", "render", RenderConfig, [f"experiment={experiment}", "out=unused", *overrides])
    return draw_spec(RenderRanges(config.subject, config.camera, config.light), 11, index)


def with_person(spec, **changes):
    """The scene with another first person."""
    return dataclasses.replace(spec, people=(dataclasses.replace(spec.person, **changes), *spec.people[1:]))


def with_camera(spec, **changes):
    return dataclasses.replace(spec, camera=dataclasses.replace(spec.camera, **changes))


def tilted(seed, width=160, height=96, **changes):
    """A scene seen by a camera turned in the world, whose pixels are not square and whose axis is off centre."""
    values = dict(fx_px=400.0, fy_px=430.0, cx_px=70.0, cy_px=60.0) | changes
    camera = CameraSpec(
        width=width, height=height, supersample=1, blur_px=0.0, noise=0.0, shot_noise=0.0, exposure_stops=0.0,
        contrast=1.0, grey=False, saturation=1.0, metered=1.0, **values,
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    world = matrix(rotation_from_vector(rng.normal(size=3)))
    spec = dataclasses.replace(drawn(0), camera=camera, world_from_cam_rotation=world)
    return with_person(
        spec,
        cam_from_head_rotation=matrix(rotation_from_vector(rng.normal(size=3))),
        cam_from_head_translation_m=tuple(rng.uniform(-0.02, 0.02, 3) + np.array([0, 0, 0.5])),
    )


def matrix(rotation):
    return tuple(tuple(float(x) for x in row) for row in rotation)


def head_from_cam(spec, points_cam):
    rotation = np.array(spec.person.cam_from_head_rotation)
    return (points_cam - np.array(spec.person.cam_from_head_translation_m)) @ rotation


def geometry(*parts):
    return SimpleNamespace(parts=parts, strands=())


def part(name, vertices_head, faces, identity, **attributes):
    return Part(name, vertices_head, faces, attributes, name, identity)


def sphere_cam(centre, radius, rings=96, segments=192):
    """Vertices and quads of a sphere; its poles are tiny holes, so that no face is without a normal."""
    latitude = np.linspace(0.002, np.pi - 0.002, rings)[:, None]
    longitude = np.arange(segments) * (2 * np.pi / segments)
    unit = np.stack(
        [np.sin(latitude) * np.cos(longitude), np.sin(latitude) * np.sin(longitude), np.cos(latitude) + 0 * longitude],
        -1,
    )
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(segments), indexing="ij")
    k = (j + 1) % segments
    faces = np.stack([i * segments + j, (i + 1) * segments + j, (i + 1) * segments + k, i * segments + k], -1)
    return unit.reshape(-1, 3) * radius + centre, faces.reshape(-1, 4)


OPEN = {"upper_height_m": 0.0062, "lower_depth_m": 0.0068, "squint": -1.0}
"""Lids so wide open that little of the iris is covered."""


def near_eye(turn_deg, gaze_deg=(0.0, 0.0), side="left", subject=None, **camera):
    """A plain adult's eye that fills 512x320 from 0.5 m; head and eye turned by (pitch, yaw)."""
    subject = subject or adult(eye(**OPEN), eye(**OPEN))
    rotation = rotation_from_pitch_yaw_roll(np.radians([*turn_deg, 0.0]))
    centre = eye_centres_head(subject)[("left", "right").index(side)]
    target_head = centre + 0.6 * vector_from_pitch_yaw(np.radians(gaze_deg))
    place = np.array([0.0, 0.0, 0.5]) - rotation @ (centre - [0.0, 0.0, 0.012])
    values = dict(width=512, height=320, fx_px=6400.0, fy_px=6400.0, cx_px=256.0, cy_px=160.0, supersample=1) | camera
    spec = with_camera(drawn(0), blur_px=0.0, **values)
    return with_person(
        dataclasses.replace(spec, subject_eye=side),
        subject=subject,
        cam_from_head_rotation=matrix(rotation),
        cam_from_head_translation_m=tuple(float(x) for x in place),
        target_cam_m=tuple(float(x) for x in rotation @ target_head + place),
    )


def wearing(spec, power_dioptre, **changes):
    """The scene with glasses on, of this power."""
    values = dict(
        frame="round", width_scale=1.0, down_m=0.0, forward_m=0.0, colour=(0.02, 0.02, 0.02), metal=True, tint=0.0,
        tint_colour=(0.5, 0.5, 0.5), coating=0.5,
    ) | changes  # fmt: skip
    glasses = GlassesSpec(lens_power_dioptre=power_dioptre, **values)
    return with_person(spec, subject=dataclasses.replace(spec.subject, glasses=glasses))


def enlarged(spec, times):
    """The same picture in finer pixels."""
    values = {name: getattr(spec.camera, name) * times for name in SIZES}
    return with_camera(spec, supersample=1, **values)


SIZES = ("width", "height", "fx_px", "fy_px", "cx_px", "cy_px")


def parts_of(geometry, *materials):
    """Those parts of a subject, without hair."""
    return SimpleNamespace(parts=tuple(p for p in geometry.parts if p.material in materials), strands=())
