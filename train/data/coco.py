"""COCO's annotations: one .json with `images`, `annotations` and `categories`, and pictures beside it.

Pictures lie in `images` beside the file if there is such a folder, else beside it.  A keypoint names a pixel by its
integer centre: 0.5 is added; v = 0 was not marked.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synth.errors import DataError

FILE = "annotations.json"


def file_of(path: Path) -> Path:
    """Return the .json of a path: itself, or `annotations.json` of a folder."""
    return path / FILE if path.is_dir() else path


def folder_of(file: Path) -> Path:
    """Return the folder of a file's pictures."""
    inside = file.parent / "images"
    return inside if inside.is_dir() else file.parent


@contextmanager
def annotations_of(file: Path) -> Iterator[Mapping[str, Any]]:
    """Yield what a file holds; whoever looks at it there and finds another form gets a DataError.

    Raises:
        DataError: The file is absent or damaged or of another form.
    """
    try:
        yield json.loads(file.read_bytes())
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{file}: not COCO's annotations ({type(error).__name__}: {error})") from error
