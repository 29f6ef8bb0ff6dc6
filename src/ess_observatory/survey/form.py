"""The questionnaire as a form to fill in with a spreadsheet, in the layout that the reader reads.

One sheet to fill in (lists to choose from, checked input, a live control column), one that says how and what becomes of
the answers, one with the lists. Nothing is merged or hidden; only the cells to fill in are unlocked, so that the Tab
key goes from one to the next. Same codebook and edition, same bytes.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.codebook.questions import Codebook, Question
from ess_observatory.read.file_names import GUIDE
from ess_observatory.survey.dialects import Excel
from ess_observatory.survey.form_lists import Lists
from ess_observatory.survey.form_style import Style
from ess_observatory.survey.plan import HEADER_LINE, Line, form_lines
from ess_observatory.survey.wording import Setting, condition, heading, notice, quoted, say
from ess_observatory.words.spreadsheet import TEXT_ONLY

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

#: Cells are written at the same moment, whenever the form is made.
_CREATED = dt.datetime(2000, 1, 1)
_WIDTHS = (26, 62, 34, 58, 34)
_LONG = 2000


def write_form(codebook: Codebook, path: Path, setting: Setting | None = None) -> Path:
    """Write the form of a codebook as `path` (xlsx) and return it."""
    import xlsxwriter

    setting = setting or Setting()
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path), {**TEXT_ONLY, "in_memory": True}) as book:
        title = heading(codebook, setting)
        about = {"title": title, "subject": codebook.title, "author": setting.publisher}
        book.set_properties({**about, "comments": f"{codebook.id} {codebook.version}", "created": _CREATED})
        _Form(book, codebook, setting, title).write()
    return path


class _Form:
    def __init__(self, book: Workbook, codebook: Codebook, setting: Setting, title: str) -> None:
        self.book, self.codebook, self.setting, self.title = book, codebook, setting, title
        self.name = codebook.form.get("sheet", "Questionnaire")
        self.mark = codebook.form.get("chosen_mark", "x")
        self.page = book.add_worksheet(self.name)
        self.guide = book.add_worksheet(GUIDE)
        self.lists = Lists(book, codebook, self.mark)
        self.style = Style(book)
        self.lines = form_lines(codebook)
        self.excel = Excel(
            codebook,
            {line.code: f"$C${line.number}" for line in self.lines if line.kind == "question"},
            {
                (line.question.code, line.choice.code): f"$C${line.number}"
                for line in self.lines
                if line.question is not None and line.choice is not None and line.question.is_multiple
            },
            self.mark,
        )

    def write(self) -> None:
        self._head()
        for line in self.lines:
            self._line(line)
        self._set_up()
        self._guide()
        self.lists.write(self.style)
        name = self.name.replace("'", "''")
        self.book.define_name("form_version", f"='{name}'!$B$2")
        self.book.define_name("form_id", f'="{self.codebook.id}"')

    def _head(self) -> None:
        page, style = self.page, self.style
        page.write_string(0, 0, self.title, style.title)
        page.write_string(1, 0, self.codebook.form.get("version_label", "Version"), style.label)
        page.write_string(1, 1, self.codebook.version, style.version)
        page.write_string(1, 2, "Date de réponse", style.label)
        page.write_blank(1, 3, None, style.date)
        page.data_validation(
            *(1, 3, 1, 3),
            {
                "validate": "date",
                "criteria": ">=",
                "value": dt.date(2000, 1, 1),
                "input_title": "Date de réponse",
                "input_message": "Par exemple 31/12/2026.",
                "error_title": "Date attendue",
                "error_message": "Écrire une date, par exemple 31/12/2026.",
            },
        )
        answer = self.codebook.form.get("answer_header", "Réponse")
        where = f"Remplissez la colonne {quoted(answer)}. Vos données et vos droits\u00a0: feuille {quoted(GUIDE)}."
        page.write_string(2, 0, where, style.note)
        headers = (
            self.codebook.form.get("code_header", "Code"),
            self.codebook.form.get("question_header", "Question"),
            answer,
            self.codebook.form.get("help_header", "Aide"),
            "Contrôle",
        )
        for column, text in enumerate(headers):
            page.write_string(HEADER_LINE - 1, column, text, style.header)

    def _line(self, line: Line) -> None:
        page, style, row = self.page, self.style, line.number - 1
        if line.question is None:
            for column in range(len(_WIDTHS)):
                page.write_string(row, column, line.text if column == 1 else "", style.section)
            return
        is_main = line.kind == "question"
        page.write_string(row, 0, line.code, style.code)
        page.write_string(row, 1, line.text, style.question if is_main else style.choice)
        page.write_string(row, 3, line.help, style.help)
        page.set_row(row, max(_height(line.text, 52), _height(line.help, 60)))
        if line.is_answered:
            page.write_blank(row, 2, None, style.answer(line.question, is_main))
            page.data_validation(row, 2, row, 2, self._validation(line, line.question))
        else:
            page.write_string(row, 2, "", style.closed)
        page.write_string(row, 4, "", style.control)
        if is_main:
            page.write_formula(row, 4, self._control(line.question), style.control, "")
        if line.question.relevant is not None:
            rule = {
                "type": "formula",
                "criteria": f"=NOT({self.excel.holds(line.question.relevant)})",
                "format": style.closed,
            }
            page.conditional_format(row, 0, row, 3, rule)

    def _validation(self, line: Line, question: Question) -> dict[str, Any]:
        rule = _limit(250)
        if line.kind == "choice":
            rule = {"validate": "list", "source": f"={self.lists.mark_name}"}
        elif line.kind == "question" and question.is_choice:
            rule = {"validate": "list", "source": f"={self.lists.name_of(question)}"}
        elif line.kind == "question":
            rule = self._entry(question, f"$C${line.number}")
        text = line.help or line.text
        message = text if len(text) <= 250 else text[:249] + "…"
        what = "la liste" if rule["validate"] == "list" else "l’aide de la ligne"
        return {
            **rule,
            "ignore_blank": True,
            "input_title": line.code[:32],
            "input_message": message,
            "error_title": "Réponse non prévue",
            "error_message": f"Cette réponse n’est pas prévue pour {line.code}. Voir {what}.",
        }

    def _entry(self, question: Question, cell: str) -> dict[str, Any]:
        """What may be typed: a value of the type of the question, or a reason for not answering."""
        digits = f'SUBSTITUTE(SUBSTITUTE({cell}," ",""),CHAR(160),"")'
        tests = {
            "integer": f"AND(ISNUMBER({cell}),N({cell})=INT(N({cell})))",
            "decimal": f"ISNUMBER({cell})",
            "amount_eur": f"ISNUMBER({cell})",
            "percent": f"AND(ISNUMBER({cell}),N({cell})>=0,N({cell})<=100)",
            "siret": f"AND(LEN({digits})=14,ISNUMBER(VALUE({digits})))",
            "commune": f"LEN({digits})=5",
            "naf": f"AND(LEN({digits})>=5,LEN({digits})<=6)",
            "text": f"LEN({cell})<=250",
        }
        test = tests.get(question.type)
        if test is None:
            return _limit(_LONG)
        if question.nonresponse:
            test = f"OR({test},COUNTIF({self.lists.name_of(question)},{cell})>0)"
        return {"validate": "custom", "value": f"={test}"}

    def _control(self, question: Question) -> str:
        """What the last column says while the form is being filled in."""
        cell = self.excel.cells[question.code]
        filled = f'{cell}<>""'
        said = '""'
        if question.is_multiple:
            count = self.excel.count(question.code)
            filled = f"OR({filled},{count}>0)"
            alone = [self.excel.marks[question.code, code] for code in question.exclusive]
            if alone:
                ticked = "+".join(f'({box}<>"")' for box in alone)
                said = f'IF(AND({ticked}>0,{count}>1),"{_warning("un choix exclut les autres")}",{said})'
            if question.nonresponse:
                both = f'AND({cell}<>"",{count}>0)'
                said = f'IF({both},"{_warning("un motif et des réponses à la fois")}",{said})'
        if question.constraint is not None:
            broken = self.excel.broken(question.constraint, cell)
            said = f'IF({broken},"{_warning(say(question.constraint, self.codebook))}",{said})'
        empty = '"À remplir"' if question.required else '""'
        if question.relevant is not None:
            holds = self.excel.holds(question.relevant)
            why = condition(question, self.codebook)[:200].replace('"', '""')
            said, empty = f'IF({holds},{said},"À laisser vide. {why}")', f'IF({holds},{empty},"")'
        return f"=IF({filled},{said},{empty})"

    def _set_up(self) -> None:
        page, last = self.page, self.lines[-1].number
        for column, width in enumerate(_WIDTHS):
            page.set_column(column, column, width)
        page.hide_gridlines(2)
        page.freeze_panes(HEADER_LINE, 0)
        page.set_landscape()
        page.set_paper(9)
        page.set_margins(0.4, 0.4, 0.6, 0.6)
        page.fit_to_pages(1, 0)
        page.repeat_rows(HEADER_LINE - 1)
        page.print_area(0, 0, last - 1, 3)
        short = f"{self.codebook.title} – version {self.codebook.version}".replace("&", "&&")[:180]
        page.set_footer(f"&L&9{short}&R&9Page &P / &N")
        first = next(line.number for line in self.lines if line.is_answered)
        page.set_selection(first - 1, 2, first - 1, 2)
        page.activate()
        _protect(page)

    def _guide(self) -> None:
        page, style, answer = self.guide, self.style, self.codebook.form.get("answer_header", "Réponse")
        steps = [
            f"Répondez dans la colonne {quoted(answer)} de la feuille {quoted(self.name)}\u00a0; la touche Tab va d’une réponse "
            "à la suivante.",
            "Quand une liste est proposée, choisissez-y une réponse. Pour une question à plusieurs réponses, écrivez "
            f"{quoted(self.mark)} devant chaque réponse retenue.",
            "Une ligne grisée ne vous concerne pas\u00a0: laissez-la vide.",
            f"La colonne {quoted('Contrôle')} signale une réponse attendue ou à vérifier.",
            "N’ajoutez ni ligne ni colonne\u00a0; enregistrez le fichier et renvoyez-le tel quel.",
        ]
        rows = [(self.title, style.title), ("Comment répondre", style.subtitle)]
        rows += [(step, style.text) for step in steps]
        told = notice(self.codebook, self.setting)
        if told:
            rows.append((self.codebook.form.get("notice_title", "Vos données"), style.subtitle))
            rows += [(line, style.text) for line in told]
        for row, (text, shape) in enumerate(rows):
            page.write_string(row, 0, text, shape)
            page.set_row(row, _height(text, 105) + (6 if shape is not style.text else 0))
        page.set_column(0, 0, 110)
        page.hide_gridlines(2)
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        _protect(page)


def _height(text: str, width: int) -> float:
    """Height of a line whose text wraps at about so many characters."""
    return 15.5 * max(1, -(-len(text) // width))


def _limit(length: int) -> dict[str, Any]:
    return {"validate": "length", "criteria": "<=", "value": length}


def _warning(text: str) -> str:
    return f"À vérifier\u00a0: {text}"[:220].replace('"', '""')


def _protect(page: Worksheet) -> None:
    """Only unlocked cells change; no password, and readers (people and screen readers) go everywhere."""
    allowed = ("select_locked_cells", "select_unlocked_cells", "format_columns", "format_rows")
    page.protect("", dict.fromkeys(allowed, True))
