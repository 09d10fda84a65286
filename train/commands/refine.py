"""`canthus refine`: make a corpus look more like photographs that nobody labelled, its labels kept.

    what=fit      learn it from a corpus and from photographs, into the folder of a run
    what=apply    write a refined copy of a corpus

A run's folder has config.json, config.yaml, last.ckpt, metrics.csv and tensorboard/ as that of `fit` has, refiner.pt
(train/refine/fit.py) and fit.json.  What a copy has more than its corpus says train/refine/apply.py.
"""

import json
import time
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path

import torch
from omegaconf import MISSING
from rich.progress import Progress

from adapt.refine.alarms import Limits
from adapt.refine.recipe import Refining
from adapt.refine.space import Space
from synth.config import versions, write_resolved
from synth.errors import ConfigError
from synth.shards import open_output
from synth.shards.atomic import write_whole
from train.commands.fit import plain
from train.fitting import Precision, use_threads
from train.provenance import commit
from train.refine.apply import refine_corpus
from train.refine.fit import REFINED, fit_refiner, save_refiner
from train.refine.sides import LEAST, read_sides

HELP = "make rendered pictures look like photographs: learn it, or refine a corpus"
CONFIG_NAME = "refine"
EXAMPLES = (
    "canthus refine fit synthetic=data/mpiigaze real=photographs out=runs/refiner",
    "canthus refine fit refiner=simgan refiner.batch_size=32 synthetic=data/mpiigaze real=photographs out=runs/simgan",
    "canthus refine fit refiner=cut synthetic=data/faces real=photographs precision=bf16 out=runs/cut",
    "canthus refine apply data=data/mpiigaze checkpoint=runs/refiner out=data/refined",
)

RUN_ONLY = ("out", "data", "checkpoint", "limits", "accelerator", "threads", "progress")
"""They change nothing about the refiner, or belong to apply."""
DECIDING = ("canthus", "numpy", "torch")
"""Packages whose versions decide the bytes of a copy."""


class What(Enum):
    """What is done."""

    fit = "fit"
    apply = "apply"


NEEDED = {What.fit: ("synthetic", "real"), What.apply: ("data", "checkpoint")}


@dataclass
class RefineConfig:
    """Configuration of `canthus refine`.

    Attributes:
        what: fit or apply.
        out: Folder of the run, or of the refined corpus; an unfinished one of this configuration is continued.
        synthetic: Of fit: the corpus, a folder of shards.
        real: Of fit: the photographs, a folder of pictures or of shards.
        images: Of fit: how many of them, evenly spread (train/data/unlabelled.py); null is all.
        data: Of apply: the corpus to refine.
        checkpoint: Of apply: the folder of a run, or its refiner.pt.
        seed: Of fit: of everything random.
        space: Of fit: in which grey levels the refiner works (adapt/refine/space.py).
        refiner: Of fit: what it is and how it is trained (group `refiner`).
        limits: Of fit: where alarms begin (adapt/refine/alarms.py).
        precision: Of fit: single, or bf16 for what of the networks can do with it.
        accelerator: Of fit: cpu, gpu, or auto for whichever is there.
        threads: CPU threads of torch; 0 leaves it to torch.
        progress: Whether a progress bar is drawn.
    """

    what: What = MISSING
    out: str = MISSING
    synthetic: str | None = None
    real: str | None = None
    images: int | None = None
    data: str | None = None
    checkpoint: str | None = None
    seed: int = 0
    space: Space = Space.auto
    refiner: Refining = field(default_factory=Refining)
    limits: Limits = field(default_factory=Limits)
    precision: Precision = Precision.single
    accelerator: str = "auto"
    threads: int = 0
    progress: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be done, and what would be left unread."""
        for what, names in NEEDED.items():
            for name in names:
                if (self.what is what) is (getattr(self, name) is None):
                    needs = "needs" if self.what is what else "takes no"
                    raise ConfigError(f"{name}={getattr(self, name)}: refine {self.what.name} {needs} {name}=...")
        if self.images is not None and (self.what is not What.fit or self.images < LEAST):
            raise ConfigError(f"images={self.images}: of refine fit; at least {LEAST}, or null for all")
        if self.seed < 0:
            raise ConfigError(f"seed={self.seed}: at least 0")
        if self.precision is Precision.fp16:
            raise ConfigError("precision=fp16: overflows in what a discriminator's gradients are; take bf16")
        if self.accelerator not in ("auto", "cpu", "gpu"):
            raise ConfigError(f"accelerator={self.accelerator}: one of auto, cpu, gpu")


CONFIG = RefineConfig


def run(config: RefineConfig) -> None:
    """Learn or refine, or continue, or say that it is done."""
    use_threads(config.threads)
    {What.fit: _fit, What.apply: _apply}[config.what](config)


def _fit(config: RefineConfig) -> None:
    assert config.synthetic is not None and config.real is not None
    if config.accelerator == "gpu" and not torch.cuda.is_available():
        raise ConfigError("accelerator=gpu: torch sees no GPU here; use cpu")
    out = Path(config.out)
    with open_output(out, plain(asdict(config)), run_only=RUN_ONLY):
        if (out / REFINED.file).exists():
            print(f"{out}: is trained already; choose another out=, or apply it")
            return
        sides = read_sides(Path(config.synthetic), Path(config.real), config.space, config.images)
        write_resolved(out / "config.yaml", config)
        counts = f"{len(sides.rendered)} rendered and {len(sides.real)} real pictures"
        print(f"{counts}, {sides.space.name}; {config.refiner.network.name}, seed {config.seed}")
        start = time.monotonic()
        task = fit_refiner(
            sides,
            config.refiner,
            config.limits,
            config.seed,
            out,
            precision=config.precision,
            accelerator=config.accelerator,
            progress=config.progress,
        )
        about = {
            "seed": config.seed,
            "synthetic": config.synthetic,
            "real": config.real,
            "rendered_pictures": len(sides.rendered),
            "real_pictures": len(sides.real),
            "real_sha256": sides.real_sha256,
            "refiner": plain(asdict(config.refiner)),
            "seconds_of_this_start": round(time.monotonic() - start, 1),
            "commit": commit(),
            "versions": versions(),
        }
        write_whole(out / "fit.json", json.dumps(about, indent=1).encode())
        save_refiner(out / REFINED.file, task.cpu(), about)
        print(f"wrote {out / REFINED.file}; {about['seconds_of_this_start']:.0f} s")


def _apply(config: RefineConfig) -> None:
    assert config.data is not None and config.checkpoint is not None
    with Progress(transient=True, disable=not config.progress) as bar:
        task = bar.add_task("refining", total=None)
        n = refine_corpus(
            Path(config.data),
            Path(config.checkpoint),
            Path(config.out),
            {name: number for name, number in versions().items() if name in DECIDING},
            lambda done, all_of_them: bar.update(task, completed=done, total=all_of_them),
        )
    print(f"{n} refined samples in {config.out}")
