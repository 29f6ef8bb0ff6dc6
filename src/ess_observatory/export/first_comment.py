"""A first factual comment of a publication, for the analyst to sort, rewrite and sign.

One Markdown file a chapter, in the shape of `pipelines/texts/fr/`. It ranks, notes concentration, outliers and changes;
it explains nothing. No number is written: `{{ fig('id') }}` only, and only for figures that are shown.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ess_observatory.compared.compare import Change, Snapshot, compare
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.tables import Cell, Column, PublishedTable, Row
from ess_observatory.words.number_words import spelled, without_digits
from ess_observatory.words.typography import french

HEADLINE = "Brouillon automatique : à vérifier, à trier, à récrire"
_LISTED, _RANKED, _CHANGES = 8, 3, 4
_MARKED_CHANGE = 0.2


@dataclass(frozen=True)
class Fact:
    """A sentence and how much it matters (the greater, the sooner it is said)."""

    weight: float
    text: str


def draft(
    publication: Publication, previous: Snapshot | None = None, current: Snapshot | None = None
) -> dict[str, str]:
    """File name → Markdown, a file a chapter that has tables. With `previous`, changes from it to `current` are said."""
    changes: dict[str, list[Change]] = {}
    if previous is not None and current is not None:
        for change in compare(previous, current):
            changes.setdefault(change.table_id, []).append(change)
    files = {}
    for chapter in publication.texts.get("chapters") or ():
        tables = [publication.table(str(key)) for key in chapter.get("tables") or ()]
        parts = [part for table in tables if (part := _table_part(table, changes.get(table.id, [])))]
        if parts:
            number = str(chapter["id"])
            name = f"ch-{number.zfill(2) if number.isdigit() else number.lower()}.md"
            title = without_digits(chapter["title"])
            files[name] = french("\n\n".join([f"# {title}", f"> {HEADLINE}", *parts])) + "\n"
    return files


def write_draft(files: Mapping[str, str], folder: Path, force: bool = False) -> tuple[list[Path], list[Path]]:
    """Write the files; a file that is already there and differs is kept, unless `force`. Returns (written, kept)."""
    folder.mkdir(parents=True, exist_ok=True)
    written, kept = [], []
    for name, text in files.items():
        path = folder / name
        if path.is_file() and not force and path.read_text(encoding="utf-8") != text:
            kept.append(path)
            continue
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written, kept


def _table_part(table: PublishedTable, changes: Sequence[Change]) -> str | None:
    facts = [*_facts(table), *_changes(table, changes)]
    if not facts:
        return None
    facts.sort(key=lambda fact: -fact.weight)
    lines = [f"- {fact.text}" for fact in facts]
    return "\n".join([f"### {without_digits(table.title)} (tableau {table.number})", "", *lines])


def _facts(table: PublishedTable) -> Iterator[Fact]:
    column = _main_column(table)
    if column is None:
        return
    sections = list(dict.fromkeys(row.section for row in table.rows))
    for section in sections:
        rows = [row for row in table.rows if row.section == section]
        about = f"**{without_digits(section)}.** " if section and len(sections) > 1 else ""
        yield from _block_facts(table, column, rows, about)
    hidden = sum(cell.sign == "s" for cell in table.cells.values())
    if hidden:
        yield Fact(
            0.1,
            "Des valeurs de ce tableau sont masquées par le secret statistique : ne pas chercher à les déduire.",
        )
    reserves = {mark for cell in table.cells.values() for mark in cell.marks}
    if "u" in reserves:
        yield Fact(
            0.2,
            "Plusieurs pourcentages reposent sur une base étroite : les donner avec leurs effectifs, avec prudence.",
        )
    if "d" in reserves:
        yield Fact(
            0.6, "Le numérateur et le dénominateur n’ont pas le même champ : le dire à côté du chiffre."
        )


def _block_facts(table: PublishedTable, column: Column, rows: Sequence[Row], about: str) -> Iterator[Fact]:
    shown = [row for row in rows if row.kind == "data" and table.cell(row, column).value is not None]
    units = {table.cell(row, column).unit for row in shown}
    for row in rows:
        cell = table.cell(row, column)
        if row.kind == "total" and cell.value is not None:
            yield Fact(0.9, f"{about}{_label(table, row)} : {_fig(cell)}.")
    if len(units) > 1 or len(shown) < 3:
        for row in shown[:_LISTED]:
            yield Fact(0.8, f"{about}{_label(table, row)} : {_with_share(table, row, column)}.")
        return
    ranked = sorted(shown, key=lambda row: -_value(table, row, column))
    positive = [row for row in ranked if _value(table, row, column) > 0]
    if positive:
        yield Fact(0.85, about + _ranking(table, column, positive))
    yield from _concentration(table, column, rows, positive, about)
    yield from _outliers(table, column, positive, about)
    zero = [_label(table, row) for row in shown if _value(table, row, column) == 0]
    if zero and len(zero) <= _LISTED:
        yield Fact(0.3, f"{about}À zéro : {_listing(zero)}.")
    for row in rows:
        cell = table.cell(row, column)
        if row.kind == "missing" and cell.value:
            yield Fact(0.4, f"{about}{_label(table, row)} : {_with_share(table, row, column)}.")


def _ranking(table: PublishedTable, column: Column, ranked: Sequence[Row]) -> str:
    top = ranked[:_RANKED]
    named = [f"{_quoted(table, row)} ({_with_share(table, row, column)})" for row in top]
    values = [_value(table, row, column) for row in top]
    if len(top) > 1 and values[0] == values[1]:
        return f"À égalité en tête, {_listing(named)}."
    return f"En tête, {named[0]}" + (f" ; puis {_listing(named[1:])}." if len(named) > 1 else ".")


def _concentration(
    table: PublishedTable, column: Column, rows: Sequence[Row], ranked: Sequence[Row], about: str
) -> Iterator[Fact]:
    """Said only where the rows add up to a total: choices of a multiple answer do not."""
    totals = [v for row in rows if row.kind == "total" and (v := table.cell(row, column).value) is not None]
    values = [_value(table, row, column) for row in ranked]
    parts = values + [v for row in rows if row.kind == "missing" and (v := table.cell(row, column).value)]
    if len(totals) != 1 or not totals[0] or abs(sum(parts) - totals[0]) > 1e-6 or len(values) < 4:
        return
    half = next((n for n in range(1, len(values) + 1) if sum(values[:n]) > totals[0] / 2), None)
    if half == 1:
        yield Fact(
            0.7, f"{about}{_quoted(table, ranked[0])} réunit à soi seul plus de la moitié de l’ensemble."
        )
    elif half is not None and half <= len(values) / 3:
        yield Fact(
            0.7, f"{about}Les {spelled(half)} premières lignes réunissent plus de la moitié de l’ensemble."
        )


def _outliers(table: PublishedTable, column: Column, ranked: Sequence[Row], about: str) -> Iterator[Fact]:
    """Rows beyond the third quartile plus three interquartile ranges (Tukey’s far-out fence)."""
    if len(ranked) < 8:
        return
    low, _, high = statistics.quantiles(
        [_value(table, row, column) for row in ranked], n=4, method="inclusive"
    )
    fence = high + 3 * (high - low)
    far = [_quoted(table, row) for row in ranked if high > low and _value(table, row, column) > fence]
    if 0 < len(far) <= _RANKED:
        yield Fact(0.5, f"{about}Très au-dessus des autres lignes : {_listing(far)}.")


def _changes(table: PublishedTable, changes: Sequence[Change]) -> Iterator[Fact]:
    cells = {cell.figure_id: (row, col) for (row, col), cell in table.cells.items() if cell.figure_id}
    broken = [change for change in changes if change.break_in_series]
    if broken:
        yield Fact(1.0, "Rupture de série depuis la publication précédente : ne pas comparer les valeurs.")
    moved = [
        c
        for c in changes
        if c.difference and c.figure_id in cells and table.cells[cells[c.figure_id]].value is not None
    ]
    moved.sort(key=_magnitude, reverse=True)
    for change in moved[:_CHANGES]:
        row, column = table.row(cells[change.figure_id][0]), table.column(cells[change.figure_id][1])
        way = "en hausse" if (change.difference or 0) > 0 else "en baisse"
        how = "nettement " if _magnitude(change) >= _MARKED_CHANGE else ""
        measure = f", {without_digits(column.label)}" if len(table.columns) > 1 else ""
        now = _fig(table.cell(row, column))
        text = f"Depuis la publication précédente, {_quoted(table, row)}{measure} : {how}{way}, à {now}."
        yield Fact(0.95 + min(_magnitude(change), 1) / 100, text)
    new = sum(change.kind == "appeared" for change in changes)
    if new:
        yield Fact(0.15, "Ce tableau a des chiffres qui n’étaient pas dans la publication précédente.")


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


def _value(table: PublishedTable, row: Row, column: Column) -> float:
    value = table.cell(row, column).value
    assert value is not None
    return value


def _fig(cell: Cell) -> str:
    return f"{{{{ fig('{cell.figure_id}') }}}}"


def _with_share(table: PublishedTable, row: Row, column: Column) -> str:
    """The figure with its unit word, and its share when the table gives one on the same row."""
    cell = table.cell(row, column)
    unit = cell.unit if cell.unit is not None else column.unit
    words = {"%", "‰", "€", "K€", "points", ""}
    text = f"{_fig(cell)} {unit}" if unit not in words else _fig(cell)
    shares = [
        table.cell(row, c)
        for c in table.columns
        if c.unit == "%" and c.code != column.code and c.kind != "text"
    ]
    share = next((c for c in shares if c.value is not None and c.numerator == cell.value), None)
    return f"{text}, soit {_fig(share)}" if share is not None and unit not in words else text


def _label(table: PublishedTable, row: Row) -> str:
    """Label of a row without digits; the table’s own text where the label is only a rank."""
    if row.label.isdigit():
        texts = [cell.text for c in table.columns if c.kind == "text" and (cell := table.cell(row, c)).text]
        if texts and texts[0]:
            return without_digits(texts[0])
    return without_digits(row.label)


def _quoted(table: PublishedTable, row: Row) -> str:
    return f"« {_label(table, row)} »"


def _listing(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} et {items[-1]}"
