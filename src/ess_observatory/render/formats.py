"""The forms in which a publication is handed out. Adding one is adding a row to `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from ess_observatory.engine.outputs import REPORT
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.render.html import render_html
from ess_observatory.render.paper import write_ods, write_pdf
from ess_observatory.render.workbook import render_workbook


@dataclass(frozen=True)
class Format:
    """`name`: the option of `ess report` that asks for it; `label`: what the terminal calls it; `help`: what it is.

    `write(publication, path, languages)` writes the file in the language of the publication; `languages` are those of all the
    files written with it, that a page may link to. `is_always`: written with every report, without being asked for.
    """

    name: str
    suffix: str
    write: Callable[[Publication, Path, Collection[str]], Path]
    label: str
    help: str = ""
    is_always: bool = False

    def path(self, reports: Path, lang: str) -> Path:
        """Where it is written: `rapport-ess.pdf`, `rapport-ess.en.pdf`."""
        return reports / f"{REPORT}{'' if lang == 'fr' else f'.{lang}'}{self.suffix}"


def _page(publication: Publication, path: Path, languages: Collection[str]) -> Path:
    others = tuple(lang for lang in languages if lang != publication.lang)
    return render_html(publication, path, publication.lang, others=others)


#: In the order in which they are written: an .ods is a copy of the workbook.
FORMATS = (
    Format(
        "workbook", ".xlsx", lambda book, path, _: render_workbook(book, path), "Classeur", is_always=True
    ),
    Format("page", ".html", _page, "Page", is_always=True),
    Format(
        "pdf",
        ".pdf",
        lambda book, path, _: write_pdf(book, path, book.lang),
        "PDF",
        "Aussi un PDF de la page (par Chromium ou WeasyPrint).",
    ),
    Format(
        "ods",
        ".ods",
        lambda _, path, __: write_ods(path.with_suffix(".xlsx"), path.parent),
        "Copie .ods",
        "Aussi le classeur en .ods (par LibreOffice).",
    ),
)


def write_reports(
    publication: Path, reports: Path, languages: Collection[str] = ("fr",), wanted: Collection[str] = ()
) -> dict[str, Path]:
    """Write in `reports` what every report has and what is wanted besides, in each language, from a publication folder alone.

    Returns the paths by format, `<name>_<lang>` in another language than French. Raises ObservatoryError E160 to E163 when a
    program that is needed is absent or fails.
    """
    reports.mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}
    for lang in languages:
        book = read_publication(publication, lang)
        for form in FORMATS:
            if form.is_always or form.name in wanted:
                name = form.name if lang == "fr" else f"{form.name}_{lang}"
                written[name] = form.write(book, form.path(reports, lang), languages)
    return written
