"""The HTML page: structure, accessibility, secrecy, no outside request."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.render.chartdata import Context
from ess_observatory.render.charts import chart_svgs
from ess_observatory.render.html import html_page, render_html, template_folder
from ess_observatory.render.views import filters
from test_render_fixture import build_publication

VOID = {"meta", "input", "br", "hr", "img", "link", "wbr"}


class Page(HTMLParser):
    """Every element with its attributes and text, and a check that tags close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: Counter[str] = Counter()
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return read_publication(build_publication(tmp_path_factory.mktemp("html") / "publication"))


@pytest.fixture(scope="module")
def text(publication: Publication) -> str:
    return html_page(publication)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_one_title_and_no_level_skipped(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_landmarks_language_and_skip_link(page: Page) -> None:
    assert page.all("html")[0]["lang"] == "fr"
    for tag in ("header", "nav", "main", "footer"):
        assert page.all(tag)
    assert page.all("a")[0]["href"] == "#contenu"
    assert page.all("main")[0]["id"] == "contenu"


def test_ids_are_unique_and_references_resolve(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        for name in ("aria-labelledby", "for"):
            for target in (attributes.get(name) or "").split():
                assert target in ids
        if (attributes.get("href") or "").startswith("#"):
            assert (attributes["href"] or "")[1:] in ids


def test_tables_have_caption_and_scopes(text: str) -> None:
    tables = re.findall(r"<table.*?</table>", text, re.S)
    assert len(tables) >= 17
    for table in tables:
        assert table.count("<caption") == 1 and "<thead>" in table
        heads = re.findall(r"<th\b[^>]*>", table)
        assert heads and all('scope="' in head for head in heads)
        assert "<td></td>" not in table


def test_every_drawing_is_named_and_described(page: Page, text: str) -> None:
    drawings = re.findall(r"<svg\b.*?</svg>", text, re.S)
    assert len(drawings) > 20
    for drawing in drawings:
        opening = drawing[: drawing.index(">")]
        assert 'role="img"' in opening and "aria-labelledby=" in opening
        assert re.search(r"<title id=[^>]+>[^<]+</title><desc id=[^>]+>[^<]+</desc>", drawing)
        assert "Source\u00a0: " in drawing and "Données synthétiques" in drawing
        assert " data-" not in drawing and "style=" not in drawing


def test_nothing_comes_from_outside(page: Page, text: str) -> None:
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    assert "url(http" not in text and "@import" not in text
    for _, attributes in page.elements:
        assert "style" not in attributes and not any(name.startswith("on") for name in attributes)
    for tag in ("link", "img", "iframe", "object"):
        assert not page.all(tag)


def test_pages_of_two_languages_point_to_each_other(publication: Publication) -> None:
    both = Page(html_page(publication, others=("en",)))
    links = {a["hreflang"]: a["href"] for a in both.all("link")}
    assert links == {"fr": "rapport-ess.html", "en": "rapport-ess.en.html"}
    assert all(a["rel"] == "alternate" for a in both.all("link"))
    assert any(a.get("hreflang") == "en" and a["href"] == "rapport-ess.en.html" for a in both.all("a"))


def test_html_is_valid(text: str, publication: Publication) -> None:
    html5lib = pytest.importorskip("html5lib")
    english = html_page(read_publication(publication.dir, "en"), "en", others=("fr",))
    for page in (text, english):
        parser = html5lib.HTMLParser(strict=False)
        parser.parse(page)
        assert parser.errors == []


def test_policy_allows_exactly_these_styles_and_script(text: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy and "unsafe" not in policy[1]
    directives = policy[1].replace("&#39;", "'")
    assert directives.startswith("default-src 'none'")
    blocks = re.findall(r"<(?:style|script)(?! type=)[^>]*>(.*?)</(?:style|script)>", text, re.S)
    assert len(blocks) == 4
    for block in blocks:
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in directives


def test_synthetic_banner_only_when_synthetic(publication: Publication, text: str) -> None:
    assert 'class="banner"' in text
    real = replace(publication, manifest={**publication.manifest, "synthetic": False})
    assert "synthétiques" not in html_page(real)


def test_raw_text_is_escaped(text: str) -> None:
    assert "<formation>" not in text and "&lt;formation&gt;" in text


def test_long_tables_are_folded_and_short_ones_are_not(text: str) -> None:
    communes = text[text.index('id="t2-1"') : text.index('id="ch-3"')]
    assert '<details class="fold">' in communes
    size = text[text.index('id="t1-1"') : text.index('id="t1-2"')]
    assert '<details class="fold"' not in size


def test_one_csv_a_table(page: Page, publication: Publication) -> None:
    links = [a for a in page.all("a") if "download" in a]
    assert len(links) == len(publication.tables)
    assert all((a["href"] or "").startswith("data:text/csv;charset=utf-8,%EF%BB%BF") for a in links)


def test_hidden_parts_are_not_drawn_nor_given_away(publication: Publication) -> None:
    table = publication.table("hidden_parts")
    for drawing in chart_svgs(table, Context()):
        assert drawing.count("<path") == 1, "one bar: the only value shown"
        assert drawing.count(">s</text>") == 2


def test_hidden_cells_print_their_sign_only(publication: Publication, text: str) -> None:
    article = text[text.index('id="t8-3"') :]
    cells = re.findall(r'<td class="num sign">([^<]*)</td>', article[: article.index("</article>")])
    assert cells == ["s", "s"]


def test_signs_of_a_table_are_explained(text: str) -> None:
    article = text[text.index('id="t5-1"') : text.index('id="t8-1"')]
    assert "ns = non significatif" in article and "u = peu fiable" in article


def test_replication_and_checks_are_printed(text: str) -> None:
    assert "contradiction dans le rapport" in text and "Le tableau publié fait 52, non 57." in text
    assert "Dates de création plausibles" in text and "à examiner" in text


def test_page_is_light_and_reproducible(publication: Publication, tmp_path: Path) -> None:
    first = render_html(publication, tmp_path / "a.html").read_bytes()
    second = render_html(read_publication(publication.dir), tmp_path / "b.html").read_bytes()
    assert first == second
    assert len(first) < 2_000_000


def test_english_page(publication: Publication) -> None:
    english = html_page(read_publication(publication.dir, "en"), "en")
    assert '<html lang="en">' in english and "Main points" in english and "40,0\u00a0%" not in english
    Page(english)


def test_english_page_says_what_stays_in_french(publication: Publication, tmp_path: Path) -> None:
    folder = tmp_path / "publication"
    shutil.copytree(publication.dir, folder)
    french = html_page(read_publication(folder, "en"), "en")
    assert "This text exists in French only." in french and '<div class="prose" lang="fr">' in french
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    texts["main_points"] = ["One point."]
    (folder / "texts.en.json").write_text(json.dumps(texts), encoding="utf-8")
    cards = json.loads((folder / "tables.json").read_text(encoding="utf-8"))
    cards[0] |= {"title_en": "By size", "scope_en": "Employers"}
    (folder / "tables.json").write_text(json.dumps(cards), encoding="utf-8")
    english = read_publication(folder, "en")
    page = html_page(english, "en")
    assert "One point." in page and "exists in French only" not in page
    assert "<dd>Employers</dd>" in page and '<dd lang="fr">' in page
    assert english.table("1.1").untranslated >= {"source", "rows"}
    assert not {"title", "scope"} & english.table("1.1").untranslated


def test_both_languages_have_the_same_words() -> None:
    from ess_observatory.words import english as words_en
    from ess_observatory.words import french as words_fr

    for name in ("INTERFACE", "WORKBOOK", "VERDICTS", "STATUSES"):
        assert getattr(words_en, name).keys() == getattr(words_fr, name).keys(), name
    signs = {
        "at least" if sign == "au moins" else sign for sign in words_fr.SIGNS
    }  # the one sign that is words
    assert words_en.SIGNS.keys() == signs
    assert len(words_en.MONTHS) == len(words_fr.MONTHS) == 12


def test_intervals_are_printed_and_explained(text: str) -> None:
    article = text[text.index('id="t5-1"') : text.index('id="t8-1"')]
    assert '<span class="interval">[66\u202f; 87]</span>' in article
    assert "[66\u202f; 87] = intervalle de confiance à 95\u00a0%" in article


def test_an_interval_is_drawn_across_its_bar(publication: Publication) -> None:
    table = replace(publication.table("strengths"), chart={"type": "bars", "column": "pct"})
    wide = chart_svgs(table, Context())[0]
    assert wide.count('class="whisker"') == 3


def test_a_long_chart_is_cut_between_blocks(publication: Publication) -> None:
    drawings = chart_svgs(publication.table("rates"), Context())
    wide = [drawing for drawing in drawings if "chart wide" in drawing]
    assert len(wide) == 2 and "(1/2)" in wide[0] and "(2/2)" in wide[1]
    assert sum(drawing.count("<path") for drawing in wide) == 36
    assert all("Source" in drawing for drawing in wide), "an extracted picture stays sourced"
    ids = re.findall(r' id="([^"]+)"', "".join(drawings))
    assert len(ids) == len(set(ids))


def test_small_multiples_share_a_scale_and_hide_what_is_hidden(publication: Publication) -> None:
    wide, narrow = chart_svgs(publication.table("causes"), Context())
    for drawing in (wide, narrow):
        assert drawing.count("<path") == 5 and drawing.count(">s</text>") == 1


def test_a_wide_table_of_few_rows_is_turned(text: str) -> None:
    table = re.search(r"<table[^>]*>(?:(?!</table>).)*Pôles comparés.*?</table>", text, re.S)
    assert table
    assert re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', table[0]) == [
        "Indicateur",
        "Pôle A",
        "Pôle B",
        "Pôle C",
    ]
    assert len(re.findall(r'<th scope="row"', table[0])) == 10


def test_filters_are_offered_on_shared_texts_only(publication: Publication) -> None:
    plan = filters(publication.table("communes"))
    assert plan and [entry["label"] for entry in plan["lists"]] == ["Intercommunalité"]
    assert plan["lists"][0]["groups"] and len(plan["lists"][0]["values"]) == 4
    assert filters(publication.table("size")) is None
    sections = filters(publication.table("rates"))
    assert sections and sections["lists"][0]["values"] == [f"Partie {i}" for i in range(1, 5)]


def test_group_borders_and_areas_of_the_map(publication: Publication) -> None:
    wide = chart_svgs(publication.table("communes"), Context(), publication.map)[0]
    assert re.search(r'<path d="M[^"]+" class="border"/>', wide)
    assert set(re.findall(r'class="land (g\d)"', wide)) == {"g0", "g1", "g2", "g3"}


def test_every_figure_can_be_embedded_and_linked(text: str, publication: Publication) -> None:
    for table in publication.tables:
        assert f'rapport-ess.html?embed={table.anchor}"' in text.replace("&#34;", '"')
        assert f'href="#{table.anchor}"' in text


def _tokens(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9A-F]{6})", css))


def _contrast(one: str, two: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_have_enough_contrast(mode: str) -> None:
    folder = template_folder()
    head, dark = ((folder / name).read_text(encoding="utf-8") for name in ("style.css", "dark.css"))
    tokens = {**_tokens((folder / "chart.css").read_text(encoding="utf-8")), **_tokens(head)}
    if mode == "dark":
        tokens |= _tokens(dark)
    for background in ("paper", "card", "soft"):
        for ink in ("ink", "muted", "link"):
            assert _contrast(tokens[ink], tokens[background]) >= 4.5, (ink, background)
    for mark in ("c1", "c2", "c3", "c4", "c5"):
        assert _contrast(tokens[mark], tokens["card"]) >= 3, mark
    for ink, background in (
        ("warn-ink", "warn-bg"),
        ("ok-ink", "ok-bg"),
        ("cover-ink", "cover"),
        ("cover-muted", "cover"),
    ):
        assert _contrast(tokens[ink], tokens[background]) >= 4.5, (ink, background)
    assert _contrast(tokens["c1"], tokens["c3"]) >= 3, "what is highlighted stands apart in grey"
    for rank in "12345":
        assert _contrast(tokens[f"on{rank}"], tokens[f"c{rank}"]) >= 4.5, rank


def test_highlight_follows_the_given_order_or_the_values(publication: Publication) -> None:
    from ess_observatory.render.chartdata import highlighted, points

    table = publication.table("equity")
    for order, expected in (("given", {"down"}), ("descending", {"stable"})):
        spec = {"column": "n", "order": order, "highlight": 1}
        assert highlighted(spec, points(table, spec, table.column("n"), "fr")) == expected


def test_reserve_is_printed_in_the_drawing(publication: Publication) -> None:
    assert "22\u00a0%\u202f(u)" in chart_svgs(publication.table("compare"), Context())[0]


def test_maps_draw_no_circle_for_a_hidden_value(publication: Publication) -> None:
    table = replace(publication.table("communes"), chart={"type": "map", "column": "posts"})
    wide = chart_svgs(table, Context(), publication.map)[0]
    shown = [row for row in table.rows if row.kind == "data" and table.cell(row, "posts").value]
    hidden = [row for row in table.rows if table.cell(row, "posts").sign == "s"]
    assert wide.count('class="spot"') == len(shown) and wide.count('class="t-map-sign"') == len(hidden) > 0
