"""The h5 of pytorch_mpiigaze: all eyes as left eyes, angles instead of vectors.

    MPIIGaze.h5: pXX/image (n, 36, 60) u8, pXX/pose (n, 2) f4, pXX/gaze (n, 2) f4;   both [pitch, yaw], radians

Right eyes are mirrored: the picture is flipped, the yaws of gaze and head are negated.  Gaze mode mpiigaze_2015, as in
mpiigaze.py; its attributes stand on the file's root.  Persons are folds, as there.
"""

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from synth.export.eye_patch import EyePatch, eye_patch
from synth.export.mpiigaze import person_of
from synth.sample import Sample

BLOCK_ROWS = 500
SPARE_BYTES = 8_000_000
"""Room for what HDF5 still holds back: a disk that is full when it lets go ends the process instead of raising."""
README = """\
MPIIGaze.h5 of pytorch_mpiigaze, rendered.
Gaze: [pitch, yaw] in radians, from the mean of the eye's corners to the target, mode mpiigaze_2015 (g' = S R g);
      +pitch looks up, +yaw to the left of the image.  Head: [pitch, yaw] of the third column of R R_h.
Image: 60x36 grey, histogram-equalised, f 960 px, 600 mm.  Right eyes are mirrored, with both yaws.
Persons are folds ({persons}, by subject: none is in two of them).
{samples} eyes, {uncovered} whose patch reaches outside the rendered picture (its edge is repeated there).
"""


def write_mpiigaze_h5(samples: Iterable[Sample], folder: Path, persons: int = 15) -> str:
    """Write the samples into an empty folder and return the text of its README.

    Raises:
        DataError: A label that the format needs is absent.
    """
    import h5py  # not in the core

    _check_room(folder, 0)
    waiting: list[list[EyePatch]] = [[] for _ in range(persons)]
    count = uncovered = 0
    with h5py.File(folder / "MPIIGaze.h5", "w") as file:
        file.attrs.update(gaze_mode="mpiigaze_2015", gaze_axis="target", angles="pitch, yaw; radians", mirrored="right")
        for person in range(persons):
            _open_person(file, f"p{person:02d}")
        for sample in samples:
            patch = eye_patch(sample)
            person = person_of(sample, persons)
            rows = waiting[person]
            rows.append(patch if patch.side == "left" else patch.mirrored())
            count += 1
            uncovered += patch.covered < 1
            if len(rows) == BLOCK_ROWS:
                _check_room(folder, sum(map(len, waiting)))
                _append(file[f"p{person:02d}"], rows)
        _check_room(folder, sum(map(len, waiting)))
        for person, rows in enumerate(waiting):
            _append(file[f"p{person:02d}"], rows)
    return README.format(persons=persons, samples=count, uncovered=uncovered)


def _check_room(folder: Path, rows: int) -> None:
    if shutil.disk_usage(folder).free < SPARE_BYTES + rows * (36 * 60 + 16):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def _open_person(file: Any, name: str) -> None:
    for part, shape, kind in (("image", (36, 60), "u1"), ("pose", (2,), "f4"), ("gaze", (2,), "f4")):
        file.create_dataset(f"{name}/{part}", (0, *shape), kind, maxshape=(None, *shape), chunks=(64, *shape))


def _append(group: Any, rows: list[EyePatch]) -> None:
    """Add the rows to a person and empty the list."""
    blocks = {
        "image": [patch.image for patch in rows],
        "pose": [patch.head_pitch_yaw_rad for patch in rows],
        "gaze": [patch.gaze_pitch_yaw_rad for patch in rows],
    }
    for name, block in blocks.items():
        if block:
            group[name].resize(len(group[name]) + len(block), axis=0)
            group[name][-len(block) :] = np.stack(block)
    rows.clear()
