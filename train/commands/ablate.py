"""`canthus ablate`: vary one thing at a time and write a table of what it costs.

    what=pnp              rotations from landmarks, on drawn heads: needs nothing else (train/ablations/pnp.py)
    what=hopenet_alpha    } networks of head pose, each a fit on `data` for every seed and a report on `test`
    what=low_resolution   } (train/ablations/grids.py); best on corpora of `canthus render experiment=300wlp`,
    what=fsanet           } whose truth is exact
    what=attribute_weights   likewise networks of attributes: three ways to weigh their losses
    what=adaptation       } from rendered to real pictures: augmentation, a refiner, adaptation to unlabelled ones;
    what=unlabelled       } and how many of these it takes (train/ablations/adaptation.py)

The same command continues what was stopped.  `out` gets table.md, figures.json and for pnp and unlabelled a picture; of
networks every run and report besides.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import MISSING

from synth.commands.render import DECIDING, RenderConfig
from synth.config import compose, source_digest, versions
from synth.errors import ConfigError, DataError
from synth.ranges import RenderRanges
from synth.ranges.camera import Aim
from synth.shards.atomic import write_whole
from synth.shards.output import open_output
from train.ablations.table import Chapter, Table
from train.config import FitConfig
from train.kinds.known import kind_of
from train.provenance import commit

if TYPE_CHECKING:
    from train.ablations.adaptation import Study
    from train.ablations.measures import Measures

HELP = "vary one thing at a time and write a table of what it costs"
CONFIG_NAME = "ablate"
EXAMPLES = (
    "canthus ablate what=pnp n=200 out=out/ablations/pnp",
    "canthus ablate what=fsanet data=data/heads test=data/heads-test seeds=[0,1,2] out=out/ablations/fsanet",
    "canthus ablate what=attribute_weights data=data/heads test=data/heads-test seeds=[0,1,2] out=out/weights",
    "canthus ablate what=low_resolution data=data/heads test=AFLW2000 out=out/low overrides=[trainer.epochs=10]",
    "canthus ablate what=adaptation data=data/eyes refined=data/refined real=photographs test=MPIIGaze out=out/adapted",
    "canthus ablate what=adaptation data=data/heads test=AFLW2000 overrides=[experiment=fsanet] out=out/adapted_heads",
    "canthus ablate what=unlabelled data=data/eyes real=photographs test=MPIIGaze images=[0,25,100] out=out/unlabelled",
)


class What(Enum):
    """What is varied."""

    pnp = "pnp"
    hopenet_alpha = "hopenet_alpha"
    low_resolution = "low_resolution"
    fsanet = "fsanet"
    attribute_weights = "attribute_weights"
    adaptation = "adaptation"
    unlabelled = "unlabelled"


NETWORKS = ("data", "test", "seeds", "overrides")
STUDIES = (What.adaptation, What.unlabelled)
READ = {
    What.pnp: ("n", "seed", "heads"),
    What.adaptation: (*NETWORKS, "refined", "real", "methods", "strengths", "augment"),
    What.unlabelled: (*NETWORKS, "real", "methods", "strengths", "augment", "images", "refine"),
}
"""Keys that a study reads; of the others `NETWORKS`."""
NEEDED = {What.pnp: (), What.unlabelled: ("data", "test", "real")}
"""Those that must be given; of the others `data` and `test`."""
EXTENDED = ("n", "methods", "images")
"""Of these more may be asked of the same folder."""


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
        refined: Of adaptation: a refined copy of `data`, for the rows with a refiner; null for none.
        real: Of adaptation and unlabelled: unlabelled real pictures, as for `canthus fit adaptation=...`; null for no
            rows that are adapted to them.
        methods: Of adaptation and unlabelled: which of adabn, mean_teacher, dann, refiner.
        strengths: Of adaptation and unlabelled: METHOD.KEY=VALUE each, `adaptation.KEY=VALUE` of its fits.
        augment: Of adaptation and unlabelled: preset of the rows with augmentation; null is what `canthus fit` takes.
        images: Of unlabelled: numbers of real pictures.
        refine: Of unlabelled: further words of `canthus refine fit`.
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
    refined: str | None = None
    real: str | None = None
    methods: list[str] = field(default_factory=lambda: ["adabn", "mean_teacher", "dann", "refiner"])
    strengths: list[str] = field(default_factory=list)
    augment: str | None = None
    images: list[int] = field(default_factory=lambda: [0, 25, 50, 100, 144])
    refine: list[str] = field(default_factory=list)
    seeds: list[int] = field(default_factory=lambda: [0])
    overrides: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse what cannot be done, and what would be left unread."""
        if self.n < 1 or self.seed < 0:
            raise ConfigError(f"n={self.n}, seed={self.seed}: at least 1, and at least 0")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise ConfigError(f"seeds={self.seeds}: give one or more different ones of at least 0")
        read, needed = READ.get(self.what, NETWORKS), NEEDED.get(self.what, ("data", "test"))
        for name in ("data", "test", "refined", "real", "augment"):
            value = getattr(self, name)
            if (name in needed and value is None) or (name not in read and value is not None):
                needs = "needs" if name in needed else "takes no"
                raise ConfigError(f"{name}={value}: what={self.what.name} {needs} {name}=...")
        if self.overrides and self.what is What.pnp:
            raise ConfigError(f"overrides={self.overrides}: they are for networks; what=pnp trains none")
        for name in ("strengths", "refine"):
            if getattr(self, name) and name not in read:
                raise ConfigError(f"{name}={getattr(self, name)}: what={self.what.name} takes no {name}=...")
        if not self.images or len(set(self.images)) < len(self.images) or min(self.images) < 0 or 1 in self.images:
            raise ConfigError(f"images={self.images}: give different numbers of at least 2, or 0 for none")
        self._check_methods()

    def _check_methods(self) -> None:
        known = ("adabn", "mean_teacher", "dann", "refiner")
        if not self.methods or len(set(self.methods)) < len(self.methods) or set(self.methods) - set(known):
            raise ConfigError(f"methods={self.methods}: give one or more different ones of {', '.join(known)}")
        for word in self.strengths:
            if word.partition(".")[0] not in known[:3]:
                raise ConfigError(f"strengths: {word}: write METHOD.KEY=VALUE, METHOD one of {', '.join(known[:3])}")
        for word in self.overrides if self.what in STUDIES else ():
            if word.startswith(("augment=", "adaptation", "samples=0")):
                raise ConfigError(f"overrides: {word}: is what rows differ in; there are augment=..., strengths=[...]")


