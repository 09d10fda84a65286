"""A real camera's picture, normalised, against the picture that Blender renders through the virtual camera itself."""

import dataclasses

import numpy as np
import torch
from scipy.ndimage import maximum_filter, minimum_filter

from adapt.camera import cameras
from adapt.normalize import virtual_views
from synth.geometry.camera import camera_matrix
from synth.geometry.normalisation import MPIIGAZE_EYE, GazeMode, normalise
from synth.labels import everybody, label
from synth.picture import encode_srgb
from synth.views import turned
from tests.agreement.scenes import drawn, with_camera

SAMPLES = 16
SMOOTH = 0.1
"""Of white: a pixel is of a smooth part where the rendered levels of the 3x3 about it differ by less.

Elsewhere hairs and glints finer than a pixel decide, which 16 paths a pixel meet by chance.
"""


def test_normalising_is_looking_through_the_virtual_camera(session, below):
    """An eye 16 degrees aside of the lens, its head turned and tilted; denoised, of a fixed exposure, without noise."""
    from synth.blender.session import set_engine

    spec = drawn(0, "subject.glasses.probability=0", "camera.width=150", "camera.height=110", experiment="unityeyes")
    spec = with_camera(spec, supersample=1)
    people = everybody(spec)
    centre = label(spec, *people).eyes[spec.subject_eye].centre_of_canthi_cam
    head, k = np.array(spec.person.cam_from_head_rotation), camera_matrix(spec.camera)
    assert np.degrees(np.arccos(centre[2] / np.linalg.norm(centre))) > 15

    # The virtual camera in the place of the real one: synth/draw/camera.py.
    view, norm = normalise(centre, head, k), MPIIGAZE_EYE
    focal = norm.focal_px * float(np.linalg.norm(centre)) / norm.distance_m
    shape = {"width": norm.width, "height": norm.height, "cx_px": norm.width / 2, "cy_px": norm.height / 2}
    virtual = with_camera(turned(spec, view.norm_from_cam), fx_px=focal, fy_px=focal, **shape)

    engine = session.engine
    try:
        pictures = []
        for scene, samples in ((spec, SAMPLES), (virtual, 4 * SAMPLES)):  # the real one has four pixels for one
            session.engine = dataclasses.replace(engine, samples=samples, denoise=True)
            set_engine(session.scene, session.engine)
            pictures.append(session.render(scene, *people).linear_rgb.astype(np.float64))
    finally:
        session.engine = engine
        set_engine(session.scene, engine)
    white = np.percentile(pictures[1], 98) / 0.6
    real, rendered = (encode_srgb(np.clip(picture / white, 0, 1)) for picture in pictures)

    grey = rendered.mean(2)
    smooth = maximum_filter(grey, 3) - minimum_filter(grey, 3) < SMOOTH
    assert smooth.mean() > 0.5

    def error(centre_cam):
        views = virtual_views(centre_cam[None], head[None], norm, GazeMode.direction)
        seen, covered = views.pictures(torch.from_numpy(real).permute(2, 0, 1)[None], cameras(k))
        assert covered.item() > 0.98
        return np.sqrt(((seen[0].permute(1, 2, 0).numpy() - rendered)[smooth] ** 2).mean())

    limit = 10 ** (-35 / 20)  # 35 dB
    below("a normalised picture against the virtual camera's, rms on smooth parts", error(centre), limit)
    # An aim that is a millimetre off does not pass for it.
    assert (
        min(error(centre + 1e-3 * np.array(aside)) for aside in ([1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0])) > limit
    )
