"""The notebook API and the notebooks, on the reference publication."""

from __future__ import annotations

from pathlib import Path

import pytest

from ess_observatory import Observatory
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import ObservatoryError

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.py"))


@pytest.fixture(scope="module")
def obs(reference_build: Outputs) -> Observatory:
    return Observatory.open(out=reference_build.base)


def refusal(action) -> ObservatoryError:
    with pytest.raises(ObservatoryError) as caught:
        action()
    return caught.value


def test_index_and_table(obs: Observatory) -> None:
    index = obs.tables
    assert list(index.columns) == ["number", "id", "title", "base"]
    assert len(index) == len(obs.publication.tables)
    assert obs.table("size_bands") == obs.table("1.1")
    assert "<table" in obs.table("1.1")._repr_html_()
    assert obs.table("1.1").to_frame().loc["total", "count"] == 449


def test_figure_is_explained_down_to_its_files(obs: Observatory) -> None:
    figure = obs.figure("share_jobs")
    assert figure.formatted == "14,9\u00a0%"
    assert figure.table.number == "1.2"
    assert figure.number == float(figure) == figure.value
    text = figure.explain()
    for part in ("6\u202f092 / 40\u202f817", "champs incompatibles", "clap/", "unistatis/", "sha256"):
        assert part in text


def test_explanations_name_only_the_sources_of_the_figure(obs: Observatory) -> None:
    text = obs.figure("size_total").explain()
    assert "manageo/" in text
    assert "clap/" not in text


def test_hidden_cells_refuse_arithmetic_and_tell_nothing(obs: Observatory) -> None:
    hidden = obs.figures.query("conf_status == 'C'")
    assert len(hidden) > 0
    assert hidden["value"].isna().all()
    figure = obs.figure(hidden["figure_id"].iloc[0])
    assert (figure.value, figure.sign, figure.formatted) == (None, "s", "s")
    assert "Calcul" not in figure.explain()
    assert refusal(lambda: figure.number).code == "E520"
    assert refusal(lambda: float(figure)).code == "E520"


def test_cell_without_value_is_not_a_number(obs: Observatory) -> None:
    figures = obs.figures
    absent = figures[(figures.conf_status == "F") & figures.value.isna()]["figure_id"].iloc[0]
    assert refusal(lambda: obs.figure(absent).number).code == "E521"


def test_unknown_names_are_answered_with_the_nearest(obs: Observatory) -> None:
    assert "share_jobs" in str(refusal(lambda: obs.figure("share_job")))
    assert "size_bands" in str(refusal(lambda: obs.table("size_band")))


def test_database_opens_only_when_said(obs: Observatory, reference_build: Outputs) -> None:
    assert refusal(lambda: obs.sql("select 1 as one")).code == "E524"
    private = Observatory.open(out=reference_build.base, confidential=True)
    kept = private.sql("select count(*) as n from core.establishment where in_perimeter")
    assert kept["n"].tolist() == [449]
    assert refusal(lambda: private.sql("select * from nowhere")).code == "E525"
    assert refusal(lambda: private.sql("create table core.x as select 1 as one")).code == "E525"


def test_opening_says_what_is_missing(
    reference_build: Outputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ESS_OUT", raising=False)
    assert refusal(lambda: Observatory.open(out=tmp_path)).code == "E522"
    assert refusal(lambda: Observatory.open(root=tmp_path)).code == "E522"
    assert refusal(lambda: Observatory.open("autre", out=reference_build.base)).code == "E523"
    for name in ("un", "deux"):
        folder = tmp_path / "data" / "processed" / name / "publication"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}", encoding="utf-8")
    assert refusal(lambda: Observatory.open(root=tmp_path)).code == "E523"


def test_the_only_build_is_opened(
    reference_build: Outputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ESS_OUT", raising=False)
    (tmp_path / "data" / "processed").mkdir(parents=True)
    (tmp_path / "data" / "processed" / "une").symlink_to(reference_build.base, target_is_directory=True)
    assert Observatory.open(root=tmp_path).table("1.1").number == "1.1"
    monkeypatch.setenv("ESS_OUT", str(reference_build.base))
    assert Observatory.open().table("1.1").number == "1.1"


@pytest.mark.slow
def test_every_table_with_numbers_can_be_drawn(obs: Observatory) -> None:
    drawn = 0
    for table in obs.publication.tables:
        if all(column.kind == "text" for column in table.columns):
            assert refusal(lambda table=table: obs.plot(table)).code == "E527"
            continue
        chart = obs.plot(table)
        assert chart.alt.startswith("Graphique du tableau")
        drawn += 1
    assert drawn > 20


def test_a_chart_prints_signs_and_never_hidden_values(obs: Observatory, tmp_path: Path) -> None:
    chart = obs.plot("resources_by_origin", "amount")
    axes = chart.figure.axes[0]
    labels = [text.get_text() for text in axes.texts]
    assert "s" in labels
    assert {bar.get_width() for bar, label in zip(axes.patches, labels, strict=True) if label == "s"} == {0}
    assert chart._repr_html_().startswith('<img alt="')
    chart.save(tmp_path / "chart.svg")
    assert (tmp_path / "chart.svg").stat().st_size > 1000


@pytest.mark.parametrize("source", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_paired_and_without_outputs(source: Path) -> None:
    import jupytext

    script, book = jupytext.read(source), jupytext.read(source.with_suffix(".ipynb"))
    assert [(c.cell_type, c.source) for c in book.cells] == [(c.cell_type, c.source) for c in script.cells]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in book.cells)


@pytest.mark.slow
@pytest.mark.parametrize("source", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(source: Path, reference_build: Outputs, monkeypatch: pytest.MonkeyPatch) -> None:
    import jupytext
    from nbclient import NotebookClient

    monkeypatch.setenv("ESS_OUT", str(reference_build.base))
    book = jupytext.read(source)
    where = {"metadata": {"path": source.parent}}
    NotebookClient(book, timeout=120, kernel_name="python3", resources=where).execute()
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    shown = [data for output in outputs for data in output.get("data", {}).values()]
    assert any("ess-table" in str(data) for data in shown)
    assert any("data:image/png" in str(data) for data in shown)
    assert not any(output.output_type == "error" for output in outputs)
