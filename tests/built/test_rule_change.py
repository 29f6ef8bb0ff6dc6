"""What a change of rules does is told, and stops a publication beyond the budget until somebody says why."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from conftest import some_of
from ess_observatory.commands.main import app
from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import ObservatoryError
from ess_observatory.recipe.each import run_each
from ess_observatory.recipe.each_index import BUILT, FAILED, Part, message
from ess_observatory.recipe.runner import Outcome, run
from test_other_edition import HEADERS, _siret

EDITION = """
title = "Artois"
year = 2013
territory = "artois"
perimeter = "cress_2011"
[sources.manageo]
label = "Extraction"
"""


class House:
    """A project of its own with a small edition: 30 associations and 10 cooperatives in three communes."""

    def __init__(self, root: Path, pipelines: Path) -> None:
        self.root, self.out = root, root / "out"
        root.mkdir(parents=True)
        shutil.copytree(pipelines, root / "pipelines", ignore=shutil.ignore_patterns("demo"))
        (root / "artois.toml").write_text(
            'name = "Artois"\ncommunes = ["62041", "62119", "62498"]\n', "utf-8"
        )
        (root / "artois-2013.toml").write_text(EDITION, "utf-8")
        self.write_raw(30)

    def write_raw(self, associations: int) -> None:
        lines = [";".join(HEADERS)]
        for n in range(associations + 10):
            category = "9220" if n < associations else "5560"
            commune = ("62041", "62119", "62498")[n % 3]
            name = f"Structure {n}"
            lines.append(
                f"{_siret(n, 1)};{name};62000;{commune};{category};8899B;1 ou 2 salariés;Actif;01/02/2014"
            )
        (self.root / "raw").mkdir(exist_ok=True)
        (self.root / "raw" / "export.csv").write_text("\n".join(lines) + "\n", "utf-8")

    def run(
        self,
        until: str = "publish",
        accepted: str | None = None,
        again: bool = False,
        project: Project | None = None,
    ) -> Outcome:
        """`project`: one that declares the same, already loaded."""
        project = project or Project.load(self.root)
        edition = project.edition(str(self.root / "artois-2013.toml"))
        return run(project, edition, self.root / "raw", self.outputs, until, again=again, accepted=accepted)

    @property
    def outputs(self) -> Outputs:
        return Outputs.of(self.root, "artois-2013", self.out)

    def change(self, name: str, edit: Callable[[str], str]) -> None:
        path = self.root / "pipelines" / name
        before = path.read_text("utf-8")
        assert edit(before) != before
        path.write_text(edit(before), "utf-8")

    def report(self, folder: str = "quality") -> str:
        return (
            (self.out / folder / "rapport-qualite.html")
            .read_text("utf-8")
            .replace("\u00a0", " ")
            .replace("&nbsp;", " ")
        )


@pytest.fixture(scope="module")
def published(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first publication of the small edition, made once."""
    house = House(tmp_path_factory.mktemp("house") / "project", project.pipelines)
    assert house.run(project=project).moved == []
    return house.root


@pytest.fixture
def house(published: Path, tmp_path: Path) -> House:
    """A copy of it that a test may spoil."""
    root = tmp_path / "project"
    shutil.copytree(published, root)
    copy = object.__new__(House)
    copy.root, copy.out = root, root / "out"
    return copy


def _without(category: str) -> Callable[[str], str]:
    return lambda text: (
        "\n".join(line for line in text.splitlines() if not line.startswith(f"{category},")) + "\n"
    )


@pytest.mark.parametrize("agains", some_of([[False], [False, True]]))
def test_a_category_that_goes_and_a_cell_that_would_be_shown_stop_the_publication(
    house: House, agains: list[bool]
) -> None:
    before = (house.out / "publication" / "manifest.json").read_bytes()
    house.change("rules/legal_categories.csv", _without("5560"))
    house.change("rules/secrecy.toml", lambda text: text.replace("min_units = 3", "min_units = 2"))
    _hide(house.out / "publication" / "figures.parquet")
    for again in agains:
        with pytest.raises(ObservatoryError) as caught:
            house.run(again=again)
        assert (caught.value.code, caught.value.exit_code) == ("E183", 3)
        said = str(caught.value).replace("\u00a0", " ").replace("&nbsp;", " ")
        assert "10 établissements entrent ou sortent, soit 25 % du périmètre (40 ; budget : 5 %)" in said
        assert "famille vidée : Coopératives" in said
        assert "10 établissements sortent – Coopératives – " in said
        assert "1 cellule masquée serait montrée" in said
    assert (house.out / "publication" / "manifest.json").read_bytes() == before
    assert "La publication est arrêtée" in house.report("quality-echec")


@pytest.mark.slow
def test_a_category_that_goes_passes_when_somebody_says_why(house: House) -> None:
    house.change("rules/legal_categories.csv", _without("5560"))
    outcome = house.run(accepted="Les SCIC sont comptées à part <b>")
    assert any("10 établissements sortent" in line for line in outcome.moved)
    assert "Accepté : « Les SCIC sont comptées à part &lt;b&gt; »" in house.report()
    kept = json.loads((house.out / "quality" / "regles.json").read_text("utf-8"))
    assert [past["reason"] for past in kept["accepted"]] == ["Les SCIC sont comptées à part <b>"]
    assert house.run(again=True).moved == []
    assert "Changements acceptés auparavant" in house.report(), "the reason stays with what it allowed"


