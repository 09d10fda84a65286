"""The error of networks that learnt from refined eyes, out of a study of `canthus ablate what=adaptation`.

What is read is the study's figures.json, which has of every row (none, refiner, ...) its figures by name, over seeds:

    {"rows": {row: {figure: {"mean": degrees or null, "deviation": degrees, ...}, "change_percent": number or null}}}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from synth.errors import DataError

FILE, CHANGE = "figures.json", "change_percent"


@dataclass(frozen=True)
class Figure:
    """A figure over seeds; degrees.

    Attributes:
        mean: None where the study has none.
        deviation: Of the seeds.
    """

    mean: float | None
    deviation: float


Rows = Mapping[str, Mapping[str, Figure]]


def read_downstream(study: Path) -> Rows:
    """Return the figures of every row of a study.

    Raises:
        DataError: There is none, or it is of another kind.
    """
    path = study / FILE
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; name the folder that `canthus ablate out=...` finished")
    try:
        rows = json.loads(path.read_bytes())["rows"]
        return {
            str(row): {str(name): figure(one) for name, one in figures.items() if name != CHANGE}
            for row, figures in rows.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: not the figures of a study of networks ({error})") from error


def figure(stored: Mapping[str, float | None]) -> Figure:
    """Return a figure from the study's file."""
    mean, deviation = stored["mean"], stored["deviation"]
    return Figure(None if mean is None else float(mean), float(deviation or 0.0))
