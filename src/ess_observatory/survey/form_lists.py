"""The sheet of a form that holds the lists to choose from, each under a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ess_observatory.codebook.questions import Codebook, Question
from ess_observatory.read.file_names import LISTS

if TYPE_CHECKING:
    from xlsxwriter import Workbook

    from ess_observatory.survey.form_style import Style

SHEET = LISTS


class Lists:
    """Lists by name: one a question with choices, one a set of reasons for not answering, one for the tick mark."""

    mark_name = "liste_coche"

    def __init__(self, book: Workbook, codebook: Codebook, mark: str) -> None:
        self.book, self.codebook = book, codebook
        self.page = book.add_worksheet(SHEET)
        self.lists: dict[str, list[str]] = {self.mark_name: [mark]}
        for question in codebook.questions:
            values = self.values_of(question)
            if values:
                self.lists.setdefault(self.name_of(question), values)

    def values_of(self, question: Question) -> list[str]:
        """What may be chosen on the main line of a question."""
        reasons = list(self.codebook.reasons(question).values())
        if question.is_choice and not question.is_multiple:
            return [choice.label for choice in question.choices] + reasons
        return reasons

    def name_of(self, question: Question) -> str:
        """The name of the list of a question."""
        if question.is_choice and not question.is_multiple:
            return f"liste_{re.sub(r'[^A-Za-z0-9_]', '_', question.code)}"
        return "motifs_" + "_".join(self.codebook.reasons(question))

    def write(self, style: Style) -> None:
        """Write the sheet and define the names."""
        for column, (name, values) in enumerate(self.lists.items()):
            self.page.write_string(0, column, name, style.header)
            for row, value in enumerate(values, start=1):
                self.page.write_string(row, column, value, style.text)
            letter = _letters(column)
            self.book.define_name(name, f"={SHEET}!${letter}$2:${letter}${len(values) + 1}")
        self.page.set_column(0, len(self.lists) - 1, 30)
        self.page.freeze_panes(1, 0)
        self.page.protect("", {"select_locked_cells": True, "select_unlocked_cells": True})


def _letters(column: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(column))
