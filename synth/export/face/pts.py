"""300-W (Sagonas et al. 2013): a picture, and a .pts of iBUG's 68 points beside it.

    KEY.png, KEY.pts     version: 1 / n_points: 68 / { / "x y" 68 times / }

Pixels are counted from 1: the centre of the first one is (1, 1), so a point is our px plus one half.  The jaw is on the
outline that is seen, as 300-W's annotators marked it.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import Float

from synth.export.face.faces import face_of
from synth.sample import Sample
from synth.shards.encode import Encoding, encode_picture

FIRST = 1.0
"""What the centre of the first pixel is called."""
README = """\
300-W, rendered: KEY.png and KEY.pts, iBUG's 68 points.
Pixels: counted from 1, the centre of the first pixel is (1, 1): continuous px plus 0.5.
      The jaw is on the outline that is seen; points behind something are where they would be seen.
Gaze: none.
{samples} pictures.
"""


def write_pts(samples: Iterable[Sample], folder: Path) -> str:
    """Write the samples into an empty folder and return the text of its README.

    Raises:
        DataError: A picture holds no face, or a label that the format needs is absent.
    """
    count = 0
    for sample in samples:
        points = face_of(sample).outline68 + FIRST
        (folder / f"{sample.key}.pts").write_text(pts_text(points), encoding="ascii")
        (folder / f"{sample.key}.png").write_bytes(encode_picture(sample.picture, Encoding()))
        count += 1
    return README.format(samples=count)


def pts_text(points: Float[np.ndarray, "n 2"]) -> str:
    """Return the text of a .pts file."""
    lines = "".join(f"{x:.4f} {y:.4f}\n" for x, y in points)
    return f"version: 1\nn_points: {len(points)}\n{{\n{lines}}}\n"
