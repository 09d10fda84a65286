"""Tables of ablations as Markdown, with what it takes to repeat them: what docs/ablations.md is put together from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Cells = Sequence[float | str | None]


@dataclass(frozen=True)
class Table:
    """A table of figures.

    Attributes:
        columns: Their names, that of the rows' first.
        rows: A name and its cells.
    """

    columns: Sequence[str]
    rows: Sequence[tuple[str, Cells]]

    def markdown(self) -> str:
        """Return the lines of the table, numbers with two digits, a dash for what there is not."""
        lines = ["| " + " | ".join(self.columns) + " |", "|" + "---|" * len(self.columns)]
        lines += ["| " + " | ".join([name, *map(_spelt, cells)]) + " |" for name, cells in self.rows]
        return "\n".join(lines)


@dataclass(frozen=True)
class Chapter:
    """One ablation: tables under headings, and how it was made.

    Attributes:
        title: What was varied.
        made: Facts: command, seed, date, commit.
        tables: By heading; an empty one has none.
        picture: File name of a figure that lies beside it.
    """

    title: str
    made: Mapping[str, object]
    tables: Mapping[str, Table] = field(default_factory=dict)
    picture: str | None = None

    def markdown(self) -> str:
        """Return the chapter."""
        parts = [f"## {self.title}", "; ".join(f"{name} `{value}`" for name, value in self.made.items()) + "."]
        for heading, table in self.tables.items():
            parts += [f"### {heading}"] * bool(heading) + [table.markdown()]
        if self.picture is not None:
            parts.append(f"![{self.title}]({self.picture})")
        return "\n\n".join(parts) + "\n"


def _spelt(cell: float | str | None) -> str:
    if cell is None:
        return "-"
    return cell if isinstance(cell, str) else f"{cell:.2f}"
