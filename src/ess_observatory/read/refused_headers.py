"""The columns that the workbook of refused rows adds to those of a source: never unknown, never data.

A refused row corrected in that workbook can be dropped back as it is: the reader ignores these columns.
"""

from __future__ import annotations

REFUSED_HEADERS = (
    "Fichier",
    "Feuille",
    "Ligne",
    "Colonne en défaut",
    "Valeur refusée",
    "Code du refus",
    "Motif",
    "À faire",
)
#: Where the right value of a refused cell of a form is written: an answer to the survey has no row to give back whole.
CORRECTED = "Valeur corrigée"
#: Those that say where a row came from.
FILE, SHEET, LINE, COLUMN, VALUE = REFUSED_HEADERS[:5]
