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
from ess_observatory.survey.evaluation import to_sql
from ess_observatory.survey.expressions import parse
from ess_observatory.survey.questions import Codebook

if TYPE_CHECKING:
    from ess_observatory.build.database import Database

KINDS = ("choices", "cross", "numbers", "expression")
MEASURES = ("sum", "sum_per", "ratio", "weighted_mean", "mean", "count_expressed", "count_positive", "none")
STATUSES = ("answered", "nsp", "refus", "sans_objet", "nr", "filtered")
LABELS = {
    "base": "Ensemble des réponses exprimées",
    "filtered": "Non concerné par la question",
    "not_applicable": "Sans objet",
    "declined": "Ne souhaite pas communiquer / ne sait pas",
    "not_stated": "Non exprimé",
    "total": "Ensemble des structures répondantes",
}
_TEXT, _WHOLE, _TRUTH = "varchar", "integer", "boolean"


def survey_cells(db: Database, codebook: Codebook, card: dict[str, Any], params: dict[str, Any]) -> None:
    """Write `marts.<card id>` (mart-cell shape) from the `[survey]` block of a card.

    Needs `core.survey_*` and `rules.survey_*`. `params["labels"]` may reword the closing rows.
    """
    _Table(db, codebook, card, params).build()


class _Table:
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
        self.columns = [str(column["code"]) for column in card.get("columns", [])]
        self.labels = LABELS | dict(params.get("labels", {})) | dict(self.spec.get("labels", {}))
        self.kind = str(self.spec.get("kind", ""))

    def error(self, what: str, fix: str) -> ObservatoryError:
        return ObservatoryError("E236", f"Fiche de tableau d’enquête\u00a0: {what}.", self.where, fix)

    def build(self) -> None:
        """Fill the parameter tables, then run the statement of the kind."""
        if self.kind not in KINDS:
            raise self.error(
                f"genre inconnu «\u00a0{self.kind}\u00a0»", "Genres admis\u00a0: " + ", ".join(KINDS) + "."
            )
        self.put("label", [("label_key", _TEXT), ("row_label", _TEXT)], list(self.labels.items()))
        self.put("printed", [("column_code", _TEXT)], [(code,) for code in self.columns])
        getattr(self, f"prepare_{self.kind}")()
        self.db.execute(f"create or replace temp table survey_cell as {sql(f'cells_{self.kind}')}")
        self.db.execute(f"create or replace table marts.{self.id} as {sql('mart_cell')}")
        found = {row[0] for row in self.db.rows("select distinct column_code from temp.survey_cell")}
        unknown = [code for code in self.columns if found and code not in found]
        if unknown:
            raise self.error(f"colonnes sans contenu ({', '.join(unknown)})", "Corriger [[columns]].")

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
                "E236", "Fiche de tableau d’enquête.", self.where, "Corriger.", details=problems
            )
        return to_sql(node)

    def put_population(self, blocks: list[tuple[str, str | None]]) -> None:
        """`temp.survey_population`: the respondents of each block."""
        self.put("population", [("block_code", _TEXT), ("respondent_id", _TEXT)], [])
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
            ("block_code", _TEXT),
            ("block_rank", _WHOLE),
            ("question_code", _TEXT),
            ("block_label", _TEXT),
        ]
        columns += [("row_order", _TEXT), ("shows_choices", _TRUTH), ("shows_missing", _TRUTH)]
        self.put("block", columns, rows)

    def prepare_choices(self) -> None:
        """Stacked blocks of choices: `questions = […]` or `[[survey.blocks]]`, and `[[survey.groups]]`."""
        blocks = list(
            self.spec.get("blocks") or [{"question": code} for code in self.spec.get("questions", [])]
        )
        if not blocks:
            raise self.error(
                "aucune question", "Donner «\u00a0questions\u00a0» ou «\u00a0[[survey.blocks]]\u00a0»."
            )
        rows, populations = [], []
        for rank, block in enumerate(blocks, start=1):
            question = self.codebook.question(str(block["question"]))
            if not question.is_choice:
                raise self.error(
                    f"la question {question.code} n’a pas de choix",
                    "Utiliser le genre «\u00a0numbers\u00a0».",
                )
            code = str(block.get("code", question.code))
            order = str(block.get("order", self.spec.get("order", "codebook")))
            if order not in ("codebook", "descending"):
                raise self.error(f"ordre inconnu «\u00a0{order}\u00a0»", "codebook ou descending.")
            shows_missing = bool(block.get("missing", "among" not in block))
            shows_choices = block.get("rows", "choices") == "choices"
            label = str(block.get("label", question.label))
            rows.append((code, rank, question.code, label, order, shows_choices, shows_missing))
            populations.append((code, block.get("among")))
        self.put_blocks(rows)
        self.put_population(populations)
        self.prepare_groups({row[0]: row[2] for row in rows})

    def prepare_groups(self, blocks: dict[str, str]) -> None:
        """Derived rows: a condition on those who answered (`where`), or a group of reasons (`statuses`)."""
        columns = [("block_code", _TEXT), ("row_code", _TEXT)]
        more = [("row_label", _TEXT), ("row_kind", _TEXT), ("row_rank", _WHOLE)]
        groups = self.spec.get("groups", [])
        self.put("group_member", [*columns, ("respondent_id", _TEXT)], [])
        rows = []
        for rank, group in enumerate(groups, start=1):
            block, code = str(group.get("block", group.get("question", ""))), str(group["code"])
            if block not in blocks:
                raise self.error(
                    f"bloc inconnu «\u00a0{block}\u00a0»", "Blocs\u00a0: " + ", ".join(blocks) + "."
                )
            question = self.codebook.question(blocks[block])
            if code in LABELS or question.choice(code) is not None:
                raise self.error(f"le code de ligne «\u00a0{code}\u00a0» est déjà pris", "Changer ce code.")
            statuses = [str(status) for status in group.get("statuses", [])]
            if statuses:
                if not set(statuses) <= set(STATUSES):
                    raise self.error("motif inconnu", "Motifs\u00a0: " + ", ".join(STATUSES) + ".")
                listed = ", ".join(f"'{status}'" for status in statuses)
                clause = (
                    "exists (select 1 from core.survey_answer as a where a.respondent_id = r.respondent_id"
                    f" and a.question_code = '{question.code}' and a.status in ({listed}))"
                )
            else:
                clause = self.condition(str(group["where"]))
            rows.append((block, code, str(group["label"]), "missing" if statuses else "data", rank))
            self.db.execute(
                "insert into temp.survey_group_member"
                f" select ?, ?, r.respondent_id from core.survey_respondent as r where {clause}",
                [block, code],
            )
        self.put("group", [*columns, *more], rows)

    def prepare_cross(self) -> None:
        """`rows` x `columns` questions, with totals; `missing = false` keeps those who answered `rows`."""
        row_question = self.codebook.question(str(self.spec["rows"]))
        column_question = self.codebook.question(str(self.spec["columns"]))
        missing = bool(self.spec.get("missing", True))
        self.put_blocks([("row", 1, row_question.code, row_question.label, "codebook", True, missing)])
        self.put_population([("row", self.spec.get("among"))])
        columns = [
            ("axis", _TEXT),
            ("key_code", _TEXT),
            ("key_label", _TEXT),
            ("key_rank", _WHOLE),
            ("key_kind", _TEXT),
        ]
        self.put("axis", columns, [])
        self.put("axis_member", [("axis", _TEXT), ("key_code", _TEXT), ("respondent_id", _TEXT)], [])
        reasons = {"not_applicable": ("sans_objet",), "not_stated": ("nsp", "refus", "nr", "filtered")}
        for axis, question in (("row", row_question), ("column", column_question)):
            for choice in question.choices:
                clause = f"{question.code} = '{choice.code}'"
                self.key(axis, choice.code, choice.label, choice.rank, "data", self.condition(clause))
            for rank, (code, statuses) in enumerate(reasons.items(), start=100):
                listed = ", ".join(f"'{status}'" for status in statuses)
                clause = (
                    "exists (select 1 from core.survey_answer as a where a.respondent_id = r.respondent_id"
                    f" and a.question_code = '{question.code}' and a.status in ({listed}))"
                )
                if missing:
                    self.key(axis, code, self.labels[code], rank, "missing", clause)
            if missing:
                self.key(axis, "total", self.labels["total"], 200, "total", "true")
            else:
                answered = (
                    "exists (select 1 from core.survey_answer as a where a.respondent_id = r.respondent_id"
                    f" and a.question_code = '{row_question.code}' and a.status = 'answered')"
                )
                self.key(axis, "total", self.labels["base"], 200, "base", answered)
        for extra in self.spec.get("extra_columns", []):
            self.key("column", str(extra["code"]), "", 0, "data", self.condition(str(extra["where"])))

    def key(self, axis: str, code: str, label: str, rank: int, kind: str, clause: str) -> None:
        """One key of an axis and the respondents it holds."""
        self.db.execute(
            "insert into temp.survey_axis values (?, ?, ?, ?, ?)", [axis, code, label, rank, kind]
        )
        self.db.execute(
            "insert into temp.survey_axis_member"
            f" select ?, ?, r.respondent_id from core.survey_respondent as r where {clause}",
            [axis, code],
        )

    def prepare_numbers(self) -> None:
        """`[[survey.indicators]]`: a value by respondent (`value`, `per`, `where`), a measure by column.

        `values` and `pers` replace `value` and `per` in one column.
        """
        defaults = {str(key): str(value) for key, value in self.spec.get("measures", {}).items()}
        columns = [("source_key", _TEXT), ("respondent_id", _TEXT), ("value", "double"), ("per", "double")]
        self.put("contribution", columns, [])
        rows: list[tuple] = []
        for rank, indicator in enumerate(self.spec.get("indicators", []), start=1):
            measures = defaults | {str(k): str(v) for k, v in indicator.get("measures", {}).items()}
            code, kind, section = (
                str(indicator["code"]),
                indicator.get("kind", "data"),
                indicator.get("section"),
            )
            sources: dict[tuple[str | None, str | None], str] = {}
            for column in self.columns:
                value = indicator.get("values", {}).get(column, indicator.get("value"))
                per = indicator.get("pers", {}).get(column, indicator.get("per"))
                measure = self.measure(measures.get(column, "none"), value, per)
                if measure != "none" and (value, per) not in sources:
                    sources[value, per] = f"{code}/{len(sources)}"
                    self.put_contribution(sources[value, per], value, per, indicator.get("where"))
                source = sources.get((value, per))
                rows.append((code, str(indicator["label"]), rank, kind, section, column, measure, source))
        named = [("row_code", _TEXT), ("row_label", _TEXT), ("row_rank", _WHOLE), ("row_kind", _TEXT)]
        named += [("row_section", _TEXT), ("column_code", _TEXT), ("measure", _TEXT), ("source_key", _TEXT)]
        self.put("measure", named, rows)

    def measure(self, measure: str, value: str | None, per: str | None) -> str:
        """The measure of a cell: `none` where the row lacks what it needs."""
        if measure not in MEASURES:
            allowed = "Mesures\u00a0: " + ", ".join(MEASURES) + "."
            raise self.error(f"mesure inconnue «\u00a0{measure}\u00a0»", allowed)
        lacks = value is None or (measure in ("ratio", "weighted_mean", "sum_per") and per is None)
        return "none" if lacks else measure

    def put_contribution(self, source: str, value: str, per: str | None, where: str | None) -> None:
        """What each respondent brings to the cells of a source."""
        clauses = [self.condition(str(text)) for text in (self.spec.get("where"), where) if text]
        second = self.condition(per) if per is not None else "null"
        chosen = (
            f"select ?, r.respondent_id, {self.condition(value)}, {second} from core.survey_respondent as r"
        )
        kept = " and ".join(clauses) or "true"
        self.db.execute(f"insert into temp.survey_contribution {chosen} where {kept}", [source])

    def prepare_expression(self) -> None:
        """One row a question: `sections`, and types left out (`exclude_types`)."""
        sections, left_out = self.spec.get("sections"), set(self.spec.get("exclude_types", []))
        questions = [
            question
            for question in self.codebook.questions
            if (sections is None or question.section in sections) and question.type not in left_out
        ]
        self.put_blocks([(q.code, q.rank, q.code, q.label, "codebook", False, False) for q in questions])
        self.put("measure", [("column_code", _TEXT)], [(column,) for column in self.columns])
