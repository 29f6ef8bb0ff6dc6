"""The audit of a publication folder, alone and beside an earlier one; the command line; the confidential report."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from ess_observatory.commands.main import app
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import ObservatoryError
from ess_observatory.secrecy.audit import FOUND, NARROW, SAFE, Attack, audit_folder
from ess_observatory.secrecy.constraints import Structure
from ess_observatory.secrecy.shown import Shown
from test_secrecy_follows import digits_give

runner = CliRunner()


@pytest.fixture
def copy(reference_build: Outputs, tmp_path: Path) -> Path:
    """A publication that can be spoilt."""
    return Path(shutil.copytree(reference_build.publication, tmp_path / "publication"))


def change(folder: Path, figure: str, **values: Any) -> None:
    path = folder / "figures.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    for row in rows:
        if row["figure_id"] == figure:
            row.update(values)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


def restructure(folder: Path, **values: Any) -> None:
    path = folder / "constraints.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")


def verdicts(folder: Path, previous: Path | None = None) -> dict[str, str]:
    return {
        figure: finding.verdict for finding in audit_folder(folder, previous) for figure in finding.figures
    }


GIFTS, INVESTMENT = "resources_by_origin.patronage.amount", "resources_by_origin.investment_grants.amount"


def test_the_reference_publication_resists(reference_build: Outputs) -> None:
    found = verdicts(reference_build.publication)
    assert Counter(found.values()).keys() == {SAFE}
    rows = pq.read_table(reference_build.publication / "figures.parquet").to_pylist()
    assert set(found) == {row["figure_id"] for row in rows if row["conf_status"] != "F"}
    assert {GIFTS, INVESTMENT} <= set(found)


def test_the_structure_says_nothing_confidential(reference_build: Outputs) -> None:
    structure = json.loads((reference_build.publication / "constraints.json").read_text(encoding="utf-8"))
    assert set(structure) == {"comment", "declared", "same", "sums", "ratios", "signed", "history"}
    shared = next(group for group in structure["same"] if "ess_jobs_2009" in group)
    assert {"key_posts", "communes.total.posts", "families.total.posts", "yearly_trend.current.posts"} <= set(
        shared
    )
    assert all(isinstance(said["whole"], str) or said["whole"] == 100 for said in structure["sums"])


def test_one_cell_shown_again_gives_the_other_away(copy: Path) -> None:
    change(copy, INVESTMENT, value=144_100.0, conf_status="F")
    found = verdicts(copy)
    assert found[GIFTS] == FOUND


def test_a_ratio_left_behind_gives_its_parts_away(copy: Path) -> None:
    change(copy, "resources_by_origin.patronage.share", value=100 * 130_000 / 10_916_100, conf_status="F")
    assert verdicts(copy)[GIFTS] in (FOUND, NARROW)


def test_a_numerator_left_behind_too(copy: Path) -> None:
    change(copy, "resources_by_origin.patronage.share", numerator=130_000.0, conf_status="F")
    assert verdicts(copy)[GIFTS] == FOUND


def test_the_same_figure_shown_elsewhere_is_found(copy: Path) -> None:
    structure = json.loads((copy / "constraints.json").read_text(encoding="utf-8"))
    restructure(copy, same=[*structure["same"], [GIFTS, "hr_posts"]])
    assert verdicts(copy)[GIFTS] == FOUND


def test_the_command_fails_on_a_leak_and_says_which(copy: Path) -> None:
    fine = runner.invoke(app, ["secrecy", "audit", str(copy), "--json"])
    assert fine.exit_code == 0 and json.loads(fine.stdout)["ok"]
    change(copy, INVESTMENT, value=144_100.0, conf_status="F")
    spoilt = runner.invoke(app, ["secrecy", "audit", str(copy), "--json"])
    assert spoilt.exit_code == 6
    said = json.loads(spoilt.stdout)
    assert not said["ok"] and said["findings"][0]["figures"] == [GIFTS]
    assert runner.invoke(app, ["secrecy", "audit", str(copy)]).exit_code == 6


def test_a_folder_without_structure_cannot_be_attacked(tmp_path: Path) -> None:
    with pytest.raises(ObservatoryError) as caught:
        audit_folder(tmp_path)
    assert (caught.value.code, int(caught.value.exit_code)) == ("E511", 4)


# ------------------------------------------------------------------ two editions
def later(folder: Path, year: int = 2012) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest |= {"edition": f"later-{year}", "year": year}
    for source in manifest["sources"]:
        for item in source["files"]:
            item["sha256"] = f"{year}-{item['sha256']}"
    path.write_text(json.dumps(manifest), encoding="utf-8")


def test_the_same_edition_again_tells_nothing_more(reference_build: Outputs, copy: Path) -> None:
    assert set(verdicts(copy, reference_build.publication).values()) == {SAFE}


def test_a_cell_hidden_last_time_and_shown_now_is_found(reference_build: Outputs, copy: Path) -> None:
    change(copy, GIFTS, value=130_000.0, conf_status="F")
    change(copy, INVESTMENT, value=144_100.0, conf_status="F")
    assert set(verdicts(copy).values()) == {SAFE}
    found = verdicts(copy, reference_build.publication)
    assert found[f"édition précédente : {GIFTS}"] == FOUND
    said = runner.invoke(app, ["secrecy", "audit", str(copy), "--previous", str(reference_build.publication)])
    assert said.exit_code == 6


def test_another_year_is_another_figure(reference_build: Outputs, copy: Path) -> None:
    later(copy)
    change(copy, INVESTMENT, value=99_000.0, conf_status="F")
    change(copy, GIFTS, value=175_100.0, conf_status="F")
    assert set(verdicts(copy, reference_build.publication).values()) == {SAFE}


def test_the_same_files_again_are_the_same_figures(reference_build: Outputs, copy: Path) -> None:
    later(copy)
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    before = json.loads((reference_build.publication / "manifest.json").read_text(encoding="utf-8"))
    manifest["sources"] = before["sources"]
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    change(copy, GIFTS, value=130_000.0, conf_status="F")
    change(copy, INVESTMENT, value=144_100.0, conf_status="F")
    assert verdicts(copy, reference_build.publication)[f"édition précédente : {GIFTS}"] == FOUND


def test_the_same_files_tell_nothing_of_another_territory(reference_build: Outputs, copy: Path) -> None:
    later(copy)
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    before = json.loads((reference_build.publication / "manifest.json").read_text(encoding="utf-8"))
    manifest["sources"] = before["sources"]
    manifest["territory"]["code"] = "ailleurs"
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    change(copy, GIFTS, value=130_000.0, conf_status="F")
    change(copy, INVESTMENT, value=144_100.0, conf_status="F")
    assert set(verdicts(copy, reference_build.publication).values()) == {SAFE}


def test_a_row_of_an_earlier_year_is_that_years_figure(
    reference_build: Outputs, copy: Path, tmp_path: Path
) -> None:
    """This year's trend shows last year's posts, which last year's publication hid."""
    before = Path(shutil.copytree(reference_build.publication, tmp_path / "before"))
    structure = json.loads((before / "constraints.json").read_text(encoding="utf-8"))
    posts = next(group for group in structure["same"] if "ess_jobs_2009" in group)
    for figure in posts:
        change(before, figure, value=None, conf_status="C")
    later(copy)
    path = copy / "figures.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    shown = next(row for row in rows if row["figure_id"] == "yearly_trend.current.posts")
    rows.append(shown | {"figure_id": "yearly_trend.2011.posts", "row_code": "2011"})
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    assert verdicts(copy, before)["édition précédente : ess_jobs_2009"] == FOUND


