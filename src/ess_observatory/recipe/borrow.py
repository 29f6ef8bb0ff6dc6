"""What one territory takes from the reading that all the territories of a run share: seen while it is built, kept where it is its own.

The finished database stands alone: it has its rows of every staged table, and the same views and tables as any other build. It
lacks the raw rows and those that the reading typed, which are not of one territory: an establishment names its file and line.
"""

from __future__ import annotations

from pathlib import Path

from ess_observatory.engine.sql_text import quote
from ess_observatory.quality.verdicts import Verdict, verdict
from ess_observatory.recipe.steps import Work

_TYPED = "_typed"
_INSIDE = "select code from rules.territory_commune"
_ELSEWHERE = f"select code from rules.communes except {_INSIDE}"
_PLACES = ("commune_code", "area_code")


def make_shared(work: Work) -> frozenset[str]:
    """Make the shared models as tables; these and the staged tables that they read are put in the order of the communes, where
    they have one: a territory then reads no more than its own blocks of them.
    """
    made = [model for model in work.models if model.is_shared]
    staged = {name for model in made for name in model.reads if name.startswith("staging.")}
    for name in sorted(staged):
        if "commune_code" in work.db.columns(name):
            _make_ordered(work, name, name)
    for model in made:
        _make_ordered(work, model.target, f"({model.sql}\n)")
    return frozenset(model.target for model in made)


def _make_ordered(work: Work, name: str, relation: str) -> None:
    order = "order by commune_code" if "commune_code" in work.db.columns(relation) else ""
    work.db.execute(f"create or replace table {name} as select * from {relation} {order}")


def borrow(work: Work, reading: Path) -> None:
    """Show the staged tables and the shared ones of a reading as views; its books, for the sources of this edition only.

    Tables of the same name that are already there (the survey's, empty) are left as they are.
    """
    db = work.db
    db.execute(f"attach {quote(str(reading))} as reading (read_only)")
    read = {name for model in work.models if model.layer in ("core", "marts") for name in model.reads}
    tables = set(
        db.rows(
            "select table_catalog, table_schema || '.' || table_name from information_schema.tables "
            "where table_catalog in ('reading', current_database()) and table_schema in ('staging', 'core')"
        )
    )
    here = {name for catalog, name in tables if catalog != "reading"}
    staged = {name for catalog, name in tables if catalog == "reading" and name.startswith("staging.")}
    for name in sorted((staged | work.shared) - here):
        if name.endswith(_TYPED) and name not in read:
            continue
        is_book = {"source", "file"}.issubset(db.columns(f"reading.{name}"))
        present = "select source from rules.edition_source where is_present"
        where = f" where source in ({present})" if is_book else ""
        db.execute(f"create view {name} as select * from reading.{name}{where}")


def read_otherwise(work: Work) -> list[Verdict]:
    """A warning when former commune codes mean another commune for this territory alone than for the whole that was read."""
    codes = [
        code
        for (code,) in work.db.rows(
            "select distinct coalesce(p.code, r.code) from rules.source_commune as p full join reading.rules.source_commune as r "
            f"on r.code = p.code and r.source = p.source where p.target is distinct from r.target and (p.target in ({_INSIDE}) or r.target in ({_INSIDE})) "
            "order by 1"
        )
    ]
    label = "Les anciens codes de commune se lisent pour ce territoire comme pour l’ensemble"
    said = f"lus autrement : {', '.join(codes)}"
    return [verdict("each.communes", "territoire", label, "warn", False, said)] if codes else []


def keep_own(work: Work) -> None:
    """Turn what was borrowed into tables with the rows of the territory, and let go of the reading."""
    db = work.db
    views = db.rows(
        "select table_name from information_schema.tables where table_catalog = 'observatory' and table_schema = 'staging' "
        "and table_type = 'VIEW' order by table_name"
    )
    for (name,) in views:
        first, *others = _own(db.columns(f"staging.{name}"))
        db.execute(f"create table staging._own as select * from staging.{name} where {first}")
        for rows in others:
            db.execute(f"insert into staging._own select * from staging.{name} where {rows}")
        db.execute(f"drop view staging.{name}")
        db.execute(f"alter table staging._own rename to {name}")
    for model in work.models:
        if model.target in work.shared:
            db.execute(f"drop view {model.target}")
            db.make(model)
    db.execute("detach reading")


def _own(columns: list[str]) -> list[str]:
    """Conditions, no row meeting two of them, on what a territory keeps of a staged table: the rows of its communes, and those
    of no commune of elsewhere or of establishments that it has decided on; those of its legal units; else all of them.
    """
    place = next((name for name in _PLACES if name in columns), None)
    if place and "siret" in columns:
        decided = f"select siret from core.establishment where coalesce(commune_code, '') not in ({_INSIDE})"
        return [
            f"{place} in ({_INSIDE})",
            f"coalesce({place}, '') not in ({_INSIDE}) and siret in ({decided})",
        ]
    if place:
        return [f"coalesce({place}, '') not in ({_ELSEWHERE})"]
    if "siren" in columns:
        return ["siren in (select siren from core.establishment)"]
    return ["true"]
