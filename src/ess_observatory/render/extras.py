"""What `ess report` may write beside the workbook and the page: the page in English, a PDF, an .ods copy."""

from __future__ import annotations

from pathlib import Path

from ess_observatory.publish.tables import load_publication
from ess_observatory.render.html import PAGES, render_html
from ess_observatory.render.paper import write_ods, write_pdf

PDF = "rapport-ess.pdf"


def render_extras(
    publication_dir: Path, reports: Path, *, lang: str = "fr", pdf: bool = False, ods: Path | None = None
) -> dict[str, Path]:
    """Writes in `reports` what was asked for, and returns the paths by kind (`page_en`, `pdf`, `ods`).

    With `lang="en"` the English page is written, and the French one again with a link to it; `ods` is the workbook
    to copy. Raises ObservatoryError E160 to E163 when a program that is needed is absent or fails.
    """
    written: dict[str, Path] = {}
    french = load_publication(publication_dir)
    if lang != "fr":
        english = load_publication(publication_dir, lang)
        written[f"page_{lang}"] = render_html(english, reports / PAGES[lang], lang, others=("fr",))
        render_html(french, reports / PAGES["fr"], others=(lang,))
    if pdf:
        written["pdf"] = write_pdf(french, reports / PDF)
    if ods is not None:
        written["ods"] = write_ods(ods, reports)
    return written
