"""What a chart may draw: rows of a published table, already protected, with their printed labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ess_observatory.publish.printed_cells import format_cell
from ess_observatory.publish.tables import BREAK, NOT_APPLICABLE, Column, PublishedTable, Row
from ess_observatory.publish.worth_printing import is_drawn
from ess_observatory.words.labels import colon, labels
from ess_observatory.words.numbers import NARROW_SPACE

PALETTE = ("c1", "c2", "c4", "c5", "c3")


@dataclass(frozen=True)
class Point:
    """One mark: `value` is None when hidden, `label` is then its sign; `weak`: built on few answers (sign u)."""

    row: Row
    value: float | None
    label: str
    apart: bool = False
    interval: tuple[float, float] | None = None
    weak: bool = False


@dataclass(frozen=True)
class Context:
    """Language, mention carried by every chart, meaning of the signs, and whether the page is for paper."""

    lang: str = "fr"
    mention: str = ""
    meanings: dict[str, str] = field(default_factory=dict)
    paper: bool = False

    @property
    def words(self) -> dict[str, str]:
        """Words of the interface."""
        return labels(self.lang)

    def source(self, table: PublishedTable) -> str:
        """The source line printed inside the picture."""
        text = f"{self.words['source']}{colon(self.lang)}{table.source}"
        return f"{text} — {self.mention}" if self.mention else text


def spec_columns(table: PublishedTable, spec: dict[str, Any]) -> list[Column]:
    """Columns that the chart draws (`columns`, or `column`, or the first numeric one)."""
    codes = spec.get("columns") or ([spec["column"]] if spec.get("column") else [])
    if codes:
        return [table.column(code) for code in codes]
    return [column for column in table.columns if column.kind != "text"][:1]


def points(table: PublishedTable, spec: dict[str, Any], column: Column, lang: str) -> list[Point]:
    """Marks of one column, in drawing order; missing rows come last and apart.

    `order`: 'given' (default), 'descending' (within a section, hidden values last) or 'ascending' (whatever the
    section); `apart`: row codes drawn as missing; `limit`: n first; `below`: only values under it; `shown`: only rows
    with a value; `label_from`: text column that names the rows.
    """
    apart = set(spec.get("apart") or ())
    found = []
    for row in table.rows:
        if not is_drawn(row, spec):
            continue
        cell = table.cell(row, column)
        value = None if cell.sign else cell.value
        label = format_cell(cell, column, lang, with_unit=True)
        if spec.get("also") and value is not None:
            other = table.column(spec["also"])
            if table.cell(row, other).sign != NOT_APPLICABLE:
                label = f"{label} · {format_cell(table.cell(row, other), other, lang, with_unit=True)}"
        if marks := ", ".join(mark for mark in cell.marks if mark != BREAK):
            label = f"{label}{NARROW_SPACE}({marks})"
        if spec.get("label_from"):
            row = replace(row, label=table.cell(row, spec["label_from"]).text or row.label)
        missing = row.kind == "missing" or row.code in apart
        if value is None and (spec.get("shown") or spec.get("below")):
            continue
        if spec.get("below") and value >= spec["below"]:
            continue
        found.append(Point(row, value, label, missing, cell.interval, "u" in cell.marks))
    blocks = list(dict.fromkeys(point.row.section for point in found))
    if spec.get("order") == "descending":
        found.sort(key=lambda p: (blocks.index(p.row.section), p.apart, p.value is None, -(p.value or 0)))
    elif spec.get("order") == "ascending":
        found.sort(key=lambda p: (p.apart, p.value is None, p.value or 0))
    else:
        found.sort(key=lambda p: (blocks.index(p.row.section), p.apart))
    return found[: int(spec["limit"])] if spec.get("limit") else found


def top_of(spec: dict[str, Any], drawn: Iterable[Point]) -> float:
    """End of the scale: `max`, else the highest value or upper bound."""
    highest = max((max(p.value, *(p.interval or (0.0,))) for p in drawn if p.value is not None), default=0.0)
    return float(spec.get("max") or highest or 1)


def highlighted(spec: dict[str, Any], drawn: list[Point]) -> set[str] | None:
    """Row codes in the main colour, or None when all are.

    `highlight`: row codes, or how many of each block (the first ones in a given order, else the highest).
    """
    wanted = spec.get("highlight")
    if not wanted:
        return None
    if not isinstance(wanted, int):
        return set(wanted)
    front: set[str] = set()
    for section in dict.fromkeys(point.row.section for point in drawn):
        block = [p for p in drawn if p.row.section == section and not p.apart]
        if spec.get("order") != "given":
            block.sort(key=lambda p: -(p.value or 0))
        front |= {point.row.code for point in block[:wanted]}
    return front


def is_reliable(table: PublishedTable, spec: dict[str, Any], lang: str) -> bool:
    """Whether two values at least may be compared, neither hidden nor built on few answers."""
    drawn = points(table, spec, spec_columns(table, spec)[0], lang)
    return sum(p.value is not None and not p.weak for p in drawn) >= 2


def drawn_title(table: PublishedTable, lang: str) -> str:
    """Title of the drawing: its own, where the table has more columns than it draws, else that of the table."""
    own = (table.chart or {}).get("title") or {}
    return str(own.get(lang) or own.get("fr") or table.title)


def finding(table: PublishedTable, column: Column, context: Context) -> str:
    """One sentence for the description: the table's finding, else its reading aid, else the highest value."""
    said = table.finding or (None if "reading_aid" in table.untranslated else table.reading_aid)
    if said:
        return said
    drawn = [p for p in points(table, {}, column, context.lang) if p.value is not None and not p.apart]
    if not drawn:
        return table.title
    top = max(drawn, key=lambda p: p.value or 0)
    return f"{context.words['highest']}{colon(context.lang)}{top.row.label}, {top.label}."


def is_percent(column: Column) -> bool:
    """True for a column of percentages."""
    return column.unit.strip() == "%"
