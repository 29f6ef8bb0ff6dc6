"""The questionnaire for KoboToolbox and ODK, the one to print, and the command that writes them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
import yaml

from command_line import ess
from ess_observatory.codebook.codebook import codebook_from
from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.printed import printed, write_printed
from ess_observatory.survey.wording import Setting
from ess_observatory.survey.xlsform import write_xlsform
from test_survey_form_support import filled, obtained, project_codebook
from test_survey_support import CODEBOOK, read, sheet, small, small_codebook

SETTING = Setting("Pays d’essai", "2031", "Observatoire d’essai", "contact@exemple.invalid")


@pytest.fixture(scope="module")
def codebook():
    return project_codebook()


@pytest.fixture(scope="module")
def book(codebook, tmp_path_factory) -> dict[str, list[dict]]:
    path = write_xlsform(codebook, tmp_path_factory.mktemp("xlsform") / "xlsform.xlsx", SETTING)
    return sheets_of(path)


def sheets_of(path: Path) -> dict[str, list[dict]]:
    found = {}
    for page in openpyxl.load_workbook(path):
        header, *rows = page.iter_rows(values_only=True)
        found[page.title] = [
            {name: value or "" for name, value in zip(header, row, strict=True)} for row in rows
        ]
    return found


def test_the_three_sheets(codebook, book) -> None:
    assert list(book) == ["survey", "choices", "settings"]
    names = [row["name"] for row in book["survey"] if row["type"] not in ("end_group",)]
    assert len(names) == len(set(names)), "a name twice would not load"
    assert set(codebook.by_code) <= set(names)
    assert book["settings"][0]["form_id"] == "ess_enquete_annuelle"
    assert book["settings"][0]["version"] == codebook.version
    lists = {row["list_name"] for row in book["choices"]}
    used = {row["type"].split(" ")[1] for row in book["survey"] if row["type"].startswith("select")}
    assert used == lists
    for row in (*book["survey"], *book["choices"]):
        if row.get("type") not in ("start", "end", "end_group", "note"):
            assert row["label::Français (fr)"] and row["label::English (en)"]


def test_expressions_name_questions_that_exist_and_close_their_brackets(codebook, book) -> None:
    names = {row["name"] for row in book["survey"]}
    for row in book["survey"]:
        for key in ("relevant", "constraint"):
            assert row[key].count("(") == row[key].count(")")
            assert set(re.findall(r"\$\{([^}]+)\}", row[key])) <= names


def test_filters_constraints_and_open_answers(book) -> None:
    rows = {row["name"]: row for row in book["survey"] if row["type"] not in ("end_group",)}
    assert rows["E02"]["relevant"] == "selected(${E01}, 'oui')"
    assert rows["F05"]["relevant"] == "(selected(${F04}, 'ponctuel') or selected(${F04}, 'structurel'))"
    assert rows["F03a"]["relevant"] == "(${F02} != '' and ${F02} > 0)"
    assert rows["B01_other"]["relevant"] == "selected(${B01}, 'other')"
    assert rows["F03b_nonresponse"]["relevant"].endswith("and ${F03b} = ''")
    assert "not(selected(., 'aucun') and count-selected(.) > 1)" in rows["I01"]["constraint"]
    assert "regex(., '^[0-9]{14}$')" in rows["A02"]["constraint"] and "mod 10" in rows["A02"]["constraint"]
    assert rows["A04"]["required"] == "yes" and rows["H01"]["required"] == ""


@pytest.mark.parametrize("grouped", [True, False])
def test_the_export_of_the_tool_comes_back(codebook, book, grouped) -> None:
    """What KoboToolbox writes for this form: `group/question`, and a column 0/1 a choice."""
    cells, header, row, group = filled(codebook), [], [], ""
    for line in book["survey"]:
        kind, name = line["type"].split(" ")[0], line["name"]
        group = line["name"] if kind == "begin_group" else group
        if kind in ("start", "end", "note", "begin_group", "end_group"):
            continue
        prefix = f"{group}/" if grouped else ""
        code, _, part = name.partition("_")
        question = codebook.question(code)
        if part:
            header.append(prefix + name)
            row.append(cells.get(f"{code}.other") if part == "other" and question.is_multiple else None)
        elif kind == "select_multiple":
            offered = [choice["name"] for choice in book["choices"] if choice["list_name"] == code]
            ticked = [choice for choice in offered if f"{code}.{choice}" in cells]
            header += [prefix + name, *(f"{prefix}{name}/{choice}" for choice in offered)]
            row += [" ".join(ticked), *("1" if choice in ticked else "0" for choice in offered)]
        else:
            header.append(prefix + name)
            value = cells[code]
            if kind == "select_one":
                value = next(choice.code for choice in question.choices if choice.label == value)
            row.append(str(value))
    survey = read(sheet([header, row]), codebook=codebook)
    assert survey.refused == []
    (respondent,) = survey.respondents.to_pylist()
    found = obtained(survey, codebook, respondent["respondent_key"])
    assert set(found) == set(codebook.by_code)
    from test_survey_form_support import expected

    assert found == expected(codebook, cells)


def test_a_code_that_cannot_be_a_name_is_refused(tmp_path) -> None:
    data = small()
    data["sections"][0]["questions"][2]["code"] = "3A"
    with pytest.raises(ObservatoryError) as caught:
        write_xlsform(codebook_from(data, "x"), tmp_path / "x.xlsx")
    assert caught.value.code == "E296" and "3A" in caught.value.what


def test_both_are_the_same_bytes_twice(codebook, tmp_path) -> None:
    one, two = [write_xlsform(codebook, tmp_path / f"{n}.xlsx", SETTING).read_bytes() for n in "ab"]
    assert one == two
    assert write_printed(codebook, tmp_path / "a.html", SETTING).read_text(encoding="utf-8") == printed(
        codebook, SETTING
    )


class Tags(HTMLParser):
    """Open tags, and whether they close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.counts: dict[str, int] = {}
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        if tag not in ("meta", "link", "br"):
            self.stack.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data) -> None:
        self.text.append(data)


