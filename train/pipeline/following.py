"""What following faces costs in truth: against finding them anew in every frame, on sequences with exact labels.

Both ways go through the same frames.  Of a frame that shows its face the one counts that overlaps the true box most;
where it is between there and gone (train/pipeline/sequence.py), it may be told or not.

    nme       mean distance of the 68 points over that of the eyes' outer corners, percent, of frames where it was told
    jitter    the same of how far the error of each point moves from one such frame to the next
    missed    frames that show a face, of which none was told
    ghosts    faces told that are none: of frames without one, and beside the one
    late      frames that show the face after its last absence until it was told again, the mean over sequences with an
              absence; all of them if never
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float

from train.data.face_marks.points import OUTER_CORNERS
from train.pipeline.lens import Lens
from train.pipeline.look import Clock, Looker
from train.pipeline.sequence import Shot, Sight
from train.pipeline.track import Seen, Tracker, overlap

SAME = 0.3
"""Overlap from which on a told face is the true one."""

Points = Float[np.ndarray, "68 2"]


@dataclass(frozen=True)
class Figures:
    """Of one way, over all sequences; see the module.  What none of them has is None."""

    frames: int
    shown: int
    detections: int
    nme: float | None
    jitter: float | None
    missed: int
    ghosts: int
    late: float | None

    def to_json(self) -> dict[str, Any]:
        """Return them as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Judged:
    """A frame, judged.

    Attributes:
        sight: Whether it shows the face.
        error: Of the points, over the inter-ocular distance; None where the face was not told or need not be.
        ghosts: How many faces were told that are none.
        detected: Whether the detector was asked.
    """

    sight: Sight
    error: Points | None
    ghosts: int
    detected: bool


def followed(looker: Looker, sequences: Iterable[Iterable[Shot]], every: int) -> tuple[Figures, Figures]:
    """Return the figures of finding faces anew in every frame, and of following them."""
    anew: list[list[Judged]] = []
    kept: list[list[Judged]] = []
    for shots in sequences:
        trackers = Tracker(looker, 1), Tracker(looker, every)
        anew.append([])
        kept.append([])
        for shot in shots:
            camera = Lens().of(shot.picture.shape[1], shot.picture.shape[0])
            for tracker, found in zip(trackers, (anew[-1], kept[-1]), strict=True):
                found.append(judged(shot, tracker.see(shot.picture, camera, Clock())))
    return figures_of(anew), figures_of(kept)


def judged(shot: Shot, seen: Seen) -> Judged:
    """Return what was seen in a frame beside what is true of it."""
    told = [face for face in seen.faces if face.points_px is not None]
    true_px = shot.box_px
    if true_px is None:
        return Judged(shot.sight, None, len(told), seen.detected)
    best = max(told, key=lambda face: overlap(face.box_px, true_px), default=None)
    if best is None or overlap(best.box_px, true_px) < SAME:
        return Judged(shot.sight, None, len(told), seen.detected)
    if shot.sight is Sight.between:
        return Judged(shot.sight, None, len(told) - 1, seen.detected)
    assert best.points_px is not None and shot.points_px is not None
    apart = np.linalg.norm(np.subtract(*shot.points_px[list(OUTER_CORNERS)]))
    return Judged(shot.sight, (best.points_px - shot.points_px) / apart, len(told) - 1, seen.detected)


def figures_of(sequences: Sequence[Sequence[Judged]]) -> Figures:
    """Return the figures of judged sequences."""
    frames = [one for judged_ones in sequences for one in judged_ones]
    errors = [np.linalg.norm(one.error, axis=1).mean() for one in frames if one.error is not None]
    moved = [
        np.linalg.norm(b.error - a.error, axis=1).mean()
        for ones in sequences
        for a, b in pairwise(ones)
        if a.error is not None and b.error is not None
    ]
    waits = [wait for ones in sequences if (wait := late(ones)) is not None]
    return Figures(
        frames=len(frames),
        shown=sum(one.sight is Sight.shown for one in frames),
        detections=sum(one.detected for one in frames),
        nme=100 * float(np.mean(errors)) if errors else None,
        jitter=100 * float(np.mean(moved)) if moved else None,
        missed=sum(one.sight is Sight.shown and one.error is None for one in frames),
        ghosts=sum(one.ghosts for one in frames),
        late=float(np.mean(waits)) if waits else None,
    )


def late(frames: Sequence[Judged]) -> int | None:
    """Return in how many frames after its last absence a shown face was not told yet; None without an absence."""
    gone = [t for t, one in enumerate(frames) if one.sight is Sight.gone]
    if not gone:
        return None
    back = [one for one in frames[gone[-1] + 1 :] if one.sight is Sight.shown]
    return next((t for t, one in enumerate(back) if one.error is not None), len(back))
