"""The report on a data set: one HTML file that holds everything it shows, and opens from a disk without a network.

Sheets with and without labels, rendered eyes beside real ones, what was asked for and what came out: gaze, head pose,
distance, lids, pupils, the subjects' attributes, rejections, rates, versions and configuration.
"""

import base64
import html
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from PIL import Image

from synth.export.eye_patch import eye_patch
from synth.report.columns import Columns, read_columns
from synth.report.real_eyes import RealEyes, read_real_eyes
from synth.report.sections import attribute_charts, face_charts, gaze_charts, geometry_charts, origin, work_charts
from synth.report.sheet import Layout, arrange, automatic_scale, draw_sheet
from synth.sample import Sample
from synth.shards import pick, read_manifest

SIDE_BY_SIDE = 32


@dataclass(frozen=True)
class Section:
    """A part of the report: its name and its HTML."""

    name: str
    body: str


@dataclass(frozen=True)
class Report:
    """What `canthus inspect` writes.

    Attributes:
        page: The HTML.
        sheet: The labelled contact sheet.
        beside_real: Rendered and real eyes side by side, if real ones were given.
        numbers: The figures of the page, by name.
    """

    page: str
    sheet: Image.Image
    beside_real: Image.Image | None
    numbers: dict[str, float | int | str]


def make_report(folder: Path, n: int, real: Path | None = None) -> Report:
    """Return the report on a finished data set.

    Args:
        folder: Of the data set.
        n: Pictures on a sheet.
        real: A real set to show beside it (see synth/report/real_eyes.py).

    Raises:
        DataError: The data set is not finished or damaged, or the real one cannot be read.
    """
    manifest, columns = read_manifest(folder), read_columns(folder)
    samples = pick(folder, n)
    real_eyes = read_real_eyes(real, SIDE_BY_SIDE) if real else None
    beside_real = beside(pick(folder, SIDE_BY_SIDE), real_eyes) if real_eyes else None
    timings = read_timings(folder)
    numbers = figures(manifest, columns, timings)
    layout = Layout(columns=min(4, n), scale=automatic_scale(samples[0].picture.shape[1]))
    labelled = draw_sheet(samples, layout, f"{folder.resolve().name}   {len(samples)} of {len(columns)}", labels=True)
    plain = draw_sheet(samples, layout, f"{folder.resolve().name}   {len(samples)} of {len(columns)}", labels=False)
    sections = [
        Section("Pictures", _figure(plain, "As rendered.") + _figure(labelled, "With their labels.", exact=True)),
        *([Section("Beside real eyes", _beside_text(beside_real, real_eyes))] if beside_real and real_eyes else []),
        Section("Gaze", gaze_charts(columns, real_eyes)),
        Section("Head and eye", geometry_charts(columns)),
        *([Section("Faces", face_charts(columns.faces))] if columns.faces else []),
        Section("Subjects and light", attribute_charts(columns)),
        Section("Rejections and rates", work_charts(manifest, timings)),
        Section("How it was made", origin(manifest)),
    ]
    return Report(_page(folder, sections, numbers), labelled, beside_real, numbers)


def figures(
    manifest: Mapping[str, Any], columns: Columns, timings: Sequence[Mapping[str, Any]]
) -> dict[str, float | int | str]:
    """Return the numbers that sum the data set up."""
    size_bytes = sum(shard["bytes"] for shard in manifest["shards"])
    gaze_deg, head_deg = columns.normalised_deg()
    found: dict[str, float | int | str] = {
        "samples": int(manifest["samples"]),
        "picture": f"{columns['image.width'][0]} x {columns['image.height'][0]}",
        "scenes_drawn": int(manifest["scenes_drawn"]),
        "rejected_percent": 100 * sum(manifest["rejections"].values()) / manifest["scenes_drawn"],
        "megabytes": size_bytes / 1e6,
        "seed": int(manifest["seed"]),
        "normalised_gaze_pitch_mean_deg": float(gaze_deg[:, 0].mean()),
        "normalised_gaze_yaw_sd_deg": float(gaze_deg[:, 1].std()),
        "normalised_head_pitch_mean_deg": float(head_deg[:, 0].mean()),
        "normalised_head_yaw_sd_deg": float(head_deg[:, 1].std()),
    }
    if "attributes.identity" in columns.arrays:
        found["subjects"] = len(set(columns["attributes.identity"].tolist()))
    if timings:
        seconds = sum(line["seconds"] for line in timings)
        found["seconds_per_sample"] = seconds / max(1, sum(line["samples"] for line in timings))
    return found


