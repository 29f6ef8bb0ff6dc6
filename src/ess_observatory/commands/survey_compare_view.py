"""A comparison of two editions of the survey, as a person reads it: lines of the terminal and a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ess_observatory.commands.console import answers, escape
from ess_observatory.commands.messages import note
from ess_observatory.compared.survey_answers import BREAK, CAVEAT, COMPARABLE, DROPPED, NEW, Evolution, Share
from ess_observatory.words.numbers import format_value, round_half_up
from ess_observatory.words.spreadsheet import BOM

WORDS = {COMPARABLE: "", BREAK: "rupture de série", NEW: "nouveau", DROPPED: "retiré"}
_HEADER = (
    "question", "modalité", "libellé", "A (%)", "A borne basse", "A borne haute", "A base", "A statut",
    "B (%)", "B borne basse", "B borne haute", "B base", "B statut",
    "écart (points)", "écart borne basse", "écart borne haute", "constat", "réserve",
)  # fmt: skip


def reserve(row: Evolution) -> str:
    """What must be known before the two values are read together: « rupture de série : intitulé modifié »."""
    return "\u00a0: ".join(part for part in (WORDS[row.status], ", ".join(row.reasons)) if part)


def show_evolutions(rows: Sequence[Evolution]) -> None:
    """Every choice on a line, then what to know of the intervals."""
    from rich.console import Console
    from rich.table import Table

    if not rows:
        note("Aucune question à choix n’est publiée dans ces deux éditions.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for header in ("Question", "Modalité"):
        table.add_column(header, overflow="fold")
    for header in ("A", "B", "Écart (points)"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("Constat ou réserve", overflow="fold")
    for row in rows:
        told = " – ".join(part for part in (row.finding, reserve(row)) if part)
        cells = (row.question, row.label, _shown(row.previous), _shown(row.current), _gap(row), told)
        table.add_row(*map(escape, cells))
    screen = answers() if answers().is_terminal else Console(width=200, highlight=False)
    screen.print(table)
    note(CAVEAT)


def write_evolutions(rows: Sequence[Evolution], path: Path) -> Path:
    """Write the rows as CSV (UTF-8 with BOM, `;`, decimal comma) and return the path."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow(_HEADER)
    for row in rows:
        sides = [item for share in (row.previous, row.current) for item in _cells(share)]
        gap = [_plain(value) for value in (row.gap, row.gap_low, row.gap_high)]
        writer.writerow([row.question, row.choice, row.label, *sides, *gap, row.finding, reserve(row)])
    writer.writerow([])
    writer.writerow([CAVEAT])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((BOM + stream.getvalue()).encode())
    return path


def _cells(share: Share | None) -> list[str]:
    if share is None:
        return [""] * 5
    base = "" if share.n is None else str(share.n)
    return [*(_plain(value) for value in (share.value, share.low, share.high)), base, share.sign]


def _plain(value: float | None) -> str:
    return "" if value is None else str(round_half_up(value, 1)).replace(".", ",")


def _shown(share: Share | None) -> str:
    if share is None:
        return "–"
    if share.value is None:
        return share.sign
    text = format_value(share.value, "%", 0)
    if share.low is not None and share.high is not None:
        text += f" [{format_value(share.low, None, 0)}\u00a0; {format_value(share.high, None, 0)}]"
    return text if share.n is None else f"{text} (n\u00a0=\u00a0{share.n})"


def _gap(row: Evolution) -> str:
    if row.gap is None:
        return "–"
    text = format_value(row.gap, None, 0)
    if row.gap_low is None or row.gap_high is None:
        return text
    return f"{text} [{format_value(row.gap_low, None, 0)}\u00a0; {format_value(row.gap_high, None, 0)}]"