def test_one_establishment_that_changes_unveils_nothing_while_the_same_cells_are_hidden(
    reference_build: Outputs, copy: Path
) -> None:
    """One gift grows by 5 000: the total says by how much, not how much it was."""
    total = "resources_by_origin.detailed.amount"
    values = {row["figure_id"]: row["value"] for row in pq.read_table(copy / "figures.parquet").to_pylist()}
    change(copy, total, value=values[total] + 5_000)
    assert set(verdicts(copy, reference_build.publication).values()) == {SAFE}


def test_a_revision_elsewhere_does_not_protect_what_did_not_change(
    reference_build: Outputs, copy: Path
) -> None:
    """One published amount and its total are revised by as much; what was hidden with another is now shown: it is found."""
    rows = pq.read_table(copy / "figures.parquet").to_pylist()
    values = {row["figure_id"]: row["value"] for row in rows}
    for figure in ("resources_by_origin.fees_and_other.amount", "resources_by_origin.detailed.amount"):
        change(copy, figure, value=values[figure] + 1000)
    change(copy, GIFTS, value=130_000.0, conf_status="F")
    change(copy, INVESTMENT, value=144_100.0, conf_status="F")
    assert verdicts(copy, reference_build.publication)[f"édition précédente : {GIFTS}"] == FOUND


