"""Where two values of JSON differ, in a few words."""

import json
from collections.abc import Mapping
from typing import Any


def first_difference(stored: Any, derived: Any, name: str, by: str) -> str | None:
    """Return where two values of JSON first differ, in words; None where they are equal.

    Args:
        stored: The one.
        derived: The other.
        name: What the words call them.
        by: Who gives the other.
    """
    if isinstance(stored, Mapping) and isinstance(derived, Mapping):
        for key in sorted(stored.keys() | derived.keys()):
            if key not in stored:
                return f"{name}.{key} is absent"
            if key not in derived:
                return f"{name}.{key} is told, {by} gives none"
            if fault := first_difference(stored[key], derived[key], f"{name}.{key}", by):
                return fault
        return None
    if isinstance(stored, list) and isinstance(derived, list) and len(stored) == len(derived):
        pairs = enumerate(zip(stored, derived, strict=True))
        return next((fault for i, (a, b) in pairs if (fault := first_difference(a, b, f"{name}[{i}]", by))), None)
    same = stored == derived and type(stored) is type(derived)  # 1, 1.0 and true are three
    return None if same else f"{name} is {short(stored)}, {by} gives {short(derived)}"


def short(value: Any) -> str:
    """Return a value of JSON in at most forty characters."""
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
