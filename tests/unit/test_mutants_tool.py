"""The mutation tool itself: what it changes, what it leaves, how the list of known survivors is read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT))

from tools.mutants.__main__ import read_areas
from tools.mutants.changes import Mutant, mutants_of
from tools.mutants.known import KNOWN, key_of, read_known


def changes(source: str, file: str = "x.py") -> set[tuple[str, str]]:
    found = mutants_of(file, source)
    assert all(m.mutated != source and source[m.start :].startswith(m.before) for m in found)
    return {(m.before, m.after) for m in found}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a <= b", {("<=", "<")}),
        ("x = a < b < c", {("<", "<=")}),
        ("x = a is not None", {("is not", "is")}),
        ("x = a not in b or c", {("not in", "in"), ("or", "and")}),
        ("x = not a", {("not ", "")}),
        ("x = -(a)", {("-", "")}),
        ("x = max(a, b)", {("max", "min")}),
        ("x = 3 + a", {("3", "4"), ("+", "-")}),
        ("x = 1e-9", set()),
        ("x = 0.0", {("0.0", "1.0")}),
        ("if a:\n    b()", {("a", "(not (a))")}),
        ("for a in b:\n    continue", {("continue", "break")}),
        ('"""A docstring with 3 words."""\nx = "a < b"', set()),
        ("def f(a: int) -> int:\n    return a", {("a", "None")}),
        ("raise ObservatoryError('E1', f'{3 + a}')", {("raise", "pass;")}),
        ("x = 'é', a >= b", {(">=", ">")}),
        ('x = f"select {a > 1} from t where a > 1"', {(">", ">="), ("1", "2")}),
    ],
)
def test_changes_of_python(source: str, expected: set[tuple[str, str]]) -> None:
    assert changes(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("where a <= b", {("<=", "<")}),
        ("where a <> 'x' -- a = b", {("<>", "="), ("'x'", "'x~'")}),
        ("where a = 'a b' and c", {("=", "<>"), ("and", "or")}),
        ("where a between 1 and 2 and c", {("1", "2"), ("2", "3"), ("and", "or")}),
        ("select coalesce(f(a, 0), b)", {("coalesce(f(a, 0), b)", "f(a, 0)"), ("0", "1")}),
        ("left join t on true", {("left join", "inner join"), ("true", "false")}),
        ("where a is not null", {("is not null", "is null")}),
        ("where not exists (select x)", {("not ", "")}),
        ("select min(a), 'v1.2', a1, 1.5 from t", {("min", "max"), ("1.5", "2.5")}),
    ],
)
def test_changes_of_sql(source: str, expected: set[tuple[str, str]]) -> None:
    assert changes(source, "x.sql") == expected


def test_changes_of_rules() -> None:
    assert changes("[a]\nleast = 3\nshare = 0.85 # 4\n", "x.toml") == {("3", "4"), ("0.85", "0.8925")}
    row = "FERME,20,out,Fermé,Closed,life,always\n"
    assert changes(row, "x.csv") == {("20", "1020"), ("20", "1"), ("out", "in"), ("life", "nature")}


def test_a_change_is_named_without_its_line_number() -> None:
    source = "def f(a):\n    if a < 1:\n        continue_ = 2\n"
    before = {key_of(m) for m in mutants_of("x.py", source)}
    assert before == {key_of(m) for m in mutants_of("x.py", f"# moved\n\n{source}")}
    assert {m.rank for m in mutants_of("x.py", source)} == {
        m.rank for m in mutants_of("x.py", f"# moved\n{source}")
    }
    short = Mutant("x.py", "if a:\n    continue\n", 10, "continue", "break")
    assert short.line_text == "if a: ⏎ continue", "with the line before it, which says which one it is"


def test_the_list_of_survivors_is_read_and_each_has_a_reason(tmp_path: Path) -> None:
    mutant = Mutant("a/x.py", "x = a <= b | c\n", 6, "<=", "<")
    path = tmp_path / "mutants.md"
    path.write_text(
        f"# Titre\n\n### `a/x.py`\n\n{mutant.entry()}\n  Motif : les deux disent\n  la même chose.\n\nFin.\n",
        encoding="utf-8",
    )
    assert read_known(path) == {key_of(mutant): "Motif : les deux disent la même chose."}
    path.write_text(f"### `a/x.py`\n{mutant.entry()}\n\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="sans motif"):
        read_known(path)
    path.write_text("### `a/x.py`\n- ``x\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="illisible"):
        read_known(path)


def test_the_areas_and_the_list_of_the_project_are_readable() -> None:
    areas = read_areas()
    assert {area.id for area in areas} == {"perimeter", "secrecy", "rounding", "bases", "ledger", "verify"}
    files = {path.relative_to(ROOT).as_posix() for area in areas for path in area.targets}
    assert {file for file, *_ in read_known(ROOT / KNOWN)} <= files
    with pytest.raises(SystemExit, match="inconnu"):
        read_areas(["nowhere"])
