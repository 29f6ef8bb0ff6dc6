"""The declared key of a source: of the rows that say the same thing twice, one is kept and the others are refused; what a file says
apart of communes that are one now is added up."""

from __future__ import annotations

from ess_observatory.declare.source_spec import Merged, SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.engine.sql_text import quote
from ess_observatory.read.communes import communes_of
from ess_observatory.read.identifiers import commune_code

#: What a row that is refused says of itself.
JUDGEMENT = ("refusal_column", "refusal_value", "refusal_code", "refusal_reason", "refusal_fix")
#: What is known, for a while, of the rows of communes that are one now.
_PART = {"_commune": "varchar", "_part": "varchar", "_is_district": "boolean default false"}


def settle_keys(db: Database, spec: SourceSpec, judged: str) -> None:
    """Leave one row a key in the staged rows of a source.

    A row that is refused for what it holds never takes the place of one that can be read. Of the others, the first by file,
    sheet and line is kept; or, when the source says so (`[repeated] latest`), the one of the latest date. A row without any
    key is left alone. Rows of several former communes (`[merged]`) are not repeats: they become one, the sum of them all, hidden as
    soon as one of them is. A district of a city that has its own row adds nothing to it: it is refused.
    """
    if not spec.key:
        return
    has_parts = _name_parts(db, spec, judged)
    keys = [*spec.key, "_part"] if has_parts else [*spec.key]
    twice = "" if spec.repeated.latest is None else f"{spec.repeated.latest} desc nulls last, "
    _refuse(
        db,
        spec,
        judged,
        keys,
        f"row_number() over (partition by {', '.join(keys)} order by {twice}_file, _sheet, _line) > 1",
    )
    if spec.merged and has_parts:
        own = f"max(case when _part is null then 1 else 0 end) over (partition by {', '.join(spec.key)}) = 1"
        _refuse(db, spec, judged, [*spec.key], f"_is_district and {own}")
        _add_up(db, spec, spec.merged, judged)
        for name in _PART:
            db.execute(f"alter table {judged} drop column {name}")


def _refuse(db: Database, spec: SourceSpec, judged: str, keys: list[str], condition: str) -> None:
    """Refuse the rows that meet a condition, among those that others have the key of."""
    judges = "refusal_code" in db.columns(judged)
    sound = _sound(spec, judged, judges)
    by = ", ".join(keys)
    db.execute(
        f"create or replace temp table _twice as select {by} from {sound} group by {by} having count(*) > 1"
    )
    if db.rows("select 1 from _twice limit 1"):
        if not judges:
            for name in JUDGEMENT:
                db.execute(f"alter table {judged} add column {name} varchar")
        same = " and ".join(f"d.{name} is not distinct from t.{name}" for name in keys)
        values = {
            "refusal_column": quote(spec.key_header),
            "refusal_value": f"cast({spec.key[0]} as varchar)",
            "refusal_code": quote(spec.repeated.code),
            "refusal_reason": quote(spec.repeated.reason),
            "refusal_fix": quote(spec.repeated.fix),
        }
        db.execute(
            f"update {judged} set {', '.join(f'{name} = {sql}' for name, sql in values.items())} where rowid in (select place from "
            f"(select place, {condition} as is_left from (select rowid as place, * from {sound}) as t "
            f"where exists (select 1 from _twice as d where {same})) where is_left)"
        )
    db.execute("drop table _twice")


def _sound(spec: SourceSpec, judged: str, judges: bool) -> str:
    """SQL of the rows that have a key and that nothing refuses."""
    wheres = [f"({' or '.join(f'{name} is not null' for name in spec.key)})"]
    return f"{judged} where {' and '.join(wheres + (['refusal_code is null'] if judges else []))}"


def _name_parts(db: Database, spec: SourceSpec, judged: str) -> bool:
    """Name, in `_part`, the former commune (or district) that the file says a row is of; whether it says so of any."""
    if spec.merged is None:
        return False
    code = commune_code(f"r.{spec.merged.code}")
    place = "r._file = j._file and r._sheet is not distinct from j._sheet and r._line = j._line"
    db.execute(
        f"create or replace temp table _former as with moved as (select code, target, kind from {communes_of(spec.id)} "
        "where target is not null and code <> target), named as (select * from moved union all select distinct target, target, '' from moved) "
        f"select j.rowid as place, m.* from {judged} as j inner join raw.{spec.id} as r on {place} inner join named as m on m.code = {code}"
    )
    found = bool(db.rows("select 1 from _former where code <> target limit 1"))
    if found:
        for name, kind in _PART.items():
            db.execute(f"alter table {judged} add column {name} {kind}")
        db.execute(
            f"update {judged} set _commune = f.target, _part = nullif(f.code, f.target), _is_district = f.kind = 'arrondissement' "
            f"from _former as f where f.place = {judged}.rowid"
        )
    db.execute("drop table _former")
    return found


def _add_up(db: Database, spec: SourceSpec, merged: Merged, judged: str) -> None:
    """Make one row of those of several communes that are one now."""
    columns = db.columns(judged)
    sound, keys = _sound(spec, judged, "refusal_code" in columns), ", ".join(spec.key)
    sums: dict[str, str] = {}
    for name in merged.sums:
        mark = f"{name}_mark"
        if mark not in columns:
            sums[name] = f"case when count({name}) = count(*) then sum({name}) end"
            continue
        unknown = f"{name} is null and {mark} is distinct from 'by_nature'"
        hidden = f"count(*) filter (where {unknown}) > 0"
        absent = (
            "when count(distinct coalesce(_part, '')) < max(e.parts) then 'partial' "
            if merged.absent == "unknown"
            else ""
        )
        sums[name] = f"case when not ({hidden}) then sum({name}) end"
        sums[mark] = (
            f"case when {hidden} then max({mark}) filter (where {unknown}) {absent}when count({name}) = 0 then max({mark}) end"
        )
    db.execute(
        "create or replace temp table _sum as with e as (select _commune, count(distinct coalesce(_part, '')) as parts "
        f"from {sound} group by _commune) select min(place) as place, list(place) as places, "
        f"{', '.join(f'{sql} as {name}' for name, sql in sums.items())} from (select rowid as place, * from {sound}) as s "
        f"left join e using (_commune) group by {keys} having count(_part) > 0"
    )
    db.execute(
        f"update {judged} set {', '.join(f'{name} = s.{name}' for name in sums)} from _sum as s where s.place = {judged}.rowid"
    )
    db.execute(
        f"delete from {judged} where rowid in (select unnest(places) from _sum) and rowid not in (select place from _sum)"
    )
    db.execute("drop table _sum")
