"""The register of associations of a synthetic edition of today: the employers that it knows, among many without employees."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from random import Random
from typing import Any

from .workbook import write_csv
from .world import World


def write_associations(world: World, out: Path) -> Path:
    """Write the register; returns its path."""
    layout = world.layouts["files"]["associations"]
    rows = [*_employers(world, layout), *_others(world, layout)]
    rows.sort(key=lambda row: (row["created"], row["title"]))
    lines: list[list[str | int]] = [layout["header"]]
    for number, row in enumerate(rows, 1):
        row["rna"] = f"{layout['prefix']}{number:07d}"
        lines.append([row.get(layout["fill"].get(column, ""), "") for column in layout["header"]])
    name = layout["file"].format(departement=world.recipe["departement"]["code"])
    return write_csv(out / name, lines, "utf-8", "\n")


def _employers(world: World, layout: dict[str, Any]) -> list[dict[str, Any]]:
    """The associations of the register of companies, some of them with their number."""
    rng = world.rng("associations:employers")
    found = []
    for unit in world.units:
        if unit.family != "association" or unit.is_partial:
            continue
        row = _row(world, layout, rng, unit.created, unit.name, unit.sites[0].commune)
        if rng.random() < layout["known_share"]:
            row["siret"] = unit.sites[0].siret
        found.append(row)
    return found


def _others(world: World, layout: dict[str, Any]) -> list[dict[str, Any]]:
    """Associations without employees, by commune; some have ended, a few of them on a day that nobody wrote."""
    rng = world.rng("associations:others")
    reference: dt.date = world.recipe["reference_date"]
    words = [start + end for start in world.layouts["starts"] for end in world.layouts["ends"]]
    found = []
    for commune in world.communes:
        for _ in range(round((commune["population"] or 0) * layout["per_1000"] / 1000)):
            created = reference - dt.timedelta(days=1 + int(layout["years"] * 365 * rng.random()))
            row = _row(world, layout, rng, created, f"ASSOCIATION {rng.choice(words).upper()}", commune)
            draw = rng.random()
            if draw < layout["dissolved_share"] + layout["undated_share"]:
                row["position"] = rng.choice("DS")
            if draw < layout["dissolved_share"]:
                row["dissolved"] = created + dt.timedelta(
                    days=rng.randrange(1, (reference - created).days + 1)
                )
            found.append(row)
    return found


def _row(
    world: World, layout: dict[str, Any], rng: Random, created: dt.date, title: str, commune: dict[str, Any]
) -> dict[str, Any]:
    return {
        "created": created,
        "published": created + dt.timedelta(days=rng.randrange(5, 40)),
        "dissolved": layout["no_date"],
        "nature": "D",
        "grouping": "S",
        "title": title,
        "commune": commune["code"],
        "postcode": world.recipe["postcode"],
        "city": commune["name"],
        "position": "A",
    }
