"""`canthus refine`: make a corpus look more like photographs that nobody labelled, its labels kept.

    what=fit        learn it from a corpus and from photographs, into the folder of a run
    what=apply      write a refined copy of a corpus
    what=measure    report what a copy's eyes have lost and won: labels that drifted, how far it is from real eyes

A run's folder has config.json, config.yaml, last.ckpt, metrics.csv and tensorboard/ as that of `fit` has, refiner.pt
(train/refine/fit.py) and fit.json.  What a copy has more than its corpus says train/refine/apply.py, what is measured
the modules of train/gap.
"""

import json
import time
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import torch
from omegaconf import MISSING, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from rich.progress import Progress

from adapt.augment.strengths import OF_FACES, Strengths
from adapt.refine.alarms import Limits
from adapt.refine.recipe import Refining
from adapt.refine.space import Space
from synth.config import versions, write_resolved
from synth.errors import ConfigError, DataError
from synth.shards import open_output
from synth.shards.atomic import write_whole
from train.checkpoint import Trained, load_network
from train.commands.evaluate import labels_of
from train.commands.fit import plain
from train.fitting import Precision, use_threads
from train.gap.curves import draw_curves, read_curves
from train.gap.downstream import read_downstream
from train.gap.measure import Judges, measure
from train.gap.report import summary, write_report
from train.kinds.eye_landmarks import landmark_network
from train.kinds.known import kind_of
from train.kinds.refusals import refuse_augment
from train.provenance import commit
from train.ready import READY, ready_network
from train.refine.apply import refine_corpus
from train.refine.fit import REFINED, fit_refiner, save_refiner
from train.refine.sides import LEAST, read_sides

HELP = "make rendered pictures look like photographs: learn it, refine a corpus, measure what it did"
CONFIG_NAME = "refine"
EXAMPLES = (
    "canthus refine fit synthetic=data/mpiigaze real=photographs out=runs/refiner",
    "canthus refine fit refiner=simgan refiner.batch_size=32 synthetic=data/mpiigaze real=photographs out=runs/simgan",
    "canthus refine fit refiner=cut synthetic=data/faces real=photographs precision=bf16 out=runs/cut",
    "canthus refine apply data=data/mpiigaze checkpoint=runs/refiner out=data/refined",
    "canthus refine measure data=data/mpiigaze refined=data/refined real=photographs marks=runs/marks "
    "checkpoint=runs/refiner out=reports/refiner",
)

OF_MEASURE = ("refined", "gaze", "marks", "downstream", "n", "augment")
RUN_ONLY = ("out", "data", "checkpoint", "strength", *OF_MEASURE, "limits", "accelerator", "threads", "progress")
"""They change nothing about the refiner, or belong to apply or measure."""
DECIDING = ("canthus", "numpy", "torch")
"""Packages whose versions decide the bytes of a copy."""


class What(Enum):
    """What is done."""

    fit = "fit"
    apply = "apply"
    measure = "measure"


NEEDED = {
    What.fit: ("synthetic", "real"),
    What.apply: ("data", "checkpoint"),
    What.measure: ("data", "refined", "real"),
}
MAY_BE = {What.measure: ("checkpoint", "marks", "downstream")}
"""Not needed, but taken."""


