"""How the neck shares in the head's turn."""

import numpy as np
from jaxtyping import Float

from assets.person import Vector3
from synth.draw.chance import draw_normal, draw_uniform
from synth.geometry.rotation import rotation_from_pitch_yaw_roll, vector_from_rotation
from synth.ranges.subject import NeckRanges


def draw_shoulders(rng: np.random.Generator, ranges: NeckRanges, turn_rad: Float[np.ndarray, "3"]) -> Vector3:
    """Return the rotation vector of the shoulders in `head`.

    Args:
        rng: Stream to draw from.
        ranges: What to draw from.
        turn_rad: Pitch, yaw and roll of the head against the lens.
    """
    share = draw_uniform(rng, ranges.share)
    bends = (ranges.pitch_deg, ranges.yaw_deg, ranges.roll_deg)
    own = np.array([draw_normal(rng, bend) for bend in bends])
    low, high = ([getattr(bend, end) for bend in bends] for end in ("low", "high"))
    neck = np.radians(np.clip(own + share * np.degrees(turn_rad), low, high))
    x, y, z = vector_from_rotation(rotation_from_pitch_yaw_roll(neck).T)
    return float(x), float(y), float(z)
