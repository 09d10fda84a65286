"""`canthus ablate`: vary one thing at a time and write a table of what it costs.

    what=pnp              rotations from landmarks, on drawn heads: needs nothing else (train/ablations/pnp.py)
    what=hopenet_alpha    } networks of head pose, each a fit on `data` for every seed and a report on `test`
    what=low_resolution   } (train/ablations/grids.py); best on corpora of `canthus render experiment=300wlp`,
    what=fsanet           } whose truth is exact

The same command continues what was stopped.  `out` gets table.md, figures.json and for pnp a picture; of networks every
run and report besides.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from synth.commands.render import DECIDING, RenderConfig
from synth.config import compose, source_digest, versions
from synth.errors import ConfigError, DataError
from synth.ranges import RenderRanges
from synth.ranges.camera import Aim
from synth.shards.atomic import write_whole
from synth.shards.output import open_output
from train.ablations.table import Chapter, Table
from train.provenance import commit

HELP = "vary one thing at a time and write a table of what it costs"
CONFIG_NAME = "ablate"
EXAMPLES = (
    "canthus ablate what=pnp n=200 out=out/ablations/pnp",
    "canthus ablate what=fsanet data=data/heads test=data/heads-test seeds=[0,1,2] out=out/ablations/fsanet",
    "canthus ablate what=low_resolution data=data/heads test=AFLW2000 out=out/low overrides=[trainer.epochs=10]",
)


class What(Enum):
    """What is varied."""

    pnp = "pnp"
    hopenet_alpha = "hopenet_alpha"
    low_resolution = "low_resolution"
    fsanet = "fsanet"


@dataclass
class AblateConfig:
    """Configuration of `canthus ablate`.

    Attributes:
        what: What is varied.
        out: Folder of the study; an unfinished one of this configuration is continued.
        n: Of pnp: how many heads are drawn; more may be asked of the same folder.
        seed: Of pnp: of the heads and the noise.
        heads: Of pnp: a preset (`experiment`) of `canthus render` that heads are drawn from.
        data: Of networks: what they learn from, as for `canthus fit`.
        test: Of networks: what they are measured on, as for `canthus evaluate`.
        seeds: Of networks: one is trained for each, and all of a row are told together.
        overrides: Of networks: further words of `canthus fit`.
    """

    what: What = MISSING
    out: str = MISSING
    n: int = 60
    seed: int = 0
    heads: str = "300wlp"
    data: str | None = None
    test: str | None = None
    seeds: list[int] = field(default_factory=lambda: [0])
    overrides: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse what cannot be done, and what would be left unread."""
        if self.n < 1 or self.seed < 0:
            raise ConfigError(f"n={self.n}, seed={self.seed}: at least 1, and at least 0")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise ConfigError(f"seeds={self.seeds}: give one or more different ones of at least 0")
        networks = self.what is not What.pnp
        for name in ("data", "test"):
            if networks is (getattr(self, name) is None):
                needs = "needs" if networks else "takes no"
                raise ConfigError(f"{name}={getattr(self, name)}: what={self.what.name} {needs} {name}=...")
        if self.overrides and not networks:
            raise ConfigError(f"overrides={self.overrides}: they are for networks; what=pnp trains none")


CONFIG = AblateConfig


def run(config: AblateConfig) -> None:
    """Do what of the study is not done yet, and write its table."""
    folder = Path(config.out)
    pnp = config.what is What.pnp
    values = asdict(config) | {"what": config.what.name}
    theirs = ("data", "test", "seeds", "overrides") if pnp else ("n", "seed", "heads")
    # Drawn heads of other versions would not be these.
    made_with = {name: number for name, number in versions().items() if name in DECIDING}
    made_with["canthus source"] = source_digest("assets", "synth")
    with open_output(folder, values, made_with if pnp else None, run_only=("out", "n", *theirs)):
        chapter, figures = _pnp(config, folder) if pnp else _grid(config, folder)
        write_whole(folder / "figures.json", json.dumps(figures, indent=1).encode())
        write_whole(folder / "table.md", chapter.markdown().encode())
    print(f"\n{chapter.markdown()}\nwrote {folder / 'table.md'}")


