"""Outlines of a territory (`territories/*.geojson`): what a map needs of them, checked before anything is drawn."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ess_observatory.declare.faults import UNREADABLE, Fault, advice, shown
from ess_observatory.declare.models.nomenclatures_csv import Csvs
from ess_observatory.declare.reading import Document, name_of, read_json_document, read_toml_document

#: Key of a territory → column of the communes.
_AREA_COLUMNS = {
    "communes": "code",
    "epci": "epci_code",
    "arrondissement": "arrondissement",
    "departement": "departement",
    "region": "region",
}
#: Geometries that have an inside.
_AREAS = {"Polygon": 0, "MultiPolygon": 1}
_CODE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
_TOLD = 20
_AGAIN = "reprenez le fichier tel que son producteur le donne"


def check_outlines(root: Path, csvs: Csvs, faults: list[Fault]) -> None:
    """Check every outline of `pipelines/territories/`, and that some of it lies in the territory that draws it."""
    folder = root / "pipelines" / "territories"
    areas: dict[str, frozenset[str]] = {}
    for path in sorted(folder.glob("*.geojson")):
        if data := read_outlines(path, name_of(path, root), csvs.known_communes, faults):
            areas[path.name] = outlined(data)
    for path in sorted(folder.glob("*.toml")):
        document = read_toml_document(path, name_of(path, root), [])
        drawn = document.data.get("map", f"{path.stem}.geojson") if document else None
        if document is None or not isinstance(drawn, str) or drawn not in areas:
            continue
        communes = _communes(document.data, csvs)
        if communes and not communes & areas[drawn]:
            fix = "donnez les contours de ce territoire, ou retirez « map »"
            at = ("map",) if "map" in document.data else ()
            faults.append(
                document.fault(at, f"aucun contour de {drawn} n’est une commune du territoire", fix)
            )


def outlined(data: dict[str, Any]) -> frozenset[str]:
    """Codes of the communes that outlines cover."""
    properties = [feature["properties"] for feature in data["features"]]
    return frozenset(code for item in properties for code in (item["code"], *item.get("commune_codes", ())))


def _communes(territory: dict[str, Any], csvs: Csvs) -> frozenset[str]:
    """The communes of a territory, as far as its own words tell them; none when they do not."""
    if "file" in territory:
        return csvs.listed(f"territories/{territory['file']}", "code")
    table = csvs.get("rules/nomenclatures/communes.csv")
    if table is None:
        return frozenset()
    if territory.get("france"):
        return frozenset(table.columns["code"])
    found: set[str] = set()
    for key, column in _AREA_COLUMNS.items():
        wanted = territory.get(key, [])
        wanted = set(map(str, wanted if isinstance(wanted, list) else [wanted]))
        if wanted:
            pairs = zip(table.columns["code"], table.columns[column], strict=True)
            found |= {code for code, area in pairs if area in wanted}
    return frozenset(found)


def read_outlines(
    path: Path, file: str, known_communes: frozenset[str], faults: list[Fault]
) -> dict[str, Any] | None:
    """The outlines of a file, or None with its faults. Empty `known_communes`: codes are not looked up."""
    before = len(faults)
    document = read_json_document(path, file, faults)
    if document is None:
        return None
    found = list(_collection(document, known_communes))
    faults.extend(found[:_TOLD])
    if len(found) > _TOLD:
        faults.append(Fault(file, what=f"et {len(found) - _TOLD} autres fautes de même", fix=_AGAIN))
    return document.data if len(faults) == before else None


def _collection(document: Document, known: frozenset[str]) -> Iterator[Fault]:
    data, file = document.data, document.file
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection":
        said = shown(data.get("type")) if isinstance(data, dict) and "type" in data else ""
        fix = "donnez une « FeatureCollection » de contours de communes (GeoJSON)"
        yield Fault(file, 1, "type", said, "ce n’est pas une collection de contours", fix, UNREADABLE)
        return
    features = data.get("features")
    if not isinstance(features, list) or not features:
        fix = "donnez un contour par commune, ou retirez le fichier"
        yield Fault(file, 1, "features", what="aucun contour", fix=fix, code=UNREADABLE)
        return
    lines = _Lines(document)
    owners: dict[str, int] = {}
    for number, feature in enumerate(features):
        for key, value, what, fix in _feature(feature, number, known, owners):
            place = f"features[{number + 1}]{'.' if key else ''}{key}"
            yield Fault(file, lines.of(number), place, "" if value == "" else shown(value), what, fix)


def _feature(
    feature: Any, number: int, known: frozenset[str], owners: dict[str, int]
) -> Iterator[tuple[str, Any, str, str]]:
    """(key, value, what, fix) of what is wrong in a feature."""
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        yield "", feature, "ce n’est pas un contour (« Feature »)", _AGAIN
        return
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        yield "properties", properties, "propriétés absentes", "donnez « code » et « name »"
        return
    code, name = properties.get("code"), properties.get("name")
    if not isinstance(code, str):
        fix = (
            f'écrivez "{code:05d}"'
            if isinstance(code, int) and 0 <= code < 10**5
            else "donnez le code Insee, entre guillemets"
        )
        yield "properties.code", code, "code de commune absent, ou qui n’est pas un texte", fix
    elif not _CODE.fullmatch(code) and not properties.get("commune_codes"):
        fix = "écrivez ses cinq caractères, ou dites les communes de ce contour (« commune_codes »)"
        yield "properties.code", code, "ce n’est pas un code commune de l’Insee", fix
    if not isinstance(name, str) or not name.strip():
        yield "properties.name", name, "nom de commune absent", "donnez « name »"
    covered = properties.get("commune_codes", [code] if isinstance(code, str) else [])
    if not isinstance(covered, list) or not all(isinstance(item, str) for item in covered):
        yield (
            "properties.commune_codes",
            covered,
            "ce n’est pas une liste de codes",
            'écrivez ["59006", "59070"]',
        )
        covered = []
    for item in dict.fromkeys(
        [*covered, *([code] if isinstance(code, str) and _CODE.fullmatch(code) else [])]
    ):
        if known and item not in known:
            yield (
                "properties.commune_codes" if item != code else "properties.code",
                item,
                "commune inconnue",
                "corrigez le code",
            )
        if owners.setdefault(item, number) != number:
            yield (
                "properties.code",
                item,
                f"déjà couverte par features[{owners[item] + 1}]",
                "gardez un seul contour",
            )
    for key in ("cx", "cy"):
        if key in properties and not _is_number(properties[key]):
            yield (
                f"properties.{key}",
                properties[key],
                "ce n’est pas un nombre",
                "donnez une coordonnée, ou retirez la clé",
            )
    if ("cx" in properties) != ("cy" in properties):
        yield (
            "properties",
            "",
            "une seule des deux coordonnées « cx » et « cy »",
            "donnez les deux, ou aucune",
        )
    if (
        isinstance(covered, list)
        and covered
        and isinstance(code, str)
        and code in known
        and code not in covered
    ):
        yield (
            "properties.commune_codes",
            covered,
            f"la commune {code} n’y est pas",
            "ajoutez-la, ou corrigez « code »",
        )
    unknown = properties.keys() - {"code", "name", "commune_codes", "cx", "cy"}
    for key in sorted(unknown):
        if (fix := advice(key, ("code", "name", "commune_codes", "cx", "cy"))).startswith("voulez-vous"):
            yield f"properties.{key}", properties[key], "propriété inconnue", fix
    wrong = list(_geometry(feature.get("geometry")))
    yield from wrong
    centre = properties.get("cx"), properties.get("cy")
    if not wrong and all(map(_is_number, centre)) and not _around(feature["geometry"]["coordinates"], centre):
        yield (
            "properties.cx",
            centre[0],
            "ce point est hors du contour",
            "longitude dans « cx », latitude dans « cy »",
        )


def _geometry(geometry: Any) -> Iterator[tuple[str, Any, str, str]]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in _AREAS:
        said = kind if isinstance(kind, str) else ""
        yield (
            "geometry",
            said,
            "forme qui n’est pas une surface",
            "donnez un « Polygon » ou un « MultiPolygon »",
        )
        return
    coordinates = geometry.get("coordinates")
    areas = coordinates if _AREAS[kind] else [coordinates]
    if not isinstance(areas, list) or not areas:
        yield "geometry.coordinates", "", "aucune coordonnée", _AGAIN
        return
    for area in areas:
        if not isinstance(area, list) or not area:
            yield "geometry.coordinates", "", "surface sans contour", _AGAIN
            return
        for ring in area:
            if what := _ring(ring):
                yield "geometry.coordinates", "", what, _AGAIN
                return


def _ring(ring: Any) -> str | None:
    """What is wrong in a ring of longitudes and latitudes."""
    if not isinstance(ring, list) or len(ring) < 4:
        return "contour de moins de quatre points"
    for point in ring:
        if (
            not isinstance(point, list)
            or len(point) < 2
            or not (_is_number(point[0]) and _is_number(point[1]))
        ):
            return "coordonnée qui n’est pas un nombre"
        if not (-180 <= point[0] <= 180 and -90 <= point[1] <= 90):
            return "coordonnées qui ne sont pas des degrés (longitude, latitude)"
    return None if ring[0] == ring[-1] else "contour qui n’est pas fermé"


def _around(coordinates: Any, point: Any) -> bool:
    """Whether a point lies in the rectangle around coordinates."""
    flat, pending = [], [coordinates]
    while pending:
        for item in pending.pop():
            flat.append(item) if _is_number(item[0]) else pending.append(item)
    return all(min(p[n] for p in flat) <= point[n] <= max(p[n] for p in flat) for n in (0, 1))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


class _Lines:
    """The line on which each feature begins, found when a fault asks for it."""

    def __init__(self, document: Document) -> None:
        self._text = document.text
        self._known: list[int] | None = None

    def of(self, number: int) -> int | None:
        """The line of a feature, counted from 0."""
        if self._known is None:
            self._known = list(self._scan())
        return self._known[number] if number < len(self._known) else None

    def _scan(self) -> Iterator[int]:
        opening = re.search(r'"features"\s*:\s*\[', self._text)
        if opening is None:
            return
        decoder, at = json.JSONDecoder(), opening.end()
        line, counted = 1, 0
        while True:
            while at < len(self._text) and self._text[at] in " \t\n,":
                at += 1
            line, counted = line + self._text.count("\n", counted, at), at
            try:
                _, at = decoder.raw_decode(self._text, at)
            except ValueError:
                return
            yield line
