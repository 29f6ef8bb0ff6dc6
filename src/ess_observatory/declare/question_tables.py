"""The table of a question that asks for one in the codebook (`table: '12.4'`): the card of the project's template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.codebook.questions import Question
from ess_observatory.declare.files import read_toml
from ess_observatory.errors import ObservatoryError

#: Beside the questionnaire: the card that these questions share.
TEMPLATE = "table.toml"
#: What a text of that card may hold of the question.
MARKS = ("{code}", "{table}", "{label}", "{label_en}", "{choice}", "{choice_label}", "{choice_label_en}")


def question_tables(questionnaire: Path) -> dict[str, dict[str, Any]]:
    """Table id → card, for each question with a `table`.

    Nothing without a questionnaire, or while it has errors: reading the answers is where these are said.
    """
    if not questionnaire.is_file():
        return {}
    try:
        questions = [question for question in load_codebook(questionnaire).questions if question.table]
    except ObservatoryError:
        return {}
    if not questions:
        return {}
    template = read_toml(questionnaire.with_name(TEMPLATE))
    return {_id(question): _filled(template, question) for question in questions}


def _id(question: Question) -> str:
    return f"question_{question.code.lower().replace('-', '_')}"


def _filled(template: dict[str, Any], question: Question) -> dict[str, Any]:
    label, first = question.short or question.label, question.choices[0]
    said = (question.code, _id(question), label, question.label_en or label)
    chosen = (first.code, first.label, first.label_en or first.label)
    words = dict(zip(MARKS, (*said, *chosen), strict=True))

    def fill(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: fill(value) for key, value in item.items()}
        if isinstance(item, list):
            return [fill(value) for value in item]
        if isinstance(item, str):
            for mark, word in words.items():
                item = item.replace(mark, word)
        return item

    number = str(question.table)
    return {"number": number, "chapter": int(number.partition(".")[0]), **fill(template)}
