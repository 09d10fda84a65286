"""Write what was measured of a refiner: report.json, its pictures, and report.html that holds all of it."""

import html
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from train.gap.distances import HALVES, Distance
from train.gap.downstream import Rows
from train.gap.drift import Drift
from train.gap.measure import REFINED, UNMOVED, Measured
from train.gap.pictures import before_and_after, both_distances
from train.measure.page import Pictures, page_of, row, table, write_page

AIM_PX, AIM_DEG = 0.5, 0.5
"""Of the median shift of a refined eye."""
DRIFT_COLUMNS = (
    "refined eyes",
    "median",
    "95 %",
    "mean right",
    "mean down",
    "augmented, unmoved: median",
    "95 %",
    "own error before: median",
    "95 %",
    "own error after: median",
    "95 %",
)
GAZE_COLUMNS = tuple({"mean right": "mean pitch", "mean down": "mean yaw"}.get(name, name) for name in DRIFT_COLUMNS)
FEATURES = {
    "network": "features of a gaze network, before its last layer",
    "hog": "histograms of oriented gradients",
    "texture": "local binary patterns",
}


def write_report(
    out: Path,
    measured: Measured,
    about: Mapping[str, Any],
    curves: bytes | None = None,
    downstream: Rows | None = None,
) -> dict[str, Any]:
    """Write the report into a folder and return report.json's content.

    Args:
        out: Made if absent; files of an earlier report are replaced.
        measured: What was measured.
        about: On what, by whom: corpora, networks, seed, commit, versions.
        curves: The refiner's training, a PNG.
        downstream: Errors of networks that learnt from refined eyes.
    """
    report = {"about": dict(about), **measured.to_json()}
    pictures: dict[str, tuple[str, bytes]] = {
        "distances.png": ("Distance to real eyes", both_distances(measured.distances)),
        "eyes.png": ("Rendered, refined, and real eyes", before_and_after(measured.pairs, measured.real)),
    }
    if curves is not None:
        pictures["curves.png"] = ("The refiner's training", curves)
    if downstream is not None:
        report["downstream"] = {name: {key: asdict(one) for key, one in of.items()} for name, of in downstream.items()}
    write_page(out, report, pictures, page(about, measured, downstream, pictures))
    return report


def page(about: Mapping[str, Any], measured: Measured, downstream: Rows | None, pictures: Pictures) -> str:
    """Return report.html."""
    body = "".join(
        [
            f"<p>{len(measured.pairs.rendered)} rendered eyes and what the refiner made of them, "
            f"{len(measured.real)} real ones.</p>",
            drift_section(measured),
            *(distance_section(kind, measured.distances[kind]) for kind in measured.distances),
            downstream_section(downstream),
        ]
    )
    return page_of("refined eyes", about, body, pictures, heading=f"What refining did to {about.get('data', '')}")


def drift_section(measured: Measured) -> str:
    """Return the tables of what moved."""
    unmoved = UNMOVED if UNMOVED in measured.gaze else None

    def line(name: str, of: Mapping[str, Drift]) -> str:
        return row(name, values_of(of[REFINED], of[unmoved] if unmoved else None))

    lines = [
        line(f"{part} ({label})", {version: measured.landmarks[version][label][part] for version in measured.gaze})
        for label, found in measured.landmarks[REFINED].items()
        for part in found
    ]
    lines += [
        line(f"gradients, {window}", {version: measured.gradients[version][window] for version in measured.gaze})
        for window in measured.gradients[REFINED]
    ]
    gazes = [line("gaze", measured.gaze)]
    met = {True: "met", False: "not met"}[measured.gaze[REFINED].shift.median < AIM_DEG]
    return (
        "<h2>Did labels drift?</h2><p>Shift between what is found in an eye before and after, px of the 60x36 picture "
        f"(aim: median below {AIM_PX}). <small>Landmarks by networks at their own size, both versions resized alike. "
        "A shift below a network's own error is no proof of a move, and none that there was none; the means, which "
        "random errors leave near 0, say more. &ldquo;Augmented, unmoved&rdquo; is what the same measure finds where "
        f"only light, blur and noise changed.</small></p>{table(DRIFT_COLUMNS, lines)}"
        f"<p>Gaze, degrees (aim: median below {AIM_DEG}: {met}).</p>{table(GAZE_COLUMNS, gazes)}"
    )


def values_of(refined: Drift, unmoved: Drift | None) -> list[float | None]:
    """Return a drift in the order of DRIFT_COLUMNS."""
    spreads = (unmoved.shift if unmoved is not None else None, refined.error_before, refined.error_after)
    told = [(None, None) if one is None else (one.median, one.p95) for one in spreads]
    return [refined.shift.median, refined.shift.p95, *refined.mean, *(value for pair in told for value in pair)]


def distance_section(kind: str, of: Mapping[str, Distance]) -> str:
    """Return the table of one kind of features."""
    columns = ("set", "1000 x distance", "error", "told apart, %", "error", "labels shuffled, %", "deviation")
    rows = []
    for name, one in of.items():
        told = [100 * value for value in (one.told.accuracy, one.told.error, one.told.null, one.told.null_deviation)]
        values = [1000 * one.kernel.value, 1000 * one.kernel.error, *told]
        rows.append(row(name, values, "sum" if name == HALVES else ""))
    sides = {name: one.told.rows for name, one in of.items() if name != HALVES}
    return (
        f"<h2>Against real eyes: {html.escape(FEATURES.get(kind, kind))}</h2><p><small>Kernel distance (KID): 0 for "
        "equal distributions, its error a jackknife's. Told apart: part of held-out eyes that logistic regression "
        f"assigns rightly, {min(sides.values())} of either side ({of[HALVES].told.rows} in halves); 50 is guessing, "
        f"the error binomial; beside it what shuffled labels give.</small></p>{table(columns, rows)}"
    )


def downstream_section(rows: Rows | None) -> str:
    """Return the table of a study, or nothing."""
    if not rows:
        return ""
    names = list(dict.fromkeys(name for figures in rows.values() for name in figures))
    columns = [column for name in names for column in (name, "deviation")]
    lines = []
    for label, figures in rows.items():
        found = [figures.get(name) for name in names]
        told = [(None, None) if one is None or one.mean is None else (one.mean, one.deviation) for one in found]
        lines.append(row(label, [value for pair in told for value in pair]))
    return (
        "<h2>Networks that learnt from them</h2><p><small>Error on real eyes, degrees, mean and deviation over seeds; "
        f"a study of canthus ablate.</small></p>{table(('row', *columns), lines)}"
    )


def summary(measured: Measured) -> list[str]:
    """Return the lines that the command prints."""
    lines = []
    for label, found in measured.landmarks[REFINED].items():
        for part, one in found.items():
            lines.append(f"{part} ({label}): {told_drift(one, 'px')}")
    lines += [f"gradients, {name}: {told_drift(one, 'px')}" for name, one in measured.gradients[REFINED].items()]
    lines.append(f"gaze: {told_drift(measured.gaze[REFINED], 'deg')}")
    for kind, of in measured.distances.items():
        told = (
            f"{name} {one.kernel.value:.3f} +- {one.kernel.error:.3f}, told apart {100 * one.told.accuracy:.0f} %"
            for name, one in of.items()
        )
        lines.append(f"{kind}: {'; '.join(told)}")
    return lines


def told_drift(drift: Drift, unit: str) -> str:
    """Return a drift in a few words."""
    said = f"median shift {drift.shift.median:.2f} {unit}, 95 % {drift.shift.p95:.2f}"
    if drift.error_before is None:
        return said
    return f"{said}; own error {drift.error_before.median:.2f}"
