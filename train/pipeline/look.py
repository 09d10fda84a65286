"""One look at a frame: where faces are, and what is told of each.

    find    detector      frame, letterboxed          -> boxes and scores
    look    landmarks     square cut about each box   -> 68 points, perhaps a mesh (train/data/face_marks/square.py)
            head pose     square cut about its points -> rotation                  (train/data/pose/crop.py)
            head's place  68 points                   -> where the head is in `cam`                    (place.py)
            eyes, gaze    normalised views            -> gazes in `cam`                                (sight.py)
            attributes    square cut about its points -> probabilities, where there is a network of them

All faces of a frame go through a network at once.  A face of which something cannot be told keeps what was told before.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
import torch
from jaxtyping import Float

from adapt.camera import Cameras
from adapt.face_batch import FaceBatch, to_rgb
from adapt.marked_faces import MarkedFaces
from adapt.portraits import UNKNOWN as UNTOLD
from adapt.portraits import Portraits
from synth.errors import DataError
from synth.label.celeba import ATTRIBUTES
from train.data.detection.gather import letterboxed
from train.data.face_marks.square import face_box, square_about
from train.data.pose.crop import cut_out, face_square
from train.data.pose.images import UNKNOWN
from train.measure.attribute_evaluation import attribute_file, probabilities_of
from train.measure.face_landmark_evaluation import Told, told_of
from train.measure.pose_evaluation import rotations_of
from train.models.people.attributes import AttributeNetwork
from train.pipeline.faces import Box, Face
from train.pipeline.networks import Networks
from train.pipeline.opening import Rgb
from train.pipeline.place import place_of, plane_of
from train.pipeline.sight import Eyes, eyes_of, sights_of

STAGES = ("detection", "landmarks", "pose", "place", "eyes", "gaze", "attributes")
RECENT = 500
HIDDEN = "too small or outside of the picture"


class Clock:
    """How long each stage took, by the wall, a value a frame, of the last `RECENT` frames."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.seconds: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=RECENT))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        start = time.perf_counter()
        yield
        self.seconds[name].append(time.perf_counter() - start)

    def medians_ms(self) -> dict[str, float]:
        """Return the median of each stage, milliseconds, of the frames that had it."""
        return {name: 1e3 * median(self.seconds[name]) for name in STAGES if name in self.seconds}


@dataclass(frozen=True)
class Looker:
    """What looks at frames.

    Attributes:
        networks: That tell.
        least_score: Of boxes that are taken for faces.
        most: Faces of a frame, the best.
    """

    networks: Networks
    least_score: float = 0.8
    most: int = 50

    def find(self, picture: Rgb, clock: Clock) -> tuple[Face, ...]:
        """Return the faces that the detector finds in a frame, the best first, with nothing but their boxes."""
        network = self.networks.detection
        with clock.stage("detection"), torch.inference_mode():
            square, scale = letterboxed(picture, network.test_side)
            told = network.find(to_rgb(square[None]))
            scores = told.scores[0].double().numpy()
            kept = np.flatnonzero(scores >= max(self.least_score, 1e-9))[: self.most]
            boxes = told.boxes_px[0].double().numpy()[kept] / scale
        return tuple(Face(box, float(score)) for box, score in zip(boxes, scores[kept], strict=True))

    def look(self, picture: Rgb, faces: Sequence[Face], camera: Cameras, clock: Clock) -> tuple[Face, ...]:
        """Return faces of which boxes are known with all that is told of them."""
        return self.tell(picture, self.mark(picture, faces, clock), camera, clock)

    def mark(self, picture: Rgb, faces: Sequence[Face], clock: Clock) -> tuple[Face, ...]:
        """Return faces of which boxes are known with their landmarks."""
        with clock.stage("landmarks"):
            return tuple(self._marked(picture, faces))

    def tell(self, picture: Rgb, marked: Sequence[Face], camera: Cameras, clock: Clock) -> tuple[Face, ...]:
        """Return faces of which landmarks are known with all that is told of them."""
        with clock.stage("pose"):
            posed = self._posed(picture, marked)
        with clock.stage("place"):
            planes = [None if face.points_px is None else plane_of(face.points_px, camera) for face in posed]
            placed = [
                face if plane is None else _placed(face, plane) for face, plane in zip(posed, planes, strict=True)
            ]
        with clock.stage("eyes"):
            found = [
                eyes_of(picture, face.points_px, plane, face.place, camera)
                if face.points_px is not None and plane is not None and face.place is not None
                else None
                for face, plane in zip(placed, planes, strict=True)
            ]
        with clock.stage("gaze"):
            sights = iter(sights_of(self.networks.gaze, [one for one in found if isinstance(one, Eyes)]))
        seen = [
            replace(face, sight=next(sights)) if isinstance(eyes, Eyes) else _without(face, eyes)
            for face, eyes in zip(placed, found, strict=True)
        ]
        if self.networks.attributes is None:
            return tuple(seen)
        with clock.stage("attributes"):
            return tuple(_described(self.networks.attributes, picture, seen))

    def _marked(self, picture: Rgb, faces: Sequence[Face]) -> list[Face]:
        """Return the faces with their landmarks."""
        network = self.networks.landmarks
        cuts = _cut(picture, faces, lambda face: square_about(face.box_px), network.size[0])
        kept = [cut for cut in cuts if cut is not None]
        if not kept:
            return [_without(face, HIDDEN) for face in faces]
        n = len(kept)
        told = told_of(
            network,
            MarkedFaces(
                images_u8=torch.from_numpy(np.stack([cut.picture for cut in kept])),
                points_px=torch.full((n, network.marks.n, 2), torch.nan),
                depth_px=torch.full((n, network.marks.n), torch.nan),
                visible=torch.zeros(n, network.marks.n, dtype=torch.bool),
                present=torch.ones(n, dtype=torch.bool),
                square_px=torch.from_numpy(np.stack([cut.square_px for cut in kept])).float(),
                traits=tuple({} for _ in kept),
                keys=tuple(map(str, range(n))),
            ),
        )
        rows = iter(range(n))
        return [
            _without(face, HIDDEN) if cut is None else _with_landmarks(face, told, next(rows))
            for face, cut in zip(faces, cuts, strict=True)
        ]

    def _posed(self, picture: Rgb, faces: Sequence[Face]) -> list[Face]:
        """Return the faces with their heads' rotations."""
        network = self.networks.pose
        cuts = _cut(picture, faces, _pose_square, network.size[0])
        kept = [cut.picture for cut in cuts if cut is not None]
        if not kept:
            return list(faces)
        unknown = torch.from_numpy(np.repeat(UNKNOWN[None], len(kept), axis=0)).float()
        batch = FaceBatch(torch.from_numpy(np.stack(kept)), unknown, tuple(map(str, range(len(kept)))))
        rotations = iter(rotations_of(network, batch))
        return [
            face if cut is None else replace(face, rotation=next(rotations))
            for face, cut in zip(faces, cuts, strict=True)
        ]


