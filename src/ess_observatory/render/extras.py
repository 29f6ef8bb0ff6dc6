"""What `ess report` may write beside the workbook and the page: both in English, PDFs, an .ods copy."""

from __future__ import annotations

from pathlib import Path

from ess_observatory.publish.reader import read_publication
from ess_observatory.render.html import PAGES, render_html
from ess_observatory.render.paper import write_ods, write_pdf
from ess_observatory.render.workbook import render_workbook


def render_extras(
    publication_dir: Path, reports: Path, *, lang: str = "fr", pdf: bool = False, ods: Path | None = None
) -> dict[str, Path]:
    """Writes in `reports` what was asked for, and returns the paths by kind (`page_en`, `workbook_en`, `pdf`…).

    With `lang="en"` the English page and workbook are written, and the French page again with a link to the other;
    a PDF is written for each language; `ods` is the workbook to copy. Raises ObservatoryError E160 to E163 when a
    program that is needed is absent or fails.
    """
    written: dict[str, Path] = {}
    french = read_publication(publication_dir)
    publications = {"fr": french}
    if lang != "fr":
        publications[lang] = english = read_publication(publication_dir, lang)
        written[f"page_{lang}"] = render_html(english, reports / PAGES[lang], lang, others=("fr",))
        book = (reports / PAGES[lang]).with_suffix(".xlsx")
        written[f"workbook_{lang}"] = render_workbook(english, book)
        render_html(french, reports / PAGES["fr"], others=(lang,))
    if pdf:
        for code, publication in publications.items():
            kind = "pdf" if code == "fr" else f"pdf_{code}"
            written[kind] = write_pdf(publication, (reports / PAGES[code]).with_suffix(".pdf"), code)
    if ods is not None:
        written["ods"] = write_ods(ods, reports)
    return written
