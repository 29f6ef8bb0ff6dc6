"""Every survey table by one mechanism: the `[survey]` block of a card → `marts.<table>`, computed in SQL.

The block becomes small parameter tables (`temp.survey_*`): blocks, populations, groups, axes, measures. One
statement a kind of table then reads them; conditions are written in the language of `expressions.py`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.codebook import reference_problems
from ess_observatory.survey.core import sql
from ess_observatory.survey.estimation.intervals import normal_quantile
from ess_observatory.survey.evaluation import to_sql
from ess_observatory.survey.expressions import parse
from ess_observatory.survey.prepare import (
    prepare_choices,
    prepare_cross,
    prepare_expression,
    prepare_numbers,
)
from ess_observatory.survey.questions import Codebook
from ess_observatory.survey.words import LABELS, NUMBER, TEXT, TRUTH, WHOLE

if TYPE_CHECKING:
    from ess_observatory.build.database import Database
    from ess_observatory.survey.estimation.weights import Weighting

#: Kinds that one statement of `sql/` computes from parameter tables, and kinds that the estimation computes.
PREPARED = {
    "choices": prepare_choices,
    "cross": prepare_cross,
    "numbers": prepare_numbers,
    "expression": prepare_expression,
}
ESTIMATED = ("crossing", "extended", "weighting")
KINDS = (*PREPARED, *ESTIMATED)


def survey_cells(db: Database, codebook: Codebook, card: dict[str, Any], params: dict[str, Any]) -> None:
    """Write `marts.<card id>` (mart-cell shape) from the `[survey]` block of a card.

    Needs `core.survey_*` and `rules.survey_*`. `params["labels"]` may reword the closing rows; `params["weighting"]`
    (a `Weighting`) brings the size of the population: without it there is no interval and nothing is extended.
    """
    Table(db, codebook, card, params).build()


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

    def build(self) -> None:
        """Fill the parameter tables, then run the statement of the kind."""
        if self.kind not in KINDS:
            raise self.error(
                f"genre inconnu «\u00a0{self.kind}\u00a0»", "Genres admis\u00a0: " + ", ".join(KINDS) + "."
            )
        if self.kind in ESTIMATED:
            from ess_observatory.survey.estimation.extended import build_estimated

            build_estimated(self)
            return
        self.put("label", [("label_key", TEXT), ("row_label", TEXT)], list(self.labels.items()))
        magnitudes = {c["code"] for c in self.card.get("columns", []) if c.get("secrecy") == "magnitude"}
        printed = [(code, code in magnitudes) for code in self.columns]
        self.put("printed", [("column_code", TEXT), ("is_magnitude", TRUTH)], printed)
        self.put_setting()
        PREPARED[self.kind](self)
        self.db.execute(f"create or replace temp table survey_cell as {sql(f'cells_{self.kind}')}")
        self.db.execute(f"create or replace table marts.{self.id} as {sql('mart_cell')}")
        found = {row[0] for row in self.db.rows("select distinct column_code from temp.survey_cell")}
        unknown = [code for code in self.columns if found and code not in found]
        if unknown:
            raise self.error(f"colonnes sans contenu ({', '.join(unknown)})", "Corriger [[columns]].")

    def put_setting(self) -> None:
        """`temp.survey_setting`: population, width of an interval (in standard errors), least base for one."""
        row: tuple = (None, None, None)
        if self.weighting is not None:
            settings = self.weighting.settings
            row = (self.weighting.population, normal_quantile(settings.level), settings.percent_from)
        columns = [("population_n", NUMBER), ("width", NUMBER), ("percent_from", WHOLE)]
        self.put("setting", columns, [row])

    def put(self, name: str, columns: list[tuple[str, str]], rows: list[tuple]) -> None:
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

    def put_blocks(self, rows: list[tuple]) -> None:
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
