"""Write an evaluation of faces' gaze: report.json, its pictures, and report.html that holds everything in one file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from train.measure.face_gaze_evaluation import FaceGazeEvaluation
from train.measure.gaze_metrics import Score, errors_deg
from train.measure.page import page_of, row, table, write_page
from train.measure.pictures import PREDICTED, TRUE, angles, arrow, gallery, scatter
from train.measure.sections import costs_section, left_out_section, left_out_words, persons_lines, persons_section

COLUMNS = ("network", "raw", "median", "after one offset", "offset pitch", "offset yaw")
SCREEN_COLUMNS = ("network", "cm from the point", "gazes that meet no screen")


def write_report(out: Path, evaluation: FaceGazeEvaluation, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write the report into a folder and return report.json's content.

    Args:
        out: Made if absent; files of an earlier report are replaced.
        evaluation: What was measured.
        about: What was measured on what: networks, data, commit, versions.
    """
    figures = evaluation.to_json()
    report = {"about": dict(about), **figures}
    n = len(evaluation.faces)
    everybody = {"faces": np.ones(n, dtype=bool)}
    pictures = {
        "angles.png": ("Error and bias by angle", angles(figures["by"], f"{n} faces")),
        "scatter.png": ("Predicted against true", scatter(evaluation.ensemble_rad, evaluation.true_rad, everybody)),
        "worst_best.png": ("Worst and best faces", worst_and_best(evaluation)),
    }
    write_page(out, report, pictures, page_of("gaze of faces", about, body(evaluation), pictures))
    return report


def scores_of(evaluation: FaceGazeEvaluation) -> list[tuple[str, Score, str]]:
    """Return name, score and kind of row of each network, and of the ensemble of several."""
    rows = [(name, found, "") for name, found in zip(evaluation.names, evaluation.scores(), strict=True)]
    if len(rows) > 1:
        rows.append(("ensemble (mean of angles)", evaluation.ensemble_score(), "sum"))
    return rows


def body(evaluation: FaceGazeEvaluation) -> str:
    """Return what stands above the pictures: how many faces, tables of scores and costs, and who is left out."""
    scores = scores_of(evaluation)
    rows = [
        row(name, [found.raw, found.raw_median, found.offset_free, found.offset_pitch, found.offset_yaw], kind)
        for name, found, kind in scores
    ]
    parts = [
        f"<p>{len(evaluation.faces)} faces. Degrees. The constant that is the mean of these labels scores "
        f"{scores[0][1].mean_predictor:.2f}. <small>Offset: mean of prediction minus truth.</small></p>",
        table(COLUMNS, rows),
    ]
    if screens := evaluation.screen_scores():
        told = [row(name, [one.cm, one.nowhere]) for name, one in zip(evaluation.names, screens, strict=True)]
        parts += ["<h2>On the screen</h2>", table(SCREEN_COLUMNS, told)]
    parts.append(persons_section(evaluation.over_persons(), "faces"))
    parts.append(costs_section(evaluation.names, evaluation.costs))
    parts.append(left_out_section(evaluation.left_out, evaluation.damaged))
    return "".join(parts)


def worst_and_best(evaluation: FaceGazeEvaluation, n: int = 16) -> bytes:
    """Draw the faces with the largest and the smallest error, true and predicted gaze as arrows from the middle."""
    predicted, true = evaluation.ensemble_rad, evaluation.true_rad
    errors = errors_deg(predicted, true)
    faces = evaluation.faces
    size = (faces.images_u8.shape[2], faces.images_u8.shape[1])

    def draw(axes: Axes, face: int) -> None:
        axes.imshow(faces.images_u8[face].numpy(), interpolation="bilinear")
        arrow(axes, true[face], TRUE, size)
        arrow(axes, predicted[face], PREDICTED, size)

    labels = [f"{error:.1f}°\n{key[-22:]}" for error, key in zip(errors, faces.keys, strict=True)]
    return gallery(errors, labels, draw, "Worst and best faces: true gaze green, predicted red", n=n)


def summary(evaluation: FaceGazeEvaluation) -> list[str]:
    """Return the lines that the command prints."""
    scores = scores_of(evaluation)
    lines = [
        f"{len(evaluation.faces)} faces, degrees; mean predictor {scores[0][1].mean_predictor:.2f}"
        f"{left_out_words(evaluation.left_out)}"
    ]
    lines += [
        f"{name}: raw {found.raw:.2f}, after one offset {found.offset_free:.2f} "
        f"(pitch {found.offset_pitch:+.2f}, yaw {found.offset_yaw:+.2f})"
        for name, found, _ in scores
    ]
    for name, screen in zip(evaluation.names, evaluation.screen_scores(), strict=False):
        cm = "no gaze meets the screen" if screen.cm is None else f"{screen.cm:.1f} cm from the point"
        lines.append(f"{name}: {cm}; {screen.nowhere} gazes meet no screen")
    return lines + persons_lines(evaluation.over_persons())
