"""`cas-a-verifier.xlsx`: the cases that the rules leave to a person, as an analyst decides them and drops them back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.words.numbers import format_number, is_plural, round_half_up
from ess_observatory.words.spreadsheet import TEXT_ONLY

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

NAME = "cas-a-verifier.xlsx"
_SHEET, _HELP = "Cas à vérifier", "Mode d’emploi"
#: What the list to choose from offers, and the decision that each word is.
DECISIONS = {"retenu": "in", "écarté": "out"}
_WORDS = {decision: word for word, decision in DECISIONS.items()}
#: What is shown to decide, beside the columns that are read back: header, width, and where it stands.
_SHOWN = {"Commune": 24, "Catégorie juridique": 34, "Activité": 40, "Tranche d’effectif": 22, "Preuve": 48, "Si retenu": 44,
          "Si écarté": 36}  # fmt: skip
_WIDTHS = {"siret": 17, "name": 36, "rule": 40, "decision": 12, "family": 28, "reason": 44, "decided_by": 24, "decided_on": 13,
           "editions": 24}  # fmt: skip
#: The columns that are filled in, by our name.
_FILLED = ("decision", "family", "reason", "decided_by", "decided_on", "editions")
_NEEDED = ("reason", "decided_by", "decided_on")
_LINES = (
    "Cas à vérifier",
    "",
    "1. Une ligne par établissement que les règles ne suffisent pas à retenir ni à écarter ; les plus grands viennent d’abord.",
    "2. Lisez la règle et sa preuve, et ce que changerait chaque décision. Remplissez les cellules en jaune : la décision et la famille "
    "se choisissent dans une liste ; une décision a un motif, un auteur et une date.",
    "3. Une ligne laissée sans décision reste à vérifier : rien n’oblige à tout décider d’un coup.",
    "4. Enregistrez ce classeur dans le dossier des fichiers bruts, sous n’importe quel nom, et relancez. Il y reste : il est relu "
    "à chaque construction.",
    "5. Les décisions déjà rendues sont en bas de la liste, en l’état : ce classeur peut remplacer le précédent. Deux classeurs qui "
    "se contredisent sont signalés, et n’ont pas d’effet.",
    "6. « Éditions » borne la décision : * pour toutes, ou des éditions séparées par une barre verticale.",
    "7. Pour inscrire des décisions dans les règles, collez les lignes de decisions-rendues.csv à la fin de "
    "pipelines/rules/named_decisions.csv, puis retirez ce classeur.",
)
_COLUMN_CHOICES, _COLUMN_FAMILIES = 2, 3


@dataclass(frozen=True)
class Case:
    """A case: what is known of the establishment, the rule that asks, and the decision that came back, if any."""

    siret: str
    name: str | None
    commune_code: str | None
    commune: str | None
    legal_category: str | None
    category_label: str | None
    naf: str | None
    nomenclature: str | None
    naf_label: str
    size_label: str | None
    size_min: int | None
    size_max: int | None
    rule_id: str
    rule_label: str
    evidence: str | None
    kept_family: str | None
    decision: str | None
    family: str | None
    reason: str | None
    decided_by: str | None
    decided_on: str | None
    editions: str | None

    def shown(self, edition: str) -> dict[str, str]:
        """The cells of its row, by our name or by header."""
        return {
            "siret": self.siret,
            "name": self.name or "",
            "Commune": _coded(self.commune_code, self.commune),
            "Catégorie juridique": _coded(self.legal_category, self.category_label),
            "Activité": _coded(self.naf, self.naf_label),
            "Tranche d’effectif": self.size_label or "",
            "rule": f"{self.rule_label} ({self.rule_id})",
            "Preuve": self.evidence or "",
            "Si retenu": self._if_kept(),
            "Si écarté": "Le périmètre ne change pas : il n’y est pas compté. Il quitte cette liste.",
            "decision": _WORDS.get(self.decision or "", ""),
            "family": self.family or "",
            "reason": self.reason or "",
            "decided_by": self.decided_by or "",
            "editions": (self.editions or "*") if self.decision else edition,
        }

    def _if_kept(self) -> str:
        family = (
            f"famille « {self.kept_family} », sauf autre choix" if self.kept_family else "famille à choisir"
        )
        return f"+ 1 établissement dans le périmètre, {family} ; {self._size()}."

    def _size(self) -> str:
        if self.size_min is None:
            return "effectif non connu"
        if self.size_max is None:
            return f"au moins {format_number(self.size_min)} salariés"
        middle = int(round_half_up((self.size_min + self.size_max) / 2, 0))
        many = "salariés" if is_plural(middle) else "salarié"
        return f"environ {format_number(middle)} {many} (milieu de la tranche)"


def write_cases_workbook(
    cases: list[Case], total: int, families: list[str], spec: SourceSpec, edition: str, path: Path
) -> Path:
    """Write the workbook and return its path: the columns that `spec` reads back, between them those that help to decide.

    `total`: how many cases there are, those of the workbook being the first. Every text is written as text: nothing in it can become a formula.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), TEXT_ONLY) as book:
        book.set_properties({"title": "Cas à vérifier", "created": dt.datetime(2000, 1, 1)})
        page = book.add_worksheet(_SHEET)
        columns = _columns(spec)
        _write_rows(book, page, columns, cases, edition)
        _guide(book, len(cases), total, families)
        _check_entries(book, page, list(columns), len(cases))
    return path


