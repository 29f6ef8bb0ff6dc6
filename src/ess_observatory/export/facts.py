"""What a table says by itself, in sentences to sort, rewrite and sign: ranks, concentration, outliers, changes. It explains nothing.

No number is written: `{{ fig('id') }}` and `{{ agree(…) }}` only, of figures that are shown, as a text of the report would; `filled`
gives the sentence with its values.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ess_observatory.publish.comparison import Change
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.tables import NOT_APPLICABLE, Cell, Column, PublishedTable, Row
from ess_observatory.words.number_words import spelled, without_digits
from ess_observatory.words.numbers import is_plural

_LISTED, _RANKED, _CHANGES = 8, 3, 4
_MARKED_CHANGE = 0.2
#: Units that are signs, or that say nothing after a number.
_SIGNS = {"%", "‰", "€", "K€", "points", ""}
_PLACEHOLDER = re.compile(r"{{ (?:fig\('([^']+)'\)|agree\('([^']+)', '([^']*)', '([^']*)'\)) }}")


@dataclass(frozen=True)
class Fact:
    """A sentence and how much it matters (the greater, the sooner it is said); `is_advice`: it speaks to whoever writes."""

    weight: float
    text: str
    is_advice: bool = False


def facts_of(
    table: PublishedTable, changes: Sequence[Change] = (), said: Callable[[str], str] = without_digits
) -> list[Fact]:
    """The sentences on a table, those that matter most first; `said`: how a label is written (in words where no digit may be).

    `changes`: those of its figures since an earlier publication.
    """
    found = _Facts(table, said)
    facts = [*found.of_blocks(), *found.of_reserves(), *found.of_changes(changes)]
    return sorted(facts, key=lambda fact: -fact.weight)


def filled(text: str, publication: Publication) -> str:
    """A sentence with its values in the place of its placeholders."""

    def value(match: re.Match[str]) -> str:
        figure = publication.figure(match[1] or match[2])
        if match[1]:
            thousands = "\u00a0milliers d’euros" if (figure.cell.unit or figure.column.unit) == "K€" else ""
            return figure.formatted() + thousands
        return match[4] if is_plural(figure.value or 0) else match[3]

    return _PLACEHOLDER.sub(value, text)


class _Facts:
    def __init__(self, table: PublishedTable, said: Callable[[str], str]) -> None:
        self.table, self.said = table, said
        self.column = _main_column(table)

    def of_blocks(self) -> Iterator[Fact]:
        """Block of rows by block of rows: the total, the ranking, what is odd."""
        if self.column is None:
            return
        sections = list(dict.fromkeys(row.section for row in self.table.rows))
        for section in sections:
            rows = [row for row in self.table.rows if row.section == section]
            about = f"**{self.said(section)}.** " if section and len(sections) > 1 else ""
            yield from self._block(self.column, rows, about)

    def of_reserves(self) -> Iterator[Fact]:
        """What must be said beside the figures."""
        cells = self.table.cells.values()
        if any(cell.sign == "s" for cell in cells):
            yield Fact(
                0.1,
                "Des valeurs de ce tableau sont masquées par le secret statistique : ne pas chercher à les déduire.",
                is_advice=True,
            )
        marks = {mark for cell in cells for mark in cell.marks}
        if "u" in marks:
            yield Fact(
                0.2,
                "Plusieurs pourcentages reposent sur une base étroite : les donner avec leurs effectifs, avec prudence.",
                is_advice=True,
            )
        if "d" in marks:
            yield Fact(
                0.6,
                "Le numérateur et le dénominateur n’ont pas le même champ : le dire à côté du chiffre.",
                is_advice=True,
            )

    def of_changes(self, changes: Sequence[Change]) -> Iterator[Fact]:
        """What moved since an earlier publication."""
        table = self.table
        cells = {cell.figure_id: key for key, cell in table.cells.items() if cell.figure_id}
        if any(change.break_in_series for change in changes):
            yield Fact(
                1.0, "Rupture de série depuis la publication précédente : ne pas comparer les valeurs."
            )
        moved = [
            c
            for c in changes
            if c.difference and c.figure_id in cells and table.cells[cells[c.figure_id]].value is not None
        ]
        for change in sorted(moved, key=_magnitude, reverse=True)[:_CHANGES]:
            row, column = table.row(cells[change.figure_id][0]), table.column(cells[change.figure_id][1])
            way = "en hausse" if (change.difference or 0) > 0 else "en baisse"
            how = "nettement " if _magnitude(change) >= _MARKED_CHANGE else ""
            measure = f", {self.said(column.label)}" if len(table.columns) > 1 else ""
            now = _fig(table.cell(row, column))
            text = f"Depuis la publication précédente, {self._quoted(row)}{measure} : {how}{way}, à {now}."
            yield Fact(0.95 + min(_magnitude(change), 1) / 100, text)
        if any(change.kind == "appeared" for change in changes):
            yield Fact(
                0.15, "Ce tableau a des chiffres qui n’étaient pas dans la publication précédente.", True
            )

    def _block(self, column: Column, rows: Sequence[Row], about: str) -> Iterator[Fact]:
        table = self.table
        shown = [row for row in rows if row.kind == "data" and table.cell(row, column).value is not None]
        units = {table.cell(row, column).unit for row in shown}
        for row in rows:
            if row.kind == "total" and table.cell(row, column).value is not None:
                yield Fact(0.9, f"{about}{self._label(row)} : {self._with_share(row, column)}.")
        if len(units) > 1 or len(shown) < 3 or str(table.chapter) == "0":  # headlines count different things
            for row in shown[:_LISTED]:
                yield Fact(0.8, f"{about}{self._label(row)} : {self._with_share(row, column)}.")
            return
        ranked = sorted(shown, key=lambda row: -self._value(row, column))
        positive = [row for row in ranked if self._value(row, column) > 0]
        if positive:
            yield Fact(0.85, about + self._ranking(column, positive, rows))
        yield from self._concentration(column, rows, positive, about)
        if self._is_whole(column, rows):
            yield from self._outliers(column, positive, about)
        zero = [self._label(row) for row in shown if self._value(row, column) == 0]
        if zero and len(zero) <= _LISTED:
            yield Fact(0.3, f"{about}À zéro : {_listing(zero)}.")
        for row in rows:
            if row.kind == "missing" and table.cell(row, column).value:
                yield Fact(0.4, f"{about}{self._label(row)} : {self._with_share(row, column)}.")

    def _is_whole(self, column: Column, rows: Sequence[Row]) -> bool:
        """Whether no row is hidden, bounded or not available: one that is may be the greatest."""
        cells = [self.table.cell(row, column) for row in rows if row.kind == "data"]
        return all(cell.value is not None or cell.sign == NOT_APPLICABLE for cell in cells)

    def _ranking(self, column: Column, ranked: Sequence[Row], rows: Sequence[Row]) -> str:
        """The first rows; that one leads is only said when it does: no row unknown, no tie, and intervals with nothing in common."""
        top = ranked[:_RANKED]
        named = [f"{self._quoted(row)} ({self._with_share(row, column)})" for row in top]
        if not self._is_whole(column, rows):
            return f"Parmi les valeurs montrées, les plus élevées : {_listing(named)}."
        if len(top) == 1:
            return f"Une seule ligne n’est pas à zéro : {named[0]}."
        values = [self._value(row, column) for row in top]
        if values[0] == values[1]:
            tied = sum(self._value(row, column) == values[0] for row in ranked)
            more = (
                f", et {spelled(tied - _RANKED)} autre{'s' if tied - _RANKED > 1 else ''} de même valeur"
                if tied > _RANKED
                else ""
            )
            return f"À égalité en tête, {_listing(named[: min(tied, _RANKED)])}{more}."
        if self._is_chance(top[0], top[1], column):
            return f"Les valeurs les plus élevées, sans écart net entre elles : {_listing(named)}."
        return f"En tête, {named[0]} ; puis {_listing(named[1:])}."

    def _is_chance(self, first: Row, second: Row, column: Column) -> bool:
        """Whether the intervals of two rows, in this column or in that of their shares, have something in common."""
        for known in [column, *self._shares(column)]:
            a, b = (self.table.cell(row, known).interval for row in (first, second))
            if a and b:
                return a[0] <= b[1]
        return any(
            self.table.cell(row, known).base_n is not None
            for row in (first, second)
            for known in self.table.columns
        )

    def _concentration(
        self, column: Column, rows: Sequence[Row], ranked: Sequence[Row], about: str
    ) -> Iterator[Fact]:
        """Said only where the rows add up to a total: choices of a multiple answer do not."""
        table = self.table
        totals = [
            v for row in rows if row.kind == "total" and (v := table.cell(row, column).value) is not None
        ]
        values = [self._value(row, column) for row in ranked]
        parts = values + [v for row in rows if row.kind == "missing" and (v := table.cell(row, column).value)]
        if len(totals) != 1 or not totals[0] or abs(sum(parts) - totals[0]) > 1e-6 or len(values) < 4:
            return
        half = next((n for n in range(1, len(values) + 1) if sum(values[:n]) > totals[0] / 2), None)
        if half == 1:
            yield Fact(
                0.7, f"{about}{self._quoted(ranked[0])} réunit à soi seul plus de la moitié de l’ensemble."
            )
        elif half is not None and half <= len(values) / 3:
            yield Fact(
                0.7,
                f"{about}Les {spelled(half)} premières lignes réunissent plus de la moitié de l’ensemble.",
            )

    def _outliers(self, column: Column, ranked: Sequence[Row], about: str) -> Iterator[Fact]:
        """Rows beyond the third quartile plus three interquartile ranges (Tukey’s far-out fence)."""
        if len(ranked) < 8:
            return
        values = [self._value(row, column) for row in ranked]
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        fence = high + 3 * (high - low)
        far = [self._quoted(row) for row in ranked if high > low and self._value(row, column) > fence]
        if 0 < len(far) <= _RANKED:
            yield Fact(0.5, f"{about}Très au-dessus des autres lignes : {_listing(far)}.")

    def _value(self, row: Row, column: Column) -> float:
        value = self.table.cell(row, column).value
        assert value is not None
        return value

    def _shares(self, column: Column) -> list[Column]:
        return [c for c in self.table.columns if c.unit == "%" and c.code != column.code and c.kind != "text"]

    def _with_share(self, row: Row, column: Column) -> str:
        """The figure with its unit word, and its share when the table gives one on the same row."""
        cell = self.table.cell(row, column)
        unit = cell.unit if cell.unit is not None else column.unit
        text = _fig(cell)
        if unit not in _SIGNS:
            one = " ".join(word.removesuffix("s") for word in unit.split())
            agreed = f"{{{{ agree('{cell.figure_id}', '{one}', '{unit}') }}}}" if "'" not in unit else unit
            text += f" {agreed if one != unit else unit}"
        shares = [self.table.cell(row, known) for known in self._shares(column)]
        share = next((c for c in shares if c.value is not None and c.numerator == cell.value), None)
        is_whole = row.kind == "total"
        return (
            f"{text}, soit {_fig(share)}"
            if share is not None and unit not in _SIGNS and not is_whole
            else text
        )

    def _label(self, row: Row) -> str:
        """Label of a row; the table’s own text where the label is only a rank."""
        if row.label.isdigit():
            texts = [
                c.text for k in self.table.columns if k.kind == "text" and (c := self.table.cell(row, k)).text
            ]
            if texts and texts[0]:
                return self.said(texts[0])
        return self.said(row.label)

    def _quoted(self, row: Row) -> str:
        return f"« {self._label(row)} »"


def _magnitude(change: Change) -> float:
    """Size of a change, relative to the former value; in hundredths for percentages."""
    assert change.difference is not None
    if change.unit == "%":
        return abs(change.difference) / 100 * 4
    return abs(change.difference) / max(abs(change.value_a or 0), 1)


def _main_column(table: PublishedTable) -> Column | None:
    numbers = [column for column in table.columns if column.kind != "text"]
    wanted = [(table.chart or {}).get("column"), "total"]
    if all(
        row.label.isdigit() for row in table.rows if row.kind == "data"
    ):  # ranks: their cumulative share ranks itself
        wanted = []
    found = [column for code in wanted for column in numbers if column.code == code]
    return next(iter([*found, *numbers]), None)


def _fig(cell: Cell) -> str:
    return f"{{{{ fig('{cell.figure_id}') }}}}"


def _listing(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} et {items[-1]}"
