"""Editions side by side: made of publications alone, breaks marked, differences only where nothing parts the editions."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ess_observatory.commands.main import app
from ess_observatory.compared.series import CHANGE, side_by_side
from ess_observatory.compared.series_communes import ADDED, brought_to
from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.commune_moves import CommuneMoves
from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import ObservatoryError
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.tables import Cell, PublishedTable, Row


@pytest.fixture(scope="module")
def earlier(reference_build: Outputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference publication as if it were of 2010: another source for families, a hidden value, a row that is gone."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("earlier") / "publication"
    shutil.copytree(reference_build.publication, folder)
    figures = pq.read_table(folder / "figures.parquet")
    rows = figures.to_pylist()
    for row in rows:
        if row["table_id"] == "families" or row["obs_status"] == "D":
            row["sources"] = ["sirene_old"]
        if row["figure_id"] == "size_1_2":
            row["value"] = 150.0
        if row["figure_id"] == "size_3_5":
            row |= dict.fromkeys(("value", "numerator", "denominator", "base_n", "ci_low", "ci_high"))
            row["conf_status"] = "C"
    pq.write_table(pa.Table.from_pylist(rows, schema=figures.schema), folder / "figures.parquet")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest |= {"edition": "avant", "year": 2010, "version": "2010.1.0"}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def together(earlier: Path, reference_build: Outputs, project: Project) -> Publication:
    books = [read_publication(reference_build.publication), read_publication(earlier)]
    return side_by_side(books, Breaks.load(project.pipelines))


def test_a_column_an_edition_oldest_first(together: Publication) -> None:
    sizes = together.table("size_bands")
    assert [column.label for column in sizes.columns] == ["2010", "2011", "Écart 2011 – 2010"]
    shown = [sizes.cell("count.01", column).value for column in sizes.columns]
    assert shown == [150, 160, 10]


def test_a_hidden_value_stays_hidden_and_has_no_difference(together: Publication) -> None:
    sizes = together.table("size_bands")
    assert sizes.cell("count.02", "e0").sign == "s"
    assert sizes.cell("count.02", "e0").value is None
    assert sizes.cell("count.02", CHANGE).value is None


def test_another_source_is_a_break_without_difference(together: Publication) -> None:
    families = together.table("families")
    after = [families.cell(row, "e1") for row in families.rows]
    assert all("b" in cell.marks for cell in after if not cell.sign)
    assert CHANGE not in {column.code for column in families.columns}
    [note] = [note for note in families.notes if "Rupture" in note]
    assert "sirene_old" not in note, "the reason is said once, at the head"
    reasons = [line["text"] for line in together.changes["lines"] if "sirene_old" in line["text"]]
    assert all(re.match(r"Rupture de série \d+ \(", reason) for reason in reasons)
    reasons = [reason for reason in reasons if "3.2" in reason]
    assert reasons
    numbers = {re.findall(r"\d+", reason)[0] for reason in reasons}
    assert numbers <= set(re.findall(r"\d+", note))


def test_the_head_of_the_series_is_not_empty(together: Publication) -> None:
    """What the tables say of 2010 and 2011 is said at the head: a rise, and nothing of what 2010 hides."""
    [point] = together.texts["main_points"]
    assert "2010 et 2011" in point
    lines = [line["text"] for line in together.changes["lines"]]
    assert len(lines) == len(set(lines))
    assert not any("3 à 5" in line for line in lines)


def test_a_break_does_not_wipe_out_the_reserve_of_a_figure(together: Publication) -> None:
    """The share of jobs mixes two fields (d): after a break it says both."""
    weight = together.table("economic_weight")
    marked = [weight.cell(row, "e1") for row in weight.rows if "d" in weight.cell(row, "e0").marks]
    assert marked
    assert {cell.marks for cell in marked} == {("d", "b")}
    assert {"d", "b"} <= set(weight.signs)
    assert not any("," in sign for sign in weight.signs)


def test_the_figures_are_those_of_the_publications(
    together: Publication, earlier: Path, reference_build: Outputs
) -> None:
    """Naive oracle: every cell that carries a figure id has the value that the publication itself gives."""
    books = {
        "avant": read_publication(earlier),
        "sambre-avesnois-2011": read_publication(reference_build.publication),
    }
    seen = 0
    for figure in together.figures():
        name, _, edition = figure.id.rpartition("@")
        source = books[edition].figure(name)
        assert (figure.cell.value, figure.cell.conf_status) == (source.cell.value, source.cell.conf_status)
        seen += 1
    assert seen > 1000


def test_declared_reasons_give_their_words(project: Project) -> None:
    breaks = Breaks.load(project.pipelines)
    told = breaks.of_sources(frozenset({"clap"}), frozenset({"flores_ess"}))
    assert told is not None
    assert "FLORES" in told
    assert breaks.of_sources(frozenset({"flores_ess"}), frozenset({"clap"})) == told
    assert breaks.of_perimeters("cress_2011", "loi_2014", frozenset({"manageo"}))
    assert breaks.of_perimeters("cress_2011", "loi_2014", frozenset({"clap"})) is None
    assert breaks.of_perimeters("cress_2011", "cress_2011", frozenset({"manageo"})) is None


def test_declared_breaks_name_known_sources_and_perimeters(project: Project) -> None:
    breaks = Breaks.load(project.pipelines)
    named = {name for pair in breaks.sources for name in pair}
    named |= {name for change in breaks.perimeters.values() for name in change.untouched}
    assert named <= set(project.sources)
    for pair in breaks.perimeters:
        for name in pair:
            project.perimeter(name)
    assert breaks.not_compared <= {table.id for table in project.tables}


def test_command_writes_page_workbook_and_data(
    earlier: Path, reference_build: Outputs, tmp_path: Path
) -> None:
    import pyarrow.parquet as pq

    places = [str(earlier), str(reference_build.base), "--out", str(tmp_path), "--json"]
    done = CliRunner().invoke(app, ["series", *places])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "series-ess.html").read_text(encoding="utf-8")
    assert "rupture de série" in page
    assert (tmp_path / "series-ess.xlsx").stat().st_size > 10_000
    data = pq.read_table(tmp_path / "series-ess.parquet").to_pylist()
    assert {row["edition"] for row in data} == {"2010", "2011"}
    assert all(row["value"] is None for row in data if row["sign"] == "s")
    assert any(row["is_after_break"] for row in data)


def test_one_edition_alone_is_refused(earlier: Path, project: Project) -> None:
    with pytest.raises(ObservatoryError) as caught:
        side_by_side([read_publication(earlier)], Breaks.load(project.pipelines))
    assert (caught.value.code, int(caught.value.exit_code)) == ("E134", 2)


# ------------------------------------------------------------------ communes that merged


@pytest.fixture(scope="module")
def moves(project: Project) -> CommuneMoves:
    return CommuneMoves.load(project.pipelines)


def _communes(table: PublishedTable, **cells: dict[str, Cell]) -> PublishedTable:
    """The table of communes cut to these rows (`c59006={"establishments": …}`)."""
    rows = tuple(Row(code[1:], f"Commune {code[1:]}") for code in cells)
    found = {
        (code[1:], column.code): given.get(column.code, Cell(value=0.0, figure_id=f"{code}.{column.code}"))
        for code, given in cells.items()
        for column in table.columns
    }
    return dataclasses.replace(table, rows=rows, cells=found)


@pytest.fixture
def by_commune(reference_build: Outputs) -> PublishedTable:
    return read_publication(reference_build.publication).table("communes")


def test_published_parts_are_added(by_commune: PublishedTable, moves: CommuneMoves, project: Project) -> None:
    additive = Breaks.load(project.pipelines).commune_columns["communes"]
    before = _communes(by_commune, c59006={"establishments": Cell(value=3.0, figure_id="a")},
                       c59070={"establishments": Cell(value=2.0, figure_id="b")}, c59392={})  # fmt: skip
    after = _communes(by_commune, c59006={}, c59392={})
    found, notes = brought_to(before, after, moves, additive)
    assert [row.code for row in found.rows] == ["59006", "59392"]
    assert found.cell("59006", "establishments").value == 5
    assert ADDED in found.cell("59006", "establishments").flags
    assert found.cell("59006", "per_1000").sign == "///", "a ratio is never made again"
    assert found.cell("59392", "establishments") == before.cell("59392", "establishments")
    [note] = notes
    assert "59070" in note and "n’est pas publiée" not in note


@pytest.mark.parametrize(
    ("hidden", "sign"),
    [(Cell(conf_status="C"), "s"), (Cell(obs_status="O"), "nd"), (Cell(obs_status="N"), "nd")],
)
def test_a_hidden_part_hides_the_sum(
    by_commune: PublishedTable, moves: CommuneMoves, project: Project, hidden: Cell, sign: str
) -> None:
    additive = Breaks.load(project.pipelines).commune_columns["communes"]
    before = _communes(by_commune, c59006={"posts": Cell(value=30.0)}, c59070={"posts": hidden})
    found, [note] = brought_to(before, _communes(by_commune, c59006={}), moves, additive)
    assert (found.cell("59006", "posts").sign, found.cell("59006", "posts").value) == (sign, None)
    assert "n’est pas publiée" in note


def test_a_commune_given_back_its_life_does_not_compare(
    by_commune: PublishedTable, moves: CommuneMoves
) -> None:
    """12218 left 12076 after 2021: what 12076 had then is not what it has now."""
    before = _communes(by_commune, c12076={"establishments": Cell(value=9.0)})
    after = _communes(by_commune, c12076={}, c12218={})
    found, [note] = brought_to(before, after, moves, frozenset({"establishments"}))
    assert found.cell("12076", "establishments").sign == "///"
    assert "12218" in note


def test_editions_side_by_side_in_the_communes_of_the_latest(
    reference_build: Outputs, project: Project, moves: CommuneMoves
) -> None:
    """The reference edition beside one of 150 communes: 59070 is in 59006, and the total has not moved."""
    before = read_publication(reference_build.publication)
    table = before.table("communes")
    later = dataclasses.replace(table, rows=tuple(row for row in table.rows if row.code != "59070"))
    after = dataclasses.replace(
        before,
        manifest={**before.manifest, "edition": "apres", "year": 2012},
        tables=tuple(later if known.id == "communes" else known for known in before.tables),
    )
    breaks = Breaks.load(project.pipelines)
    found = side_by_side([after, before], breaks, moves).table("communes")
    codes = {row.code.rpartition(".")[2] for row in found.rows}
    assert "59070" not in codes and "59006" in codes
    parts = [table.cell(code, "establishments").value for code in ("59006", "59070")]
    merged = found.cell("establishments.59006", "e0")
    assert merged.value == sum(part for part in parts if part is not None)
    assert merged.figure_id is None, "a sum is no figure of its edition"
    shown = [found.cell(row, "e0").value for row in found.rows if row.code.startswith("establishments.5")]
    assert sum(value for value in shown if value is not None) == table.cell("total", "establishments").value
    assert any("59070" in note for note in found.notes)
    assert "59070" in {
        row.code.rpartition(".")[2] for row in side_by_side([after, before], breaks).table("communes").rows
    }


def test_declared_commune_columns_exist(project: Project) -> None:
    cards = {table.id: table.card for table in project.tables}
    for table, columns in Breaks.load(project.pipelines).commune_columns.items():
        declared = {column["code"]: column for column in cards[table]["columns"]}
        assert columns <= declared.keys()
        assert all("%" not in declared[code]["unit"] for code in columns)
