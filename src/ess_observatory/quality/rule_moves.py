"""What moved between two publications of an edition: counted by the engine, on the files that both have left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import DECISIONS, Outputs
from ess_observatory.engine.sql_text import quote

#: Data of an establishment that decide of it, as they were read.
_SEEN = ("legal_category", "naf", "commune_code", "is_employer")

_KEPT = ("siret", "ess_family", "in_perimeter", "rule_id", *_SEEN)
_FLAGS = ("in_perimeter", "is_employer")


@dataclass(frozen=True)
class Moves:
    """`moves`: kind (in, out, family), rule_id, family, to_family, is_same (its own data are what they were), count; `counted`:
    establishments that were in; `emptied`: families; `cells`: hidden and unveiled; `tables`: (gained or lost in French, ids).
    """

    moves: list[dict[str, Any]]
    counted: int
    emptied: list[str]
    cells: dict[str, int]
    tables: list[tuple[str, list[str]]]


def moves_between(outputs: Outputs, scratch: Outputs) -> Moves:
    """What is not in `scratch` as it is in place, in `outputs`."""
    with Database() as side:
        _see(side, outputs, scratch)
        counted, emptied = side.rows(_BEFORE)[0]
        tables = [(word, names) for word, names in side.rows(_TABLES)]
        return Moves(side.dicts(_MOVES), counted, emptied, dict(side.rows(_CELLS)), tables)


def decisions(db: Database, schema: str) -> str:
    """SQL of what is kept of the establishments; what a project of another make lacks is empty."""
    is_there = schema != "core" or db.exists("core", "establishment")
    columns = set(db.columns(f"{schema}.establishment")) if is_there else set()
    kept = (
        f"cast({name if name in columns else 'null'} as {'boolean' if name in _FLAGS else 'varchar'}) as {name}"
        for name in _KEPT
    )
    rows = f"from {schema}.establishment where siret is not null" if "siret" in columns else "where false"
    return f"select {', '.join(kept)} {rows}"


def _see(side: Database, outputs: Outputs, scratch: Outputs) -> None:
    """`raw.before`, `raw.after` (decisions), `raw.figures_before`, `raw.figures_after`, as views of the files."""
    old = outputs.quality / DECISIONS
    if old.is_file():
        before = f"select * from read_parquet({quote(str(old))})"
    else:  # built before publications left their decisions: what the last build decided, if it came so far
        before = f"select * from read_parquet({quote(str(scratch.quality / DECISIONS))})"
        if outputs.database.is_file():
            side.execute(f"attach {quote(str(outputs.database))} as former (read_only)")
            if side.rows(_FORMER):
                before = decisions(side, "former.core")
    new = f"read_parquet({quote(str(scratch.quality / DECISIONS))})"
    side.execute(f"create view raw.before as {before}")
    side.execute(f"create view raw.after as select * from {new}")
    for name, place in (("before", outputs), ("after", scratch)):
        figures = quote(str(place.publication / "figures.parquet"))
        side.execute(f"create view raw.figures_{name} as select * from read_parquet({figures})")


_FORMER = "select 1 from duckdb_tables() where database_name = 'former' and schema_name = 'core' and table_name = 'establishment'"

#: By kind of move, rule and family: establishments, and whether their own data are what they were.
_MOVES = f"""
with paired as (
    select b.siret is not null and a.siret is not null
            and {" and ".join(f"b.{name} is not distinct from a.{name}" for name in _SEEN)} as is_same,
        coalesce(b.in_perimeter, false) as was_in, coalesce(a.in_perimeter, false) as is_in,
        b.ess_family as old_family, a.ess_family as new_family, coalesce(a.rule_id, b.rule_id) as rule_id
    from raw.before as b full join raw.after as a on a.siret = b.siret
),
named as (
    select *, case when is_in and not was_in then 'in' when was_in and not is_in then 'out'
            when was_in and old_family is distinct from new_family then 'family' end as kind
    from paired
)
select kind, rule_id, is_same, case when kind = 'in' then new_family else old_family end as family,
    case when kind = 'family' then new_family end as to_family, count(*) as count
from named where kind is not null group by all order by count desc, rule_id, family, to_family
"""

#: How many were counted, and the families that nobody is in any more.
_BEFORE = """
select (select count(*) from raw.before where in_perimeter),
    (select coalesce(list(ess_family order by ess_family), []) from (
        select distinct ess_family from raw.before where in_perimeter and ess_family is not null
        except select distinct ess_family from raw.after where in_perimeter))
"""

_CELLS = """
select case when b.conf_status = 'F' then 'hidden' else 'unveiled' end, count(*)
from raw.figures_before as b inner join raw.figures_after as a
    on a.table_id = b.table_id and a.row_code = b.row_code and a.column_code = b.column_code
where (b.conf_status = 'F') <> (a.conf_status = 'F')
group by 1 order by 1
"""

_TABLES = """
with change as (
    select 'gagnés' as word, table_id from (
        select distinct table_id from raw.figures_after except select distinct table_id from raw.figures_before)
    union all
    select 'perdus', table_id from (
        select distinct table_id from raw.figures_before except select distinct table_id from raw.figures_after)
)
select word, list(table_id order by table_id) from change group by word order by word
"""
