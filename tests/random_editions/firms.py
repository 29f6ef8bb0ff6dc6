"""Who: legal units and their establishments, drawn so that each rule of the perimeter has something to decide."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from random import Random

from random_editions.places import Place

#: Legal category → how often it is drawn, and the family of the ESS that it is meant for (None: not the ESS).
LEGAL = {
    "9220": (14, "association"),
    "9260": (3, "association"),
    "9210": (1, "association"),
    "5458": (3, "cooperative"),
    "6317": (2, "cooperative"),
    "8210": (2, "mutuelle"),
    "9300": (1, "fondation"),
    "5710": (4, None),
    "5499": (3, None),
    "1000": (1, None),
    "7210": (1, None),
}
#: Activities, with two that the perimeter leaves out and one to verify; the last is of an old nomenclature.
ACTIVITIES = (
    "88.10A", "88.99B", "94.99Z", "85.59A", "90.01Z", "93.12Z", "87.10A", "65.12Z", "64.19Z", "47.11B",
    "01.13Z", "94.91Z", "94.20Z", "94.12Z",
)  # fmt: skip
OLD_ACTIVITY = "91.3E"
BANDS = {
    "00": (0, 0), "01": (1, 2), "02": (3, 5), "03": (6, 9), "11": (10, 19), "12": (20, 49), "21": (50, 99),
    "22": (100, 199), "31": (200, 249), "32": (250, 499),
}  # fmt: skip
WORDS = (
    "LUNE",
    "RIVE",
    "ORME",
    "AUBE",
    "SOURCE",
    "HALTE",
    "PASSE",
    "FORGE",
    "VOILE",
    "CLAIR",
    "MOULIN",
    "ROCHE",
)


@dataclass
class Unit:
    """A legal unit."""

    siren: str
    name: str
    legal: str
    family: str | None
    naf: str
    ess_flag: str
    is_partial: bool = False
    sites: list[Site] = field(default_factory=list)


@dataclass
class Site:
    """An establishment; `employees` None: the register does not know how many, but some."""

    unit: Unit
    siret: str
    commune: dict[str, str]
    naf: str
    employees: int | None
    created: dt.date
    closed: dt.date | None
    is_followed_outside: bool = False

    @property
    def band(self) -> str:
        """Its size band, `NC` when unknown."""
        if self.employees is None:
            return "NC"
        return next(code for code, (low, high) in BANDS.items() if low <= self.employees <= high)


def luhn(digits: str) -> str:
    """The digits and the one that makes them a right SIREN or SIRET."""
    total = 0
    for rank, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if rank % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def draw_units(rng: Random, place: Place, reference: dt.date, is_old: bool) -> list[Unit]:
    """The legal units of a territory and of what is around; none of the ESS where the kind is `empty`."""
    communes = list(place.communes)
    rng.shuffle(communes)
    lived = communes[: max(1, round(len(communes) * rng.uniform(0.4, 1)))]
    weights = [rng.choice([1, 1, 2, 6]) for _ in lived]
    kinds = [code for code, (_, family) in LEGAL.items() if place.kind != "empty" or family is None]
    units: list[Unit] = []
    for rank in range(rng.choice([6, 14, 30, 45])):
        legal = rng.choices(kinds, [LEGAL[code][0] for code in kinds])[0]
        family, siren = LEGAL[legal][1], luhn(f"99{rng.randrange(10**6):06d}")
        if any(unit.siren == siren for unit in units):
            continue
        flag = rng.choice(["O", "O", "N", ""]) if family else rng.choice(["", "", "", "O", "N"])
        first = "SCOP " if legal in ("5710", "5499") and rng.random() < 0.2 else ""
        name = f"{first}{rng.choice(WORDS)} {rng.choice(WORDS)} {rank}"
        if place.kind == "empty":
            flag, name = "", name.removeprefix("SCOP ")
        unit = Unit(siren, name, legal, family, rng.choice(ACTIVITIES), flag, rng.random() < 0.05)
        for number in range(rng.choice([1, 1, 1, 2, 3])):
            unit.sites.append(_site(rng, unit, number, rng.choices(lived, weights)[0], place, reference))
        units.append(unit)
    if not is_old:
        for unit in rng.sample(units, min(2, len(units))):
            unit.naf = OLD_ACTIVITY
    return units


def _site(
    rng: Random, unit: Unit, number: int, commune: dict[str, str], place: Place, reference: dt.date
) -> Site:
    if place.around and rng.random() < 0.06:
        commune = rng.choice(place.around)
    created = reference - dt.timedelta(days=rng.randrange(30, 9000))
    closed = None
    if rng.random() < 0.12:
        closed = created + dt.timedelta(days=rng.randrange(10, max(11, (reference - created).days - 20)))
    elif rng.random() < 0.03:
        created = reference + dt.timedelta(days=rng.randrange(1, 20))
    low, high = BANDS[rng.choices(list(BANDS), [12, 30, 20, 12, 10, 8, 3, 2, 1, 1])[0]]
    employees = None if rng.random() < 0.06 else rng.randint(low, high)
    naf = unit.naf if unit.naf != OLD_ACTIVITY and rng.random() < 0.7 else rng.choice(ACTIVITIES)
    return Site(
        unit,
        luhn(f"{unit.siren}{number + 1:04d}"),
        commune,
        naf,
        employees,
        created,
        closed,
        rng.random() < 0.02,
    )
