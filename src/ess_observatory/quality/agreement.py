"""Where the perimeter and other producers disagree: the list that an analyst goes through (confidential)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from ess_observatory.engine.database import Database
from ess_observatory.quality.refused import MOST_ROWS
from ess_observatory.read.cast import quote
from ess_observatory.words.spreadsheet import TEXT_ONLY

STEM = "desaccords-perimetre"
_TABLE = "core.perimeter_opinion"
_DECISIONS = {"in": "retenu", "out": "écarté", "review": "à vérifier"}
#: Heading of the sheet, width in characters, and what it shows.
_COLUMNS = (
    ("SIRET", 17, "siret"),
    ("Nom", 36, "name"),
    ("Catégorie juridique", 12, "legal_category"),
    ("Activité", 10, "naf"),
    ("Commune", 10, "commune_code"),
    ("Notre décision", 14, "decision"),
    ("Règle", 18, "rule_id"),
    ("Libellé de la règle", 44, "rule_label"),
    ("Preuve", 52, "evidence"),
    ("Autre avis", 30, "given_by_label"),
    ("Cet avis", 12, "opinion"),
    ("Ce qu’il dit", 36, "detail"),
)


def write_disagreements(db: Database, folder: Path) -> list[dict[str, Any]]:
    """Write `desaccords-perimetre.parquet` (all) and `.xlsx` (to sort and annotate); return how many there are of each sort.

    Each item: `given_by_label`, `decision` (in French), `rule_id`, `rule_label`, `count`. Nothing is written, and nothing
    returned, when the perimeter is not decided yet or nobody else has an opinion on it.
    """
    if not db.exists(*_TABLE.split(".")) or not db.rows(f"select 1 from {_TABLE} limit 1"):
        return []
    names = ", ".join(name for _, _, name in _COLUMNS)
    listed = f"select {names} from {_TABLE} where agreement = 'disagree' order by given_by_label, decision, rule_id, siret"
    db.execute(f"copy ({listed}) to {quote(str(folder / f'{STEM}.parquet'))} (format parquet)")
    _write_sheet(db.dicts(f"{listed} limit {MOST_ROWS}"), folder / f"{STEM}.xlsx")
    counted = db.dicts(
        "select given_by_label, decision, rule_id, rule_label, count(*) as count from "
        f"{_TABLE} where agreement = 'disagree' group by all order by given_by_label, count desc, rule_id"
    )
    return [{**row, "decision": _DECISIONS[row["decision"]]} for row in counted]


def _write_sheet(rows: list[dict[str, Any]], path: Path) -> None:
    """Every cell is text: nothing in it can become a formula."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), TEXT_ONLY) as book:
        book.set_properties({"title": "Désaccords sur le périmètre", "created": dt.datetime(2000, 1, 1)})
        head = book.add_format(
            {"bold": True, "bg_color": "#0C2F4E", "font_color": "#FFFFFF", "text_wrap": True}
        )
        text = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        page = book.add_worksheet("Désaccords")
        for i, (title, width, name) in enumerate(_COLUMNS):
            page.set_column(i, i, width)
            page.write_string(0, i, title, head)
            for line, row in enumerate(rows, 1):
                page.write_string(line, i, _shown(name, row[name]), text)
        page.freeze_panes(1, 2)
        page.autofilter(0, 0, max(len(rows), 1), len(_COLUMNS) - 1)


def _shown(name: str, value: Any) -> str:
    if name == "decision":
        return _DECISIONS[value]
    if name == "opinion":
        return "oui" if value == "yes" else "non"
    return "" if value is None else str(value)