def test_the_printed_questionnaire_is_well_formed_and_complete(codebook) -> None:
    page = printed(codebook, SETTING)
    tags = Tags()
    tags.feed(page)
    assert tags.stack == []
    assert tags.counts["fieldset"] == tags.counts["legend"] == sum(q.is_choice for q in codebook.questions)
    assert "size: A4" in page and '<html lang="fr">' in page
    assert not re.search(r"https?://|<script|<img", page), "nothing outside the file"
    text = " ".join(tags.text)
    for question in codebook.questions:
        assert question.label in text
        assert all(choice.label in text for choice in question.choices)
    assert "Seulement si E01 vaut «\u00a0Oui\u00a0»." in text
    assert codebook.version in text and "CNIL" in text


def test_labels_that_hold_markup_are_escaped() -> None:
    data = small()
    data["title_fr"] = 'Enquête <b> & "cie"'
    data["sections"][0]["questions"][1]["label_fr"] = "<script>alert(1)</script>"
    page = printed(codebook_from(data, "x"), Setting())
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert printed(small_codebook(), Setting())


def test_french_and_english_are_complete() -> None:
    data = yaml.safe_load(CODEBOOK.read_text(encoding="utf-8"))
    assert data["languages"] == ["fr", "en"]
    del data["sections"][3]["questions"][0]["choices"][1]["label_en"]
    with pytest.raises(ObservatoryError, match="question D01, modalité qualite"):
        codebook_from(data, "questionnaire.yml")


@pytest.mark.parametrize(("command", "suffix"), [("form", ".xlsx"), ("xlsform", ".xlsx"), ("print", ".html")])
def test_the_command(command, suffix, tmp_path) -> None:
    path = tmp_path / "nouveau" / f"questionnaire{suffix}"
    done = ess("survey", command, "--out", path, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["file"] == str(path) and path.stat().st_size > 5000
    assert ess("survey", command, "--out", tmp_path / "x.pdf").returncode == 2
