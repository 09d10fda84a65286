"""Cells of an experiment: networks fitted with some words of `canthus fit`, measured with some of `canthus evaluate`.

    FOLDER/NAME/seed-K/          the run of `fit` with seed K
    FOLDER/NAME/EVALUATION/      the report of `evaluate` on all of them

Both verbs are called as from the command line, so that each line that is printed repeats its part.  What is done
already is not done again: `fit` continues and finishes its own runs, a report that is there is kept.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.commands.cli import call
from synth.errors import ConfigError, DataError, ProjectError

SHOWN_OF_POSE = {"yaw": "yaw", "pitch": "pitch", "roll": "roll", "MAE": "mae", "geodesic": "geodesic"}
"""Columns of a table, and their keys in the report of networks of head pose."""


@dataclass(frozen=True)
class Cell:
    """One choice.

    Attributes:
        name: Of its row.
        fit: Words of `canthus fit`, `out` and `seed` apart; {seed} in one stands for the seed.
        evaluations: By name, words of `canthus evaluate`, `checkpoint` and `out` apart.
    """

    name: str
    fit: tuple[str, ...]
    evaluations: Mapping[str, tuple[str, ...]]


def run_cell(folder: Path, cell: Cell, seeds: Sequence[int]) -> dict[str, dict[str, Any]]:
    """Return the report of each evaluation of a cell, after whatever of it was not done yet.

    Raises:
        ConfigError: The words ask for several processes.
        ProjectError: A verb failed; the message begins with its name and the cell's.
    """
    for word in cell.fit:
        # Lightning starts the other processes with the command line that it finds: this verb's, not fit's.
        if word.startswith(("trainer.devices=", "trainer.nodes=")):
            raise ConfigError(f"overrides: {word}: a verb that calls fit trains each network in one process")
    own = folder / slug(cell.name)
    runs = [own / f"seed-{seed}" for seed in seeds]
    for seed, run in zip(seeds, runs, strict=True):
        if not (run / "network.pt").exists():
            fit = (word.replace("{seed}", str(seed)) for word in cell.fit)
            call_for(cell.name, "fit", (*fit, f"seed={seed}", f"out={run}"))
    reports = {}
    for name, words in cell.evaluations.items():
        report = own / slug(name) / "report.json"
        if not report.exists():
            checkpoints = f"checkpoint=[{','.join(map(str, runs))}]"
            call_for(cell.name, "evaluate", (checkpoints, *words, f"out={report.parent}"))
        reports[name] = read_report(report)
    return reports


def read_report(path: Path) -> dict[str, Any]:
    """Return a report.json of `canthus evaluate`.

    Raises:
        DataError: It is damaged.
    """
    try:
        report = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a report ({error}); delete it and run the same command again") from error
    if not isinstance(report, dict) or "mean_of_networks" not in report:
        raise DataError(f"{path}: is no report of canthus evaluate; delete it and run the same command again")
    return report


def slug(name: str) -> str:
    """Return a name as one of a folder: letters, digits, points and hyphens."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-")


def call_for(name: str, verb: str, words: tuple[str, ...]) -> None:
    """Call a verb for the cell of this name, and print its line.

    Raises:
        ProjectError: It failed; the message begins with its name and the cell's.
    """
    print(f"\n== {name}\n   {' '.join(('canthus', verb, *words))}", flush=True)
    try:
        call(verb, words)
    except ProjectError as error:
        raise ProjectError(f"{verb}, {name}: {error}") from error