# ------------------------------------------------------------------ whole numbers
@pytest.mark.parametrize(
    ("other", "low", "high", "verdict"),
    [(10.0, 3, 3, FOUND), (10.5, 2.625, 3.675, SAFE), (20.0, 5, 7, SAFE)],
    ids=["one whole number", "a column with decimals", "three whole numbers"],
)
def test_a_column_of_whole_numbers_hides_whole_numbers(
    other: float, low: float, high: float, verdict: str
) -> None:
    """a / b is published as 0,3: wide enough by its rate, and yet one number of posts may be left."""
    shown = {
        "a": Shown("t", None, True, 0, row="a", column="posts"),
        "b": Shown("t", other, False, 0, row="b", column="posts"),
        "r": Shown("t", 0.3, False, 1, row="a", column="share"),
    }
    ratio = {"figure": "r", "numerator": "a", "denominator": "b", "scale": 1.0, "decimals": 1}
    finding = Attack(shown, Structure({"rate": 0.02, "minimum": 0.1}, ratios=[ratio])).findings()[0]
    assert finding.verdict == verdict
    assert (finding.low, finding.high) == pytest.approx((low, high))


# ------------------------------------------------------------------ the report
def test_the_report_is_confidential_and_says_what_grouping_saves(reference_build: Outputs) -> None:
    folder = reference_build.quality / "secret"
    report = (folder / "rapport-secret.md").read_text(encoding="utf-8")
    for words in (
        "Il ne se publie pas",
        "Par règle",
        "Coût en information",
        "Regroupements conseillés",
        "regrouper",
    ):
        assert words in report
    cells = pq.read_table(folder / "cellules-masquees.parquet").to_pylist()
    reasons = Counter(row["reason"] for row in cells)
    assert reasons["D"] >= 1 and reasons["S"] == 89
    assert {row["figure_id"] for row in cells} >= {GIFTS, INVESTMENT}
    assert not list(reference_build.publication.rglob("rapport-secret*"))


def test_the_report_command(reference_build: Outputs) -> None:
    shown = runner.invoke(app, ["secrecy", "report", "--out", str(reference_build.base)])
    assert shown.exit_code == 0 and "rapport confidentiel" in shown.stdout
    as_json = runner.invoke(app, ["secrecy", "report", "--out", str(reference_build.base), "--json"])
    assert len(json.loads(as_json.stdout)["cells"]) == 93


def test_the_replication_is_unchanged(reference_build: Outputs) -> None:
    rows = pq.read_table(reference_build.publication / "replication.parquet").to_pylist()
    assert Counter(row["verdict"] for row in rows) == {
        "identical": 102,
        "rounding": 18,
        "withheld": 8,
        "contradiction_in_report": 8,
    }


def test_no_digit_of_the_publication_gives_a_hidden_value(reference_build: Outputs) -> None:
    """The whole doubles of every file of figures, one with another, against the values of the confidential folder."""
    cells = pq.read_table(reference_build.quality / "secret" / "cellules-masquees.parquet").to_pylist()
    secrets = [row["value"] for row in cells if row["value"] is not None]
    rows = pq.read_table(reference_build.publication / "figures.parquet").to_pylist()
    names = ("value", "numerator", "denominator", "ci_low", "ci_high")
    known = sorted({row[name] for row in rows for name in names if row[name] is not None})
    endless = [value for value in known if abs(value - round(value, 4)) > 1e-9]
    assert len(secrets) >= 3 and len(endless) > 100
    assert digits_give(endless, known, secrets) == set()
    replication = pq.read_table(reference_build.publication / "replication.parquet").to_pylist()
    shown = {row["figure_id"]: row["value"] for row in rows}
    for row in replication:
        assert row["recomputed"] is None or row["recomputed"] == shown[row["figure_id"]]
