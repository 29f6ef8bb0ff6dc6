"""The attack by the contributors, inside the build: each knows his own part of the cells that he helped to make.

What he learns of the cells of others must stay as wide as `protection.insider` declares. Nobody can hide from him that a whole
is at least his own part of it: that much is granted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ess_observatory.secrecy.attack import INFINITY, Bounds, Known, bounds, insiders

if TYPE_CHECKING:
    from ess_observatory.secrecy.model import Model

Parts = dict[str, dict[str, tuple[float, float]]]


def known_better(model: Model, known: Known, names: Mapping[int, str]) -> list[tuple[str, Bounds]]:
    """Secret figures (by name in `known`) that one of their neighbours' contributors knows better than declared.

    `names`: the name of each node that is published, or hidden.
    """
    system, primary = model.system(), model.primary()
    parts = _parts(model, names)
    wanted = {names[node]: node for node, asked in primary.items() if node in names and asked.insider_up > 0}
    bad = []
    for who, name, interval in insiders(known, parts, [name for name in wanted if name in set(known.hidden)]):
        node = wanted[name]
        value, asked = float(system.values[node]), primary[node]
        own = parts[who].get(name, (0.0, 0.0))[0]
        down = min(asked.insider_down, value - own, value - float(system.lower[node]))
        slack = 1e-6 * max(1.0, abs(value))
        if interval.high >= value + asked.insider_up - slack and interval.low <= value - down + slack:
            continue
        rest = _everything(model, known, parts[who], names, name)
        up = _within(asked.insider_up, rest.high - value, value)
        down = _within(down, value - rest.low, value)
        if interval.high < value + up - slack or interval.low > value - down + slack:
            bad.append((name, interval))
    return bad


def _within(size: float, rest: float, value: float) -> float:
    """What can be asked where even hiding everything leaves only `rest`: the same share of it."""
    return size if rest >= size * (1 - 1e-6) else max(rest, 0.0) * size / max(abs(value), size)


def _parts(model: Model, names: Mapping[int, str]) -> Parts:
    """What each contributor knows of each figure: the whole of it where he is alone, else that it is at least his part."""
    system = model.system()
    found: Parts = {}
    for who, owned in model.contributors().items():
        for node, own in owned.items():
            if node in names:
                value = float(system.values[node])
                is_alone = value - own <= 1e-6 * max(1.0, abs(value))
                found.setdefault(who, {})[names[node]] = (value, value) if is_alone else (own, INFINITY)
    return found


def _everything(
    model: Model,
    known: Known,
    mine: Mapping[str, tuple[float, float]],
    names: Mapping[int, str],
    name: str,
) -> Bounds:
    """What he would know of a figure if all that may be hidden were hidden."""
    free = {names[i] for i, node in enumerate(model.nodes) if i in names and node.hideable}
    learnt = {n: low for n, (low, high) in mine.items() if low == high}
    blind = replace(
        known,
        shown={n: v for n, v in known.shown.items() if n not in free},
        hidden=list(dict.fromkeys([*known.hidden, *(n for n in known.shown if n in free)])),
        lower={**known.lower, **{n: low for n, (low, high) in mine.items() if low < high}},
    )
    return bounds(blind, learnt, [name])[name]
