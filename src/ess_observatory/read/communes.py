"""Commune codes of every year → the territory's own official geographic code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ess_observatory.declare.commune_homes import DISTRICT, CommuneHomes, Image
from ess_observatory.engine.database import Database
from ess_observatory.engine.sql_text import quote

#: What is noted of a row whose code is not, as it is written, one commune of the territory: kind → (code, sentence).
NOTES = {
    DISTRICT: ("I205", "arrondissement municipal ramené à sa commune"),
    "merger": ("I205", "commune fusionnée depuis, ramenée à sa commune actuelle"),
    "code_change": ("I205", "commune qui a changé de code, ramenée au code du territoire"),
    "split": (
        "I205",
        "commune séparée d’une autre depuis, ramenée à celle qui la contient dans le territoire",
    ),
    "several": ("I209", "code qui couvre plusieurs communes du territoire, laissé à celle qui porte ce code"),
}
UNCLEAR = "unclear"
UNCLEAR_REASON = "commune scindée ou fusionnée : ce code ne désigne pas une seule commune du territoire"
UNCLEAR_FIX = "Demandez le fichier dans la géographie du territoire, ou dites l’année de la sienne (« cog » de la source, dans l’édition)."
#: (code, target, kind, problem).
Projected = tuple[str, str | None, str, str | None]


def projection(
    homes: CommuneHomes, own: frozenset[str], cog: int, year: int, elsewhere: int | None = None
) -> Iterator[Projected]:
    """What the codes of a year are in a territory whose communes (`own`) are those of the year `cog`.

    A code that is, or is part of, one commune goes there. One that covers several communes, all of them in the territory, stays with
    the one that bears the code; where some are in the territory and others are not, or where none bears the code, nothing
    says where the row is: `problem`. Codes that stay as they are have no line. What is wholly outside the territory goes where the list
    of all communes has it, when that list is of another year (`elsewhere`).
    """
    images = _as_told(homes, own, cog, year)
    beyond = homes.images(year, cog if elsewhere is None else elsewhere)
    for code in sorted(images.keys() | beyond.keys()):
        found, kind = images.get(code, (frozenset({code}), ""))
        inside = found & own
        if not inside:
            found, kind = beyond.get(code, (frozenset({code}), ""))
            if found & own:
                continue
        if len(found) == 1:
            (target,) = found
            if target != code:
                yield code, target, kind, None
        elif inside == found and code in found:
            yield code, code, "several", None
        elif inside:
            yield code, None, UNCLEAR, UNCLEAR
    cities: dict[str, set[str]] = {}
    for district, city in sorted(homes.districts.items()):
        cities.setdefault(city, set()).add(district)
        if district not in own:
            yield district, city, DISTRICT, None
    for city, districts in sorted(cities.items()):
        if city not in own and not districts.isdisjoint(own) and city not in homes.codes:
            yield city, None, UNCLEAR, UNCLEAR


def _as_told(homes: CommuneHomes, own: frozenset[str], cog: int, year: int) -> Mapping[str, Image]:
    """The images of codes in a territory that lists communes which do not exist in its year: its own codes stand for themselves."""
    images = homes.images(year, cog)
    strange = [code for code in homes.codes & own if not homes.exists(code, cog)]
    if not strange:
        return images
    held = sorted(
        ((homes.parts(code, cog), code) for code in strange), key=lambda item: (-len(item[0]), item[1])
    )
    own_of = {part: code for parts, code in held for part in parts}
    found = dict(images)
    for code in homes.codes:
        parts = homes.parts(code, year)
        if not own_of.keys().isdisjoint(parts):
            targets = frozenset(own_of.get(part) or homes.homes(cog)[part] for part in parts)
            is_whole = any(parts == homes.parts(target, cog) for target in targets)
            found[code] = (targets, "code_change" if is_whole else "merger")
    return found


def project_communes(
    db: Database, homes: CommuneHomes, cog: int, vintages: Mapping[str, int], elsewhere: int | None = None
) -> None:
    """Write what commune codes are in the territory, whose communes are those of the year `cog`; `vintages`: source → year of its codes;
    `elsewhere`: year of `rules.communes`.

    `rules.commune_projection` (code, target, kind, problem) is for codes of the territory's own year; `rules.source_commune`
    (source, and the same with the note that a row deserves) for those of a source; `rules.commune_code` has every known code.

    Needs `rules.communes` and `rules.territory_commune`.
    """
    import pyarrow as pa

    own = frozenset(code for (code,) in db.rows("select code from rules.territory_commune"))
    years = {source: homes.clamped(year) for source, year in {**vintages, "": cog}.items()}
    found = [
        (year, *line, *NOTES.get(line[2], (None, None)))
        for year in sorted(set(years.values()))
        for line in projection(homes, own, cog, year, elsewhere)
    ]
    names = ("cog", "code", "target", "kind", "problem", "note_code", "note_reason")
    cells = (
        dict(zip(names, map(list, zip(*found, strict=True)), strict=True))
        if found
        else {name: [] for name in names}
    )
    types = {name: pa.int64() if name == "cog" else pa.string() for name in names}
    table = pa.table({name: pa.array(cells[name], types[name]) for name in names})
    db.put("rules.commune_of_year", table)
    db.put(
        "rules.source_cog",
        pa.table({"source": pa.array(years, pa.string()), "cog": pa.array(years.values(), pa.int64())}),
    )
    db.execute(
        "create or replace view rules.source_commune as select s.source, p.code, p.target, p.kind, p.problem, p.note_code, "
        "p.note_reason from rules.source_cog as s inner join rules.commune_of_year as p on p.cog = s.cog"
    )
    db.execute(
        "create or replace table rules.commune_projection as select code, target, kind, problem from rules.source_commune "
        "where source = '' order by code"
    )
    moved = [*sorted(homes.codes | homes.districts.keys() | set(homes.districts.values()))]
    db.put("rules.commune_moved", pa.table({"code": pa.array(moved, pa.string())}))
    db.execute(
        "create or replace table rules.commune_code as select code from rules.communes "
        "union select code from rules.territory_commune union select code from rules.commune_moved order by code"
    )


def communes_of(source: str) -> str:
    """SQL: the lines of `rules.source_commune` for a source; for one that no edition knows, those of the territory's own year."""
    known = f"(select source from rules.source_cog where source = {quote(source)})"
    return f"(select * from rules.source_commune where source = coalesce({known}, ''))"
