"""What a publication gives to the cells of a template: values with a number format, signs and labels as text."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ess_observatory.publish.publication import Publication
from ess_observatory.publish.tables import Cell, Column, PublishedTable
from ess_observatory.render.page import name_of
from ess_observatory.words.labels import labels
from ess_observatory.words.numbers import format_value


@dataclass(frozen=True)
class Shown:
    """A value of a cell; `as_share`: a percentage as a share of one, for a cell whose own format multiplies by 100."""

    value: str | int | float
    number_format: str = "General"
    as_share: float | None = None


def words_of(publication: Publication) -> dict[str, str]:
    """The words that a template may use: what the edition is; `synthetic` is empty for real data."""
    manifest = publication.manifest
    return {
        "title": str(manifest["title"]),
        "subtitle": str(manifest.get("subtitle") or ""),
        "territory": name_of(manifest.get("territory")),
        "year": str(manifest.get("year") or ""),
        "version": str(manifest.get("version") or ""),
        "publisher": name_of(manifest.get("publisher")),
        "licence": name_of(manifest.get("licence")),
        "synthetic": labels(publication.lang)["synthetic"] if manifest.get("synthetic") else "",
    }


def figure_of(publication: Publication, figure_id: str) -> Shown:
    """A published figure, its unit in its format. Raises KeyError."""
    figure = publication.figure(figure_id)
    return _shown(figure.cell, figure.column, with_unit=True)


def block_of(table: PublishedTable, *, with_headers: bool) -> list[list[Shown]]:
    """A published table as a rectangle: sections where there are several, labels, one column a column."""
    lines = []
    if with_headers:
        section = [Shown("")] if table.has_sections else []
        lines.append([*section, Shown(table.stub), *(Shown(column.header) for column in table.columns)])
    for row in table.rows:
        section = [Shown(row.section or "")] if table.has_sections else []
        cells = [
            _shown(cell, column, with_unit=cell.unit is not None and cell.unit != column.unit)
            for column in table.columns
            for cell in [table.cell(row, column)]
        ]
        lines.append([*section, Shown(row.label), *cells])
    return lines


def _shown(cell: Cell, column: Column, *, with_unit: bool) -> Shown:
    if cell.sign or cell.value is None:
        return Shown(cell.bound or cell.sign or cell.text or "–")
    unit = (cell.unit if cell.unit is not None else column.unit) or ""
    decimals = cell.decimals if cell.decimals is not None else column.decimals
    is_percent = format_value(1.0, unit, 0).endswith("%")
    value = int(cell.value) if cell.value == int(cell.value) else cell.value
    share = float(Decimal(repr(cell.value)) / 100) if is_percent else None
    return Shown(value, _format(unit, decimals, with_unit=with_unit), share)


def _format(unit: str, decimals: int, *, with_unit: bool) -> str:
    """The number format that prints as the page does: from how it prints ±1, so that units have one home."""
    one = format_value(1.0, unit, 0)
    digits = "0" + (f".{'0' * decimals}" if decimals else "")
    is_year = format_value(2000.0, unit, 0) == "2000"
    if is_year:
        return "0"
    tail = one.lstrip("+1")
    suffix = f'"{tail}"' if tail and with_unit else ""
    plain = f"#,##{digits}{suffix}"
    return f"+{plain};-{plain};{digits}{suffix}" if one.startswith("+") else plain
