"""Going through a source: every frame is looked at, what is told of it goes where it was asked for, and is counted."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from adapt.camera import Cameras
from synth.errors import DataError
from train.data.sift import OnError
from train.measure.page import write_predictions
from train.pipeline.drawing import draw
from train.pipeline.faces import Face, json_of
from train.pipeline.frames import Source
from train.pipeline.lens import Lens
from train.pipeline.live import View, Window, shown
from train.pipeline.look import Clock, Looker
from train.pipeline.opening import Rgb
from train.pipeline.track import Tracker
from train.pipeline.writing import drawer_of

OTHER_CAMERA = "of another shape than the calibrated camera's frames"
SMOOTHED = 0.9
"""Share of the time between frames before the last one in what the live view tells."""


@dataclass(frozen=True)
class Wanted:
    """What is to come of a run.

    Attributes:
        predictions: A JSON file; None for none.
        drawn: A folder for drawn pictures or a video file; None for none.
        live: Whether a window shows the frames.
        frames: After how many to stop; None for all.
        on_error: What a frame that cannot be read does.
    """

    predictions: Path | None = None
    drawn: str | None = None
    live: bool = False
    frames: int | None = None
    on_error: OnError = OnError.skip


@dataclass(frozen=True)
class Summary:
    """What a run came to.

    Attributes:
        frames: Looked at.
        faces: Told of.
        detections: Frames in which the detector was asked.
        lost: Faces that no longer held.
        unread: Frames that could not be read, by cause.
        untold: Faces of which something could not be told, by cause.
        medians_ms: Of each stage, of the frames that had it.
    """

    frames: int
    faces: int
    detections: int
    lost: int
    unread: Mapping[str, int]
    untold: Mapping[str, int]
    medians_ms: Mapping[str, float]

    def lines(self) -> list[str]:
        """Return it in words."""
        found = [f"{self.frames} frames, {self.faces} faces; detector in {self.detections}, {self.lost} lost"]
        found += [f"{n} frames not read: {cause}" for cause, n in self.unread.items()]
        found += [f"{n} faces without all: {cause}" for cause, n in self.untold.items()]
        if self.medians_ms:
            stages = ", ".join(f"{name} {value:.1f}" for name, value in self.medians_ms.items())
            found.append(f"ms a frame (medians): {stages}")
        return found


def run_through(looker: Looker, source: Source, lens: Lens, every: int, wanted: Wanted) -> Summary:
    """Look at every frame of a source.

    Args:
        looker: What looks.
        source: Of frames.
        lens: Of their camera.
        every: See `Tracker`; pictures that do not follow one another are each looked at anew.
        wanted: What is to come of it.

    Raises:
        ConfigError: What is wanted cannot be had of this source, or on this machine.
        DataError: No frame could be read; or one could not and on_error is stop.
    """
    clock, tracker = Clock(), Tracker(looker, every if source.rate is not None else 1)
    told: dict[str, Any] = {}
    unread: Counter[str] = Counter()
    untold: Counter[str] = Counter()
    count = faces = detections = lost = 0
    screen = Screen(clock) if wanted.live else None
    with drawer_of(wanted.drawn, source.rate) as drawer:
        try:
            for frame in islice(source.frames, wanted.frames):
                camera = None if frame.picture is None else camera_of(lens, frame.picture)
                if frame.picture is None or camera is None:
                    cause = frame.cause or OTHER_CAMERA
                    if wanted.on_error is OnError.stop:
                        raise DataError(f"{frame.name}: {cause}")
                    unread[cause] += 1
                    continue
                seen = tracker.see(frame.picture, camera, clock)
                count, faces = count + 1, faces + len(seen.faces)
                detections, lost = detections + seen.detected, lost + seen.lost
                untold.update(cause for face in seen.faces for cause in face.causes)
                if wanted.predictions is not None:
                    told[frame.name] = json_of(seen.faces)
                if wanted.drawn is not None:
                    drawer.write(frame.name, draw(frame.picture, seen.faces, camera))
                if screen is not None and screen.show(frame.picture, seen.faces, camera):
                    break
        except KeyboardInterrupt:
            if source.rate is None:
                raise
            print("interrupted: what was told until now is kept")
        finally:
            if screen is not None:
                screen.window.close()
    if not count:
        causes = ", ".join(f"{n} {cause}" for cause, n in unread.items())
        raise DataError(f"no frame could be read{': ' * bool(causes)}{causes}")
    if wanted.predictions is not None:
        write_predictions(wanted.predictions, told)
    return Summary(count, faces, detections, lost, dict(unread), dict(untold), clock.medians_ms())


def camera_of(lens: Lens, picture: Rgb) -> Cameras | None:
    """Return the camera of a frame; None where it is not one of the calibrated camera."""
    try:
        return lens.of(picture.shape[1], picture.shape[0])
    except DataError:
        return None


class Screen:
    """A window, what it shows, and how fast."""

    def __init__(self, clock: Clock) -> None:
        """Open the window."""
        self.window, self.view, self.clock = Window("canthus"), View(), clock
        self.last, self.between_s = time.perf_counter(), 0.0

    def show(self, picture: Rgb, faces: tuple[Face, ...], camera: Cameras) -> bool:
        """Show a frame; say whether to quit."""
        now = time.perf_counter()
        passed, self.last = now - self.last, now
        self.between_s = SMOOTHED * self.between_s + (1 - SMOOTHED) * passed if self.between_s else passed
        for key in self.window.show(shown(picture, faces, camera, self.view, self.clock, 1 / self.between_s)):
            self.view = self.view.pressed(key)
        return self.view.quit
