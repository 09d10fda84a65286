"""Sections that reports share: errors by person, what each network costs, and what is left out of the figures."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from train.measure.cost import Cost
from train.measure.page import row, table


def persons_section(found: Mapping[str, Any], noun: str) -> str:
    """Return the table of errors by person, or nothing where nobody is told apart.

    Args:
        found: What `train.measure.gaze_evaluation.over_persons` tells.
        noun: What was measured, in the plural.
    """
    if not found:
        return ""
    shown = ("raw", "offset_free")
    columns = [f"{name}, {what}" for name in found for what in ("raw", "after one offset")]
    counts = {one: facts["n"] for one, facts in next(iter(found.values()))["persons"].items()}
    rows = [
        row(f"{one} ({n} {noun})", [of["persons"][one][key] for of in found.values() for key in shown])
        for one, n in counts.items()
    ]
    for label, what, kind in (("mean of persons", "mean", "sum"), ("deviation", "deviation", "")):
        rows.append(row(label, [of[what][key] for of in found.values() for key in shown], kind))
    return f"<h2>By person</h2>{table(('person', *columns), rows)}"


def persons_lines(found: Mapping[str, Any]) -> list[str]:
    """Return the same, of several persons, in a line a network for the command to print."""
    return [
        f"{name}: {len(of['persons'])} persons, mean {of['mean']['raw']:.2f}, deviation {of['deviation']['raw']:.2f}"
        for name, of in found.items()
        if len(of["persons"]) > 1
    ]


def costs_section(names: Sequence[str], costs: Sequence[Cost]) -> str:
    """Return the table of what each network costs; nothing where nobody asked."""
    if not costs:
        return ""
    time = f"ms a face, CPU, {costs[0].threads} threads"
    heads = ("network", "million parameters", "MB", time, "million multiply-adds")
    rows = [
        row(name, [c.parameters / 1e6, c.megabytes, c.ms_per_image, c.million_multiply_adds])
        for name, c in zip(names, costs, strict=True)
    ]
    return f"<h2>What each costs</h2>{table(heads, rows)}"


def left_out_section(left_out: Mapping[str, int], damaged: Sequence[str]) -> str:
    """Return who is not in the figures and why."""
    lines = [f"{n} {cause}" for cause, n in left_out.items()]
    lines += [f"damaged: {what}" for what in damaged]
    said = "".join(f"<li>{html.escape(line)}</li>" for line in lines) or "<li>none</li>"
    return f"<h2>Left out</h2><ul>{said}</ul>"


def left_out_words(left_out: Mapping[str, int]) -> str:
    """Return the same in a few words for a line that is printed; nothing where nobody is."""
    return f"; left out: {', '.join(f'{n} {cause}' for cause, n in left_out.items())}" if left_out else ""
