"""A comparison as a person reads it in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ess_observatory.commands.console import answers, escape
from ess_observatory.commands.messages import note
from ess_observatory.publish.comparison import WORDS, Change
from ess_observatory.publish.snapshot import Snapshot

_WIDE = 200


def show_changes(before: Snapshot, after: Snapshot, changes: Sequence[Change]) -> None:
    """What A and B are, every change on a line, the counts. Wide lines where the output is not a terminal."""
    from rich.console import Console
    from rich.table import Table

    for letter, snapshot in (("A", before), ("B", after)):
        mention = ", données synthétiques" if snapshot.is_synthetic else ""
        note(
            f"{letter} : {snapshot.edition}, version {snapshot.version}{mention}, {len(snapshot.entries)} chiffres"
        )
    if not changes:
        note("Aucun chiffre ne diffère.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for header in ("Tableau", "Chiffre", "Libellé", "Nature"):
        table.add_column(header, overflow="fold")
    for header in ("A", "B", "Écart"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("Réserve ou motif", overflow="fold")
    for c in changes:
        cells = (
            c.table_number,
            c.figure_id,
            c.label,
            WORDS[c.kind],
            c.shown_a,
            c.shown_b,
            c.shown_difference,
        )
        table.add_row(*map(escape, cells), escape(c.break_in_series or c.reason or ""))
    screen = answers() if answers().is_terminal else Console(width=_WIDE, highlight=False)
    screen.print(table)
    note(", ".join(f"{word}s : {sum(c.kind == kind for c in changes)}" for kind, word in WORDS.items()))
