"""What a look at one frame costs, stage by stage: a frame of 640x480 with one face, by the wall.

The frame is grey noise, and the face is the mean head, a little aside and turned, as the guessed camera sees it: its
box goes to the network of landmarks, its exact points to all that follows, so that the figures are the same whatever
the networks have learnt.  Reading and drawing the frame are not counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch
from jaxtyping import Float

from synth.geometry.rotation import rotation_from_pitch_yaw_roll
from train.data.face_marks.square import face_box
from train.pipeline.faces import Face
from train.pipeline.lens import guessed
from train.pipeline.look import STAGES, Clock, Looker
from train.pnp import mean_head_m

WIDTH, HEIGHT = 640, 480
POSE_RAD = (0.1, -0.2, 0.05)
PLACE_M = (0.05, -0.03, 0.6)
WARM_UP = 3


@dataclass(frozen=True)
class LookCost:
    """Of one frame with one face.

    Attributes:
        medians_ms: Of each stage.
        found_ms: Median of all stages together: a frame in which the detector is asked.
        followed_ms: The same without the detector: a frame in which the face is followed.
        threads: That computed the networks.
    """

    medians_ms: Mapping[str, float]
    found_ms: float
    followed_ms: float
    threads: int


def bench_look(looker: Looker, frames: int) -> LookCost:
    """Return what a look costs, over so many frames after some that do not count."""
    rng, camera, clock = np.random.default_rng(0), guessed(WIDTH, HEIGHT), Clock()
    picture = rng.integers(96, 160, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    points = mean_points_px()
    for number in range(WARM_UP + frames):
        if number == WARM_UP:
            clock = Clock()
        looker.find(picture, clock)
        (marked,) = looker.mark(picture, [Face(face_box(points), 1.0)], clock)
        exact = Face(marked.box_px, marked.score, points, marked.mesh_px, marked.present)
        looker.tell(picture, [exact], camera, clock)
    spent = {name: np.array(clock.seconds[name]) for name in STAGES if name in clock.seconds}
    followed = np.sum([seconds for name, seconds in spent.items() if name != "detection"], axis=0)
    return LookCost(
        medians_ms=clock.medians_ms(),
        found_ms=1e3 * median(followed + spent["detection"]),
        followed_ms=1e3 * median(followed),
        threads=looker.networks.threads,
    )


def mean_points_px() -> Float[np.ndarray, "68 2"]:
    """Return where the frame shows the points of its face."""
    points_cam = mean_head_m() @ rotation_from_pitch_yaw_roll(np.array(POSE_RAD)).T + np.array(PLACE_M)
    return np.asarray(guessed(WIDTH, HEIGHT).project(torch.from_numpy(points_cam)[None])[0].numpy())
