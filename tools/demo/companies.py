"""The file of companies: kept establishments with calibrated margins, and what must be left out."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from .calibrate import integer_table, weighted_order
from .establishment import Establishment, Register
from .identifiers import Identifiers, Words, siret
from .recipe import Commune, Recipe, impossible
from .rendering import render_row
from .workbook import write_xlsx


class Makers:
    """Names, addresses, dates and identifiers, drawn from the recipe's parts."""

    def __init__(self, recipe: Recipe) -> None:
        parts = recipe.config["names"]
        rng = recipe.rng("names")
        taken = {name.casefold() for name in recipe.commune_names.values()}
        decided = {row["siret"][:9] for row in recipe.rows("named_decisions.csv")}
        self.rng = rng
        self.words = Words(parts["starts"], parts["ends"], taken, rng)
        self.identifiers = Identifiers(parts["siren_prefix"], decided, rng)
        self._streets, self._kinds = parts["streets"], parts["street_kinds"]
        self._period = recipe.config["register"]["updated_between"]
        self._reference: dt.date = recipe.config["register"]["reference_date"]

    def name(self, template: str) -> str:
        return template.format(word=self.words.next())

    def address(self) -> str:
        number = self.rng.randrange(1, 90)
        return f"{number} {self.rng.choice(self._kinds)} {self.rng.choice(self._streets)}"

    def day(self, first: dt.date, last: dt.date) -> dt.date:
        return first + dt.timedelta(days=self.rng.randrange((last - first).days + 1))

    def born(self) -> dt.date:
        return self.day(dt.date(1955, 1, 1), self._reference - dt.timedelta(days=700))

    def updated(self) -> dt.date:
        return self.day(*self._period)

    @property
    def reference(self) -> dt.date:
        return self._reference


def build_register(recipe: Recipe) -> Register:
    """The whole file: kept units, the others by purpose, exact copies and older versions, shuffled."""
    makers = Makers(recipe)
    kept = list(_kept(recipe, makers))
    others = list(_others(recipe, makers))
    lines = [*kept, *others, *_older(recipe, makers, kept, others)]
    makers.rng.shuffle(lines)
    versions = Counter(unit.siret for unit in lines)
    choice = [i for i, unit in enumerate(lines) if not unit.defect and versions[unit.siret] == 1]
    copies = sorted(makers.rng.sample(choice, recipe.config["register"]["exact_copies"]))
    return Register(kept, lines, copies)


def _kept(recipe: Recipe, makers: Makers) -> Iterator[Establishment]:
    """Kept establishments: activities x bands and activities x communes have exact margins."""
    activities = recipe.rows("activities.csv")
    bands = recipe.rows("bands.csv")
    sizes = [int(row["count"]) for row in activities]
    profiles = {row["profile"]: row for row in recipe.rows("band_profiles.csv")}
    by_band = integer_table(
        [[float(profiles[row["size_profile"]][band["code"]]) for band in bands] for row in activities],
        sizes,
        [int(band["count"]) for band in bands],
        recipe.rng("bands"),
    )
    places = [commune for commune in recipe.communes if commune.establishments]
    by_place = integer_table(
        [
            [recipe.preference(row["place_profile"], place) * place.establishments for place in places]
            for row in activities
        ],
        sizes,
        [place.establishments for place in places],
        recipe.rng("places"),
    )
    decided = [row["siret"] for row in recipe.rows("named_decisions.csv")]
    for row, band_counts, place_counts in zip(activities, by_band, by_place, strict=True):
        largest_first = sorted(zip(bands, band_counts, strict=True), key=lambda pair: -int(pair[0]["low"]))
        codes = [band["code"] for band, count in largest_first for _ in range(count)]
        spots = [place for place, count in zip(places, place_counts, strict=True) for _ in range(count)]
        order = weighted_order(range(len(spots)), [float(spot.population) for spot in spots], makers.rng)
        units = [(code, spots[index]) for code, index in zip(codes, order, strict=True)]
        makers.rng.shuffle(units)
        forced = [decided.pop(0) for _ in units] if row["sector"] == recipe.config["decided_sector"] else []
        yield from _units(row, units, forced, makers)
    if decided:
        raise impossible("named_decisions.csv compte plus de SIRET que le secteur n’a d’établissements")


