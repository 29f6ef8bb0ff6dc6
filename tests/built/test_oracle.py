"""The oracle on editions that are known, and its own eyes: what is planted wrong, it sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import REFERENCE, ROOT, TODAY
from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.recipe.each import run_each
from ess_observatory.recipe.runner import run
from oracle.declared import Declared
from oracle.judge import Judgement, judge
from random_editions.edition import copy_project
from random_editions.trial import judged, laid


def _fair(judgement: Judgement, least: int) -> None:
    assert not judgement.complaints, "\n".join(judgement.complaints[:30])
    assert judgement.agreed >= least


def test_the_reference_edition_counted_again(reference_build: Outputs) -> None:
    """Its survey came as forms too, which the oracle does not read."""
    declared = Declared(ROOT, REFERENCE, ROOT / "data" / "raw" / REFERENCE)
    _fair(judge(declared, reference_build.publication), 600)


@pytest.mark.slow
def test_the_edition_of_today_counted_again(today_build: Outputs) -> None:
    declared = Declared(ROOT, TODAY, ROOT / "data" / "raw" / TODAY)
    _fair(judge(declared, today_build.publication), 700)


@pytest.mark.slow
def test_each_part_of_a_territory_counted_again(project: Project, tmp_path: Path) -> None:
    edition = project.edition("cambresis-2026")
    raw = ROOT / "data" / "raw" / edition.id
    run_each(project, edition, "epci", raw, Outputs.of(project.root, edition.id, tmp_path), "publish")
    parts = sorted(tmp_path.rglob("epci-*/publication"))
    assert len(parts) == 3
    for part in parts:
        area = ("epci", part.parent.name.removeprefix("epci-"))
        _fair(judge(Declared(ROOT, edition.id, raw, area), part), 200)


@pytest.mark.slow
def test_the_example_of_the_presentation_counted_again(tmp_path: Path) -> None:
    """An EPCI of the reference territory, on the files of today."""
    root = copy_project(ROOT, tmp_path / "project")
    declared = (root / "pipelines" / "editions" / f"{TODAY}.toml").read_text(encoding="utf-8")
    territory = (
        'name = "Pays de Démonstration"\nname_in = "dans le Pays de Démonstration"\nepci = ["200043396"]\n'
    )
    (root / "pipelines" / "territories" / "demo.toml").write_text(territory, encoding="utf-8")
    changed = declared.replace(f'id = "{TODAY}"', 'id = "demo"').replace('"avesnes-sur-helpe"', '"demo"')
    (root / "pipelines" / "editions" / "demo.toml").write_text(changed, encoding="utf-8")
    raw, project = ROOT / "data" / "raw" / TODAY, Project.load(root)
    outputs = Outputs.of(root, "demo", tmp_path / "demo")
    run(project, project.edition("demo"), raw, outputs, "publish")
    _fair(judge(Declared(root, "demo", raw), outputs.publication), 200)


#: Seed → faults planted together in its edition: file of the project, what it says, what is put there instead, what the oracle must name.
FAULTS = {
    20: [
        (
            "pipelines/core/perimeter_test.sql",
            "where not is_employer",
            "where is_employer is null",
            "perimeter_decisions.NON_EMPLOYEUR.count",
        )
    ],
    10: [("pipelines/core/employment.sql", "'partial'", "null", "same_source_weight.posts_all.total")],
    11: [
        (
            "pipelines/texts/fr/ch-12.md",
            "{% if leads('obstacles.first', 'J02.financier') %}Le frein",
            "{% if year > 2000 %}Le frein",
            "chapter 12: what it says first is not: « Le frein",
        ),
        (
            "pipelines/texts/en/ch-12.md",
            "{% if leads('obstacles.first', 'J02.financier') %}The financial",
            "{% if year > 2000 %}The financial",
            "chapter 12: what it says first is not: « The financial",
        ),
        (
            "pipelines/tables/respondents_vs_frame/query.sql",
            "'coverage', 100.0 * respondents / nullif(frame, 0), respondents, frame,\n    frame, respondents\nfrom share",
            "'coverage', 100.0 * respondents / nullif(frame_total, 0), respondents, frame_total,\n    frame, respondents\nfrom share",
            "respondents_vs_frame.family_association.coverage",
        ),
    ],
    0: [
        (
            "pipelines/core/employment.sql",
            "coalesce(b.low, s.amount) as low",
            "9 * coalesce(b.low, s.amount) as low",
            "same_source_weight.posts_all.ess: at least",
        ),
        (
            "pipelines/core/perimeter_opinion.sql",
            "from staging.siae_list where is_siae",
            "from staging.siae_list",
            "perimeter_agreement.total.siae",
        ),
        (
            "pipelines/tables/demography/query.sql",
            "l.closed_year = y.year",
            "l.closed_year <= y.year",
            "demography.last.deaths",
        ),
        (
            "pipelines/texts/en/today/essentiel.md",
            "and {{ fig('commune_summary.present.count') }} of",
            "and {{ fig('commune_summary.absent.count') }} of",
            "main point",
        ),
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", FAULTS)
def test_planted_faults_are_seen(tmp_path: Path, seed: int) -> None:
    def plant(root: Path) -> None:
        for file, said, planted, _ in FAULTS[seed]:
            text = (root / file).read_text(encoding="utf-8")
            assert said in text, f"{file} has changed: plant the fault elsewhere"
            (root / file).write_text(text.replace(said, planted), encoding="utf-8")

    complaints = judged(laid(ROOT, tmp_path, [seed], plant), seed).complaints
    for *_, named in FAULTS[seed]:
        assert any(complaint.startswith(named) for complaint in complaints), "\n".join([named, *complaints])
