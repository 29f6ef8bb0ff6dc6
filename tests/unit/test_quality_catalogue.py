"""Every message has one code, every code one entry, and the page of errors is that catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import ROOT
from ess_observatory.commands.explain import explanation_of as explain
from ess_observatory.engine.outputs import Outputs
from ess_observatory.quality.catalogue import catalogue_page, not_to_correct, read_catalogue

CODE = re.compile(r"""["']([A-Z]\d{3})["']""")
#: Words that the survey's reader gives as reasons; they are entries too.
WORD = re.compile(r'(?:Refused?\(|Refusal\(|refuse\()(?:[^"()]*,\s*|\s*)"([a-z]+(?:_[a-z]+)*)"')


@pytest.fixture(scope="module")
def catalogue():
    return read_catalogue(ROOT / "pipelines")


def _texts() -> dict[Path, str]:
    folders = (ROOT / "src" / "ess_observatory", ROOT / "pipelines")
    return {
        path: path.read_text(encoding="utf-8")
        for folder in folders
        for suffix in ("*.py", "*.sql", "source.toml")
        for path in sorted(folder.rglob(suffix))
    }


def test_every_code_raised_is_in_the_catalogue(catalogue):
    missing = {
        code: path.name
        for path, text in _texts().items()
        for code in CODE.findall(text)
        if code not in catalogue
    }
    assert missing == {}, (
        "add them to pipelines/texts/codes.toml, then: python -m ess_observatory.quality.catalogue"
    )


def test_every_reason_of_the_survey_is_in_the_catalogue(catalogue):
    words = {
        word for path, text in _texts().items() if path.parent.name == "survey" for word in WORD.findall(text)
    }
    assert words, "the reader of answers gives its reasons in words"
    assert words - {"date"} <= set(catalogue)


def test_the_catalogue_says_nothing_that_is_never_said(catalogue):
    said = {code for text in _texts().values() for code in CODE.findall(text)}
    assert {code for code in catalogue if re.fullmatch(r"[A-Z]\d{3}", code)} <= said


def test_an_entry_says_what_why_and_what_to_do(catalogue):
    for code, entry in catalogue.items():
        assert set(entry) <= {"title", "meaning", "fix", "correct", "whole"}, code
        assert all(entry[key].strip() for key in ("title", "meaning", "fix")), code
        assert entry["meaning"].endswith(".") and entry["fix"].endswith((".", "?", "…")), code
        assert "'" not in entry["title"], f"{code}: typographic apostrophes"


def test_rows_that_are_not_wrong_are_not_to_be_corrected():
    spared = not_to_correct(ROOT / "pipelines")
    assert {"I201", "E370", "E374"} <= spared
    assert "E371" not in spared


def test_the_page_is_the_catalogue(catalogue):
    page = (ROOT / "docs" / "erreurs.md").read_text(encoding="utf-8")
    assert page == catalogue_page(catalogue), "python -m ess_observatory.quality.catalogue"
    for code in catalogue:
        assert f"## {code} – " in page


def test_a_code_is_explained_where_nothing_is_built(project, tmp_path):
    edition = project.edition("sambre-avesnois-2011")
    outputs = Outputs.of(project.root, edition.id, tmp_path)
    assert explain(project, edition, outputs, "E312")["refused"] == []
    assert explain(project, edition, outputs, "exclusif")["title"] == "Choix exclusif accompagné d’autres"
