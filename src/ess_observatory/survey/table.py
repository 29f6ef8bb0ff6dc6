"""One survey table being prepared: its card checked, its parameter tables written."""

from __future__ import annotations

import re
from typing import Any

from ess_observatory.codebook.checks import reference_problems
from ess_observatory.codebook.evaluation import to_sql
from ess_observatory.codebook.expressions import parse
from ess_observatory.codebook.questions import Codebook
from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.estimation.intervals import normal_quantile
from ess_observatory.survey.estimation.weights import Weighting
from ess_observatory.survey.words import LABELS, NUMBER, TEXT, TRUTH, WHOLE


class Table:
    """One table being prepared: the card is checked, then written as parameter tables."""

    def __init__(
        self, db: Database, codebook: Codebook, card: dict[str, Any], params: dict[str, Any]
    ) -> None:
        self.db, self.codebook = db, codebook
        self.id = str(card.get("id", ""))
        self.where = f"tables/{self.id}/card.toml"
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.id):
            raise self.error(
                f"identifiant de table inattendu «\u00a0{self.id}\u00a0»", "Minuscules et tirets bas."
            )
        self.spec: dict[str, Any] = card.get("survey") or {}
        self.weighting: Weighting | None = params.get("weighting")
        self.card = card
        self.columns = [str(column["code"]) for column in card.get("columns", [])]
        self.labels = LABELS | dict(params.get("labels", {})) | dict(self.spec.get("labels", {}))
        self.kind = str(self.spec.get("kind", ""))

    def error(self, what: str, fix: str) -> ObservatoryError:
        return ObservatoryError("E296", f"Fiche de tableau d’enquête\u00a0: {what}.", self.where, fix)

    def put_setting(self) -> None:
        """`temp.survey_setting`: population, width of an interval (in standard errors), least base for one."""
        row: tuple[Any, ...] = (None, None, None)
        if self.weighting is not None:
            settings = self.weighting.settings
            row = (self.weighting.population, normal_quantile(settings.level), settings.percent_from)
        columns = [("population_n", NUMBER), ("width", NUMBER), ("percent_from", WHOLE)]
        self.put("setting", columns, [row])

    def put(self, name: str, columns: list[tuple[str, str]], rows: list[tuple[Any, ...]]) -> None:
        """A parameter table `temp.survey_<name>`, in one statement."""
        definition = ", ".join(f"{column} {kind}" for column, kind in columns)
        self.db.execute(f"create or replace temp table survey_{name} ({definition})")
        if rows:
            marks = ", ".join(["(" + ", ".join("?" for _ in columns) + ")"] * len(rows))
            self.db.execute(
                f"insert into temp.survey_{name} values {marks}", [item for row in rows for item in row]
            )

    def condition(self, text: str) -> str:
        """An expression of the card, checked against the codebook, as SQL over respondent `r`."""
        node = parse(text)
        problems = reference_problems(self.codebook, node, f"{self.where}\u00a0: {text}")
        if problems:
            raise ObservatoryError(
                "E296", "Fiche de tableau d’enquête.", self.where, "Corriger.", details=problems
            )
        return to_sql(node)

    def put_population(self, blocks: list[tuple[str, str | None]]) -> None:
        """`temp.survey_population`: the respondents of each block."""
        self.put("population", [("block_code", TEXT), ("respondent_id", TEXT)], [])
        for code, among in blocks:
            clause = f" where {self.condition(among)}" if among else ""
            self.db.execute(
                "insert into temp.survey_population"
                f" select ?, r.respondent_id from core.survey_respondent as r{clause}",
                [code],
            )

    def put_blocks(self, rows: list[tuple[Any, ...]]) -> None:
        """`temp.survey_block`: the questions of the table, in order."""
        for row in rows:
            self.codebook.question(row[2])
        columns = [
            ("block_code", TEXT),
            ("block_rank", WHOLE),
            ("question_code", TEXT),
            ("block_label", TEXT),
        ]
        columns += [("row_order", TEXT), ("shows_choices", TRUTH), ("shows_missing", TRUTH)]
        self.put("block", columns, rows)
