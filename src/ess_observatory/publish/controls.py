"""Quality gate 2: what must hold of the publication itself before it is put in place."""

from __future__ import annotations

from collections import defaultdict

from ess_observatory.engine.database import Database
from ess_observatory.publish.book import Book
from ess_observatory.quality import Verdict
from ess_observatory.words.numbers import plain_number

#: Units whose columns must add up to their total.
COUNTED = ("établissements", "postes", "réponses", "communes", "habitants")


def control(book: Book, db: Database) -> list[Verdict]:
    """Verdicts on the books and on the tables, as they are about to leave."""
    return [_ledger(db), *_totals(book), _hidden(book), *_declared(book)]


def _ledger(db: Database) -> Verdict:
    wrong = db.rows(
        "select file, sheet from staging.ledger where rows_read <> rows_kept + rows_refused or rows_kept < 0"
    )
    return _verdict(
        "ledger",
        "Lignes lues = lignes retenues + lignes refusées, fichier par fichier",
        not wrong,
        str(wrong),
    )


def _totals(book: Book) -> list[Verdict]:
    """In every table with a total, counts add up to it, block by block.

    A hidden cell suspends its column; beside a cell that is not available, the others may only stay under the total.
    """
    verdicts = []
    for table, cells in book.tables:
        columns = {
            c["code"]: c for c in table.card["columns"] if c.get("unit") in COUNTED and c["secrecy"] != "text"
        }
        if table.card.get("survey"):
            continue
        for code in columns:
            of_column = [cell for cell in cells if cell.column_code == code]
            totals = [cell.value for cell in of_column if cell.row_kind == "total"]
            if len(totals) != 1 or totals[0] is None or any(c.conf_status != "F" for c in of_column):
                continue
            blocks: dict[str | None, list[float | None]] = defaultdict(list)
            for cell in of_column:
                if cell.row_kind in ("data", "missing"):
                    blocks[cell.row_section].append(cell.value)
            sums = {
                section: (sum(filter(None, values)), None in values) for section, values in blocks.items()
            }
            wrong = [
                f"{section or 'lignes'} : {plain_number(found)} au lieu de {plain_number(totals[0])}"
                for section, (found, is_partial) in sums.items()
                if (found - totals[0] if is_partial else abs(found - totals[0])) > 1e-6
            ]
            verdicts.append(
                _verdict(
                    f"{table.id}.{code}",
                    f"Tableau {table.number} : les lignes donnent l’ensemble ({columns[code]['label']})",
                    not wrong,
                    " ; ".join(wrong),
                )
            )
    return verdicts


def _hidden(book: Book) -> Verdict:
    leaks = [
        "/".join(c.key)
        for _, cells in book.tables
        for c in cells
        if c.conf_status != "F"
        and any(v is not None for v in (c.value, c.numerator, c.denominator, c.base_n, c.text))
    ]
    return _verdict("hidden", "Aucune cellule masquée ne porte de valeur", not leaks, ", ".join(leaks))


def _declared(book: Book) -> list[Verdict]:
    return [
        Verdict(
            f"figure.{figure_id}",
            "publication",
            f"Le chiffre « {figure_id} » du tableau {number} existe",
            "warn",
            "warning",
            "la ligne n’existe pas dans cette édition",
        )
        for number, figure_id in book.undeclared()
    ]


def _verdict(name: str, label: str, holds: bool, detail: str) -> Verdict:
    return Verdict(
        f"publication.{name}",
        "publication",
        label,
        "block",
        "ok" if holds else "failed",
        "" if holds else detail,
    )
