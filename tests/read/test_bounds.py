"""Sums with hidden and absent terms: true bounds, never a partial sum as a total; against territories whose truth is known.

The truth is drawn first and hidden afterwards; what is expected is counted from it in plain Python, with none of the code under test.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

import pytest

from ess_observatory.engine.database import Database
from ess_observatory.recipe.examples import fill
from ess_observatory.recipe.perimeter_sql import core_models
from ess_observatory.recipe.steps import make_core

FAMILIES = ("association", "cooperative", "fondation")
SECTORS = ("AZ", "QB")


@dataclass
class World:
    """Communes of the territory and outside of it, their true posts by family, and what a producer shows of them."""

    inside: list[str]
    outside: list[str]
    posts: dict[tuple[str, str], int]
    lines: list[tuple[str, str, str, str, float | None, str]] = field(default_factory=list)
    sectors: dict[tuple[str, str], int] = field(default_factory=dict)
    of_sectors: list[tuple[str, str, float | None, str]] = field(default_factory=list)
    #: what size bands leave of all posts of a commune
    sizes: dict[str, tuple[int, int | None]] = field(default_factory=dict)

    def total(self, code: str) -> int:
        return sum(self.posts[code, family] for family in FAMILIES)

    def truth(self, family: str) -> int:
        if family in SECTORS:
            return sum(self.sectors[code, family] for code in self.inside)
        return sum(self.posts[code, family] if family else self.total(code) for code in self.inside)

    def shown(self, code: str, family: str) -> float | None:
        """What the producer shows of a cell of the ESS in a commune."""
        return next((line[4] for line in self.lines if line[1:4] == (code, "ess", family)), None)

    def least(self, family: str) -> float:
        """The naive sum: of each commune, its total or the families that are shown, whichever says more."""
        if family in SECTORS:
            return sum(amount or 0 for _, sector, amount, _ in self.of_sectors if sector == family)
        if family:
            return sum(self.shown(code, family) or 0 for code in self.inside)
        return sum(
            max(self.shown(code, "") or 0, sum(self.shown(code, name) or 0 for name in FAMILIES))
            for code in self.inside
        )


def draw(rng: random.Random, with_margins: bool) -> World:
    inside = [f"01{i:03}" for i in range(rng.randint(1, 5))]
    outside = [f"02{i:03}" for i in range(rng.randint(0, 3))]
    posts = {(c, f): rng.choice((0, 0, 1, 7, 30, 200)) for c in inside + outside for f in FAMILIES}
    world = World(inside, outside, posts)
    for code, family in product(inside + outside, ("", *FAMILIES)):
        amount = posts[code, family] if family else world.total(code)
        state = rng.choices(("known", "hidden", "absent"), (6, 2, 1))[0]
        if state != "absent":
            world.lines.append(("COM", code, "ess", family, *_cell(amount, state == "known")))
    for code in inside:
        world.sectors[code, "AZ"] = rng.randint(0, world.total(code))
        world.sectors[code, "QB"] = world.total(code) - world.sectors[code, "AZ"]
        for sector in SECTORS:
            state = rng.choices(("known", "hidden", "absent"), (6, 1, 2))[0]
            if state != "absent":
                world.of_sectors.append((code, sector, *_cell(world.sectors[code, sector], state == "known")))
    for code in inside + outside:
        if with_margins and rng.random() < 0.7:
            everyone = world.total(code) + rng.randint(0, 50)
            world.lines.append(("COM", code, "all", "", *_cell(everyone, rng.random() < 0.8)))
            if rng.random() < 0.5:
                most = everyone + rng.randint(0, 5) if rng.random() < 0.7 else None
                world.sizes[code] = (max(0, everyone - rng.randint(0, 20)), most)
    if with_margins:
        for family in ("", *FAMILIES):
            if rng.random() < 0.7:
                whole = sum(posts[c, family] if family else world.total(c) for c in inside + outside)
                world.lines.append(("ARR", "011", "ess", family, *_cell(whole, rng.random() < 0.8)))
    return world


def _cell(amount: float, is_known: bool) -> tuple[float | None, str]:
    return (amount, "") if is_known else (None, "secret")


@pytest.fixture
def db(project) -> Iterator[Database]:
    with Database() as base:
        yield base


def employment(db: Database, project, world: World, which: str = "ess") -> dict[str, dict]:
    """The territory rows of `core.employment` (posts of a field), by family ('' for all) or by sector."""
    lines = [
        f"{o},{code},{f},{family},_T,posts,{'' if v is None else v},{mark}"
        for o, code, f, family, v, mark in world.lines
    ]
    lines += [
        f"COM,{code},ess,,{sector},posts,{'' if v is None else v},{mark}"
        for code, sector, v, mark in world.of_sectors
    ]
    tables = {
        "rules.naf_rev2_levels": ["level,code", *(f"a38,{sector}" for sector in SECTORS)],
        "rules.territory_commune": ["code", *world.inside],
        "rules.territory_area": ["object,code"],
        "rules.communes": [
            "code,region,departement,arrondissement,epci_code",
            *(f"{code},84,01,011,{code[:2]}" for code in world.inside + world.outside),
        ],
        "core.size_bound": [
            "geo_object,area_code,field,low:float,high:float",
            *(
                f"COM,{code},all,{low},{'' if most is None else most}"
                for code, (low, most) in world.sizes.items()
            ),
        ],
        "core.producer_cell": [
            "geo_object,area_code,field,family,activity,measure,amount:float,mark",
            *lines,
        ],
    }
    for name, rows in tables.items():
        fill(db, name, "\n".join(rows))
    models = core_models(project)
    make_core(db, [models["core.employment_margin"], models["core.employment"]])
    found = db.dicts(f"select * from core.employment where area = 'territory' and field = '{which}'")
    return {row["family"] or row["activity"].replace("_T", ""): row for row in found}


@pytest.mark.parametrize("with_margins", [False, True])
def test_a_sum_is_exact_or_bounded_and_never_wrong(db, project, thorough, with_margins):
    rng, seen = random.Random(13 + with_margins), {"exact": 0, "bounded": 0, "ceiling": 0, "tighter": 0}
    for turn in range(200 if thorough else 8):
        world = draw(rng, with_margins)
        for family, row in employment(db, project, world).items():
            where = f"turn {turn}, {family or 'all'}"
            truth, least = world.truth(family), world.least(family)
            if row["posts_mark"] is None:
                assert row["posts"] == truth, where
                assert (row["posts_low"], row["posts_high"]) == (None, None), where
                seen["exact"] += 1
                continue
            low = row["posts_low"] or 0  # where every term is hidden, nothing is said
            assert least <= low <= truth, where
            assert row["posts_high"] is None or truth <= row["posts_high"], where
            if not with_margins:
                assert low == least, where
            seen["bounded"] += 1
            seen["ceiling"] += row["posts_high"] is not None
            seen["tighter"] += low > least
    assert min(seen["exact"], seen["bounded"]) > 3, seen
    assert not with_margins or min(seen["ceiling"], seen["tighter"]) > 0, seen


def test_the_visible_communes_are_a_floor_and_the_margin_of_the_area_a_ceiling(db, project):
    world = World(["01001", "01002"], ["02001"], {})
    world.lines = [
        ("COM", "01001", "ess", "", 3577.0, ""),
        ("COM", "01002", "ess", "", None, "secret"),
        ("COM", "02001", "ess", "", 1861.0, ""),
        ("ARR", "011", "ess", "", 6411.0, ""),
    ]
    row = employment(db, project, world)[""]
    # the area has no other commune: what is left is the hidden one, and the sum is known to whoever subtracts
    assert (row["posts"], row["posts_mark"]) == (4550, None)
    world.outside.append("02002")
    row = employment(db, project, world)[""]
    assert (row["posts_mark"], row["posts_low"], row["posts_high"]) == ("partial", 3577, 4550)


def test_size_bands_are_a_floor_and_a_ceiling_of_a_hidden_commune(db, project):
    world = World(["01001", "01002"], [], {})
    world.lines = [
        ("COM", "01001", "all", "", 100.0, ""),
        ("COM", "01002", "all", "", None, "secret"),
        ("COM", "01001", "ess", "", 30.0, ""),
        ("COM", "01002", "ess", "", None, "secret"),
    ]
    world.sizes = {"01001": (1, 2), "01002": (50, 99)}  # those of a commune that is shown are not looked at
    everyone = employment(db, project, world, "all")[""]
    assert (everyone["posts_mark"], everyone["posts_low"], everyone["posts_high"]) == ("partial", 150, 199)
    # the ESS is within all posts: a ceiling, and no floor
    ess = employment(db, project, world)[""]
    assert (ess["posts_mark"], ess["posts_low"], ess["posts_high"]) == ("partial", 30, 129)


def test_a_contradictory_margin_bounds_nothing(db, project):
    world = World(["01001", "01002"], ["02001"], {})
    world.lines = [
        ("COM", "01001", "ess", "", 100.0, ""),
        ("COM", "01002", "ess", "", None, "secret"),
        ("ARR", "011", "ess", "", 90.0, ""),
    ]
    row = employment(db, project, world)[""]
    assert (row["posts_mark"], row["posts_low"], row["posts_high"]) == ("partial", 100, None)


def test_a_commune_that_the_producer_does_not_name_is_no_zero(db, project):
    world = World(["01001", "01002"], [], {})
    world.lines = [("COM", "01001", "ess", "", 100.0, "")]
    row = employment(db, project, world)[""]
    assert (row["posts_mark"], row["posts_low"], row["posts_high"]) == ("partial", 100, None)
    world.lines.append(("COM", "01002", "ess", "", 0.0, ""))
    row = employment(db, project, world)[""]
    assert (row["posts"], row["posts_mark"]) == (100, None)
