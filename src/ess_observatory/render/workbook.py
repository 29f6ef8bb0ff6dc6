"""The publication as a workbook: one table a sheet, numbers with signs in the same column, native charts.

Rules of accessible spreadsheets: marked-up named tables, unique headers, title in A1, a link back to the contents,
no cell below a table, no merged or hidden cell, no blank in a table, document properties. Same publication, same bytes.
"""

from __future__ import annotations

import html
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.publish.publication import Publication
from ess_observatory.publish.tables import PublishedTable
from ess_observatory.render import workbook_annex as annex
from ess_observatory.render.page import name_of
from ess_observatory.render.workbook_charts import Margins, Place, add_charts, has_intervals
from ess_observatory.render.workbook_grid import CHARACTER, FIRST, FONT, LINK, SIZE, Grid, Pen, Value
from ess_observatory.words import labels as words

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

HEADER_ROW = 7


def render_workbook(publication: Publication, out_path: Path | str) -> Path:
    """Writes the workbook of a publication and returns its path."""
    import xlsxwriter

    out = Path(out_path)
    out.parent.mkdir(parents=True, exist_ok=True)
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
        "default_format_properties": {"font_name": FONT, "font_size": SIZE},
    }
    with xlsxwriter.Workbook(str(out), options) as book:
        _Writer(book, publication).write()
    return out


