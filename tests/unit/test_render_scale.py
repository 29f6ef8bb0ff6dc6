"""What a drawing measures: one scale a figure, tracks that are the whole, a map whose legend and names are complete."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ess_observatory.declare.project import Edition, Project
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.write import write_map
from ess_observatory.render.chartdata import Context, drawn_title
from ess_observatory.render.charts import chart_svgs
from ess_observatory.render.html import html_page
from test_render_fixture import build_publication

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return read_publication(build_publication(tmp_path_factory.mktemp("scale") / "publication"))


def rects(drawing: str, cls: str) -> list[float]:
    """Widths of the rectangles of a class, keys of 13 units aside."""
    found = re.findall(rf'<rect [^>]*width="([\d.]+)" height="(?!13")[\d.]+"[^>]*class="{cls}"', drawing)
    return [float(width) for width in found]


def bars(drawing: str, cls: str = "c1") -> list[float]:
    """Lengths of the bars of a class: what their path draws before the rounded end, and that end."""
    return [float(h) + 2 for h in re.findall(rf'<path class="{cls}[^"]*" d="M[\d. ]+h([\d.]+)', drawing)]


@pytest.mark.parametrize("values", [(10, 17, 10, 9), (2, 1, 3, 40)])
def test_answers_apart_are_drawn_on_the_scale_of_the_opinions(
    publication: Publication, values: tuple[int, ...]
) -> None:
    """Also when they are more numerous than all the opinions: the bar of opinions shrinks, the scale does not."""
    table = publication.table("equity")
    codes = [row.code for row in table.rows if row.kind == "data"]
    apart = next(row.code for row in table.rows if row.kind == "missing")
    cells = {
        **table.cells,
        **{
            (code, "n"): replace(table.cell(code, "n"), value=float(value), text=None)
            for code, value in zip([*codes[:3], apart], values, strict=True)
        },
    }
    sides = dict(zip(("negative", "neutral", "positive"), [[code] for code in codes[:3]], strict=True))
    chart = {"type": "diverging", "column": "n", "include": [*codes[:3], apart], **sides}
    for drawing in chart_svgs(replace(table, cells=cells, chart=chart), Context()):
        parts = [rects(drawing, cls)[0] + 2 for cls in ("c2", "neutral", "c1")]
        (beside,) = rects(drawing, "hatch")
        units = [length / value for length, value in zip([*parts, beside], values, strict=True)]
        assert units == pytest.approx([units[0]] * 4, abs=0.15)
        assert all(0 <= float(x) <= 720 for x in re.findall(r' x="(-?[\d.]+)"', drawing))


def test_the_two_halves_of_a_long_chart_have_one_scale(publication: Publication) -> None:
    """Also when the names and the values of one half are longer."""
    table = publication.table("rates")
    long = replace(
        table.rows[-1], label="Une question dont le nom est bien plus long que celui de toutes les autres"
    )
    table = replace(table, rows=(*table.rows[:-1], long))
    one, two = (drawing for drawing in chart_svgs(table, Context()) if "chart wide" in drawing)
    column = table.column((table.chart or {})["column"])
    shown = [table.cell(row, column).value or 0 for row in table.rows if row.kind == "data"]
    lengths = bars(one, "c[13]") + bars(two, "c[13]")
    assert len(lengths) == len(shown) == 36
    units = [
        length / value for length, value in zip(sorted(lengths), sorted(shown), strict=True) if value > 5
    ]
    assert max(units) - min(units) < 0.05


def test_multiples_have_one_scale_on_a_phone_too(publication: Publication) -> None:
    table = publication.table("causes")
    values = sorted(
        table.cell(row, code).value or 0
        for row in table.rows
        for code in ("short", "long")
        if row.kind == "data" and table.cell(row, code).value
    )
    for drawing in chart_svgs(table, Context()):
        units = [length / value for length, value in zip(sorted(bars(drawing)), values, strict=True)]
        assert max(units) - min(units) < 0.3, "lengths are rounded to a tenth"


def test_the_track_of_a_share_is_the_whole(publication: Publication) -> None:
    """Whatever end the card asks for: this one asks for 25."""
    table = publication.table("weight")
    assert (table.chart or {})["max"] == 25
    for drawing, width in zip(chart_svgs(table, Context()), (720, 360), strict=True):
        assert set(rects(drawing, "track")) == {width}
        shares = [table.cell(row, "share").value for row in table.rows if table.cell(row, "share").value]
        assert bars(drawing) == pytest.approx([width * (share or 0) / 100 for share in shares], abs=0.11)
        assert ">100\u00a0%<" in drawing


@pytest.fixture(scope="module")
def maps(publication: Publication) -> list[str]:
    return chart_svgs(publication.table("communes"), Context(), publication.map)[:2]


def test_the_legend_of_the_map_covers_its_highest_value(maps: list[str], publication: Publication) -> None:
    top = max(cell.value or 0 for (row, code), cell in publication.table("communes").cells.items()
              if code == "count" and row != "total")  # fmt: skip
    for drawing in maps:
        sizes = [float(r) for r in re.findall(r'r="([\d.]+)" class="spot-key"', drawing)]
        spots = [float(r) for r in re.findall(r'r="([\d.]+)" class="spot"', drawing)]
        assert max(sizes) == max(spots) and len(sizes) == 3
        keys = re.findall(r'class="spot-key"/><text [^>]*>([^<]+)<', drawing)
        assert keys[-1] == f"{top:.0f}"
        areas = [size**2 / float(key) for size, key in zip(sizes, keys, strict=True)]
        assert areas == pytest.approx([areas[-1]] * 3, rel=0.05), "areas are proportional"


def test_no_circle_has_a_value_without_a_name(maps: list[str], publication: Publication) -> None:
    names = {row.label for row in publication.table("communes").rows}
    for drawing in maps:
        said = re.findall(r'class="(t-map|on-spot)"[^>]*>([^<]+)<', drawing)
        for (cls, _), (before, text) in zip(said[1:], said, strict=False):
            if cls == "on-spot":
                assert before == "t-map" and text in names
        alone = [text for cls, text in said if cls == "t-map" and text not in names]
        inside = sum(cls == "on-spot" for cls, _ in said)
        assert inside + len(alone) == sum(cls == "t-map" for cls, _ in said) >= 5
        assert all(re.search(r"\u00a0[\d\u202f]+$", text) for text in alone), "the value follows the name"


def test_groups_of_the_map_are_named(maps: list[str]) -> None:
    for drawing in maps:
        letters = re.findall(r'class="t-map-group"[^>]*>([A-Z])<', drawing)
        assert sorted(letters) == sorted("ABCD" * 2), "once on the map, once under it"
        assert all(f">Groupement {n}<" in drawing for n in range(1, 5))


def test_a_single_group_has_no_limits_to_explain(publication: Publication) -> None:
    table = publication.table("communes")
    one = {
        key: replace(cell, text="Seul") if key[1] == "group" else cell for key, cell in table.cells.items()
    }
    assert "Limites" in chart_svgs(table, Context(), publication.map)[0]
    alone = chart_svgs(replace(table, cells=one), Context(), publication.map)[0]
    assert "Limites" not in alone and "t-map-group" not in alone


def test_what_is_not_on_the_map_is_said(publication: Publication) -> None:
    geo = cast(dict[str, Any], publication.map)
    half = {**geo, "features": geo["features"][:75]}
    table = publication.table("communes")
    values = [table.cell(row, "count").value or 0 for row in table.rows if row.kind == "data"]
    lost = sum(value > 0 for value in values[75:])
    assert f"faute de contour : {lost}." in chart_svgs(table, Context(), half)[0].replace("\u00a0", " ")
    assert "faute de contour" not in chart_svgs(table, Context(), geo)[0]


def test_the_figure_is_named_after_what_it_draws(publication: Publication) -> None:
    table = publication.table("communes")
    own = replace(table, chart={**(table.chart or {}), "title": {"fr": "Établissements", "en": "Sites"}})
    assert drawn_title(own, "en") == "Sites" and drawn_title(table, "fr") == table.title
    for drawing in chart_svgs(own, Context(), publication.map):
        assert f">Figure {table.number} – Établissements<" in drawing


def test_annexes_are_lettered_without_a_hole(publication: Publication) -> None:
    chapters = [chapter for chapter in publication.texts["chapters"] if str(chapter["id"]) != "C"]
    tables = tuple(table for table in publication.tables if str(table.chapter) != "C")
    texts = {**publication.texts, "chapters": chapters}
    without = replace(publication, texts=texts, tables=tables, checks=[], replication=[])
    for book in (publication, without):
        numbers = re.findall(r'<span class="chapter-number">([A-Z])<', html_page(book))
        assert numbers[0] == "A" and all(ord(two) == ord(one) + 1 for one, two in pairwise(numbers))


def test_a_territory_draws_its_communes_on_the_outlines_of_another(tmp_path: Path) -> None:
    """An EPCI declared alone, without a map of its own; one with a commune that no outline has draws none."""
    project = Project.load(ROOT)
    file = tmp_path / "epci.toml"
    for epci, is_drawn in (("200043396", True), ("200068500", False)):
        file.write_text(f'name = "Un EPCI"\ncog = "2021"\nepci = ["{epci}"]\n', encoding="utf-8")
        territory = project.territory("epci", near=tmp_path)
        edition = cast(Edition, SimpleNamespace(territory=territory))
        out = tmp_path / epci
        out.mkdir()
        write_map(edition, out)
        assert (out / "map.geojson").exists() is is_drawn
        if is_drawn:
            features = json.loads((out / "map.geojson").read_text(encoding="utf-8"))["features"]
            own = {commune["code"] for commune in territory.communes}
            drawn = {code for feature in features for code in feature["properties"]["commune_codes"]}
            assert own <= drawn and len(features) < 150


def test_no_title_of_a_card_promises_more_than_its_figure_without_saying_it() -> None:
    """A title in two parts (« … et … ») over a drawing of one of several number columns has a title of its own."""
    import tomllib

    for path in sorted((ROOT / "pipelines" / "tables").glob("*/card.toml")):
        card = tomllib.loads(path.read_text(encoding="utf-8"))
        chart = card.get("chart") or {}
        numbers = [column for column in card.get("columns", ()) if column.get("secrecy") != "text"]
        joined = re.search(r"(Établissements|Unités|Créations|Masse)\b.* et ", card["title"])
        if chart.get("column") and len(numbers) > 1 and joined:
            assert chart.get("title"), card["number"]
