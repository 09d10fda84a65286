"""A condition on the columns of a table, read from a line of text.

    eyes.left.openness > 0.3 and (attributes.glasses = none or not attributes.age_years < 18)

    condition  = all {"or" all}
    all        = part {"and" part}
    part       = "not" part | "(" condition ")" | column op value
    op         = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~"
    value      = a number | a word | 'text' | "text" | true | false | null

`~` asks whether a text holds another, capitals aside.  A label that a sample lacks (null) meets no comparison but
`= null`; `not` then is met.  Words are compared as they stand, and `and`, `or`, `not` are written small.  It is
parsed, never run: what a condition can name is columns, and what it can do is compare.
"""

import difflib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from jaxtyping import Bool

from synth.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa

Op = Literal["=", "!=", "<", "<=", ">", ">=", "~"]
OPS: tuple[Op, ...] = get_args(Op)
TOKEN = re.compile(
    r"\s*(?:(?P<op><=|>=|!=|[=<>~()])|'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\"|(?P<word>[^\s=<>!~()'\"]+))"
)
MOST_CHARACTERS = 2000
MOST_DEEP = 50
"""Brackets and `not`s inside each other."""

Value = float | str | bool | None
Columns = Callable[[str], "pa.ChunkedArray"]
"""A column by its name."""


@dataclass(frozen=True)
class Comparison:
    """A column against a value."""

    column: str
    op: Op
    value: Value
    text: str
    """The value as it was written."""


@dataclass(frozen=True)
class Not:
    """What its part is not."""

    part: "Condition"


@dataclass(frozen=True)
class Joined:
    """Parts that must all hold, or one of which must."""

    word: Literal["and", "or"]
    parts: "tuple[Condition, ...]"


Condition = Comparison | Not | Joined


def parse(text: str) -> Condition | None:
    """Return the condition; None of nothing but spaces, which everything meets.

    Raises:
        ConfigError: It cannot be read; says where.
    """
    if len(text) > MOST_CHARACTERS:
        raise ConfigError(f"filter: {len(text)} characters, at most {MOST_CHARACTERS}")
    if not text.strip():
        return None
    reader = _Reader(_tokens(text))
    found = reader.condition(0)
    if reader.at < len(reader.tokens):
        raise ConfigError(f"filter: expected and, or, or the end before {reader.tokens[reader.at].shown!r}")
    return found


def names(condition: Condition | None) -> set[str]:
    """Return the columns that a condition names."""
    if condition is None:
        return set()
    if isinstance(condition, Comparison):
        return {condition.column}
    return set().union(*map(names, (condition.part,) if isinstance(condition, Not) else condition.parts))


def check(condition: Condition | None, known: Collection[str]) -> None:
    """Refuse a condition on columns that there are not.

    Raises:
        ConfigError: Names the first, and one like it.
    """
    for name in sorted(names(condition) - set(known)):
        near = sorted(one for one in known if name in one) or difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        raise ConfigError(f"filter: there is no column {name!r}{f'; did you mean {near[0]}?' if near else ''}")


def meets(condition: Condition, columns: Columns) -> Bool[np.ndarray, "n"]:
    """Return which rows meet a condition.

    Raises:
        ConfigError: A value is not of its column's type.
    """
    if isinstance(condition, Comparison):
        return _compared(condition, columns(condition.column))
    if isinstance(condition, Not):
        return ~meets(condition.part, columns)
    join = np.logical_and if condition.word == "and" else np.logical_or
    return np.asarray(join.reduce([meets(part, columns) for part in condition.parts]))


