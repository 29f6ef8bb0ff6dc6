"""Large files: slices, plain rows and plain values must say the same as a close look at every cell."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awkward.close_look import look_at_all, says_the_same
from awkward.files import xlsx
from awkward.toy import nothing_is_lost, read_folder
from ess_observatory.declare.source_spec import ColumnSpec, SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.read import cast, records
from ess_observatory.tabular import limits
from ess_observatory.tabular import screening as weigh
from ess_observatory.tabular.text import clean_text

pytest_plugins = ("awkward.fixtures",)

few = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
cell = st.one_of(
    st.sampled_from(["59392", "12", "", "s", '"', '"a;b"', '"a\nb"', '"12"', '""', 'x"y', "Total", " ", "1 234", "=\"7\""]),
    st.text('ab";, \n\té\u00a0\ufffd0123', max_size=10),
)  # fmt: skip


@few
@given(st.lists(st.lists(cell, min_size=1, max_size=5), max_size=15), st.sampled_from([";", ",", "\t"]),
       st.sampled_from(["\n", "\r\n"]), st.booleans())  # fmt: skip
def test_any_delimited_file_says_the_same(
    rules_db: Database, toy, tmp_path: Path, rows, delimiter: str, end: str, is_quoted: bool
) -> None:
    shutil.rmtree(tmp_path / "raw", ignore_errors=True)
    (tmp_path / "raw").mkdir()
    lines = [["Code commune", "Libellé", "Emplois"], *rows]
    if is_quoted:
        lines = [[f'"{value}"' for value in row] for row in lines]
    content = end.join(delimiter.join(row) for row in lines)
    (tmp_path / "raw" / "essai.csv").write_bytes(content.encode())
    outcome = read_folder(rules_db, toy, tmp_path / "raw")
    nothing_is_lost(outcome)
    if outcome.inventory.matches:
        says_the_same(rules_db, toy, outcome, slice_bytes=40)


KINDS = ("integer", "decimal", "date", "siret", "siren", "commune", "naf", "legal_category", "postcode")
value = st.one_of(
    st.sampled_from(["59392", "75056", "75101", "9392", "01004", "88.10A", "8810A", "9220", "1000", "2012-02-29", "2011-02-29",
                     "732829320", "73282932000074", "35600000000048", "00000000000000", "40.817", "1 234", "0123", "999999999999999",
                     "1000000000000000", "40909", "2A004", "-3", "12,5 %"]),
    st.text("0123456789 .,-/AaZe+%", max_size=16),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{9}|[0-9]{14}|[0-9]{15,16}", fullmatch=True),
)  # fmt: skip


@few
@given(st.lists(value, min_size=1, max_size=40), st.sampled_from(KINDS))
def test_plain_values_say_the_same(rules_db: Database, texts: list[str], kind: str) -> None:
    column = ColumnSpec("v", ("V",), kind, False)
    spec = SourceSpec("one", Path(), "", "", "", "table", "", "", (column,), (), (), {}, (), 1)
    count = len(texts)
    rules_db.put("raw.one", pa.table({
        "v": pa.array([clean_text(text) for text in texts], pa.string()), "_file": ["f"] * count, "_sha256": ["x"] * count,
        "_sheet": [""] * count, "_line": list(range(count)), "_flags": pa.nulls(count, pa.string()),
        "_refusal": pa.nulls(count, pa.string()),
    }))  # fmt: skip
    quick = cast.typing_of(spec)
    with pytest.MonkeyPatch.context() as patch:
        look_at_all(patch, 40)
        close = cast.typing_of(spec)
    names, look = cast.looks(spec, "")
    odd = rules_db.rows(look)[0] if names else ()
    looked = cast.typing_of(spec, plain={name for name, is_odd in zip(names, odd, strict=True) if not is_odd})
    wanted = "v, refusal_code, refusal_value, _notes, _flags"
    expected = rules_db.rows(f"select {wanted} from ({close.sql}) order by _line")
    for typing in (quick, looked):
        assert rules_db.rows(f"select {wanted} from ({typing.sql}) order by _line") == expected
        assert rules_db.rows(f"select v from ({typing.kept}) order by _line") == [row[:1] for row in expected]
    rules_db.execute("drop table raw.one")


def test_a_record_may_go_on_in_the_next_slice(
    rules_db: Database, toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n".join(["début", *("suite" for _ in range(30)), "fin"])
    lines = ["Code commune;Libellé;Emplois", f'59392;"{text}";1', "59392;b;2", '59392;"jamais;3', "59392;d;4"]
    (tmp_path / "essai.csv").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(records, "SLICE_BYTES", 16)
    monkeypatch.setattr(limits, "MAX_RECORD_LINES", 40)
    outcome = read_folder(rules_db, toy, tmp_path)
    assert [(row["_line"], row["label"], row["jobs"]) for row in outcome.kept] == [
        (2, text, 1),
        (34, "b", 2),
        (36, "d", 4),
    ]
    assert outcome.codes == [("E214", 35)]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_every_kind_of_file_gives_the_same_rows(rules_db: Database, toy, tmp_path: Path, suffix: str) -> None:
    header = ["Code commune", "Libellé", "Emplois", "SIRET", "Ouverture"]
    rows = [["59392", f"Étage {i} « A »" if i % 3 else f" b\u00a0{i} ", str(i), "73282932000074", "2012-02-29"] for i in range(1, 400)]  # fmt: skip
    file = tmp_path / f"essai.{suffix}"
    if suffix == "csv":
        file.write_text("\n".join(";".join(row) for row in [header, *rows]), encoding="utf-8")
    elif suffix == "xlsx":
        xlsx(file, ("F1", [header, *rows]))
    else:
        columns = zip(*rows, strict=True)
        pq.write_table(
            pa.table({name: list(column) for name, column in zip(header, columns, strict=True)}), file
        )
    outcome = read_folder(rules_db, toy, tmp_path)
    says_the_same(rules_db, toy, outcome, slice_bytes=10_000)
    assert [row["label"] for row in outcome.kept] == [clean_text(row[1]) for row in rows]
    assert [(row["_line"], row["jobs"]) for row in outcome.kept] == [(i + 1, i) for i in range(1, 400)]
    assert outcome.refused == []


def test_typed_rows_are_a_view_of_the_rows_as_text(rules_db: Database, toy, tmp_path: Path) -> None:
    content = "Code commune;Libellé;Emplois\n59392;a;1\n59392;b;douze\nTotal;;13\n"
    (tmp_path / "essai.csv").write_text(content, encoding="utf-8")
    outcome = read_folder(rules_db, toy, tmp_path)
    assert [row["jobs"] for row in outcome.kept] == [1]
    kinds = rules_db.rows("select table_type from information_schema.tables where table_name = 'essai_typed'")
    assert kinds == [("VIEW",)]
    assert rules_db.rows("select _line, jobs, _refusal from raw.essai order by _line") == [
        (2, "1", None),
        (3, "douze", "E310"),
        (4, "13", "I201"),
    ]


@given(
    st.lists(
        st.tuples(st.integers(1, 1_048_576), st.sampled_from(["A", "Z", "AA", "XFD"])), min_size=1, max_size=8
    )
)
def test_the_reach_of_a_sheet_is_never_underrated(refs: list[tuple[int, str]]) -> None:
    chunk = "".join(
        f'<row r="{row}"><c s="1" r="{column}{row}" t="n"><v>1</v></c></row>' for row, column in refs
    )
    rows, columns = weigh._reach(chunk.encode())
    assert rows == max(row for row, _ in refs)
    assert columns == max(weigh._column_number(column.encode()) for _, column in refs)


def test_the_register_of_the_bench_is_read_whole(tmp_path: Path) -> None:
    from bench._scale_work import main
    from bench._stock import write_csv, write_stock

    file = write_csv(write_stock(tmp_path, 2_000)[0], tmp_path / "StockEtablissement_utf8.csv")
    read = main("csv", str(file), str(tmp_path))
    assert (read["rows"], read["refused"]) == (2_000, 0)
