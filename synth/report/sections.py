"""The sections of the report that are charts and tables: what the samples are, and what they cost.

Angles are drawn as the picture shows them, and named in synth/geometry/gaze.py; everything else in the unit on its
axis.
"""

import html
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from synth.report import charts
from synth.report.columns import Columns
from synth.report.real_eyes import RealEyes


def gaze_charts(columns: Columns, real: RealEyes | None) -> str:
    """Return maps of gaze in the camera, in the head, and as a gaze network is given it."""
    gaze_deg, head_deg = columns.normalised_deg()
    real_deg: list[np.ndarray | None] = [None, None]
    if real and len(real.gaze_rad) and len(real.head_rad):
        real_deg = [np.degrees(real.gaze_rad), np.degrees(real.head_rad)]
    cam_deg = [columns.axis_in_cam_deg(axis) for axis in ("optical", "visual")]
    in_head_deg = [columns.axis_in_head_deg(axis) for axis in ("optical", "visual")]
    norm_deg = [gaze_deg, head_deg]
    cam, in_head = charts.reach_of(*cam_deg), charts.reach_of(*in_head_deg)
    norm = charts.reach_of(*norm_deg, *(angles for angles in real_deg if angles is not None))
    maps = [
        charts.angle_map(cam_deg[0], "Optical axis in the camera", cam),
        charts.angle_map(cam_deg[1], "Visual axis in the camera", cam),
        charts.angle_map(norm_deg[0], "Gaze, normalised", norm, real_deg[0]),
        charts.angle_map(in_head_deg[0], "Optical axis in the head", in_head),
        charts.angle_map(in_head_deg[1], "Visual axis in the head", in_head),
        charts.angle_map(norm_deg[1], "Head, normalised", norm, real_deg[1]),
    ]
    text = (
        "<p class=note>Of the eye that a picture is centred on, drawn as the picture shows it: yaw grows to the left. "
        "Normalised as in MPIIGaze (mode mpiigaze_2015, right eyes mirrored).</p>"
    )
    return text + _charts(maps)


def geometry_charts(columns: Columns) -> str:
    """Return distributions of head pose, distance, lids and pupil."""
    head_deg = columns.head_pose_deg()
    distance_m = np.linalg.norm(columns.eye_vector("centre_of_canthi_cam"), axis=1)
    shares = columns.eye("points.iris.visible") / 32
    drawn = [
        charts.histograms(dict(zip(("pitch", "yaw", "roll"), head_deg.T, strict=True)), "Head pose", "degrees"),
        charts.histogram(distance_m, "Distance of the eye", "m"),
        charts.histogram(columns.eye("openness"), "Openness", "gap between the lids / iris diameter"),
        charts.histogram(2e3 * columns.eye("pupil_radius_m"), "Pupil diameter", "mm"),
        charts.histogram(2e3 * columns.eye("iris_radius_m"), "Iris diameter", "mm"),
        charts.histogram(100 * shares, "Iris contour in sight", "% of its points"),
        charts.histogram(np.degrees(columns.numbers("vergence_rad")), "Vergence", "degrees"),
        charts.histogram(columns.matrix("camera_matrix", 3)[:, 0, 0], "Focal length", "px"),
    ]
    return _charts(drawn)


def face_charts(faces: Columns) -> str:
    """Return distributions over pictures that hold a face: pose, size, what is seen of it, expressions, attributes."""
    head_deg = faces.head_pose_deg()
    width_px = faces.numbers("face.box_face_px_x1") - faces.numbers("face.box_face_px_x0")
    pose = charts.reach_of(head_deg[:, :2])
    prefix = "face.celeba."
    ticked = {
        name.removeprefix(prefix).replace("_", " "): float(np.sum(faces[name] == True))  # noqa: E712
        for name in faces.arrays
        if name.startswith(prefix)
    }
    drawn = [
        charts.angle_map(head_deg[:, :2], "Head in the camera", pose),
        charts.histogram(head_deg[:, 2], "Roll of the head", "degrees"),
        charts.histogram(width_px, "Width of the face", "px"),
        charts.histogram(
            100 * faces.numbers("face.points.ibug68.visible") / 68, "Landmarks in sight", "% of iBUG's 68"
        ),
        charts.bars(Counter(str(name) for name in faces["face.expression"]), "Expression"),
    ]
    if ticked:
        drawn.append(charts.bars({name: n for name, n in ticked.items() if n}, "CelebA's attributes", at_most=20))
    return _charts(drawn)


