"""Write an evaluation of head pose: report.json, its pictures, and report.html that holds everything in one file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from train.measure.networks import rows_of_networks
from train.measure.page import page_of, row, table, write_page
from train.measure.pose_evaluation import PoseEvaluation
from train.measure.pose_metrics import PoseErrors, PoseScore
from train.measure.pose_pictures import angles, scatter, worst_and_best
from train.measure.sections import costs_section, left_out_section, left_out_words

ENSEMBLE, ZEROS = "ensemble (mean rotation)", "zeros: straight ahead"
COLUMNS = ("yaw", "pitch", "roll", "MAE", "geodesic", "geodesic, median")


def write_report(out: Path, evaluation: PoseEvaluation, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write the report into a folder and return report.json's content.

    Args:
        out: Made if absent; files of an earlier report are replaced.
        evaluation: What was measured.
        about: What was measured on what: networks, data, commit, versions.
    """
    figures = evaluation.to_json()
    report = {"about": dict(about), **figures}
    pictures = {
        "angles.png": ("Error and bias by angle", angles(evaluation, figures["by"])),
        "scatter.png": ("Predicted against true", scatter(evaluation)),
        "worst_best.png": ("Worst and best faces", worst_and_best(evaluation)),
    }
    write_page(out, report, pictures, page_of("head pose", about, body(evaluation), pictures))
    return report


def scores_of(evaluation: PoseEvaluation) -> list[tuple[str, PoseScore, str]]:
    """Return name, score and kind of row of each network, and of the ensemble of several."""
    scores = dict(zip(evaluation.names, evaluation.scores(), strict=True))
    return rows_of_networks(scores, evaluation.ensemble_score, ENSEMBLE)


def body(evaluation: PoseEvaluation) -> str:
    """Return what stands above the pictures: how many faces, who is left out, and tables of scores and costs."""
    scores = scores_of(evaluation)
    zeros = row(ZEROS, values_of(scores[0][1].zeros))
    raw = [row(name, values_of(found.raw), kind) for name, found, kind in scores]
    free = [row(name, [*values_of(found.offset_free), found.offset_deg], kind) for name, found, kind in scores]
    parts = [
        f"<p>{len(evaluation.faces)} faces. Degrees. <small>MAE: mean of yaw, pitch and roll. Geodesic: angle between "
        "true and predicted rotation. Near a yaw of 90 degrees pitch and roll are one turn: there angles are off "
        "by much where rotations are not.</small></p>",
        table(("network", *COLUMNS), [*raw, zeros]),
        "<h2>After one constant rotation of the head's frame</h2>",
        table(("network", *COLUMNS, "that rotation"), free),
        "<h2>By true |yaw|: MAE, geodesic</h2>",
        by_yaw(scores),
    ]
    parts.append(costs_section(evaluation.names, evaluation.costs))
    return "".join([*parts, left_out_section(evaluation.left_out, evaluation.damaged)])


def values_of(errors: PoseErrors) -> list[float | None]:
    """Return errors in the order of COLUMNS."""
    return [errors.yaw, errors.pitch, errors.roll, errors.mae, errors.geodesic, errors.geodesic_median]


def by_yaw(scores: list[tuple[str, PoseScore, str]]) -> str:
    """Return the table of errors by |yaw|."""
    bins = scores[0][1].by_yaw
    heads = [f"{one.low:.0f} to {one.high:.0f}: {one.n} faces, {what}" for one in bins for what in ("MAE", "geodesic")]
    rows = []
    for name, found, kind in scores:
        errors = [one.errors for one in found.by_yaw]
        rows.append(row(name, [v for e in errors for v in ((None, None) if e is None else (e.mae, e.geodesic))], kind))
    return table(("network", *heads), rows)


def summary(evaluation: PoseEvaluation) -> list[str]:
    """Return the lines that the command prints."""
    scores = scores_of(evaluation)
    zeros = scores[0][1].zeros
    told = left_out_words(evaluation.left_out)
    lines = [f"{len(evaluation.faces)} faces, degrees; straight ahead for all: MAE {zeros.mae:.2f}{told}"]
    for name, found, _ in scores:
        raw, free = found.raw, found.offset_free
        lines.append(
            f"{name}: yaw {raw.yaw:.2f}, pitch {raw.pitch:.2f}, roll {raw.roll:.2f}, MAE {raw.mae:.2f}, geodesic "
            f"{raw.geodesic:.2f}; after one rotation of {found.offset_deg:.2f}: MAE {free.mae:.2f}, geodesic "
            f"{free.geodesic:.2f}"
        )
    return lines
