"""Write an evaluation: report.json, its pictures, and report.html that holds everything in one file."""

import base64
import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapt.batch import Batch
from synth.shards.atomic import write_whole
from train.evaluation import Evaluation
from train.metrics import Score
from train.pictures import angles, scatter, side_by_side, worst_and_best

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0 } th, td { padding: .25em .8em; text-align: right }
th { border-bottom: 1px solid #888; font-weight: 600 } td:first-child, th:first-child { text-align: left }
tr.sum td { border-top: 1px solid #888; font-weight: 600 } img { max-width: 100% } small { color: #666 }
"""
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
    out.mkdir(parents=True, exist_ok=True)
    figures = evaluation.to_json()
    report = {"about": dict(about), **figures}
    pictures = {
        "angles.png": ("Error and bias by angle", angles(evaluation, figures["by"])),
        "scatter.png": ("Predicted against true", scatter(evaluation)),
        "worst_best.png": ("Worst and best eyes", worst_and_best(evaluation)),
    }
    if beside is not None:
        other, here, there = beside
        pictures["beside.png"] = ("Side by side", side_by_side(evaluation.eyes, other, (here, there)))
    for name, (_, data) in pictures.items():
        write_whole(out / name, data)
    write_whole(out / "report.json", json.dumps(report, indent=1).encode())
    write_whole(out / "report.html", page(evaluation, about, list(pictures.values())).encode())
    return report


def page(evaluation: Evaluation, about: Mapping[str, Any], pictures: list[tuple[str, bytes]]) -> str:
    """Return report.html; pictures are inside it."""
    ensemble = evaluation.ensemble_score()
    rows = [row(name, found) for name, found in zip(evaluation.names, evaluation.scores(), strict=True)]
    if len(evaluation.names) > 1:
        rows.append(row("ensemble (mean of angles)", ensemble, "sum"))
    drawn = "".join(
        f'<h2>{title}</h2><img alt="{title}" src="data:image/png;base64,{base64.b64encode(data).decode()}">'
        for title, data in pictures
    )
    facts = "".join(f"<tr><td>{html.escape(str(k))}</td><td>{html.escape(str(v))}</td></tr>" for k, v in about.items())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>canthus: gaze on '
        f"{html.escape(str(about.get('data', '')))}</title><style>{STYLE}</style>"
        f"<h1>Gaze error on {html.escape(str(about.get('data', '')))}</h1>"
        f"<p>{len(evaluation.eyes)} eyes. Degrees. The constant that is the mean of these labels scores "
        f"{ensemble.mean_predictor:.2f}. <small>Offset: mean of prediction minus truth; &ldquo;one offset&rdquo; "
        "is the same for both sides. Right eyes are mirrored.</small></p>"
        f"<table><tr>{''.join(f'<th>{name}</th>' for name in COLUMNS)}</tr>{''.join(rows)}</table>"
        f"{drawn}<h2>How it was made</h2><table>{facts}</table></html>"
    )


def row(name: str, found: Score, kind: str = "") -> str:
    """Return a table row of a score."""
    sides = [
        None if side is None else getattr(side, what)
        for what in ("raw", "offset_free")
        for side in (found.left, found.right)
    ]
    values = [found.raw, found.offset_free, found.offset_pitch, found.offset_yaw, *sides]
    cells = "".join(f"<td>{'-' if value is None else f'{value:.2f}'}</td>" for value in values)
    return f'<tr class="{kind}"><td>{html.escape(name)}</td>{cells}</tr>'


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
    return lines
