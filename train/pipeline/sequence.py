"""Rendered sequences, frame by frame: what `canthus render experiment=sequence` wrote, with what is true of each frame.

Frames stand in a corpus one after the other, and labels.moment tells the sequence and the frame of each.  Of a frame a
face is

    shown      both eyes and both corners of the mouth are in the picture, and it is no back of a head
    gone       none of them is
    between    everything else: it need not be told, and who tells it is not wrong
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

import numpy as np
from jaxtyping import Float

from synth.errors import DataError
from synth.export.face.faces import HALF_PIXEL, face_of, holds_face
from synth.sample import Sample
from train.data.face_marks.square import face_box
from train.pipeline.opening import Rgb


class Sight(Enum):
    """Whether a face is in a frame; see the module."""

    shown = "shown"
    gone = "gone"
    between = "between"


@dataclass(frozen=True)
class Shot:
    """A frame and what is true of it.

    Attributes:
        picture: The frame.
        points_px: iBUG's points, the jaw on the outline that is seen; None where the face is gone.
        sight: Whether the face is in it.
    """

    picture: Rgb
    points_px: Float[np.ndarray, "68 2"] | None
    sight: Sight

    @property
    def box_px(self) -> Float[np.ndarray, "4"] | None:
        """The box from forehead to chin."""
        return None if self.points_px is None else face_box(self.points_px)


def sequences_of(samples: Iterable[Sample]) -> Iterator[Iterator[Shot]]:
    """Yield the sequences of a corpus in their order; each is read while it is gone through.

    Raises:
        DataError: A picture belongs to no sequence, or a label is absent.
    """
    for _, frames in groupby(samples, sequence_number):
        yield (shot_of(sample) for sample in frames)


def sequence_number(sample: Sample) -> int:
    """Return which sequence a picture belongs to.

    Raises:
        DataError: To none.
    """
    if not sample.labels.get("moment"):
        raise DataError(f"{sample.key}: a picture of no sequence; render experiment=sequence")
    return int(sample.array("moment.sequence"))


def shot_of(sample: Sample) -> Shot:
    """Return a frame of a sequence.

    Raises:
        DataError: A label is absent.
    """
    colours = sample.picture if sample.picture.ndim == 3 else np.repeat(sample.picture[..., None], 3, axis=2)
    picture = colours.copy()  # a shard's cannot be written to, which torch warns of
    if not holds_face(sample):
        return Shot(picture, None, Sight.gone)
    face = face_of(sample)
    shown = face.to_be_found and bool(sample.array("face.whole"))
    return Shot(picture, face.outline68 + HALF_PIXEL, Sight.shown if shown else Sight.between)
