"""Files of counts by commune: posts by family under secrecy, jobs by activity, employer establishments."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from .calibrate import allocate
from .establishment import Establishment
from .recipe import Commune, Recipe, read_rows
from .workbook import Value, write_csv, write_xlsx


def write_counts(recipe: Recipe, kept: list[Establishment], out: Path) -> list[Path]:
    """Write the three files of counts; the communes' counts of the second guide those of the third."""
    posts = _write_posts(recipe, kept, out)
    jobs, places = _jobs(recipe)
    return [posts, _write_jobs(recipe, jobs, out), _write_employers(recipe, kept, places, out)]


def _write_posts(recipe: Recipe, kept: list[Establishment], out: Path) -> Path:
    """Posts by commune and family: cells of few units or dominated are hidden, summed on a residual row."""
    layout: dict[str, Any] = recipe.config["posts"]
    rng = recipe.rng("posts")
    bands = {row["code"]: row for row in recipe.rows("bands.csv")}
    families = {
        row["code"]: row["family"] for row in read_rows(recipe.root / recipe.config["paths"]["families"])
    }
    small = {row["code"] for row in bands.values() if int(row["high"]) <= layout["absent_up_to_posts"]}
    units = [unit for unit in kept if unit.band not in small or rng.random() >= layout["absent_share"]]
    low = [int(bands[unit.band]["low"]) for unit in units]
    high = [int(bands[unit.band]["high"]) for unit in units]
    weights = [(least + most) * (0.6 + 0.8 * rng.random()) for least, most in zip(low, high, strict=True)]
    posts = allocate(layout["total"], weights, low, high, "postes")
    cells: dict[tuple[str, str], list[int]] = defaultdict(list)
    for unit, count in zip(units, posts, strict=True):
        cells[unit.commune, families[unit.legal]].append(count)
    lines: list[list[str | int]] = [[title] for title in layout["titles"]]
    lines.append(layout["header"])
    hidden: dict[str, int] = dict.fromkeys(layout["families"], 0)
    for place in recipe.communes:
        for family, label in layout["families"].items():
            values = cells.get((place.code, family), [])
            if not values:
                continue
            secret = len(values) < layout["min_units"] or max(values) >= layout["max_share"] * sum(values)
            shown = layout["secret_mark"] if secret else sum(values)
            hidden[family] += sum(values) if secret else 0
            lines.append([place.code, place.name, label, len(values), shown])
    code, name = layout["residual"]
    for family, label in layout["families"].items():
        if hidden[family]:
            lines.append([code, name, label, layout["not_counted_mark"], hidden[family]])
    lines.append([layout["footer"]])
    return write_csv(out / layout["file"], lines, layout["encoding"], "\r\n")


def _jobs(recipe: Recipe) -> tuple[dict[tuple[str, str], tuple[int, int]], dict[str, int]]:
    """Establishments and jobs by (commune, activity), and establishments by commune."""
    layout: dict[str, Any] = recipe.config["jobs"]
    rng = recipe.rng("jobs")
    rows = recipe.rows("jobs.csv")
    weights = [float(row["weight"]) for row in rows]
    totals = allocate(layout["total"], weights, [1] * len(rows), [layout["total"]] * len(rows), "emplois")
    cells: dict[tuple[str, str], list[int]] = defaultdict(list)
    by_place: dict[str, int] = defaultdict(int)
    for row, total in zip(rows, totals, strict=True):
        size = int(row["mean_size"])
        count = min(total, max(1, (total + size // 2) // size))
        weights = []
        for _ in range(count):
            draw = rng.random()
            weights.append(0.15 + 3.0 * draw * draw)
        sizes = sorted(allocate(total, weights, [1] * count, [total] * count), reverse=True)
        for place, jobs in zip(_places(recipe, row, count, rng), sizes, strict=True):
            cells[place.code, row["naf"]].append(jobs)
            by_place[place.code] += 1
    return {key: (len(values), sum(values)) for key, values in cells.items()}, dict(by_place)


def _places(recipe: Recipe, row: dict[str, str], count: int, rng: Random) -> list[Commune]:
    """Communes of an activity's establishments, largest first; `commune` in the recipe fixes them all."""
    if row["commune"]:
        return [place for place in recipe.communes if place.code == row["commune"]] * count
    masses = [place.job_weight * recipe.preference(row["place"], place) for place in recipe.communes]
    drawn = rng.choices(recipe.communes, masses, k=count)
    floor = recipe.config["jobs"]["job_weight_floor"]
    ranked = sorted((-(floor + place.job_weight) * rng.random(), place.code, place) for place in drawn)
    return [place for _, _, place in ranked]


def _write_jobs(recipe: Recipe, jobs: dict[tuple[str, str], tuple[int, int]], out: Path) -> Path:
    layout: dict[str, Any] = recipe.config["jobs"]
    names = {place.code: place.name for place in recipe.communes}
    separators = itertools.cycle(" \xa0")
    lines: list[list[str | int]] = [layout["header"]]
    for (code, naf), (establishments, count) in sorted(jobs.items()):
        shown = f"{count:,}".replace(",", next(separators)) if count >= 1000 else str(count)
        lines.append([code, names[code], naf, recipe.naf_labels[naf], establishments, shown])
    return write_csv(out / layout["file"], lines, layout["encoding"], layout["newline"])


def _write_employers(
    recipe: Recipe, kept: Sequence[Establishment], places: dict[str, int], out: Path
) -> Path:
    """Employer establishments by commune: at least those of the two other files, the rest by population."""
    layout: dict[str, Any] = recipe.config["employers"]
    inside: dict[str, int] = defaultdict(int)
    for unit in kept:
        inside[unit.commune] += 1
    low = [max(inside[place.code], places.get(place.code, 0)) for place in recipe.communes]
    weights = [
        places.get(place.code, 0) + layout["per_inhabitant"] * place.population for place in recipe.communes
    ]
    counts = allocate(layout["total"], weights, low, [layout["total"]] * len(low), "employeurs")
    lines: list[list[Value]] = [[title] for title in layout["titles"]]
    lines.append(layout["header"])
    lines += [[place.code, place.name, count] for place, count in zip(recipe.communes, counts, strict=True)]
    lines.append([layout["total_row"][0], layout["total_row"][1], sum(counts)])
    lines.append([layout["footer"]])
    return write_xlsx(out / layout["file"], layout["sheet"], lines, recipe.created, layout["widths"])