@dataclass
class RefineConfig:
    """Configuration of `canthus refine`.

    Attributes:
        what: fit, apply or measure.
        out: Folder of the run, or of the refined corpus (an unfinished one of this configuration is continued), or of
            the report.
        synthetic: Of fit: the corpus, a folder of shards.
        real: Of fit: the photographs, a folder of pictures or of shards; of measure: real eyes, which may also be a set
            that `canthus evaluate` reads.
        images: Of fit: how many of them, evenly spread (train/data/unlabelled.py); null is all.
        data: Of apply: the corpus to refine; of measure: that before refining.
        checkpoint: Of apply: the folder of a run, or its refiner.pt; of measure: the folder of the run whose losses are
            shown, finished or not, or null.
        strength: Of apply: what part of its change a picture takes, drawn between two numbers from 0 to 1.
        refined: Of measure: the refined copy of `data`.
        gaze: Of measure: a network of gaze that learnt from unrefined eyes: its run, or ready.
        marks: Of measure: a network of eye landmarks that did, or several as [a,b]; null for none.
        downstream: Of measure: the folder of a study of networks (`canthus ablate`) whose table is shown, or null.
        n: Of measure: how many rendered eyes are looked at, at most.
        augment: Of measure: the augmentation to compare with (group `augment`).
        seed: Of fit and measure: of everything random.
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
    strength: list[float] = field(default_factory=lambda: [1.0, 1.0])
    refined: str | None = None
    gaze: str = READY
    marks: Any = None
    downstream: str | None = None
    n: int = 1000
    augment: Strengths = field(default_factory=Strengths)
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
        needed, known = NEEDED[self.what], (NEEDED[self.what] + MAY_BE.get(self.what, ()))
        for name in dict.fromkeys(name for names in (*NEEDED.values(), *MAY_BE.values()) for name in names):
            value = getattr(self, name)
            if value is None and name in needed:
                raise ConfigError(f"{name}={value}: refine {self.what.name} needs {name}=...")
            if value is not None and name not in known:
                raise ConfigError(f"{name}={value}: refine {self.what.name} takes no {name}=...")
        if self.images is not None and (self.what is not What.fit or self.images < LEAST):
            raise ConfigError(f"images={self.images}: of refine fit; at least {LEAST}, or null for all")
        if len(self.strength) != 2 or not 0 <= self.strength[0] <= self.strength[1] <= 1:
            raise ConfigError(f"strength={self.strength}: two numbers from 0 to 1, the smaller one first")
        if self.strength != [1.0, 1.0] and self.what is not What.apply:
            raise ConfigError(f"strength={self.strength}: refine {self.what.name} takes no strength=...")
        if self.seed < 0 or self.n < 1:
            raise ConfigError(f"seed={self.seed}, n={self.n}: at least 0, and at least 1")
        if not all(isinstance(name, str) and name for name in self.marked_by):
            raise ConfigError(f"marks={self.marks}: name a run's folder, or several as [a,b]")
        if self.precision is Precision.fp16:
            raise ConfigError("precision=fp16: overflows in what a discriminator's gradients are; take bf16")
        if self.accelerator not in ("auto", "cpu", "gpu"):
            raise ConfigError(f"accelerator={self.accelerator}: one of auto, cpu, gpu")

    @property
    def marked_by(self) -> list[Any]:
        """The runs of networks of eye landmarks."""
        if self.marks is None:
            return []
        return list(self.marks) if isinstance(self.marks, list) else [self.marks]


CONFIG = RefineConfig


def run(config: RefineConfig) -> None:
    """Learn or refine, or continue, or say that it is done; or measure."""
    use_threads(config.threads)
    {What.fit: _fit, What.apply: _apply, What.measure: _measure}[config.what](config)


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
            (config.strength[0], config.strength[1]),
        )
    print(f"{n} refined samples in {config.out}")


def _measure(config: RefineConfig) -> None:
    assert config.data is not None and config.refined is not None and config.real is not None
    refuse_augment(config.augment, OF_FACES, "eyes take augment=webcam, mild, strong, nir or none")
    out = Path(config.out)
    if out.exists() and not out.is_dir():
        raise ConfigError(f"out={config.out}: is a file; name a folder")
    gaze = _of_kind("gaze", ready_network("gaze") if config.gaze == READY else Path(config.gaze), "gaze")
    paths = [Path(name) for name in config.marked_by]
    marks = {
        label: _of_kind("marks", path, "eye_landmarks") for label, path in zip(labels_of(paths), paths, strict=True)
    }
    curves = None if config.checkpoint is None else _curves(Path(config.checkpoint))
    downstream = None if config.downstream is None else read_downstream(Path(config.downstream))
    with Progress(transient=True, disable=not config.progress) as bar:
        task = bar.add_task("measuring", total=None)
        measured = measure(
            Path(config.data),
            Path(config.refined),
            Path(config.real),
            Judges(gaze.network, {label: landmark_network(one.network) for label, one in marks.items()}),
            config.augment,
            config.n,
            config.seed,
            lambda what: bar.update(task, description=what),
        )
    about = {
        **{
            name: getattr(config, name) for name in ("data", "refined", "real", "checkpoint", "downstream", "seed", "n")
        },
        "gaze": {"run": config.gaze, "network": gaze.name, "trained": dict(gaze.about)},
        "marks": {label: {"network": one.name, "trained": dict(one.about)} for label, one in marks.items()},
        "augment": plain(asdict(config.augment)),
        "commit": commit(),
        "versions": versions(),
    }
    write_report(out, measured, about, curves, downstream)
    print("\n".join(summary(measured)))
    print(f"wrote {out / 'report.html'}")


def _of_kind(key: str, path: Path, task_name: str) -> Trained:
    """Return a network of a kind.

    Raises:
        ConfigError: It is of another.
        DataError: There is none, or it is damaged.
    """
    trained = load_network(path)
    if (kind := kind_of(trained.name)).task_name != task_name:
        raise ConfigError(f"{key}={path}: {trained.name} tells the {kind.noun}")
    return trained


def _curves(run: Path) -> bytes:
    """Return a picture of a run's losses, finished or not.

    Raises:
        DataError: It is no run of `refine fit`.
    """
    path = run / "config.yaml"
    try:
        resolved = OmegaConf.load(path).config
        limits, check_every = Limits(**OmegaConf.to_object(resolved.limits)), int(resolved.refiner.check_every)  # type: ignore[arg-type]
    except (OSError, OmegaConfBaseException, TypeError, ValueError, AttributeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path}: no configuration of a run of `canthus refine fit` ({reason})") from error
    return draw_curves(read_curves(run, check_every), limits)
