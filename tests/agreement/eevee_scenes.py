"""What EEVEE shows of a few scenes, as JSON: run as a process of its own, since pyrender keeps OpenGL from Blender.

python -m tests.agreement.eevee_scenes      prints {"cornea": [found, apparent, straight], ..., "light": ratio}
"""

import dataclasses
import json

import numpy as np

from assets import skies
from synth.geometry.camera import pixel_centres_px
from synth.labels import geometry, label
from tests.agreement.scenes import head_from_cam, near_eye, part, sphere_cam, wearing, with_camera

SIZE = {"width": 128, "height": 80, "fx_px": 3200.0, "fy_px": 3200.0, "cx_px": 64.0, "cy_px": 40.0}
RADIUS_PX = 4.0
TURN_RAD = 2.1


def glass_of(spec, name):
    """The scene's parts of one name alone."""
    subject = geometry(spec)
    return dataclasses.replace(subject, parts=tuple(p for p in subject.parts if p.name == name), strands=())


def disc_and_sheet(spec, centre_cam):
    """A dark disc on a bright sheet that fills the picture, square to the camera's axis."""
    px_m = centre_cam[2] / spec.camera.fx_px
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 150.0 * px_m
    sheet = np.column_stack([corners + centre_cam[:2], np.full(4, centre_cam[2])])
    disc, faces = sphere_cam(centre_cam, RADIUS_PX * px_m, rings=24, segments=48)
    disc[:, 2] = centre_cam[2] - 1e-5
    return (
        part("pupil_left", head_from_cam(spec, disc), faces, 4),
        part("teeth", head_from_cam(spec, sheet), np.array([[0, 1, 2, 3]]), 12),
    )


def drawn(session, spec, glass, *parts):
    return session.render(spec, dataclasses.replace(glass, parts=(*glass.parts, *parts))).linear_rgb.sum(-1)


def seen_px(session, spec, glass, centre_cam):
    """Where a disc is seen through some glass: the mean place of the light that it takes from the sheet."""
    disc, sheet = disc_and_sheet(spec, centre_cam)
    clear, marked = drawn(session, spec, glass, sheet), drawn(session, spec, glass, sheet, disc)
    taken = (clear - marked) / clear
    taken = np.where(taken > 0.2, taken, 0.0)
    assert taken.sum() > 0.5 * np.pi * RADIUS_PX**2, "the disc is seen"
    return (taken[..., None] * pixel_centres_px(spec.camera.width, spec.camera.height)).sum((0, 1)) / taken.sum()


def centred(spec, kind, i):
    """The scene with the camera's axis moved so that a labelled point is in the middle, and that point's label."""
    eye = label(spec).eyes["left"]
    aside = eye.points[kind].px[i] - [SIZE["width"] / 2, SIZE["height"] / 2]
    spec = with_camera(spec, cx_px=SIZE["cx_px"] - aside[0], cy_px=SIZE["cy_px"] - aside[1])
    eye = label(spec).eyes["left"]
    return spec, eye.points[kind].cam[i], getattr(eye.apparent, f"{kind}_px")[i], eye.points[kind].px[i]


def sky_alone(spec, name):
    """The scene in the light of a sky without lamps, turned so that something bright is before the sheet."""
    light = dataclasses.replace(spec.light, sky=name, sky_rotation_rad=TURN_RAD, sky_strength=1.0, lamps=())
    return dataclasses.replace(spec, light=light)


def measured():
    from synth.blender.engine import EngineSpec
    from synth.blender.session import Session

    found = {}
    with Session(EngineSpec(renderer="eevee", samples=2)) as session:
        # A software OpenGL spends nine tenths of its time on shadows, which nothing here casts.
        session.scene.eevee.use_shadows = False
        cases = {
            "cornea": (near_eye((10, 30), **SIZE), "cornea_left", "pupil", 8),
            "lens -6": (wearing(near_eye((-8, 12), **SIZE), -6.0), "glasses_lens", "lid_margin", 0),
            "lens +3": (wearing(near_eye((-8, 12), **SIZE), 3.0), "glasses_lens", "lid_margin", 5),
        }
        for name, (scene, glass, kind, i) in cases.items():
            spec, cam, apparent, straight = centred(scene, kind, i)
            found[name] = [seen_px(session, spec, glass_of(spec, glass), cam), apparent, straight]
        sheet, nothing = disc_and_sheet(spec, cam)[1], glass_of(spec, "nothing")
        first = drawn(session, spec, nothing, sheet)
        found["again"] = [np.array_equal(first, drawn(session, spec, nothing, sheet))]
        under = {name: sky_alone(spec, name) for name in skies.SKIES}
        mine = {name: drawn(session, scene, nothing, sheet).mean() for name, scene in under.items()}
    with Session(EngineSpec(samples=64, denoise=False)) as session:
        found["light"] = [first.mean() / drawn(session, spec, nothing, sheet).mean()]
        found["skies"] = [mine[name] / drawn(session, scene, nothing, sheet).mean() for name, scene in under.items()]
    return {name: [np.asarray(value).tolist() for value in values] for name, values in found.items()}


if __name__ == "__main__":
    print("\nfound", json.dumps(measured()))
