"""Whatever is written in a cell of a form: no answer other than that of the cell moves, nothing is lost, and it comes back corrected."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.codebook.expressions import references
from ess_observatory.read.refused_headers import CORRECTED, REFUSED_HEADERS
from ess_observatory.survey.read import SurveyRead, read_answers, recognise
from ess_observatory.tabular.sheets import Sheet
from test_survey_support import CODEBOOK, form, sheet, wide

pytestmark = pytest.mark.varied

BOOK = load_codebook(CODEBOOK)
SIRET = "73282932000074"
#: A form that follows every rule of the codebook.
GOOD = {
    "A01": "Structure", "A02": SIRET, "A03": "59392", "A04": "Association", "A07": "Non", "C01": "Oui", "D03": "Oui",
    "E01": "Oui", "F02": "100000", "F03a": "40000", "F03b": "10000", "F04": "Besoin de trésorerie ponctuel (conjoncturel)",
    "F05.saisonnalite": "x", "F07": "Oui", "H01": "10", "H02": "8,5", "H03": "20", "H04a": "6", "H04b": "3", "H04c": "1",
    "H05a": "2", "H05b": "1", "H06": "41,5", "H07": "55", "H08": "7", "H09": "1", "I02": "Oui", "I03.reseau": "x",
    "I04": "Non", "D01.competences": "x", "D01.qualite": "x", "B01.besoins": "x", "I01.technique": "x", "C02a": "50",
    "C02b": "30", "C02c": "20", "C02d": "0",
}  # fmt: skip
#: What people write, what hands slip on, and anything.
SLIPS = (
    *(
        "environ 10",
        "12 salariés",
        "0,5",
        "52 ans",
        "SCIC",
        "Maubeuge",
        "x",
        "Oui",
        "non",
        "?",
        "-",
        "1.234",
        "1e5",
        "#REF!",
    ),
    *(
        "Ne sait pas",
        "10 à 12",
        "=A1",
        "1",
        "0",
        "-3",
        "9999999",
        "2026-01-01",
        "« rien »",
        "100 %",
        "dix",
        "Autre",
        "N/A",
    ),
)
WRITTEN = st.one_of(
    st.sampled_from(SLIPS),
    st.integers(-5, 10**7).map(str),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20),
)


def of(cells: dict[str, str]) -> SurveyRead:
    return read_answers([form(cells, "f.xlsx", BOOK.version)], BOOK, "survey")


def said(survey: SurveyRead) -> dict[str, tuple[Any, ...]]:
    """What is answered, question by question."""
    return {
        row["question_code"]: (row["status"], row["value_text"], row["value_number"])
        for row in survey.answers.to_pylist()
        if row["status"] != "filtered"
    }


def tied(code: str) -> set[str]:
    """The questions that a rule or a filter ties to one."""
    found = {code}
    for question in BOOK.questions:
        for rule in (question.constraint, question.relevant):
            cited = {question.code, *(cited for cited, _ in references(rule))} if rule is not None else set()
            found |= cited if code in cited else set()
    return found


BASE = said(of(GOOD))


def test_the_good_form_has_nothing_refused() -> None:
    survey = of(GOOD)
    assert not survey.refused and not survey.notes
    assert len(BASE) == len({code.partition(".")[0] for code in GOOD})


@given(st.sampled_from(sorted(GOOD)), WRITTEN)
@example("C01", "bof")
@example("F04", "ponctuel ?")
@example("H01", "1")
@example("C02b", "bof")
@example("F02", "beaucoup")
@example("F03a", "?")
@example("C02a", "0,5")
def test_no_other_answer_moves(cell: str, written: str) -> None:
    """Those that no rule ties to the cell never do; when the cell cannot be read at all, none does."""
    survey = of(GOOD | {cell: written})
    now, code = said(survey), cell.partition(".")[0]
    moved = {other for other in BASE.keys() | now.keys() if BASE.get(other) != now.get(other)}
    assert moved <= tied(code)
    own = [row for row in survey.refused if row["column"] == f"Réponse ({cell})"]
    if own and own[0]["code"] not in ("contrainte", "filtre", "exclusif", "contradiction"):
        assert moved <= {code} and survey.refused == own
    assert survey.ledger[0]["rows_kept"] == 1 and survey.ledger[0]["rows_refused"] == 0


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), WRITTEN, max_size=8))
def test_every_cell_is_answered_or_set_aside_with_its_place(bad: dict[str, str]) -> None:
    """Nothing is lost: a cell that answers nothing is in the book, with its file, its sheet, its line and what it says."""
    cells = GOOD | bad
    survey = of(cells)
    refused = {row["column"]: row for row in survey.refused}
    now = said(survey)
    for cell, value in cells.items():
        if value.strip() and cell.partition(".")[0] not in now and value.casefold() not in ("n/a", "na"):
            row = refused.get(f"Réponse ({cell})")
            is_mark = value.strip(" .:;?!*").casefold() in ("", "non", "n", "0", "no", "faux", "false")
            assert row is not None or ("." in cell and is_mark), (cell, value)
    for row in survey.refused:
        assert (row["file"], row["sheet"]) == ("f.xlsx", "Questionnaire") and row["line"] > 4
        assert row["value"] and row["reason"] and row["fix"]


@given(st.sampled_from(["H01", "C01", "A02", "F04", "C02a", "H06"]), WRITTEN)
def test_a_refused_cell_comes_back_corrected(cell: str, written: str) -> None:
    """The workbook of what was refused, with the right value: the same answers as if it had been written at once."""
    cells = GOOD | {cell: written}
    refused = of(cells).refused
    if [row["column"] for row in refused] != [f"Réponse ({cell})"]:
        return
    survey = read_answers(
        [form(cells, "f.xlsx", BOOK.version), corrections(refused, GOOD[cell])], BOOK, "survey"
    )
    assert said(survey) == BASE and not survey.refused
    shown = None if cell == "A02" else written  # who answers is not repeated in the notes
    assert [(note["code"], note["value"]) for note in survey.notes] == [("cellule_corrigee", shown)]
    assert cell != "A02" or SIRET not in survey.notes[0]["reason"]
    assert len(survey.ledger) == 1, "corrected cells are no answers"


def corrections(refused: list[dict[str, Any]], *values: str, name: str = "retour.xlsx") -> Sheet:
    """The sheet of the survey in `lignes-refusees.xlsx`, filled in."""
    keys = ("file", "sheet", "line", "column", "value", "code", "reason", "fix")
    rows = [
        [value, *(None if row[key] is None else str(row[key]) for key in keys)]
        for row, value in zip(refused, values, strict=True)
    ]
    return sheet([[CORRECTED, *REFUSED_HEADERS], *rows], "Enquête", name)


def test_a_sheet_of_corrected_cells_is_recognised() -> None:
    assert recognise(corrections([]), BOOK) == "corrections"
    assert recognise(sheet([["Commune", *REFUSED_HEADERS], ["59", "a.csv"]]), BOOK) is None


def test_a_corrected_value_that_is_wrong_is_refused_in_its_turn_and_corrected_again() -> None:
    answered = form(GOOD | {"H06": "quarante"}, "f.xlsx", BOOK.version)
    first = corrections(read_answers([answered], BOOK, "survey").refused, "40 ou 41")
    again = read_answers([answered, first], BOOK, "survey").refused
    assert [(row["column"], row["value"]) for row in again] == [("Réponse (H06)", "40 ou 41")]
    second = corrections(again, "41,5", name="retour 2.xlsx")
    for order in ([first, second], [second, first]):
        survey = read_answers([answered, *order], BOOK, "survey")
        assert said(survey) == BASE and not survey.refused


@pytest.mark.parametrize("values", [("41,5", "42"), ("42", "41,5")])
def test_two_different_corrections_of_a_cell_correct_nothing(values: tuple[str, str]) -> None:
    answered = form(GOOD | {"H06": "quarante"}, "f.xlsx", BOOK.version)
    refused = read_answers([answered], BOOK, "survey").refused
    survey = read_answers([answered, corrections(refused * 2, *values)], BOOK, "survey")
    assert sorted(row["code"] for row in survey.refused) == [
        "E310",
        "correction_sans_objet",
        "correction_sans_objet",
    ]


def test_a_correction_of_a_cell_that_changed_since_is_told() -> None:
    refused = of(GOOD | {"H06": "quarante"}).refused
    survey = read_answers([form(GOOD, "f.xlsx", BOOK.version), corrections(refused, "39")], BOOK, "survey")
    assert said(survey) == BASE
    assert [(row["code"], row["file"], row["line"], row["value"]) for row in survey.refused] == [
        ("correction_sans_objet", "retour.xlsx", 2, None)
    ]


def test_a_cell_of_an_export_comes_back_too_and_so_does_a_date() -> None:
    people = [
        {"A2": "Oui", "H01": "3", "H06": "30"},
        {"H01": "dix", "H06": "40", "Date de soumission": "hier"},
    ]
    export = wide(people, ["A01", "H01", "H06", "Date de soumission"])
    refused = read_answers([export], BOOK, "survey").refused
    assert [(row["column"], row["line"]) for row in refused] == [("H01", 3), ("date", 3)]
    survey = read_answers([export, corrections(refused, "10", "2026-02-03")], BOOK, "survey")
    assert not survey.refused
    assert [row["submitted_on"] for row in survey.respondents.to_pylist()] == [None, "2026-02-03"]
    assert [row["value_number"] for row in survey.answers.to_pylist() if row["question_code"] == "H01"] == [
        3,
        10,
    ]