def _compared(one: Comparison, column: "pa.ChunkedArray") -> Bool[np.ndarray, "n"]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if one.value is None:
        if one.op not in ("=", "!="):
            raise ConfigError(f"filter: {one.column} {one.op} null: compare with = or !=")
        nulls = _flags(pc.is_null(column))
        return nulls if one.op == "=" else ~nulls
    value: Value = one.value
    if pa.types.is_null(column.type):
        return np.zeros(len(column), dtype=bool)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        value = one.text  # 7 may be a name
        if one.op == "~":
            return _flags(pc.match_substring(column, value, ignore_case=True))
    elif one.op == "~":
        raise ConfigError(f"filter: {one.column} ~ {one.text}: it holds no texts")
    elif pa.types.is_boolean(column.type):
        if not isinstance(value, bool) or one.op not in ("=", "!="):
            raise ConfigError(f"filter: {one.column} {one.op} {one.text}: it is = true or = false")
    elif isinstance(value, str | bool):
        raise ConfigError(f"filter: {one.column} {one.op} {one.text}: it holds numbers")
    compare = {
        "=": pc.equal,
        "!=": pc.not_equal,
        "<": pc.less,
        "<=": pc.less_equal,
        ">": pc.greater,
        ">=": pc.greater_equal,
    }[one.op]
    return _flags(compare(column, pa.scalar(value)))


def _flags(column: Any) -> Bool[np.ndarray, "n"]:
    """Return a column of truth values as an array; what is null is false."""
    import pyarrow.compute as pc

    return np.asarray(pc.fill_null(column, False).to_numpy(), dtype=bool)


@dataclass(frozen=True)
class _Token:
    kind: Literal["op", "text", "word"]
    text: str

    @property
    def shown(self) -> str:
        return f"'{self.text}'" if self.kind == "text" else self.text


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ConfigError(f"filter: cannot read {text[at:].strip()[:20]!r}")
        kind = str(match.lastgroup)
        found.append(_Token("op" if kind == "op" else "word" if kind == "word" else "text", match[kind]))
        at = match.end()
    return found


class _Reader:
    """Reads a condition from left to right."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens, self.at = tokens, 0

    def next(self, expected: str) -> _Token:
        if self.at == len(self.tokens):
            raise ConfigError(f"filter: ends where {expected} is expected")
        self.at += 1
        return self.tokens[self.at - 1]

    def skips(self, kind: str, text: str) -> bool:
        """Step over a token if it is the next."""
        if self.at < len(self.tokens) and self.tokens[self.at] == _Token(kind, text):  # type: ignore[arg-type]
            self.at += 1
            return True
        return False

    def condition(self, deep: int) -> Condition:
        parts = [self.all(deep)]
        while self.skips("word", "or"):
            parts.append(self.all(deep))
        return parts[0] if len(parts) == 1 else Joined("or", tuple(parts))

    def all(self, deep: int) -> Condition:
        parts = [self.part(deep)]
        while self.skips("word", "and"):
            parts.append(self.part(deep))
        return parts[0] if len(parts) == 1 else Joined("and", tuple(parts))

    def part(self, deep: int) -> Condition:
        if deep > MOST_DEEP:
            raise ConfigError(f"filter: more than {MOST_DEEP} brackets inside each other")
        if self.skips("word", "not"):
            return Not(self.part(deep + 1))
        if self.skips("op", "("):
            inner = self.condition(deep + 1)
            if not self.skips("op", ")"):
                raise ConfigError("filter: a ( is not closed")
            return inner
        column = self.next("a column")
        if column.kind == "op":
            raise ConfigError(f"filter: expected a column before {column.shown!r}")
        op = self.next(f"a comparison of {column.text}")
        if op.kind != "op" or op.text not in OPS:
            raise ConfigError(f"filter: expected one of {' '.join(OPS)} behind {column.text}, not {op.shown!r}")
        value = self.next(f"a value for {column.text}")
        if value.kind == "op":
            raise ConfigError(f"filter: expected a value for {column.text} before {value.shown!r}")
        return Comparison(column.text, op.text, _value(value), value.text)


def _value(token: _Token) -> Value:
    """Return what a token stands for."""
    if token.kind == "text":
        return token.text
    if token.text in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[token.text]
    try:
        number = float(token.text)
    except ValueError:
        return token.text
    if not np.isfinite(number):
        return token.text
    return number
