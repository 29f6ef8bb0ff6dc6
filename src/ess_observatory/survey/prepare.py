"""Parameter tables of each kind of survey table, from the `[survey]` block of a card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ess_observatory.survey.words import LABELS, MEASURES, STATUSES, TEXT, WHOLE

if TYPE_CHECKING:
    from ess_observatory.survey.table import Table


def prepare_choices(table: Table) -> None:
    """Stacked blocks of choices: `questions = […]` or `[[survey.blocks]]`, and `[[survey.groups]]`."""
    blocks = list(
        table.spec.get("blocks") or [{"question": code} for code in table.spec.get("questions", [])]
    )
    if not blocks:
        raise table.error(
            "aucune question", "Donner «\u00a0questions\u00a0» ou «\u00a0[[survey.blocks]]\u00a0»."
        )
    rows, populations = [], []
    for rank, block in enumerate(blocks, start=1):
        question = table.codebook.question(str(block["question"]))
        if not question.is_choice:
            raise table.error(
                f"la question {question.code} n’a pas de choix",
                "Utiliser le genre «\u00a0numbers\u00a0».",
            )
        code = str(block.get("code", question.code))
        order = str(block.get("order", table.spec.get("order", "codebook")))
        if order not in ("codebook", "descending"):
            raise table.error(f"ordre inconnu «\u00a0{order}\u00a0»", "codebook ou descending.")
        shows_missing = bool(block.get("missing", "among" not in block))
        shows_choices = block.get("rows", "choices") == "choices"
        label = str(block.get("label", question.label))
        rows.append((code, rank, question.code, label, order, shows_choices, shows_missing))
        populations.append((code, block.get("among")))
    table.put_blocks(rows)
    table.put_population(populations)
    prepare_groups(table, {row[0]: row[2] for row in rows})


def prepare_groups(table: Table, blocks: dict[str, str]) -> None:
    """Derived rows: a condition on those who answered (`where`), or a group of reasons (`statuses`)."""
    columns = [("block_code", TEXT), ("row_code", TEXT)]
    more = [("row_label", TEXT), ("row_kind", TEXT), ("row_rank", WHOLE)]
    groups = table.spec.get("groups", [])
    table.put("group_member", [*columns, ("respondent_id", TEXT)], [])
    rows = []
    for rank, group in enumerate(groups, start=1):
        block, code = str(group.get("block", group.get("question", ""))), str(group["code"])
        if block not in blocks:
            raise table.error(
                f"bloc inconnu «\u00a0{block}\u00a0»", "Blocs\u00a0: " + ", ".join(blocks) + "."
            )
        question = table.codebook.question(blocks[block])
        if code in LABELS or question.choice(code) is not None:
            raise table.error(f"le code de ligne «\u00a0{code}\u00a0» est déjà pris", "Changer ce code.")
        statuses = [str(status) for status in group.get("statuses", [])]
        if statuses:
            if not set(statuses) <= set(STATUSES):
                raise table.error("motif inconnu", "Motifs\u00a0: " + ", ".join(STATUSES) + ".")
            listed = ", ".join(f"'{status}'" for status in statuses)
            clause = (
                "exists (select 1 from core.survey_answer as a where a.respondent_id = r.respondent_id"
                f" and a.question_code = '{question.code}' and a.status in ({listed}))"
            )
        else:
            clause = table.condition(str(group["where"]))
        rows.append((block, code, str(group["label"]), "missing" if statuses else "data", rank))
        table.db.execute(
            "insert into temp.survey_group_member"
            f" select ?, ?, r.respondent_id from core.survey_respondent as r where {clause}",
            [block, code],
        )
    table.put("group", [*columns, *more], rows)


def prepare_cross(table: Table) -> None:
    """`rows` x `columns` questions, with totals; `missing = false` keeps those who answered `rows`."""
    row_question = table.codebook.question(str(table.spec["rows"]))
    column_question = table.codebook.question(str(table.spec["columns"]))
    missing = bool(table.spec.get("missing", True))
    table.put_blocks([("row", 1, row_question.code, row_question.label, "codebook", True, missing)])
    table.put_population([("row", table.spec.get("among"))])
    columns = [
        ("axis", TEXT),
        ("key_code", TEXT),
        ("key_label", TEXT),
        ("key_rank", WHOLE),
        ("key_kind", TEXT),
    ]
    table.put("axis", columns, [])
    table.put("axis_member", [("axis", TEXT), ("key_code", TEXT), ("respondent_id", TEXT)], [])
    reasons = {"not_applicable": ("sans_objet",), "not_stated": ("nsp", "refus", "nr", "filtered")}
    for axis, question in (("row", row_question), ("column", column_question)):
        for choice in question.choices:
            clause = f"{question.code} = '{choice.code}'"
            _key(table, axis, choice.code, choice.label, choice.rank, "data", table.condition(clause))
        for rank, (code, statuses) in enumerate(reasons.items(), start=100):
            listed = ", ".join(f"'{status}'" for status in statuses)
            clause = (
                "exists (select 1 from core.survey_answer as a where a.respondent_id = r.respondent_id"
                f" and a.question_code = '{question.code}' and a.status in ({listed}))"
            )
            if missing:
                _key(table, axis, code, table.labels[code], rank, "missing", clause)
        if missing:
            _key(table, axis, "total", table.labels["total"], 200, "total", "true")
        else:
            answered = (
                "exists (select 1 from core.survey_answer as a where a.respondent_id = r.respondent_id"
                f" and a.question_code = '{row_question.code}' and a.status = 'answered')"
            )
            _key(table, axis, "total", table.labels["base"], 200, "base", answered)
    for extra in table.spec.get("extra_columns", []):
        _key(table, "column", str(extra["code"]), "", 0, "data", table.condition(str(extra["where"])))


def _key(table: Table, axis: str, code: str, label: str, rank: int, kind: str, clause: str) -> None:
    """One key of an axis and the respondents it holds."""
    table.db.execute("insert into temp.survey_axis values (?, ?, ?, ?, ?)", [axis, code, label, rank, kind])
    table.db.execute(
        "insert into temp.survey_axis_member"
        f" select ?, ?, r.respondent_id from core.survey_respondent as r where {clause}",
        [axis, code],
    )


def prepare_numbers(table: Table) -> None:
    """`[[survey.indicators]]`: a value by respondent (`value`, `per`, `where`), a measure by column.

    `values` and `pers` replace `value` and `per` in one column.
    """
    defaults = {str(key): str(value) for key, value in table.spec.get("measures", {}).items()}
    columns = [("source_key", TEXT), ("respondent_id", TEXT), ("value", "double"), ("per", "double")]
    table.put("contribution", columns, [])
    table.put_population([(table.id, table.spec.get("where"))])
    rows: list[tuple[Any, ...]] = []
    for rank, indicator in enumerate(table.spec.get("indicators", []), start=1):
        measures = defaults | {str(k): str(v) for k, v in indicator.get("measures", {}).items()}
        code, kind, section = (
            str(indicator["code"]),
            indicator.get("kind", "data"),
            indicator.get("section"),
        )
        sources: dict[tuple[str | None, str | None], str] = {}
        for column in table.columns:
            value = indicator.get("values", {}).get(column, indicator.get("value"))
            per = indicator.get("pers", {}).get(column, indicator.get("per"))
            measure = _measure(table, measures.get(column, "none"), value, per)
            if measure != "none" and (value, per) not in sources:
                sources[value, per] = f"{code}/{len(sources)}"
                _put_contribution(table, sources[value, per], value, per, indicator.get("where"))
            source = sources.get((value, per))
            rows.append((code, str(indicator["label"]), rank, kind, section, column, measure, source))
    named = [("row_code", TEXT), ("row_label", TEXT), ("row_rank", WHOLE), ("row_kind", TEXT)]
    named += [("row_section", TEXT), ("column_code", TEXT), ("measure", TEXT), ("source_key", TEXT)]
    table.put("measure", named, rows)


def _measure(table: Table, measure: str, value: str | None, per: str | None) -> str:
    """The measure of a cell: `none` where the row lacks what it needs."""
    if measure not in MEASURES:
        allowed = "Mesures\u00a0: " + ", ".join(MEASURES) + "."
        raise table.error(f"mesure inconnue «\u00a0{measure}\u00a0»", allowed)
    lacks = value is None or (measure in ("ratio", "weighted_mean", "sum_per") and per is None)
    return "none" if lacks else measure


def _put_contribution(table: Table, source: str, value: str, per: str | None, where: str | None) -> None:
    """What each respondent brings to the cells of a source."""
    second = table.condition(per) if per is not None else "null"
    kept = table.condition(str(where)) if where else "true"
    table.db.execute(
        f"insert into temp.survey_contribution select ?, r.respondent_id, {table.condition(value)}, {second}"
        f" from temp.survey_population as r where {kept}",
        [source],
    )


def prepare_expression(table: Table) -> None:
    """One row a question: `sections`, and types left out (`exclude_types`)."""
    sections, left_out = table.spec.get("sections"), set(table.spec.get("exclude_types", []))
    questions = [
        question
        for question in table.codebook.questions
        if (sections is None or question.section in sections) and question.type not in left_out
    ]
    table.put_blocks([(q.code, q.rank, q.code, q.label, "codebook", False, False) for q in questions])
    table.put("measure", [("column_code", TEXT)], [(column,) for column in table.columns])