CONFIG = AblateConfig


def run(config: AblateConfig) -> None:
    """Do what of the study is not done yet, and write its table."""
    folder = Path(config.out)
    pnp = config.what is What.pnp
    values = asdict(config) | {"what": config.what.name}
    stored = {"what", *READ.get(config.what, NETWORKS)} - set(EXTENDED)
    # Drawn heads of other versions would not be these.
    made_with = {name: number for name, number in versions().items() if name in DECIDING}
    made_with["canthus source"] = source_digest("assets", "synth")
    with open_output(folder, values, made_with if pnp else None, run_only=values.keys() - stored):
        made = {What.pnp: _pnp, What.adaptation: _adaptation, What.unlabelled: _unlabelled}.get(config.what, _grid)
        chapter, figures = made(config, folder)
        write_whole(folder / "figures.json", json.dumps(figures, indent=1).encode())
        write_whole(folder / "table.md", chapter.markdown().encode())
    print(f"\n{chapter.markdown()}\nwrote {folder / 'table.md'}")


def _made(config: AblateConfig, **facts: object) -> dict[str, object]:
    words = [f"what={config.what.name}"]
    if config.what is What.pnp:
        words += [f"n={config.n}", f"seed={config.seed}", f"heads={config.heads}"]
    else:
        words += [f"data={config.data}", f"test={config.test}", f"seeds=[{','.join(map(str, config.seeds))}]"]
        words += [f"{name}={getattr(config, name)}" for name in ("refined", "real", "augment") if getattr(config, name)]
        if config.what in STUDIES:
            words.append(f"methods=[{','.join(config.methods)}]")
        if config.what is What.unlabelled:
            words.append(f"images=[{','.join(map(str, config.images))}]")
        for name in ("strengths", "refine", "overrides"):
            words += [f"{name}=[{','.join(getattr(config, name))}]"] * bool(getattr(config, name))
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
    return Chapter(grid.title, made, _tables(found, grid.measures)), {"made": made, "rows": _figures(found)}


def _adaptation(config: AblateConfig, folder: Path) -> tuple[Chapter, Any]:
    from train.ablations.adaptation import adaptation_figures, adaptation_rows, adaptation_table

    study, measures = _study(config, folder)
    found = adaptation_rows(study)
    made = _made(config)
    tables = {"": adaptation_table(found, measures)}
    return Chapter("From rendered to real", made, tables), {"made": made, "rows": adaptation_figures(found, measures)}


def _unlabelled(config: AblateConfig, folder: Path) -> tuple[Chapter, Any]:
    from train.ablations.adaptation import (
        unlabelled_drawing,
        unlabelled_figures,
        unlabelled_rows,
        unlabelled_tables,
    )

    study, measures = _study(config, folder)
    found = unlabelled_rows(study, sorted(config.images), tuple(config.refine))
    made = _made(config)
    write_whole(folder / "unlabelled.png", unlabelled_drawing(found, measures))
    chapter = Chapter("Unlabelled pictures", made, unlabelled_tables(found, measures), "unlabelled.png")
    return chapter, {"made": made, "methods": unlabelled_figures(found, measures)}


def _study(config: AblateConfig, folder: Path) -> tuple["Study", "Measures"]:
    """Return what the rows share, and what is shown of them."""
    from train.ablations.adaptation import Study
    from train.ablations.measures import measures_of

    assert config.data is not None and config.test is not None
    augment = (f"augment={config.augment}",) if config.augment is not None else ()
    # Of words that do not go together one hears before the first training.
    words = [*config.overrides, *augment, f"data={config.data}", "out=unused"]
    name = compose("train.conf", "fit", FitConfig, words).model["name"]
    study = Study(
        folder=folder,
        data=config.data,
        refined=config.refined,
        real=config.real,
        test=config.test,
        seeds=config.seeds,
        augment=augment,
        overrides=tuple(config.overrides),
        methods=tuple(config.methods),
        strengths=tuple(config.strengths),
    )
    return study, measures_of(kind_of(name))


def _tables(found: Mapping[str, Mapping[str, Mapping[str, Any]]], measures: "Measures") -> dict[str, Table]:
    """Return a table for each evaluation, with the size of the networks."""
    from train.ablations.measures import spreads

    names = list(next(iter(found.values())))
    columns = ("network", *measures.columns, "million parameters")

    def cells(report: Mapping[str, Any]) -> list[float | str | None]:
        first = next(iter(report["networks"].values()))
        figures = [one.said() for one in spreads(report, measures).values()]
        return [*figures, first["cost"]["parameters"] / 1e6]

    heading = {name: f"Pictures {name} times" if len(names) > 1 else "" for name in names}
    return {heading[name]: Table(columns, [(row, cells(of[name])) for row, of in found.items()]) for name in names}


def _figures(found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    keys = ("mean_of_networks", "deviation_of_networks")
    return {row: {name: {key: one[key] for key in keys} for name, one in of.items()} for row, of in found.items()}
