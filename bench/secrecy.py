"""How long it takes to protect and attack commune x activity tables with their hierarchies, and in how much memory.

Synthetic establishments with a fixed seed: a few towns hold most of them, as in any territory. Activities have three levels
(88 divisions, 38, 17), places three (commune, group of communes, all). Seconds are those of the processor (one thread); the
ratio divides by a fixed piece of plain Python, so that two machines can be compared.
"""

from __future__ import annotations

import random
import resource
import time
from collections import defaultdict
from typing import Any

import numpy as np

from ess_observatory.secrecy.attack import Equation, Known, bounds
from ess_observatory.secrecy.proof import Protection, verify
from ess_observatory.secrecy.suppress import suppress
from ess_observatory.secrecy.system import Row, System

ALL = "total"
#: name, communes, groups of communes, establishments, with the finer levels of activity
CASES = (
    ("territory.a17", 151, 4, 450, False),
    ("territory.a88_a38_a17", 151, 4, 450, True),
    ("department.a17", 600, 18, 5000, False),
)
#: Times the baseline (a tenth of a second or so): seconds for a territory, minutes for a department.
LIMITS = {"territory.a17": 50.0, "territory.a88_a38_a17": 500.0, "department.a17": 1000.0}
MEMORY_MIB = 4096


def run() -> list[dict[str, Any]]:
    """Measures as rows: name, value, seconds, ratio to the baseline."""
    baseline = _baseline()
    rows = []
    for name, communes, groups, units, is_fine in CASES:
        rows += _measure(name, Case(communes, groups, units, is_fine), baseline)
    return rows


def _baseline() -> float:
    began = time.process_time()
    sum(number * number % 7 for number in range(2_000_000))
    return time.process_time() - began


def _measure(name: str, case: Case, baseline: float) -> list[dict[str, Any]]:
    began = time.process_time()
    pattern = suppress(
        case.system, case.primary, case.contributors, np.maximum(0.02 * case.system.values, 1.0)
    )
    protected = time.process_time()
    broken = len(verify(case.system, pattern))
    verified = time.process_time()
    found = case.attack(pattern.hidden)
    attacked = time.process_time()
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    timed: list[tuple[str, int, float]] = [
        ("protect.secondary", len(pattern.secondary), protected - began),
        ("verify.broken", broken + len(pattern.impossible), verified - protected),
        ("attack.too_close", found, attacked - verified),
    ]
    rows: list[dict[str, Any]] = [
        {
            "name": f"secrecy.{name}.{key}",
            "value": value,
            "seconds": round(seconds, 3),
            "ratio": round(seconds / baseline, 1),
        }
        for key, value, seconds in timed
    ]
    for row in rows:
        row["limit"] = LIMITS[name]
    sizes = f"{len(case.system.values)} cells, {len(case.primary)} secret"
    rows.append({"name": f"secrecy.{name}.size", "value": sizes})
    rows.append(
        {
            "name": f"secrecy.{name}.memory_mib",
            "value": round(used),
            "ratio": round(used / MEMORY_MIB, 2),
            "limit": 1.0,
        }
    )
    return rows


class Case:
    """A linked system made from random establishments."""

    def __init__(self, communes: int, groups: int, units: int, is_fine: bool) -> None:
        draw = random.Random(20)
        place: dict[str, str | None] = {f"c{i}": f"g{i % groups}" for i in range(communes)}
        weights = [1 / (i + 1) for i in range(communes)]
        names = list(place)
        place |= {f"g{i}": ALL for i in range(groups)} | {ALL: None}
        activity: dict[str, str | None] = {}
        for i in range(88):
            middle, large = f"m{i * 38 // 88}", f"l{i * 38 // 88 * 17 // 38}"
            activity |= {f"a{i}": middle, middle: large, large: ALL} if is_fine else {large: ALL}
        activity[ALL] = None
        leaves = [code for code in activity if code.startswith("a" if is_fine else "l")]
        inside: dict[tuple[str, str], dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for _ in range(units):
            owner, size = draw.randrange(int(units * 0.9)), round(draw.lognormvariate(1.5, 1.1)) + 1
            where = draw.choices(names, weights)[0]
            what = draw.choice(leaves)
            for one in _line(place, where):
                for other in _line(activity, what):
                    inside[one, other][owner] += size
        at = {key: index for index, key in enumerate(inside)}
        rows = []
        below = [_children(place), _children(activity)]
        for one, other in inside:
            for parts in (
                [(c, other) for c in below[0].get(one, ())],
                [(one, c) for c in below[1].get(other, ())],
            ):
                if found := [at[part] for part in parts if part in at]:
                    rows.append(Row.total(at[one, other], found))
        self.system = System.of([sum(by.values()) for by in inside.values()], rows)
        self.primary: dict[int, Protection] = {}
        self.contributors: dict[str, dict[int, float]] = defaultdict(dict)
        for cell, by in enumerate(inside.values()):
            total, largest = sum(by.values()), max(by.values())
            if len(by) < 3 or largest >= 0.85 * total:
                size = max(0.1 * total, 1.0)
                self.primary[cell] = Protection(max(size, largest / 0.85 - total), size, size, size)
            for owner, own in by.items():
                self.contributors[str(owner)][cell] = own

    def attack(self, hidden: set[int]) -> int:
        """How many secret cells the outside attacker knows better than declared."""
        values = self.system.values
        equations = [
            Equation(tuple((str(c), k) for c, k in zip(row.cells, row.coefs, strict=True)), -1e-7, 1e-7)
            for row in self.system.rows
        ]
        shown = {str(cell): float(value) for cell, value in enumerate(values) if cell not in hidden}
        found = bounds(
            Known(shown, [str(cell) for cell in sorted(hidden)], equations),
            only=[str(c) for c in self.primary],
        )
        close = 0
        for cell, wanted in self.primary.items():
            low, high = max(values[cell] - wanted.down, 0.0), values[cell] + wanted.up
            close += found[str(cell)].high < high - 1e-5 * high or found[str(cell)].low > low + 1e-5 * high
        return close


def _line(tree: dict[str, str | None], code: str | None) -> list[str]:
    found = []
    while code is not None:
        found.append(code)
        code = tree[code]
    return found


def _children(tree: dict[str, str | None]) -> dict[str, list[str]]:
    below: dict[str, list[str]] = defaultdict(list)
    for code, above in tree.items():
        if above is not None:
            below[above].append(code)
    return below
