"""Measure what a refiner did to a corpus: labels that drifted, and how far it now is from real eyes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from adapt.augment.changes import draw_changes
from adapt.augment.eyes import changed_pictures
from adapt.augment.strengths import Strengths
from synth.errors import DataError
from synth.seeds import rng
from train.data.read import Reader, read_eyes
from train.data.unlabelled import real_pictures
from train.gap.distances import LEAST, Table, as_stored, measure_distances
from train.gap.drift import Drift, of_gaze, of_gradients, of_landmarks, to_json
from train.gap.features import Eyes, extractors
from train.gap.pairs import AXIS, MODE, Pairs, Samples, as_eyes, as_marked_eyes, levels, read_pairs, showing, unmoved
from train.models.eye import LandmarkNetwork

REFINED, UNMOVED = "refined", "augmented, unmoved"


@dataclass(frozen=True)
class Judges:
    """Networks that look at the eyes, by the names of their runs; all learnt from unrefined eyes.

    Attributes:
        gaze: Tells the gaze, and features to compare eyes by.
        marks: Tell landmarks.
    """

    gaze: nn.Module
    marks: Mapping[str, LandmarkNetwork]


@dataclass(frozen=True)
class Measured:
    """What was measured.

    Attributes:
        pairs: Rendered and refined eyes.
        real: As networks are given them.
        gaze: By version of the rendered eyes (`REFINED`, `UNMOVED`), how far the gaze went.
        landmarks: By version, network and part.
        gradients: By version and window.
        distances: Sets against real eyes.
    """

    pairs: Pairs
    real: Eyes
    gaze: Mapping[str, Drift]
    landmarks: Mapping[str, Mapping[str, Mapping[str, Drift]]]
    gradients: Mapping[str, Mapping[str, Drift]]
    distances: Table

    def to_json(self) -> dict[str, Any]:
        """Return all figures as plain values."""
        return {
            "eyes": {"rendered": len(self.pairs.rendered), "real": len(self.real)},
            "drift": {
                version: {
                    "gaze": to_json(self.gaze[version], "deg"),
                    "landmarks": {
                        name: {part: to_json(one, "px") for part, one in of.items()}
                        for name, of in self.landmarks[version].items()
                    },
                    "gradients": {name: to_json(one, "px") for name, one in self.gradients[version].items()},
                }
                for version in self.gaze
            },
            "distances": {
                kind: {name: one.to_json() for name, one in of.items()} for kind, of in self.distances.items()
            },
        }


def measure(
    rendered: Path,
    refined: Path,
    real: Path,
    judges: Judges,
    strengths: Strengths,
    n: int,
    seed: int,
    progress: Callable[[str], None] = lambda what: None,
) -> Measured:
    """Measure a refined copy of a corpus of eyes.

    Args:
        rendered: The corpus.
        refined: The copy.
        real: Real eyes, in any format that gaze networks are measured on; labels are not looked at.
        judges: Who looks.
        strengths: How eyes are augmented, to compare; none if all are 0.
        n: How many rendered eyes are looked at, at most.
        seed: Of everything random.
        progress: Told what is being done.

    Raises:
        DataError: One of them is damaged, or `refined` is no copy, or there are too few.
    """
    progress("eyes")
    pairs = read_pairs(rendered, refined, n)
    real_eyes = read_eyes(real, Reader.auto, MODE, AXIS).pictures.images_u8
    for path, found in ((rendered, len(pairs.rendered)), (real, len(real_eyes))):
        if found < LEAST:
            raise DataError(f"{path}: {found} eyes; at least {LEAST} of either side tell anything")
    versions = versions_of(pairs, strengths, seed)
    before = showing(pairs.rendered, levels(pairs.rendered))
    progress("gaze and gradients")
    eyes, where = as_eyes(before, str(rendered)), str(refined)
    gaze = {name: of_gaze(judges.gaze, eyes, as_eyes(after, where)) for name, after in versions.items()}
    gradients = {name: of_gradients(before, after) for name, after in versions.items()}
    landmarks: dict[str, dict[str, Mapping[str, Drift]]] = {name: {} for name in versions}
    for label, network in judges.marks.items():
        progress(f"landmarks by {label}")
        marked = as_marked_eyes(before, network, str(rendered))
        for name, after in versions.items():
            landmarks[name][label] = of_landmarks(network, marked, as_marked_eyes(after, network, where))
    sets = sets_of(pairs, real, strengths, seed)
    distances = measure_distances(seed, sets, real_eyes, extractors(judges.gaze), progress)
    return Measured(pairs, real_eyes, gaze, landmarks, gradients, distances)


def versions_of(pairs: Pairs, strengths: Strengths, seed: int) -> dict[str, Samples]:
    """Return versions of the rendered eyes, in equalised levels, whose labels should be those of all."""
    found = {REFINED: showing(pairs.refined, levels(pairs.refined))}
    if strengths != Strengths():
        changed = unmoved(generator(seed, "unmoved"), strengths, levels(pairs.rendered))
        found[UNMOVED] = showing(pairs.rendered, levels(showing(pairs.rendered, changed)))
    return found


def sets_of(pairs: Pairs, real: Path, strengths: Strengths, seed: int) -> dict[str, Eyes]:
    """Return the sets of eyes that are compared with real ones; train/gap/distances.py says what each is."""
    rendered, refined = (as_eyes(some, "").images_u8 for some in (pairs.rendered, pairs.refined))
    sets = {"rendered": rendered, "refined": refined}
    if strengths != Strengths():
        for name, eyes in {"augmented": rendered, "refined, augmented": refined}.items():
            changes = draw_changes(generator(seed, "augmented"), strengths, *eyes.shape)
            sets[name] = changed_pictures(eyes, changes)
    if real.is_dir():
        sizes = {picture.shape[:2] for _, picture in real_pictures(real)}
        if len(sizes) == 1 and (stored := sizes.pop()) != rendered.shape[1:]:
            sets["rendered, as stored"] = as_stored(rendered, *stored)
    return sets


def generator(seed: int, name: str) -> torch.Generator:
    """Return torch's generator of a stream."""
    return torch.Generator().manual_seed(int(rng(seed, 0, name).integers(2**62)))
