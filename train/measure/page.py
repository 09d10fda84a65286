"""What reports share: a page of tables and pictures that says how it was made, and the folder it is written to."""

import base64
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synth.shards.atomic import write_whole

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0 } th, td { padding: .25em .8em; text-align: right }
th { border-bottom: 1px solid #888; font-weight: 600 } td:first-child, th:first-child { text-align: left }
tr.sum td { border-top: 1px solid #888; font-weight: 600 } img { max-width: 100% } small { color: #666 }
"""

Pictures = Mapping[str, tuple[str, bytes]]
"""File name to title and PNG."""


def write_page(out: Path, report: Mapping[str, Any], pictures: Pictures, page: str) -> None:
    """Write report.json, the pictures and report.html into a folder, made if absent; earlier ones are replaced."""
    out.mkdir(parents=True, exist_ok=True)
    for name, (_, data) in pictures.items():
        write_whole(out / name, data)
    write_whole(out / "report.json", json.dumps(report, indent=1).encode())
    write_whole(out / "report.html", page.encode())


def write_predictions(path: Path, predictions: Mapping[str, Any]) -> None:
    """Write what networks say of each picture, by its name, and tell where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(predictions, indent=0).encode())
    print(f"wrote {path}")


def page_of(subject: str, about: Mapping[str, Any], body: str, pictures: Pictures, heading: str | None = None) -> str:
    """Return the page; pictures are inside it.

    Args:
        subject: What was measured: gaze, head pose.
        about: What was measured on what: `data`, networks, commit, versions.
        body: What stands above the pictures, HTML.
        pictures: In their order.
        heading: What stands at the top; None for the subject's error on the data.
    """
    data = html.escape(str(about.get("data", "")))
    title = html.escape(heading) if heading is not None else f"{subject.capitalize()} error on {data}"
    drawn = "".join(
        f'<h2>{shown}</h2><img alt="{shown}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'
        for shown, png in pictures.values()
    )
    facts = "".join(f"<tr><td>{html.escape(str(k))}</td><td>{html.escape(str(v))}</td></tr>" for k, v in about.items())
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>canthus: {subject} on {data}</title>'
        f"<style>{STYLE}</style><h1>{title}</h1>{body}"
        f"{drawn}<h2>How it was made</h2><table>{facts}</table></html>"
    )


def table(columns: Sequence[str], rows: Sequence[str]) -> str:
    """Return a table of rows."""
    return f"<table><tr>{''.join(f'<th>{name}</th>' for name in columns)}</tr>{''.join(rows)}</table>"


def row(name: str, values: Sequence[float | None], kind: str = "") -> str:
    """Return a row: a name and numbers with two digits, a dash for what there is not; `sum` is a kind."""
    cells = "".join(f"<td>{'-' if value is None else f'{value:.2f}'}</td>" for value in values)
    return f'<tr class="{kind}"><td>{html.escape(name)}</td>{cells}</tr>'
