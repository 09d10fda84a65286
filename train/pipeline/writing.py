"""Where what is told goes: one JSON file, drawn pictures into a folder, or a drawn video."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Protocol

from PIL import Image

from synth.errors import ConfigError
from synth.shards.atomic import write_whole
from train.pipeline.opening import Rgb
from train.pipeline.video import VideoWriter

QUALITY = 92
"""Of drawn jpg."""


class Drawer(Protocol):
    """Takes drawn frames one after the other."""

    def write(self, name: str, picture: Rgb) -> None:
        """Take the next frame."""


class Nowhere:
    """Takes frames and keeps none."""

    def write(self, name: str, picture: Rgb) -> None:
        """Do nothing."""


class Folder:
    """Writes each frame as NAME.jpg, whatever file it came from."""

    def __init__(self, path: Path) -> None:
        """Make the folder."""
        path.mkdir(parents=True, exist_ok=True)
        self.path = path

    def write(self, name: str, picture: Rgb) -> None:
        """Write a frame."""
        write_whole(self.path / f"{name}.jpg", jpeg(picture))


class Film:
    """Writes all frames to a video."""

    def __init__(self, writer: VideoWriter) -> None:
        """Hold the writer."""
        self.writer = writer

    def write(self, name: str, picture: Rgb) -> None:
        """Append a frame."""
        self.writer.write(picture)


@contextmanager
def drawer_of(drawn: str | None, rate: Fraction | None) -> Iterator[Drawer]:
    """Open what a user names: a folder for pictures, or a video file; nothing for None.

    Raises:
        ConfigError: A video was asked for of pictures that do not follow one another, or of an unknown ending.
    """
    path = None if drawn is None else Path(drawn)
    if path is None:
        yield Nowhere()
    elif path.is_dir() or not path.suffix:
        yield Folder(path)
    elif rate is None:
        raise ConfigError(f"drawn={drawn}: the input is no video; give a folder for drawn pictures")
    else:
        with VideoWriter(path, rate) as writer:
            yield Film(writer)


def jpeg(picture: Rgb) -> bytes:
    """Return a frame as the bytes of a jpg."""
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
