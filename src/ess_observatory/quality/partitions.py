"""Rows kept by partition of a source (a year, a department, a family), against the edition before.

A source declares its partition in source.toml:

    [row_counts]
    by = "substr(commune_code, 1, 2)"   # SQL on its staged table
    by_label = "département"
    by_max_change_pct = 50              # tolerated change of one partition (50 %)
    by_min_rows = 10                    # a change of fewer rows is never said (10)
"""

from __future__ import annotations

from pathlib import Path

from ess_observatory.declare.project import Project
from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.engine.database import Database, declared_in
from ess_observatory.engine.sql_text import read_query
from ess_observatory.quality.verdicts import Verdict, verdict
from ess_observatory.read.cast import quote
from ess_observatory.words.numbers import HARD_SPACE, format_number

BOOK = "row_counts.parquet"
_SHOWN = 8


def count_partitions(db: Database, project: Project) -> None:
    """`staging.row_count`: source, sheet, partition, rows kept, of every source that declares its partition."""
    db.execute(
        "create or replace table staging.row_count (source varchar, sheet varchar, part varchar, rows_kept bigint)"
    )
    for spec in project.sources.values():
        declared = spec.row_counts
        if "by" in declared and db.exists("staging", spec.id):
            counted = (
                f"select {quote(spec.id)}, _sheet, coalesce(cast({declared['by']} as varchar), '–'), count(*) "
                f"from staging.{spec.id} group by all"
            )
            where = str(spec.folder / "source.toml")
            read_query(counted, where)
            with declared_in(where):
                db.execute(f"insert into staging.row_count {counted}")


def write_partitions(db: Database, folder: Path) -> None:
    """`row_counts.parquet`, which the next edition is compared with."""
    db.execute(
        f"copy (select * from staging.row_count order by all) to {quote(str(folder / BOOK))} (format parquet, compression zstd)"
    )


def compare_partitions(db: Database, project: Project, previous: Path) -> list[Verdict]:
    """One verdict a source that has rows in both editions: the partitions that changed beyond what it tolerates.

    `previous`: the book of the edition before.
    """
    rows = db.rows(
        "with old as (select source, part, sum(rows_kept) as rows_kept from read_parquet(?) group by all), "
        "new as (select source, part, sum(rows_kept) as rows_kept from staging.row_count group by all) "
        "select coalesce(new.source, old.source) as source, coalesce(new.part, old.part) as part, "
        "cast(coalesce(old.rows_kept, 0) as bigint), cast(coalesce(new.rows_kept, 0) as bigint) "
        "from new full join old on old.source = new.source and old.part = new.part order by all",
        [str(previous)],
    )
    found = []
    for spec in project.sources.values():
        parts = [row[1:] for row in rows if row[0] == spec.id]
        if any(before for _, before, _ in parts) and any(now for _, _, now in parts):
            found.append(_judge(spec, parts))
    return found


def _judge(spec: SourceSpec, parts: list[tuple[str, int, int]]) -> Verdict:
    declared = spec.row_counts
    most, least = float(declared.get("by_max_change_pct", 50)), int(declared.get("by_min_rows", 10))
    wrong = [
        (part, before, now)
        for part, before, now in parts
        if abs(now - before) >= least and abs(now - before) * 100 > most * before
    ]
    said = [
        f"{part} : {format_number(before)} puis {format_number(now)}" for part, before, now in wrong[:_SHOWN]
    ]
    if len(wrong) > _SHOWN:
        said.append(f"et {len(wrong) - _SHOWN} autres")
    label = declared.get("by_label", declared.get("by", ""))
    return verdict(
        f"{spec.id}.parts",
        spec.id,
        f"Lignes par {label} proches de l’édition précédente ({spec.title})",
        declared.get("severity", "warn"),
        not wrong,
        " ; ".join(said),
        kind="rows",
        observed=len(wrong),
        expected=f"aucun écart de plus de {format_number(most)}{HARD_SPACE}%",
    )
