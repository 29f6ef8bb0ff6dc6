"""A territory: any list of communes, or one or several areas of the official geographic code, with their nested levels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ess_observatory.declare.commune_list import read_commune_list
from ess_observatory.declare.faults import Fault, raise_faults
from ess_observatory.declare.geography import Geography
from ess_observatory.declare.models.csv_checks import commune_list
from ess_observatory.declare.models.outlines import outlined, read_outlines
from ess_observatory.declare.reading import Document
from ess_observatory.engine.outputs import LEVELS
from ess_observatory.engine.paths import inside, plain_name
from ess_observatory.errors import Exit, ObservatoryError

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
SUBLEVELS = dict(
    zip(LEVELS, ("Intercommunalité (EPCI)", "Arrondissement", "Département", "Région"), strict=True)
)
#: Columns of a list of communes that needs nothing from the nomenclature.
_SAID = {"name", "epci_code", "epci_name", "population"}
#: How a report says that it is about an area of a level.
_IN = {
    "region": "dans la région «\u00a0{name}\u00a0»",
    "departement": "dans le département «\u00a0{name}\u00a0»",
    "arrondissement": "dans l’{small}",
    "epci": "dans l’intercommunalité «\u00a0{name}\u00a0»",
}


@dataclass(frozen=True)
class Territory:
    """A list of communes with their sub-level, and the outlines to draw them on."""

    id: str
    name: str
    name_in: str
    communes: tuple[dict[str, Any], ...]
    sublevel_label: str
    cog: str
    map_path: Path | None
    meta: dict[str, Any]


def load_territory(geography: Geography, document: Document) -> Territory:
    """The territory that a checked TOML file declares.

    Raises E108 (no commune), E109 (unknown codes, or areas that the nomenclature does not have).
    """
    data, path = document.data, document.path
    cog = str(data.get("cog", ""))
    _refuse_unknown_year(geography, path, data, cog)
    geography = geography.at(int(cog) if cog else None)
    sublevel = str(data.get("sublevel", "epci"))
    communes = (
        _from_file(geography, path, data, sublevel)
        if "file" in data
        else _from_nomenclature(geography, path, data, sublevel)
    )
    if not communes:
        raise ObservatoryError(
            "E108",
            "Territoire sans commune",
            str(path),
            "Donnez « communes », « epci », « arrondissement », « departement », « region », « france » ou « file ».",
        )
    map_file = inside(path.parent, str(data.get("map", path.with_suffix(".geojson").name)), str(path))
    if map_file.suffix not in (".geojson", ".json"):
        raise ObservatoryError("E180", f"Ce ne sont pas des contours : « {map_file.name} »", str(path),
                               "« map » nomme un fichier .geojson : il est publié tel quel.", Exit.USAGE)  # fmt: skip
    if (
        map_file.is_file() and map_file.parent != geography.pipelines / "territories"
    ):  # those have been checked
        faults: list[Fault] = []
        read_outlines(map_file, str(map_file), frozenset(), faults)
        raise_faults(faults)
    return Territory(
        id=plain_name(data.get("id", path.stem), "L’identifiant du territoire", str(path)),
        name=data["name"],
        name_in=data.get("name_in", data["name"]),
        communes=tuple(sorted(communes, key=lambda commune: commune["code"])),
        sublevel_label=data.get("sublevel_label", SUBLEVELS[sublevel] if "sublevel" in data else "EPCI"),
        cog=cog,
        map_path=map_file if map_file.is_file() else _drawn_elsewhere(geography, communes),
        meta=data,
    )


def _refuse_unknown_year(geography: Geography, path: Path, data: dict[str, Any], cog: str) -> None:
    """Raise E109 for areas of a year of which their composition is not known."""
    if not cog or int(cog) in geography.years or not (data.get("france") or any(map(data.get, OBJECTS))):
        return
    known = ", ".join(map(str, sorted(geography.years)))
    raise ObservatoryError("E109", f"La composition des territoires n’est pas connue pour {cog}", str(path),
                           f"Donnez les communes de {cog} avec « file », ou un « cog » parmi : {known}.")  # fmt: skip


def _drawn_elsewhere(geography: Geography, communes: Iterable[dict[str, Any]]) -> Path | None:
    """Outlines declared for another territory that have all of these communes."""
    wanted = {commune["code"] for commune in communes}
    for file in sorted((geography.pipelines / "territories").glob("*.geojson")):
        if wanted <= outlined(json.loads(file.read_bytes())):
            return file
    return None


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


@dataclass(frozen=True)
class Parts:
    """A territory cut at a level: the areas wholly inside, and what is left aside (code, name, why)."""

    territories: tuple[Territory, ...]
    left_aside: tuple[tuple[str, str, str], ...]


def parts_of(geography: Geography, whole: Territory, level: str) -> Parts:
    """The areas of a level (present nomenclature) that make up a territory, by code. Raises E111 for an unknown level.

    A part keeps the communes of the whole as they are declared there. Its own cut is that of the whole when it is finer than
    the level, EPCI otherwise; it is compared with the areas that the whole is compared with.
    """
    if level not in SUBLEVELS:
        near = get_close_matches(level, SUBLEVELS, n=2, cutoff=0.5)
        hint = "Voulez-vous dire " + " ou ".join(near) + "\u00a0? " if near else ""
        raise ObservatoryError("E111", f"Niveau inconnu : « {level} »", None,
                               f"{hint}Niveaux connus : {', '.join(SUBLEVELS)}.", Exit.USAGE)  # fmt: skip
    geography = geography.at(int(whole.cog) if whole.cog else None)
    finer = list(SUBLEVELS)[: list(SUBLEVELS).index(level)] or ["epci"]
    declared = str(whole.meta.get("sublevel", "epci"))
    cut = declared if declared in finer else "epci"
    rows = {row["code"]: row for row in geography.communes}
    members = Counter(row[AREAS[level]] for row in rows.values())
    inside: dict[str, list[dict[str, Any]]] = {}
    for commune in whole.communes:
        inside.setdefault(rows.get(commune["code"], {}).get(AREAS[level], ""), []).append(commune)
    names, areas = geography.names(level), geography.names(cut)
    territories, aside = [], []
    for code, communes in sorted(inside.items()):
        name = names.get(code, f"{SUBLEVELS[level].partition(' (')[0]} {code}")
        if not code:
            aside.append(("", "", f"{len(communes)} commune(s) sans {level} : {_some(communes)}"))
        elif outside := members[code] - len(communes):
            aside.append(
                (code, name, f"à cheval sur la limite : {outside} commune(s) sur {members[code]} en dehors")
            )
        else:
            if cut != declared:
                communes = [_with_area(commune, rows[commune["code"]], cut, areas) for commune in communes]
            label = whole.sublevel_label if cut == declared else SUBLEVELS[cut]
            territories.append(_part(whole, level, code, name, communes, cut, label))
    return Parts(tuple(territories), tuple(aside))


def _part(
    whole: Territory, level: str, code: str, name: str, communes: list[dict[str, Any]], cut: str, label: str
) -> Territory:
    compared = [
        place
        for place in whole.meta.get("compare", [])
        if (place["object"], str(place["code"])) != (OBJECTS[level], code)
    ]
    return Territory(
        id=plain_name(f"{level}-{code}", "Le code d’un territoire"),
        name=name,
        name_in=_IN[level].format(name=name, small=f"{name[:1].lower()}{name[1:]}"),
        communes=tuple(communes),
        sublevel_label=label,
        cog=whole.cog,
        map_path=whole.map_path,
        meta={"name": name, level: code, "sublevel": cut, "compare": compared},
    )


def _some(communes: list[dict[str, Any]]) -> str:
    shown = ", ".join(f"{commune['name']} ({commune['code']})" for commune in communes[:5])
    return shown if len(communes) <= 5 else f"{shown}…"


def _from_file(geography: Geography, path: Path, data: dict[str, Any], sublevel: str) -> list[dict[str, Any]]:
    """The communes of a list; what it does not say of them (name, area, population) is taken from the nomenclature."""
    file = inside(path.parent, str(data["file"]), str(path))
    faults: list[Fault] = []
    is_csv = file.is_file() and file.suffix == ".csv"
    table = commune_list(geography.pipelines, file, faults) if is_csv else None
    raise_faults(faults)
    rows = table.rows() if table else [{"code": code} for code in read_commune_list(geography, file).codes]
    if all(row.keys() >= _SAID and row["name"] for row in rows):
        return [{**row, "population": _int(row.get("population"))} for row in rows]
    codes = {row["code"] for row in rows} & {row["code"] for row in geography.communes}
    known = {c["code"]: c for c in _from_nomenclature(geography, path, {"communes": sorted(codes)}, sublevel)}
    if unknown := sorted({row["code"] for row in rows} - known.keys()):
        raise ObservatoryError("E109", f"Codes inconnus (communes) : {', '.join(unknown[:10])}", str(file),
                               f"Vérifiez-les, ou donnez toutes les colonnes : code, {', '.join(sorted(_SAID))}.")  # fmt: skip
    return [
        {**known[row["code"]], **{key: value for key, value in row.items() if value and key != "population"}}
        for row in rows
    ]


def _from_nomenclature(
    geography: Geography, path: Path, data: dict[str, Any], sublevel: str
) -> list[dict[str, Any]]:
    every = geography.communes
    wanted = {key: codes for key in AREAS if (codes := set(map(str, _as_list(data.get(key)))))}
    for key, codes in wanted.items():
        if AREAS[key] not in every[0]:
            raise ObservatoryError("E109", f"La nomenclature des communes n’a pas le niveau « {key} »", str(path),
                                   "Donnez la table de sa composition : ess new territory NOM --from-list FICHIER --keep COLONNE=CODE.")  # fmt: skip
        if unknown := codes - geography.places(AREAS[key]).keys():
            raise ObservatoryError("E109", f"Codes inconnus ({key}) : {', '.join(sorted(unknown))}", str(path),
                                   "Vérifiez les codes Insee, ou donnez vos communes avec « file ».")  # fmt: skip
    names = geography.names(sublevel)
    ranks = {
        rank for key, codes in wanted.items() for code in codes for rank in geography.places(AREAS[key])[code]
    }
    if data.get("france"):
        ranks.update(rank for rank, row in enumerate(every) if row["region"])
    return [
        _with_area(
            {"code": row["code"], "name": row["name"], "population": _int(row["population"])},
            row,
            sublevel,
            names,
        )
        for row in (every[rank] for rank in sorted(ranks))
    ]


def _with_area(
    commune: dict[str, Any], row: dict[str, str], sublevel: str, names: dict[str, str]
) -> dict[str, Any]:
    """A commune with the area of its sub-level, from its row of the nomenclature."""
    area = row[AREAS[sublevel]]
    unnamed = f"{SUBLEVELS[sublevel]} {area}" if area else "Hors EPCI"
    return {**commune, "epci_code": area, "epci_name": names.get(area, unnamed)}


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _int(text: str | None) -> int | None:
    return int(float(text)) if text else None
