"""Where frames come from: a picture, a folder of them, a video file, a camera by its number."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from synth.errors import DataError
from train.pipeline.opening import ENDINGS, Rgb, UnreadableError, open_picture
from train.pipeline.video import Moment, VideoReader, open_camera, open_video

VIDEO_ENDINGS = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg")


@dataclass(frozen=True)
class Frame:
    """One picture of a source.

    Attributes:
        name: Of the file; of a video's or a camera's frames, their number from 0, eight digits.
        picture: None where it cannot be read.
        cause: Why it cannot.
    """

    name: str
    picture: Rgb | None
    cause: str = ""


@dataclass(frozen=True)
class Source:
    """Frames in their order, to be gone through once.

    Attributes:
        frames: Read as they are asked for.
        rate: Of a video or a camera, frames a second; None of pictures, which do not follow one another.
    """

    frames: Iterator[Frame]
    rate: Fraction | None = None


def source_of(given: str) -> Source:
    """Return the frames of what a user names.

    Raises:
        DataError: There is no such file, folder or camera, or nothing in it that is known here.
    """
    if given.isdecimal():
        return _moving(open_camera(int(given)))
    path = Path(given)
    if path.is_dir():
        paths = sorted(one for one in path.iterdir() if one.suffix.lower() in ENDINGS and one.is_file())
        if not paths:
            raise DataError(f"{path}: holds no pictures ({', '.join(ENDINGS)})")
        return Source(map(frame_of, paths))
    if not path.is_file():
        raise DataError(f"{path}: there is no such file or folder; a camera is named by its number, 0")
    if path.suffix.lower() in VIDEO_ENDINGS:
        return _moving(open_video(path))
    if path.suffix.lower() not in ENDINGS:
        raise DataError(f"{path}: neither a picture ({', '.join(ENDINGS)}) nor a video ({', '.join(VIDEO_ENDINGS)})")
    return Source(iter([frame_of(path)]))


def frame_of(path: Path) -> Frame:
    """Return the frame of a file of a picture."""
    try:
        return Frame(path.name, open_picture(path.read_bytes(), str(path)))
    except UnreadableError as error:
        return Frame(path.name, None, error.cause)
    except OSError:
        return Frame(path.name, None, "may not be read")


def _moving(reader: VideoReader) -> Source:
    """Return the frames of a video or a camera."""

    def numbered() -> Iterator[Frame]:
        for number, moment in enumerate(reader.moments()):
            yield _frame(number, moment)

    return Source(numbered(), reader.rate)


def _frame(number: int, moment: Moment) -> Frame:
    """Return a frame of a video."""
    return Frame(f"{number:08d}", moment, "" if moment is not None else "damaged or cut short")
