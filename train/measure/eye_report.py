"""Write an evaluation of eye landmarks: report.json, its pictures, and report.html that holds all of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from train.measure.eye_evaluation import EyeEvaluation, Told
from train.measure.eye_pictures import by_point, scatter, worst_and_best
from train.measure.gaze_metrics import Score
from train.measure.page import page_of, row, table, write_page
from train.measure.sections import left_out_section

GAZE_COLUMNS = ("network", "raw", "after one offset", "offset pitch", "offset yaw", "left raw", "right raw")


def write_report(out: Path, evaluation: EyeEvaluation, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write the report into a folder and return report.json's content.

    Args:
        out: Made if absent; files of an earlier report are replaced.
        evaluation: What was measured.
        about: What was measured on what: networks, data, commit, versions.
    """
    report = {"about": dict(about), **evaluation.to_json()}
    pictures = {"scatter.png": ("Predicted against true gaze", scatter(evaluation))}
    if not torch.isnan(evaluation.eyes.landmarks_px).any():
        pictures["by_point.png"] = ("Error by landmark", by_point(evaluation))
    pictures["worst_best.png"] = ("Worst and best eyes", worst_and_best(evaluation))
    write_page(out, report, pictures, page_of("eye landmarks", about, body(evaluation), pictures))
    return report


def told_of_all(evaluation: EyeEvaluation) -> list[tuple[str, Told, str]]:
    """Return name, what is told, and kind of row of each network, and of the ensemble of several."""
    rows = [(name, told, "") for name, told in evaluation.told.items()]
    if len(rows) > 1:
        rows.append(("ensemble (means)", evaluation.mean(), "sum"))
    return rows


def body(evaluation: EyeEvaluation) -> str:
    """Return what stands above the pictures: how many eyes, and tables of gaze and landmarks."""
    networks = told_of_all(evaluation)
    gaze, landmarks = [], []
    for name, told, kind in networks:
        for way, angles_rad in (("regressor", told.gaze_rad), ("fit", told.fitted_rad)):
            found = evaluation.gaze_score(angles_rad)
            if found is not None:
                gaze.append(row(f"{name}, {way}", values_of(found), kind))
        points = evaluation.landmark_score(told)
        if points is not None:
            means = [points.px, points.percent, points.visible_percent, points.radius_percent]
            landmarks.append(row(name, [*means, *points.by_group_percent.values()], kind))
    true_fit = evaluation.true_fit_score()
    if true_fit is not None:
        gaze.append(row("fit to the true landmarks", values_of(true_fit)))
    mean = evaluation.gaze_score(evaluation.true_rad)
    assert mean is not None
    parts = [
        f"<p>{len(evaluation.eyes)} eyes. Degrees. The constant that is the mean of these labels scores "
        f"{mean.mean_predictor:.2f}. <small>The fit tells the optical axis: off a visual one by kappa, which one "
        f"offset takes away as far as people are alike. Right eyes are mirrored.</small></p>{table(GAZE_COLUMNS, gaze)}"
    ]
    if landmarks:
        columns = ("network", "px", "% of the eye's width", "visible, %", "radius, %", *evaluation.marks.groups)
        parts.append(f"<h2>Landmarks</h2>{table(columns, landmarks)}")
    return "".join([*parts, left_out_section({}, evaluation.damaged)])


def values_of(found: Score) -> list[float | None]:
    """Return a score in the order of GAZE_COLUMNS."""
    sides = [None if side is None else side.raw for side in (found.left, found.right)]
    return [found.raw, found.offset_free, found.offset_pitch, found.offset_yaw, *sides]


def summary(evaluation: EyeEvaluation) -> list[str]:
    """Return the lines that the command prints."""
    lines = [f"{len(evaluation.eyes)} eyes"]
    for name, told, _ in told_of_all(evaluation):
        said = []
        for way, angles_rad in (("regressor", told.gaze_rad), ("fit", told.fitted_rad)):
            found = evaluation.gaze_score(angles_rad)
            if found is not None:
                said.append(f"gaze by {way} {found.raw:.2f} deg, after one offset {found.offset_free:.2f}")
        points = evaluation.landmark_score(told)
        if points is not None:
            said.append(f"landmarks {points.px:.2f} px, {points.percent:.2f} % of the eye's width")
        lines.append(f"{name}: {'; '.join(said)}")
    return lines
