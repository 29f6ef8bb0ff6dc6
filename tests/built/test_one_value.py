"""One concept, one value, on editions that are built: a planted second value is refused, confusions are told apart."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.agreement import disagreements
from ess_observatory.publish.assemble import publish
from ess_observatory.publish.reader import read_publication
from ess_observatory.quality import Verdict
from ess_observatory.quality.inspection import refuse_failed

Published = Callable[[str], list[Verdict]]


@pytest.fixture
def published(project: Project, today_build: Outputs, tmp_path: Path) -> Published:
    """What the publication of today's edition says once its tables were changed by a statement."""

    def again(change: str) -> list[Verdict]:
        base = tmp_path / "observatory.duckdb"
        shutil.copyfile(today_build.database, base)
        with Database(base) as db:
            db.execute(change)
            verdicts = publish(
                db, project, project.edition("sambre-avesnois-2026"), tmp_path / "publication", "x"
            )[1]
        return [verdict for verdict in verdicts if verdict.status == "failed"]

    return again


@pytest.mark.parametrize(
    ("table", "cell", "change", "said"),
    [
        # the claim of a table by sector would be one more than that of every other table
        ("sectors", ("total", "count"), "value = value + 1", ["437 au tableau 3.1 (total/count)", "436 au"]),
        (
            "economic_weight",
            ("jobs", "ess"),
            "value = null",
            ["nd au tableau 1.2 (jobs/ess)", "6\u202f411 au"],
        ),
    ],
)
def test_a_planted_second_value_is_refused_with_both_places(
    published: Published, table: str, cell: tuple[str, str], change: str, said: list[str]
) -> None:
    where = f"row_code = '{cell[0]}' and column_code = '{cell[1]}'"
    failed = [
        v
        for v in published(f"update marts.{table} set {change} where {where}")
        if v.id.startswith("publication.concept.")
    ]
    assert failed
    for part in (*said, "Remède"):
        assert any(part in verdict.detail for verdict in failed)
    with pytest.raises(ObservatoryError) as error:
        refuse_failed(failed)
    assert error.value.exit_code == Exit.INTEGRITY


def test_every_figure_has_its_concept(today_build: Outputs, reference_build: Outputs) -> None:
    for build in (today_build, reference_build):
        told = json.loads((build.publication / "concepts.json").read_text(encoding="utf-8"))
        figures = [name for concept in told["concepts"].values() for name in concept["figures"]]
        rows = pq.read_table(build.publication / "figures.parquet", columns=["figure_id"]).to_pylist()
        assert sorted(figures) == sorted(row["figure_id"] for row in rows)
        for concept in told["concepts"].values():
            if "made_from" in concept:
                assert all(
                    concept[key]
                    for key in ("label", "label_en", "population", "population_en", "source", "date")
                )


def test_the_key_figures_are_the_best_of_each_group(today_build: Outputs, reference_build: Outputs) -> None:
    today = read_publication(today_build.publication)
    codes = [row.code for row in today.table("0.1").rows]
    assert codes == ["establishments", "establishments.per_employers", "ess_posts", "ess_posts.per_all_posts"]
    for code, table, cell in (
        ("establishments", "1.1", ("total", "count")),
        ("ess_posts.per_all_posts", "1.4", ("posts_all", "share")),
    ):
        copied, copy = today.table(table).cell(*cell), today.table("0.1").cell(code, "value")
        assert (copy.value, copy.numerator, copy.obs_status) == (
            copied.value,
            copied.numerator,
            copied.obs_status,
        )
    then = read_publication(reference_build.publication)
    assert then.figure("key_share_jobs").value == then.figure("share_jobs").value
    assert then.figure("key_share_jobs").cell.mark == "d"
    assert then.figure("key_responses").value == then.figure("survey_responses").value


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_what_readers_would_confuse_is_told_apart(today_build: Outputs, lang: str) -> None:
    today = read_publication(today_build.publication, lang)
    table = today.table("reconciled")
    assert not table.untranslated
    sections: dict[str | None, list[float | None]] = {}
    for row in table.rows:
        sections.setdefault(row.section, []).append(table.cell(row, "value").value)
        for column in ("what", "origin"):
            text = table.cell(row, column).text
            assert text and text != "–"
    counts, _, shares, _ = sections.values()
    assert counts == [436, 483, 532]
    assert [round(share, 1) for share in shares if share is not None] == [9.4, 12.5, 13.0]
    origin = table.cell("producer_ess_establishments", "origin").text
    assert origin == {"fr": "Tableau 1.4\u00a0: Insee, FLORES (ESS) 2024 (2024)",
                      "en": "Table 1.4: Insee, FLORES (ESS) 2024 (2024)"}[lang]  # fmt: skip


def test_nothing_to_reconcile_no_table(reference_build: Outputs) -> None:
    assert "reconciled" not in {table.id for table in read_publication(reference_build.publication).tables}


def test_a_publication_agrees_with_itself_and_with_another_of_the_same_files(
    today_build: Outputs, tmp_path: Path
) -> None:
    book = read_publication(today_build.publication)
    assert not disagreements([book, book])
    copy = tmp_path / "copy"
    shutil.copytree(today_build.publication, copy)
    figures = pq.read_table(copy / "figures.parquet")
    names, values = figures["figure_id"].to_pylist(), figures["value"].to_pylist()
    values[names.index("communes.59392.establishments")] += 1
    at = figures.schema.get_field_index("value")
    pq.write_table(figures.set_column(at, figures.schema.field(at), [values]), copy / "figures.parquet")
    (found,) = disagreements([book, read_publication(copy)])
    assert (found.concept, found.category) == ("establishments", "commune=59392")
