"""The files of a synthetic edition of today: one function a layout, filled from the drawn world."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .today_associations import write_associations
from .today_history import last_change, periods
from .workbook import Value, write_csv, write_xlsx
from .world import Site, Unit, World

#: (area object, area code, activity, field or family) → sizes of the establishments.
Cells = dict[tuple[str, str, str, str], list[int]]


def write_files(world: World, out: Path) -> list[Path]:
    """Write every file of the layouts; returns their paths."""
    return [
        _stock(world, "establishments", [_site_row(world, site) for site in world.sites], out),
        _stock(world, "history", [row for site in world.sites for row in periods(world, site)], out),
        _stock(world, "units", [_unit_row(unit) for unit in world.units], out),
        _posts(world, "all_posts", _all_cells(world), out),
        _posts(world, "ess_posts", _ess_cells(world), out),
        _jobs(world, out),
        _family_series(world, out),
        _employers(world, out),
        *_lists(world, out),
        write_associations(world, out),
    ]


def _stock(world: World, name: str, rows: list[dict[str, Any]], out: Path) -> Path:
    """A file of the register: the columns of the producer, filled where the layout says with what."""
    layout = world.layouts["files"][name]
    lines = [layout["header"]]
    lines += [[_text(row.get(layout["fill"].get(column, ""))) for column in layout["header"]] for row in rows]
    return write_csv(out / layout["file"], lines, "utf-8", "\n", layout["separator"])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _site_row(world: World, site: Site) -> dict[str, Any]:
    rng = world.rng(f"site:{site.siret}")
    unit, masked = site.unit, site.unit.is_partial
    is_old = rng.random() < world.layouts["old_code_share"]
    is_unknown = bool(site.employees) and rng.random() < world.layouts["unknown_band_share"]
    band = site.band if site.employees and not is_unknown else rng.choice(["NN", ""])
    return {
        "siren": unit.siren,
        "nic": site.siret[9:],
        "siret": site.siret,
        "diffusion": "P" if masked else "O",
        "created": site.created,
        "band": band,
        "band_year": world.recipe["posts_year"] - 1 if site.employees and not is_unknown else None,
        "treated": f"{world.recipe['reference_date'] - dt.timedelta(days=rng.randrange(5, 300))}T08:00:00",
        "is_head": site is unit.sites[0],
        "street_number": "[ND]" if masked else rng.randrange(1, 90),
        "street_kind": "[ND]" if masked else "RUE",
        "street": "[ND]" if masked else "DES TILLEULS",
        "postcode": "[ND]" if masked else world.recipe["postcode"],
        "city": site.commune["name"].upper(),
        "commune": site.commune["code"],
        "since": last_change(world, site),
        "state": "F" if site.closed else "A",
        "sign": None,
        "naf": "91.3E" if is_old else site.naf,
        "nomenclature": "NAFRev1" if is_old else "NAFRev2",
        "employer": "O" if site.employees and not site.closed else "N",
    }


def _unit_row(unit: Unit) -> dict[str, Any]:
    closed = all(site.closed for site in unit.sites)
    return {
        "siren": unit.siren,
        "diffusion": "P" if unit.is_partial else "O",
        "created": min(unit.created, *(site.created for site in unit.sites)),
        "state": "C" if closed else "A",
        "name": "[ND]" if unit.is_partial else unit.name,
        "legal": unit.legal,
        "naf": unit.naf,
        "nomenclature": "NAFRev2",
        "nic": unit.sites[0].siret[9:],
        "ess_flag": "O" if unit.is_flagged else "N" if unit.family or unit.legal[0] == "9" else "",
    }


def _all_cells(world: World) -> Cells:
    """All posts by area, activity and field (every employer, private employers)."""
    found: Cells = defaultdict(list)
    area = world.recipe["area"]
    counted: list[tuple[str, str, bool, int]] = [
        (code, naf, is_public, size)
        for (code, naf, is_public), sizes in world.others.items()
        for size in sizes
    ]
    counted += [(s.commune["code"], s.naf, s.unit.legal[0] == "7", s.employees) for s in world.employers()]
    total = world.layouts["codes"]["total"]
    for commune, naf, is_public, size in counted:
        activity = world.nafs[naf]["a38"]
        for name in ("all",) if is_public else ("all", "private"):
            for place in ((world.layouts["codes"]["commune"], commune), (area["object"], area["code"])):
                found[*place, total, name].append(size)
                if name == "all" or place[0] == area["object"]:
                    found[*place, activity, name].append(size)
    return _with_compared_areas(world, found)


def _ess_cells(world: World) -> Cells:
    """ESS posts by area, activity and family; activities for the whole area only."""
    found: Cells = defaultdict(list)
    area, total = world.recipe["area"], world.layouts["codes"]["total"]
    companies = {p["family"] for p in world.layouts["profiles"] if not p["family"] or "esus" in p}
    for site in world.employers():
        if site.unit.family in companies:
            continue
        activity = world.nafs[site.naf]["a38"]
        for family in (total, site.unit.family):
            found[world.layouts["codes"]["commune"], site.commune["code"], total, family].append(
                site.employees
            )
            found[area["object"], area["code"], total, family].append(site.employees)
            found[area["object"], area["code"], activity, family].append(site.employees)
    return _with_compared_areas(world, found)


def _with_compared_areas(world: World, cells: Cells) -> Cells:
    """Larger and neighbouring areas: the cells of the area, enlarged, each activity a little more or less than in proportion."""
    area, codes = world.recipe["area"], world.layouts["codes"]
    own = {key[2:]: sizes for key, sizes in cells.items() if key[:2] == (area["object"], area["code"])}
    for other in world.recipe.get("compared", []):
        place = (other["object"], other["code"])
        for (activity, group), sizes in own.items():
            if activity != codes["total"]:
                tilt = world.rng(f"{place}:{activity}").uniform(0.6, 1.5)
                count = max(3, round(len(sizes) * other["times"] * tilt))
                cells[*place, activity, group] = [sizes[i % len(sizes)] for i in range(count)]
        for group in {group for _, group in own}:
            parts = [
                s
                for (*at, a, g), s in cells.items()
                if (*at,) == place and a != codes["total"] and g == group
            ]
            cells[*place, codes["total"], group] = [size for sizes in parts for size in sizes]
    return cells


def _posts(world: World, name: str, cells: Cells, out: Path) -> Path:
    """A long file: one line an area x activity x field x measure; a cell of few units or dominated keeps no value."""
    layout, codes = world.layouts["files"][name], world.layouts["codes"]
    year = world.recipe["posts_year"]
    fields = layout.get("fields", {})
    lines: list[list[str]] = [layout["header"]]
    for key in sorted(cells):
        sizes, (kind, code, activity, group) = cells[key], key
        is_hidden = len(sizes) < world.layouts["min_units"] or max(sizes) >= world.layouts["max_share"] * sum(
            sizes
        )
        for measure, value, hidden in (
            (codes["establishments"], len(sizes), False),
            (codes["posts"], sum(sizes), is_hidden),
        ):
            middle = [activity, codes["total"], fields[group]] if fields else [activity, group]
            status = codes["hidden"] if hidden else codes["shown"]
            lines.append([code, kind, *middle, measure, status, str(year), "" if hidden else str(value)])
    path: Path = out / layout["file"].format(posts_year=year)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(";".join(f'"{cell}"' for cell in line) + "\n" for line in lines)
    path.write_bytes(text.encode("utf-8"))
    return path


def _jobs(world: World, out: Path) -> Path:
    """A wide file: private jobs by commune and activity, a pair of columns a year; an empty year is not a zero."""
    layout, rng = world.layouts["files"]["jobs"], world.rng("jobs")
    last = world.recipe["jobs_year"]
    years = range(last - layout["years"] + 1, last + 1)
    sizes: dict[tuple[str, str], list[int]] = defaultdict(list)
    for (code, naf, is_public), found in world.others.items():
        if not is_public:
            sizes[code, naf] += found
    for site in world.employers():
        if site.unit.legal[0] != "7":
            sizes[site.commune["code"], site.naf].append(site.employees)
    pairs = [layout[kind].format(year=year) for year in years for kind in ("establishments", "jobs")]
    lines: list[list[str | int]] = [[*layout["header"], *pairs]]
    names = {commune["code"]: commune["name"] for commune in world.communes}
    region, departement = world.recipe["region"], world.recipe["departement"]
    for (code, naf), found in sorted(sizes.items()):
        about = world.nafs[naf]
        if about["section"] in layout["excluded_sections"]:
            continue
        lead = [region["name"], f"{departement['code']} {departement['name']}", f"{code} {names[code]}", names[code],
                f"{about['a88']} {about['section_label'][:24]}", f"{naf.replace('.', '')} {about['label'][:32]}",
                region["code"], departement["code"], code, naf.replace(".", "")]  # fmt: skip
        values: list[str | int] = []
        for year in years:
            is_empty = year < last and rng.random() < 0.05
            factor = layout["yearly_change"] ** (last - year)
            values += ["", ""] if is_empty else [len(found), round(sum(found) * factor)]
        lines.append([*lead, *values])
    return write_csv(out / layout["file"], lines, "utf-8-sig", "\r\n")


def _family_series(world: World, out: Path) -> Path:
    """A long file: private jobs of the region by year, family and activity."""
    layout, codes = world.layouts["files"]["family_series"], world.layouts["codes"]
    region, last = world.recipe["region"], world.recipe["jobs_year"]
    lines: list[list[str | int]] = [layout["header"]]
    for (kind, code, activity, family), sizes in sorted(_ess_cells(world).items()):
        if (
            (kind, code) != ("REG", region["code"])
            or activity == codes["total"]
            or family not in layout["families"]
        ):
            continue
        rng = world.rng(f"family series:{activity}:{family}")
        pay = rng.randrange(*layout["pay_eur"])
        for year in range(last - layout["years"] + 1, last + 1):
            jobs = round(sum(sizes) * (layout["yearly_change"] + rng.uniform(-0.02, 0.02)) ** (last - year))
            lines.append(
                [
                    year,
                    region["name"],
                    region["code"],
                    layout["families"][family],
                    activity,
                    len(sizes),
                    jobs,
                    jobs * pay,
                ]
            )
    return write_csv(
        out / layout["file"], [lines[0], *sorted(lines[1:], key=lambda line: line[0])], "utf-8-sig", "\r\n"
    )


def _employers(world: World, out: Path) -> Path:
    """A wide file of employer establishments by commune, with their five activity groups and two size groups."""
    layout = world.layouts["files"]["employers"]
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for (code, naf, _), sizes in world.others.items():
        found[code] += [(world.nafs[naf]["section"], size) for size in sizes]
    for site in world.employers():
        found[site.commune["code"]].append((world.nafs[site.naf]["section"], site.employees))
    lines: list[list[str | int]] = [layout["header"]]
    for commune in world.communes:
        here = found[commune["code"]]
        groups = [
            sum(low <= section <= high for section, _ in here) for low, high in ("AA", "BE", "FF", "GN", "OU")
        ]
        groups[3] += sum(section >= "R" for section, _ in here)
        groups[4] -= sum(section >= "R" for section, _ in here)
        sizes = [sum(size < 10 for _, size in here), sum(size >= 10 for _, size in here)]
        lines.append([commune["code"], commune["population"] or 0, "8.1", len(here), *groups, *sizes])
    return write_csv(out / layout["file"], lines, "utf-8", "\n")


def _lists(world: World, out: Path) -> Iterable[Path]:
    """The lists that prove or label: companies of the ESS, approvals, work integration."""
    files, rng = world.layouts["files"], world.rng("lists")
    known, approved, insertion = files["ess_list"], files["esus"], files["siae"]
    departement = world.recipe["departement"]
    listed: list[list[str | int]] = [known["header"]]
    approvals: list[list[Value]] = [[title] for title in approved["titles"]]
    approvals.append(list(approved["header"]))
    structures: list[list[str | int]] = [insertion["header"]]
    for unit in world.units:
        open_sites = [site for site in unit.sites if site.closed is None and site.employees]
        if not unit.family or unit.is_partial or not open_sites:
            continue
        if rng.random() < known["share"]:
            listed.append(
                [unit.siren, unit.name, known["families"][unit.family], known["region"], known["departement"]]
            )
        if rng.random() < unit.profile.get("esus", 0.01):
            day = dt.date(rng.choice([2019, 2022, 2024]), rng.randrange(1, 13), rng.randrange(1, 28))
            end = dt.date(day.year + 5, day.month, day.day)
            approvals.append([unit.siren, unit.name, departement["name"], day, end])
        if rng.random() < insertion["share"]:
            site = open_sites[0]
            structures.append([rng.choice(insertion["kinds"]), site.siret, unit.name, site.commune["name"],
                               world.recipe["postcode"], departement["code"]])  # fmt: skip
    created: dt.date = world.recipe["created"]
    stamp = dt.datetime(created.year, created.month, created.day)
    yield write_csv(out / known["file"], listed, "utf-8", "\n", known["separator"])
    yield write_xlsx(out / approved["file"], approved["sheet"], approvals, stamp)
    yield write_csv(out / insertion["file"], structures, "utf-8", "\n")
