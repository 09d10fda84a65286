"""MPIIGaze Normalized (Zhang et al. 2015): one .mat a person and day, and the list of the evaluation subset.

    Data/Normalized/pXX/dayYY.mat                            data.{left,right}.{image, gaze, pose}, filenames
        image (n, 36, 60) u8, gaze (n, 3) unit vector, pose (n, 3) rotation vector of the head; filenames (n, 1) cell
    Evaluation Subset/sample list for eye image/pXX.txt      "dayYY/NNNN.jpg left", a line for every rendered eye

Right eyes are as they are in the picture: a reader of this format mirrors them.  Every row of the source has a left and
a right eye; a rendered sample has one, so the n-th left sample stands beside the n-th right one, and where one side has
fewer its rows are the other's, mirrored.  Only rendered eyes are in the lists: who follows them sees each eye once.

Persons are folds: subject k (attributes.identity) is in p(k mod persons), so that no subject is in two of them.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.io import savemat

from synth.export.eye_patch import EyePatch, eye_patch
from synth.geometry.rotation import vector_from_rotation
from synth.sample import Sample

DAY_ROWS = 1000
README = """\
MPIIGaze Normalized, rendered.  Give this folder to a reader as MPIIGaze's root.
Gaze: from the mean of the eye's corners to the target, unit vector in the normalised camera (x right, y down,
      z forward), mode mpiigaze_2015 (g' = S R g).  Labels of the 2018 mode differ: do not mix.
Head: rotation vector of R R_h, in MPIIGaze's head frame (from the eyes' and the mouth's midpoints).
Image: 60x36 grey, histogram-equalised, f 960 px, 600 mm.  Right eyes are not mirrored.
Persons are folds ({persons}, by subject: none is in two of them), days are blocks of at most {day_rows} rows.
{samples} eyes, {filled} rows filled by mirroring the other side (not in the lists),
{uncovered} eyes whose patch reaches outside the rendered picture (its edge is repeated there).
"""


class _Person:
    """The rows of one person that wait for their day to be full."""

    def __init__(self, name: str, root: Path) -> None:
        self.name = name
        self.folder = root / "Data" / "Normalized" / name
        self.list_path = root / "Evaluation Subset" / "sample list for eye image" / f"{name}.txt"
        self.rows: dict[str, list[EyePatch]] = {"left": [], "right": []}
        self.days = 0
        self.filled = 0

    def add(self, patch: EyePatch) -> None:
        self.rows[patch.side].append(patch)
        if len(self.rows[patch.side]) == DAY_ROWS:
            self.write_day()

    def write_day(self) -> None:
        """Write the rows at hand as a day, if there are any."""
        left, right = self.rows["left"], self.rows["right"]
        n = max(len(left), len(right))
        if n == 0:
            return
        self.days += 1
        self.filled += abs(len(left) - len(right))
        sides = {
            "left": _columns(left + [patch.mirrored() for patch in right[len(left) :]]),
            "right": _columns(right + [patch.mirrored() for patch in left[len(right) :]]),
        }
        names = np.array([[f"{row:04d}.jpg"] for row in range(n)], dtype=object)
        day = f"day{self.days:02d}"
        self.folder.mkdir(parents=True, exist_ok=True)
        savemat(self.folder / f"{day}.mat", {"data": sides, "filenames": names}, do_compression=True)
        self.list_path.parent.mkdir(parents=True, exist_ok=True)
        with self.list_path.open("a", encoding="utf-8") as file:
            for side in ("left", "right"):
                file.writelines(f"{day}/{row:04d}.jpg {side}\n" for row in range(len(self.rows[side])))
        self.rows = {"left": [], "right": []}


def write_mpiigaze(samples: Iterable[Sample], folder: Path, persons: int = 15) -> str:
    """Write the samples into an empty folder and return the text of its README.

    Raises:
        DataError: A label that the format needs is absent.
    """
    people = [_Person(f"p{person:02d}", folder) for person in range(persons)]
    count = uncovered = 0
    for sample in samples:
        patch = eye_patch(sample)
        people[person_of(sample, persons)].add(patch)
        count += 1
        uncovered += patch.covered < 1
    for person in people:
        person.write_day()
    filled = sum(person.filled for person in people)
    return README.format(persons=persons, day_rows=DAY_ROWS, samples=count, filled=filled, uncovered=uncovered)


def person_of(sample: Sample, persons: int) -> int:
    """Return the fold of a sample, by its subject; a sample without an identity is a subject of its own."""
    identity = sample.labels.get("attributes", {}).get("identity", sample.index)
    return int(identity) % persons


def _columns(rows: list[EyePatch]) -> dict[str, np.ndarray]:
    return {
        "image": np.stack([patch.image for patch in rows]),
        "gaze": np.stack([patch.gaze_norm for patch in rows]),
        "pose": np.stack([vector_from_rotation(patch.norm_from_head) for patch in rows]),
    }
