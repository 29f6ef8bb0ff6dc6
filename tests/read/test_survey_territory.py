"""Only the respondents of the territory count: tried on random surveys against a plain reading, one respondent at a time."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest

from conftest import ROOT
from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.survey.core import TABLES
from ess_observatory.survey.territory import keep_to_territory

HERE, FORMER, ABROAD = ["59392", "59291"], {"59070": "59006"}, ["59350", "75056", "97411"]
PLACES = [*HERE, *FORMER, "59006", *ABROAD, "00000", None]
SIRETS = {"1": "59392", "2": "59350", "3": "59070", "4": None}
LINKAGE = """register = "core.establishment"
[territory]
place = {place}
unknown = "{unknown}"
"""


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The communes of the territory, what the others have become, and a register that knows four SIRET."""
    made = Database(tmp_path_factory.mktemp("places") / "places.duckdb")
    own = [*HERE, "59006"]
    made.put("rules.territory_commune", pa.table({"code": own}))
    made.put("rules.commune_projection", pa.table({"code": list(FORMER), "target": list(FORMER.values())}))
    made.put("rules.commune_code", pa.table({"code": [*own, *FORMER, *ABROAD]}))
    made.put("core.register_place", pa.table({"siret": list(SIRETS), "commune_code": list(SIRETS.values())}))
    return made


def _put(db: Database, question: str, respondents: list[tuple[str | None, str | None]]) -> None:
    """The tables of the survey, from the commune and the SIRET of each respondent."""
    names = [f"r{number:03}" for number in range(len(respondents))]
    text = pa.string()
    sirets = pa.array([siret for _, siret in respondents], text)
    db.put("core.survey_respondent", pa.table({"respondent_id": pa.array(names, text), "siret": sirets}))
    answers = {
        "respondent_id": pa.array(names, text),
        "question_code": pa.array([question] * len(names), text),
        "value_text": pa.array([commune for commune, _ in respondents], text),
        "status": pa.array(["nr" if commune is None else "answered" for commune, _ in respondents], text),
    }
    for name in TABLES[1:]:
        db.put(
            f"core.{name}", pa.table(answers).slice(0, 0) if name == "survey_identity" else pa.table(answers)
        )


def _naive(commune: str | None, siret: str | None, order: list[str], unknown: str) -> bool:
    """What a person would say of one respondent."""
    for place in order:
        code = commune if place == "commune" else SIRETS.get(siret or "")
        code = FORMER.get(code or "", code)
        if code in (*HERE, "59006"):
            return True
        if code in ABROAD:
            return False
    return unknown == "in"


@pytest.mark.parametrize("order", [["commune", "siret"], ["siret", "commune"], ["commune"], ["siret"]])
@pytest.mark.parametrize("unknown", ["in", "out"])
def test_random_respondents_are_placed_as_a_person_would(
    db: Database, tmp_path: Path, order: list[str], unknown: str, thorough: bool
) -> None:
    path, codebook = tmp_path / "linkage.toml", load_codebook(Project.load(ROOT).questionnaire)
    path.write_text(LINKAGE.format(place=str(order).replace("'", '"'), unknown=unknown), encoding="utf-8")
    question = codebook.of_type("commune").code
    draw = random.Random(f"{order}{unknown}")
    for size in [0, 1, 2, 60] * (25 if thorough else 1):
        respondents = [(draw.choice(PLACES), draw.choice([*SIRETS, "9", None])) for _ in range(size)]
        _put(db, question, respondents)
        keep_to_territory(db, codebook, path)
        wanted = [f"r{n:03}" for n, one in enumerate(respondents) if _naive(*one, order, unknown)]
        for name in TABLES:
            if name != "survey_identity":
                found = db.rows(f"select respondent_id from core.{name} order by 1")
                assert [row[0] for row in found] == wanted, name
        assert db.rows("select count(*) from core.survey_place")[0][0] == size


def test_what_the_questionnaire_does_not_declare_is_by_commune_then_siret(
    db: Database, tmp_path: Path
) -> None:
    """A commune of elsewhere leaves out a SIRET of here; a commune nobody knows leaves it to the SIRET."""
    path, codebook = tmp_path / "linkage.toml", load_codebook(Project.load(ROOT).questionnaire)
    path.write_text('register = "core.establishment"\n', encoding="utf-8")
    question = codebook.of_type("commune").code
    _put(
        db,
        question,
        [("59350", "1"), ("00000", "1"), ("00000", "2"), ("59392", "2"), (None, None), ("59070", "2")],
    )
    keep_to_territory(db, codebook, path)
    assert [row[0] for row in db.rows("select respondent_id from core.survey_respondent order by 1")] == ["r001", "r003", "r004", "r005"]  # fmt: skip
    assert db.rows("select count(*) from core.survey_place where not is_placed") == [(1,)]
