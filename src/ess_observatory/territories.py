"""A territory: any list of communes, or one or several areas of the official geographic code, with their nested levels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ess_observatory.errors import ObservatoryError
from ess_observatory.project import Project, Territory, read_csv_rows, read_toml

#: Key of a territory file → column of the commune nomenclature.
AREAS = {
    "communes": "code",
    "epci": "epci_code",
    "arrondissement": "arrondissement",
    "zone_emploi": "zone_emploi",
    "departement": "departement",
    "region": "region",
}
#: The same areas as statistical producers name them in their files (SDMX geographic objects of Insee).
OBJECTS = {
    "epci": "EPCI",
    "arrondissement": "ARR",
    "zone_emploi": "ZE2020",
    "departement": "DEP",
    "region": "REG",
}
#: Levels that a territory may be cut into, from the smallest, with the header that they get in tables.
SUBLEVELS = {
    "epci": "Intercommunalité (EPCI)",
    "arrondissement": "Arrondissement",
    "departement": "Département",
    "region": "Région",
}


def load_territory(project: Project, path: Path) -> Territory:
    """The territory declared in a TOML file.

    Raises E108 (no commune), E109 (unknown codes, or areas that the nomenclature does not have), E111 (unknown sub-level).
    """
    data = read_toml(path)
    sublevel = str(data.get("sublevel", "epci"))
    if sublevel not in SUBLEVELS:
        raise ObservatoryError(
            "E111", f"Niveau inconnu : « {sublevel} »", str(path), f"Niveaux connus : {', '.join(SUBLEVELS)}."
        )
    for place in data.get("compare", []):
        if lacking := {"object", "code", "name"} - place.keys():
            raise ObservatoryError("E109", f"Territoire de comparaison incomplet : {', '.join(sorted(lacking))}", str(path),
                                   'Écrivez { object = "REG", code = "32", name = "Hauts-de-France" }.')  # fmt: skip
    communes = _from_file(path, data) if "file" in data else _from_nomenclature(project, path, data, sublevel)
    if not communes:
        raise ObservatoryError(
            "E108",
            "Territoire sans commune",
            str(path),
            "Donnez « communes », « epci », « arrondissement », « departement », « region », « france » ou « file ».",
        )
    map_file = path.parent / data["map"] if "map" in data else path.with_suffix(".geojson")
    return Territory(
        id=data.get("id", path.stem),
        name=data["name"],
        name_in=data.get("name_in", data["name"]),
        communes=tuple(sorted(communes, key=lambda commune: commune["code"])),
        sublevel_label=data.get("sublevel_label", SUBLEVELS[sublevel] if "sublevel" in data else "EPCI"),
        cog=str(data.get("cog", "")),
        map_path=map_file if map_file.is_file() else None,
        meta=data,
    )


def official_area(territory: Territory) -> tuple[str, str] | None:
    """(object, code) when the territory is exactly one official area, as producers write it; None otherwise.

    A territory given as a list of communes says it with `area = { object = "ARR", code = "591" }`.
    """
    data = territory.meta
    if isinstance(data.get("area"), dict):
        return str(data["area"]["object"]), str(data["area"]["code"])
    if data.get("france"):
        return "FRANCE", "F"
    given = [(key, str(code)) for key in AREAS for code in _as_list(data.get(key))]
    if "file" in data or len(given) != 1 or given[0][0] not in OBJECTS:
        return None
    return OBJECTS[given[0][0]], given[0][1]


def _from_file(path: Path, data: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {**row, "population": _int(row.get("population"))}
        for row in read_csv_rows(path.parent / data["file"])
    ]


def _from_nomenclature(
    project: Project, path: Path, data: dict[str, Any], sublevel: str
) -> list[dict[str, Any]]:
    every = [
        row for row in read_csv_rows(project.nomenclatures["communes"]) if row["type"].startswith("commune")
    ]
    wanted = {key: set(map(str, _as_list(data.get(key)))) for key in AREAS}
    for key, codes in wanted.items():
        if codes and AREAS[key] not in every[0]:
            raise ObservatoryError("E109", f"La nomenclature des communes n’a pas le niveau « {key} »", str(path),
                                   "Donnez la liste des communes (« communes » ou « file »).")  # fmt: skip
        if unknown := codes - {row.get(AREAS[key]) for row in every}:
            raise ObservatoryError("E109", f"Codes inconnus ({key}) : {', '.join(sorted(unknown))}", str(path),
                                   "Vérifiez les codes Insee, ou donnez vos communes avec « file ».")  # fmt: skip
    column = AREAS[sublevel]
    names = _names(project, sublevel)
    return [
        {
            "code": row["code"],
            "name": row["name"],
            "epci_code": row[column],
            "epci_name": names.get(
                row[column], f"{SUBLEVELS[sublevel]} {row[column]}" if row[column] else "Hors EPCI"
            ),
            "population": _int(row["population"]),
        }
        for row in every
        if (data.get("france") and row["region"])
        or any(row.get(AREAS[key]) in codes for key, codes in wanted.items() if codes)
    ]


def _names(project: Project, level: str) -> dict[str, str]:
    """Code → name of the areas of a level (none for arrondissements, of which the nomenclature has only the codes)."""
    file = {"epci": "epci", "departement": "departements", "region": "regions"}.get(level)
    return {row["code"]: row["name"] for row in read_csv_rows(project.nomenclatures[file])} if file else {}


def _as_list(value: Any) -> list:
    return [] if value is None else value if isinstance(value, list) else [value]


def _int(text: str | None) -> int | None:
    return int(float(text)) if text else None