class _Writer:
    def __init__(self, book: Workbook, publication: Publication) -> None:
        self.book, self.pub = book, publication
        self.lang = publication.lang
        self.w, self.x = words.labels(self.lang), words.workbook_labels(self.lang)
        self.colon = words.colon(self.lang)
        self.pen = Pen(book, (self.x["contents"], self.w["back"]))
        self.margins = Margins(self.x["margins"], 3)
        self.notes: dict[str, int] = {}
        for table in publication.tables:
            for note in table.notes:
                self.notes.setdefault(note, len(self.notes) + 1)
        manifest = publication.manifest
        self.mention = self.w["synthetic"] if manifest.get("synthetic") else ""
        self.place = f"{name_of(manifest.get('territory'))}, {manifest.get('year')}"

    def write(self) -> None:
        self._properties()
        sheets = ["cover", "contents", "guide", "notes"]
        pages = {name: self.book.add_worksheet(self.x[name]) for name in sheets}
        tables = [(table, self.book.add_worksheet(table.sheet_name)) for table in self.pub.tables]
        ends = [*(["margins"] if any(map(has_intervals, self.pub.tables)) else []), "dictionary"]
        ends += ["controls"] if self.pub.checks else []
        ends += [*(["replication"] if self.pub.replication else []), "long"]
        pages |= {name: self.book.add_worksheet(self.x[name]) for name in ends}
        for sheet in self.book.worksheets():
            sheet.hide_gridlines(2)
            sheet.set_paper(9)
            sheet.set_margins(0.5, 0.5, 0.6, 0.7)
            running = " – ".join(part for part in (self.pub.manifest["title"], self.mention) if part)
            sheet.set_footer(f"&L&9{running.replace('&', '&&')}&R&9&P / &N")
        self._cover(pages["cover"])
        self._contents(pages["contents"], ends)
        self._guide(pages["guide"])
        self._notes(pages["notes"])
        for table, sheet in tables:
            self._table(table, sheet)
        if "margins" in pages:
            annex.margins(self, pages["margins"])
        annex.dictionary(self, pages["dictionary"])
        if self.pub.checks:
            annex.checks(self, pages["controls"])
        if self.pub.replication:
            annex.replication(self, pages["replication"])
        annex.long_data(self, pages["long"])
        pages["cover"].activate()

    def _properties(self) -> None:
        manifest = self.pub.manifest
        created = datetime(int(str(manifest.get("year") or "2000")[:4]), 1, 1)
        self.book.set_properties(
            {
                "title": manifest["title"],
                "subject": manifest.get("subtitle") or self.place,
                "author": name_of(manifest.get("publisher")),
                "company": name_of(manifest.get("publisher")),
                "keywords": f"ESS, {self.place}" + (f", {self.mention}" if self.mention else ""),
                "comments": f"{self.w['version']} {manifest.get('version', '')}",
                "created": created,
            }
        )
        self.book.set_custom_property("Langue", self.lang)
        self.book.set_custom_property("Construction", str(manifest.get("build") or ""))

    def _cover(self, sheet: Worksheet) -> None:
        manifest, texts = self.pub.manifest, self.pub.texts
        lines: list[tuple[str, dict[str, Any]]] = [(manifest["title"], {"bold": True, "font_size": 16})]
        if self.mention:
            warning = words.banner(manifest, self.lang)
            lines.append((f"{self.mention.upper()}. {warning}", {"bold": True, "font_color": "#B8480B"}))
        if manifest.get("subtitle"):
            lines.append((manifest["subtitle"], {}))
        publisher, licence = manifest.get("publisher"), manifest.get("licence")
        contact = publisher.get("contact") if isinstance(publisher, dict) else ""
        url = licence.get("url") if isinstance(licence, dict) else ""
        for key, value in (
            ("territory", name_of(manifest.get("territory"))),
            ("year", manifest.get("year")),
            ("version", manifest.get("version")),
            ("published", words.date_words(manifest.get("published"), self.lang)),
            ("publisher", name_of(publisher)),
            ("contact", contact),
            ("licence", " – ".join(part for part in (name_of(licence), url) if part)),
            ("citation", manifest.get("citation")),
            ("build", manifest.get("build")),
        ):
            if value:
                lines.append((f"{self.w[key]}{self.colon}{value}", {}))
        points = (texts.get("main_points") or [])[:6]
        if points:
            lines.append((self.w["essential"], {"bold": True, "font_size": 14, "valign": "bottom"}))
            lines.extend((f"{rank}. {_text_of(point)}", {}) for rank, point in enumerate(points, start=1))
        if changes := self.pub.changes.get("lines"):
            lines.append((self.pub.changes["heading"], {"bold": True, "font_size": 14, "valign": "bottom"}))
            lines.extend((f"– {line['text']}", {}) for line in changes)
        sheet.set_column(0, 0, 76)
        for row, (text, style) in enumerate(lines):
            self.pen.paragraph(sheet, row, text, 76, **style)
        link = self.pen.format(font_color=LINK, underline=1)
        sheet.write_url(len(lines), 0, f"internal:'{self.x['contents']}'!A1", link, self.x["to_contents"])
        sheet.fit_to_pages(1, 0)

    def _contents(self, sheet: Worksheet, ends: list[str]) -> None:
        self.pen.title(sheet, self.x["contents"])
        header = [self.x["sheet"], self.x["title"], self.w["scope"], self.w["source"], self.w["base"]]
        none = self.x["none"]

        def other(key: str) -> list[Value]:
            name = self.x[key]
            return [name, f"{name.replace('_', ' ')} – {self.x['about'][key]}", none, none, none]

        rows = [other(key) for key in ("guide", "notes")]
        rows += [
            [t.sheet_name, f"{self.w['table']} {t.number} – {t.title}", t.scope, t.source, t.base or none]
            for t in self.pub.tables
        ]
        rows += [other(key) for key in ends]
        self.pen.block(sheet, 1, "sommaire", header, rows, [20, 60, 50, 44, 40])
        link = self.pen.format(font_color=LINK, underline=1, valign="top")
        for index, row in enumerate(rows):
            sheet.write_url(2 + index, 0, f"internal:'{row[0]}'!A1", link, str(row[0]), str(row[1])[:250])

    def _guide(self, sheet: Worksheet) -> None:
        sheet.set_column(0, 0, 24)
        self.pen.title(sheet, self.x["guide_title"])
        self.pen.back(sheet, 1)
        for row, line in enumerate(self.x["guide_lines"], start=2):
            sheet.write_string(row, 0, line, self.pen.format())
        meanings = words.sign_meanings(self.lang, self.pub.manifest)
        start = 2 + len(self.x["guide_lines"])
        rows: list[list[Value]] = [[sign, meaning] for sign, meaning in meanings.items()]
        self.pen.block(sheet, start, "signes", [self.w["sign"], self.w["meaning"]], rows, [24, 90])

    def _notes(self, sheet: Worksheet) -> None:
        self.pen.title(sheet, self.w["notes"])
        rows: list[list[Value]] = []
        for note, number in self.notes.items():
            users = ", ".join(t.sheet_name for t in self.pub.tables if note in t.notes)
            rows.append([f"[note {number}]", note, users])
        rows = rows or [["–", self.x["no_notes"], "–"]]
        header = [self.x["number"], self.x["text"], self.x["concerned"]]
        self.pen.back(sheet, 1)
        self.pen.block(sheet, 2, "notes", header, rows, [14, 100, 30])

    def _block_title(self, table: PublishedTable) -> str:
        """Title of the only block of rows, which has no column of its own."""
        return "" if table.has_sections or not table.rows else table.rows[0].section or ""

    def _table(self, table: PublishedTable, sheet: Worksheet) -> None:
        place = f"{self.place} – {self.mention}" if self.mention else self.place
        notes = ", ".join(f"[note {self.notes[note]}]" for note in table.notes)
        meanings = words.sign_meanings(self.lang, self.pub.manifest)
        signs = " ; ".join(f"{sign} = {meanings[sign]}" for sign in table.signs if sign in meanings)
        scope = f"{self.w['scope']}{self.colon}{table.scope}"
        lines = [
            f"{self.w['table']} {table.number} – {table.title}",
            ". ".join(part for part in (place, table.finding, self._block_title(table)) if part),
            f"{self.w['reading']}{self.colon}{table.reading_aid or self.x['none']}",
            f"{scope} – {self.w['base']}{self.colon}{table.base}" if table.base else scope,
            f"{self.w['source']}{self.colon}{table.source}"
            + (f" – {self.w['date']}{self.colon}{table.dates}" if table.dates else ""),
            f"{self.w['signs']}{self.colon}{signs or self.x['none']}. {self.w['notes']}{self.colon}"
            + (f"{notes} ({self.x['see_notes']})" if notes else self.x["none"]),
        ]
        self.pen.title(sheet, lines[0])
        for index, line in enumerate(lines[1:], start=1):
            self.pen.paragraph(sheet, index, line, FIRST)
        self.pen.back(sheet, HEADER_ROW - 1)
        above = self.pen.height(sheet)
        grid = Grid(table, self.w, self.x)
        name = f"{table.sheet_name}_{table.id}".lower().replace(".", "_").replace("-", "_")
        totals = frozenset(index for index, row in enumerate(table.rows) if row.kind == "total")
        self.pen.block(
            sheet,
            HEADER_ROW,
            name,
            grid.headers,
            [[cell[0] for cell in row] for row in grid.rows],
            grid.widths,
            right=grid.right,
            decimals=[[cell[1] for cell in row] for row in grid.rows],
            bold_rows=totals,
        )
        if len(table.rows) - 1 in totals:
            at = HEADER_ROW + 1 + len(table.rows)
            last = _letter(len(grid.headers) - 1)
            self.book.define_name(f"{name}_total", f"='{table.sheet_name}'!$A${at}:${last}${at}")
        where = Place(table.sheet_name, HEADER_ROW, grid.at, self.lang, self.mention, meanings, self.margins)
        wide, high, beside = add_charts(self.book, sheet, table, where, grid.widths)
        width = CHARACTER * sum(grid.widths)
        if beside:
            self.pen.fit(sheet, width + wide, above + high)
        else:
            self.pen.fit(sheet, max(width, wide), self.pen.height(sheet) + high)


def _letter(index: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(index))


def _text_of(markup: str) -> str:
    return html.unescape(
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", markup.replace("\u00a0", "&nbsp;")))
    ).strip()
