"""Properties of the reading: for every input nothing is lost and nothing breaks; numbers and keys against oracles."""

from __future__ import annotations

import datetime as dt
import shutil
import string
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stdnum import luhn as luhn_number
from stdnum.fr import siren as siren_number
from stdnum.fr import siret as siret_number

from awkward.toy import nothing_is_lost, read_folder
from ess_observatory.declare.source_spec import ColumnSpec, SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.read.cast import typing_of
from ess_observatory.read.headers import normalise
from ess_observatory.tabular.sheets import open_sheets
from ess_observatory.tabular.text import clean_text, prepare, read_rows

pytest_plugins = ("awkward.fixtures",)

few = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
LA_POSTE = "356000000"


@pytest.fixture(scope="module")
def db():
    with Database() as database:
        yield database


def typed(db: Database, kind: str, values: list[str | None]) -> list[tuple]:
    """(typed value, refusal code) of each value of a column of that type."""
    column = ColumnSpec("v", ("V",), kind, False)
    spec = SourceSpec("one", Path(), "", "", "", "table", "", "", (column,), (), (), {}, (), 1)
    count = len(values)
    db.put("raw.one", pa.table({
        "v": pa.array(values, pa.string()), "_file": ["f"] * count, "_sha256": ["x"] * count, "_sheet": [""] * count,
        "_line": list(range(count)), "_flags": pa.nulls(count, pa.string()),
    }))  # fmt: skip
    return db.rows(f"select v, refusal_code from ({typing_of(spec).sql}) order by _line")


def number_oracle(text: str, whole: bool) -> float | None:
    """The number that a French statistician reads, or None when it must be refused."""
    body = text.replace("\u2212", "-")
    percent = body.endswith("%")
    if body[-1:] in ("%", "€"):
        body = body[:-1].removesuffix(" ")
    sign = -1 if body[:1] == "-" else 1
    body = body[1:] if body[:1] in ("-", "+") else body
    if not body or any(char not in "0123456789 .," for char in body):
        return None
    marks = [char for char in body if char in ".,"]
    fraction, thousands, units = "0", " ", body
    if len(set(marks)) == 2:
        if marks.count(marks[-1]) != 1:
            return None
        units, _, fraction = body.rpartition(marks[-1])
        thousands = marks[0]
        if " " in body:
            return None
    elif len(marks) == 1:
        units, _, fraction = body.partition(marks[0])
        plain = units.isdigit() and len(units) <= 3 and not units.startswith("0")
        if plain and len(fraction) == 3 and fraction.isdigit() and (marks[0] == "." or whole):
            return None
    elif marks:
        return None
    groups = units.split(thousands)
    shaped = len(groups) == 1 or (1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]))
    if not shaped or not all(group.isdigit() for group in groups) or not fraction.isdigit():
        return None
    value = sign * float("".join(groups) + "." + fraction)
    if abs(value) >= 1e15 or (whole and (percent or value != int(value))):
        return None
    return value


def written(draw: st.DrawFn) -> str:
    units = draw(
        st.one_of(st.integers(-5_000_000, 5_000_000), st.integers(-(10**17), 10**17), st.integers(-999, 999))
    )
    sep = draw(st.sampled_from(["", " ", ".", ","]))
    text = f"{units:,}".replace(",", sep)
    if draw(st.booleans()):
        text += draw(st.sampled_from([".", ","])) + draw(st.text("0123456789", min_size=1, max_size=5))
    return text + draw(st.sampled_from(["", "", "", " %", "%", " €"]))


numbers_written = st.one_of(
    st.composite(written)(),
    st.text("0123456789 .,-+eE%€\u2212", min_size=1, max_size=12),
    st.text(max_size=8),
)


@few
@given(st.lists(numbers_written, min_size=1, max_size=120), st.booleans())
def test_numbers_are_read_as_the_oracle_reads_them(db: Database, texts: list[str], whole: bool) -> None:
    cleaned = [clean_text(text) for text in texts]
    for text, (value, code) in zip(
        cleaned, typed(db, "integer" if whole else "decimal", cleaned), strict=True
    ):
        expected = None if text is None else number_oracle(text, whole)
        if text is None:
            assert (value, code) == (None, None)
        elif expected is None:
            assert code is not None, (text, value)
        else:
            assert code is None and value == pytest.approx(expected, rel=1e-12), (text, value, code)


@few
@given(st.lists(st.one_of(st.integers(0, 10**14 - 1).map("{:014d}".format),
                          st.integers(0, 99_999).map(lambda nic: f"{LA_POSTE}{nic:05d}"),
                          st.integers(0, 10**8 - 1).map(lambda n: _complete(n)),
                          st.text(string.digits + " .", max_size=17)), min_size=1, max_size=80))  # fmt: skip
def test_siret_keys_agree_with_stdnum(db: Database, texts: list[str]) -> None:
    cleaned = [clean_text(text) for text in texts]
    for text, (value, code) in zip(cleaned, typed(db, "siret", cleaned), strict=True):
        digits = "".join(char for char in text or "" if char.isdigit())
        digits = f"0{digits}" if len(digits) == 13 else digits
        valid = siret_number.is_valid(digits) and not digits.startswith("000000000")
        valid |= digits.startswith(LA_POSTE) and len(digits) == 14 and luhn_number.is_valid(digits)
        if text is None:
            assert (value, code) == (None, None)
        elif valid and "." not in text:
            assert (value, code) == (digits, None)
        elif not valid:
            assert code in ("E321", "E322", "E323"), text


def _complete(number: int) -> str:
    """A valid SIRET from any number: both keys computed."""
    siren = f"{number:08d}"
    siren += luhn_number.calc_check_digit(siren)
    body = f"{siren}0001"
    return body + luhn_number.calc_check_digit(body)


