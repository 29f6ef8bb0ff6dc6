"""Known tables of the field: protected at least as well, with no more cells hidden than the published solution.

Inputs and outcomes: Insee's rtauargus vignettes (Tau-Argus), sdcTable, Statistics Norway's GaussSuppression. Tolerance: our
pattern may be another of the same size; T4 and T5 allow the sizes stated beside them.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from ess_observatory.secrecy.attack import Equation, Known, bounds
from ess_observatory.secrecy.proof import Protection, Witness, verify
from ess_observatory.secrecy.suppress import suppress
from secrecy_tables import Table, crossed, read_method_table


def test_t1_small_table_of_the_rtauargus_vignette() -> None:
    table = crossed(
        {
            ("01", "tr1"): 100,
            ("01", "tr2"): 50,
            ("02", "tr1"): 30,
            ("02", "tr2"): 20,
            ("06", "tr1"): 60,
            ("06", "tr2"): 40,
        }
    )
    primary = [("02", "tr1"), ("06", "tr2")]
    secondary, _ = table.protect(primary, rate=0.1)
    assert secondary == {("02", "tr2"), ("06", "tr1")}
    found = table.attacked([*primary, *secondary])
    expected = {
        ("02", "tr1"): (0, 50),
        ("02", "tr2"): (0, 50),
        ("06", "tr1"): (40, 90),
        ("06", "tr2"): (10, 60),
    }
    for name, (low, high) in expected.items():
        assert (found[name].low, found[name].high) == pytest.approx((low, high), abs=1e-4)


def test_t2_microdata_of_sdctable() -> None:
    counts = {
        ("A", "male"): 18,
        ("A", "female"): 2,
        ("B", "male"): 14,
        ("B", "female"): 19,
        ("C", "male"): 12,
        ("C", "female"): 10,
        ("D", "male"): 11,
        ("D", "female"): 14,
    }
    table = crossed(counts)
    secondary, _ = table.protect([("A", "female")])
    assert table.values[table.place["total", "total"]] == 100
    assert secondary == {("A", "male"), ("C", "male"), ("C", "female")}


def test_t3_linked_tables_of_sdctable() -> None:
    """Each table alone needs nothing more; together they give K away, and one more cell is hidden."""
    table = Table()
    county1, county2 = {"A": 2, "B": 2, "I": 8, "J": 8}, {"K": 3, "L": 3, "M": 3, "N": 7}
    for name, value in (county1 | county2).items():
        table.cell(name, value)
    table.total("county-1", county1)
    table.total("county-2", county2)
    table.total("big", ["L", "M"])
    table.total("small", [name for name in county1 | county2 if name not in "LM"])
    table.total("all", ["county-1", "county-2"])
    table.total("all", ["big", "small"])
    before = table.attacked(list("ABKLM"))
    assert (before["K"].low, before["K"].high) == pytest.approx((3, 3), abs=1e-4)
    secondary, _ = table.protect("ABKLM")
    assert secondary == {"N"}
    after = table.attacked(list("ABKLMN"))
    assert (after["K"].low, after["K"].high) == pytest.approx((0, 10), abs=1e-4)


def test_t6_t7_frequencies_of_statistics_norway() -> None:
    rows = [row for row in read_method_table("ssb_example1.csv") if row["year"] == "2014"]
    table = crossed({(row["age"], row["geo"]): float(row["freq"]) for row in rows})
    secondary, _ = table.protect([("young", "Portugal")], one_side=True)
    assert len(secondary) <= 3

    for age in ("young", "old", "total"):
        table.total((age, "EU"), [(age, "Spain"), (age, "Portugal")])
        table.total((age, "nonEU"), [(age, "Iceland")])
        table.total((age, "total"), [(age, "EU"), (age, "nonEU")])
    for area in ("EU", "nonEU"):
        table.total(("total", area), [("young", area), ("old", area)])
    primary = [("young", "nonEU"), ("young", "Iceland"), ("young", "Portugal")]
    secondary, pattern = table.protect(primary, one_side=True)
    assert len(secondary) <= 5
    assert not any(found.is_found(0.5) for found in table.attacked([*primary, *secondary]).values())
    assert pattern.hidden


@pytest.mark.parametrize(("rule", "primaries", "published"), [("few", 2, 4), ("dominance", 4, 3)])
def test_t8_t9_magnitudes_of_statistics_norway(rule: str, primaries: int, published: int) -> None:
    given: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    rows = read_method_table("ssb_magnitude1.csv")
    for sector in dict.fromkeys(row["sector4"] for row in rows):
        for geo in dict.fromkeys(row["geo"] for row in rows):
            given[sector, geo]
    for row in rows:
        given[row["sector4"], row["geo"]][row["company"]] += float(row["value"])
    table = crossed({key: sum(by.values()) for key, by in given.items()})
    if rule == "few":
        primary = {key for key, by in given.items() if len(by) == 1}
    else:
        primary = {key for key, by in given.items() if by and max(by.values()) > 0.8 * sum(by.values())}
    assert len(primary) == primaries
    secondary, _ = table.protect(primary, rate=0.01, least=0.0)
    assert len(secondary) <= published
    assert not any(found.is_found(1e-3) for found in table.attacked([*primary, *secondary]).values())


def test_t8_a_contributor_finds_another_in_a_single_cycle() -> None:
    """Six hidden cells in one cycle: whoever knows one knows all; the insider rule asks for more."""
    rows = read_method_table("ssb_magnitude1.csv")
    cells: dict[tuple[str, str], float] = defaultdict(float)
    for sector in dict.fromkeys(row["sector4"] for row in rows):
        for geo in dict.fromkeys(row["geo"] for row in rows):
            cells[sector, geo] += sum(
                float(r["value"]) for r in rows if (r["sector4"], r["geo"]) == (sector, geo)
            )
    table = crossed(cells)
    alone = {("Entertainment", "Iceland"): "one", ("Industry", "Spain"): "two"}
    system, place = table.system(), table.place
    size = {place[name]: 0.1 * table.values[place[name]] for name in alone}

    def insider_gap(insider: float) -> float:
        wanted = {cell: Protection(s, s, s * insider, s * insider) for cell, s in size.items()}
        pattern = suppress(
            system, wanted, {owner: {place[name]: table.values[place[name]]} for name, owner in alone.items()}
        )
        gone = pattern.hidden
        known = Known(
            {str(c): v for c, v in enumerate(table.values) if c not in gone},
            [str(c) for c in sorted(gone)],
            [
                Equation(tuple((str(c), k) for c, k in zip(r.cells, r.coefs, strict=True)), -1e-6, 1e-6)
                for r in table.rows
            ],
        )
        one, two = (str(place[name]) for name in alone)
        return bounds(known, learnt={one: table.values[int(one)]})[two].width

    assert insider_gap(0.0) < 0.01
    assert insider_gap(1.0) >= 0.1 * 8.4


def test_t16_a_tampered_certificate_does_not_hold() -> None:
    table = crossed(
        {
            ("01", "tr1"): 100,
            ("01", "tr2"): 50,
            ("02", "tr1"): 30,
            ("02", "tr2"): 20,
            ("06", "tr1"): 60,
            ("06", "tr2"): 40,
        }
    )
    _, pattern = table.protect([("02", "tr1"), ("06", "tr2")], rate=0.1)
    need, witness = next(iter(pattern.certificates.items()))
    pattern.certificates[need] = Witness(
        witness.cells, witness.moves + np.where(witness.cells == table.place["02", "tr2"], 0.5, 0.0)
    )
    assert verify(table.system(), pattern) == [need]
    pattern.certificates[need] = witness
    pattern.hidden.discard(table.place["02", "tr2"])
    assert verify(table.system(), pattern)
