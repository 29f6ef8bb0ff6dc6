"""Links → nodes: a figure shown in several places is one node, and sums become rows of the linear system.

A node is a figure of the edition, or the rest of a difference (never shown, but anyone can compute it: it is protected like
any cell). Values that the producer hides are unknown to us too: they get even shares of what is left of their totals, only
so that the system has a point to start from.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ess_observatory.secrecy.door import HIDDEN_AT_SOURCE
from ess_observatory.secrecy.links import Key, Links, Sum
from ess_observatory.secrecy.programs import even_shares
from ess_observatory.secrecy.proof import Protection
from ess_observatory.secrecy.rules import AT_SOURCE, FEW, is_true_zero, protection_of, reason_to_hide
from ess_observatory.secrecy.system import INFINITY, Row, System
from ess_observatory.words.numbers import round_half_up

#: What withholding a bound costs beside hiding a figure.
BOUND_COST = 1e-3


@dataclass
class Node:
    """One figure, wherever it is shown."""

    members: list[Key]
    value: float | None
    n_units: int | None = None
    top_share: float | None = None
    top_unit: str | None = None
    decimals: int = 0
    reason: str | None = None
    hideable: bool = False
    cost: float = 1.0
    rules: dict[str, Any] = field(default_factory=dict)

    @property
    def is_rest(self) -> bool:
        """A difference, shown nowhere."""
        return not self.members


@dataclass
class Model:
    """The nodes of an edition and the rows that tie them; node 0 is the number one (constants)."""

    nodes: list[Node]
    of: dict[Key, int]
    sums: list[tuple[int | float, list[int]]]
    links: Links
    declared: list[Sum] = field(default_factory=list)

    def primary(self) -> dict[int, Protection]:
        """Protection of each node that is secret by itself (none, but hidden, for what nobody here knows)."""
        wanted = {}
        for index, node in enumerate(self.nodes):
            if node.reason is None and not (node.is_rest and index):
                continue
            if node.reason is None:
                wanted[index] = Protection(0.0, 0.0)
            elif node.reason == AT_SOURCE:
                least = node.rules["protection"]["minimum"] * 10.0**-node.decimals
                size = max(node.rules["protection"]["secondary"] * abs(node.value or 0), least)
                wanted[index] = Protection(size, size)
            else:
                wanted[index] = protection_of(node.value or 0, node.top_share, node.decimals, node.rules)
        return wanted

    def secondary(self) -> np.ndarray:
        """How far each node must be able to move if it is hidden for another."""
        sizes = np.zeros(len(self.nodes))
        for index, node in enumerate(self.nodes):
            if node.rules:
                wanted = node.rules["protection"]
                sizes[index] = max(
                    wanted["secondary"] * abs(node.value or 0), wanted["minimum"] * 10.0**-node.decimals
                )
        return sizes

    def contributors(self) -> dict[str, dict[int, float]]:
        """What the largest contributor of each node has in it: who he is when the query says so (`top_unit`).

        Where no name is given, he is one whole person only with the parts of a whole that he makes alone.
        """
        parts = {
            index: 1.0 if node.n_units == 1 else node.top_share
            for index, node in enumerate(self.nodes)
            if node.n_units and (node.value or 0) > 0 and node.reason != AT_SOURCE
        }
        names = {i: self.nodes[i].top_unit or f"#{i}" for i, share in parts.items() if share}
        alone = {index for index in names if self.nodes[index].n_units == 1}
        changed = True
        while changed:
            changed = False
            for whole, inside in self.sums:
                if not isinstance(whole, int) or whole not in alone:
                    continue
                for part in inside:
                    if part in alone and names[part] != names[whole]:
                        names[part] = names[whole] = max(names[part], names[whole])
                        changed = True
        known: dict[str, dict[int, float]] = defaultdict(dict)
        for index, name in names.items():
            known[name][index] = (parts[index] or 0.0) * (self.nodes[index].value or 0.0)
        return dict(known)

    def system(self) -> System:
        """The linear system of all nodes."""
        values = np.asarray([node.value if node.value is not None else 0.0 for node in self.nodes])
        signed = {(k[0], k[2]) for node in self.nodes for k in node.members if (node.value or 0) < 0}
        lower = np.asarray(
            [-INFINITY if any((k[0], k[2]) in signed for k in node.members) else 0.0 for node in self.nodes]
        )
        rows = [
            Row.total(whole if isinstance(whole, int) else 0, parts)
            if isinstance(whole, int)
            else Row(tuple(parts), (1.0,) * len(parts), whole, whole)
            for whole, parts in self.sums
        ]
        rows += self._bands()
        return System(
            values,
            lower,
            np.full(len(values), INFINITY),
            np.asarray([n.cost for n in self.nodes]),
            np.asarray([n.hideable for n in self.nodes]),
            rows,
        )

    def _bands(self) -> list[Row]:
        """Ratios that stay, rounded, when their parts are hidden: what rounding leaves open."""
        rows = []
        for ratio in self.links.ratios:
            cell = self.links.cells[ratio.cell]
            if not ratio.is_kept or not self.links.is_exact(ratio):
                continue
            assert ratio.numerator is not None and ratio.denominator is not None and cell.value is not None
            top, bottom = self.of[ratio.numerator], self.of[ratio.denominator]
            low, high = band(cell.value, self.links.decimals(ratio.cell))
            scale = self.links.scale(ratio.cell)
            rows.append(Row((top, bottom), (1.0, -low / scale), 0.0, INFINITY))
            rows.append(Row((top, bottom), (1.0, -high / scale), -INFINITY, 0.0))
        return rows


def band(value: float, decimals: int) -> tuple[float, float]:
    """What a figure printed with so many decimals may have been."""
    printed, half = float(round_half_up(value, decimals)), 0.5 * 10.0**-decimals
    return printed - half, printed + half


def build_model(links: Links, rules: dict[str, dict[str, Any]], costs: dict[str, float]) -> Model:
    """Nodes and sums; `rules` by table id."""
    parent = {key: key for key in links.cells}

    def find(key: Key) -> Key:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for one, other in links.same:
        parent[find(other)] = find(one)
    groups: dict[Key, list[Key]] = defaultdict(list)
    for key, cell in links.cells.items():
        if cell.value is not None or HIDDEN_AT_SOURCE in cell.flags:
            groups[find(key)].append(key)
    nodes = [Node([], 1.0)]
    of: dict[Key, int] = {}
    for members in groups.values():
        of |= dict.fromkeys(members, len(nodes))
        nodes.append(_node(links, members, rules, costs))
    distinct = _distinct(links, of)
    sums = [_sum(links, nodes, of, declared, rules) for declared in distinct]
    model = Model(nodes, of, sums, links, distinct)
    _fill_unknown(model)
    return model


def _node(
    links: Links, members: list[Key], rules: dict[str, dict[str, Any]], costs: dict[str, float]
) -> Node:
    cells = [links.cells[key] for key in members]
    reasons = [
        reason_to_hide(cell, links.column(key), rules[key[0]], key[0])
        for key, cell in zip(members, cells, strict=True)
    ]
    known = [cell.value for cell in cells if cell.value is not None]
    value = known[0] if known and AT_SOURCE not in reasons else None
    units = [cell.n_units for cell in cells if cell.n_units is not None]
    shares = [cell.top_share for cell in cells if cell.top_share is not None]
    is_sensitive = any(links.column(key)["secrecy"] in ("magnitude", "opinion") for key in members)
    cost = sum(
        costs.get(cell.row_kind, 1.0) * float(links.column(key).get("cost", 1.0))
        for key, cell in zip(members, cells, strict=True)
    )
    if links.bounded.issuperset(members):  # a bound is withheld before any figure is hidden for it
        cost *= BOUND_COST
    first = next((key for key, reason in zip(members, reasons, strict=True) if reason), members[0])
    return Node(
        members,
        value,
        min(units) if units else None,
        max(shares) if shares else None,
        next((cell.top_unit for cell in cells if cell.top_unit), None),
        links.decimals(members[0]),
        next((reason for reason in reasons if reason), None),
        is_sensitive and not any(is_true_zero(cell) for cell in cells),
        cost * (1 + float(np.log1p(abs(value or 0)))),
        rules[first[0]],
    )


def _distinct(links: Links, of: dict[Key, int]) -> list[Sum]:
    """Each relation once, whichever tables declare it."""
    seen, kept = set(), []
    for declared in links.sums:
        if isinstance(declared.whole, tuple) and declared.whole not in of:
            continue
        name = (
            of[declared.whole] if isinstance(declared.whole, tuple) else declared.whole,
            tuple(sorted(of[part] for part in declared.parts)),
            declared.has_rest,
        )
        if name not in seen:
            seen.add(name)
            kept.append(declared)
    return kept


def _sum(
    links: Links, nodes: list[Node], of: dict[Key, int], declared: Sum, rules: dict[str, dict[str, Any]]
) -> tuple[int | float, list[int]]:
    whole = of[declared.whole] if isinstance(declared.whole, tuple) else declared.whole
    parts = [of[part] for part in declared.parts]
    if declared.has_rest and isinstance(whole, int) and isinstance(declared.whole, tuple):
        known = sum(nodes[part].value or 0 for part in parts)
        units = None
        if nodes[whole].n_units is not None and all(nodes[part].n_units is not None for part in parts):
            # A unit may be in several parts: this is the least number of those that are in the rest.
            units = (nodes[whole].n_units or 0) - sum(nodes[part].n_units or 0 for part in parts)
        own = rules[declared.whole[0]]
        rest: float | None = max((nodes[whole].value or 0) - known, 0.0)
        if any(nodes[i].value is None for i in (whole, *parts)):  # what its producer hides is not in the rest
            rest = None if units is None or units > 0 else 0.0
        is_few = units is not None and units < own["min_units"] and (units > 0 or (rest or 0) > 1e-9 * known)
        units = None if units is None else max(units, 0)
        nodes.append(
            Node(
                [],
                rest,
                units,
                None,
                None,
                nodes[whole].decimals,
                FEW if is_few else None,
                False,
                1.0,
                own,
            )
        )
        parts = [*parts, len(nodes) - 1]
    return whole, parts


def _fill_unknown(model: Model) -> None:
    """Give unknown nodes values that agree with every sum, as even as can be (by number of units)."""
    summed = {
        i for whole, parts in model.sums for i in [*parts, *([whole] if isinstance(whole, int) else [])]
    }
    for index, node in enumerate(model.nodes):
        if node.value is None and index not in summed:
            node.value = float(max(node.n_units or 1, 1))
    unknown = [index for index, node in enumerate(model.nodes) if node.value is None]
    if not unknown:
        return
    place = {index: at for at, index in enumerate(unknown)}
    rows = []
    for whole, parts in model.sums:
        terms: dict[int, float] = defaultdict(float)
        rest = 0.0
        for index, coef in [
            *((part, 1.0) for part in parts),
            *([(whole, -1.0)] if isinstance(whole, int) else []),
        ]:
            if index in place:
                terms[place[index]] += coef
            else:
                rest += coef * (model.nodes[index].value or 0)
        rest -= whole if isinstance(whole, float) else 0.0
        if terms:
            rows.append((dict(terms), -rest))
    weights = [float(max(model.nodes[index].n_units or 1, 1)) for index in unknown]
    for index, value in zip(unknown, even_shares(weights, rows), strict=True):
        model.nodes[index].value = value
