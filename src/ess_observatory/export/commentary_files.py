"""The commentary for Word, each paragraph with a comment in its margin, and in Markdown. The same document gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ess_observatory.export.commentary import Block, Run

if TYPE_CHECKING:
    from docx.document import Document

WORD, MARKDOWN = "commentaire.docx", "commentaire.md"
_AUTHOR, _INITIALS = "ess draft", "ess"
_STYLES = {
    "title": "Title", "chapter": "Heading 1", "heading": "Heading 2", "table": "Heading 3", "lead": "Intense Quote", "item": "List Bullet",
    "fact": "List Bullet 2", "guide": "Quote", "reading": "Body Text",
}  # fmt: skip
_MARKS = {
    "title": "# ", "chapter": "## ", "heading": "### ", "table": "#### ", "lead": "> ", "guide": "> ", "item": "- ", "fact": "- ",
}  # fmt: skip
#: Kinds that are set in grey, and so stand back: what a program wrote.
_GREY = {"fact", "guide"}
#: A zip has no earlier day.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def word(blocks: Sequence[Block], year: int) -> bytes:
    """A Word document; what a paragraph says of its place is a comment in the margin. `year`: the date that it bears."""
    from docx import Document
    from docx.shared import RGBColor

    document = Document()
    grey = RGBColor(0x59, 0x59, 0x59)
    for block in blocks:
        paragraph = document.add_paragraph(style=_STYLES.get(block.kind, "Normal"))
        for run in block.runs:
            written = paragraph.add_run(run.text)
            written.bold, written.italic = run.bold or None, run.italic or (block.kind == "reading") or None
            if block.kind in _GREY:
                written.font.color.rgb = grey
        if block.place and paragraph.runs:
            document.add_comment(paragraph.runs, text=block.place, author=_AUTHOR, initials=_INITIALS)
    _sign(document, blocks[0].text if blocks else "", datetime(year, 1, 1))
    stream = io.BytesIO()
    document.save(stream)
    return _without_clock(stream.getvalue())


def markdown(blocks: Sequence[Block]) -> bytes:
    """The same in Markdown; what a paragraph says of its place is an HTML comment, which a viewer hides."""
    lines: list[str] = []
    before = ""
    for block in blocks:
        is_list = {before, block.kind} <= {"item", "fact"}
        place = f" <!-- {block.place.replace('--', '–')} -->" if block.place else ""
        text = "".join(map(_marked, block.runs)).strip()
        text = f"*{text}*" if block.kind == "reading" else text
        lines += [*([] if is_list or not before else [""]), f"{_MARKS.get(block.kind, '')}{text}{place}"]
        before = block.kind
    return ("\n".join(lines) + "\n").encode()


def _marked(run: Run) -> str:
    mark = "**" if run.bold else "*" if run.italic else ""
    return f"{mark}{run.text}{mark}"


def _sign(document: Document, title: str, day: datetime) -> None:
    """Title, language and dates of the document: those of its edition, and no clock."""
    from docx.oxml.ns import qn

    known = document.core_properties
    known.title, known.author, known.last_modified_by, known.language = title[:255], _AUTHOR, _AUTHOR, "fr-FR"
    known.created = known.modified = day
    for style in document.styles.element.iter(qn("w:lang")):
        style.set(qn("w:val"), "fr-FR")
    for comment in document.comments:
        comment._comment_elm.attrib.pop(qn("w:date"), None)


def _without_clock(content: bytes) -> bytes:
    """The same package with no time in it."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _NO_TIME), old.read(name), zipfile.ZIP_DEFLATED)
    return stream.getvalue()
