"""The page in a real browser: accessibility rules, keyboard, phone, dark, print, filters, nothing from outside."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook

from conftest import some_of
from devtools import Browser
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs
from ess_observatory.export.directory import write_directory
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.render.html import PAGES, html_page, render_html
from ess_observatory.render.paper import browser as find_browser
from ess_observatory.render.paper import page_numbers
from test_render_fixture import build_publication

AXE, CHECKER = "4.14.1", "26.9.27"
CACHE = Path(__file__).resolve().parents[2] / ".pytest_cache"
UNKNOWN = ("paint-order", "violates Content Security Policy")  # a property of SVG 2; hashes are not computed


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium on this machine")
    running = Browser(program)
    yield running
    running.close()


def _fetched(package: str, version: str, file: str) -> Path:
    """A file of an npm package, fetched once; the test is skipped where it cannot be."""
    folder = CACHE / f"{package}-{version}"
    found = folder / "node_modules" / package / file
    if not found.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("no npm on this machine")
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--prefix", str(folder), "--no-save", "--ignore-scripts"]
        command.append(f"{package}@{version}")
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode or not found.exists():
            pytest.skip(f"{package} cannot be fetched")
    return found


@pytest.fixture(scope="module")
def axe() -> str:
    """Source of axe-core."""
    return _fetched("axe-core", AXE, "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return read_publication(build_publication(tmp_path_factory.mktemp("browser") / "publication"))


@pytest.fixture(scope="module")
def page(publication: Publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    render_html(read_publication(publication.dir, "en"), folder / PAGES["en"], "en", others=("fr",))
    return render_html(publication, folder / PAGES["fr"], others=("en",))


def _violations(chromium: Browser, axe: str) -> list[str]:
    chromium.value(axe + "; 0")
    chromium.value("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    found: list[dict[str, Any]] = chromium.value("axe.run(document).then(r => r.violations)")
    return [f"{v['id']} ({v['impact']}): {v['nodes'][0]['html'][:160]}" for v in found]


@pytest.mark.parametrize(("width", "scheme"), some_of([(1280, "light"), (1280, "dark"), (390, "light")]))
def test_no_accessibility_violation(chromium: Browser, axe: str, page: Path, width: int, scheme: str) -> None:
    chromium.screen(width, scheme=scheme)
    chromium.open(page)
    assert _violations(chromium, axe) == []


@pytest.mark.slow
def test_english_page_has_no_violation_either(chromium: Browser, axe: str, page: Path) -> None:
    chromium.screen()
    chromium.open(page.with_name(PAGES["en"]))
    assert _violations(chromium, axe) == []


def test_nothing_is_requested_and_nothing_is_said_on_the_console(chromium: Browser, page: Path) -> None:
    chromium.screen()
    chromium.open(page)
    chromium.value("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    asked = [
        event["params"]["request"]["url"]
        for event in chromium.events
        if event.get("method") == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [page.as_uri()]
    loud = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
    assert [event for event in chromium.events if event.get("method") in loud] == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_body_never_scrolls_sideways(chromium: Browser, page: Path, width: int) -> None:
    chromium.screen(width)
    chromium.open(page)
    chromium.value("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert chromium.value("document.documentElement.scrollWidth") <= width


def test_keyboard_walk(chromium: Browser, page: Path) -> None:
    chromium.screen()
    chromium.open(page)
    chromium.press("Tab", 9)
    assert chromium.value("document.activeElement.className") == "skip"
    assert chromium.value("document.activeElement.getBoundingClientRect().top") >= 0
    chromium.press("Enter", 13, "\r")
    assert chromium.value("document.activeElement.id") == "contenu"
    seen = set()
    for _ in range(60):
        chromium.press("Tab", 9)
        state = chromium.value(
            "(e => { const s = getComputedStyle(e), b = e.getBoundingClientRect(); return {tag: e.tagName,"
            " ring: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2,"
            " inside: b.width > 0 && b.bottom > 0 && b.top < innerHeight}; })(document.activeElement)"
        )
        assert state["ring"] and state["inside"], state
        seen.add(state["tag"])
    assert {"A", "BUTTON", "SUMMARY", "DIV"} <= seen


@pytest.mark.slow
def test_folded_table_opens_with_the_keyboard(chromium: Browser, page: Path) -> None:
    chromium.screen()
    chromium.open(page)
    chromium.value("document.querySelector('#t2-1 .fold > summary').focus()")
    chromium.press("Enter", 13, "\r")
    assert chromium.value("document.querySelector('#t2-1 .fold').open")


@pytest.mark.slow
def test_filters_hide_rows_keep_the_total_and_light_the_map(
    chromium: Browser, page: Path, publication: Publication
) -> None:
    table = publication.table("communes")
    chromium.screen()
    chromium.open(page)
    chromium.value(
        "(() => { const s = document.querySelector('#t2-1 select'); s.selectedIndex = 2;"
        " s.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    wanted = chromium.value("document.querySelector('#t2-1 select').value")
    rows = [row for row in table.rows if row.kind == "data"]
    expected = [row.label for row in rows if table.cell(row, "group").text == wanted]
    shown = chromium.value(
        "[...document.querySelectorAll('#t2-1 tr.data')].filter(r => !r.hidden).map(r => r.cells[0].textContent)"
    )
    assert shown == expected
    assert not chromium.value("document.querySelector('#t2-1 tr.total').hidden")
    assert chromium.value("document.querySelector('#t2-1 output').textContent") == (
        f"{len(expected)} lignes sur {len(rows)}"
    )
    assert chromium.value("document.querySelectorAll('#t2-1 svg.map.wide .land.front').length") == 1
    kept = chromium.value("location.hash")
    chromium.open(page, kept)
    assert chromium.value("document.querySelector('#t2-1 select').value") == wanted
    chromium.value("document.querySelector('#t2-1 .filter button').click()")
    assert chromium.value("document.querySelectorAll('#t2-1 tr.data[hidden]').length") == 0


@pytest.mark.slow
def test_without_script_every_row_is_there(chromium: Browser, page: Path, publication: Publication) -> None:
    chromium.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        chromium.open(page)
        count = chromium.value("document.querySelectorAll('#t2-1 tr.data:not([hidden])').length")
        controls = chromium.value("document.querySelectorAll('.filter, .theme').length")
    finally:
        chromium.send("Emulation.setScriptExecutionDisabled", value=False)
    assert count == sum(row.kind == "data" for row in publication.table("communes").rows)
    assert controls == 0


@pytest.mark.slow
def test_display_is_chosen_and_kept(chromium: Browser, page: Path) -> None:
    chromium.screen(scheme="light")
    chromium.open(page)
    paper = "getComputedStyle(document.body).backgroundColor"
    light = chromium.value(paper)
    chromium.value("document.querySelector('.theme').click()")
    dark = chromium.value(paper)
    assert dark != light and chromium.value("document.querySelector('.theme').textContent") == "Mode clair"
    chromium.reload()
    assert chromium.value(paper) == dark
    chromium.screen(scheme="dark")
    chromium.value("document.querySelector('.theme').click()")
    assert chromium.value(paper) == light
    chromium.value("localStorage.clear()")


@pytest.mark.slow
def test_one_figure_alone_for_an_embedding_page(chromium: Browser, page: Path) -> None:
    chromium.screen(720)
    chromium.open(page, "?embed=t1-1")
    visible = "[...document.querySelectorAll('.dataset')].filter(d => d.checkVisibility()).map(d => d.id)"
    assert chromium.value(visible) == ["t1-1"]
    assert chromium.value("document.querySelector('.alone').innerText").count("Source") >= 1
    chromium.open(page, "?embed=nowhere")
    assert len(chromium.value(visible)) > 10


CATCH = (
    "(() => { const make = URL.createObjectURL; URL.createObjectURL = b => { window.saved = b; return make(b); };"
    " HTMLAnchorElement.prototype.click = function () { window.named = this.download; };"
    " window.file = () => new Promise(done => { const r = new FileReader(); r.onload = () => done(r.result);"
    " r.readAsDataURL(window.saved); }); })()"
)


@pytest.mark.slow
def test_picture_of_a_figure_carries_colours_source_signs_and_warning(chromium: Browser, page: Path) -> None:
    chromium.screen()
    chromium.open(page)
    chromium.value(CATCH)
    chromium.value("[...document.querySelectorAll('#t2-1 .tools button')][1].click()")
    picture = chromium.value("window.saved.text()")
    assert chromium.value("window.named") == "SYNTHETIQUE_temoin-2030_2.1_communes.svg"
    assert picture.startswith("<svg") and "--c1:" in picture and "Source" in picture
    said = chromium.value("document.querySelector('#t2-1 h3').textContent")
    words = re.findall(r'class="t-title"[^>]*>([^<]+)<', picture)
    assert " ".join(words) == said, "the picture says its title"
    assert picture.count("<svg") == 3, "the sheet, the map and the ranking"
    warning = " ".join(re.findall(r'class="t-warn"[^>]*>([^<]+)<', picture))
    assert warning.upper().startswith("DONNÉES SYNTHÉTIQUES")
    signs = chromium.value("document.querySelector('#t2-1 .meta .said').innerText")
    foot = " ".join(re.findall(r'class="t-src"[^>]*>([^<]+)<', picture))
    assert signs.strip() in foot, "and what its signs mean"


@pytest.mark.slow
def test_picture_for_a_document_is_twice_as_fine(chromium: Browser, page: Path) -> None:
    chromium.screen()
    chromium.open(page)
    chromium.value(CATCH)
    chromium.value("[...document.querySelectorAll('#t1-2 .tools button')][2].click()")
    chromium.wait_until("Boolean(window.saved)")
    assert chromium.value("window.named").endswith("1.2_weight.png")
    raw = base64.b64decode(chromium.value("window.file()").split(",")[1])
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(raw[16:20], "big") == 2 * (720 + 24)
    loud = [event for event in chromium.events if event.get("method") == "Log.entryAdded"]
    assert loud == [], "the policy of the page lets it be made"


@pytest.mark.slow
def test_every_download_says_that_data_are_synthetic(
    chromium: Browser, page: Path, publication: Publication
) -> None:
    chromium.screen()
    chromium.open(page)
    links = chromium.value(
        "[...document.querySelectorAll('.dataset .tools a[download]')].map(a => [a.download, a.href])"
    )
    assert len(links) == len(publication.tables)
    for name, href in links:
        rows = unquote(href.split(",", 1)[1]).strip().splitlines()
        assert name.startswith("SYNTHETIQUE_")
        assert all("Données synthétiques" in row for row in rows[1:] if row.endswith("s")), name
        assert sum("Données synthétiques" in row for row in rows) >= 1
    chromium.value(CATCH)
    chromium.value("document.querySelector('.downloads button').click()")
    assert chromium.value("window.named") == "SYNTHETIQUE_temoin-2030.zip"
    archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(chromium.value("window.file()").split(",")[1])))
    assert archive.testzip() is None and sorted(archive.namelist()) == sorted(name for name, _ in links)
    assert chromium.value("document.querySelector('.downloads a').getAttribute('href')") == "rapport-ess.xlsx"


@pytest.mark.slow
def test_embedded_figure_takes_the_height_that_it_needs(chromium: Browser, page: Path) -> None:
    chromium.screen(900)
    chromium.open(page)
    code = chromium.value(
        "(() => { const d = document.querySelector('#t2-1 details.embed'); d.open = true;"
        " return new Promise(done => setTimeout(() => done(d.querySelector('code').textContent), 200)); })()"
    )
    given = int(re.search(r'height="(\d+)"', code)[1])  # type: ignore[index]
    assert given > 1000, "measured, not a guess"
    host = page.with_name("host.html")
    host.write_text(
        f"<!doctype html><body style='width: 700px'>{code.replace(str(given), '640')}", encoding="utf-8"
    )
    chromium.open(host)
    chromium.wait_until("Number(document.querySelector('iframe').height) > 1000")
    asked = chromium.value("Number(document.querySelector('iframe').height)")
    chromium.screen(700)
    chromium.open(page, "?embed=t2-1")
    needs = chromium.value("document.documentElement.offsetHeight")
    assert abs(asked - needs) < 40
    assert chromium.value("document.querySelector('.banner').checkVisibility()"), "with its warning"


@pytest.mark.slow
def test_key_figures_are_on_the_first_screen(chromium: Browser, page: Path) -> None:
    chromium.screen(1280, 800)
    chromium.open(page)
    assert chromium.value("document.querySelector('.tiles').getBoundingClientRect().bottom") <= 800


@pytest.mark.slow
def test_a_wide_screen_is_used(chromium: Browser, page: Path) -> None:
    chromium.screen(1920, 1080)
    chromium.open(page)
    box = "(s => { const r = document.querySelector(s).getBoundingClientRect(); return [r.left, r.right, r.top]; })"
    drawing, meta = (chromium.value(f"{box}('#t3-1 > {name}')") for name in (".drawing", ".meta"))
    whole = chromium.value(f"{box}('#t3-1')")
    assert whole[1] - whole[0] > 1300 and meta[0] > drawing[1], "the notes stand beside the figure"
    land, rank = (chromium.value(f"{box}('#t2-1 svg.wide{kind}')") for kind in (".map", ":not(.map)"))
    assert rank[0] > land[1] - 1 and abs(rank[2] - land[2]) < 30, "the ranking stands beside the map"
    assert chromium.value("document.documentElement.scrollWidth") <= 1920


@pytest.mark.slow
def test_a_table_alone_as_a_workbook(chromium: Browser, page: Path, publication: Publication) -> None:
    table = publication.table("size")
    chromium.screen()
    for name, lang in (("fr", "fr"), ("en", "en")):
        chromium.open(page.with_name(PAGES[name]))
        data = chromium.value(
            "(() => { const make = URL.createObjectURL;"
            " URL.createObjectURL = b => { window.saved = b; return make(b); };"
            " HTMLAnchorElement.prototype.click = function () { window.named = this.download; };"
            " document.querySelector('#t1-1 .tools button').click();"
            " return new Promise(done => { const file = new FileReader(); file.onload = () => done(file.result);"
            " file.readAsDataURL(window.saved); }); })()"
        )
        sheet = load_workbook(io.BytesIO(base64.b64decode(data.split(",")[1]))).active
        rows = list(sheet.iter_rows(values_only=True))
        head = next(at for at, row in enumerate(rows) if row[0] == table.stub)
        assert sheet.title == "t1-1" and table.title in rows[0][0], lang
        assert any(row[0].startswith("Source") for row in rows[:head])
        found = {row[0]: row[1] for row in rows[head + 1 :]}
        expected = {row.label: table.cell(row, "count").value for row in table.rows}
        assert found == expected, "numbers are numbers"
    assert chromium.value("window.named").endswith(".xlsx")


@pytest.mark.slow
def test_paper_has_contents_pages_and_no_tools(chromium: Browser, page: Path) -> None:
    chromium.screen()
    chromium.open(page)
    pdf = base64.b64decode(chromium.send("Page.printToPDF", preferCSSPageSize=True)["data"])
    numbers = page_numbers(pdf)
    assert numbers["essentiel"] == 3 and numbers["ch-1"] >= 3
    assert re.search(rb"/MediaBox \[0 0 59\d(?:\.\d+)? 84\d(?:\.\d+)?\]", pdf)
    chromium.screen(media="print")
    for tools in (".tools", ".filter", ".theme", ".embed", ".toc-phone"):
        assert not chromium.value(f"document.querySelector('{tools}').checkVisibility()"), tools
    assert chromium.value("document.querySelector('.toc').checkVisibility()")
    chromium.screen()


@pytest.fixture(scope="module")
def edition_pages(
    project: Project, reference_build: Outputs, today_build: Outputs, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Every kind of page that an edition gives to read."""
    folder = tmp_path_factory.mktemp("pages")
    published, today = reference_build.publication, today_build.publication
    with Database(reference_build.database, read_only=True) as db:
        book = read_publication(published)
        write_directory(db, project, book.manifest, book.map, folder)
    return {
        "report": reference_build.page,
        "english": render_html(read_publication(published, "en"), folder / PAGES["en"], "en", others=("fr",)),
        "quality": reference_build.quality / "rapport-qualite.html",
        "expectations": reference_build.quality / "data_docs" / "index.html",
        "directory": next(folder.glob("*annuaire.html")),
        "today": render_html(read_publication(today), folder / "today.html"),
        "today in English": render_html(read_publication(today, "en"), folder / "today.en.html", "en"),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "width", "scheme"),
    [
        ("report", 390, "dark"),
        ("english", 1280, "light"),
        ("quality", 1280, "light"),
        ("quality", 390, "dark"),
        ("directory", 1280, "light"),
        ("directory", 390, "dark"),
        ("today", 1280, "light"),
        ("today in English", 390, "dark"),
    ],
)
def test_pages_of_an_edition_are_accessible(
    chromium: Browser, axe: str, edition_pages: dict[str, Path], kind: str, width: int, scheme: str
) -> None:
    chromium.screen(width, scheme=scheme)
    chromium.open(edition_pages[kind])
    assert _violations(chromium, axe) == []
    assert chromium.value("document.documentElement.scrollWidth") <= width
    chromium.screen()


@pytest.mark.slow
def test_pages_of_an_edition_conform_to_html(edition_pages: dict[str, Path], tmp_path: Path) -> None:
    """By the Nu Html Checker, every page and the one that is printed as a PDF."""
    java = shutil.which("java")
    if java is None:
        pytest.skip("no Java on this machine")
    checker = _fetched("vnu-jar", CHECKER, "build/dist/vnu.jar")
    printed = tmp_path / "printed.html"
    folder = edition_pages["report"].parents[1] / "publication"
    printed.write_text(html_page(read_publication(folder), page_numbers={"ch-1-t": 3}), encoding="utf-8")
    pages = [str(path) for path in (*edition_pages.values(), printed)]
    command = [java, "-Xss4m", "-jar", str(checker), "--format", "json", "--exit-zero-always", *pages]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    found = [
        (Path(said["url"]).name, said["message"])
        for said in json.loads(done.stderr)["messages"]
        if not any(word in said["message"] for word in UNKNOWN)
    ]
    assert found == []
