"""Copies of the reports made by another program, where the machine has one: PDF by Chromium, .ods by LibreOffice."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.publication import Publication
from ess_observatory.render.html import html_page, template_folder

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "chrome",
)
OFFICES = ("soffice", "libreoffice")
PATIENCE = 180  # seconds


def browser() -> str | None:
    """Path of a browser that prints to PDF, or None (`ESS_BROWSER` names another one)."""
    return _found((os.environ.get("ESS_BROWSER") or "", *BROWSERS))


def office() -> str | None:
    """Path of LibreOffice, or None."""
    return _found(OFFICES)


def write_pdf(publication: Publication, out: Path, lang: str = "fr") -> Path:
    """The page of a publication as an A4 PDF with page numbers, also in its contents.

    By Chromium, printed twice: the first time to learn on which page each chapter falls; else by WeasyPrint where
    it is installed. Raises ObservatoryError E160 when neither is there, E161 when printing fails.
    """
    program = browser()
    with tempfile.TemporaryDirectory(prefix="ess-pdf-") as folder:
        place = Path(folder)
        page, draft = place / "page.html", place / "draft.pdf"
        page.write_text(html_page(publication, lang, page_numbers={}), encoding="utf-8")
        if program is None:
            _weasyprint(page, draft)
        else:
            _print(program, page, draft, place)
            numbers = page_numbers(draft.read_bytes())
            if numbers:
                page.write_text(html_page(publication, lang, page_numbers=numbers), encoding="utf-8")
                _print(program, page, draft, place)
        shutil.move(draft, out)
    return out


def write_ods(workbook: Path, out_folder: Path) -> Path:
    """The workbook as .ods, by LibreOffice. Raises ObservatoryError E162 without it, E163 when it fails."""
    program = office()
    if program is None:
        raise ObservatoryError(
            "E162",
            "Copie .ods impossible : LibreOffice est absent de cette machine",
            None,
            "Installez LibreOffice, ou relancez sans --ods.",
            Exit.MISSING,
        )
    with tempfile.TemporaryDirectory(prefix="ess-ods-") as profile:
        command = [program, f"-env:UserInstallation={Path(profile).as_uri()}", "--headless", "--norestore"]
        command += ["--convert-to", "ods", "--outdir", str(out_folder), str(workbook)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    target = out_folder / f"{workbook.stem}.ods"
    if done.returncode or not target.exists():
        raise ObservatoryError(
            "E163",
            "LibreOffice n’a pas écrit la copie .ods",
            str(workbook),
            (done.stderr or "")[-300:],
            Exit.BUG,
        )
    return target


def page_numbers(pdf: bytes) -> dict[str, int]:
    """Page of each named place of a PDF written by Chromium ({} where its layout is not the expected one).

    Chromium writes the tree of pages and the named destinations as plain text, so no PDF library is needed.
    """
    leaves: list[bytes] = []
    nodes = dict(re.findall(rb"(\d+) 0 obj\n<</Type /Pages\n.*?/Kids \[([^\]]*)\]", pdf, re.S))
    children = {kid for kids in nodes.values() for kid in re.findall(rb"(\d+) 0 R", kids)}

    def walk(node: bytes) -> None:
        if node not in nodes:
            leaves.append(node)
            return
        for kid in re.findall(rb"(\d+) 0 R", nodes[node]):
            walk(kid)

    for root in [node for node in nodes if node not in children]:
        walk(root)
    order = {leaf: rank for rank, leaf in enumerate(leaves, start=1)}
    places = re.findall(rb"/([A-Za-z0-9_-]+) \[(\d+) 0 R /XYZ", pdf)
    return {name.decode(): order[leaf] for name, leaf in places if leaf in order}


def _print(program: str, page: Path, target: Path, place: Path) -> None:
    command = [
        program,
        "--headless",
        "--disable-gpu",
        "--no-first-run",
        f"--user-data-dir={place / 'profile'}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--no-sandbox")  # Chromium refuses to run as root otherwise
    command += ["--no-pdf-header-footer", "--generate-pdf-document-outline", f"--print-to-pdf={target}"]
    target.unlink(missing_ok=True)
    try:
        done = subprocess.run(
            [*command, page.as_uri()], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        said = done.stderr
    except subprocess.TimeoutExpired:
        said = f"pas de réponse en {PATIENCE} secondes"
    if not target.exists():
        raise ObservatoryError("E161", "Le navigateur n’a pas écrit le PDF", program, said[-300:], Exit.BUG)


def _weasyprint(page: Path, target: Path) -> None:
    try:
        from weasyprint import HTML  # optional extra `pdf`
    except (ImportError, OSError) as error:
        raise ObservatoryError(
            "E160",
            "PDF impossible : ni Chromium ni WeasyPrint sur cette machine",
            None,
            "Installez Chromium (ou l’option [pdf]), ou imprimez la page depuis votre navigateur.",
            Exit.MISSING,
        ) from error
    HTML(string=_coloured(page.read_text(encoding="utf-8"))).write_pdf(str(target))


def _coloured(page: str) -> str:
    """The page with the chart style inside each drawing, colours spelt out: WeasyPrint lends a drawing no style."""
    css = (template_folder() / "chart.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z0-9-]+): (#[0-9A-F]{6})", css))
    css = re.sub(r"var\(--([a-z0-9-]+)\)", lambda found: colours[found[1]], css.split("}", 1)[1])
    css = re.sub(
        r"font: (\d+) (\d+px) [^;]+;", r"font-family: Arial, sans-serif; font-weight: \1; font-size: \2;", css
    )
    css = re.sub(r"paint-order: stroke;[^}]+", "", css).replace("svg.chart ", "")
    return re.sub(r'(<svg class="chart[^>]*>)', lambda found: f"{found[1]}<style>{css}</style>", page)


def _found(names: tuple[str, ...]) -> str | None:
    return next((path for name in names if name and (path := shutil.which(name))), None)
