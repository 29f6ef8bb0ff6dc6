"""Which respondents count: those of the territory. The others are kept apart, and said."""

from __future__ import annotations

from pathlib import Path

from ess_observatory.codebook.questions import Codebook
from ess_observatory.declare.files import read_toml
from ess_observatory.engine.database import Database
from ess_observatory.survey.core import TABLES, sql

#: Column of `survey_place.sql` that each declared place reads.
_PLACES = {"commune": "answered_commune", "siret": "register_commune"}
_LEFT = "select respondent_id from core.survey_place where not is_in_territory"


def keep_to_territory(db: Database, codebook: Codebook, linkage: Path) -> None:
    """Write `core.survey_place` as `[territory]` of `linkage.toml` says, and take who lies elsewhere out of the tables of the survey.

    Needs the tables of `core`, and `rules.territory_commune`.
    """
    declared = read_toml(linkage).get("territory", {})
    question = codebook.of_type("commune")
    placed = sql("survey_place").format(
        question=question.code if question else "",
        register=declared.get("register", "core.register_place"),
        places=", ".join(_PLACES[name] for name in declared.get("place", _PLACES)),
        unknown="true" if declared.get("unknown", "in") == "in" else "false",
    )
    db.execute(f"create or replace table core.survey_place as {placed}")
    for name in reversed(TABLES):
        db.execute(f"delete from core.{name} where respondent_id in ({_LEFT})")
