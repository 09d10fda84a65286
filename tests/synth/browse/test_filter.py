"""Conditions: against a slow second reading of them, row by row, and every mistake in one line."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.browse.filter import check, meets, names, parse
from synth.errors import ConfigError

ROWS: list[dict[str, Any]] = [
    {"a.n": 1.5, "w": 3, "t": "none", "b": True},
    {"a.n": -2.0, "w": 7, "t": "Round 7", "b": False},
    {"a.n": None, "w": None, "t": None, "b": None},
    {"a.n": 0.0, "w": 0, "t": "7", "b": True},
]
TABLE = pa.Table.from_pylist(ROWS)


def chosen(text: str) -> list[int]:
    condition = parse(text)
    assert condition is not None
    check(condition, TABLE.column_names)
    return list(np.flatnonzero(meets(condition, TABLE.column)))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a.n > 0", [0]),
        ("a.n>=0", [0, 3]),
        ("a.n < -1e0", [1]),
        ("a.n = 0", [3]),
        ("a.n != 0", [0, 1]),
        ("a.n = null", [2]),
        ("a.n != null", [0, 1, 3]),
        ("w <= 3.0", [0, 3]),
        ("t = none", [0]),
        ("t = 'Round 7'", [1]),
        ('t = "Round 7"', [1]),
        ("t = 7", [3]),
        ("t ~ ROUND", [1]),
        ("t ~ 7", [1, 3]),
        ("b = true", [0, 3]),
        ("b != true", [1]),
        ("not b = true", [1, 2]),
        ("b = true and a.n > 1 or w = 7", [0, 1]),
        ("b = true and (a.n > 1 or w = 7)", [0]),
        ("not (a.n > 0 or a.n < 0)", [2, 3]),
        ("not not w = 7", [1]),
        ("'a.n' > 0", [0]),
    ],
)
def test_conditions_choose_rows(text: str, rows: list[int]) -> None:
    assert chosen(text) == rows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a.n >", "ends where a value for a.n is expected"),
        ("a.n", "ends where a comparison of a.n is expected"),
        ("a.n 3", "expected one of = != < <= > >= ~ behind a.n, not '3'"),
        ("> 3", "expected a column before '>'"),
        ("a.n > 3 w = 1", "expected and, or, or the end before 'w'"),
        ("(a.n > 3", "a ( is not closed"),
        ("a.n > 3)", "expected and, or, or the end before ')'"),
        ("a.n = )", "expected a value for a.n before ')'"),
        ("a.n = 'open", 'cannot read "\'open"'),
        ("a.n > 1 and", "ends where a column is expected"),
        ("a.m > 1", "there is no column 'a.m'; did you mean a.n?"),
        ("__import__('os').system('true')", "expected one of"),
        ("a.n > one", "a.n > one: it holds numbers"),
        ("a.n ~ 1", "a.n ~ 1: it holds no texts"),
        ("a.n > nan", "a.n > nan: it holds numbers"),
        ("b > 1", "b > 1: it is = true or = false"),
        ("b < true", "b < true: it is = true or = false"),
        ("a.n < null", "a.n < null: compare with = or !="),
        ("a.n > true", "it holds numbers"),
        ("(" * 60 + "a.n > 1" + ")" * 60, "more than 50 brackets"),
        ("not " * 60 + "a.n > 1", "more than 50 brackets"),
        ("a.n > 1 or " * 300, "characters, at most 2000"),
    ],
)
def test_mistakes_are_one_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        chosen(text)
    assert said in str(caught.value) and "\n" not in str(caught.value) and str(caught.value).startswith("filter: ")


def test_nothing_is_met_by_all() -> None:
    assert parse("  ") is None and names(None) == set()
    assert names(parse("a = 1 and not (b = 2 or c ~ d)")) == {"a", "b", "c"}


COMPARED = st.tuples(
    st.sampled_from(["x", "y"]), st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), st.integers(-3, 3)
)
TREES = st.recursive(
    COMPARED,
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=8,
)
NUMBERS = st.one_of(st.none(), st.integers(-3, 3).map(float))


def written(tree: Any) -> str:
    if tree[0] == "not":
        return f"not ({written(tree[1])})"
    if tree[0] in ("and", "or"):
        return f" {tree[0]} ".join(f"({written(part)})" for part in tree[1])
    return "{} {} {}".format(*tree)


def slowly(tree: Any, row: dict[str, float | None]) -> bool:
    if tree[0] == "not":
        return not slowly(tree[1], row)
    if tree[0] in ("and", "or"):
        return (all if tree[0] == "and" else any)(slowly(part, row) for part in tree[1])
    held = row[tree[0]]
    held = math.nan if held is None else held
    order = {"=": held == tree[2], "<": held < tree[2], "<=": held <= tree[2], ">": held > tree[2]}
    order |= {">=": held >= tree[2], "!=": not math.isnan(held) and held != tree[2]}
    return order[tree[1]]


@settings(max_examples=25)
@given(TREES, st.lists(st.fixed_dictionaries({"x": NUMBERS, "y": NUMBERS}), min_size=1, max_size=6))
def test_a_slow_reading_chooses_the_same(tree: Any, rows: list[dict[str, float | None]]) -> None:
    table = pa.table({name: pa.array([row[name] for row in rows], pa.float64()) for name in "xy"})
    condition = parse(written(tree))
    assert condition is not None
    assert list(meets(condition, table.column)) == [slowly(tree, row) for row in rows]
