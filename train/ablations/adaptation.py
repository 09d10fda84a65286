"""What brings networks from rendered to real pictures: each way as a row of cells (train/ablations/cells.py).

    what=adaptation    nothing, augmentation, a refiner, a network adapted to unlabelled pictures, and these together
    what=unlabelled    the ways that need unlabelled pictures against the number of these, all with augmentation

Rows differ in nothing else: the same network, corpus, seeds and steps.  A refined row learns from a copy of the corpus
that a refiner has changed; of DANN and mean teacher each step has real pictures besides.  AdaBN takes no step: it is
done to the networks of the row without it, whose training is the same.

    FOLDER/refiner-N/refiner, corpus    of what=unlabelled: the refiner of N real pictures, and its copy of the corpus
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from adapt.unlabelled.recipe import STEPPING, Method
from train.ablations.cells import Cell, call_for, run_cell, slug
from train.ablations.measures import Measures, Spread, change_percent, spreads
from train.ablations.table import Table
from train.measure.pictures import png
from train.refine.fit import REFINED

NONE, AUGMENTED = "none", "augmentation"
REFINER = "refiner"
NAMES = {Method.adabn.name: "AdaBN", Method.mean_teacher.name: "mean teacher", Method.dann.name: "DANN"}
"""What rows call a method."""
METHODS = (*NAMES, REFINER)
BARE = ("augment=none",)
TEST = "test"
COLOURS = {"adabn": "#2166ac", "mean_teacher": "#b35806", "dann": "#1b7837", REFINER: "#762a83"}

Reports = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Study:
    """What the rows of both studies share.

    Attributes:
        folder: Of the study.
        data: The corpus.
        refined: A refined copy of it; None for no rows with one.
        real: Unlabelled real pictures; None for no rows that are adapted to them.
        test: What networks are measured on.
        seeds: One network for each.
        augment: Words of `fit` for the rows with augmentation; none leaves it to the network's experiment.
        overrides: Further words of `fit`.
        methods: Which of `METHODS`.
        strengths: METHOD.KEY=VALUE each.
    """

    folder: Path
    data: str
    refined: str | None
    real: str | None
    test: str
    seeds: Sequence[int]
    augment: tuple[str, ...]
    overrides: tuple[str, ...]
    methods: tuple[str, ...]
    strengths: tuple[str, ...]

    def measured(self, name: str, words: tuple[str, ...], data: str | None = None) -> dict[str, Any]:
        """Return the report of a row, after whatever of it was not done yet."""
        fit = (f"data={data or self.data}", *self.overrides, *words)
        return run_cell(self.folder, Cell(name, fit, {TEST: (f"data={self.test}",)}), self.seeds)[TEST]

    def adapted(self, name: str, method: str, before: str, words: tuple[str, ...]) -> dict[str, Any]:
        """Return the report of networks adapted to real pictures; `before` is the row without."""
        keys = [word.partition(".")[2] for word in self.strengths if word.startswith(f"{method}.")]
        ours = (*words, f"adaptation={method}", f"adaptation.real={self.real}", *(f"adaptation.{key}" for key in keys))
        if Method[method] not in STEPPING:
            ours += (f"init={self.folder / slug(before)}/seed-{{seed}}", "samples=0")
        return self.measured(name, ours)


def adaptation_rows(study: Study) -> dict[str, dict[str, Any]]:
    """Return the report of every row that the material allows, by name."""
    found = {NONE: study.measured(NONE, BARE), AUGMENTED: study.measured(AUGMENTED, study.augment)}
    if study.refined is not None and REFINER in study.methods:
        found[REFINER] = study.measured(REFINER, BARE, study.refined)
        found[f"{REFINER} + {AUGMENTED}"] = study.measured(f"{REFINER} + {AUGMENTED}", study.augment, study.refined)
    for method, name in NAMES.items():
        if study.real is None or method not in study.methods:
            continue
        found[name] = study.adapted(name, method, NONE, BARE)
        both = f"{name} + {AUGMENTED}"
        found[both] = study.adapted(both, method, AUGMENTED, study.augment)
    return found


def adaptation_table(found: Reports, measures: Measures) -> Table:
    """Return the rows with their figures, and the change of the first against no adaptation."""
    before = spreads(found[NONE], measures)[measures.headline]
    rows = []
    for name, report in found.items():
        figures = spreads(report, measures)
        change = change_percent(figures[measures.headline], before)
        rows.append((name, [one.said() for one in figures.values()] + [_percent(None if name == NONE else change)]))
    return Table(("row", *measures.columns, f"{measures.headline} against none"), rows)


def adaptation_figures(found: Reports, measures: Measures) -> dict[str, Any]:
    """Return all figures of the rows."""
    before = spreads(found[NONE], measures)[measures.headline]
    figures = {}
    for name, report in found.items():
        of = spreads(report, measures)
        change = change_percent(of[measures.headline], before)
        figures[name] = {**{key: one.to_json() for key, one in of.items()}, "change_percent": change}
    return figures


def unlabelled_rows(study: Study, images: Sequence[int], refine: tuple[str, ...]) -> dict[str, dict[int, Any]]:
    """Return the reports of every method by the number of real pictures; of none of them it is the row without.

    Args:
        study: Its `real` is given.
        images: Numbers of real pictures.
        refine: Further words of `canthus refine fit`.
    """
    without = study.measured(AUGMENTED, study.augment)
    found: dict[str, dict[int, Any]] = {}
    for method in study.methods:
        found[method] = {}
        for n in images:
            name = f"{NAMES.get(method, method)}, {n}"
            if n == 0:
                found[method][n] = without
            elif method == REFINER:
                found[method][n] = study.measured(name, study.augment, _refined(study, name, n, refine))
            else:
                words = (*study.augment, f"adaptation.images={n}")
                found[method][n] = study.adapted(name, method, AUGMENTED, words)
    return found


def _refined(study: Study, name: str, images: int, refine: tuple[str, ...]) -> str:
    """Return a copy of the corpus by a refiner of so many real pictures, after whatever was not done yet."""
    own = study.folder / slug(name)
    refiner, corpus = own / "refiner", own / "corpus"
    if not (refiner / REFINED.file).exists():
        words = (f"synthetic={study.data}", f"real={study.real}", f"images={images}", *refine, f"out={refiner}")
        call_for(name, "refine", ("what=fit", *words))
    if not (corpus / "manifest.json").exists():
        words = (f"data={study.data}", f"checkpoint={refiner}", f"out={corpus}")
        call_for(name, "refine", ("what=apply", *words))
    return str(corpus)


def unlabelled_tables(found: Mapping[str, Mapping[int, Any]], measures: Measures) -> dict[str, Table]:
    """Return a table for each figure that is worth a curve: numbers of pictures down, methods across."""
    numbers = list(next(iter(found.values())))
    columns = ("real pictures", *(NAMES.get(method, method) for method in found))
    return {
        column[0].upper() + column[1:]: Table(
            columns, [(str(n), [spreads(of[n], measures)[column].said() for of in found.values()]) for n in numbers]
        )
        for column in measures.curves
    }


def unlabelled_figures(found: Mapping[str, Mapping[int, Any]], measures: Measures) -> dict[str, Any]:
    """Return all figures of every method, by the number of pictures."""
    return {
        method: {
            str(n): {name: one.to_json() for name, one in spreads(report, measures).items()} for n, report in of.items()
        }
        for method, of in found.items()
    }


def unlabelled_drawing(found: Mapping[str, Mapping[int, Any]], measures: Measures) -> bytes:
    """Draw the first figure of every method against the number of real pictures, a PNG; bars are a deviation."""
    drawing = Figure(figsize=(7.5, 4.6), layout="constrained")
    axes = drawing.add_subplot()
    for method, of in found.items():
        figures: dict[int, Spread] = {n: spreads(report, measures)[measures.headline] for n, report in of.items()}
        axes.errorbar(
            list(figures),
            [float("nan") if one.mean is None else one.mean for one in figures.values()],
            [one.deviation for one in figures.values()],
            fmt="o-",
            capsize=3,
            color=COLOURS[method],
            label=NAMES.get(method, method),
        )
    axes.set_xticks(sorted({n for of in found.values() for n in of}))
    axes.set(xlabel="unlabelled real pictures", ylabel=f"{measures.headline} error (deg)")
    axes.legend(fontsize=8)
    return png(drawing)


def _percent(change: float | None) -> str | None:
    return None if change is None else f"{change:+.1f} %"
