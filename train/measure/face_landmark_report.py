"""Write an evaluation of a face's landmarks: report.json, its pictures, and report.html that holds all of it."""

import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from train.measure.face_landmark_evaluation import LandmarkEvaluation, Told
from train.measure.face_landmark_groups import Groups
from train.measure.face_landmark_metrics import LIMITS, SIZES, LandmarkScore, Nme
from train.measure.face_landmark_pictures import by_point, cumulative, worst_and_best
from train.measure.page import page_of, row, table, write_page
from train.measure.sections import costs_section, left_out_section, left_out_words

ENSEMBLE, MEAN_FACE = "ensemble (mean points)", "mean face in every cut"
SIZE_NAMES = {
    "inter_ocular": "the outer corners' distance",
    "box": "sqrt(w h) of the box",
    "inter_ocular_3d": "the corners' distance in space",
}
COLUMNS = (
    *(f"NME, {part}" for part in ("68", "inner 51")),
    *(f"{figure} {limit} %" for limit in LIMITS for figure in ("failures above", "AUC to")),
)


def write_report(out: Path, evaluation: LandmarkEvaluation, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write the report into a folder and return report.json's content.

    Args:
        out: Made if absent; files of an earlier report are replaced.
        evaluation: What was measured.
        about: What was measured on what: networks, data, commit, versions.
    """
    report = {"about": dict(about), **evaluation.to_json()}
    pictures = {
        "cumulative.png": ("Share of faces by error", cumulative(evaluation)),
        "by_point.png": ("Error by point", by_point(evaluation)),
        "worst_best.png": ("Worst and best faces", worst_and_best(evaluation)),
    }
    write_page(out, report, pictures, page_of("face landmarks", about, body(evaluation), pictures))
    return report


def told_of_all(evaluation: LandmarkEvaluation) -> list[tuple[str, Told, str]]:
    """Return name, what is told, and kind of row of each network, and of the ensemble of several."""
    rows = [(name, told, "") for name, told in evaluation.told.items()]
    if len(rows) > 1:
        rows.append((ENSEMBLE, evaluation.mean(), "sum"))
    return rows


def body(evaluation: LandmarkEvaluation) -> str:
    """Return what stands above the pictures: figures by size of a face, by group of points and of people, costs."""
    rows = told_of_all(evaluation)
    scores = [(name, evaluation.score(told), kind) for name, told, kind in rows]
    parts = [
        f"<p>{len(evaluation.faces)} faces, percent. <small>NME: mean distance of a face's points over its size, in "
        "the full picture. AUC: area under the share of faces by error. The mean face never looks at a picture."
        "</small></p>"
    ]
    for size in SIZES:
        if getattr(scores[0][1], size) is None:
            continue
        lines = [row(name, values_of(score, size), kind) for name, score, kind in scores]
        lines.append(row(MEAN_FACE, values_of(scores[0][1].mean_face, size)))
        parts.append(f"<h2>Over {SIZE_NAMES[size]}</h2>{table(('network', *COLUMNS), lines)}")
    if scores[0][1].by_group:
        names = tuple(scores[0][1].by_group)
        lines = [row(name, list((score.by_group or {}).values()), kind) for name, score, kind in scores]
        heading = "<h2>By group of points, over the outer corners' distance</h2>"
        parts.append(heading + table(("network", *names), lines))
    parts += [groups_section(name, evaluation.groups(told)) for name, told, _ in rows]
    parts.append(costs_section(tuple(evaluation.told), evaluation.costs))
    return "".join([*parts, left_out_section(evaluation.left_out, evaluation.damaged)])


def values_of(score: LandmarkScore | None, size: str) -> list[float | None]:
    """Return a score in the order of COLUMNS; failures and areas are those of all points."""
    found: dict[str, Nme] = (getattr(score, size) if score is not None else None) or {}
    every, inner = found.get("all"), found.get("inner")
    figures = [None if one is None else one.nme for one in (every, inner)]
    if every is None:
        return [*figures, *[None] * (2 * len(LIMITS))]
    return [*figures, *(value for limit in LIMITS for value in (every.failures[limit], every.auc[limit]))]


def groups_section(name: str, groups: Groups | None) -> str:
    """Return the tables of errors by groups of people, or nothing where they are not known."""
    if groups is None:
        return ""
    lines = [
        row(f"{trait}: {group} ({found.n})", [found.iod_mae, found.standard_error])
        for trait, of in groups.by_trait.items()
        for group, found in of.items()
    ]
    apart = ", ".join(f"{trait} {value:.2f}" for trait, value in groups.apart.items()) or "too few faces"
    return (
        f"<h2>{html.escape(name)}: by groups of people, mean error over the eyes' distance in space (IOD-MAE)</h2>"
        f"<p>All: {groups.iod_mae:.2f} %. Between the worst and the best group: {apart}.</p>"
        f"{table(('group (faces)', 'IOD-MAE', 'standard error'), lines)}"
    )


def summary(evaluation: LandmarkEvaluation) -> list[str]:
    """Return the lines that the command prints."""
    lines = [f"{len(evaluation.faces)} faces, percent{left_out_words(evaluation.left_out)}"]
    for name, told, _ in told_of_all(evaluation):
        lines.append(f"{name}: {said_of(evaluation.score(told), evaluation.groups(told))}")
    return lines


def said_of(score: LandmarkScore, groups: Groups | None) -> str:
    """Return a score in a few words."""
    words = []
    for size, found in (("outer corners", score.inter_ocular), ("box", score.box)):
        if found is not None:
            inner = f", inner {found['inner'].nme:.2f}" if "inner" in found else ""
            words.append(f"NME by {size} {found['all'].nme:.2f} %{inner}")
    if score.inter_ocular is not None:
        every = score.inter_ocular["all"]
        words.append(f"failures above 10 % {every.failures[10]:.1f}, AUC {every.auc[10]:.1f}")
    if score.mean_face is not None and score.mean_face.inter_ocular is not None:
        words.append(f"of the mean face {score.mean_face.inter_ocular['all'].nme:.2f} %")
    if groups is not None:
        most = groups.most_apart
        apart = f", {most[0]} apart by {most[1]:.2f}" if most is not None else ""
        words.append(f"IOD-MAE {groups.iod_mae:.2f} %{apart}")
    return "; ".join(words)
