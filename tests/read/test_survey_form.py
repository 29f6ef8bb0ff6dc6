"""The form to fill in: what is written in it comes back whole, and it follows the codebook."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from ess_observatory.codebook.codebook import codebook_from
from ess_observatory.survey.dialects import Excel, XPath
from ess_observatory.survey.form import write_form
from ess_observatory.survey.plan import form_lines
from ess_observatory.survey.read import read_answers, recognise
from ess_observatory.survey.tables import survey_cells
from ess_observatory.survey.wording import Setting, say
from ess_observatory.tabular.sheets import open_sheets
from test_survey_form_support import (
    as_export,
    declined,
    expected,
    fill,
    filled,
    obtained,
    project_codebook,
    wide_columns,
)
from test_survey_support import CODEBOOK, database, small_codebook

SETTING = Setting("Pays d’essai", "2031", "Observatoire d’essai", "contact@exemple.invalid", synthetic=True)


@pytest.fixture(scope="module")
def codebook():
    return project_codebook()


@pytest.fixture(scope="module")
def form(codebook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_form(codebook, tmp_path_factory.mktemp("form") / "formulaire.xlsx", SETTING)


@pytest.mark.parametrize("answers", [filled, declined])
def test_every_answer_of_a_filled_form_and_of_an_export_of_it_comes_back(
    codebook, form, tmp_path, answers
) -> None:
    cells = answers(codebook)
    done = fill(form, cells, tmp_path / "rempli.xlsx")
    survey = read_answers(open_sheets(done), codebook, "survey")
    assert survey.refused == []
    (respondent,) = survey.respondents.to_pylist()
    wanted = expected(codebook, cells)
    assert obtained(survey, codebook, respondent["respondent_key"]) == wanted
    if answers is filled:
        assert set(wanted) == set(codebook.by_code), "every question is answered"
    for use_labels in (False, True):
        sheet = as_export(done, list(wide_columns(codebook)), use_labels)
        survey = read_answers([sheet], codebook, "survey")
        assert survey.refused == []
        (respondent,) = survey.respondents.to_pylist()
        assert obtained(survey, codebook, respondent["respondent_key"]) == wanted


def test_the_layout_is_the_one_that_the_reader_reads(codebook, form) -> None:
    page = next(page for page in open_sheets(form) if page.name == "Questionnaire")
    assert (
        page.rows[0][0]
        == "SYNTHÉTIQUE – Enquête annuelle auprès des structures de l’ESS – Pays d’essai, 2031"
    )
    assert page.rows[1][:2] == ["Version du questionnaire", codebook.version]
    assert page.rows[3][:4] == ["Code", "Question", "Réponse", "Aide"]
    assert recognise(page, codebook) == "form"
    assert [recognise(other, codebook) for other in open_sheets(form)] == ["form", None, None]
    empty = read_answers(open_sheets(form), codebook, "survey")
    assert [row["code"] for row in empty.refused] == ["reponse_vide"]


def test_the_form_is_accessible_and_protected_without_a_password(codebook, form) -> None:
    book = openpyxl.load_workbook(form)
    assert book.sheetnames == ["Questionnaire", "Lisez-moi", "Listes"]
    assert all(page.sheet_state == "visible" and not page.merged_cells.ranges for page in book)
    assert all(page.protection.sheet and page.protection.password is None for page in book)
    assert book.defined_names["form_version"].attr_text == "'Questionnaire'!$B$2"
    page = book["Questionnaire"]
    assert page.freeze_panes == "A5"
    assert page.print_title_rows == "$4:$4"
    assert page.page_setup.fitToHeight == 0
    unlocked = {cell.coordinate for row in page.iter_rows() for cell in row if not cell.protection.locked}
    assert unlocked == {"D2"} | {f"C{line.number}" for line in form_lines(codebook) if line.is_answered}
    siret = next(line for line in form_lines(codebook) if line.question and line.question.type == "siret")
    assert page.cell(siret.number, 3).number_format == "@", "a SIRET typed in stays text"


def test_lists_are_named_ranges_and_every_answer_cell_is_checked(codebook, form) -> None:
    book = openpyxl.load_workbook(form)
    page, lists = book["Questionnaire"], book["Listes"]
    rules = {str(cell): rule for rule in page.data_validations.dataValidation for cell in rule.sqref.ranges}
    for line in form_lines(codebook):
        if not line.is_answered:
            continue
        rule = rules[f"C{line.number}"]
        assert rule.errorStyle in (None, "stop") and rule.showErrorMessage and rule.error
        if line.kind == "question" and line.question.is_choice:
            assert rule.type == "list" and not rule.showDropDown, "True would hide the arrow"
            target = book.defined_names[rule.formula1].attr_text
            found = re.fullmatch(r"'?Listes'?!\$([A-Z]+)\$2:\$\1\$(\d+)", target)
            offered = [lists[f"{found[1]}{row}"].value for row in range(2, int(found[2]) + 1)]
            labels = [] if line.question.is_multiple else [choice.label for choice in line.question.choices]
            assert offered == labels + list(codebook.reasons(line.question).values())


def test_the_notice_says_who_asks_and_what_becomes_of_the_answers(codebook, form) -> None:
    page = next(page for page in open_sheets(form) if page.name == "Lisez-moi")
    text = " ".join(row[0] for row in page.rows if row[0])
    for word in ("Observatoire d’essai", "contact@exemple.invalid", "A07", "CNIL", "effacés"):
        assert word in text
    assert "{" not in text


def test_the_same_codebook_gives_the_same_bytes(codebook, form, tmp_path) -> None:
    assert write_form(codebook, tmp_path / "autre.xlsx", SETTING).read_bytes() == form.read_bytes()


@pytest.mark.parametrize("change", ["Version du questionnaire", None])
def test_a_form_of_another_version_is_refused_unless_the_codebook_reads_it(form, tmp_path, change) -> None:
    data = yaml.safe_load(CODEBOOK.read_text(encoding="utf-8"))
    data["version"] = "2031.1"
    if change is None:
        data["reads_versions"] = ["2026.1"]
    later = codebook_from(data, "x")
    done = fill(form, {"A01": "Les Essais"}, tmp_path / "vieux.xlsx")
    survey = read_answers(open_sheets(done), later, "survey")
    assert [row["code"] for row in survey.refused] == (["E241"] if change else [])
    assert survey.respondents.num_rows == (0 if change else 1)


def test_adding_a_question_is_one_entry_in_one_file(tmp_path) -> None:
    data = yaml.safe_load(CODEBOOK.read_text(encoding="utf-8"))
    added = {
        "code": "K06",
        "label_fr": "Souhaitez-vous être recontacté\u00a0?",
        "label_en": "Do you wish to be contacted again?",
        "type": "select_one",
        "choices": [
            {"code": "vite", "label_fr": "Rapidement", "label_en": "Soon"},
            {"code": "jamais", "label_fr": "Jamais", "label_en": "Never"},
        ],
        "nonresponse": ["nsp"],
        "other": True,
    }
    data["sections"][10]["questions"].append(added)
    codebook = codebook_from(copy.deepcopy(data), "questionnaire.yml")
    form = write_form(codebook, tmp_path / "formulaire.xlsx")
    sheets = []
    for number, said in enumerate(["Rapidement", "Rapidement", "Jamais", "Ne sait pas"]):
        done = fill(form, {"A01": f"Structure {number}", "K06": said}, tmp_path / f"{number}.xlsx")
        sheets += open_sheets(done)
    survey = read_answers(sheets, codebook, "survey")
    assert survey.refused == []
    card = {
        "id": "contact_again",
        "columns": [{"code": "count"}, {"code": "share"}],
        "survey": {"kind": "choices", "questions": ["K06"]},
    }
    with database(survey, codebook) as db:
        survey_cells(db, codebook, card, {})
        counts = db.rows(
            "select row_label, value from marts.contact_again where row_kind = 'data' and column_code = 'count' "
            "order by row_rank"
        )
    assert ("Rapidement", 2.0) in counts and ("Jamais", 1.0) in counts


def rows(cells: dict[str, Any]) -> Excel:
    return Excel(small_codebook(), cells, {("A3", "besoin"): "$C$9"})


def test_excel_formulas_follow_the_meaning_of_the_language() -> None:
    codebook = small_codebook()
    excel = rows({code: f"$C${number}" for number, code in enumerate(codebook.by_code, start=1)})
    assert excel.holds(codebook.question("B3").relevant) == '$C$2="Oui"'
    broken = excel.broken(codebook.question("B2").constraint)
    assert broken.startswith("AND(OR(ISNUMBER($C$5)),OR(ISNUMBER($C$4)),NOT(")
    assert "N($C$7)+N($C$8)" in excel.broken(codebook.question("B4").constraint)


def test_xpath_waits_for_later_questions_and_leaves_the_unknown_alone() -> None:
    codebook = small_codebook()
    first = XPath(codebook, codebook.question("B4")).allowed(codebook.question("B4").constraint)
    last = XPath(codebook, codebook.question("B5")).allowed(codebook.question("B5").constraint)
    assert first.startswith("(${B5} = '' or ")
    assert "${B5} = ''" not in last
    fewer = XPath(codebook, codebook.question("B2")).allowed(codebook.question("B2").constraint)
    assert fewer == "(not(${B1} != '') or . <= ${B1})"


def test_a_filter_is_said_in_french(codebook) -> None:
    assert say(codebook.question("K03").relevant, codebook) == "K02 vaut «\u00a0Oui\u00a0»"
    assert say(codebook.question("H05b").constraint, codebook) == "H05b ≤ H05a et H05b ≤ H04a"
