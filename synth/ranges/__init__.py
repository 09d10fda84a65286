"""The ranges that scenes are drawn from: what they mean, in which unit, and where they come from.

The numbers themselves stand in synth/conf/*/*.yaml, one file a choice, so that there is one place to read and to change
them; these dataclasses have no defaults and refuse a file with a key too many or too few.  Names carry the unit.
A `Normal` is cut at `low` and `high`; a `Range` is uniform (log-uniform where its name ends in `_log`).
Sources of the anatomy: docs/anatomy.md.
"""

from dataclasses import dataclass

from synth.ranges.camera import CameraRanges
from synth.ranges.light import LightRanges
from synth.ranges.subject import SubjectRanges


@dataclass
class RenderRanges:
    """All that a scene is drawn from."""

    subject: SubjectRanges
    camera: CameraRanges
    light: LightRanges


__all__ = ["CameraRanges", "LightRanges", "RenderRanges", "SubjectRanges"]
