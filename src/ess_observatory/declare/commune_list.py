"""A territory from a table of communes: a plain list, or the composition of a zoning that its producer gives with a column of areas."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from ess_observatory.declare.geography import Geography
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.tabular.sheets import open_sheets

_HEADERS = ("codgeo", "codecommune", "codeinsee", "depcom", "inseecom", "codecom", "com", "insee", "code")


@dataclass(frozen=True)
class CommuneList:
    """`codes`: communes of the nomenclature, sorted. `replaced`: retired codes of the table → those that stand for them."""

    codes: tuple[str, ...]
    replaced: dict[str, str]


def read_commune_list(geography: Geography, file: Path, keep: str | None = None) -> CommuneList:
    """The communes of a table (CSV, workbook…), all of them or those of the lines that `keep` (« COLUMN=VALUE ») tells.

    Raises E151 (no such file), E154 (no column of commune codes, unknown column, no line kept), E109 (codes that are no commune).
    """
    if not file.is_file():
        raise ObservatoryError("E151", f"Fichier introuvable : {file}", None, "Donnez le chemin d’une liste de communes.",
                               Exit.MISSING)  # fmt: skip
    for sheet in open_sheets(file):
        for line, header in enumerate(sheet.head):
            names = [_plain(cell) for cell in header]
            column = next((names.index(known) for known in _HEADERS if known in names), None)
            if column is not None:
                rows = _kept(sheet.rows[line + 1 :], header, keep, file)
                return _known(geography, [row[column] for row in rows if column < len(row)], file)
    raise ObservatoryError("E154", "Aucune colonne de codes communes", str(file),
                           "Nommez-la CODGEO, « Code commune », « Code Insee » ou « code ».", Exit.DATA)  # fmt: skip


def _kept(
    rows: list[list[str | None]], header: list[str | None], keep: str | None, file: Path
) -> list[list[str | None]]:
    if keep is None:
        return rows
    name, _, value = keep.partition("=")
    names = [_plain(cell) for cell in header]
    if _plain(name) not in names:
        shown = [cell for cell in header if cell]
        near = get_close_matches(name, shown, n=2, cutoff=0.5) or shown
        raise ObservatoryError("E154", f"Aucune colonne « {name} »", str(file), f"Colonnes : {', '.join(near)}.", Exit.USAGE)  # fmt: skip
    position = names.index(_plain(name))
    found = [row for row in rows if position < len(row) and row[position] == value]
    if not found:
        values = sorted({str(row[position]) for row in rows if position < len(row) and row[position]})
        near = get_close_matches(value, values, n=3, cutoff=0.4) or values[:5]
        raise ObservatoryError("E154", f"Aucune ligne où {name} vaut « {value} »", str(file),
                               f"Valeurs proches : {', '.join(near)}.", Exit.USAGE)  # fmt: skip
    return found


def _known(geography: Geography, given: list[str | None], file: Path) -> CommuneList:
    """The codes as communes of the nomenclature; a lost zero is given back, a retired code becomes its present commune."""
    present = frozenset(row["code"] for row in geography.communes)
    codes = {
        code.zfill(5) if re.fullmatch(r"\d{4}", code) else code.upper() for code in map(_clean, given) if code
    }
    became = {code: geography.moves.became(code, present) for code in codes}
    if unknown := sorted(code for code, now in became.items() if now is None):
        raise ObservatoryError("E109", f"Codes inconnus (communes) : {', '.join(unknown[:10])}", str(file),
                               "Vérifiez ces codes ; ceux d’un autre pays ou d’un arrondissement municipal se retirent.")  # fmt: skip
    replaced = {code: now for code, now in sorted(became.items()) if now is not None and now != code}
    return CommuneList(tuple(sorted({now for now in became.values() if now})), replaced)


def _clean(cell: str | None) -> str:
    return (cell or "").strip()


def _plain(cell: str | None) -> str:
    return re.sub(r"[^a-z0-9]", "", (cell or "").lower())