def _units(
    row: dict[str, str], units: list[tuple[str, Commune]], forced: list[str], makers: Makers
) -> Iterator[Establishment]:
    """Establishments of one activity; `groups` gives the sizes of legal units that have several."""
    groups = [int(size) for size in row["groups"].split()]
    groups += [1] * (len(units) - sum(groups))
    templates = row["templates"].split("|")
    waiting = iter(units)
    for size in groups:
        siren = forced[0][:9] if forced else makers.identifiers.siren()
        name = makers.name(makers.rng.choice(templates))
        first = makers.rng.choice((1, 1, 1, 2, 3))
        for position in range(size):
            band, place = next(waiting)
            number = forced.pop(0) if forced else siret(siren, first + position)
            yield Establishment(
                siret=number,
                name=name,
                sign=f"{name.split()[0]} – {place.name}" if size > 1 else None,
                address=makers.address(),
                postcode=place.postcode,
                city=place.name,
                commune=place.code,
                legal=row["legal_category"],
                naf=row["naf"],
                band=band,
                kind="head" if position == 0 else "branch",
                created=makers.born() if makers.rng.random() < 0.97 else None,
                closed=None,
                state="open",
                updated=makers.updated(),
                flag=None,
                profile=row["profile"],
            )


def _others(recipe: Recipe, makers: Makers) -> Iterator[Establishment]:
    """Lines that the perimeter leaves out, by declared purpose."""
    elsewhere = recipe.config["elsewhere"]
    inside = {place.code: place for place in recipe.communes}
    weights = [place.population for place in recipe.communes]
    closed_from: dt.date = recipe.config["register"]["closed_from"]
    for row in recipe.rows("others.csv"):
        for _ in range(int(row["count"])):
            if row["communes"] == "*":
                place = makers.rng.choices(recipe.communes, weights)[0]
                code, city, postcode = place.code, place.name, place.postcode
            else:
                code = makers.rng.choice(row["communes"].split("|"))
                known = inside.get(code)
                city = known.name if known else recipe.commune_names.get(code, elsewhere["unknown_name"])
                postcode = known.postcode if known else elsewhere["postcodes"][code]
            born = makers.born()
            is_open = row["state"] == recipe.config["register"]["states"]["open"]
            closed = None if is_open else makers.day(max(closed_from, born), makers.reference)
            yield Establishment(
                siret=siret(makers.identifiers.siren(), makers.rng.choice((1, 1, 2))),
                name=makers.name(makers.rng.choice(row["templates"].split("|"))),
                sign=None,
                address=makers.address(),
                postcode=postcode,
                city=city,
                commune=code,
                legal=makers.rng.choice(row["legal_categories"].split("|")),
                naf=makers.rng.choice(row["nafs"].split("|")),
                band=makers.rng.choice(row["bands"].split("|")),
                kind="head",
                created=born,
                closed=closed,
                state="open" if is_open else "closed",
                updated=makers.updated() if is_open else makers.day(closed or born, makers.reference),
                flag=row["flag"] or None,
                defect=row["defect"],
            )


def _older(
    recipe: Recipe, makers: Makers, kept: list[Establishment], others: list[Establishment]
) -> Iterator[Establishment]:
    """Older versions of lines of the file: strictly earlier update, sometimes another band, or still open."""
    plan = recipe.config["register"]["older_versions"]
    known = [row["code"] for row in recipe.rows("bands.csv") if int(row["count"]) and int(row["low"])]
    closed = [unit for unit in others if unit.state == "closed"]
    picked = makers.rng.sample(kept, plan["other_band"] + plan["same_band"])
    for rank, unit in enumerate(picked):
        band = unit.band
        if rank < plan["other_band"]:
            band = makers.rng.choice([code for code in known[:5] if code != unit.band])
        yield replace(unit, band=band, updated=_before(unit, makers, recipe))
    for unit in makers.rng.sample(closed, plan["still_open"]):
        yield replace(unit, state="open", closed=None, updated=_before(unit, makers, recipe))


def _before(unit: Establishment, makers: Makers, recipe: Recipe) -> dt.date:
    first, last = recipe.config["register"]["older_between"]
    return makers.day(first, min(last, unit.updated - dt.timedelta(days=1)))


def write_register(recipe: Recipe, register: Register, out: Path) -> Path:
    """Write the file of companies in the provider's layout, with the noise that the recipe declares."""
    layout = recipe.config["register"]
    rng: Random = recipe.rng("noise")
    bands = {row["code"]: row for row in recipe.rows("bands.csv")}
    rows = [render_row(unit, recipe, bands, rng) for unit in register.lines]
    rows += [rows[index] for index in register.copies]
    rng.shuffle(rows)
    keys = [column["key"] for column in layout["columns"]]
    table = [[line] for line in layout["titles"]]
    table.append([column["label"] for column in layout["columns"]])
    table += [[row[key] for key in keys] for row in rows]
    table.append([layout["footer"]])
    return write_xlsx(out / layout["file"], layout["sheet"], table, recipe.created, layout["widths"])
