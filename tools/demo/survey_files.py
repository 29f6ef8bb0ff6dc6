"""Survey answers as they are received: one export of the online tool, and single filled forms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from .recipe import Recipe
from .respondent import Respondent
from .workbook import Value, write_xlsx

Question = dict[str, Any]


def write_answers(recipe: Recipe, people: list[Respondent], out: Path) -> list[Path]:
    """Write the export of the first respondents and a form for each of the last ones."""
    exported = len(people) - recipe.survey["respondents"]["forms"]
    return [
        _write_export(recipe, people[:exported], out),
        *[_write_form(recipe, one, out) for one in people[exported:]],
    ]


def _questions(recipe: Recipe) -> Iterator[Question]:
    for section in recipe.codebook["sections"]:
        yield from section["questions"]


def _is_multiple(question: Question) -> bool:
    return bool(question["type"] == "select_multiple")


def _labels(recipe: Recipe, question: Question) -> dict[str, str]:
    """Labels of the choices and of the non-response codes of a question."""
    codes = {item["code"]: item["label_fr"] for item in recipe.codebook["nonresponse_codes"]}
    return {choice["code"]: choice["label_fr"] for choice in question.get("choices", [])} | codes


def _write_export(recipe: Recipe, people: list[Respondent], out: Path) -> Path:
    layout = recipe.survey["export"]
    rng = recipe.rng("export")
    first, last = layout["submitted_between"]
    days = sorted(first + dt.timedelta(days=rng.randrange((last - first).days + 1)) for _ in people)
    columns = [
        (question, part, title) for question in _questions(recipe) for part, title in _parts(question, layout)
    ]
    codes = [question["code"] + (f"[{part}]" if part else "") for question, part, _ in columns]
    rows: list[list[Value]] = [
        [layout["id_header"], layout["date_header"], *codes],
        [layout["id_title"], layout["date_title"], *[title for _, _, title in columns]],
    ]
    for one, day in zip(people, days, strict=True):
        shown: Value = day.strftime("%d/%m/%Y") if rng.random() < layout["text_date"] else day
        cells = [_export_cell(recipe, question, part, one, rng) for question, part, _ in columns]
        rows.append([one.number, shown, *cells])
    return write_xlsx(out / layout["file"], layout["sheet"], rows, recipe.created)


def _parts(question: Question, layout: dict[str, Any]) -> list[tuple[str, str]]:
    """The columns of a question: (part, title); the main column has an empty part."""
    label = question["label_fr"]
    parts = [] if _is_multiple(question) else [("", label)]
    if _is_multiple(question):
        parts += [(choice["code"], f"{label} [{choice['label_fr']}]") for choice in question["choices"]]
    if question.get("other"):
        parts.append(("other", f"{label} [{layout['other_title']}]"))
    if _is_multiple(question) and question.get("nonresponse"):
        parts.append(("nonresponse", f"{label} [{layout['nonresponse_title']}]"))
    return parts


def _export_cell(recipe: Recipe, question: Question, part: str, one: Respondent, rng: Random) -> Value:
    layout = recipe.survey["export"]
    answer = one.answers.get(question["code"])
    if answer is None:
        return None
    if part == "other":
        return one.others.get(question["code"])
    if part == "nonresponse":
        return None if isinstance(answer, list) else _labels(recipe, question)[answer]
    if part:
        return layout["yes"] if isinstance(answer, list) and part in answer else None
    if isinstance(answer, str):
        if answer == "other":
            return str(layout["other_title"])
        is_choice = any(choice["code"] == answer for choice in question.get("choices", []))
        if is_choice and rng.random() < layout["code_instead_of_label"]:
            return answer
        return _labels(recipe, question).get(answer, answer)
    return _french(answer) if rng.random() < layout["number_as_text"] else answer


def _french(number: float) -> str:
    """`1234.5` as `1 234,5`."""
    return f"{number:,}".replace(",", " ").replace(".", ",")


def _write_form(recipe: Recipe, one: Respondent, out: Path) -> Path:
    layout = recipe.survey["forms"]
    book = recipe.codebook
    rows: list[list[Value]] = [
        [layout["title"].format(title=book["title_fr"])],
        [layout["version"], str(book["version"])],
        [],
        list(layout["header"]),
    ]
    for question in _questions(recipe):
        code, answer = question["code"], one.answers.get(question["code"])
        labels = _labels(recipe, question)
        multiple = _is_multiple(question)
        if isinstance(answer, list):
            shown: Value = None
        elif isinstance(answer, str):
            shown = layout["other_answer"] if answer == "other" else labels.get(answer, answer)
        else:
            shown = answer
        rows.append([code, question["label_fr"], shown, question.get("hint_fr")])
        if multiple:
            chosen = answer if isinstance(answer, list) else []
            for choice in question["choices"]:
                mark = layout["chosen"] if choice["code"] in chosen else None
                rows.append([f"{code}.{choice['code']}", choice["label_fr"], mark])
        if question.get("other"):
            rows.append([f"{code}.other", layout["other"], one.others.get(code)])
    path = out / layout["file"].format(number=one.number)
    return write_xlsx(path, layout["sheet"], rows, recipe.created, layout["widths"])
