"""Rendered eyes and what a refiner made of them, picture by picture; and both as networks are shown them.

Both corpora are looked at in the same places, spread evenly (synth/shards/pick.py).  A pair has one key and one truth;
only its pictures differ.

Two pictures of a pair are compared as *levels*: grey and histogram-equalised as they are stored, before anything
resizes them.  A refined eye is stored equalised already and a rendered one is not; resized first and equalised then,
the two would differ although no refiner had touched them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from adapt.augment.changes import draw_changes
from adapt.augment.eyes import changed_pictures
from adapt.augment.strengths import Strengths
from adapt.batch import Batch
from adapt.marked_eyes import MarkedEyes
from synth.errors import DataError
from synth.export.eye_patch import LUMA, equalised
from synth.geometry.normalisation import GazeMode
from synth.sample import Sample
from synth.shards import pick
from train.data import gather as eyes
from train.data import shards
from train.data.marks import gather as marked_eyes
from train.data.marks import shards as marked_shards
from train.data.shards import Axis
from train.data.sift import OnError
from train.models.eye import LandmarkNetwork

MODE, AXIS = GazeMode.mpiigaze_2015, Axis.visual
"""What our ready gaze network tells."""
Samples = Sequence[Sample]


@dataclass(frozen=True)
class Pairs:
    """Samples of two corpora that differ in their pictures alone, as many and in one order.

    Attributes:
        rendered: Before.
        refined: After.
    """

    rendered: Samples
    refined: Samples


def read_pairs(rendered: Path, refined: Path, n: int) -> Pairs:
    """Return n pairs, or all if there are fewer.

    Raises:
        DataError: One is no data set, is damaged, or is no copy of the other; or pictures differ in size.
    """
    before, after = pick(rendered, n), pick(refined, n)
    if len(before) != len(after):
        raise DataError(f"{refined}: holds {len(after)} of the samples looked at, {rendered} {len(before)}; no copy")
    for one, other in zip(before, after, strict=True):
        if one.key != other.key or one.labels != other.labels or one.picture.shape != other.picture.shape:
            raise DataError(f"{refined}: {other.key}: is not what {rendered} has as {one.key}; no refined copy of it")
        if one.picture.shape != before[0].picture.shape:
            raise DataError(f"{rendered}: {one.key}: has shape {one.picture.shape}; pictures of one size are measured")
    return Pairs(before, after)


def levels(samples: Samples) -> UInt8[np.ndarray, "n h w"]:
    """Return the pictures, of one size, grey and equalised."""
    grey = (one.picture if one.picture.ndim == 2 else np.rint(one.picture @ LUMA).astype(np.uint8) for one in samples)
    return np.stack([equalised(one) for one in grey])


def showing(samples: Samples, pictures: UInt8[np.ndarray, "n h w"]) -> Samples:
    """Return the samples with other pictures."""
    return [replace(sample, picture=picture) for sample, picture in zip(samples, pictures, strict=True)]


def unmoved(
    generator: torch.Generator, strengths: Strengths, pictures: UInt8[np.ndarray, "n h w"]
) -> UInt8[np.ndarray, "n h w"]:
    """Return pictures augmented, but nothing moved in them: changed, and every label still true."""
    n, height, width = pictures.shape
    return changed_pictures(
        torch.from_numpy(pictures), draw_changes(generator, strengths.unmoved, n, height, width)
    ).numpy()


def as_eyes(samples: Samples, where: str) -> Batch:
    """Return samples as gaze networks are given them."""
    looks = (partial(shards.eye_of, sample, MODE, AXIS) for sample in samples)
    return eyes.gather(looks, where, OnError.stop).pictures


def as_marked_eyes(samples: Samples, network: LandmarkNetwork, where: str) -> MarkedEyes:
    """Return samples as a network of eye landmarks is given them: all resized alike, by their labels."""
    looks = (partial(marked_shards.eye_of, sample, network.size, MODE, AXIS) for sample in samples)
    return marked_eyes.gather(looks, where, network.size, network.marks, OnError.stop).pictures
