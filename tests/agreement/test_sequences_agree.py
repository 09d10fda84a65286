"""A sequence in Blender: who is out of sight is not in the picture, and a picture of nobody can be made."""

import numpy as np

from assets.part import ID
from synth.labels import everybody, label
from tests.agreement.scenes import drawn

FRAMES = 4
WORDS = (
    *("camera.width=64", "camera.height=48", f"camera.motion.frames={FRAMES}", f"n={FRAMES}"),
    *("camera.motion.absent={low:0.2,high:0.2}", "camera.motion.leaving=0.2"),
)
FACE = [ID[name] for name in ("iris", "sclera", "pupil", "caruncle", "mouth")]


def test_who_is_out_of_sight_is_not_in_the_picture(session):
    specs = [drawn(frame, *WORDS, experiment="sequence") for frame in range(FRAMES)]
    there, gone = specs[0], next(spec for spec in specs if label(spec).face is None)
    assert label(there).face.whole
    shown, left = (session.rasters(spec, *everybody(spec), normal=False).mask for spec in (there, gone))
    assert np.isin(shown, FACE).any() and np.isin(shown, ID["skin"]).mean() > 0.1
    assert not np.isin(left, FACE).any() and np.isin(left, ID["skin"]).mean() < 0.05
    assert session.render(gone, *everybody(gone)).linear_rgb.std() > 0