@dataclass(frozen=True)
class Cut:
    """A square of a frame, as a network takes it."""

    picture: Rgb
    square_px: Float[np.ndarray, "4"]


def _cut(picture: Rgb, faces: Sequence[Face], square: Callable[[Face], Box | None], size: int) -> list[Cut | None]:
    """Return the cut of each face; None where it has no square or the frame does not show it."""
    cuts: list[Cut | None] = []
    for face in faces:
        if (at := square(face)) is None:
            cuts.append(None)
            continue
        try:
            cuts.append(Cut(cut_out(picture, at, size), at))
        except DataError:
            cuts.append(None)
    return cuts


def _pose_square(face: Face) -> Box | None:
    """Return what of a frame a network of head pose is shown."""
    return None if face.points_px is None else face_square(face.points_px)


def _described(network: AttributeNetwork, picture: Rgb, faces: Sequence[Face]) -> list[Face]:
    """Return the faces with their attributes."""
    cuts = _cut(picture, faces, _landmark_square, network.size[0])
    kept = [cut.picture for cut in cuts if cut is not None]
    if not kept:
        return list(faces)
    n = len(kept)
    batch = Portraits(
        images_u8=torch.from_numpy(np.stack(kept)),
        attributes=torch.full((n, len(ATTRIBUTES)), UNTOLD, dtype=torch.int8),
        person=torch.full((n,), UNTOLD),
        part=torch.full((n,), UNTOLD, dtype=torch.int8),
        keys=tuple(map(str, range(n))),
    )
    told = attribute_file(probabilities_of(network, batch), network.told.learnt.numpy(), batch.keys)
    rows = iter(told.values())
    return [
        face if cut is None else replace(face, attributes=next(rows)["attributes"])
        for face, cut in zip(faces, cuts, strict=True)
    ]


def _landmark_square(face: Face) -> Box | None:
    """Return what of a frame a network of attributes is shown: what one of landmarks is, about its landmarks."""
    return None if face.points_px is None else square_about(face_box(face.points_px))


def _with_landmarks(face: Face, told: Told, row: int) -> Face:
    """Return a face with the landmarks of a row of what was told."""
    return replace(
        face,
        points_px=told.points_px[row],
        mesh_px=None if told.mesh_px is None else told.mesh_px[row],
        present=None if told.face is None else float(told.face[row]),
    )


def _placed(face: Face, plane: Float[np.ndarray, "68 2"]) -> Face:
    """Return a face with its head's place."""
    place = place_of(plane)
    return _without(face, "landmarks of no head") if place is None else replace(face, place=place)


def _without(face: Face, cause: str | None) -> Face:
    """Return a face of which something is not told."""
    return face if cause is None else replace(face, causes=(*face.causes, cause))
