"""Everything that SQL may look up: nomenclatures, rules, the edition and its territory, as tables of `rules`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ess_observatory.declare.files import read_csv
from ess_observatory.declare.project import Edition, Project
from ess_observatory.declare.territories import official_area
from ess_observatory.engine.database import Database
from ess_observatory.read.communes import project_communes


def load_rules(db: Database, project: Project, edition: Edition, present: set[str]) -> None:
    """Write the `rules` schema: one table a CSV (all text), and typed tables for edition, territory and communes.

    `present`: the sources for which files were recognised.
    """
    import pyarrow as pa

    for name, path in project.nomenclatures.items():
        put_csv(db, f"rules.{name}", path)
    cog = int(edition.territory.cog or project.geography.reference)
    geography = project.geography.at(cog)
    if geography.year is not None:
        _put_rows(db, "rules.communes", geography.listed)
    communes = edition.territory.communes
    db.put(
        "rules.territory_commune",
        pa.table(
            {
                "code": pa.array([c["code"] for c in communes], pa.string()),
                "name": pa.array([c["name"] for c in communes], pa.string()),
                "epci_code": pa.array([c["epci_code"] for c in communes], pa.string()),
                "epci_name": pa.array([c["epci_name"] for c in communes], pa.string()),
                "population": pa.array([c["population"] for c in communes], pa.int64()),
            }
        ),
    )
    listed = geography.year or geography.reference
    project_communes(db, geography.homes, cog, _years_of_codes(project, edition, cog), listed)
    _territory_areas(db, edition)
    perimeter = project.perimeter(str(edition.data["perimeter"]))
    families, on_evidence = perimeter["families"], perimeter.get("on_evidence", [])
    db.put(
        "rules.perimeter_family",
        pa.table(
            {
                "family": pa.array([*families, *on_evidence], pa.string()),
                "is_on_evidence": pa.array([False] * len(families) + [True] * len(on_evidence), pa.bool_()),
            }
        ),
    )
    db.put(
        "rules.perimeter_evidence", pa.table({"kind": pa.array(perimeter.get("evidence", []), pa.string())})
    )
    sources = sorted(edition.sources.keys() | present)
    declared = [edition.sources.get(source, {}) for source in sources]
    db.put(
        "rules.edition_source",
        pa.table(
            {
                "source": pa.array(sources, pa.string()),
                "label": pa.array(
                    [
                        d.get("label", project.sources[s].title)
                        for s, d in zip(sources, declared, strict=True)
                    ],
                    pa.string(),
                ),
                "vintage": pa.array([d.get("vintage") for d in declared], pa.int64()),
                "role": pa.array([project.sources[s].role for s in sources], pa.string()),
                "absent_is_zero_from": pa.array(
                    [project.sources[s].absent_is_zero_from for s in sources], pa.float64()
                ),
                "is_present": pa.array([source in present for source in sources], pa.bool_()),
            }
        ),
    )
    parameters = [
        (table.id, name, str(value))
        for table in project.tables
        for name, value in table.card.get("parameters", {}).items()
    ]
    db.put(
        "rules.table_parameter",
        pa.table(
            {
                column: pa.array([row[i] for row in parameters], pa.string())
                for i, column in enumerate(("table_id", "name", "value"))
            }
        ),
    )
    facts = edition_facts(edition, perimeter, project.secrecy["min_units"])
    db.put("rules.edition", pa.table({key: pa.array([value], kind) for key, (value, kind) in facts.items()}))


def _years_of_codes(project: Project, edition: Edition, cog: int) -> dict[str, int]:
    """Source → year of the commune codes of its files: said by the edition, else its vintage, else that of the day at which it is read;
    one that says nothing has the codes of the territory's own year.
    """
    found: dict[str, int] = {}
    for name, spec in project.sources.items():
        declared = edition.sources.get(name, {})
        is_of_the_day = spec.dated == "reference" or bool(spec.last_day)
        by_default = edition.reference_date.year if is_of_the_day else cog
        found[name] = int(declared.get("cog") or declared.get("vintage") or by_default)
    return found


def _put_rows(db: Database, name: str, rows: list[dict[str, str]]) -> None:
    """Lines of a declared CSV as a table of text (see `put_csv`)."""
    import pyarrow as pa

    columns = {key: pa.array([row[key] or None for row in rows], pa.string()) for key in rows[0]}
    db.put(name, pa.table(columns))


def put_csv(db: Database, name: str, path: Path) -> None:
    """A declared CSV as a table of text, an empty cell as NULL: the same rows as Python reads."""
    import pyarrow as pa

    columns = read_csv(path).columns
    texts = {key: pa.array([cell or None for cell in cells], pa.string()) for key, cells in columns.items()}
    db.put(name, pa.table(texts))


def _territory_areas(db: Database, edition: Edition) -> None:
    """The official area that the territory is, if any, those that it is compared with, and its nested levels.

    `rules.territory_area`, `rules.compared_area` (the first one is the reference of specialisation), `rules.territory_level`.
    """
    import pyarrow as pa

    area = official_area(edition.territory)
    db.put(
        "rules.territory_area",
        pa.table(
            {
                "object": pa.array([area[0]] if area else [], pa.string()),
                "code": pa.array([area[1]] if area else [], pa.string()),
            }
        ),
    )
    compared = edition.territory.meta.get("compare", [])
    columns: dict[str, pa.Array] = {
        key: pa.array([str(place[key]) for place in compared], pa.string())
        for key in ("object", "code", "name")
    }
    db.put(
        "rules.compared_area",
        pa.table({**columns, "rank": pa.array(range(1, len(compared) + 1), pa.int32())}),
    )
    db.execute(_LEVELS)


#: grain: one commune of the territory x level that contains it (present nomenclature), from the largest. `is_whole`: every
#: commune of that area, as the nomenclature has it today, is in the territory; else the territory holds a part of it only.
_LEVELS = """
create or replace table rules.territory_level as
with contained as (
select t.code as commune_code, 'region' as level, 1 as level_rank, c.region as code, coalesce(r.name, c.region) as name
from rules.territory_commune as t
inner join rules.communes as c on c.code = t.code
left join rules.regions as r on r.code = c.region
where c.region is not null
union all
select t.code, 'departement', 2, c.departement, coalesce(d.name, c.departement)
from rules.territory_commune as t
inner join rules.communes as c on c.code = t.code
left join rules.departements as d on d.code = c.departement
where c.departement is not null
union all
select t.code, 'arrondissement', 3, c.arrondissement, coalesce(a.name, 'Arrondissement ' || c.arrondissement)
from rules.territory_commune as t
inner join rules.communes as c on c.code = t.code
left join rules.arrondissements as a on a.code = c.arrondissement
where c.arrondissement is not null
union all
select t.code, 'epci', 4, c.epci_code, coalesce(e.name, c.epci_code)
from rules.territory_commune as t
inner join rules.communes as c on c.code = t.code
left join rules.epci as e on e.code = c.epci_code
where c.epci_code is not null
),
elsewhere as (
select region, departement, arrondissement, epci_code from rules.communes
where type = 'commune-actuelle' and code not in (select code from rules.territory_commune)
),
parted as (
select 'region' as level, region as code from elsewhere
union
select 'departement', departement from elsewhere
union
select 'arrondissement', arrondissement from elsewhere
union
select 'epci', epci_code from elsewhere
)
select c.*, p.code is null as is_whole
from contained as c
left join parted as p on p.level = c.level and p.code = c.code
"""


def edition_facts(edition: Edition, perimeter: dict[str, Any], min_units: int) -> dict[str, tuple[Any, Any]]:
    """The single row of `rules.edition`: name → (value, Arrow type)."""

    import pyarrow as pa

    return {
        "edition": (edition.declared_id, pa.string()),
        "year": (edition.year, pa.int64()),
        "territory": (edition.territory.name, pa.string()),
        "reference_date": (edition.reference_date, pa.date32()),
        "last_full_year": (edition.last_full_year, pa.int64()),
        "perimeter": (str(edition.data["perimeter"]), pa.string()),
        "nomenclature": (perimeter["nomenclature"], pa.string()),
        "naf_level": (perimeter.get("naf_level", "establishment"), pa.string()),
        "is_part": (edition.data.get("is_part", False), pa.bool_()),
        "min_units": (min_units, pa.int64()),
        "survey_sent": (edition.data.get("survey", {}).get("frame_size"), pa.int64()),
    }
