"""Rebuild what the geography was each year: `commune_moves.csv`, `commune_changes.csv`, and the codes of postcodes, EPCI, arrondissements.

for v in 0.7.0 1.1.1 2.3.1 3.1.1 4.1.0 5.3.0 6.0.0; do npm pack @etalab/decoupage-administratif@$v; done
python tools/build_commune_moves.py FOLDER_OF_THE_PACKAGES

Every fact comes from these packages (data under Licence Ouverte). 0.7.0 has the history of the communes since 1943, to the day,
which gives each 1st of January from 2011 to 2019; the others give the communes of one year. None has those of 2020: what changed
between 2019 and 2021 is taken as changed in 2020.
"""

from __future__ import annotations

import csv
import json
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from build_nomenclatures import arrondissement_name, squeeze

#: Year of the official geographic code → version of the package that has it.
PACKAGES = {
    2019: "0.7.0",
    2021: "1.1.1",
    2022: "2.3.1",
    2023: "3.1.1",
    2024: "4.1.0",
    2025: "5.3.0",
    2026: "6.0.0",
}
NOMENCLATURES = Path(__file__).resolve().parents[1] / "pipelines" / "rules" / "nomenclatures"
FIRST, REFERENCE = 2011, 2021
_ATTRIBUTES = ("name", "departement", "region", "arrondissement", "epci_code")
#: Year → part (a code of commune, as it was before any merger) → code of the commune that holds it.
Homes = dict[int, dict[str, str]]


def read(folder: Path, year: int, name: str) -> list[dict[str, Any]]:
    """One file of the package of a year."""
    archive = folder / f"etalab-decoupage-administratif-{PACKAGES[year]}.tgz"
    with tarfile.open(archive) as package:
        member = package.extractfile(f"package/data/{name}.json")
        assert member is not None
        found: list[dict[str, Any]] = json.load(member)
        return found


def of_type(items: Iterable[dict[str, Any]], *types: str) -> Iterator[dict[str, Any]]:
    """The items of these types."""
    return (item for item in items if item["type"] in types)


# ------------------------------------------------------------------ where each part is, each year


def homes_of_history(history: Sequence[dict[str, Any]], years: Iterable[int]) -> Homes:
    """Where each code of the history is on each 1st of January: itself, or the commune that it is merged or associated in."""
    entities = {entity["id"]: entity for entity in history}
    by_code: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entity in history:
        by_code[entity["code"]].append(entity)

    def home(name: str | None, day: str) -> str | None:
        for _ in range(30):
            entity = entities.get(name or "")
            if entity is None:
                return None
            if entity.get("dateFin", "9999") <= day:
                name = entity.get("successeur")
            elif entity["type"] == "COM":
                return str(entity["code"])
            else:
                name = entity.get("pole")
        return None

    found: Homes = {}
    for year in years:
        day = f"{year}-01-01"
        found[year] = {}
        for code, known in by_code.items():
            alive = [e for e in known if e.get("dateDebut", "") <= day < e.get("dateFin", "9999")]
            ranked = sorted(alive, key=lambda e: ("COM", "COMD", "COMA", "COMP").index(e["type"]))
            last = ranked[0] if ranked else max(known, key=lambda e: e.get("dateFin", "9999"))
            if target := home(last["id"], day):
                found[year][code] = target
    return found