@few
@given(st.lists(st.integers(0, 10**9 - 1).map("{:09d}".format), min_size=1, max_size=80))
def test_siren_keys_agree_with_stdnum(db: Database, texts: list[str]) -> None:
    for text, (_, code) in zip(texts, typed(db, "siren", texts), strict=True):
        assert (code is None) == (siren_number.is_valid(text) and text != "000000000")


@few
@given(
    st.lists(st.dates(min_value=dt.date(1850, 1, 1)), min_size=1, max_size=60),
    st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y"]),
)
def test_dates_written_in_any_way_come_back(db: Database, days: list, how: str) -> None:
    texts = [day.strftime(how).rjust(10, "0") for day in days]
    assert typed(db, "date", texts) == [(day, None) for day in days]


@few
@given(st.lists(st.text(max_size=20), min_size=1, max_size=60),
       st.sampled_from(["integer", "decimal", "date", "siret", "siren"]))  # fmt: skip
def test_no_text_breaks_a_cast(db: Database, texts: list[str], kind: str) -> None:
    values = [clean_text(text.replace("\0", "")) for text in texts]
    rows = typed(db, kind, [value and value.encode("utf-8", "ignore").decode() for value in values])
    assert len(rows) == len(values)


@given(st.text(max_size=40))
def test_normalised_headers_are_stable(header: str) -> None:
    once = normalise(header)
    assert normalise(once) == once
    assert normalise(f"  {header} ") == once


french = (
    st.text("abcdefghijklmnop éèàêçôûùîïâëABC'’«»0123456789", min_size=1, max_size=30)
    .map(str.strip)
    .filter(bool)
)


@few
@given(
    st.lists(french, min_size=1, max_size=20),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "mac_roman"]),
)
def test_encodings_are_told_apart(tmp_path: Path, cells: list[str], encoding: str) -> None:
    path = tmp_path / "essai.csv"
    lines = ["Clé;Été à çà où", *(f"{cell};a" for cell in cells)]
    path.write_bytes("\n".join(lines).encode(encoding))
    rows = read_rows(prepare(path, path.name), None)
    assert rows[0] == ["Clé", "Été à çà où"]
    assert [row[0] for row in rows[1:]] == cells


cell = st.one_of(
    st.sampled_from(["59392", "12", "", "s", '"', '"a;b"', '"a\nb"', 'x"y', "Total", "  "]),
    st.text('ab";\n\r\té0123 ', max_size=12),
)
table = st.lists(st.lists(cell, min_size=1, max_size=5), max_size=12)


@pytest.mark.slow
@few
@given(
    table,
    st.sampled_from([";", ",", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "cp1252", "utf-16"]),
)
def test_any_delimited_file_is_accounted_for(
    rules_db: Database, toy, tmp_path: Path, rows, delimiter: str, end: str, encoding: str
) -> None:
    shutil.rmtree(tmp_path / "raw", ignore_errors=True)
    (tmp_path / "raw").mkdir()
    header = delimiter.join(["Code commune", "Libellé", "Emplois"])
    content = end.join([header, *(delimiter.join(row) for row in rows)])
    (tmp_path / "raw" / "essai.csv").write_bytes(content.encode(encoding))
    outcome = read_folder(rules_db, toy, tmp_path / "raw")
    nothing_is_lost(outcome)
    if outcome.error is None and outcome.inventory.matches:
        sheet = outcome.inventory.matches[0].sheet
        filled = [line for line, row in enumerate(sheet.rows, 1) if any(row) and line > 1]
        seen = sorted([row["_line"] for row in outcome.kept] + [row["line"] for row in outcome.refused])
        assert seen == filled, (content, sheet.rows)


@few
@given(
    st.binary(max_size=400),
    st.booleans(),
    st.sampled_from(["csv", "xlsx", "xls", "ods", "parquet", "zip", "txt"]),
)
def test_any_bytes_are_read_or_refused(
    rules_db: Database, toy, tmp_path: Path, content: bytes, headed: bool, suffix: str
) -> None:
    shutil.rmtree(tmp_path / "raw", ignore_errors=True)
    (tmp_path / "raw").mkdir()
    start = b"Code commune;Emplois\n59392;1\n" if headed else b""
    (tmp_path / "raw" / f"essai.{suffix}").write_bytes(start + content)
    nothing_is_lost(read_folder(rules_db, toy, tmp_path / "raw"))


@few
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused(
    rules_db: Database, toy, tmp_path: Path, data: st.DataObject
) -> None:
    from awkward.files import GOOD, HEADER, xlsx

    shutil.rmtree(tmp_path / "raw", ignore_errors=True)
    xlsx(tmp_path / "raw" / "essai.xlsx", ("F1", [HEADER, *GOOD]))
    path = tmp_path / "raw" / "essai.xlsx"
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = int(data.draw(st.floats(0, 1)) * (len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    nothing_is_lost(read_folder(rules_db, toy, tmp_path / "raw"))


def test_python_and_engine_split_alike(rules_db: Database, toy, tmp_path: Path) -> None:
    content = 'Code commune;Libellé;Emplois\n59392;"a;""b"" \nc";1\n59392;x"y;2\n59392;"open;3\n59392;fin;4\n'
    (tmp_path / "essai.csv").write_text(content, encoding="utf-8")
    outcome = read_folder(rules_db, toy, tmp_path)
    rows = open_sheets(tmp_path / "essai.csv")[0].rows
    for row in outcome.kept:
        assert rows[row["_line"] - 1][1] == row["label"]
    assert outcome.codes == [("E214", 5)]
