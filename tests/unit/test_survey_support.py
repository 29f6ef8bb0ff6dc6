"""Small survey, sheets and database that the tests of the survey share."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ess_observatory.codebook.codebook import Codebook, codebook_from
from ess_observatory.engine.database import Database
from ess_observatory.survey.core import build_survey
from ess_observatory.survey.read import SurveyRead, read_answers
from ess_observatory.tabular.sheets import Sheet

ROOT = Path(__file__).resolve().parents[2]
CODEBOOK = ROOT / "pipelines" / "survey" / "questionnaire.yml"
NONRESPONSE = [
    {"code": "nsp", "label_fr": "Ne sait pas"},
    {"code": "refus", "label_fr": "Ne souhaite pas communiquer"},
    {"code": "sans_objet", "label_fr": "Sans objet"},
]


def small() -> dict[str, Any]:
    """A codebook of eight questions, as plain data (a test may spoil it)."""
    yes_no = [{"code": "oui", "label_fr": "Oui"}, {"code": "non", "label_fr": "Non"}]
    reasons = ["nsp", "refus", "sans_objet"]
    return {
        "id": "essai",
        "version": "1",
        "title_fr": "Essai",
        "nonresponse_codes": NONRESPONSE,
        "columns": {"submission_id": ["ID"], "submitted_on": ["Date de soumission"]},
        "form": {"version_label": "Version du questionnaire"},
        "sections": [
            {
                "code": "A",
                "label_fr": "Identité",
                "questions": [
                    {"code": "A1", "label_fr": "SIRET", "type": "siret", "constraint": "luhn14"},
                    {
                        "code": "A2",
                        "label_fr": "Vend-elle ?",
                        "type": "select_one",
                        "choices": yes_no,
                        "nonresponse": reasons,
                    },
                    {
                        "code": "A3",
                        "label_fr": "Raisons de l’émergence",
                        "type": "select_multiple",
                        "choices": [
                            {"code": "besoin", "label_fr": "Besoin d’un public"},
                            {"code": "reseau", "label_fr": "Réseau"},
                            {"code": "aucune", "label_fr": "Aucune"},
                        ],
                        "other": True,
                        "exclusive": ["aucune"],
                        "nonresponse": ["nsp"],
                    },
                ],
            },
            {
                "code": "B",
                "label_fr": "Chiffres",
                "questions": [
                    {
                        "code": "B1",
                        "label_fr": "Postes",
                        "type": "integer",
                        "constraint": ">= 0",
                        "nonresponse": reasons,
                    },
                    {
                        "code": "B2",
                        "label_fr": "ETP",
                        "type": "decimal",
                        "constraint": "B2 <= B1",
                        "nonresponse": reasons,
                    },
                    {
                        "code": "B3",
                        "label_fr": "Ventes",
                        "type": "amount_eur",
                        "relevant": "A2 = 'oui'",
                        "unit": "€",
                    },
                    {"code": "B4", "label_fr": "Part", "type": "percent", "constraint": "B4 + B5 = 100"},
                    {"code": "B5", "label_fr": "Reste", "type": "percent", "constraint": "B4 + B5 = 100"},
                ],
            },
        ],
    }


def small_codebook() -> Codebook:
    return codebook_from(small(), "essai.yml")


def sheet(rows: list[list[str | None]], name: str = "Feuille", relative: str = "fichier.xlsx") -> Sheet:
    """A sheet made of rows, as if it had been read from a file."""
    sha256 = hashlib.sha256(repr((relative, name, rows)).encode()).hexdigest()
    return Sheet(Path(relative), relative, sha256, name, lambda _limit: rows)


def wide(
    answers: list[dict[str, str]], header: list[str] | None = None, relative: str = "export.xlsx"
) -> Sheet:
    """A wide export: one dictionary a respondent, keyed by header."""
    header = header or sorted({key for answer in answers for key in answer})
    return sheet(
        [list(header), *[[answer.get(key) for key in header] for answer in answers]], "Réponses", relative
    )


def form(answer: dict[str, str], relative: str, version: str = "1") -> Sheet:
    """A filled form with the same content as a row of a wide export."""
    rows: list[list[str | None]] = [["Enquête"], ["Version du questionnaire", version]]
    if "Date de soumission" in answer:
        rows.append(["Date de soumission", answer["Date de soumission"]])
    rows += [[None], ["Code", "Question", "Réponse", "Aide"]]
    for key, value in answer.items():
        if key not in ("Date de soumission", "ID"):
            rows.append([key.replace("[", ".").rstrip("]"), "…", value, None])
    for code in ("A1", "A2", "A3", "B1"):
        if code not in answer:
            rows.append([code, "…", None, None])
    return sheet(rows, "Questionnaire", relative)


def read(*sheets: Sheet, codebook: Codebook | None = None) -> SurveyRead:
    return read_answers(list(sheets), codebook or small_codebook(), "survey")


def database(survey: SurveyRead, codebook: Codebook | None = None) -> Database:
    db = Database()
    build_survey(db, codebook or small_codebook(), survey, "survey")
    return db


def statuses(survey: SurveyRead) -> dict[tuple[str, str], tuple[str, str | None, float | None]]:
    """(respondent, question) → status, text, number."""
    return {
        (row["respondent_key"], row["question_code"]): (row["status"], row["value_text"], row["value_number"])
        for row in survey.answers.to_pylist()
    }


def test_the_small_codebook_is_valid() -> None:
    assert [question.code for question in small_codebook().questions] == [
        "A1",
        "A2",
        "A3",
        "B1",
        "B2",
        "B3",
        "B4",
        "B5",
    ]
