"""Ranges of how somebody moves before a lens that stands still, as a sequence of pictures shows it.

Times are counted in pictures (frames), so that no rate of them has to be told.
"""

from dataclasses import dataclass

from synth.config import Range
from synth.errors import ConfigError


@dataclass
class MotionRanges:
    """A sequence: a scene drawn as ever, in which one person moves, goes out of sight once, and comes back."""

    frames: int
    """Of a sequence: the pictures i frames, ..., (i + 1) frames - 1 show the scene i."""
    period_frames: Range
    """Of the sines that paths are made of."""
    right_m: float
    """Largest way of the head from its place in the scene, either way, as are the next two."""
    down_m: float
    away_m: float
    pitch_deg: float
    """Largest turn of the head from how it is held in the scene, either way, as are the next two."""
    yaw_deg: float
    roll_deg: float
    gaze_pitch_deg: float
    """Largest turn of the gaze in the head from the scene's, either way."""
    gaze_yaw_deg: float
    blink_every_frames: Range
    """From one blink to the next."""
    blink_frames: float
    """Of a blink, from open to open."""
    absent: Range
    """Part of the sequence in which the head is out of sight; 0 for somebody who stays."""
    leaving: float
    """Part of the sequence that going out of sight takes, and coming back again."""

    def __post_init__(self) -> None:
        """Refuse what does not move, or has no room in a sequence."""
        if self.frames < 2:
            raise ConfigError(f"motion.frames={self.frames}: at least 2")
        for name in ("period_frames", "blink_every_frames"):
            if getattr(self, name).low < 2:
                raise ConfigError(f"motion.{name}={getattr(self, name)}: at least 2 frames")
        for name in (
            *("right_m", "down_m", "away_m", "pitch_deg", "yaw_deg", "roll_deg"),
            *("gaze_pitch_deg", "gaze_yaw_deg", "blink_frames", "leaving"),
        ):
            if getattr(self, name) < 0:
                raise ConfigError(f"motion.{name}={getattr(self, name)}: must not be negative")
        if not 0 <= self.absent.low <= self.absent.high <= 1 - 2 * self.leaving:
            raise ConfigError(f"motion.absent={self.absent}: from 0 to what leaving={self.leaving} leaves, twice")
