"""The look of a form: contrasts of at least 4.5 to 1, answer cells that show, nothing said by colour alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ess_observatory.codebook.questions import TEXT_TYPES, Question

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

_BASE = {"font_name": "Calibri", "font_size": 11, "valign": "top", "font_color": "#1E1E1E"}
_EDGE = {"border": 1, "border_color": "#C8C8C8"}
_DARK, _LIGHT, _INPUT, _GREY = "#1F4E5F", "#DCE9ED", "#FFFBE6", "#EDEDED"
_NUMBERS = {"integer": "#,##0", "decimal": "#,##0.00", "percent": "0.00", "amount_eur": "#,##0.00"}


class Style:
    """Cell formats of a form."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.title = self._format(bold=True, font_size=16, font_color=_DARK)
        self.subtitle = self._format(bold=True, font_size=13, font_color=_DARK, text_wrap=True)
        self.text = self._format(text_wrap=True)
        self.note = self._format(font_color="#444444")
        self.label = self._format(bold=True, text_wrap=True)
        self.version = self._format(num_format="@", align="left")
        self.header = self._format(bold=True, font_color="#FFFFFF", bg_color=_DARK, text_wrap=True, **_EDGE)
        self.section = self._format(bold=True, font_size=13, font_color=_DARK, bg_color=_LIGHT)
        self.code = self._format(font_color="#595959", **_EDGE)
        self.question = self._format(bold=True, text_wrap=True, **_EDGE)
        self.choice = self._format(text_wrap=True, indent=2, **_EDGE)
        self.help = self._format(font_size=10, font_color="#444444", text_wrap=True, **_EDGE)
        self.control = self._format(font_size=10, font_color="#9C2A00", text_wrap=True)
        self.closed = self._format(font_color="#595959", bg_color=_GREY, **_EDGE)
        self.date = self._format(
            num_format="dd/mm/yyyy", align="left", bg_color=_INPUT, locked=False, **_EDGE
        )
        self._answers: dict[str, Format] = {}

    def _format(self, **properties: Any) -> Format:
        return self.book.add_format({**_BASE, **properties})

    def answer(self, question: Question, is_main: bool) -> Format:
        """The format of an answer cell: text stays text (a SIRET is not a number)."""
        shown = _NUMBERS.get(question.type, "General") if is_main else "@"
        shown = "@" if is_main and question.type in TEXT_TYPES else shown
        if shown not in self._answers:
            self._answers[shown] = self._format(
                num_format=shown, align="left", bg_color=_INPUT, text_wrap=True, locked=False, **_EDGE
            )
        return self._answers[shown]
