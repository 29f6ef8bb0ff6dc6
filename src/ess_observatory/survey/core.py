"""The survey in the database: raw cells, staged answers, and one row a respondent x question in `core`."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.survey.questions import Codebook
from ess_observatory.survey.read import SurveyRead

if TYPE_CHECKING:
    from ess_observatory.build.database import Database


def sql(name: str) -> str:
    """A statement of this package, from its own file."""
    return (files("ess_observatory.survey") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def build_survey(db: Database, codebook: Codebook, read: SurveyRead, source_id: str) -> None:
    """Write the survey in `raw`, `staging`, `rules` and `core` (empty tables when nobody answered)."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", source_id):
        raise ObservatoryError(
            "E235",
            f"Nom de source inattendu\u00a0: «\u00a0{source_id}\u00a0».",
            fix="Minuscules et tirets bas.",
            exit_code=Exit.USAGE,
        )
    put_codebook(db, codebook)
    db.put(f"raw.{source_id}", read.cells)
    db.put(f"staging.{source_id}_answer", read.answers)
    db.put("staging.survey_respondent", read.respondents)
    db.put("staging.survey_answer", read.answers)
    db.put("staging.survey_choice", read.choices)
    for name in ("survey_respondent", "survey_answer", "survey_choice"):
        db.execute(f"create or replace table core.{name} as {sql(name)}")


def put_codebook(db: Database, codebook: Codebook) -> None:
    """`rules.survey_question` and `rules.survey_choice`: labels, ranks and properties of the codebook."""
    import pyarrow as pa

    text, whole, truth = pa.string(), pa.int32(), pa.bool_()
    sections = {section.code: section for section in codebook.sections}
    questions = [
        {
            "question_code": question.code,
            "question_rank": question.rank,
            "section_code": question.section,
            "section_label": sections[question.section].label,
            "question_label": question.label,
            "short_label": question.short or question.label,
            "question_type": question.type,
            "unit": question.unit,
            "has_filter": question.relevant is not None,
            "allows_declined": bool({"nsp", "refus"} & set(question.nonresponse)),
            "allows_not_applicable": "sans_objet" in question.nonresponse,
            "is_required": question.required,
            "is_confidential": question.confidential,
        }
        for question in codebook.questions
    ]
    kinds = [text, whole, text, text, text, text, text, text, truth, truth, truth, truth, truth]
    names = list(questions[0])
    db.put(
        "rules.survey_question",
        pa.Table.from_pylist(questions, schema=pa.schema(list(zip(names, kinds, strict=True)))),
    )
    choices = [
        {
            "question_code": question.code,
            "choice_code": choice.code,
            "choice_label": choice.label,
            "choice_rank": choice.rank,
            "is_exclusive": choice.is_exclusive,
            "is_other": choice.is_other,
        }
        for question in codebook.questions
        for choice in question.choices
    ]
    schema = pa.schema(
        [
            ("question_code", text),
            ("choice_code", text),
            ("choice_label", text),
            ("choice_rank", whole),
            ("is_exclusive", truth),
            ("is_other", truth),
        ]
    )
    db.put("rules.survey_choice", pa.Table.from_pylist(choices, schema=schema))
