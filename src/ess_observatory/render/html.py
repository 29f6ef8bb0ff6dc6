"""The report as one self-contained HTML page: no external request, no style attribute, hashed scripts.

Templates come from the package (`render/templates`, in a wheel), else from the project's `reports/templates`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.engine.outputs import REPORT
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.tables import PublishedTable
from ess_observatory.render.chartdata import Context
from ess_observatory.render.page import name_of, page_content
from ess_observatory.render.views import table_view
from ess_observatory.words import labels as words
from ess_observatory.words.templates import environment

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

WORKBOOKS = {"fr": f"{REPORT}.xlsx", "en": f"{REPORT}.en.xlsx"}
PAGES = {"fr": f"{REPORT}.html", "en": f"{REPORT}.en.html"}
_SAID_BY_SCRIPT = (
    *("filter", "section", "all", "reset", "of", "lines", "svg", "png", "all_csv", "xlsx", "copy", "copied"),
    *("theme_dark", "theme_light", "open_report"),
)


def render_html(
    publication: Publication,
    out_path: Path | str,
    lang: str = "fr",
    templates: Path | None = None,
    others: tuple[str, ...] = (),
) -> Path:
    """Writes the page of a publication and returns its path. The same publication gives the same bytes.

    `others`: languages of the pages that stand beside this one, which it links to.
    """
    out = Path(out_path)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(html_page(publication, lang, templates, others), encoding="utf-8", newline="\n")
    return out


def html_page(
    publication: Publication,
    lang: str = "fr",
    templates: Path | None = None,
    others: tuple[str, ...] = (),
    page_numbers: Mapping[str, int] | None = None,
) -> str:
    """The page of a publication as text.

    With `page_numbers` (anchor: page, empty when not known yet) it is the page of a PDF: drawings of half a page,
    nothing folded, and those numbers in the contents.
    """
    folder = templates or template_folder()
    paper = page_numbers is not None
    content = page_content(publication, lang, paper)
    sheets = ["print.css", *(["paper.css"] if paper else [])]
    style = _read(folder / "style.css") + _dark(_read(folder / "dark.css"))
    style += "".join(_read(folder / name) for name in sheets)
    running = {
        "running": f"{publication.manifest['title']} – {content['territory']}",
        "publisher": name_of(publication.manifest.get("publisher")),
        "mention": words.labels(lang)["synthetic"] if publication.manifest.get("synthetic") else "",
    }
    for name, text in running.items():
        style = style.replace(f"@{name}@", text.replace("\\", "").replace('"', "”").replace("<", ""))
    chart_style = _read(folder / "chart.css")
    early, script = _read(folder / "early.js"), _read(folder / "sheet.js") + _read(folder / "script.js")
    return (
        _environment(folder)
        .get_template("report.html.j2")
        .render(
            lang=lang,
            w=words.labels(lang),
            colon=words.colon(lang),
            style=style,
            chart_style=chart_style,
            early=early,
            script=script,
            spoken=_json({key: words.labels(lang)[key] for key in _SAID_BY_SCRIPT}),
            csp=_policy([style, chart_style], [early, script]),
            others=others,
            pages=PAGES,
            workbook=WORKBOOKS[lang],
            paper=paper,
            page_numbers=page_numbers or {},
            **content,
        )
    )


def table_fragment(table: PublishedTable, lang: str = "fr") -> str:
    """One table as an HTML fragment with its own small stylesheet, for notebooks."""
    folder = template_folder()
    module: Any = _environment(folder).get_template("table.html.j2").module
    view = table_view(table, Context(lang), folded=False)
    return str(module.fragment(view, words.labels(lang), words.colon(lang), _read(folder / "notebook.css")))


def template_folder() -> Path:
    """Folder of the templates. Raises ObservatoryError when there is none."""
    here = Path(__file__).resolve()
    for folder in (here.parent / "templates", here.parents[3] / "reports" / "templates"):
        if (folder / "report.html.j2").exists():
            return folder
    raise ObservatoryError(
        "E112",
        "Les gabarits du rapport sont introuvables.",
        "reports/templates",
        "Réinstaller le projet.",
        Exit.MISSING,
    )


@lru_cache(maxsize=4)
def _environment(folder: Path) -> ImmutableSandboxedEnvironment:
    from jinja2 import FileSystemLoader
    from markupsafe import Markup

    filters: dict[str, Callable[..., Any]] = {
        "trusted": lambda text: Markup(text or ""),
        "name_of": name_of,
        "plural": words.plural,
        "json": _json,
    }
    return environment(FileSystemLoader(folder), filters=filters)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _dark(css: str) -> str:
    """The dark colours twice: when the system asks for them, and when the reader chose them."""
    asked = css.replace(":root", ":root:not([data-theme=light])")
    chosen = css.replace(":root", ":root[data-theme=dark]")
    return f"@media screen and (prefers-color-scheme: dark) {{\n{asked}}}\n@media screen {{\n{chosen}}}\n"


def _policy(styles: list[str], scripts: list[str]) -> str:
    def digests(texts: list[str]) -> str:
        hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
        return " ".join(f"'sha256-{digest}'" for digest in hashes)

    return (
        f"default-src 'none'; style-src {digests(styles)}; script-src {digests(scripts)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
