"""What a chart may be asked: bounds, pale bars, cumulative bars, order, headings, and when it is not drawn at all."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, get_args

import pytest

from ess_observatory.declare.models.charts import ChartType
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.tables import PublishedTable
from ess_observatory.render.chartdata import Context
from ess_observatory.render.charts import FORMS, chart_svgs
from ess_observatory.render.views import table_view
from test_render_fixture import build_publication


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return read_publication(build_publication(tmp_path_factory.mktemp("charts") / "publication"))


def drawn(table: PublishedTable, lang: str = "fr", **chart: Any) -> str:
    """The wide drawing of a table with another chart."""
    return chart_svgs(replace(table, chart=chart), Context(lang))[0]


def texts(drawing: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", drawing)


def test_values_built_on_few_answers_are_pale_and_explained(publication: Publication) -> None:
    drawing = drawn(publication.table("strengths"), type="bars", column="pct")
    assert drawing.count(" weak") == 2
    assert "Barre claire\u00a0: moins de 30 réponses, à interpréter avec prudence." in texts(drawing)
    assert "Trait\u00a0: intervalle de confiance à 95\u00a0%." in texts(drawing)
    plain = drawn(publication.table("strengths"), type="bars", column="n")
    assert " weak" not in plain and not any("Barre claire" in text for text in texts(plain))


def test_a_chart_that_asks_to_be_reliable_is_not_drawn_on_few_answers(publication: Publication) -> None:
    table = publication.table("strengths")
    chart = {"type": "bars", "column": "pct", "reliable": True}
    assert chart_svgs(replace(table, chart=chart), Context()) != []
    few = {**chart, "section": "D04 – Principal risque à cinq ans"}
    assert chart_svgs(replace(table, chart=few), Context()) == []


def test_a_bound_keeps_the_lowest_values_in_ascending_order(publication: Publication) -> None:
    table = publication.table("rates")
    found = sorted(cell.value for cell in table.cells.values() if cell.value is not None)
    bound = found[-4]
    drawing = drawn(table, type="bars", column="rate", order="ascending", below=bound)
    values = [int(text[:-2]) for text in texts(drawing) if text.endswith("\u00a0%")]
    assert values == [value for value in found if value < bound] and len(values) > 1


def test_hidden_rows_may_be_left_to_the_table(publication: Publication) -> None:
    table = publication.table("causes")
    every = drawn(table, type="bars", column="long")
    shown = drawn(table, type="bars", column="long", shown=True)
    assert "s" in texts(every) and "s" not in texts(shown)


def test_a_block_that_is_hidden_altogether_is_left_to_the_table(publication: Publication) -> None:
    table = publication.table("strengths")
    gone = {
        key: replace(cell, value=None, obs_status="N")
        for key, cell in table.cells.items()
        if key[0][0] == "m"
    }
    drawing = drawn(replace(table, cells={**table.cells, **gone}), type="bars", column="pct")
    assert "Concurrence" not in texts(drawing) and "Qualité des services rendus" in texts(drawing)


def test_cumulative_bars_start_where_the_last_one_ended(publication: Publication) -> None:
    drawing = drawn(publication.table("years"), type="bars", column="count", cumulative=True, shown=True)
    tracks = [float(width) for width in re.findall(r'width="([\d.]+)" height="22" class="track"', drawing)]
    starts = [float(x) for x in re.findall(r'<path class="c1" d="M([\d.]+) ', drawing)]
    zero = starts[0]
    assert tracks[0] == 0 and starts[1:] == pytest.approx([zero + width for width in tracks[1:]], abs=0.11)


def test_multiples_may_follow_the_order_of_another_column(publication: Publication) -> None:
    table = publication.table("causes")
    drawing = drawn(table, type="multiples", columns=["short", "long"], order_by="short")
    labels = [row.label for row in sorted(table.rows, key=lambda row: -(table.cell(row, "short").value or 0))]
    positions = [drawing.index(label.split()[0]) for label in labels]
    assert positions == sorted(positions)


@pytest.mark.parametrize(("lang", "heading"), [("fr", "Les moins renseignées"), ("en", "Least answered")])
def test_a_drawing_has_a_heading_in_its_language(publication: Publication, lang: str, heading: str) -> None:
    said = {"fr": "Les moins renseignées", "en": "Least answered"}
    assert heading in texts(drawn(publication.table("rates"), lang, type="bars", column="rate", heading=said))


def test_what_the_chart_draws_is_said_unless_it_says_it_itself(publication: Publication) -> None:
    bars = table_view(publication.table("size"), Context())
    dumbbell = table_view(publication.table("compare"), Context())
    assert bars["measured"] and bars["measure"]
    assert not dumbbell["measured"]


def test_tiles_say_what_stands_beside_only_where_it_applies(publication: Publication) -> None:
    table = replace(publication.table("size"), chart={"type": "tiles", "column": "count", "also": "share"})
    tiles = table_view(table, Context())["tiles"]
    details = {tile["label"]: tile["detail"] for tile in tiles}
    assert details["Effectif non connu"] == ""
    assert all("///" not in detail for detail in details.values())


def test_every_declared_form_is_drawn() -> None:
    """A map is drawn with its ranking, tiles are HTML; every other form that a card may ask for has its drawing."""
    assert set(get_args(ChartType)) == set(FORMS) | {"map", "tiles"}