def attribute_charts(columns: Columns) -> str:
    """Return a chart of every attribute: a histogram of numbers, bars of names; ancestry by its largest part."""
    drawn: list[str] = []
    counted: list[str] = []
    ancestry = sorted(name for name in columns.arrays if name.startswith("attributes.ancestry."))
    hidden = {*ancestry, "attributes.identity"}
    if ancestry:
        largest = np.argmax([columns.numbers(name) for name in ancestry], axis=0)
        counts = Counter(ancestry[place].rpartition(".")[2] for place in largest)
        counted.append(charts.bars(counts, "Ancestry, largest part"))
    for name in sorted(name for name in columns.arrays if name.startswith("attributes.") and name not in hidden):
        values = columns[name]
        title = name.removeprefix("attributes.").replace("_", " ").replace(".", ", ").capitalize()
        if values.dtype.kind in "iuf":
            drawn.append(charts.histogram(columns.numbers(name), title.removesuffix(" years"), _unit(name)))
        else:
            counted.append(charts.bars(Counter(_shown(value) for value in values.tolist()), title))
    counted.append(charts.bars(Counter(columns["subject_eye"].tolist()), "Subject's eye"))
    return _charts(drawn + counted)


def work_charts(manifest: Mapping[str, Any], timings: Sequence[Mapping[str, Any]]) -> str:
    """Return why scenes were thrown away, and what the samples cost."""
    drawn_scenes, rejections = manifest["scenes_drawn"], manifest["rejections"]
    rejected = sum(rejections.values())
    text = f"<p>{drawn_scenes:,} scenes were drawn, {rejected:,} of them rejected and drawn again.</p>"
    drawn = []
    if rejections:
        drawn.append(charts.bars({cause.replace("_", " "): n for cause, n in rejections.items()}, "Rejected, by cause"))
    if timings:
        drawn.append(charts.rate_over_shards([t["samples"] for t in timings], [t["seconds"] for t in timings]))
    return text + _charts(drawn) + _parts_table(timings)


def _parts_table(timings: Sequence[Mapping[str, Any]]) -> str:
    samples = max(1, sum(line["samples"] for line in timings))
    whole = sum(line["seconds"] for line in timings)
    parts: dict[str, float] = {}
    for line in timings:
        for name, seconds in line.get("parts_s", {}).items():
            parts[name] = parts.get(name, 0.0) + seconds
    if not parts or whole <= 0:
        return ""
    parts["other"] = max(0.0, whole - sum(parts.values()))
    rows = [
        (name.replace("_", " "), f"{1000 * seconds / samples:.1f}", f"{100 * seconds / whole:.1f} %")
        for name, seconds in sorted(parts.items(), key=lambda part: -part[1])
    ]
    return _table(("stage", "ms a sample", "share"), [*rows, ("all", f"{1000 * whole / samples:.1f}", "")])


def origin(manifest: Mapping[str, Any]) -> str:
    """Return versions, shards and configuration."""
    versions = _table(("package", "version"), sorted(manifest["versions"].items()))
    shards = _table(
        ("shard", "samples", "MB", "sha256"),
        [(s["name"], f"{s['samples']}", f"{s['bytes'] / 1e6:.2f}", s["sha256"]) for s in manifest["shards"]],
    )
    config = html.escape(json.dumps(manifest["config"], indent=2, sort_keys=True))
    return (
        f"{versions}<details><summary>Shards ({len(manifest['shards'])})</summary>{shards}</details>"
        f"<details open><summary>Configuration</summary><pre>{config}</pre></details>"
    )


def _charts(drawn: Sequence[str]) -> str:
    cards = "".join(f'<div class="chart">{svg}</div>' for svg in drawn)
    return f'<div class="charts">{cards}</div>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def cell(tag: str, text: str, number: bool) -> str:
        return f"<{tag}{' class=number' if number else ''}>{html.escape(text)}</{tag}>"

    columns = list(zip(*rows, strict=True)) or [()] * len(head)
    numeric = [all(text[:1].isdigit() and len(text) < 12 for text in column if text) for column in columns]
    lines = [("th", head), *(("td", row) for row in rows)]
    cells = ("".join(cell(tag, text, n) for text, n in zip(row, numeric, strict=True)) for tag, row in lines)
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in cells)}</table>"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _unit(name: str) -> str:
    units = {"_years": "years", "_m": "m", "_rad": "rad", "_mm": "mm", "_deg": "degrees", "_w": "W"}
    return next((unit for ending, unit in units.items() if name.endswith(ending)), "")
