"""What can be changed of a configuration, as a tree of controls read off its dataclasses and their present values.

    a number, a whole number    a slider over [low, high], which is where it is now and as far again to both sides
                                (never below zero if it is not; 0 to 1 of a probability; by factors where a name ends in
                                `_log`; a bound of a distribution up to its mean or other bound, a mean between them),
                                and a field that takes any number: the configuration itself says what is wrong
    a truth value, an Enum      a choice
    a text, a list of plain values    a field: the value as it is typed on the command line, `[city,forest]`
    a dataclass, a mapping, a list of dataclasses    a group

A mapping of mappings has no control, as no word of a command line can change it.
A control has a path of keys; `word` is the override that gives it a value on the command line of `canthus render`.
What a field is about is the text below it in its dataclass.
"""

import ast
import inspect
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from synth.errors import ConfigError

Kind = Literal["number", "whole", "truth", "choice", "text"]
PLAIN = re.compile(r"\w+")
"""Keys that can stand between dots on a command line; others are written in braces."""
LOG_FACTOR = 4.0
MOST = 1e300
"""Of a number; what is not finite is none."""


@dataclass(frozen=True)
class Control:
    """One value that can be changed.

    Attributes:
        path: Its keys, from the outermost.
        kind: How it is shown.
        value: What it is now; an Enum's by name, a text as it is typed.
        low: Of a slider.
        high: Of a slider.
        log: Whether the slider goes by factors.
        options: Of a choice.
        about: What it means, in words; may be empty.
    """

    path: tuple[str, ...]
    kind: Kind
    value: float | int | bool | str
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    options: tuple[str, ...] = ()
    about: str = ""

    @property
    def key(self) -> str:
        """The path with dots."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Group:
    """Controls of one dataclass, mapping or list."""

    path: tuple[str, ...]
    about: str
    parts: "tuple[Control | Group, ...]"

    def controls(self) -> Iterator[Control]:
        """Yield all controls, those of inner groups included."""
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.controls()
            else:
                yield part


def group(value: Any, path: tuple[str, ...], about: str = "") -> Group:
    """Return the controls of a dataclass of a configuration; its `None`s have none.

    Args:
        value: The dataclass.
        path: Its keys in the whole configuration.
        about: What it is about; without, the first line of its own text, unless it is a distribution as there are many.
    """
    own: Any = type(value)
    hints, said = get_type_hints(own), _said(own)
    reach = _joint_reach(value, path)
    parts = [
        part
        for name in hints
        for part in _part(getattr(value, name), hints[name], (*path, name), said.get(name, ""), reach.get(name))
    ]
    return Group(path, about or ("" if reach else (inspect.getdoc(own) or "").partition("\n")[0]), tuple(parts))


def word(control: Control, value: Any) -> str:
    """Return the override that gives a control a value.

    Raises:
        ConfigError: The value is not of its kind.
    """
    typed = _typed(control, value)
    odd = next((i for i, key in enumerate(control.path) if not PLAIN.fullmatch(key)), len(control.path))
    inner, outer = control.path[odd:], control.path[:odd]
    for key in reversed(inner):
        typed = f"{{{key}:{typed}}}"
    return f"{'.'.join(outer)}={typed}"


def _typed(control: Control, value: Any) -> str:
    """Return a value as it is typed."""
    if control.kind == "truth" and isinstance(value, bool):
        return str(value).lower()
    if control.kind == "whole" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if (
        control.kind == "number"
        and isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) <= MOST
    ):
        return repr(float(value))
    if control.kind == "choice" and value in control.options:
        return str(value)
    if control.kind == "text" and isinstance(value, str) and "${" not in value:  # what would be looked up elsewhere
        return value
    raise ConfigError(f"{control.key}={value!r}: is no value for it")


def _part(
    value: Any, hint: Any, path: tuple[str, ...], about: str, reach: tuple[float, float] | None
) -> Iterator[Control | Group]:
    """Yield the control or the group of a value, or nothing."""
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(one for one in get_args(hint) if one is not type(None))
    if value is None:
        return
    if is_dataclass(value):
        yield group(value, path, about)
    elif isinstance(value, Mapping):
        inner = get_args(hint)[1]
        if get_origin(inner) is dict:  # OmegaConf merges nothing into these, so that no word would change them
            return
        parts = [part for key, one in value.items() for part in _part(one, inner, (*path, str(key)), "", None)]
        yield Group(path, about, tuple(parts))
    elif isinstance(value, list) and value and is_dataclass(value[0]):
        inner = get_args(hint)[0]
        parts = [part for i, one in enumerate(value) for part in _part(one, inner, (*path, str(i)), "", None)]
        yield Group(path, about, tuple(parts))
    elif isinstance(value, list):
        yield Control(path, "text", f"[{','.join(map(_plain, value))}]", about=about)
    elif isinstance(value, Enum):
        yield Control(path, "choice", value.name, options=tuple(type(value).__members__), about=about)
    elif isinstance(value, bool):
        yield Control(path, "truth", value, about=about)
    elif isinstance(value, str):
        yield Control(path, "text", value, about=about)
    else:
        log = any(key.endswith("_log") for key in path[-2:])
        low, high = reach or _reach([float(value)], path, log)
        yield Control(path, "number" if hint is float else "whole", value, low, high, log and low > 0, about=about)


def _joint_reach(value: Any, path: tuple[str, ...]) -> dict[str, tuple[float, float]]:
    """Return how far the sliders of a distribution go: as far as its other numbers let it be one."""
    numbers = {f.name: getattr(value, f.name) for f in fields(value)}
    if not {"low", "high"} <= numbers.keys() or not all(isinstance(one, float) for one in numbers.values()):
        return {}
    least, most = numbers["low"], numbers["high"]
    low, high = _reach([least, most], path, path[-1].endswith("_log"))
    found = {
        "mean": (least, most),
        "sd": (0.0, high - low),
        "low": (low, numbers.get("mean", most)),
        "high": (numbers.get("mean", least), high),
    }
    return {name: ends if ends[0] < ends[1] else (low, high) for name, ends in found.items()}


def _reach(numbers: Sequence[float], path: tuple[str, ...], log: bool) -> tuple[float, float]:
    """Return the ends of a slider for numbers that share a scale."""
    least, most = min(numbers), max(numbers)
    if "probability" in path[-1]:
        return 0.0, 1.0
    if log and least > 0:
        return least / LOG_FACTOR, most * LOG_FACTOR
    span = (most - least) or abs(most) or 1.0
    low = least - span
    return (max(low, 0.0) if least >= 0 else low), most + span


def _plain(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)


@cache
def _said(cls: type) -> dict[str, str]:
    """Return the text below each field of a dataclass, in one line."""
    [definition] = ast.parse(inspect.cleandoc(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for field, text in zip(definition.body, definition.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                found[name] = " ".join(words.split())
    return found
