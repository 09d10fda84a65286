"""`canthus protocol`: train and measure gaze networks on one set of several persons, as MPIIGaze's protocols do.

    name=leave_one_out    for each person: trained on all others, measured on that one
    name=within_person    for each person: trained on the first three quarters of their pictures, measured on the last

(train/data/persons.py says which these are).  Across data sets nobody is left out of either: that is `canthus fit`
on one and `canthus evaluate` on the other.  The same command continues what was stopped.  `out` gets every run and
report, table.md with each person's error, their mean and deviation, and figures.json.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import MISSING

from synth.config import compose
from synth.errors import ConfigError
from synth.shards.atomic import write_whole
from synth.shards.output import open_output
from train.ablations.cells import Cell, run_cell
from train.ablations.table import Chapter, Table
from train.commands.fit import build_seeded, network_of
from train.config import FitConfig
from train.data.persons import persons_of
from train.kinds.known import kind_of
from train.provenance import commit

HELP = "train and measure gaze networks person by person"
CONFIG_NAME = "protocol"
EXAMPLES = (
    "canthus protocol name=leave_one_out data=MPIIGaze.h5 out=runs/leave-one-out",
    "canthus protocol name=within_person data=MPIIGaze out=runs/within overrides=[model=lenet,trainer.epochs=15]",
    "canthus protocol name=leave_one_out data=MPIIFaceGaze.h5 out=runs/faces overrides=[experiment=resgaze]",
)


class Name(Enum):
    """Whose pictures are trained on and whose are measured."""

    leave_one_out = "leave_one_out"
    within_person = "within_person"


@dataclass
class ProtocolConfig:
    """Configuration of `canthus protocol`.

    Attributes:
        name: Of the protocol.
        data: A set that tells persons apart: MPIIGaze's folder or its .h5 file, MPIIFaceGaze.
        out: Folder of all runs; unfinished ones of this configuration are continued.
        seeds: One network is trained for each, and all of a person are told together.
        overrides: Further words of `canthus fit`.
    """

    name: Name = MISSING
    data: str = MISSING
    out: str = MISSING
    seeds: list[int] = field(default_factory=lambda: [0])
    overrides: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse seeds that are none."""
        if not self.seeds or len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise ConfigError(f"seeds={self.seeds}: give one or more different ones of at least 0")


CONFIG = ProtocolConfig


def run(config: ProtocolConfig) -> None:
    """Train and measure what is not done yet, and write the table."""
    folder = Path(config.out)
    persons = persons_in(config)
    least = 2 if config.name is Name.leave_one_out else 1
    if len(persons) < least:
        raise ConfigError(
            f"data={config.data}: tells {len(persons)} persons apart; {config.name.name} needs {least} or more"
        )
    with open_output(folder, asdict(config) | {"name": config.name.name}, run_only=("out",)):
        found = {one: run_cell(folder, cell_of(config, one), config.seeds)["report"] for one in persons}
        words = [f"name={config.name.name}", f"data={config.data}", f"seeds=[{','.join(map(str, config.seeds))}]"]
        words += [f"overrides=[{','.join(config.overrides)}]"] * bool(config.overrides)
        made = {
            "command": " ".join(("canthus protocol", *words, f"out={config.out}")),
            "date": datetime.now(UTC).date().isoformat(),
            "commit": commit(),
        }
        figures = {"made": made, **figures_of(found)}
        title = "Each person left out once" if config.name is Name.leave_one_out else "Within each person"
        chapter = Chapter(title, made, {"": table_of(figures)})
        write_whole(folder / "figures.json", json.dumps(figures, indent=1).encode())
        write_whole(folder / "table.md", chapter.markdown().encode())
    print(f"\n{chapter.markdown()}\nwrote {folder / 'table.md'}")


def persons_in(config: ProtocolConfig) -> list[str]:
    """Return the persons of the data, which is read as the network that is to be trained reads it.

    Raises:
        ConfigError: The overrides ask for what there is not.
        DataError: The data cannot be read.
    """
    fit = compose("train.conf", "fit", FitConfig, [f"data={config.data}", f"out={config.out}", *config.overrides])
    name, options = network_of(fit.model)
    found = kind_of(name).read(fit, build_seeded(name, options, fit.seed))
    return sorted(set(persons_of(found.pictures.keys) or ()))


def cell_of(config: ProtocolConfig, person: str) -> Cell:
    """Return what is trained and measured for one person."""
    data, only = f"data={config.data}", f"persons.only={person}"
    if config.name is Name.leave_one_out:
        fit = (data, f"persons.leave_out={person}", *config.overrides)
        return Cell(person, fit, {"report": (data, only)})
    fit = (data, only, "persons.part=first", *config.overrides)
    return Cell(person, fit, {"report": (data, only, "persons.part=last")})


def figures_of(reports: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return each person's figures, the mean over seeds, and the mean and deviation over persons, degrees."""
    persons = {
        one: {
            "pictures": report["ensemble"]["n"],
            "raw": report["mean_of_networks"]["raw"],
            "offset_free": report["mean_of_networks"]["offset_free"],
            "mean_predictor": report["ensemble"]["mean_predictor"],
        }
        for one, report in reports.items()
    }
    keys = ("raw", "offset_free", "mean_predictor")
    values = {key: [of[key] for of in persons.values()] for key in keys}
    return {
        "persons": persons,
        "mean": {key: float(np.mean(values[key])) for key in keys},
        "deviation": {key: float(np.std(values[key])) for key in keys},
    }


def table_of(figures: Mapping[str, Any]) -> Table:
    """Return the table of the figures."""
    keys = ("raw", "offset_free", "mean_predictor")
    rows = [(f"{one} ({of['pictures']})", [of[key] for key in keys]) for one, of in figures["persons"].items()]
    rows += [(f"{what} over persons", [figures[what][key] for key in keys]) for what in ("mean", "deviation")]
    return Table(("person (pictures)", "error (deg)", "after one offset", "mean of the labels"), rows)