def homes_of_package(items: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The same from the communes of a year: themselves, their former codes, and the delegated or associated ones, which say better."""
    homes = {
        old: item["code"]
        for item in of_type(items, "commune-actuelle")
        for old in item.get("anciensCodes", [])
    }
    homes |= {
        item["code"]: item["chefLieu"] for item in of_type(items, "commune-deleguee", "commune-associee")
    }
    return homes | {item["code"]: item["code"] for item in of_type(items, "commune-actuelle")}


def homes_of_years(folder: Path) -> Homes:
    """Where each part is, each year from the first; one that has been no commune since then goes where its commune goes."""
    packages = {year: homes_of_package(read(folder, year, "communes")) for year in PACKAGES if year > 2019}
    postcodes = {c for item in read(folder, REFERENCE, "communes") for c in item.get("codesPostaux", [])}
    past = homes_of_history(read(folder, 2019, "historique-communes"), range(FIRST, 2020))
    found: Homes = {**past, 2020: packages[REFERENCE], **packages}
    alive = {code for homes in found.values() for code in homes.values()}
    parts = alive | packages[REFERENCE].keys()
    homes: Homes = {year: {} for year in found}
    for part in parts:
        before = ""
        for year in sorted(found):
            known = found[year]
            if part in alive or year < 2020:
                at = known.get(part, "")
            else:
                at = known.get(before, "") if before else packages[REFERENCE].get(part, "")
            homes[year][part] = before = at
        first = next(homes[year][part] for year in sorted(homes) if homes[year][part])
        for year in homes:  # overseas, and some old codes, that the history does not tell
            homes[year][part] = homes[year][part] or first
        # Codes of the former départements of the Seine, which are today the postcodes of Paris.
        if part not in alive and part in postcodes and part[:2] != first[:2]:
            for year in homes:
                del homes[year][part]
    return homes


def moves(homes: Homes) -> Iterator[tuple[str, str, str, str, str]]:
    """code, target, kind, since, until: the years in which a code is held by another one; no bound: always, or still."""
    years = sorted(homes)
    held: dict[int, dict[str, set[str]]] = {year: defaultdict(set) for year in years}
    for year in years:
        for part, code in homes[year].items():
            held[year][code].add(part)
    for part in sorted(homes[years[0]]):
        spans: list[list[Any]] = []
        for year in years:
            code = homes[year][part]
            if spans and spans[-1][0] == code:
                spans[-1][2] = year
            else:
                spans.append([code, year, year])
        for code, since, until in spans:
            if code == part:
                continue
            before = homes[since - 1][part] if since > years[0] else part
            same = since > years[0] and held[since - 1][before] == held[since][code]
            yield (
                part,
                code,
                "code_change" if same else "merger",
                "" if since == years[0] else str(since),
                "" if until == years[-1] else str(until),
            )


# ------------------------------------------------------------------ what the communes were like, each year


def communes(folder: Path, year: int, regions: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Code → attributes of the communes and municipal districts of a year."""
    epci_of = {
        member["code"]: epci["code"] for epci in read(folder, year, "epci") for member in epci["membres"]
    }
    return {
        item["code"]: (
            squeeze(item["nom"]),
            (item.get("collectiviteOutremer") or {}).get("code") or item.get("departement") or "",
            region if (region := item.get("region") or "") in regions else "",
            item.get("arrondissement") or "",
            epci_of.get(item.get("commune", item["code"]), ""),
        )
        for item in of_type(read(folder, year, "communes"), "commune-actuelle", "arrondissement-municipal")
    }


def changes(by_year: dict[int, dict[str, tuple[str, ...]]]) -> Iterator[tuple[str, ...]]:
    """code, since, until, attributes: the years in which a commune is not what it is in the year of reference."""
    reference = by_year[REFERENCE]
    for code in sorted({code for known in by_year.values() for code in known}):
        spans: list[tuple[list[int], tuple[str, ...]]] = []
        for year in sorted(by_year):
            said = by_year[year].get(code)
            if said is None or said == reference.get(code):
                continue
            if spans and spans[-1][1] == said and _next(spans[-1][0][-1]) == year:
                spans[-1][0].append(year)
            else:
                spans.append(([year], said))
        for years, said in spans:
            yield (code, str(years[0]), str(years[-1]), *said)


def _next(year: int) -> int:
    return next((later for later in sorted(PACKAGES) if later > year), 0)


# ------------------------------------------------------------------ files


def write(name: str, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """A sorted CSV of the nomenclatures."""
    kept = sorted(rows)
    with (NOMENCLATURES / name).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(kept)
    print(f"{name}: {len(kept)} rows")


def main(folder: Path) -> None:
    """Compare the years."""
    last = max(PACKAGES)
    districts = (
        (item["code"], item["commune"], "arrondissement", "", "")
        for item in of_type(read(folder, last, "communes"), "arrondissement-municipal")
    )
    homes = homes_of_years(folder)
    write("commune_moves.csv", ("code", "target", "kind", "since", "until"), [*moves(homes), *districts])
    regions = frozenset(item["code"] for item in read(folder, REFERENCE, "regions"))
    by_year = {year: communes(folder, year, regions) for year in PACKAGES}
    write("commune_changes.csv", ("code", "since", "until", *_ATTRIBUTES), changes(by_year))
    ends = (read(folder, REFERENCE, "communes"), read(folder, last, "communes"))
    codes = {code for items in ends for item in items for code in item.get("codesPostaux", [])}
    write("postcodes.csv", ("code",), [(code,) for code in codes])
    names: dict[str, dict[str, tuple[str, ...]]] = {"epci": {}, "arrondissements": {}}
    for year in sorted(
        PACKAGES, key=lambda year: (year == REFERENCE, year)
    ):  # the names of the year of reference win
        names["epci"] |= {e["code"]: (squeeze(e["nom"]), e["type"]) for e in read(folder, year, "epci")}
        names["arrondissements"] |= {
            a["code"]: (arrondissement_name(a["nom"], a["typeLiaison"]),)
            for a in read(folder, year, "arrondissements")
        }
    for name, header in (("epci", ("code", "name", "type")), ("arrondissements", ("code", "name"))):
        write(f"{name}.csv", header, [(code, *said) for code, said in names[name].items()])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
