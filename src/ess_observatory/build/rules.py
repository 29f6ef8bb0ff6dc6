"""Everything that SQL may look up: nomenclatures, rules, the edition and its territory, as tables of `rules`."""

from __future__ import annotations

from typing import Any

from ess_observatory.build.database import Database
from ess_observatory.project import Edition, Project
from ess_observatory.read.communes import project_communes
from ess_observatory.read.sql import quote


def load_rules(db: Database, project: Project, edition: Edition, present: set[str]) -> None:
    """Write the `rules` schema: one table a CSV (all text), and typed tables for edition, territory and communes.

    `present`: the sources for which files were recognised.
    """
    import pyarrow as pa

    for name, path in project.nomenclatures.items():
        db.execute(
            f"create or replace table rules.{name} as select * from read_csv({quote(str(path))}, header = true, "
            "all_varchar = true, delim = ',', quote = '\"', auto_detect = true)"
        )
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
    project_communes(db)
    perimeter = project.perimeter(str(edition.data["perimeter"]))
    families = perimeter["families"]
    db.put("rules.perimeter_family", pa.table({"family": pa.array(families, pa.string())}))
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
    facts = edition_facts(edition, perimeter)
    db.put("rules.edition", pa.table({key: pa.array([value], kind) for key, (value, kind) in facts.items()}))


def edition_facts(edition: Edition, perimeter: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The single row of `rules.edition`: name → (value, Arrow type)."""
    import datetime as dt

    import pyarrow as pa

    reference = str(edition.data.get("reference_date", f"{edition.year}-12-31"))
    return {
        "edition": (edition.id, pa.string()),
        "year": (edition.year, pa.int64()),
        "territory": (edition.territory.name, pa.string()),
        "reference_date": (dt.date.fromisoformat(reference), pa.date32()),
        "perimeter": (str(edition.data["perimeter"]), pa.string()),
        "nomenclature": (perimeter["nomenclature"], pa.string()),
        "survey_sent": (edition.data.get("survey", {}).get("frame_size"), pa.int64()),
    }
