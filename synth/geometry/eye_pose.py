"""How an eye turns to look at something: Listing's law, with the visual axis off the optical one.

The visual axis is taken through the rotation centre: the fovea's line passes a few tenths of a millimetre beside it,
less than 0.1 degrees at arm's length.  By Listing's law every eye position is reached from primary position (frame
`head`'s -z) by one rotation about an axis that lies in the frontal plane, so the eye never twists about its own line of
sight (von Helmholtz 1867; Haslwanter 1995).
"""

import numpy as np
from jaxtyping import Float

from assets.eyeball import Side, visual_axis_eye
from assets.person import SubjectSpec
from assets.placement import SIDES, eye_centres_head
from synth.spec import SceneSpec


def listing_rotation(optical_head: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """Return `head_from_eye` of an eye whose optical axis points along a unit vector in `head` (Listing's law)."""
    x, y, z = optical_head
    # The rotation of (0, 0, -1) to the vector about an axis in the xy plane, written out (Rodrigues).
    k = 1.0 / (1.0 - z)
    return np.array([[1 - k * x * x, -k * x * y, -x], [-k * x * y, 1 - k * y * y, -y], [x, y, -z]])


def looking_at(visual_eye: Float[np.ndarray, "3"], direction_head: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """Return the Listing rotation that carries the visual axis on to a direction in `head`.

    Newton's method has no need of derivatives here: turning the optical axis by what the visual axis misses converges
    by a factor of about kappa^2 a step.

    Raises:
        ValueError: The direction lies behind the eye.
    """
    direction = direction_head / np.linalg.norm(direction_head)
    if direction[2] > -0.1:
        raise ValueError(f"no eye turns to {direction_head}: it lies behind the frontal plane")
    optical = direction
    for _ in range(60):
        miss = direction - listing_rotation(optical) @ visual_eye
        optical = optical + miss
        optical = optical / np.linalg.norm(optical)
        if np.max(np.abs(miss)) < 1e-15:
            break
    return listing_rotation(optical)


def target_head(spec: SceneSpec) -> Float[np.ndarray, "3"]:
    """Return what the subject looks at, in `head`."""
    rotation = np.array(spec.person.cam_from_head_rotation)
    return rotation.T @ (np.array(spec.person.target_cam_m) - np.array(spec.person.cam_from_head_translation_m))


def eye_rotations(subject: SubjectSpec, target: Float[np.ndarray, "3"]) -> dict[Side, Float[np.ndarray, "3 3"]]:
    """Return `head_from_eye` of both eyes when their visual axes meet at a point of `head`."""
    centres = eye_centres_head(subject)
    return {
        side: looking_at(visual_axis_eye(getattr(subject, side).ball, side), target - centres[i])
        for i, side in enumerate(SIDES)
    }
