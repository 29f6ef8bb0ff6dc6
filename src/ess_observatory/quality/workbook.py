"""`lignes-refusees.xlsx`: the refused rows as the analyst corrects them and drops them back."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

from ess_observatory.quality.refused import RefusedSheet
from ess_observatory.read.file_names import HELP
from ess_observatory.read.refused_headers import CORRECTED, REFUSED_HEADERS
from ess_observatory.words.numbers import format_number
from ess_observatory.words.spreadsheet import TEXT_ONLY

NAME = "lignes-refusees.xlsx"
_LINES = (
    "Lignes refusées à corriger",
    "",
    "1. Une feuille par source. Chaque ligne est une ligne de vos fichiers qui n’a pas été comptée.",
    "2. Les colonnes de droite disent où elle se trouve, ce qui ne va pas et que faire. La cellule en défaut est en couleur.",
    "3. Corrigez la cellule (pour l’enquête, écrivez la bonne valeur dans « Valeur corrigée », sans toucher aux autres colonnes).",
    "   Supprimez les lignes que vous ne voulez pas compter.",
    "4. Enregistrez ce classeur dans le dossier des fichiers bruts, sous n’importe quel nom, et relancez.",
    "5. Les fichiers d’origine ne sont pas touchés : leurs lignes restent refusées, celles-ci comptent à leur place.",
)


def write_refused(sheets: list[RefusedSheet], path: Path) -> Path:
    """Write the workbook and return its path. Every text is written as text: nothing in it can become a formula."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), TEXT_ONLY) as book:
        book.set_properties({"title": "Lignes refusées", "created": dt.datetime(2000, 1, 1)})
        bold = book.add_format({"bold": True, "font_size": 14})
        plain = book.add_format({"text_wrap": True, "valign": "top"})
        text = book.add_format({"num_format": "@", "valign": "top"})
        wrong = book.add_format(
            {
                "num_format": "@",
                "valign": "top",
                "bg_color": "#FDE3D0",
                "border": 1,
                "border_color": "#B8480B",
            }
        )
        note = book.add_format(
            {"num_format": "@", "valign": "top", "font_color": "#59606A", "text_wrap": True}
        )
        head = book.add_format(
            {"bold": True, "bg_color": "#0C2F4E", "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"}
        )
        head_note = book.add_format(
            {"bold": True, "bg_color": "#59606A", "font_color": "#FFFFFF", "valign": "top"}
        )
        used: set[str] = set()
        # The sheets to correct come first: that is where the file opens.
        for sheet in sheets:
            page = book.add_worksheet(_sheet_name(sheet.title, used))
            own, width = list(sheet.headers), len(sheet.headers)
            for i, header in enumerate([*own, *REFUSED_HEADERS]):
                page.write_string(0, i, header, head if i < width else head_note)
            for line, row in enumerate(sheet.rows, 1):
                at_fault = own.index(row.column) if row.column in own else 0 if own == [CORRECTED] else -1
                for i, cell in enumerate(row.cells):
                    shape = wrong if i == at_fault else text
                    page.write_string(line, i, cell, shape) if cell is not None else page.write_blank(
                        line, i, None, shape
                    )
                place = "" if row.line is None else str(row.line)
                for i, cell in enumerate(
                    (row.file, row.sheet, place, row.column, row.value, row.code, row.reason, row.fix)
                ):
                    page.write_string(line, width + i, cell, note)
            page.freeze_panes(1, 0)
            page.autofilter(0, 0, max(len(sheet.rows), 1), width + len(REFUSED_HEADERS) - 1)
            page.set_column(0, max(width - 1, 0), 18)
            for i, size in enumerate((34, 16, 8, 22, 22, 14, 44, 52)):
                page.set_column(width + i, width + i, size)
        page = book.add_worksheet(HELP)
        page.set_column(0, 0, 110)
        counted = [
            f"{s.title} : {format_number(s.total)} ligne(s)"
            + (f", dont les {format_number(len(s.rows))} premières ici" if s.total > len(s.rows) else "")
            for s in sheets
        ]
        for i, line_text in enumerate([*_LINES, "", *(counted or ["Aucune ligne à corriger."])]):
            page.write_string(i, 0, line_text, bold if i == 0 else plain)
    return path


def _sheet_name(title: str, used: set[str]) -> str:
    """A sheet name that spreadsheets accept: 31 characters, none of []:*?/\\ ."""
    base = re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:31].strip() or "Source"
    name, number = base, 1
    while name.casefold() in used:
        number += 1
        name = f"{base[:28]} {number}"
    used.add(name.casefold())
    return name
