"""The concepts of a publication: what each of its cells counts, from which source, at which date; and that each has one value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ess_observatory.declare.concepts import WHOLE, About, about
from ess_observatory.declare.project import Edition, Project, TableCard
from ess_observatory.declare.territories import OBJECTS, official_area, parts_of
from ess_observatory.publish.book import Book, column_of, unit_of
from ess_observatory.publish.tables import SIGN_OF_STATUS
from ess_observatory.quality import Verdict
from ess_observatory.quality.verdicts import verdict
from ess_observatory.secrecy.door import Cell
from ess_observatory.words.numbers import format_bound, format_value, round_half_up

#: The dimension of rows that are cut as the territory says, whatever the level.
SUBLEVEL = "sublevel"
_CLOSE = 1e-9


@dataclass(frozen=True)
class Said:
    """A published cell as it is compared: what it is about, where it is, what it shows."""

    about: About
    table: TableCard
    cell: Cell
    figure_id: str
    unit: str
    decimals: int

    @property
    def place(self) -> str:
        """« tableau 1.2 (jobs/ess) »."""
        return f"tableau {self.table.number} ({'/'.join(self.cell.key)})"

    @property
    def sign(self) -> str:
        """'' when a value is shown, or a bound of it, else the sign that stands for it."""
        if self.cell.conf_status != "F":
            return "s"
        if self.cell.is_bounded:
            return ""
        return SIGN_OF_STATUS.get(self.cell.obs_status or "A") or (
            "" if self.cell.value is not None else "nd"
        )

    @property
    def shown(self) -> str:
        """The value as printed, or its bound, or its sign."""
        value, low = self.cell.value, self.cell.low
        if value is None and low is not None:
            return format_bound(low, self.cell.high, self.unit, self.decimals)
        return self.sign or ("nd" if value is None else format_value(value, self.unit, self.decimals))


class Places:
    """The categories of an edition as others would name them: areas that are the territory, or wholly inside it."""

    def __init__(self, project: Project, edition: Edition) -> None:
        territory = edition.territory
        dimensions = {object_: dimension for dimension, object_ in OBJECTS.items()}
        area = official_area(territory)
        self.own = f"{dimensions[area[0]]}={area[1]}" if area and area[0] in dimensions else None
        self.level = str(territory.meta.get("sublevel", "epci"))
        # the areas of a list of communes may be those of another year, or reach out of it
        parts = parts_of(project.geography, territory, self.level).territories
        self._whole = {str(part.meta[self.level]): {c["code"] for c in part.communes} for part in parts}
        self._declared: dict[str, set[str]] = defaultdict(set)
        for commune in territory.communes:
            self._declared[commune["epci_code"]].add(commune["code"])

    def name(self, found: About) -> About:
        """What a cell is about, an official area under its official name."""
        dimension, _, member = found.category.partition("=")
        category = found.category
        if dimension == SUBLEVEL and member in self._whole and self._whole[member] == self._declared[member]:
            category = f"{self.level}={member}"
        if self.own and category == self.own:
            category = WHOLE
        return About(found.concept, category, found.declared)


def said(book: Book, places: Places) -> Iterator[Said]:
    """Every published figure with what it is about, in print order."""
    for table, cells in book.tables:
        for cell in cells:
            if book.is_number(table, cell):
                found = about(table.id, table.card, cell.row_code, cell.row_kind, column_of(table, cell))
                yield Said(
                    places.name(found), table, cell, book.figure_id(table, cell), *unit_of(table, cell)
                )


def one_value(figures: Iterable[Said], labels: dict[str, str]) -> list[Verdict]:
    """Gate 2: a concept has one value in a publication, shown or hidden everywhere alike; `labels`: concept → its words.

    Found from what the cells are about, over all the tables from which texts, map, key figures and packages are made.
    """
    places: dict[tuple[str, str], list[Said]] = defaultdict(list)
    for one in figures:
        if one.about.declared:
            places[one.about.key].append(one)
    verdicts = [
        _conflict(labels, key, same, apart)
        for key, same in places.items()
        if (apart := [other for other in same[1:] if differ(same[0], other)])
    ]
    return verdicts or [
        verdict(
            "publication.concepts", "publication", "Un même chiffre a la même valeur partout où il paraît", "block", True
        )
    ]  # fmt: skip


def differ(one: Said, other: Said) -> bool:
    """Whether two cells of one figure do not say the same: one hidden, another value, another bound.

    One that is hidden and one that is not available show nothing, both: what a producer hides may be either.
    """
    if one.sign or other.sign:
        return not (one.sign and other.sign)
    pairs = [
        (getattr(one.cell, name, None), getattr(other.cell, name, None)) for name in ("value", "low", "high")
    ]
    return any(not same_number(x, one.decimals, y, other.decimals) for x, y in pairs)


def same_number(x: float | None, x_decimals: int, y: float | None, y_decimals: int) -> bool:
    """Whether two numbers are one, one of which may have left as it is printed."""
    if x is None or y is None:
        return x is y
    near = _CLOSE * max(1.0, abs(x), abs(y))
    return (
        abs(x - y) <= near
        or abs(float(round_half_up(x, y_decimals)) - y) <= near
        or abs(float(round_half_up(y, x_decimals)) - x) <= near
    )


def _conflict(labels: dict[str, str], key: tuple[str, str], same: list[Said], apart: list[Said]) -> Verdict:
    concept, category = key
    first = same[0]
    name = labels.get(concept, concept) + (f", {_category(category, first)}" if category else "")
    values: dict[str, list[str]] = defaultdict(list)
    for one in (first, *apart):
        values[_exact(one, apart)].append(one.place)
    told = " ; ".join(f"{shown} au {', '.join(where)}" for shown, where in values.items())
    hidden = len({bool(one.sign == "s") for one in (first, *apart)}) > 1
    fix = (
        "masquez-la partout : les deux colonnes ont-elles la même classe « secrecy » et le même nombre d’unités ?"
        if hidden
        else "faites lire aux deux la même table, ou donnez à l’une un autre « concept » si elle compte autre chose"
    )
    return verdict(
        f"publication.concept.{concept}{'.' + category if category else ''}",
        "publication",
        f"Un même chiffre a la même valeur partout où il paraît : {name}",
        "block",
        False,
        f"{told}. Remède : {fix} (pipelines/rules/concepts.toml)",
    )


def _category(category: str, one: Said) -> str:
    return one.cell.row_label if one.cell.row_kind == "data" else category.partition("=")[2]


def _exact(one: Said, others: Iterable[Said]) -> str:
    """As printed, with more digits when printing would hide the difference."""
    if (
        one.sign
        or one.cell.value is None
        or any(one.shown != other.shown for other in others if other is not one)
    ):
        return one.shown
    return f"{one.cell.value:.12g}".replace(".", ",")


def classes(project: Project) -> dict[str, str]:
    """Concepts that have a class of secrecy of their own."""
    return {
        name: str(concept["secrecy"])
        for name, concept in project.concepts["concepts"].items()
        if "secrecy" in concept
    }


def sources_of(project: Project, present: frozenset[str], name: str | None) -> list[str]:
    """The sources that a role stands for in an edition (or that source), in print order."""
    specs = sorted(project.sources.values(), key=lambda spec: (spec.rank, spec.id))
    return [spec.id for spec in specs if spec.id in present and name and name in (spec.id, spec.role)]


def year_of(edition: Edition, sources: Iterable[str]) -> Any:
    """The vintage of the first of these sources that has one."""
    return next((v for s in sources if (v := edition.sources.get(s, {}).get("vintage"))), None)
