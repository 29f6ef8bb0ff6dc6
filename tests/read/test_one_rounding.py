"""There is one rounding: no other may come back, in Python or in SQL, on the way to what is printed or published."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ess_observatory.words.numbers import format_number, round_half_up, useful_decimals

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "ess_observatory"

#: Where something else than a printed or published value is rounded, and why that is right.
ALLOWED = {
    "words/numbers.py": "the rounding itself, and the decimal writing of what it has rounded",
    "render/svg.py": "coordinates of a drawing",
    "render/charts_points.py": "coordinates of a drawing",
    "render/map.py": "coordinates of a drawing",
    "render/workbook_grid.py": "width of a column, in characters",
    "tabular/workbook.py": "writing of a number that is whole already",
    "survey/interpret.py": "the dust of a share read a hundredfold",
    "tabular/parquet.py": "whether a number of a file is whole",
    "secrecy/links.py": "whether a value has endless decimals",
    "secrecy/audit.py": "whether a value is whole",
    "secrecy/accounts.py": "the dust that a solver leaves on a bound",
    "publish/concepts.py": "the digits that printing hides, in an error",
    "declare/models/cells.py": "a decimal, with the digits that were written",
    "survey/dialects.py": "the number of an expression, in the language of a form",
    "read/corrections.py": "the whole writing of an exact decimal",
    "export/files.py": "the whole writing of an exact decimal",
    "quality/metrics.py": "whether a value is whole",
    "survey/estimation/calibration.py": "the order of a gap of convergence, in an error",
}
_FORMAT = re.compile(r"(\.\d+|\.\{.*\})?[fFeEgG%]$|\.\d+$")
_ROUNDS = {"round", "around", "rint", "quantize", "to_integral_value"}
_SQL_ROUND = re.compile(r"(?<![\w.])(?:round|round_even|trunc|ceil)\s*\(")
_SQL_RIGHT = re.compile(r"(?<![\w.])round\(cast\([\w. ]+ as decimal\(38, 10\)\)(, \d+)?\)")


def strays_in_python(text: str) -> Iterator[tuple[int, str]]:
    """Line and name of each rounding of a Python module, those of its SQL included."""
    for node in ast.walk(ast.parse(text)):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _ROUNDS:
                yield line, name
            case ast.Call(func=ast.Name(id="format"), args=[_, ast.Constant(value=spec)]) if _FORMAT.search(
                str(spec)
            ):
                yield line, "format"
            case ast.FormattedValue(format_spec=ast.JoinedStr() as spec):
                if _FORMAT.search(ast.unparse(spec)[2:-1]):
                    yield line, "f-string"
            case ast.BinOp(left=ast.Constant(value=str(said)), op=ast.Mod()) if re.search(
                r"%[\d.]*[fFeEgG]", said
            ):
                yield line, "%"
            case ast.Constant(value=str(said)):
                if re.search(r"\{:[^}]*[fFeEgG%]\}", said):
                    yield line, "format"
                yield from ((line, f"SQL {found}") for _, found in strays_in_sql(said))


def strays_in_sql(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of each rounding of a query, but for those that go through a decimal."""
    for number, line in enumerate(text.splitlines(), 1):
        if _SQL_ROUND.search(_SQL_RIGHT.sub("", line.partition("--")[0])):
            yield number, line.strip()


def test_no_other_rounding_in_python() -> None:
    found: dict[str, list[tuple[int, str]]] = {}
    for path in sorted(SOURCES.rglob("*.py")):
        name = path.relative_to(SOURCES).as_posix()
        if strays := list(strays_in_python(path.read_text("utf-8"))):
            found[name] = strays
    assert {name: strays for name, strays in found.items() if name not in ALLOWED} == {}, "use round_half_up"
    assert set(ALLOWED) <= set(found), "an exception that nothing needs any more"


def test_no_other_rounding_in_sql() -> None:
    queries = [*(ROOT / "pipelines").rglob("*.sql"), *SOURCES.rglob("*.sql")]
    found = {
        str(path): strays for path in queries if (strays := list(strays_in_sql(path.read_text("utf-8"))))
    }
    assert found == {}, "write round(cast(x as decimal(38, 10)), n)"


@pytest.mark.parametrize(
    "text",
    ["x = round(y)", "x = f'{y:.1f}'", "x = f'{y:g}'", "x = y.quantize(z)", "x = np.round(y, 1)", "x = '%.1f' % y",
     "x = '{:.2f}'.format(y)", "x = format(y, '.1f')", "x = f'{y:.{n}f}'", "x = f'{y:,.0f}'", "x = 'select round(x, 1) from t'"],
)  # fmt: skip
def test_a_stray_rounding_is_seen(text: str) -> None:
    assert list(strays_in_python(text))


def test_a_stray_rounding_of_a_query_is_seen() -> None:
    assert list(strays_in_sql("select round(x, 1) from t")) and list(strays_in_sql("select ceil(x) from t"))
    assert not list(strays_in_sql("select round(cast(t.x as decimal(38, 10)), 1) from t -- not round(x)"))


@given(st.integers(-(10**9), 10**9), st.integers(0, 4), st.sampled_from([1, 10, 100, 1000]))
def test_a_half_goes_away_from_zero_whatever_noise_its_computation_left(
    whole: int, decimals: int, scale: int
) -> None:
    """`half` is written with one decimal more, then made by a division that leaves noise in binary."""
    digits = 10 * whole + (5 if whole >= 0 else -5)
    value = digits / (10 ** (decimals + 1) * scale) * scale
    away = abs(whole) + 1
    assert abs(round_half_up(value, decimals)).scaleb(decimals) == away
    assert (round_half_up(value, decimals) < 0) == (whole < 0)


@given(st.integers(-(10**7), 10**7), st.integers(0, 3))
def test_sql_rounds_as_python_does(digits: int, decimals: int) -> None:
    value = digits / 10**4 * 0.1 * 100
    query = f"select round(cast({value!r}::double as decimal(38, 10)), {decimals})"
    assert [float(x) for (x,) in duckdb.sql(query).fetchall()] == [float(round_half_up(value, decimals))]


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [(0.285 * 100, 0, "29"), (-0.285 * 100, 0, "-29"), (1.005 * 1000, 0, "1005"), (1.1 * 1.15, 3, "1.265"),
     (-0.4, 0, "0"), (2.5, 0, "3"), (-2.5, 0, "-3"), (123456789.125, 2, "123456789.13"), (10**17 + 1, 0, "1" + "0" * 16 + "1")],
)  # fmt: skip
def test_rounding(value: float, decimals: int, expected: str) -> None:
    assert str(round_half_up(value, decimals)) == expected
    assert format_number(value, decimals, grouping=False).replace("\u2212", "-").replace(",", ".") == expected


def test_useful_decimals() -> None:
    assert [useful_decimals(x) for x in (3, 2.5, 0.1 + 0.2, 1 / 3)] == [0, 1, 1, 4]
