"""Charts of the report as SVG text: light, few lines, one colour for what is rendered and another for what is real.

Angles are drawn as the picture shows them: +yaw, the left of the image, is on the left; +pitch, up, is above.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

INK, DIM, GRID, RENDERED, REAL = "#23303d", "#75818c", "#e6eaee", "#2a6f97", "#d8692f"
DENSITY = LinearSegmentedColormap.from_list("density", ["#dcebf4", "#2a6f97", "#0b2a40"])
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "axes.edgecolor": "#b8c1c9",
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": DIM,
    "ytick.color": DIM,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "svg.fonttype": "none",
    "svg.hashsalt": "canthus",
    "figure.dpi": 100,
    "savefig.dpi": 170,
}
SCATTER_AT_MOST = 1500
CARD_WIDE, CARD_HIGH, CARD_TALL, TOP_INCHES = 3.35, 2.2, 2.9, 0.34
BARS = 4


def reach_of(*angles_deg: Float[np.ndarray, "_ 2"]) -> tuple[float, float]:
    """Return how far (pitch, yaw) reach from zero, nearly all of them, so that maps can share a scale."""
    reach = np.percentile(np.abs(np.concatenate(angles_deg)), 99.5, axis=0) * 1.12
    return max(5.0, float(reach[0])), max(5.0, float(reach[1]))


@matplotlib.rc_context(STYLE)
def angle_map(
    pitch_yaw_deg: Float[np.ndarray, "n 2"],
    title: str,
    reach_deg: tuple[float, float],
    real_deg: Float[np.ndarray, "m 2"] | None = None,
) -> str:
    """Return a map of [pitch, yaw]; `reach_deg` as `reach_of` gives it; real ones are drawn over the rendered ones."""
    figure, axes = _card(title, left_inches=0.52, bottom_inches=0.44, height_inches=CARD_TALL)
    pitch, yaw = pitch_yaw_deg.T
    if len(pitch) > SCATTER_AT_MOST:
        extent = (-reach_deg[1], reach_deg[1], -reach_deg[0], reach_deg[0])
        axes.hexbin(yaw, pitch, gridsize=(34, 20), extent=extent, mincnt=1, cmap=DENSITY, lw=0.1, rasterized=True)
    else:
        axes.plot(yaw, pitch, ".", ms=3.5, mec="none", color=RENDERED, alpha=0.55, rasterized=True, label="rendered")
    if real_deg is not None:
        some = real_deg[:: -(-len(real_deg) // SCATTER_AT_MOST)]
        axes.plot(some[:, 1], some[:, 0], ".", ms=2.5, mec="none", color=REAL, alpha=0.6, rasterized=True, label="real")
        axes.legend(loc="upper right", markerscale=2.5, handletextpad=0.1)
    axes.set(xlim=(reach_deg[1], -reach_deg[1]), ylim=(-reach_deg[0], reach_deg[0]))
    axes.set(xlabel="yaw, degrees", ylabel="pitch, degrees")
    axes.axhline(0, color=GRID, lw=1, zorder=0)
    axes.axvline(0, color=GRID, lw=1, zorder=0)
    means = f"mean {pitch.mean():+.1f}, {yaw.mean():+.1f}; sd {pitch.std():.1f}, {yaw.std():.1f}"
    axes.text(0.02, 0.02, means, transform=axes.transAxes, color=DIM, fontsize=7.5)
    return _svg(figure)


@matplotlib.rc_context(STYLE)
def histogram(values: Float[np.ndarray, "n"], title: str, unit: str) -> str:
    """Return a histogram with its median and the middle ninety hundredths marked."""
    figure, axes = _card(title)
    _bars_of(axes, values)
    low, middle, high = np.percentile(values, [5, 50, 95])
    axes.axvspan(low, high, color=GRID, zorder=0, lw=0)
    axes.axvline(middle, color=REAL, lw=1.2)
    axes.set(xlabel=unit, yticks=[])
    axes.spines["left"].set_visible(False)
    figure.text(
        0.98, 0.98, f"{_brief(middle)}  ({_brief(low)} to {_brief(high)})", color=DIM, size=8, ha="right", va="top"
    )
    return _svg(figure)


@matplotlib.rc_context(STYLE)
def histograms(columns: Mapping[str, Float[np.ndarray, "_"]], title: str, unit: str) -> str:
    """Return outlines of several distributions over one axis, each as shares of its own."""
    figure, axes = _card(title)
    every = np.concatenate(list(columns.values()))
    edges = np.linspace(every.min(), every.max() + 1e-9, 41)
    for (name, values), colour in zip(columns.items(), (RENDERED, REAL, "#6a9a3b", "#7a5ea8"), strict=False):
        counts, _ = np.histogram(values, edges)
        axes.stairs(counts / len(values), edges, color=colour, lw=1.5, label=name)
    axes.set(xlabel=unit, yticks=[])
    axes.spines["left"].set_visible(False)
    axes.legend(loc="upper right", handlelength=1.2)
    return _svg(figure)


@matplotlib.rc_context(STYLE)
def bars(counts: Mapping[str, float], title: str, at_most: int = 3 * BARS) -> str:
    """Return horizontal bars, the longest first, each with its count and share."""
    total = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    if len(ranked) > at_most:
        rest = ranked[at_most - 1 :]
        ranked = [*ranked[: at_most - 1], (f"{len(rest)} others", sum(count for _, count in rest))]
    rows = max(len(ranked), BARS)
    height_inches = TOP_INCHES + 0.3 * rows + 0.08
    figure, axes = _card(title, left_inches=1.0, bottom_inches=0.08, height_inches=height_inches)
    places = np.arange(len(ranked))
    axes.barh(places, [count for _, count in ranked], height=0.66, color=RENDERED)
    for place, (_, count) in enumerate(ranked):
        note = f"{count:,.0f} \N{MIDDLE DOT} {100 * count / total:.1f} %" if total else "0"
        axes.annotate(note, (count, place), (4, 0), textcoords="offset points", va="center", fontsize=7.5, color=DIM)
    axes.set(xticks=[], xlim=(0, 1.5 * max([1e-9, *counts.values()])), ylim=(rows - 0.4, -0.6))
    axes.set_yticks(places, [name if len(name) <= 17 else f"{name[:16]}." for name, _ in ranked])
    axes.tick_params(length=0)
    axes.spines[["bottom", "left"]].set_visible(False)
    return _svg(figure)


@matplotlib.rc_context(STYLE)
def rate_over_shards(samples: Sequence[float], seconds: Sequence[float]) -> str:
    """Return the seconds a sample took, shard by shard in the order in which they ended."""
    figure, axes = _card("Seconds a sample, by shard", left_inches=0.45)
    values = np.asarray(seconds, float) / np.asarray(samples, float)
    axes.plot(np.arange(1, len(values) + 1), values, "o-", ms=3, lw=1, color=RENDERED)
    axes.set(xlabel="shards done", ylim=(0, 1.15 * values.max() + 1e-9))
    axes.grid(axis="y", color=GRID, lw=0.8)
    return _svg(figure)


def _bars_of(axes: Axes, values: Float[np.ndarray, "n"]) -> None:
    """Draw 36 bars, or one a value where there are few (a share of 32 points would else show gaps)."""
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-6 * abs(high):
        low, high, bins = low - 0.05 * max(abs(low), 0.1), high + 0.05 * max(abs(high), 0.1), 25
    else:
        steps = len(np.unique(values)) - 1
        bins = steps + 1 if steps < 40 else 36
        half = (high - low) / (bins - 1) / 2
        low, high = low - half, high + half
    axes.hist(values, bins=bins, range=(low, high), color=RENDERED, alpha=0.9, zorder=2)


def _brief(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _card(
    title: str, left_inches: float = 0.08, bottom_inches: float = 0.44, height_inches: float = CARD_HIGH
) -> tuple[Figure, Axes]:
    """Return a figure with its title and its only axes; margins are fixed, so that cards beside each other line up."""
    figure = Figure(figsize=(CARD_WIDE, height_inches))
    left, bottom = left_inches / CARD_WIDE, bottom_inches / height_inches
    axes = figure.add_axes((left, bottom, 0.98 - left, 1 - bottom - TOP_INCHES / height_inches))
    figure.text(0.02, 1 - 0.05 / height_inches, title, va="top", fontsize=9.5)
    return figure, axes


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
