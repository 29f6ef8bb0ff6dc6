"""What the cards declare of sums, ratios and shared cells → nodes and relations over all tables.

A card may say: `additive = true` (the rows of a column add up to its total), `sum_of = [columns]` (a column adds up others),
`ratio = {numerator, denominator}` and `follows` (derived columns), `row_parent` in the query (a row adds to another, maybe of
another table), and under `[secrecy]`: `[[secrecy.sums]]`, `[[secrecy.differences]]`, `[secrecy.ratios]` (the terms of one derived
cell). A cell is named `row/column`, or `table:row/column` elsewhere. Cells of one concept and one category are one figure.

A sum with unknown terms that leaves as « at least » stands here as the sum of those that are known: that is what its bound gives away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ess_observatory.declare.concepts import about
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.secrecy.door import HIDDEN_AT_SOURCE, Cell
from ess_observatory.words.numbers import plain_number

Key = tuple[str, str, str]
#: Values closer than this (relative) are the same figure.
SAME = 1e-9


@dataclass(frozen=True)
class Sum:
    """`whole = sum(parts) + rest`: the whole is a cell or a constant; the rest, if any, is what the difference would show.

    `bounded`: parts of an exact whole that are known by a bound alone, in the rest. `unknown`: what the producer hides of a whole that
    is bounded: its ceiling bounds them.
    """

    whole: Key | float
    parts: tuple[Key, ...]
    has_rest: bool = False
    bounded: tuple[Key, ...] = ()
    unknown: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Ratio:
    """A cell that gives `numerator` (and `denominator`) away; `is_kept`: it stays, rounded, when they are hidden."""

    cell: Key
    numerator: Key | None
    denominator: Key | None
    is_kept: bool = False


@dataclass
class Links:
    """Everything that ties the cells of an edition together."""

    cells: dict[Key, Cell] = field(default_factory=dict)
    columns: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    own: dict[Key, dict[str, Any]] = field(default_factory=dict)
    same: list[tuple[Key, Key]] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bounded: set[Key] = field(default_factory=set)
    withheld: set[Key] = field(default_factory=set)

    def column(self, key: Key) -> dict[str, Any]:
        """The declared column of a cell, with the class of its concept where that one has its own."""
        return self.own.get(key) or self.columns[key[0], key[2]]

    def is_exact(self, ratio: Ratio) -> bool:
        """Whether the ratio is that of its parts as published (and not of those who answered both questions)."""
        if ratio.numerator is None or ratio.denominator is None:
            return False
        value, top, bottom = (
            self.cells[key].value for key in (ratio.cell, ratio.numerator, ratio.denominator)
        )
        if value is None or top is None or not bottom:
            return False
        return abs(value - self.scale(ratio.cell) * top / bottom) <= 1e-9 * max(1.0, abs(value))

    def scale(self, key: Key) -> float:
        """By what a ratio is multiplied as printed: 100 for a percentage."""
        own = self.cells[key].unit
        return {"%": 100.0, "‰": 1000.0}.get(
            own if own is not None else self.column(key).get("unit", ""), 1.0
        )

    def decimals(self, key: Key) -> int:
        """Decimals with which a cell is printed."""
        own = self.cells[key].decimals
        return own if own is not None else self.column(key).get("decimals", 0)

    def tie(self, one: Key, other: Key) -> None:
        """Two cells of one figure; where they differ, which the publication will refuse, their difference is protected."""
        first, second = self.cells[one].value, self.cells[other].value
        if first is None or second is None:
            self.same.append((one, other))
        else:
            self.difference(*((one, other) if first >= second else (other, one)))

    def difference(self, whole: Key, part: Key) -> None:
        """The part is inside the whole: their difference is a cell that anyone can compute."""
        large, small = self.cells[whole].value, self.cells[part].value
        if large is None or small is None or large < small:
            return
        if large - small <= SAME * max(abs(large), 1e-9):
            self.same.append((whole, part))
        else:
            self.sums.append(Sum(whole, (part,), True))


def read_links(
    tables: Iterable[tuple[str, dict[str, Any], list[Cell]]], classes: Mapping[str, str] | None = None
) -> Links:
    """The relations of all tables: `(id, card, confidential cells)` each; `classes`: concept → its own class of secrecy.

    Raises E502 for a name that no table can have (a cell absent from this edition is no error: its link is left out).
    """
    links, listed, classes = Links(), list(tables), classes or {}
    places: dict[tuple[str, str], list[Key]] = defaultdict(list)
    for table_id, card, cells in listed:
        for column in card["columns"]:
            links.columns[table_id, column["code"]] = column
        for cell in cells:
            column = links.columns[table_id, cell.column_code]
            if column["secrecy"] == "text":
                continue
            key = (table_id, *cell.key)
            what = about(table_id, card, cell.row_code, cell.row_kind, column)
            if what.concept in classes:
                links.own[key] = {**column, "secrecy": classes[what.concept]}
            if cell.is_bounded and links.column(key)["secrecy"] == "magnitude":
                links.bounded.add(key)
                cell = replace(cell, value=cell.low, n_units=cell.n_units or 0)
            links.cells[key] = cell
            if what.declared:
                places[what.key].append(key)
    for table_id, card, _ in listed:
        _Reader(links, table_id, card).read()
    for first, *others in places.values():
        for other in others:
            links.tie(first, other)
    links.same += _twins(links)
    return links


def _twins(links: Links) -> list[tuple[Key, Key]]:
    """Sensitive cells of two tables with the very same endless decimals are one figure, whether a card says so or not."""
    first: dict[tuple[str, float], Key] = {}
    found = []
    for key, cell in links.cells.items():
        if cell.value is None or links.column(key)["secrecy"] != "magnitude":
            continue
        if abs(cell.value - round(cell.value, 4)) <= 1e-9 * max(1.0, abs(cell.value)):
            continue
        unit = cell.unit if cell.unit is not None else links.column(key).get("unit", "")
        known = first.setdefault((unit, cell.value), key)
        if known[0] != key[0]:
            found.append((known, key))
    return found


class _Reader:
    """The relations declared by one card."""

    def __init__(self, links: Links, table_id: str, card: dict[str, Any]) -> None:
        self.links, self.id, self.card = links, table_id, card
        self.spec = card.get("secrecy", {})
        self.of_column: dict[str, list[Key]] = defaultdict(list)
        self.by_value: dict[float, list[Key]] | None = None
        for key in links.cells:
            if key[0] == table_id:
                self.of_column[key[2]].append(key)

    def read(self) -> None:
        for column in self.card["columns"]:
            code = column["code"]
            if column["secrecy"] == "text":
                continue
            if column.get("additive"):
                self._additive(code)
            if parts := column.get("sum_of"):
                for key in self.of_column[code]:
                    self._sum(key, [self._beside(key, part) for part in parts])
            self._parents(code)
            for key in self.of_column[code]:
                self._ratio(key, column)
        for declared in self.spec.get("sums", []):
            whole = float(declared["constant"]) if "constant" in declared else self._find(declared["whole"])
            found = [self._find(name) for name in declared["parts"]]
            if whole is not None:
                self._sum(whole, found)
        for declared in self.spec.get("differences", []):
            whole, part = self._find(declared["whole"]), self._find(declared["part"])
            if whole and part:
                self.links.difference(whole, part)

    def _find(self, name: str) -> Key | None:
        table, _, rest = name.rpartition(":")
        row, slash, column = rest.rpartition("/")
        table = table or self.id
        if not slash or (
            (table, column) not in self.links.columns and any(t == table for t, _ in self.links.columns)
        ):
            raise ObservatoryError(
                "E502",
                f"Cellule mal nommée : « {name} »",
                f"tables/{self.id}/card.toml",
                "Écrivez ligne/colonne, ou tableau:ligne/colonne.",
                Exit.INTEGRITY,
            )
        key = (table, row, column)
        return key if key in self.links.cells else None

    def _beside(self, key: Key, column: str) -> Key | None:
        other = (key[0], key[1], column)
        return other if other in self.links.cells else None

    def _value(self, key: Key) -> float | None:
        return self.links.cells[key].value

    def _counts(self, key: Key) -> bool:
        """Whether a cell takes part in sums: it has a value, or one that its producer hides."""
        cell = self.links.cells[key]
        return cell.value is not None or HIDDEN_AT_SOURCE in cell.flags

    def _additive(self, code: str) -> None:
        blocks: dict[str | None, list[Key]] = defaultdict(list)
        totals: dict[str | None, Key] = {}
        for key in self.of_column[code]:
            cell = self.links.cells[key]
            if cell.row_kind == "total":
                totals[cell.row_section] = key
            elif cell.row_kind == "data":
                blocks[cell.row_section].append(key)
        for section, parts in blocks.items():
            total = totals.get(section) or (next(iter(totals.values())) if len(totals) == 1 else None)
            if total is not None and (section in totals or None in totals):
                self._sum(total, parts)

    def _parents(self, code: str) -> None:
        children: dict[Key, list[Key]] = defaultdict(list)
        for key in self.of_column[code]:
            for parent in filter(None, (self.links.cells[key].row_parent or "").split(",")):
                table, _, row = parent.strip().rpartition(":")
                children[table or self.id, row, code].append(key)
        for parent_key, parts in children.items():
            if parent_key in self.links.cells:
                self._sum(parent_key, parts)

    def _sum(self, whole: Key | float, parts: Iterable[Key | None]) -> None:
        found = [part for part in parts if part is not None]
        if isinstance(whole, tuple) and whole in self.links.bounded:
            self._known_part(whole, found)
            return
        bounded = tuple(part for part in found if part in self.links.bounded)
        usable = tuple(part for part in found if self._counts(part) and part not in bounded)
        value = whole if isinstance(whole, float) else self._value(whole)
        if not usable or (value is None and not (isinstance(whole, tuple) and self._counts(whole))):
            return
        values = [self._value(part) for part in usable]
        is_open = value is None or any(v is None for v in values) or len(usable) < len(found)
        gap = (value or 0) - sum(v or 0 for v in values)
        is_equal = abs(gap) <= 1e-6 * max(1.0, abs(value or 0))
        if not is_open and not is_equal and (isinstance(whole, float) or gap < 0):
            if not isinstance(whole, float):
                self.links.notes.append(
                    f"{_say(whole)} n’est pas la somme de ses parts (écart {plain_number(gap)}) : lien laissé de côté"
                )
            return
        has_rest = len(usable) < len(found) or (not is_open and not is_equal)
        self.links.sums.append(Sum(whole, usable, has_rest, bounded))

    def _known_part(self, whole: Key, found: list[Key]) -> None:
        """The known part of a whole that is bounded: what its parts show, and a rest that they do not."""
        usable = tuple(part for part in found if self._value(part) is not None)
        gap = (self._value(whole) or 0) - sum(self._value(part) or 0 for part in usable)
        if gap < -1e-6 * max(1.0, abs(self._value(whole) or 0)):
            self.links.withheld.add(whole)
            return
        unknown = tuple(part for part in found if part not in usable and self._counts(part))
        self.links.sums.append(Sum(whole, usable, gap > 1e-6, (), unknown))

    def _ratio(self, key: Key, column: dict[str, Any]) -> None:
        """Declared parts of a derived cell, then any cell of the table that holds its numerator or denominator."""
        kept = column.get("when_hidden") == "rounded"
        declared = self.spec.get("ratios", {}).get(f"{key[1]}/{key[2]}") or column.get("ratio", {})
        numerator = self._part(key, declared.get("numerator") or column.get("follows"))
        denominator = self._part(key, declared.get("denominator"))
        cell = self.links.cells[key]
        if column["secrecy"] in ("magnitude", "opinion"):
            numerator = numerator or self._holding(key, cell.numerator)
            denominator = denominator or self._holding(key, cell.denominator)
        if numerator or denominator:
            self.links.ratios.append(Ratio(key, numerator, denominator, kept))

    def _part(self, key: Key, name: str | None) -> Key | None:
        if not name:
            return None
        return self._find(name) if "/" in name else self._beside(key, name)

    def _holding(self, key: Key, value: float | None) -> Key | None:
        """A sensitive cell with that very value, of the same row or of a total of the table."""
        if not value:
            return None
        if self.by_value is None:
            self.by_value = defaultdict(list)
            for keys in self.of_column.values():
                for other in keys:
                    known = self._value(other)
                    if known is not None and self.links.column(other)["secrecy"] in ("magnitude", "opinion"):
                        self.by_value[known].append(other)
        found = [other for other in self.by_value.get(value, []) if other != key]
        beside = [other for other in found if other[1] == key[1]]
        totals = [other for other in found if self.links.cells[other].row_kind in ("total", "base")]
        return next(iter(beside + totals), None)


def _say(key: Key) -> str:
    return f"{key[0]}:{key[1]}/{key[2]}"
