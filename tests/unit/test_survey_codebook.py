"""The codebook: what is accepted, what is refused and how it is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ess_observatory.codebook.codebook import codebook_from, load_codebook
from ess_observatory.errors import Exit, ObservatoryError
from test_survey_support import CODEBOOK, small


def test_the_codebook_of_the_project_is_valid_and_complete() -> None:
    codebook = load_codebook(CODEBOOK)
    assert len(codebook.sections) == 12
    assert len(codebook.questions) == 65
    assert codebook.version == "2026.1"
    assert [question.rank for question in codebook.questions] == list(range(1, 66))
    assert all(question.short for question in codebook.questions)


def test_french_typography_of_labels() -> None:
    for question in load_codebook(CODEBOOK).questions:
        for text in (
            question.label,
            question.short,
            question.hint,
            *[choice.label for choice in question.choices],
        ):
            assert text is None or ("'" not in text and " ?" not in text and " :" not in text), text


def test_an_open_question_gets_the_choice_other() -> None:
    question = codebook_from(small(), "x").question("A3")
    assert [choice.code for choice in question.choices] == ["besoin", "reseau", "aucune", "other"]
    assert question.choices[-1].is_other and question.choices[2].is_exclusive


def spoil(path: list[Any], value: Any) -> Callable[[dict], None]:
    def change(data: dict) -> None:
        target: Any = data
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    return change


A2, A3, B3 = ["sections", 0, "questions", 1], ["sections", 0, "questions", 2], ["sections", 1, "questions", 2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (spoil([*A2, "code"], "A1"), "Question en double"),
        (spoil([*A2, "type"], "dropdown"), "Type inconnu"),
        (spoil([*A2, "choices"], []), "sans modalité"),
        (spoil([*B3, "relevant"], "Z9 = 'oui'"), "Question inconnue"),
        (spoil([*B3, "relevant"], "A2 = 'peut_etre'"), "n’a pas de modalité"),
        (spoil([*B3, "relevant"], "B4 > 1"), "question suivante"),
        (spoil([*B3, "constraint"], "B3 <="), "Expression illisible"),
        (spoil([*A3, "exclusive"], ["rien"]), "exclusive inconnue"),
        (spoil([*A3, "nonresponse"], ["bof"]), "non-réponse inconnu"),
        (spoil(["sections", 1, "code"], "A"), "Section en double"),
    ],
)
def test_a_wrong_codebook_is_refused_in_french(change: Callable[[dict], None], said: str) -> None:
    data = small()
    change(data)
    with pytest.raises(ObservatoryError) as caught:
        codebook_from(data, "essai.yml")
    assert said in str(caught.value)
    assert "essai.yml" in str(caught.value)


def test_all_problems_are_reported_at_once() -> None:
    data = small()
    spoil([*A2, "type"], "dropdown")(data)
    spoil([*B3, "relevant"], "Z9 = 'oui'")(data)
    with pytest.raises(ObservatoryError) as caught:
        codebook_from(data, "essai.yml")
    assert len(caught.value.details) >= 2


def test_a_missing_or_broken_file(tmp_path: Path) -> None:
    with pytest.raises(ObservatoryError) as caught:
        load_codebook(tmp_path / "absent.yml")
    assert caught.value.exit_code == Exit.MISSING
    broken = tmp_path / "casse.yml"
    broken.write_text("sections: [", encoding="utf-8")
    with pytest.raises(ObservatoryError, match="YAML"):
        load_codebook(broken)
    broken.write_text("sections: []", encoding="utf-8")
    with pytest.raises(ObservatoryError, match="sections"):
        load_codebook(broken)


def test_a_codebook_is_loaded_once_until_its_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "questionnaire.yml"
    path.write_bytes(CODEBOOK.read_bytes())
    first = load_codebook(path)
    assert load_codebook(path) is first
    path.write_text(
        path.read_text(encoding="utf-8").replace("version: '2026.1'", "version: '2026.2'"), encoding="utf-8"
    )
    assert load_codebook(path).version == "2026.2"


def test_the_number_of_a_table_is_checked(tmp_path: Path) -> None:
    text = CODEBOOK.read_text(encoding="utf-8")
    path = tmp_path / "questionnaire.yml"
    path.write_text(text.replace("- code: D03\n", "- code: D03\n    table: douze\n", 1), encoding="utf-8")
    with pytest.raises(ObservatoryError) as caught:
        load_codebook(path)
    assert "douze" in str(caught.value.details[0])
