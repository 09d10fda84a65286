"""What every batch is: columns of one row a picture, which are taken, moved to a device and joined together.

A column is a tensor (b, ...), a tuple of b names, `Rows` themselves, or a value that all rows share: None where a batch
has no such column.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

Itself = TypeVar("Itself", bound="Rows")
Some = TypeVar("Some")


@dataclass(frozen=True)
class Rows:
    """A dataclass whose fields are columns, the first of them a tensor."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(next(iter(vars(self).values())))

    def take(self: Itself, rows: Sequence[int] | Tensor) -> Itself:
        """Return these rows, in this order."""
        index = torch.as_tensor(rows, dtype=torch.long)
        return replace(self, **{name: _taken(column, index) for name, column in vars(self).items()})

    def to(self: Itself, device: torch.device | str, non_blocking: bool = False) -> Itself:
        """Return the batch with its tensors on a device."""
        moving = {name: column for name, column in vars(self).items() if isinstance(column, Tensor | Rows)}
        return replace(self, **{name: one.to(device, non_blocking=non_blocking) for name, one in moving.items()})


def _taken(column: Any, index: Tensor) -> Any:
    """Return these rows of a column."""
    if isinstance(column, tuple):
        return tuple(column[i] for i in index.tolist())
    if isinstance(column, Rows):
        return column.take(index)
    return column[index] if isinstance(column, Tensor) else column


def joined(parts: Sequence[Some]) -> Some:
    """Return batches of one kind, at least one, as one: tensors row by row, tuples end to end."""
    return _joined(parts)


def _joined(columns: Sequence[Any]) -> Any:
    first = columns[0]
    if isinstance(first, Tensor):
        return torch.cat(list(columns))
    if isinstance(first, tuple):
        return sum(columns, start=())
    if isinstance(first, Rows):
        return replace(first, **{name: _joined([getattr(one, name) for one in columns]) for name in vars(first)})
    assert all(column == first for column in columns)
    return first
