"""Videos and cameras: the only importer of PyAV, which brings FFmpeg's libraries (`pip install 'canthus[video]'`).

Frames come as u8, RGB, turned as the file says a player is to turn them.  A packet that is damaged gives None in place
of its frame and reading goes on.  A written file is whole or absent: it is made under another name in its folder
(synth/shards/atomic.py).  Written files are MPEG-4 Part 2 (.mp4) or VP9 (.webm), by encoders that FFmpeg's
LGPL build and libvpx (BSD) have: neither x264 nor x265 is asked for.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from PIL import Image

from synth.errors import ConfigError, DataError
from synth.shards.atomic import naming_full_disk, sync_folder
from train.pipeline.opening import Rgb

USUAL_RATE = Fraction(30)
"""Frames a second of what does not say."""
ENCODERS = {
    ".mp4": ("mpeg4", {"qscale": "3"}),
    ".webm": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0"}),
}
"""By the ending of a file: encoder and options."""
CONTAINERS = {".mp4": "mp4", ".webm": "webm"}
"""FFmpeg's names of the files, which it cannot tell from the name that they are made under."""
MOST_DAMAGED = 100
"""Packets one after the other after which a camera or a file is taken to have ended."""
CAMERAS = {"linux": ("v4l2", "/dev/video{}"), "darwin": ("avfoundation", "{}:none")}
"""By the system: FFmpeg's name of what reads a camera, and of the camera with a number."""

Moment = Rgb | None


@dataclass(frozen=True)
class VideoReader:
    """An opened video or camera.

    Attributes:
        container: Of PyAV.
        rate: Frames a second.
    """

    container: Any
    rate: Fraction

    def moments(self) -> Iterator[Moment]:
        """Yield the frames, None for a damaged one; the file is closed after the last."""
        import av

        damaged = 0
        with self.container as container:
            packets = container.demux(container.streams.video[0])
            while damaged < MOST_DAMAGED:
                try:
                    packet = next(packets)
                    frames = packet.decode()
                except (StopIteration, av.EOFError):
                    return
                except (av.FFmpegError, ValueError):
                    damaged += 1
                    yield None
                    continue
                damaged = 0
                for frame in frames:
                    turned = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90) % 4)
                    yield np.ascontiguousarray(turned)


def open_video(path: Path) -> VideoReader:
    """Return the frames of a video file.

    Raises:
        DataError: It is none, or damaged from its start.
    """
    return _opened(str(path), None, str(path))


def open_camera(number: int) -> VideoReader:
    """Return the frames of a camera.

    Raises:
        ConfigError: This system's cameras are not known here.
        DataError: There is no such camera, or it may not be used.
    """
    if sys.platform not in CAMERAS:
        raise ConfigError(f"input={number}: cameras of {sys.platform} are not known here; give a file")
    kind, place = CAMERAS[sys.platform]
    return _opened(place.format(number), kind, f"camera {number}")


def _opened(place: str, kind: str | None, where: str) -> VideoReader:
    """Return what PyAV opens."""
    import av

    try:
        container: Any = av.open(place, format=kind)
    except (av.FFmpegError, ValueError) as error:
        raise DataError(f"{where}: cannot be opened as a video ({error})") from error
    if not container.streams.video:
        container.close()
        raise DataError(f"{where}: holds no video")
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    return VideoReader(container, stream.average_rate or stream.guessed_rate or USUAL_RATE)


class VideoWriter:
    """Writes frames to a video file; all get the size of the first, made even by repeating an edge."""

    def __init__(self, path: Path, rate: Fraction) -> None:
        """Remember what to open when the first frame comes.

        Raises:
            ConfigError: No encoder is known for the file's ending.
        """
        if path.suffix.lower() not in ENCODERS:
            raise ConfigError(f"{path}: videos are written as {' or '.join(ENCODERS)}")
        self.path, self.rate = path, rate
        self.part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self.container: Any = None
        self.stream: Any = None

    def __enter__(self) -> "VideoWriter":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what the encoder still holds, close the file and give it its name; after an error remove it."""
        if self.container is None:
            return
        try:
            with naming_full_disk(self.path):
                if kind is None:
                    self.container.mux(self.stream.encode(None))
                self.container.close()
                if kind is None:
                    self.part.replace(self.path)
                    sync_folder(self.path.parent)
        finally:
            self.part.unlink(missing_ok=True)

    def write(self, picture: Rgb) -> None:
        """Append a frame."""
        import av

        even = np.pad(picture, ((0, picture.shape[0] % 2), (0, picture.shape[1] % 2), (0, 0)), mode="edge")
        if self.container is None:
            self._open(even.shape[1], even.shape[0])
        if even.shape[:2] != (self.stream.height, self.stream.width):
            even = np.asarray(Image.fromarray(even).resize((self.stream.width, self.stream.height)))
        self.container.mux(self.stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))

    def _open(self, width: int, height: int) -> None:
        """Open the file for frames of a size."""
        import av

        encoder, options = ENCODERS[self.path.suffix.lower()]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.container = av.open(str(self.part), "w", format=CONTAINERS[self.path.suffix.lower()])
        self.stream = self.container.add_stream(encoder, rate=self.rate, options=options)
        self.stream.width, self.stream.height, self.stream.pix_fmt = width, height, "yuv420p"
