"""The declared key of a source: of the rows that say the same thing twice, one is kept and the others are refused."""

from __future__ import annotations

from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.engine.sql_text import quote

#: What a row that is refused says of itself.
JUDGEMENT = ("refusal_column", "refusal_value", "refusal_code", "refusal_reason", "refusal_fix")


def refuse_repeated(db: Database, spec: SourceSpec, judged: str) -> None:
    """Refuse, in the staged rows of a source, those whose key another row has already given.

    A row that is refused for what it holds never takes the place of one that can be read. Of the others, the first by file,
    sheet and line is kept; or, when the source says so (`[repeated] latest`), the one of the latest date. A row without any
    key is left alone.
    """
    keys = ", ".join(spec.key)
    if not keys:
        return
    judges = "refusal_code" in db.columns(judged)
    wheres = [f"({' or '.join(f'{name} is not null' for name in spec.key)})"]
    wheres += ["refusal_code is null"] if judges else []
    sound = f"{judged} where {' and '.join(wheres)}"
    db.execute(
        f"create or replace temp table _twice as select {keys} from {sound} group by {keys} having count(*) > 1"
    )
    if db.rows("select 1 from _twice limit 1"):
        if not judges:
            for name in JUDGEMENT:
                db.execute(f"alter table {judged} add column {name} varchar")
        same = " and ".join(f"d.{name} is not distinct from t.{name}" for name in spec.key)
        latest = f"{spec.repeated.latest} desc nulls last, " if spec.repeated.latest else ""
        values = {
            "refusal_column": quote(spec.key_header),
            "refusal_value": f"cast({spec.key[0]} as varchar)",
            "refusal_code": quote(spec.repeated.code),
            "refusal_reason": quote(spec.repeated.reason),
            "refusal_fix": quote(spec.repeated.fix),
        }
        db.execute(
            f"update {judged} set {', '.join(f'{name} = {sql}' for name, sql in values.items())} where rowid in (select place from "
            f"(select place, row_number() over (partition by {keys} order by {latest}_file, _sheet, _line) as version from "
            f"(select rowid as place, * from {sound}) as t where exists (select 1 from _twice as d where {same})) where version > 1)"
        )
    db.execute("drop table _twice")
