"""Write an evaluation of detectors: report.json, its pictures, and report.html that holds everything in one file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from train.data.detection.level import NAMES
from train.measure.detection_evaluation import DetectionEvaluation
from train.measure.detection_pictures import precision_over_recall, worst
from train.measure.page import page_of, row, table, write_page
from train.measure.sections import costs_section, left_out_section, left_out_words

COLUMNS = ("AP at IoU 0.5", "AP at IoU 0.3", "recall at IoU 0.5")


def write_report(out: Path, evaluation: DetectionEvaluation, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write the report into a folder and return report.json's content.

    Args:
        out: Made if absent; files of an earlier report are replaced.
        evaluation: What was measured.
        about: What was measured on what: networks, data, commit, versions.
    """
    figures = evaluation.to_json()
    report = {"about": dict(about), **figures}
    pictures = {
        "curve.png": ("Precision over recall", precision_over_recall(evaluation)),
        "worst.png": (f"Where {evaluation.names[0]} is wrong most often", worst(evaluation)),
    }
    write_page(out, report, pictures, page_of("detection", about, body(evaluation, figures), pictures))
    return report


def body(evaluation: DetectionEvaluation, figures: Mapping[str, Any]) -> str:
    """Return what stands above the pictures."""
    networks = figures["networks"]
    of = {kind: {name: percent(one[kind]) for name, one in networks.items()} for kind in ("raw", "mapped", "blind")}
    blind = next(iter(of["blind"].values()))
    rows = [row(name, found) for name, found in of["raw"].items()]
    by_map = [
        row(name, [*of["mapped"][name], *(one["box_map"][key] for key in "abcd"), one["box_map"]["matches"]])
        for name, one in networks.items()
    ]
    wider = [
        row(name, [None if one["wider"][key] is None else 100 * one["wider"][key] for key in NAMES])
        for name, one in networks.items()
    ]
    points = [row(name, [one["point_error"]]) for name, one in networks.items()]
    parts = [
        f"<p>{figures['pictures']} pictures, {figures['faces']} faces, {figures['ignored']} more ignored. Percent. "
        "<small>AP: area under precision over recall, precision made falling first. Blind: one box in each picture, at "
        "the mean place of the set's boxes.</small></p>",
        table(("network", *COLUMNS), [*rows, row("blind", blind)]),
        "<h2>After one map of each network's boxes: x + a w, y + b h, c w, d h</h2>",
        "<p><small>Medians over matches at IoU 0.3, fitted on these pictures.</small></p>",
        table(("network", *COLUMNS, "a", "b", "c", "d", "matches"), by_map),
        "<h2>WIDER FACE's AP</h2>",
        table(("network", *NAMES), wider),
        "<h2>Mean distance of the five points over sqrt(w h) of the box</h2>",
        table(("network", "percent"), points),
        costs_section(evaluation.names, evaluation.costs),
    ]
    return "".join([*parts, left_out_section(evaluation.left_out, evaluation.damaged)])


def percent(figures: Mapping[str, float]) -> list[float | None]:
    """Return figures in the order of COLUMNS, percent."""
    return [100 * figures[key] for key in ("ap50", "ap30", "recall50")]


def summary(figures: Mapping[str, Any]) -> list[str]:
    """Return the lines that the command prints, of report.json's content."""
    told = left_out_words(figures["left_out"])
    lines = [f"{figures['pictures']} pictures, {figures['faces']} faces, {figures['ignored']} ignored{told}"]
    for name, one in figures["networks"].items():
        raw, by_map, of = one["raw"], one["mapped"], one["wider"]
        wider = ", ".join(f"{key} {'-' if of[key] is None else f'{of[key]:.3f}'}" for key in NAMES)
        points = "" if one["point_error"] is None else f"; points {one['point_error']:.1f} % of the box"
        lines.append(
            f"{name}: AP at IoU 0.5 {raw['ap50']:.3f} (0.3: {raw['ap30']:.3f}); after one box map {by_map['ap50']:.3f} "
            f"({by_map['ap30']:.3f}); WIDER FACE's {wider}{points}"
        )
    return lines