@pytest.mark.slow
def test_nothing_is_said_when_the_rules_are_the_same(house: House) -> None:
    house.write_raw(15)
    assert house.run().moved == [], "files alone are no change of rules"
    house.change("texts/codes.toml", lambda text: text + "\n# une remarque\n")
    assert house.run().moved == []


@pytest.mark.slow
def test_a_change_within_the_budget_is_told_and_passes(house: House) -> None:
    header = (house.root / "pipelines" / "rules" / "named_decisions.csv").read_text("utf-8").splitlines()[0]
    row = {"siret": _siret(0, 1), "decision": "out", "family": "", "reason": "Fermée", "decided_by": "CRESS",
           "decided_on": "2014-01-01", "editions": "*"}  # fmt: skip
    line = ",".join(row.get(name, "") for name in header.split(","))
    house.change("rules/named_decisions.csv", lambda text: text.rstrip("\n") + f"\n{line}\n")
    outcome = house.run()
    assert [text for text in outcome.moved if text.startswith("1 établissement sort – Associations – ")]
    assert "Le budget de changement le permet" in house.report()


def _hide(figures: Path) -> None:
    """Hide a cell of a publication that shows it."""
    table = pq.read_table(figures)
    statuses = table["conf_status"].to_pylist()
    statuses[statuses.index("F")] = "C"
    position = table.column_names.index("conf_status")
    pq.write_table(table.set_column(position, "conf_status", pa.array(statuses)), figures)


@pytest.mark.slow
def test_rules_and_files_that_change_together_are_counted_apart(house: House) -> None:
    house.change("rules/legal_categories.csv", _without("5560"))
    house.write_raw(27)  # each structure after the 27th is another one than before
    with pytest.raises(ObservatoryError) as caught:
        house.run()
    said = str(caught.value).replace("\u00a0", " ").replace("&nbsp;", " ")
    assert (
        "Les fichiers bruts ont changé aussi : 7 établissements entrent ou sortent par les règles, 6 par les fichiers"
        in said
    )


@pytest.mark.slow
def test_a_build_in_between_hides_nothing(house: House) -> None:
    house.change("rules/legal_categories.csv", _without("5560"))
    house.run("build")
    with pytest.raises(ObservatoryError) as caught:
        house.run()
    assert caught.value.code == "E183"


@pytest.mark.slow
def test_a_wider_budget_does_not_allow_the_change_made_with_it(house: House) -> None:
    house.change("rules/legal_categories.csv", _without("5560"))
    house.change(
        "rules/change_budget.toml", lambda text: text.replace("max_moved_pct = 5 ", "max_moved_pct = 100 ")
    )
    house.change("rules/change_budget.toml", lambda text: text.replace("family = false", "family = true"))
    with pytest.raises(ObservatoryError, match="25"):
        house.run()


@pytest.mark.parametrize(
    "options", [["--accept-changes"], ["--reason", "oui"], ["--accept-changes", "--reason", "  "]]
)
def test_accepting_and_saying_why_go_together(options: list[str]) -> None:
    done = CliRunner().invoke(app, ["publish", *options])
    assert isinstance(done.exception, ObservatoryError) or done.exit_code == 2


# ── many territories ────────────────────────────────────────────────────────────────────────────────────────────────

INSIDE = {"243000650": ("30003", "30133", "30276"), "243301165": ("33090", "33122", "33422")}


@pytest.mark.slow
def test_each_territory_is_judged_on_its_own(project: Project, tmp_path: Path) -> None:
    """A rule that empties a family of one territory stops this one alone, and the reason lets it pass."""
    house = House(tmp_path / "project", project.pipelines)
    communes = [code for codes in INSIDE.values() for code in codes]
    (house.root / "artois.toml").write_text(f'name = "Deux"\ncommunes = {json.dumps(communes)}\n', "utf-8")
    lines = [";".join(HEADERS)]
    first, second = INSIDE
    for number in range(24):
        place = INSIDE[first if number < 12 else second][number % 3]
        category = "5560" if number in (0, 1) else "9220"  # two cooperatives, in the first alone
        lines.append(
            f"{_siret(number, 1)};S {number};{place[:2]}000;{place};{category};8899B;1 ou 2 salariés;Actif;01/02/2014"
        )
    (house.root / "raw" / "export.csv").write_text("\n".join(lines) + "\n", "utf-8")

    def build(accepted: str | None = None) -> dict[str, Part]:
        loaded = Project.load(house.root)
        edition = loaded.edition(str(house.root / "artois-2013.toml"))
        done = run_each(
            loaded, edition, "epci", house.root / "raw", house.outputs, "publish", accepted=accepted
        )
        return {part.code: part for part in done.parts}

    assert {part.status for part in build().values()} == {BUILT}
    house.change("rules/legal_categories.csv", _without("5560"))
    found = build()
    assert (found[first].status, found[second].status) == (FAILED, BUILT)
    assert found[first].error is not None and found[first].error.code == "E183"
    assert "2 établissements" not in message(found[first]), "the index is handed round"
    assert found[second].outcome is not None and found[second].outcome.moved == []
    again = build("Les SCIC à part")
    assert again[first].status == BUILT and again[first].outcome is not None
    assert any("2 établissements sortent" in line for line in again[first].outcome.moved)
