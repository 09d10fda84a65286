"""What a rotation from landmarks is worth: the keypoint study of Hopenet's paper on heads whose truth is exact.

Ruiz, Chong, Rehg, "Fine-grained head pose estimation without keypoints" (CVPR workshops 2018) measure what a pose from
keypoints and a mean head costs when one thing at a time is worse than it could be: how many points there are, how
exact they are, how well the model's width and height are those of the head.  Here each is varied on drawn heads, whose
points, rotations and cameras are known (train/ablations/heads.py):

    points    subsets of iBUG's 68 (`SUBSETS`), with the head's own points for a model, and with the mean adult's
    noise     Gaussian, of each coordinate in the picture, in parts of the distance of the outer corners of the eyes
              as a head of this size would show it if it faced the lens
    width     the mean adult's x times a factor; `height`, its y

Everything else is right: K is known, no point is missed or hidden, the neutral mean adult (train/pnp.py) is the model
unless the head's own points are.  The solver is train/pnp.py's, the errors are train/measure/pose_metrics.py's.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from synth.export.face.pose import FURTHEST_DEG
from synth.seeds import rng
from train.ablations.heads import Heads
from train.measure.pose_metrics import PoseErrors, angles_deg, pose_errors
from train.pnp import mean_head_m, perspective

NOSE_TIP, CHIN = 30, 8
EYE_CORNERS_OUTER, EYE_CORNERS = (36, 45), (36, 39, 42, 45)
MOUTH_CORNERS = (48, 54)
BROW_ENDS, NOSTRILS, LOWER_LIP = (17, 21, 22, 26), (31, 35), (57,)
NOSE_RIDGE, JAW, UPPER_LIP = (27, 28, 29, 30), (0, 4, 12, 16), (51,)
FOUR = (*EYE_CORNERS_OUTER, NOSE_TIP, CHIN)
FOURTEEN = (*BROW_ENDS, *EYE_CORNERS, *NOSTRILS, *MOUTH_CORNERS, *LOWER_LIP, CHIN)

SUBSETS: dict[str, tuple[int, ...]] = {
    "4: eyes, nose tip, chin": FOUR,
    "6: and corners of the mouth": (*FOUR, *MOUTH_CORNERS),
    "14: brows, eyes, nostrils, mouth, chin": FOURTEEN,
    "23: and nose ridge, jaw, upper lip": (*FOURTEEN, *NOSE_RIDGE, *JAW, *UPPER_LIP),
    "68: all": tuple(range(68)),
}
FEW, ALL = list(SUBSETS)[1], list(SUBSETS)[-1]
NOISE = (0.01, 0.02, 0.03, 0.04, 0.05)
FRONTAL_DEG = 60.0
SCALES = (0.8, 0.9, 1.0, 1.1, 1.2)


@dataclass(frozen=True)
class Condition:
    """What a pose is solved from.

    Attributes:
        study: Which of the module's studies it belongs to.
        label: Name of its row.
        at: What is varied, as a number.
        points: Which of the 68.
        own_head: The model is the head itself, not the mean adult.
        noise: Standard deviation, in distances of the outer corners of the eyes.
        width: Factor of the model's x.
        height: Factor of the model's y.
    """

    study: str
    label: str
    at: float
    points: tuple[int, ...] = SUBSETS[ALL]
    own_head: bool = False
    noise: float = 0.0
    width: float = 1.0
    height: float = 1.0


def conditions() -> Iterator[Condition]:
    """Yield every condition, study by study."""
    for own, model in ((True, "the head itself"), (False, "the mean adult")):
        for name, points in SUBSETS.items():
            yield Condition(f"points, {model}", name, len(points), points, own_head=own)
    for name in (FEW, ALL):
        for noise in (0.0, *NOISE):
            study = f"noise of {len(SUBSETS[name])} points"
            yield Condition(study, f"{100 * noise:.0f} %", 100 * noise, SUBSETS[name], noise=noise)
    for scale in SCALES:
        yield Condition("width of the model", f"{scale:.1f}", scale, width=scale)
    for scale in SCALES:
        yield Condition("height of the model", f"{scale:.1f}", scale, height=scale)


def kept(heads: Heads) -> Heads:
    """Return the heads that the usual protocols of head pose keep: none turned by more than 99 degrees."""
    return heads.take(np.abs(angles_deg(heads.rotation)).max(axis=1) <= FURTHEST_DEG)


@dataclass(frozen=True)
class Errors:
    """How far solved rotations are from the heads' own: of all heads, and of those with a |yaw| up to 60 degrees.

    Near a yaw of 90 degrees pitch and roll are one turn, and their errors large where the rotation's is small.
    `frontal` is None where there are none.
    """

    every: PoseErrors
    frontal: PoseErrors | None


def errors(heads: Heads, condition: Condition, seed: int) -> Errors:
    """Return the errors of the rotations that are solved under a condition.

    Args:
        heads: At least one.
        condition: What they are solved from.
        seed: Of the noise; more of it is the same noise, larger.
    """
    found = np.stack([solved(heads, index, condition, seed) for index in range(len(heads))])
    frontal = np.abs(angles_deg(heads.rotation)[:, 1]) <= FRONTAL_DEG
    return Errors(
        every=pose_errors(found, heads.rotation),
        frontal=pose_errors(found[frontal], heads.rotation[frontal]) if frontal.any() else None,
    )


def solved(heads: Heads, index: int, condition: Condition, seed: int) -> Float[np.ndarray, "3 3"]:
    """Return the rotation of one head."""
    which = list(condition.points)
    k = heads.camera_matrix[index]
    model_m = heads.points_head_m[index] if condition.own_head else mean_head_m()
    model_m = model_m * [condition.width, condition.height, 1.0]
    apart_m = np.linalg.norm(np.subtract(*heads.points_head_m[index][list(EYE_CORNERS_OUTER)]))
    deviation_px = condition.noise * apart_m * k[0, 0] / heads.at_cam_m[index, 2]
    # All 68 are drawn whichever are used, so that subsets of points share their noise.
    noise = rng(seed, index, "noise of points").standard_normal((68, 2))
    return perspective((heads.points_px[index] + deviation_px * noise)[which], model_m[which], k)[0]
