"""The ledger: read = kept + refused, line by line, even when a line is refused twice, footers and corrections included."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from awkward.files import text, xlsx
from awkward.toy import Outcome, nothing_is_lost, read_folder, toy_project
from conftest import some_of
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.quality.declared import budgets
from ess_observatory.read import load
from ess_observatory.read.load import add_to_books, close_ledger, create_books, stage, write_books
from ess_observatory.read.recognise import take_inventory
from ess_observatory.recipe.rules import load_rules

pytest_plugins = ("awkward.fixtures",)

LEDGER = ("essai", "a.csv", "f00d", "Feuille", 1)
SIGNED = 'reason = "coquille confirmée"\nwho = "essai"\nwhen = 2026-03-01\n'
HEADER = ["Code commune", "Libellé", "Emplois"]


@pytest.fixture
def books() -> Database:
    """Empty books, and one sheet of five lines of the source « essai »."""
    with Database() as db:
        create_books(db)
        db.execute("create table raw.essai (_file varchar, _sheet varchar, _line bigint)")
        db.execute(f"insert into staging.ledger values {(*LEDGER, 5, 0, 0)}")
        yield db


def refuse(
    db: Database, line: int | None, *, source: str = "essai", file: str = "a.csv", sheet: str = "Feuille"
) -> None:
    where = f"'{source}', '{file}', '{sheet}', {line if line is not None else 'null'}"
    db.execute(f"insert into staging.refused values ({where}, 'Emplois', 'x', 'E331', 'motif', 'geste')")


def counts(db: Database) -> list[tuple[int, int, int]]:
    close_ledger(db)
    return db.rows("select rows_read, rows_kept, rows_refused from staging.ledger order by file, sheet")


def test_a_line_refused_twice_counts_once(books: Database) -> None:
    refuse(books, 2)
    refuse(books, 2)
    refuse(books, 4)
    assert counts(books) == [(5, 3, 2)]


def test_nothing_refused_everything_kept(books: Database) -> None:
    assert counts(books) == [(5, 5, 0)]


def test_a_refusal_counts_in_its_own_sheet_file_and_source_only(books: Database) -> None:
    for other in ({"sheet": "Autre"}, {"file": "b.csv"}, {"source": "autre"}):
        refuse(books, 3, **other)
    assert counts(books) == [(5, 5, 0)]
    refuse(books, 3)
    books.execute("insert into staging.ledger values ('essai', 'b.csv', 'beef', 'Feuille', 1, 2, 0, 0)")
    assert counts(books) == [(5, 4, 1), (2, 1, 1)]


def test_another_reader_closes_its_own_lines(books: Database) -> None:
    """The survey counts its own; closing the ledger twice, or after it, changes nothing of that."""
    row = dict(zip(load.LEDGER_COLUMNS, ("survey", "z.xlsx", "cafe", "Réponses", 1, 9, 7, 2), strict=True))
    note = dict(
        zip(
            load.REFUSED_COLUMNS,
            ("survey", "z.xlsx", "Réponses", 3, None, None, "doublon", "motif", "geste"),
            strict=True,
        )
    )
    add_to_books(books, [note], [row])
    add_to_books(books, [], [])
    assert counts(books) == [(5, 5, 0), (9, 7, 2)] == counts(books)
    assert books.rows("select line, code from staging.refused") == [(3, "doublon")]


def test_cells_set_aside_in_a_form_are_no_refused_rows(books: Database) -> None:
    """`raw.survey` has one row a cell: a form with two bad cells is one row kept, whatever its lines."""
    books.execute("create table raw.survey (file varchar, line bigint)")
    row = dict(
        zip(load.LEDGER_COLUMNS, ("survey", "f.xlsx", "cafe", "Questionnaire", 4, 1, 1, 0), strict=True)
    )
    refused = [
        dict(
            zip(
                load.REFUSED_COLUMNS,
                ("survey", "f.xlsx", "Questionnaire", line, "Réponse", "x", "E310", "motif", "geste"),
                strict=True,
            )
        )
        for line in (7, 100)
    ]
    note = {key: value for key, value in refused[0].items() if key != "fix"}
    add_to_books(books, refused, [row], [note])
    assert counts(books) == [(5, 5, 0), (1, 1, 0)]
    assert books.rows("select line, code from staging.note") == [(7, "E310")]


def test_budgets_compare_answers_with_answers_and_cells_with_cells(books: Database, project: Project) -> None:
    """12 forms, one with 26 cells set aside, another of a version that is not read: 1 answer of 12, 26 cells of 600."""
    books.execute("create table raw.survey (file varchar)")
    books.execute("insert into raw.survey select 'f' from range(600)")
    books.execute(
        "create table staging.corrected_refusal (source varchar, file varchar, sheet varchar, line bigint)"
    )
    rows = [
        ("survey", f"{i}.xlsx", "cafe", "Questionnaire", 4, 1, int(i > 0), int(i == 0)) for i in range(12)
    ]
    told = ("Réponse", "x", "E310", "motif", "geste")
    refused = [("survey", "3.xlsx", "Questionnaire", line, *told) for line in range(10, 36)]
    refused += [("survey", "3.xlsx", "Questionnaire", 40, "Réponse", "x", "filtre", "motif", "geste")]
    refused += [("survey", "0.xlsx", "Questionnaire", 5, None, "0", "E241", "motif", "geste")]
    refused += [("survey", "5.xlsx", "Questionnaire", 4, "Bof", "Bof", "colonne_inconnue", "motif", "geste")]
    add_to_books(
        books,
        [dict(zip(load.REFUSED_COLUMNS, row, strict=True)) for row in refused],
        [dict(zip(load.LEDGER_COLUMNS, row, strict=True)) for row in rows],
    )
    counts(books)
    found = {one.id: one for one in budgets(books, project)}
    assert found["survey.budget"].observed == pytest.approx(8.3333) and found["survey.budget"].status == "ok"
    assert found["survey.cells"].observed == pytest.approx(4.3333) and found["survey.cells"].status == "ok"
    books.execute("delete from raw.survey where rowid >= 100")
    cells = next(one for one in budgets(books, project) if one.id == "survey.cells")
    assert (cells.observed, cells.status) == (26, "warning"), "it is said, and stops nothing"


def test_rows_that_say_why_go_to_the_book_and_the_others_stay(books: Database, toy) -> None:
    judged = "refusal_column varchar, refusal_value varchar, refusal_code varchar, refusal_reason varchar, refusal_fix varchar"
    books.execute(
        f"create table staging.essai_checked (_file varchar, _sheet varchar, _line bigint, jobs bigint, {judged})"
    )
    books.execute(
        "insert into staging.essai_checked values "
        "('a.csv', 'Feuille', 2, 1, null, null, null, null, null), "
        f"('a.csv', 'Feuille', 3, 2, 'Emplois', '{'9' * 5000}', 'E400', 'motif', 'geste')"
    )
    books.execute("create table staging.essai as select 1 as old")
    stage(books, toy["essai"], "select * from staging.essai_checked")
    assert books.dicts("select * from staging.essai") == [
        {"_file": "a.csv", "_sheet": "Feuille", "_line": 2, "jobs": 1}
    ]
    ((line, column, value, code, reason, fix),) = books.rows(
        'select line, "column", value, code, reason, fix from staging.refused'
    )
    assert (line, column, code, reason, fix) == (3, "Emplois", "E400", "motif", "geste")
    assert 0 < len(value) < 5000 and set(value) == {"9"}
    assert counts(books) == [(5, 4, 1)]


def test_the_books_are_written_in_a_fixed_order(books: Database, tmp_path: Path) -> None:
    for line in (9, 2, 5):
        refuse(books, line)
    write_books(books, tmp_path / "a" / "b")
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == [
        "corrections.parquet",
        "ledger.parquet",
        "notes.parquet",
        "refused.parquet",
    ]
    assert pq.read_table(tmp_path / "a" / "b" / "refused.parquet").column("line").to_pylist() == [2, 5, 9]
    write_books(books, tmp_path / "a" / "b")


# ------------------------------------------------------------------ whole sheets
def read(
    db: Database,
    folder: Path,
    rows: list[list[str]],
    corrections: str = "",
    name: str = "essai.csv",
    header: list[str] | None = None,
) -> Outcome:
    sources = toy_project(folder / "project", corrections).sources
    raw = folder / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    (raw / name).write_text(text([header or HEADER, *rows]), encoding="utf-8")
    return read_folder(db, sources, raw)


def test_every_way_of_being_refused_on_one_sheet(rules_db: Database, tmp_path: Path) -> None:
    """A good row, a bad number, a missing code, both at once (one line), a footer, a row dropped by a correction."""
    drop = f'[[corrections]]\nmatch = {{ label = "Doublon" }}\nexpect = {{ jobs = "7" }}\naction = "drop"\n{SIGNED}'
    rows = [
        ["59392", "Maubeuge", "12"],
        ["59033", "Aulnoye", "douze"],
        ["", "Sans code", "3"],
        ["", "Rien de lisible", "douze"],
        ["59036", "Doublon", "7"],
        ["Source : Insee", "", ""],
    ]
    outcome = read(rules_db, tmp_path, rows, drop)
    assert outcome.error is None
    nothing_is_lost(outcome)
    (sheet,) = outcome.ledger
    assert [row["label"] for row in outcome.kept] == ["Maubeuge"]
    assert (sheet["rows_read"], sheet["rows_kept"], sheet["rows_refused"]) == (6, 1, 5)
    assert {row["line"] for row in outcome.refused} == {3, 4, 5, 6, 7}
    assert (sheet["source"], sheet["file"], sheet["header_line"]) == ("essai", "essai.csv", 1)


def test_two_files_keep_their_own_count(rules_db: Database, tmp_path: Path) -> None:
    read(rules_db, tmp_path, [["59392", "Maubeuge", "12"], ["59033", "Aulnoye", "x"]], name="b.csv")
    outcome = read(rules_db, tmp_path, [["59036", "Avesnes", "1"]], name="a.csv")
    nothing_is_lost(outcome)
    assert [(row["file"], row["rows_read"], row["rows_kept"]) for row in outcome.ledger] == [
        ("a.csv", 1, 1),
        ("b.csv", 2, 1),
    ]


def test_a_value_hidden_by_its_producer_is_kept_with_its_mark(rules_db: Database, tmp_path: Path) -> None:
    outcome = read(rules_db, tmp_path, [["59392", "Maubeuge", "s"], ["59033", "Aulnoye", "nd"]])
    nothing_is_lost(outcome)
    assert [(row["jobs"], row["jobs_mark"]) for row in outcome.kept] == [
        (None, "secret"),
        (None, "not_available"),
    ]


def test_what_is_said_of_a_row_is_said_of_those_kept_only(rules_db: Database, tmp_path: Path) -> None:
    """A commune code of four digits is completed and noted; where the row is refused, the refusal says it all."""
    header = [*HEADER, "SIRET", "Ouverture"]
    rows = [
        header,
        ["1004", "Ambérieu", "1", "", ""],
        ["1004", "Ambérieu", "x", "", "40543"],
        ["59392", "Maubeuge", "2", "", "40543"],
        ["59392", "Maubeuge", "2", "", "2011-01-01"],
        ["1004", "Ambérieu", "y", "", "2011-01-01"],
    ]
    outcome = read(rules_db, tmp_path, rows[1:], header=header)
    nothing_is_lost(outcome)
    assert [(n["line"], n["code"], n["column"], n["value"]) for n in outcome.notes] == [
        (2, "I204", "Code commune", "1004"),
        (4, "I206", "Ouverture", "40543"),
    ]
    assert {note["source"] for note in outcome.notes} == {"essai"} and all(
        note["reason"] for note in outcome.notes
    )
    assert [row["line"] for row in outcome.refused] == [3, 6]
    assert rules_db.rows("select _line, _refusal is not null from raw.essai order by _line") == [
        (2, False), (3, True), (4, False), (5, False), (6, True)
    ]  # fmt: skip


def test_a_hidden_row_is_read_and_said_unless_it_is_refused(rules_db: Database, tmp_path: Path) -> None:
    sources = toy_project(tmp_path / "project").sources
    rows = [HEADER, ["59392", "Maubeuge", 1], ["59033", "Aulnoye", "x"], ["59036", "Avesnes", 2]]
    xlsx(tmp_path / "raw" / "a.xlsx", ("Feuille", rows), hide_rows=(2, 3))
    outcome = read_folder(rules_db, sources, tmp_path / "raw")
    nothing_is_lost(outcome)
    assert [(n["line"], n["code"], n["column"], n["value"]) for n in outcome.notes] == [
        (2, "I203", None, None)
    ]
    assert [row["line"] for row in outcome.refused] == [3]


def test_the_same_line_of_two_sheets_is_refused_in_its_own(rules_db: Database, tmp_path: Path) -> None:
    sources = toy_project(tmp_path / "project").sources
    good, bad = ["59392", "Maubeuge", 1], ["59392", "Maubeuge", "x"]
    for file in ("a.xlsx", "b.xlsx"):
        sheets = (
            ("Un", [HEADER, bad if file == "a.xlsx" else good, good]),
            ("Deux", [HEADER, good, good, bad]),
        )
        xlsx(tmp_path / "raw" / file, *sheets)
    outcome = read_folder(rules_db, sources, tmp_path / "raw")
    nothing_is_lost(outcome)
    found = rules_db.rows(
        "select _file, _sheet, _line from raw.essai where _refusal is not null order by all"
    )
    assert found == [("a.xlsx", "Deux", 4), ("a.xlsx", "Un", 2), ("b.xlsx", "Deux", 4)]
    assert [(r["file"], r["sheet"], r["rows_read"], r["rows_refused"]) for r in outcome.ledger] == [
        ("a.xlsx", "Deux", 3, 1), ("a.xlsx", "Un", 2, 1), ("b.xlsx", "Deux", 3, 1), ("b.xlsx", "Un", 2, 0)
    ]  # fmt: skip


def test_unknown_headers_stop_the_reading_all_at_once(rules_db: Database, tmp_path: Path) -> None:
    sources = toy_project(tmp_path / "project").sources
    raw = tmp_path / "raw"
    raw.mkdir()
    for name, more in (("c.csv", ["Nouvelle", "Autre"]), ("a.csv", ["Encore"]), ("b.csv", [])):
        cells = [[*HEADER, *more], ["59392", "Maubeuge", "12", *("1" for _ in more)]]
        (raw / name).write_text(text(cells), encoding="utf-8")
    error = read_folder(rules_db, sources, raw).error
    assert error is not None and error.code == "E220" and error.what.startswith("3 en-têtes inconnus")
    assert [part.split(",")[0].strip() for part in (error.where or "").split(" ; ")] == ["a.csv", "c.csv"]
    assert [detail.code for detail in error.details] == ["E221"] * 3


def test_a_source_read_again_forgets_what_it_had(rules_db: Database, tmp_path: Path) -> None:
    """Empty, then full, then empty: a table gives way to a view, and back."""
    sources = toy_project(tmp_path / "project").sources
    create_books(rules_db)
    for _ in range(2):
        load.load_source(rules_db, sources["essai"], [])
        assert rules_db.rows("select count(*) from staging.essai_typed") == [(0,)]
        assert "_problem" not in rules_db.columns("raw.essai")
        outcome = read(rules_db, tmp_path, [["59392", "Maubeuge", "12"]])
        assert len(outcome.kept) == 1 and "_problem" not in rules_db.columns("raw.essai")


def test_several_double_columns_are_all_said(rules_db: Database, tmp_path: Path) -> None:
    header = [*HEADER, "CODGEO", "EMPL08"]
    rows = [["59392", "Maubeuge", "12", "59033", "13"]]
    error = read(rules_db, tmp_path, rows, header=header, name="essai en 2008.csv").error
    assert error is not None and error.code == "E222" and len(error.details) == 1
    assert {error.what.split(" : ")[0], error.details[0].what.split(" : ")[0]} == {
        "Deux colonnes pour « commune_code »", "Deux colonnes pour « jobs »"
    }  # fmt: skip


def test_several_columns_of_communes_are_all_looked_at(rules_db: Database, tmp_path: Path) -> None:
    """A column that is not one of communes, before the one that is, hides nothing."""
    spec = toy_project(tmp_path / "project").sources["essai"]
    spec = replace(spec, columns=tuple(reversed(spec.columns)))
    (tmp_path / "raw").mkdir()
    rows = [HEADER, *([code, "x", "1"] for code in POSTCODES)]
    (tmp_path / "raw" / "essai.csv").write_text(text(rows), encoding="utf-8")
    error = read_folder(rules_db, {spec.id: spec}, tmp_path / "raw").error
    assert error is not None and "« Code commune »" in error.what


POSTCODES = ["59600", "59440", "59330", "59610", "59680"]


@pytest.mark.parametrize(
    ("codes", "is_refused"),
    [
        (POSTCODES, True),
        (POSTCODES[:4], False),  # four distinct codes say nothing
        ([*POSTCODES[:4], "59001"], True),  # four in five
        ([*POSTCODES[:4], "59001", "59002"], False),
        ([*POSTCODES[:4], "59600", "59600"], False),  # still four distinct
        (["59001", "59002", "59003", "59004", "59005"], False),
    ],
)
def test_a_column_of_postcodes_is_not_one_of_communes(
    rules_db: Database, tmp_path: Path, codes: list[str], is_refused: bool
) -> None:
    outcome = read(rules_db, tmp_path, [[code, "x", "1"] for code in codes])
    assert (outcome.error.code if outcome.error else None) == ("E335" if is_refused else None)
    if outcome.error:
        assert (
            outcome.error.where
            == f"essai.csv ; {min(len(set(codes) & set(POSTCODES)), 5)} valeurs distinctes sur 5 sont des codes postaux"
        )


MARTINIQUE = [f"972{number}" for number in range(11, 17)]  # codes of communes, and postal codes of others


@pytest.mark.parametrize(
    ("codes", "of_the_territory", "is_refused"),
    some_of(
        [
            (MARTINIQUE[:6], 3, False),  # half of them
            (MARTINIQUE[:5], 2, True),
            ([*MARTINIQUE[:4], "97200"], 4, True),  # a postal code alone
        ]
    ),
)
def test_communes_of_the_territory_are_none_though_their_codes_are_postal_codes(
    project: Project, tmp_path: Path, codes: list[str], of_the_territory: int, is_refused: bool
) -> None:
    edition = project.edition(project.default_edition())
    (tmp_path / "lieu.toml").write_text(
        f'name = "Nord-Est"\ncommunes = {json.dumps(codes[:of_the_territory])}\n', encoding="utf-8"
    )
    here = replace(edition, territory=project.territory("lieu.toml", near=tmp_path))
    with Database() as db:
        load_rules(db, project, here, set())
        error = read(db, tmp_path, [[code, "x", "1"] for code in codes]).error
    assert (error.code if error else None) == ("E335" if is_refused else None)


def test_only_a_column_of_communes_is_looked_at(rules_db: Database, tmp_path: Path) -> None:
    """Words, or numbers, that could be postal codes stand where no commune is expected."""
    outcome = read(rules_db, tmp_path, [[f"5900{n}", code, code] for n, code in enumerate(POSTCODES, 1)])
    assert outcome.error is None
    assert [row["label"] for row in outcome.kept] == POSTCODES


def test_two_columns_for_one_stop_the_reading_where_they_differ(rules_db: Database, tmp_path: Path) -> None:
    sources = toy_project(tmp_path / "project").sources
    raw = tmp_path / "raw"
    raw.mkdir()
    rows = [[*HEADER, "CODGEO"], ["59392", "Maubeuge", "12", "59392"], ["59033", "Aulnoye", "1", "59034"]]
    (raw / "essai.csv").write_text(text(rows), encoding="utf-8")
    error = read_folder(rules_db, sources, raw).error
    assert error is not None and error.code == "E222"
    assert "« Code commune » (colonne A) et « CODGEO » (colonne D)" in error.what
    assert (error.where or "").endswith("ligne 1 ; elles diffèrent dès la ligne 3")
    rows[2][3] = "59033"
    (raw / "essai.csv").write_text(text(rows), encoding="utf-8")
    assert read_folder(rules_db, sources, raw).error is None


def test_the_engine_s_refusal_of_a_file_is_said_in_words(
    monkeypatch: pytest.MonkeyPatch, rules_db: Database, tmp_path: Path
) -> None:
    import duckdb

    def broken(*_: object) -> None:
        raise duckdb.InvalidInputException("page 3 is damaged\nsecond line")

    monkeypatch.setattr(load.cells, "insert_sheet", broken)
    error = read(rules_db, tmp_path, [["59392", "Maubeuge", "12"]]).error
    assert error is not None and error.code == "E209"
    assert "page 3 is damaged" in (error.where or "") and "second line" not in (error.where or "")

    def own(*_: object) -> None:
        raise ObservatoryError("E999", "dit par nous")

    monkeypatch.setattr(load.cells, "insert_sheet", own)
    error = read(rules_db, tmp_path / "b", [["59392", "Maubeuge", "12"]]).error
    assert error is not None and error.code == "E999"
    monkeypatch.setattr(load.cells, "insert_sheet", lambda *_: (_ for _ in ()).throw(KeyError("a bug")))
    with pytest.raises(KeyError):
        read(rules_db, tmp_path / "c", [["59392", "Maubeuge", "12"]])


def test_the_publication_refuses_a_ledger_that_does_not_add_up(books: Database) -> None:
    from ess_observatory.publish import controls

    def holds() -> bool:
        verdict = next(
            function(books)
            for name, function in vars(controls).items()
            if name == "_ledger" and callable(function)
        )
        return bool(verdict.status == "ok")

    close_ledger(books)
    assert holds()
    for read_, kept, refused in ((5, 5, 1), (5, 3, 1), (1, -1, 2)):
        books.execute(
            f"update staging.ledger set rows_read = {read_}, rows_kept = {kept}, rows_refused = {refused}"
        )
        assert not holds()
    books.execute("update staging.ledger set rows_read = 2, rows_kept = 0, rows_refused = 2")
    assert holds()


COMBINED = (
    "siret,statutDiffusionEtablissement,codeCommuneEtablissement,etatAdministratifEtablissement,siren,statutDiffusionUniteLegale,"
    "categorieJuridiqueUniteLegale\n"
)


def test_a_unit_told_beside_each_of_its_establishments_is_one_row_a_file(
    project: Project, rules_db: Database, tmp_path: Path
) -> None:
    for file, siren, nics in (
        ("a.csv", "732829320", ("00074", "00082")),
        ("b.csv", "991000019", ("00018", "00026")),
    ):
        rows = [f"{siren}{nic},O,59392,A,{siren},O,9220" for nic in nics]
        (tmp_path / file).write_text(COMBINED + "\n".join(rows), encoding="utf-8")
    matches = take_inventory(tmp_path, project.sources.values()).matches
    units = project.sources["sirene_legal_unit"]
    create_books(rules_db)
    load.load_source(rules_db, units, [match for match in matches if match.source == units.id])
    found = rules_db.rows("select _file, _line, siren from raw.sirene_legal_unit order by all")
    assert found == [("a.csv", 2, "732829320"), ("b.csv", 2, "991000019")]


@pytest.mark.parametrize("judges", [True, False])
def test_only_the_rows_that_are_kept_are_noted(books: Database, project: Project, judges: bool) -> None:
    spec = replace(project.sources["ess_list"], id="essai", key=())
    notes = "'C' as note_column, 'v' as note_value, 'I205' as note_code, 'motif' as note_reason"
    names = ("refusal_column", "refusal_value", "refusal_reason", "refusal_fix")
    refusal = "case when _line = 3 then 'E331' end as refusal_code, " + ", ".join(
        f"'x' as {n}" for n in names
    )
    told = f"{notes}, {refusal}" if judges else notes
    rows = "(values ('a.csv', 'Feuille', 2), ('a.csv', 'Feuille', 3)) as t (_file, _sheet, _line)"
    stage(books, spec, f"select *, {told} from {rows}")
    assert books.rows("select line from staging.note order by line") == ([(2,)] if judges else [(2,), (3,)])
    assert books.columns("staging.essai") == ["_file", "_sheet", "_line"]
