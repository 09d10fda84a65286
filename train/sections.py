"""Sections that reports share: what each network costs, and what is left out of the figures."""

import html
from collections.abc import Mapping, Sequence

from train.cost import Cost
from train.page import row, table


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
