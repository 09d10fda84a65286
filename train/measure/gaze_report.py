"""Write an evaluation: report.json, its pictures, and report.html that holds everything in one file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapt.batch import Batch
from train.measure.gaze_evaluation import Evaluation
from train.measure.gaze_metrics import Score
from train.measure.page import page_of, row, table, write_page
from train.measure.pictures import angles, scatter, side_by_side, worst_and_best
from train.measure.sections import left_out_section, persons_lines, persons_section

COLUMNS = (
    "network",
    "raw",
    "after one offset",
    "offset pitch",
    "offset yaw",
    "left raw",
    "right raw",
    "left, one offset",
    "right, one offset",
)


def write_report(
    out: Path, evaluation: Evaluation, about: Mapping[str, Any], beside: tuple[Batch, str, str] | None = None
) -> dict[str, Any]:
    """Write the report into a folder and return report.json's content.

    Args:
        out: Made if absent; files of an earlier report are replaced.
        evaluation: What was measured.
        about: What was measured on what: networks, data, commit, versions.
        beside: Eyes of another set to show beside these, with the titles of these and of those.
    """
    figures = evaluation.to_json()
    report = {"about": dict(about), **figures}
    right = evaluation.eyes.right.numpy()
    sides = {"left eyes": ~right, "right eyes, mirrored": right}
    pictures = {
        "angles.png": ("Error and bias by angle", angles(figures["by"], f"{len(evaluation.eyes)} eyes")),
        "scatter.png": ("Predicted against true", scatter(evaluation.ensemble_rad, evaluation.true_rad, sides)),
        "worst_best.png": ("Worst and best eyes", worst_and_best(evaluation)),
    }
    if beside is not None:
        other, here, there = beside
        pictures["beside.png"] = ("Side by side", side_by_side(evaluation.eyes, other, (here, there)))
    write_page(out, report, pictures, page_of("gaze", about, body(evaluation), pictures))
    return report


def body(evaluation: Evaluation) -> str:
    """Return what stands above the pictures: how many eyes, and a table of scores."""
    ensemble = evaluation.ensemble_score()
    rows = [row(name, values_of(found)) for name, found in zip(evaluation.names, evaluation.scores(), strict=True)]
    if len(evaluation.names) > 1:
        rows.append(row("ensemble (mean of angles)", values_of(ensemble), "sum"))
    return (
        f"<p>{len(evaluation.eyes)} eyes. Degrees. The constant that is the mean of these labels scores "
        f"{ensemble.mean_predictor:.2f}. <small>Offset: mean of prediction minus truth; &ldquo;one offset&rdquo; "
        f"is the same for both sides. Right eyes are mirrored.</small></p>{table(COLUMNS, rows)}"
        f"{persons_section(evaluation.over_persons(), 'eyes')}{left_out_section({}, evaluation.damaged)}"
    )


def values_of(found: Score) -> list[float | None]:
    """Return a score in the order of COLUMNS."""
    sides = [
        None if side is None else getattr(side, what)
        for what in ("raw", "offset_free")
        for side in (found.left, found.right)
    ]
    return [found.raw, found.offset_free, found.offset_pitch, found.offset_yaw, *sides]


def summary(evaluation: Evaluation) -> list[str]:
    """Return the lines that the command prints."""
    pairs = list(zip(evaluation.names, evaluation.scores(), strict=True))
    if len(pairs) > 1:
        pairs.append(("ensemble", evaluation.ensemble_score()))
    lines = [f"{len(evaluation.eyes)} eyes, degrees; mean predictor {pairs[0][1].mean_predictor:.2f}"]
    for name, found in pairs:
        sides = ", ".join(
            f"{label} {side.raw:.2f} ({side.offset_free:.2f})"
            for label, side in (("left", found.left), ("right", found.right))
            if side is not None
        )
        lines.append(
            f"{name}: raw {found.raw:.2f}, after one offset {found.offset_free:.2f} "
            f"(pitch {found.offset_pitch:+.2f}, yaw {found.offset_yaw:+.2f}); {sides}"
        )
    return lines + persons_lines(evaluation.over_persons())
