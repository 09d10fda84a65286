"""One stored sample against itself: the labels that its spec gives, and its outlines in its id mask.

Labels are stored to nine digits and derived by the same program on any processor to the ninth, so they are compared as
they are spelt.

In the mask a point that is labelled visible shows, on the 3 x 3 pixels about it, what it is on or the class across its
edge; lashes and other hairs may cover either (synth/labels.py does not count them as hiding).  Of the outlines of a
picture at least `SHOWN_LEAST` must: a mask of another sample shows fewer.  Eyes are left out whose iris is narrower
than `LEAST_IRIS_PX`: a mask tells what is seen at the middle of each pixel, and such eyes fall between them (seen on
some 280 eyes of crowds and heads: from 3 px on at least 97 % of each eye's points are shown, from 4 px on all).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from jaxtyping import UInt8

from assets.part import ID
from synth.errors import DataError
from synth.labels import label
from synth.sample import Sample, label_array
from synth.shards.encode import LABEL_DIGITS, canonical_json
from synth.spec import SceneSpec, from_json
from synth.verify.difference import first_difference, short

SHOWN_LEAST = 0.95
LEAST_IRIS_PX = 3.0
FEWEST_POINTS = 8
"""An outline of fewer visible points says nothing."""
HAIRS = ("lash", "brow", "hair", "beard")
CLASSES = {
    "pupil": ("pupil", "iris"),
    "iris": ("iris", "sclera"),
    "lid_margin": ("skin", "sclera", "caruncle"),
    "caruncle": ("caruncle", "skin", "sclera"),
}
"""What is seen at a point of each outline, or across its edge."""


def faults(sample: Sample, *, labels: bool) -> Iterator[str]:
    """Yield what is wrong with a sample, each in a few words that begin with the file of it.

    Args:
        sample: As it was read.
        labels: Whether to derive the labels from the spec: a tenth of a second for each person.
    """
    if (image := sample.labels.get("image")) != (size := _size(sample.picture)):
        yield f"json: labels.image is {short(image)}, the picture {short(size)}"
    if labels and (fault := label_fault(sample)):
        yield f"json: {fault}"
    if sample.mask is not None and (fault := mask_fault(sample.mask, sample.labels)):
        yield f"mask.png: {fault}"


def label_fault(sample: Sample) -> str | None:
    """Return where the stored labels differ from those of the stored spec, None where they do not."""
    try:
        derived = label(from_json(SceneSpec, sample.spec)).to_json()
        ours = json.loads(canonical_json(derived, digits=LABEL_DIGITS))
    except Exception as error:  # a damaged spec may be anything: whatever falls over it is the finding
        return f"no labels follow from the spec ({type(error).__name__}: {error})"
    return first_difference(sample.labels, ours, "labels", "the spec")


def mask_fault(mask: UInt8[np.ndarray, "h w"], labels: Mapping[str, Any]) -> str | None:
    """Return how the outlines of everybody's eyes disagree with the id mask, None where they agree."""
    if unknown := set(np.unique(mask).tolist()) - set(ID.values()):
        return f"holds {min(unknown)}, the id of nothing"
    if (image := labels.get("image")) != (size := _size(mask)):
        return f"is {short(size)}, labels.image {short(image)}"
    try:
        shown = [one for person in (labels, *labels.get("others", ())) for one in _points_shown(mask, person["eyes"])]
    except (KeyError, TypeError, ValueError, AttributeError, DataError) as error:
        return f"the labels hold no outlines to compare with ({type(error).__name__}: {error})"
    if len(shown) >= FEWEST_POINTS and np.mean(shown) < SHOWN_LEAST:
        return f"shows {sum(shown)} of {len(shown)} points of the eyes that are labelled visible"
    return None


def _points_shown(mask: np.ndarray, eyes: Mapping[str, Any]) -> Iterator[bool]:
    """Yield of every visible point that is a pixel or more inside the picture whether the mask shows it."""
    height, width = mask.shape
    for eye in eyes.values():
        if np.ptp(label_array(eye, "apparent.iris_px", (None, 2), "iris"), axis=0).max() < LEAST_IRIS_PX:
            continue
        for kind, names in CLASSES.items():
            ids = [ID[name] for name in (*names, *HAIRS)]
            places_px = label_array(eye, f"apparent.{kind}_px", (None, 2), kind)
            for (u, v), visible in zip(places_px, eye["points"][kind]["visible"], strict=True):
                if visible and 1 <= u < width - 1 and 1 <= v < height - 1:
                    yield bool(np.isin(mask[int(v) - 1 : int(v) + 2, int(u) - 1 : int(u) + 2], ids).any())


def _size(picture: np.ndarray) -> dict[str, int]:
    return {"width": picture.shape[1], "height": picture.shape[0]}
