"""Drawn heads with their exact points, kept in a file so that a study can be stopped, repeated and made larger.

Labels alone are made, no picture: the 68 points of a head in space and in the picture, its rotation and its camera.
Head i depends on (ranges, seed, i) as picture i of `canthus render` does.

    heads.npz    points_px (n, 68, 2)     iBUG's points, the jaw on the bone; (0, 0) is the picture's corner
                 points_head_m (n, 68, 3) the same in `head`, with the face's expression
                 rotation (n, 3, 3)       `cam_from_head`
                 at_cam_m (n, 3)          the head's origin
                 camera_matrix (n, 3, 3)  K, px
"""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from jaxtyping import Float

from synth.corpus import draw_useful
from synth.errors import DataError
from synth.geometry.frames import apply, inverse
from synth.labels import Labels
from synth.ranges import RenderRanges
from synth.shards.atomic import write_whole
from synth.stopwatch import Stopwatch

FILE = "heads.npz"
AT_ONCE = 20
"""Heads between two writes of the file."""


@dataclass(frozen=True)
class Heads:
    """Heads before a camera each; the module says what the arrays are."""

    points_px: Float[np.ndarray, "n 68 2"]
    points_head_m: Float[np.ndarray, "n 68 3"]
    rotation: Float[np.ndarray, "n 3 3"]
    at_cam_m: Float[np.ndarray, "n 3"]
    camera_matrix: Float[np.ndarray, "n 3 3"]

    def __len__(self) -> int:
        """Return the number of heads."""
        return len(self.rotation)

    def take(self, rows: np.ndarray | slice) -> "Heads":
        """Return the heads of these rows."""
        return Heads(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def draw_heads(folder: Path, ranges: RenderRanges, seed: int, n: int, progress: Callable[[int], None]) -> Heads:
    """Return heads 0 to n - 1; those that the folder's file holds already are taken from it.

    Args:
        folder: Of the study; all that is drawn is kept in it.
        ranges: What to draw from: faces, seen whole.
        seed: Of the heads.
        n: How many.
        progress: Called with the number of heads there are, after each block.

    Raises:
        DataError: The file is damaged.
        RenderError: The ranges give no face.
    """
    path = folder / FILE
    heads = read_heads(path) if path.exists() else None
    while (have := 0 if heads is None else len(heads)) < n:
        drawn = [_drawn(ranges, seed, index) for index in range(have, min(have + AT_ONCE, n))]
        heads = joined(drawn if heads is None else [heads, *drawn])
        _write(path, heads)
        progress(len(heads))
    assert heads is not None
    return heads.take(slice(n))


def _drawn(ranges: RenderRanges, seed: int, index: int) -> Heads:
    return head_of(draw_useful(ranges, seed, index, Stopwatch())[2])


def head_of(labels: Labels) -> Heads:
    """Return the one head of a picture's first person."""
    assert labels.face is not None, "what draws faces rejects scenes without one"
    points = labels.face.points["ibug68"]
    pose = labels.cam_from_head
    return Heads(
        points_px=points.px[None],
        points_head_m=apply(inverse(pose), points.cam)[None],
        rotation=pose[None, :3, :3],
        at_cam_m=pose[None, :3, 3],
        camera_matrix=labels.camera_matrix[None],
    )


def joined(parts: list[Heads]) -> Heads:
    """Return all heads of at least one part."""
    return Heads(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Heads)})


def read_heads(path: Path) -> Heads:
    """Return the heads of a file.

    Raises:
        DataError: It is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return Heads(**{field.name: np.asarray(file[field.name]) for field in fields(Heads)})
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: damaged ({error}); delete it and run the same command again") from error


def _write(path: Path, heads: Heads) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **{field.name: getattr(heads, field.name) for field in fields(Heads)})
    write_whole(path, buffer.getvalue())
