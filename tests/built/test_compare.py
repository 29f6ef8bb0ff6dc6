"""Two publications side by side."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ess_observatory.commands.main import app
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import ObservatoryError
from ess_observatory.publish.comparison import compare
from ess_observatory.publish.snapshot import read_snapshot


@pytest.fixture(scope="module")
def former(reference_build: Outputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference publication with a changed value, a hidden one, one that lacks and one of another source."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("former") / "publication"
    shutil.copytree(reference_build.publication, folder)
    figures = pq.read_table(folder / "figures.parquet")
    rows = [row for row in figures.to_pylist() if row["figure_id"] != "size_unknown"]
    for row in rows:
        if row["figure_id"] == "size_1_2":
            row["value"] = 150.0
        if row["figure_id"] == "strength_skills":
            hidden = dict.fromkeys(("value", "numerator", "denominator", "base_n", "ci_low", "ci_high"))
            row |= {"conf_status": "C", **hidden}
        if row["table_id"] == "families":
            row["sources"] = ["flores"]
        if row["figure_id"] == "families.association.count":
            row["value"] = 300.0
    pq.write_table(pa.Table.from_pylist(rows, schema=figures.schema), folder / "figures.parquet")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, "version": "2011.1.0"}), encoding="utf-8")
    return folder


def test_what_changed_appeared_disappeared(former: Path, reference_build: Outputs) -> None:
    a, b = read_snapshot(former), read_snapshot(reference_build.publication)
    found = {change.figure_id: change for change in compare(a, b)}
    assert set(found) == {"size_1_2", "strength_skills", "size_unknown", "families.association.count"}
    changed = found["size_1_2"]
    assert (changed.kind, changed.value_a, changed.value_b, changed.difference) == ("changed", 150, 160, 10)
    assert changed.shown_difference == "+10"
    assert found["size_unknown"].kind == "appeared"
    back = {change.figure_id: change.kind for change in compare(b, a)}
    assert back["size_unknown"] == "disappeared"


def test_a_hidden_value_has_no_difference(former: Path, reference_build: Outputs) -> None:
    found = {
        c.figure_id: c for c in compare(read_snapshot(former), read_snapshot(reference_build.publication))
    }
    shown = found["strength_skills"]
    assert (shown.value_a, shown.status_a, shown.conf_status_a, shown.difference) == (None, "s", "C", None)
    assert shown.shown_a == "s"


def test_other_sources_are_a_break(former: Path, reference_build: Outputs) -> None:
    found = {
        c.figure_id: c for c in compare(read_snapshot(former), read_snapshot(reference_build.publication))
    }
    broken = found["families.association.count"]
    assert broken.difference is None
    assert "flores" in str(broken.break_in_series)


def test_the_same_publication_has_no_change(reference_build: Outputs) -> None:
    same = read_snapshot(reference_build.publication)
    assert compare(same, same) == []


def test_command(former: Path, reference_build: Outputs) -> None:
    done = CliRunner().invoke(app, ["compare", str(former), str(reference_build.base), "--json"])
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert answer["counts"] == {"changed": 3, "appeared": 1, "disappeared": 0}
    assert answer["a"]["version"] == "2011.1.0"
    shown = CliRunner().invoke(app, ["compare", str(former), str(reference_build.publication)])
    assert shown.exit_code == 0
    assert "size_1_2" in shown.stdout
    assert "données synthétiques" in shown.stdout


def test_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(ObservatoryError) as caught:
        read_snapshot(tmp_path / "rien")
    assert (caught.value.code, int(caught.value.exit_code)) == ("E130", 4)