def _made(config: AblateConfig, **facts: object) -> dict[str, object]:
    words = [f"what={config.what.name}"]
    if config.what is What.pnp:
        words += [f"n={config.n}", f"seed={config.seed}", f"heads={config.heads}"]
    else:
        words += [f"data={config.data}", f"test={config.test}", f"seeds=[{','.join(map(str, config.seeds))}]"]
        words += [f"overrides=[{','.join(config.overrides)}]"] * bool(config.overrides)
    made = {"command": " ".join(("canthus ablate", *words, f"out={config.out}")), **facts}
    return made | {"date": datetime.now(UTC).date().isoformat(), "commit": commit()}


def _pnp(config: AblateConfig, folder: Path) -> tuple[Chapter, Any]:
    from train.ablations.heads import draw_heads
    from train.ablations.pnp import conditions, errors, kept
    from train.ablations.pnp_report import figure, tables

    drawn_from = compose("synth.conf", "render", RenderConfig, [f"experiment={config.heads}", "out=unused"])
    if drawn_from.camera.aim is Aim.eye:
        raise ConfigError(f"heads={config.heads}: shows one eye; name a preset that shows faces: 300wlp, portrait")
    ranges = RenderRanges(drawn_from.subject, drawn_from.camera, drawn_from.light)
    everybody = draw_heads(folder, ranges, config.seed, config.n, lambda n: print(f"{n} of {config.n} heads drawn"))
    heads = kept(everybody)
    if not len(heads):
        raise DataError(f"heads={config.heads}: all {len(everybody)} are turned by more than 99 degrees; raise n")
    found = {condition: errors(heads, condition, config.seed) for condition in conditions()}
    write_whole(folder / "pnp.png", figure(found, len(heads)))
    made = _made(config, heads=f"{len(heads)} of {len(everybody)} (the others turned by more than 99 degrees)")
    figures = [{**asdict(condition), **asdict(one)} for condition, one in found.items()]
    return Chapter("Head pose from points", made, tables(found), "pnp.png"), {"made": made, "conditions": figures}


def _grid(config: AblateConfig, folder: Path) -> tuple[Chapter, Any]:
    from train.ablations.cells import Cell, run_cell
    from train.ablations.grids import GRIDS

    grid = GRIDS[config.what.name]
    evaluations = {f"reduced {times}": (f"data={config.test}", f"reduced={times}") for times in grid.reduced}
    found = {}
    for name, words in grid.rows.items():
        cell = Cell(name, (*words, f"data={config.data}", *config.overrides), evaluations)
        found[name] = run_cell(folder, cell, config.seeds)
    made = _made(config)
    return Chapter(grid.title, made, _tables(found)), {"made": made, "rows": _figures(found)}


def _tables(found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, Table]:
    """Return a table for each evaluation, with the size of the networks."""
    from train.ablations.cells import SHOWN_OF_POSE, pose_cells

    names = list(next(iter(found.values())))
    columns = ("network", *SHOWN_OF_POSE, "million parameters")

    def cells(report: Mapping[str, Any]) -> list[float | str | None]:
        first = next(iter(report["networks"].values()))
        return [*pose_cells(report), first["cost"]["parameters"] / 1e6]

    heading = {name: f"Pictures {name} times" if len(names) > 1 else "" for name in names}
    return {heading[name]: Table(columns, [(row, cells(of[name])) for row, of in found.items()]) for name in names}


def _figures(found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    keys = ("mean_of_networks", "deviation_of_networks")
    return {row: {name: {key: one[key] for key in keys} for name, one in of.items()} for row, of in found.items()}