def _columns(spec: SourceSpec) -> dict[str, tuple[str, int]]:
    """Our name, or the header where it is only shown → (header, width), in the order of the sheet."""
    read = {column.name: column.headers[0] for column in spec.columns}
    order = ("siret", "name", *list(_SHOWN)[:4], "rule", *list(_SHOWN)[4:], *_FILLED)
    return {name: (read[name], _WIDTHS[name]) if name in read else (name, _SHOWN[name]) for name in order}


def _write_rows(
    book: Workbook, page: Worksheet, columns: dict[str, tuple[str, int]], cases: list[Case], edition: str
) -> None:
    head = {"bold": True, "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"}
    head_shown = book.add_format({**head, "bg_color": "#59606A"})
    head_filled = book.add_format({**head, "bg_color": "#0C2F4E"})
    shown = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
    entry = {"valign": "top", "bg_color": "#FFFBE6", "border": 1, "border_color": "#C8C8C8", "locked": False}
    filled = book.add_format({**entry, "num_format": "@", "text_wrap": True})
    day = book.add_format({**entry, "num_format": "dd/mm/yyyy", "align": "left"})
    for i, (name, (header, width)) in enumerate(columns.items()):
        page.set_column(i, i, width)
        page.write_string(0, i, header, head_filled if name in _FILLED else head_shown)
    for line, case in enumerate(cases, 1):
        cells = case.shown(edition)
        for i, name in enumerate(columns):
            if name == "decided_on":
                _write_day(page, line, i, case.decided_on, day)
                continue
            shape = filled if name in _FILLED else shown
            if text := cells[name]:
                page.write_string(line, i, text, shape)
            else:
                page.write_blank(line, i, None, shape)
    page.freeze_panes(1, 2)
    page.autofilter(0, 0, max(len(cases), 1), len(columns) - 1)
    page.set_landscape()
    page.repeat_rows(0)


def _write_day(page: Worksheet, line: int, column: int, day: str | None, shape: Format) -> None:
    if day:
        page.write_datetime(line, column, dt.datetime.fromisoformat(day), shape)
    else:
        page.write_blank(line, column, None, shape)


def _guide(book: Workbook, listed: int, total: int, families: list[str]) -> None:
    """How to fill it in, and the lists to choose from beside it: nothing is hidden."""
    page = book.add_worksheet(_HELP)
    bold = book.add_format({"bold": True, "font_size": 14})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    told = f"{format_number(total)} cas" + (
        f", dont les {format_number(listed)} premiers ici." if listed < total else "."
    )
    page.set_column(0, 0, 110)
    page.set_column(_COLUMN_CHOICES, _COLUMN_FAMILIES, 34)
    for i, text in enumerate([*_LINES, "", told]):
        page.write_string(i, 0, text, bold if i == 0 else plain)
    for column, title, values in (
        (_COLUMN_CHOICES, "Choix de décision", list(DECISIONS)),
        (_COLUMN_FAMILIES, "Choix de famille", families),
    ):
        for i, text in enumerate([title, *values]):
            page.write_string(i, column, text, plain)
    for name, letter, count in (
        ("liste_decisions", "C", len(DECISIONS)),
        ("liste_familles", "D", len(families)),
    ):
        book.define_name(name, f"='{_HELP}'!${letter}$2:${letter}${count + 1}")
    page.protect("", {"select_locked_cells": True})


def _check_entries(book: Workbook, page: Worksheet, names: list[str], count: int) -> None:
    """Lists to choose from, a date where one is due, what a decision still lacks in colour, and the other cells locked."""
    last = max(count, 1)

    def check(name: str, rule: dict[str, Any]) -> None:
        page.data_validation(1, names.index(name), last, names.index(name), {"ignore_blank": True, **rule})

    choose = {
        "error_title": "Hors de la liste",
        "error_message": "Choisissez dans la liste, ou videz la cellule.",
    }
    check("decision", {"validate": "list", "source": "=liste_decisions", **choose})
    check("family", {"validate": "list", "source": "=liste_familles", **choose})
    check("decided_on", {"validate": "date", "criteria": ">=", "value": dt.date(2000, 1, 1),
                         "error_title": "Date attendue", "error_message": "Écrivez une date, par exemple 31/12/2026."})  # fmt: skip
    decided = _letter(names.index("decision"))
    lacking = book.add_format({"bg_color": "#FDE3D0", "border": 1, "border_color": "#B8480B"})
    for name in _NEEDED:
        column = names.index(name)
        rule = {
            "type": "formula",
            "criteria": f'=AND(${decided}2<>"",{_letter(column)}2="")',
            "format": lacking,
        }
        page.conditional_format(1, column, last, column, rule)
    allowed = (
        "sort",
        "autofilter",
        "format_columns",
        "format_rows",
        "select_locked_cells",
        "select_unlocked_cells",
    )
    page.protect("", dict.fromkeys(allowed, True))


def _letter(column: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(column))


def _coded(code: str | None, label: str | None) -> str:
    return " ".join(part for part in (code, label) if part)
