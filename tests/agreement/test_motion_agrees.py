"""A rendered picture, moved, against the picture that Blender renders of the moved scene."""

import dataclasses

import numpy as np
import torch
from scipy.ndimage import maximum_filter, minimum_filter

from adapt.motion.homography import camera_turn, small_turns
from adapt.motion.similarity import Similarity
from synth.geometry.camera import camera_matrix
from synth.labels import everybody
from synth.picture import encode_srgb
from synth.views import turned
from tests.agreement.scenes import drawn, with_camera

SAMPLES = 16
SMOOTH = 0.1
"""As in test_normalised_agrees.py: where hairs and glints finer than a pixel do not decide."""
INNER = (slice(14, -14), slice(14, -14))
"""What the moved picture has not from outside the old one."""


def test_a_moved_picture_is_that_of_the_moved_scene(session, below):
    """Turned by 9 degrees, reduced by a twentieth, shifted, then seen by a camera that turned by a degree."""
    from synth.blender.session import set_engine

    spec = with_camera(
        drawn(0, "subject.glasses.probability=0", "camera.width=120", "camera.height=90", experiment="unityeyes"),
        supersample=1,
    )
    people = everybody(spec)
    k = torch.tensor(camera_matrix(spec.camera))[None]
    crop = Similarity(torch.tensor([[3.0, -2.0]]), torch.tensor([0.95]), torch.tensor([0.16]))
    motion = crop.homography(120, 90)
    motion = motion.then(camera_turn(motion.camera(k)[0], small_turns(torch.tensor([[0.004, -0.005, 0.0]]))))
    moved_k, turn = motion.camera(k)
    fx, fy, cx, cy = (float(moved_k[0, row, column]) for row, column in ((0, 0), (1, 1), (0, 2), (1, 2)))
    scene = with_camera(turned(spec, turn.rotation[0].numpy()), fx_px=fx, fy_px=fy, cx_px=cx, cy_px=cy)

    engine = session.engine
    try:
        pictures = []
        session.engine = dataclasses.replace(engine, samples=SAMPLES, denoise=True)
        set_engine(session.scene, session.engine)
        for one in (spec, scene):
            pictures.append(session.render(one, *people).linear_rgb.astype(np.float64))
    finally:
        session.engine = engine
        set_engine(session.scene, engine)
    white = np.percentile(pictures[1], 98) / 0.6
    real, rendered = (encode_srgb(np.clip(picture / white, 0, 1)) for picture in pictures)
    grey = rendered.mean(2)
    smooth = (maximum_filter(grey, 3) - minimum_filter(grey, 3) < SMOOTH)[INNER]
    assert smooth.mean() > 0.5

    def error(aside_px):
        aside = Similarity(torch.tensor([aside_px]), torch.ones(1), torch.zeros(1)).homography(120, 90)
        seen = motion.then(aside).pictures(torch.from_numpy(real).permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()
        return np.sqrt(((seen - rendered)[INNER][smooth] ** 2).mean())

    limit = 10 ** (-35 / 20)  # 35 dB
    below("a moved picture against the moved scene's, rms on smooth parts", error((0.0, 0.0)), limit)
    # A map that is two pixels off does not pass for it.
    aside = ((2.0, 0.0), (-2.0, 0.0), (0.0, 2.0), (0.0, -2.0))
    assert min(error(px) for px in aside) > 1.5 * error((0.0, 0.0))
