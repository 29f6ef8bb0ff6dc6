"""The survey in the database: raw cells, staged answers, and one row a respondent x question in `core`."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

from ess_observatory.codebook.questions import Codebook
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.survey.read import SurveyRead

if TYPE_CHECKING:
    import pyarrow as pa

    from ess_observatory.engine.database import Database


#: Tables of `core` with the answers, each made from those before it.
TABLES = ("survey_respondent", "survey_identity", "survey_answer", "survey_choice", "survey_open")


def sql(name: str) -> str:
    """A statement of this package, from its own file."""
    return (files("ess_observatory.survey") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def build_survey(db: Database, codebook: Codebook, read: SurveyRead, source_id: str) -> None:
    """Write the survey in `raw`, `staging`, `rules` and `core` (empty tables when nobody answered).

    Who answers (`core.survey_identity`) is kept apart from what was answered; `siret` of `core.survey_respondent`
    serves the link to the register only.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", source_id):
        raise ObservatoryError(
            "E295",
            f"Nom de source inattendu\u00a0: «\u00a0{source_id}\u00a0».",
            fix="Minuscules et tirets bas.",
            exit_code=Exit.USAGE,
        )
    import pyarrow.compute as pc

    put_codebook(db, codebook)
    identity = [question.code for question in codebook.questions if question.is_identity]
    is_identity = pc.is_in(read.answers["question_code"], pa_strings(identity))
    answers = read.answers.filter(pc.invert(is_identity))
    db.put(f"raw.{source_id}", read.cells)
    db.put(f"staging.{source_id}_answer", answers)
    db.put("staging.survey_respondent", read.respondents)
    db.put("staging.survey_answer", answers)
    db.put("staging.survey_identity", read.answers.filter(is_identity))
    db.put("staging.survey_choice", read.choices)
    db.put("staging.survey_open", read.opens)
    for name in TABLES:
        db.execute(f"create or replace table core.{name} as {sql(name)}")


def pa_strings(values: list[str]) -> pa.Array:
    """An Arrow array of texts (empty when there is none)."""
    import pyarrow as pa

    return pa.array(values, pa.string())


def put_codebook(db: Database, codebook: Codebook) -> None:
    """`rules.survey_question`, `rules.survey_choice` (labels, ranks, properties) and `rules.survey_consent`."""
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
            "sensitivity": question.sensitivity,
        }
        for question in codebook.questions
    ]
    kinds = [text, whole, text, text, text, text, text, text, truth, truth, truth, truth, truth, text]
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
    consent = (
        [dict(zip(("question_code", "choice_code"), codebook.consent, strict=True))]
        if codebook.consent
        else []
    )
    agreed = pa.schema([("question_code", text), ("choice_code", text)])
    db.put("rules.survey_consent", pa.Table.from_pylist(consent, schema=agreed))
