"""The published table: what every renderer, notebook and reader of a publication folder gets.

`read_publication(dir)` reads a publication folder into these frozen objects (files: see `publish.reader`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

SECRET, NOT_AVAILABLE, NOT_APPLICABLE, NOT_SIGNIFICANT = "s", "nd", "///", "ns"
SIGN_OF_STATUS = {"O": NOT_AVAILABLE, "M": NOT_APPLICABLE, "N": NOT_SIGNIFICANT}
MARK_OF_STATUS = {"U": "u", "D": "d", "P": "p", "E": "e", "B": "b"}
#: The mark of a break in a series; as a flag, beside the mark that the status of the cell already is.
BREAK = "b"


@dataclass(frozen=True)
class Column:
    """A column of a published table; `kind` is 'number' or 'text'."""

    code: str
    label: str
    unit: str = ""
    decimals: int = 0
    kind: str = "number"

    @property
    def header(self) -> str:
        """Label with its unit, as in « Part (%) »; the unit is left out where the label already says it."""
        if not self.unit or self.kind == "text":
            return self.label
        if self.unit.casefold() in self.label.casefold():
            return self.label
        return f"{self.label} ({self.unit})"


@dataclass(frozen=True)
class Row:
    """A row of a published table; `kind` is 'data', 'total', 'base' or 'missing'."""

    code: str
    label: str
    kind: str = "data"
    section: str | None = None


@dataclass(frozen=True)
class Cell:
    """A published cell: a number, a text, or a sign that says why there is none.

    `low`, `high`: what a figure that is not available (`nd`) is at least, and at most, where that is known; `bound`: the same as printed.
    """

    figure_id: str | None = None
    value: float | None = None
    text: str | None = None
    obs_status: str = "A"
    conf_status: str = "F"
    numerator: float | None = None
    denominator: float | None = None
    base_n: int | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    flags: tuple[str, ...] = ()
    unit: str | None = None
    decimals: int | None = None
    low: float | None = None
    high: float | None = None
    bound: str = ""
    sources: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()

    @property
    def sign(self) -> str:
        """'' when the value is shown, else 's', 'nd', '///' or 'ns'."""
        if self.conf_status != "F":
            return SECRET
        if self.obs_status in SIGN_OF_STATUS:
            return SIGN_OF_STATUS[self.obs_status]
        return "" if self.value is not None or self.text is not None else NOT_AVAILABLE

    @property
    def marks(self) -> tuple[str, ...]:
        """Reserves that go with a shown value: 'u' low reliability, 'd' other definition, 'b' after a break…"""
        own = MARK_OF_STATUS.get(self.obs_status)
        breaks = (BREAK,) if BREAK in self.flags and own != BREAK else ()
        return () if self.sign else (*((own,) if own else ()), *breaks)

    @property
    def mark(self) -> str:
        """The reserves of a shown value as printed (« u », « d, b »), or ''."""
        return ", ".join(self.marks)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Bounds of the 95 % confidence interval of a shown value, or None."""
        if self.sign or self.ci_low is None or self.ci_high is None:
            return None
        return self.ci_low, self.ci_high


@dataclass(frozen=True)
class PublishedTable:
    """One published table with everything needed to print it."""

    id: str
    number: str
    chapter: int | str
    title: str
    finding: str | None
    scope: str
    source: str
    base: str | None
    reading_aid: str | None
    notes: tuple[str, ...]
    stub: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    cells: dict[tuple[str, str], Cell] = field(repr=False)
    chart: dict[str, Any] | None = None
    is_method: bool = False
    untranslated: frozenset[str] = frozenset()
    dates: str | None = None

    def cell(self, row: str | Row, column: str | Column) -> Cell:
        """The cell of a row and a column (codes or objects). Raises KeyError for an unknown code."""
        row_code = row.code if isinstance(row, Row) else row
        column_code = column.code if isinstance(column, Column) else column
        return self.cells[row_code, column_code]

    def column(self, code: str) -> Column:
        """The column of that code. Raises KeyError when there is none."""
        for column in self.columns:
            if column.code == code:
                return column
        raise KeyError(code)

    def row(self, code: str) -> Row:
        """The row of that code. Raises KeyError when there is none."""
        for row in self.rows:
            if row.code == code:
                return row
        raise KeyError(code)

    @property
    def sheet_name(self) -> str:
        """Name of the worksheet: T1.1, C.1."""
        return f"T{self.number}" if self.number[:1].isdigit() else self.number

    @property
    def anchor(self) -> str:
        """Id of the table in the HTML page: t1-1, c-1."""
        return self.sheet_name.lower().replace(".", "-")

    @property
    def has_sections(self) -> bool:
        """True when rows come in several blocks (one block only is a title, not a column)."""
        return len({row.section for row in self.rows}) > 1

    @property
    def signs(self) -> tuple[str, ...]:
        """Signs and marks used in the cells, in reading order, each once."""
        found = dict.fromkeys(
            sign
            for row in self.rows
            for column in self.columns
            for cell in [self.cell(row, column)]
            for sign in ((" ".join(cell.bound.split()[:2]),) if cell.bound else (cell.sign, *cell.marks))
            if sign
        )
        return tuple(found)

    def to_frame(self) -> pd.DataFrame:
        """The table as a DataFrame indexed by row code.

        Numbers are nullable floats, NA when hidden; `<column>_sign` beside each says why ('' when shown).
        """
        import pandas as pd

        data: dict[str, Any] = {}
        if self.has_sections:
            data["section"] = pd.array([row.section for row in self.rows], dtype="string")
        data["label"] = pd.array([row.label for row in self.rows], dtype="string")
        for column in self.columns:
            cells = [self.cell(row, column) for row in self.rows]
            if column.kind == "text":
                data[column.code] = pd.array([cell.text for cell in cells], dtype="string")
                continue
            data[column.code] = pd.array([cell.value for cell in cells], dtype="Float64")
            data[f"{column.code}_sign"] = pd.array([cell.sign for cell in cells], dtype="string")
        return pd.DataFrame(data, index=pd.Index([row.code for row in self.rows], name="row_code"))
