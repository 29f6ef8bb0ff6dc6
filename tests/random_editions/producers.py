"""What producers count: posts and employers, with cells hidden, left out, at zero; the totals that they give, or do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from random import Random

from random_editions.files import write_csv
from random_editions.firms import ACTIVITIES, Unit
from random_editions.places import Place

#: Activity of the register → its A38 group, for the few activities that are drawn.
A38 = {"88.10A": "QB", "88.99B": "QB", "94.99Z": "SZ", "85.59A": "PZ", "90.01Z": "RZ", "93.12Z": "RZ", "87.10A": "QB",
       "65.12Z": "KZ", "64.19Z": "KZ", "47.11B": "GZ", "01.13Z": "AZ", "94.91Z": "SZ", "94.20Z": "SZ", "94.12Z": "SZ"}  # fmt: skip
FAMILIES = {
    "association": "Associations",
    "cooperative": "Coopératives",
    "mutuelle": "Mutuelles",
    "fondation": "Fondations",
}
#: (commune, family or "", activity, is public) → sizes of establishments.
Sizes = dict[tuple[str, str, str, bool], list[int]]


def draw_sizes(rng: Random, place: Place, units: list[Unit]) -> Sizes:
    """Every employer of the territory and of what is around: those of the register, and as many others as it does not know."""
    sizes: Sizes = defaultdict(list)
    for site in (site for unit in units for site in unit.sites):
        if site.employees != 0 and site.closed is None:
            sizes[site.commune["code"], site.unit.family or "", site.naf, site.unit.legal[0] == "7"].append(
                site.employees or 4
            )
    for commune in (*place.communes, *place.around):
        for _ in range(rng.choice([0, 1, 3, 8])):
            sizes[commune["code"], "", rng.choice(ACTIVITIES), rng.random() < 0.2].append(
                rng.choice([1, 2, 5, 12, 60])
            )
    return sizes


def is_secret(rng: Random, found: list[int], share: float) -> bool:
    """Whether a producer hides this cell: few or dominated, and at random besides."""
    few = len(found) < 3 or max(found) >= 0.85 * sum(found)
    return bool(found) and rng.random() < (share if few else share / 6)


#: A writer of one file: (rng, folder, place, sizes, year, how often a cell is hidden, how often a line is left out) → is it written.
Writer = Callable[[Random, Path, Place, Sizes, int, float, float], bool]


def write_producers(
    rng: Random, out: Path, truth: Path, place: Place, sizes: Sizes, year: int, is_old: bool
) -> set[str]:
    """The files of the producers, and beside them, under `truth`, the same with nothing hidden nor left out. Returns the sources."""
    hidden, absent = rng.choice([0, 0, 0.4, 1]), rng.choice([0, 0, 0.15])
    written = set()
    for source, (chance, write) in (OLD if is_old else NEW).items():
        if rng.random() < chance:
            again = Random()
            again.setstate(rng.getstate())
            if write(rng, out, place, sizes, year, hidden, absent):
                write(again, truth, place, sizes, year, 0, 0)
                written.add(source)
    return written


def _write_clap_wide(
    rng: Random, out: Path, place: Place, sizes: Sizes, year: int, hidden: float, absent: float
) -> bool:
    rows = []
    for code in (row["code"] for row in (*place.communes, *place.around)):
        posts = sum(sum(found) for key, found in sizes.items() if key[0] == code)
        if rng.random() >= absent:
            secret = rng.random() < hidden / 4
            rows.append([code, "x", place.departement, place.region, "s" if secret else posts])
    if rows and sizes:
        above = ["CLAP - tableaux", f"Postes salariés au 31/12/{year}", "Champ : tous secteurs"]
        header = ("CODGEO", "LIBGEO", "DEP", "REG", "EFF_TOT")
        write_csv(out / "clap" / "TD_CLAP.csv", header, rows, above=above)
    return bool(rows and sizes)


def _write_unistatis(
    rng: Random, out: Path, place: Place, sizes: Sizes, year: int, hidden: float, absent: float
) -> bool:
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for (code, _, naf, is_public), counted in sorted(sizes.items()):
        if not is_public and naf[:2] != "01":
            found[code, naf] += counted
    rows = [
        [code, "x", naf, len(here), "s" if is_secret(rng, here, hidden) else sum(here)]
        for (code, naf), here in found.items()
    ]
    header = (
        "Code commune",
        "Commune",
        "Code NAF",
        "Nombre d'établissements",
        f"Effectifs salariés au 31/12/{year}",
    )
    if rows:
        write_csv(out / "unistatis" / f"unistatis_{year}.csv", header, rows)
    return bool(rows)


def _write_employers(
    rng: Random, out: Path, place: Place, sizes: Sizes, year: int, hidden: float, absent: float
) -> bool:
    codes = [row["code"] for row in (*place.communes, *place.around)]
    rows = []
    for code in codes:
        if code == codes[0] or rng.random() >= absent:
            secret = rng.random() < hidden / 5
            rows.append(
                [code, "x", "s" if secret else sum(len(f) for key, f in sizes.items() if key[0] == code)]
            )
    header = ("Code géographique", "Libellé géographique", f"Établissements employeurs au 31/12/{year}")
    write_csv(out / "insee" / f"etablissements_employeurs_{year}.csv", header, rows)
    return True


def _write_clap(
    rng: Random, out: Path, place: Place, sizes: Sizes, year: int, hidden: float, absent: float
) -> bool:
    """A line a commune and family; what is hidden is in a line for all of them, unless the producer forgot it."""
    by_cell: dict[tuple[str, str], list[int]] = defaultdict(list)
    for (code, family, _, _), found in sizes.items():
        if family:
            by_cell[code, family] += found
    rows, held = [], defaultdict(int)
    with_zeros, around = rng.random() < 0.4, rng.random() < 0.4
    for commune in (*place.communes, *(place.around if around else ())):
        for family, label in FAMILIES.items():
            found = by_cell.get((commune["code"], family), [])
            if not found and not with_zeros:
                continue
            if is_secret(rng, found, hidden):
                rows.append([commune["code"], commune["name"], label, len(found), "s"])
                held[family] += sum(found)
            else:
                rows.append([commune["code"], commune["name"], label, len(found), sum(found)])
    if held and rng.random() < 0.6:
        for family, posts in held.items():
            rows.append(
                [
                    f"{place.departement[:2]}ZZZ",
                    "Communes sous secret statistique (cumul)",
                    FAMILIES[family],
                    "///",
                    posts,
                ]
            )
    rows = rows or [[place.communes[0]["code"], place.communes[0]["name"], "Associations", 0, 0]]
    above = [
        "Connaissance locale de l’appareil productif (CLAP)",
        f"Établissements et postes au 31/12/{year}",
    ]
    write_csv(
        out / "clap" / f"clap_ess_{year}.csv",
        ("CODGEO", "LIBGEO", "FAMILLE", "ETABLISSEMENTS", "POSTES"),
        rows,
        above=above,
    )
    return True


def _write_urssaf(
    rng: Random, out: Path, place: Place, sizes: Sizes, year: int, hidden: float, absent: float
) -> bool:
    years, found = (year - 1, year), defaultdict(list)
    for (code, _, naf, is_public), counted in sizes.items():
        if not is_public and naf[:2] != "01":
            found[code, naf.replace(".", "")] += counted
    rows = []
    for (code, naf), counted in sorted(found.items()):
        last = ["", ""] if rng.random() < 0.05 else [len(counted), sum(counted)]
        rows.append([code, "x", naf, len(counted), sum(counted) + 1, *last])
    pairs = [f"{kind} {y}" for y in years for kind in ("Nombre d’établissements", "Effectifs salariés")]
    if rows:
        header = ("Code commune", "Intitulé commune", "Code APE", *pairs)
        write_csv(out / "urssaf" / "commune-x-ape.csv", header, rows)
    return bool(rows)


def _write_comparateur(
    rng: Random, out: Path, place: Place, sizes: Sizes, year: int, hidden: float, absent: float
) -> bool:
    rows = []
    for commune in (*place.communes, *place.around):
        here = [n for key, counted in sizes.items() if key[0] == commune["code"] for n in counted]
        if commune is place.communes[0] or rng.random() >= absent:
            secret = rng.random() < hidden / 5
            small = sum(size < 10 for size in here)
            cells = ["s"] * 3 if secret else [len(here), small, len(here) - small]
            rows.append([commune["code"], commune["population"] or 0, "8.1", *cells])
    names = (f"{name}{year % 100:02d}" for name in ("ETTOT", "ETTEF1", "ETTEFP10"))
    header = ("CODGEO", "P22_POP", "SUPERF", *names)
    write_csv(out / "insee" / "base_cc_comparateur.csv", header, rows)
    return True


def _write_urssaf_ess(
    rng: Random, out: Path, place: Place, sizes: Sizes, year: int, hidden: float, absent: float
) -> bool:
    rows = [
        [y, "Ici", place.region, label, naf, rng.randrange(5, 90), rng.randrange(50, 9000), rng.randrange(10**6, 10**8)]
        for y in range(year - 4, year + 1) for label in FAMILIES.values() for naf in ("QB", "SZ") if rng.random() > 0.02
    ]  # fmt: skip
    header = ("Année", "Région", "Code région", "Famille ESS", "Secteur NA38i", "Nombre d'établissements",
              "Effectifs salariés", "Masse salariale")  # fmt: skip
    write_csv(out / "urssaf" / "effectifs-par-famille.csv", header, rows)
    return True


Rows = list[list[object]]


def _cells(
    rng: Random, kind: str, code: str, middle: list[str], found: list[int], year: int, hidden: float
) -> Rows:
    secret = is_secret(rng, found, hidden)
    return [
        [code, kind, *middle, "LOC_UNIT", "A", year, len(found)],
        [code, kind, *middle, "EMPL3112", "K" if secret else "A", year, "" if secret else sum(found)],
    ]


def _areas(rng: Random, place: Place) -> list[tuple[str, str, set[str]]]:
    """Communes, and the territory itself when it is an official area and the producer gives it."""
    areas = [("COM", row["code"], {row["code"]}) for row in (*place.communes, *place.around)]
    if place.official and rng.random() < 0.5:
        areas.append((*place.official, {row["code"] for row in place.communes}))
    return areas


def _write_flores_ess(
    rng: Random, out: Path, place: Place, sizes: Sizes, year: int, hidden: float, absent: float
) -> bool:
    rows: Rows = []
    zeros = rng.random() < 0.4
    by_activity = rng.random() < 0.5
    for kind, code, inside in _areas(rng, place):
        if kind == "COM" and code != place.communes[0]["code"] and rng.random() < absent:
            continue
        here = {key: found for key, found in sizes.items() if key[0] in inside and key[1]}
        for family in ("", *FAMILIES):
            found = [n for key, counted in here.items() if family in ("", key[1]) for n in counted]
            if found or zeros or not family:
                rows += _cells(rng, kind, code, ["_T", family or "_T"], found, year, hidden)
        if kind != "COM" and by_activity:
            for activity in sorted({A38[key[2]] for key in here}):
                found = [n for key, counted in here.items() if A38[key[2]] == activity for n in counted]
                rows += _cells(rng, kind, code, [activity, "_T"], found, year, hidden)
    header = (
        "GEO",
        "GEO_OBJECT",
        "ACTIVITY",
        "ESS_FAMILY",
        "FLORES_MEASURE",
        "OBS_STATUS",
        "TIME_PERIOD",
        "OBS_VALUE",
    )
    write_csv(out / "flores" / f"DS_FLORES_ESS_A38_{year}_data.csv", header, rows)
    return True


def _write_flores(
    rng: Random, out: Path, place: Place, sizes: Sizes, year: int, hidden: float, absent: float
) -> bool:
    rows: Rows = []
    by_activity = rng.random() < 0.5
    for kind, code, inside in _areas(rng, place):
        if kind == "COM" and code != place.communes[0]["code"] and rng.random() < absent:
            continue
        here = {key: found for key, found in sizes.items() if key[0] in inside}
        for field in ("_T", "1T9X7"):
            kept = {key: found for key, found in here.items() if field == "_T" or not key[3]}
            found = [n for counted in kept.values() for n in counted]
            rows += _cells(rng, kind, code, ["_T", "_T", field], found, year, hidden)
        if kind != "COM" and by_activity:
            for activity in sorted({A38[key[2]] for key in here}):
                found = [n for key, counted in here.items() if A38[key[2]] == activity for n in counted]
                rows += _cells(rng, kind, code, [activity, "_T", "_T"], found, year, hidden)
    header = ("GEO", "GEO_OBJECT", "ACTIVITY", "NUMBER_EMPL", "LEGAL_FORM_WITH_PUBLIC", "FLORES_MEASURE",
              "OBS_STATUS", "TIME_PERIOD", "OBS_VALUE")  # fmt: skip
    write_csv(out / "flores" / f"DS_FLORES_A38_{year}_data.csv", header, rows)
    return True


#: Source → how often an edition has it, and what writes it.
OLD: dict[str, tuple[float, Writer]] = {
    "clap": (0.85, _write_clap),
    "clap_wide": (0.5, _write_clap_wide),
    "unistatis": (0.85, _write_unistatis),
    "insee_employers": (0.85, _write_employers),
}
NEW: dict[str, tuple[float, Writer]] = {
    "flores_ess": (0.85, _write_flores_ess),
    "flores": (0.8, _write_flores),
    "urssaf": (0.8, _write_urssaf),
    "comparateur": (0.85, _write_comparateur),
    "urssaf_ess": (0.5, _write_urssaf_ess),
}