def read_timings(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of timings.jsonl, in order; one that a killed run left unfinished is left out."""
    path = folder / "timings.jsonl"
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [line for line in found if isinstance(line, dict) and {"samples", "seconds"} <= line.keys()]


def beside(samples: Sequence[Sample], real: RealEyes) -> Image.Image:
    """Return real eyes (left half) beside rendered ones (right half): 60x36, grey, equalised, right eyes mirrored."""
    halves = []
    patches = [eye_patch(sample) for sample in samples]
    ours = [(patch if patch.side == "left" else patch.mirrored()).image for patch in patches]
    for name, images in (("real", real.images), ("rendered", ours)):
        tiles = [Image.fromarray(image).convert("RGB").resize((180, 108), Image.Resampling.BICUBIC) for image in images]
        layout = Layout(columns=4, scale=3, margin_px=20, gap_px=6, caption_px=0)
        halves.append(arrange(tiles, [("", "")] * len(tiles), layout, name))
    height = max(half.height for half in halves)
    both = Image.new("RGB", (sum(half.width for half in halves), height), halves[0].getpixel((0, 0)))
    both.paste(halves[0], (0, 0))
    both.paste(halves[1], (halves[0].width, 0))
    return both


def _beside_text(picture: Image.Image, real: RealEyes) -> str:
    some = f"{len(real.images)} of {real.total:,} real eyes on the left, rendered ones on the right"
    return _figure(picture, f"{some}: 60 x 36 px, grey, equalised, right eyes mirrored.")


def _page(folder: Path, sections: Sequence[Section], numbers: Mapping[str, float | int | str]) -> str:
    shown = [
        (f"{numbers['samples']:,}", "samples"),
        (str(numbers["picture"]), "pixels"),
        (f"{numbers['rejected_percent']:.1f} %", "of scenes rejected"),
        (f"{numbers['megabytes']:,.1f} MB", "in shards"),
        (str(numbers["seed"]), "seed"),
    ]
    if "subjects" in numbers:
        shown.insert(1, (f"{numbers['subjects']:,}", "subjects"))
    if "seconds_per_sample" in numbers:
        shown.insert(3, (f"{numbers['seconds_per_sample']:.2f} s", "a sample and process"))
    facts = "".join(f"<div><b>{html.escape(value)}</b><span>{name}</span></div>" for value, name in shown)
    template = Template(files("synth.report").joinpath("page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=html.escape(folder.resolve().name),
        lead="Rendered pictures with their labels: what was asked for, and what came out.",
        facts=facts,
        navigation="".join(f'<a href="#{_anchor(s.name)}">{html.escape(s.name)}</a>' for s in sections),
        sections="".join(f'<h2 id="{_anchor(s.name)}">{html.escape(s.name)}</h2>{s.body}' for s in sections),
    )


def _figure(picture: Image.Image, text: str, exact: bool = False) -> str:
    """Return a picture with its caption; with `exact` lines stay sharp (png), without it is smaller (jpg)."""
    buffer = io.BytesIO()
    if exact:
        picture.save(buffer, "PNG", optimize=True)
    else:
        picture.save(buffer, "JPEG", quality=93, subsampling=0)
    data = base64.b64encode(buffer.getvalue()).decode()
    kind = "png" if exact else "jpeg"
    return (
        f'<figure><img alt="{html.escape(text)}" src="data:image/{kind};base64,{data}">'
        f"<figcaption>{html.escape(text)}</figcaption></figure>"
    )


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")
