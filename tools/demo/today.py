"""A synthetic edition in the files of today: a stock of establishments and units, long files of posts, wide files of jobs, lists.

Everything specific (layouts, codes, names, activities, sizes) comes from the recipe and from the layouts that it names.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import Any

from ess_observatory.declare.files import read_csv_rows
from ess_observatory.declare.project import Project

from .identifiers import Identifiers, Words, siret
from .today_files import write_files
from .world import Site, Unit, World


def is_today(folder: Path) -> bool:
    """Whether a recipe folder is of this kind."""
    path = folder / "recipe.toml"
    return path.is_file() and tomllib.loads(path.read_text(encoding="utf-8")).get("kind") == "today"


def write_today(root: Path, folder: Path, out: Path, seed: int | None = None) -> list[Path]:
    """Write the raw files of the recipe of `folder` under `out`: same recipe and seed, same bytes. Returns the paths, sorted."""
    recipe = tomllib.loads((folder / "recipe.toml").read_text(encoding="utf-8"))
    layouts = tomllib.loads((folder / recipe["layouts"]).resolve().read_text(encoding="utf-8"))
    recipe["seed"] = recipe["seed"] if seed is None else seed
    project = Project.load(root)
    territory = project.territory(recipe["territory"], near=project.pipelines / "territories")
    nafs = {row["naf"]: row for row in read_csv_rows(project.nomenclatures["naf_rev2"])}
    world = World(recipe, layouts, list(territory.communes), nafs, [], {})
    _people(world)
    _count_others(world)
    return sorted(write_files(world, out))


def _people(world: World) -> None:
    """Draw the units and their establishments, profile by profile."""
    layouts, rng = world.layouts, world.rng("units")
    taken = {commune["name"].casefold() for commune in world.communes}
    words = Words(layouts["starts"], layouts["ends"], taken, world.rng("words"))
    identifiers = Identifiers(layouts["siren_prefix"], set(), world.rng("siren"))
    population = sum(commune["population"] or 0 for commune in world.communes)
    weights = [float(commune["population"] or 0) ** 1.1 for commune in world.communes]
    reference: dt.date = world.recipe["reference_date"]
    for profile in layouts["profiles"]:
        wanted = round(profile["per_1000"] * population / 1000)
        extra = round(wanted * layouts["no_employee_share"]), round(wanted * layouts["closed_share"])
        kinds = ["employer"] * wanted + ["empty"] * extra[0] + ["closed"] * extra[1]
        units: list[Unit] = []
        for kind in kinds:
            choice = rng.randrange(len(profile["naf"]))
            commune = rng.choices(world.communes, weights)[0]
            if units and kind == "employer" and rng.random() < layouts["branch_share"]:
                unit = rng.choice(units[-12:])
            else:
                unit = _unit(profile, choice, identifiers, words, layouts, rng, reference)
                units.append(unit)
            unit.sites.append(_site(unit, kind, profile["sizes"][choice], commune, layouts, rng, reference))
        world.units += units


def _unit(
    profile: dict[str, Any],
    choice: int,
    identifiers: Identifiers,
    words: Words,
    layouts: dict[str, Any],
    rng: Random,
    reference: dt.date,
) -> Unit:
    word = (
        f"{words.next()}"
        if rng.random() < 0.5
        else rng.choice(layouts["starts"]) + rng.choice(layouts["ends"])
    )
    return Unit(
        siren=identifiers.siren(),
        name=rng.choice(profile["names"]).format(word=word).upper(),
        legal=rng.choice(profile["legal"]),
        naf=profile["naf"][choice],
        family=profile["family"],
        is_flagged=rng.random() < profile["flag"],
        is_partial=rng.random() < layouts["partial_share"],
        profile=profile,
        created=_day(rng, reference, 30),
    )


def _site(
    unit: Unit,
    kind: str,
    size: str,
    commune: dict[str, Any],
    layouts: dict[str, Any],
    rng: Random,
    reference: dt.date,
) -> Site:
    bands = list(layouts["bands"])
    band = rng.choices(bands, layouts["sizes"][size])[0]
    low, high = layouts["bands"][band]
    created = max(unit.created, _day(rng, reference, 25)) if unit.sites else unit.created
    closed = None
    if kind == "closed":
        created = min(created, reference - dt.timedelta(days=400))
        unit.created = min(unit.created, created)
        closed = max(created + dt.timedelta(days=200), reference - dt.timedelta(days=rng.randrange(10, 2600)))
    employees = rng.randint(low, high) if kind == "employer" else 0
    number = siret(unit.siren, len(unit.sites) + 1)
    return Site(unit, number, commune, unit.naf, band if employees else "NN", employees, created, closed)


def _day(rng: Random, reference: dt.date, years: int) -> dt.date:
    """A day of the last `years` years before the reference date, recent ones more often."""
    return reference - dt.timedelta(days=1 + int(years * 365 * rng.random() ** 1.1))


def _count_others(world: World) -> None:
    """Sizes of the establishments that no file names, by commune and activity."""
    rng = world.rng("others")
    others: dict[tuple[str, str, bool], list[int]] = defaultdict(list)
    for group in world.layouts["others"]:
        for commune in world.communes:
            wanted = (commune["population"] or 0) * group["per_1000"] / 1000 * (0.35 + 1.2 * rng.random())
            while wanted >= 1:
                choice = rng.choices(range(len(group["naf"])), group["weight"])[0]
                size = max(1, round(rng.expovariate(1 / group["mean_size"][choice])))
                size = min(size, max(1, round(wanted)))
                others[commune["code"], group["naf"][choice], group["is_public"]].append(size)
                wanted -= size
    world.others = dict(others)
