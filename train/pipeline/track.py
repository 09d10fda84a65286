"""Faces from frame to frame: while a face holds, its landmarks say where the next frame's cut lies, without a detector.

A face holds while

    its network of landmarks, where it tells that, takes the cut for a face's (LEAST_PRESENT)
    its landmarks are about those of a head (MOST_MISFIT, of faces.Place)
    the box of its landmarks overlaps the one that it was looked for in (LEAST_OVERLAP): nobody moves further between
    two frames, but points that run away do

The detector is asked again in every `every`th frame, for those who come; in every frame while there is nobody; and
within the same frame when somebody is lost.  What it finds keeps the number of the track that it overlaps most.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from adapt.camera import Cameras
from train.data.face_marks.square import face_box
from train.models.detection.boxes import iou
from train.pipeline.faces import Face
from train.pipeline.look import Clock, Looker
from train.pipeline.opening import Rgb

LEAST_PRESENT = 0.5
MOST_MISFIT = 0.15
LEAST_OVERLAP = 0.4
LEAST_PX = 16.0
"""Shorter side of a box that is followed."""


@dataclass(frozen=True)
class Track:
    """A face that is followed.

    Attributes:
        number: Its own among all tracks.
        face: The box that the next frame is looked at in, and the last score.
    """

    number: int
    face: Face


@dataclass(frozen=True)
class Seen:
    """What was seen in a frame.

    Attributes:
        faces: All of them.
        numbers: Of each, its track.
        detected: Whether the detector was asked.
        lost: How many of the frame before no longer held.
    """

    faces: tuple[Face, ...]
    numbers: tuple[int, ...]
    detected: bool
    lost: int = 0


class Tracker:
    """Follows the faces of one sequence of frames; every=1 finds them anew in every frame."""

    def __init__(self, looker: Looker, every: int) -> None:
        """Start without a face."""
        self.looker, self.every = looker, every
        self.tracks: tuple[Track, ...] = ()
        self.age = 0
        self.counted = 0

    def see(self, picture: Rgb, camera: Cameras, clock: Clock) -> Seen:
        """Return the faces of the next frame."""
        self.age += 1
        lost = 0
        if self.tracks and self.age < self.every:
            before = [track.face for track in self.tracks]
            faces = self.looker.look(picture, before, camera, clock)
            held = [holds(face) for face in faces]
            if all(held):
                numbers = tuple(track.number for track in self.tracks)
                self._follow(faces, numbers)
                return Seen(faces, numbers, detected=False)
            lost = held.count(False)
            self.tracks = tuple(track for track, kept in zip(self.tracks, held, strict=True) if kept)
        faces = self.looker.look(picture, self.looker.find(picture, clock), camera, clock)
        numbers = self._numbered(faces)
        self.age = 0
        self._follow(faces, numbers)
        return Seen(faces, numbers, detected=True, lost=lost)

    def _follow(self, faces: Sequence[Face], numbers: Sequence[int]) -> None:
        """Keep the faces that hold, each with the box of its landmarks."""
        pairs = zip(numbers, faces, strict=True)
        self.tracks = tuple(Track(number, followed(face)) for number, face in pairs if holds(face))

    def _numbered(self, faces: Sequence[Face]) -> tuple[int, ...]:
        """Return a number for each found face: of the track that it overlaps most, or the next new one."""
        free = {track.number: track.face.box_px for track in self.tracks}
        numbers = []
        for face in faces:
            near = {number: overlap(face.box_px, box) for number, box in free.items()}
            number = max(near, key=lambda one: near[one], default=-1)
            if number < 0 or near[number] < LEAST_OVERLAP:
                number, self.counted = self.counted, self.counted + 1
            free.pop(number, None)
            numbers.append(number)
        return tuple(numbers)


def holds(face: Face) -> bool:
    """Say whether a face can be looked for where its landmarks are."""
    if face.points_px is None or face.place is None or face.place.misfit > MOST_MISFIT:
        return False
    if face.present is not None and face.present < LEAST_PRESENT:
        return False
    box = face_box(face.points_px)
    return bool((box[2:] - box[:2]).min() >= LEAST_PX) and overlap(box, face.box_px) >= LEAST_OVERLAP


def followed(face: Face) -> Face:
    """Return what is looked for in the next frame: a box and a score."""
    assert face.points_px is not None
    return Face(face_box(face.points_px), face.score)


def overlap(a_px: Float[np.ndarray, "4"], b_px: Float[np.ndarray, "4"]) -> float:
    """Return the intersection of two boxes over their union."""
    return float(iou(torch.from_numpy(a_px[None]), torch.from_numpy(b_px[None])))
