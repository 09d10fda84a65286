"""The chain over samples of our shards, of any size, grey or in colour: pictures and labels, for people to look at.

Pictures go through what batches go through (eyes.py, faces.py); labels go by adapt/motion/sample.py.  A sample knows
its camera, so that here the camera may be turned as well (`perspective_deg`), which cut and normalised pictures cannot
be: they no longer tell how far away their subject was, and with it their focal length.  What has no place in a sample
(noise of head angles, real pictures to mix with, windows of whole pictures) is left out.
"""

import math
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float

from adapt.augment import eyes, faces
from adapt.augment.bars import hidden
from adapt.augment.changes import Changes, draw_changes
from adapt.augment.dice import Dice
from adapt.augment.looks import Looks, behind
from adapt.augment.strengths import Strengths
from adapt.motion.homography import camera_turn, flip, small_turns
from adapt.motion.sample import bent, moved, veiled
from synth.errors import ConfigError
from synth.sample import Sample


def augmented(generator: torch.Generator, sample: Sample, strengths: Strengths) -> Sample:
    """Return a sample after changes that are drawn from the generator, its labels moved with its picture.

    Raises:
        ConfigError: It is to be bent like rubber, which no gaze or pose can follow.
        DataError: A label is missing.
    """
    if strengths.elastic_px:
        raise ConfigError(
            f"augment.elastic_px={strengths.elastic_px:g}: a picture that is bent like rubber has no camera, gaze or "
            "pose; it is for points alone"
        )
    height, width = sample.picture.shape[:2]
    picture = torch.from_numpy(np.array(sample.picture))[None]
    whole = None
    if picture.ndim == 4:
        whole = faces.draw_face_changes(generator, strengths, 1, height, width)
    changes = draw_changes(generator, strengths, 1, height, width) if whole is None else whole.common
    motion = changes.crop.homography(width, height)
    if whole is not None and bool(whole.mirrored):
        motion = flip(1, width).then(motion)
    if strengths.perspective_deg:
        about = math.radians(strengths.perspective_deg) * Dice(generator, 1, 1.0).signed(3)
        about[:, 2] = 0.0  # a turn about the axis is the crop's
        k, _ = motion.camera(torch.from_numpy(sample.array("camera_matrix", 3, 3))[None])
        aim = camera_turn(k, small_turns(about))
        changes, motion = replace(changes, aim=aim), motion.then(aim)
    if whole is None:
        seen = eyes.changed_pictures(picture, changes)
    else:
        seen = faces.changed_pictures(picture, replace(whole, common=changes))
    return _labelled(moved(sample, seen[0].numpy(), motion), changes, None if whole is None else whole.looks)


def _labelled(sample: Sample, changes: Changes, looks: Looks | None) -> Sample:
    """Return a sample whose crop is done after what hides points and bends the picture."""
    height, width = sample.picture.shape[:2]
    if changes.bars is not None:
        bars = changes.bars

        def behind_bars(at_px: Float[np.ndarray, "n 2"]) -> Bool[np.ndarray, " n"]:
            return hidden(torch.tensor(at_px, dtype=torch.float32)[None], bars, width, height)[0].numpy()

        sample = veiled(sample, behind_bars)
    if changes.bend is not None:
        sample = bent(sample, sample.picture, changes.bend)
    if looks is None:
        return sample

    def covered(at_px: Float[np.ndarray, "n 2"]) -> Bool[np.ndarray, " n"]:
        return behind(torch.tensor(at_px, dtype=torch.float32)[None], looks, width, height)[0].numpy()

    return veiled(sample, covered)
