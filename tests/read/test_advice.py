"""Every advice on headers, followed: a file is read with it, and no column gets anything but what it means."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from awkward.files import text
from awkward.toy import toy_project
from conftest import ROOT, one_in
from ess_observatory.declare.project import Project
from ess_observatory.declare.source_spec import SourceSpec, with_layouts
from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.read import load
from ess_observatory.read.advice import Advice, Adviser
from ess_observatory.read.likeness import HeaderWords
from ess_observatory.read.recognise import Match, take_inventory
from ess_observatory.recipe.inputs import refuse_missing
from ess_observatory.recipe.rules import load_rules
from ess_observatory.recipe.steps import adviser_of
from ess_observatory.words.decoding import decode

FOLDERS = sorted(path.parent for path in (ROOT / "pipelines" / "sources").glob("*/sample.csv"))
#: What a producer does to a header that it renames.
RENAMINGS: dict[str, Callable[[str], str]] = {
    "another year": lambda header: f"{header} 2031",
    "a label": lambda header: f"Libellé {header}",
    "a word more": lambda header: f"{header} déclaré",
    "upside down": lambda header: " ".join(reversed(header.split())),
    "misspelt": lambda header: header[:4] + header[4:5] * 2 + header[5:],
}


@pytest.fixture(scope="module")
def rules(project: Project):
    with Database() as db:
        load_rules(db, project, project.edition("sambre-avesnois-2026"), set())
        load.create_books(db)
        yield db


def _seen(folder: Path, specs: dict[str, SourceSpec]) -> list[Match]:
    inventory = take_inventory(folder, specs.values(), tolerant=True)
    return [*inventory.matches, *(u.near for u in inventory.unmatched if u.near)]


def _read(db: Database, spec: SourceSpec, folder: Path, adviser: Adviser) -> dict[int, dict[str, object]]:
    """Line → typed row, of the file that the folder holds; nothing where it is not taken for the source."""
    matches = [m for m in take_inventory(folder, [spec], tolerant=True).matches if m.source == spec.id]
    load.create_books(db)
    load.load_source(db, spec, matches, adviser)
    rows = db.dicts(f"select * from staging.{spec.id}_typed")
    return {row["_line"]: {k: v for k, v in row.items() if not k.startswith("_")} for row in rows}


def _followed(specs: dict[str, SourceSpec], advices: list[Advice]) -> dict[str, SourceSpec]:
    """The sources with the lines of the advice pasted, as a file would have them."""
    pasted = "\n\n".join(advice.block for advice in advices)
    layouts = tomllib.loads(pasted).get("layouts", [])
    return {name: with_layouts(spec, layouts) for name, spec in specs.items()}


@pytest.mark.parametrize("renamed", RENAMINGS)
@pytest.mark.parametrize("folder", one_in(3, FOLDERS), ids=lambda folder: folder.name)
def test_followed_advice_moves_no_figure(
    project: Project, rules: Database, folder: Path, renamed: str, tmp_path: Path
) -> None:
    """A column renamed gets back what it held, or stays empty: never what another column holds, nor another year's."""
    spec, adviser = project.sources[folder.name], adviser_of(rules, project)
    sample = decode((folder / "sample.csv").read_bytes())
    dialect = csv.Sniffer().sniff(sample.splitlines()[-1], ",;\t")
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "a.csv").write_text(sample, encoding="utf-8")
    [match] = take_inventory(tmp_path / "whole", [spec]).matches
    lines = list(csv.reader(sample.splitlines(), dialect))
    header = lines[match.header_line - 1]
    whole = _read(rules, spec, tmp_path / "whole", adviser)
    optional = {match.mapping[c.name] for c in spec.columns if not c.required and c.name in match.mapping}
    lines[match.header_line - 1] = [
        RENAMINGS[renamed](name) if at in optional else name for at, name in enumerate(header)
    ]
    (tmp_path / "raw").mkdir()
    with (tmp_path / "raw" / "a.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, dialect).writerows(lines)
    advices = [adviser.of(one) for one in _seen(tmp_path / "raw", {spec.id: spec})]
    followed = _followed({spec.id: spec}, advices)[spec.id]
    try:
        found = _read(rules, followed, tmp_path / "raw", adviser)
    except ObservatoryError as error:
        assert any(advice.choices for advice in advices), error  # what is left to choose still stops the run
        return
    held = {c.name for c in spec.columns if c.name in match.mapping and match.mapping[c.name] in optional}
    years = [c.name for c in spec.columns if c.is_vintage]
    for line, row in found.items():
        if any(line in whole and row[name] != whole[line][name] for name in years):
            continue  # the rows of another year of the file, which say that they are
        for name, value in row.items():
            base = name.removesuffix("_mark")
            if base in held and all(one[name] is None for one in found.values()):
                continue
            assert line not in whole or value == whole[line][name], (name, renamed)
    if renamed == "another year":
        assert not any(advice.headers for advice in advices)


HEADER = (
    "N° Siret",
    "Nom de la société",
    "NJ",
    "Libellé NJ",
    "Code NAF (rév. 2)",
    "Code INSEE",
    "Effectif établissement",
)
ROWS = [
    ("99100001900018", "AMICALE UNE", "9220", "Association", "88.99B", "59392", "1 à 2 salariés"),
    ("99100002700019", "COOPÉRATIVE DEUX", "5560", "Scop", "47.11B", "59033", "3 à 5 salariés"),
    ("99100003500010", "FONDATION TROIS", "9300", "Fondation", "94.99Z", "59139", "0 salarié"),
]


def _advice(
    rules: Database, project: Project, folder: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]
) -> Advice:
    folder.mkdir(exist_ok=True)
    (folder / "a.csv").write_text(text([list(header), *map(list, rows)]), encoding="utf-8")
    [seen] = [m for m in _seen(folder, project.sources) if m.source == "manageo"]
    return adviser_of(rules, project).of(seen)


def test_required_columns_are_found_by_their_values(
    project: Project, rules: Database, tmp_path: Path
) -> None:
    """Names that nobody declared: keys, codes and words tell which column is which, and the label of a form is no code."""
    advice = _advice(rules, project, tmp_path / "raw", HEADER, ROWS)
    assert advice.is_ready, advice.block
    assert "naf_label" not in advice.headers.values() and "Libellé NJ" in advice.ignored
    followed = _followed(project.sources, [advice])["manageo"]
    [match] = take_inventory(tmp_path / "raw", [followed]).matches
    given = {name: HEADER[position] for name, position in match.mapping.items()}
    assert given == {
        "siret": "N° Siret", "name": "Nom de la société", "legal_category": "NJ", "naf": "Code NAF (rév. 2)",
        "commune_code": "Code INSEE", "size_label": "Effectif établissement",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("column", "values"),
    [("Code INSEE", "59605"), ("Effectif établissement", "12"), ("NJ", "Association")],
    ids=["one commune code is none", "numbers are no band", "words are no category"],
)
def test_values_of_another_type_are_never_taken(
    project: Project, rules: Database, tmp_path: Path, column: str, values: str
) -> None:
    at = HEADER.index(column)
    rows = [(*row[:at], values if values != "59605" else "99999", *row[at + 1 :]) for row in ROWS]
    advice = _advice(rules, project, tmp_path / "raw", HEADER, rows)
    assert not advice.is_ready and not advice.ignored
    assert advice.headers.get(column) not in ("commune_code", "size_label", "legal_category")


def test_two_columns_that_could_be_one_are_left_to_choose(
    project: Project, rules: Database, tmp_path: Path
) -> None:
    """Two codes of communes: no line is ready, both are told, as comments that paste harmlessly."""
    header = (*HEADER[:5], "Code INSEE du siège", "Code INSEE du site", HEADER[6])
    rows = [(*row[:6], row[5], row[6]) for row in ROWS]
    advice = _advice(rules, project, tmp_path / "raw", header, rows)
    [choice] = advice.choices
    assert choice.column == "commune_code" and set(choice.candidates) == set(header[5:7])
    [layout] = tomllib.loads(advice.block)["layouts"]
    assert "commune_code" not in layout["headers"].values()


def test_one_block_pasted_as_it_is_makes_the_file_read(rules: Database, tmp_path: Path) -> None:
    """All the unknown headers of a file in one block; once more at the end of the same file, still valid."""
    project = toy_project(tmp_path / "project")
    raw = tmp_path / "raw"
    raw.mkdir()
    header = ["Code commune", "Emplois", 'Le "reste"', "Autre\\chose", "Ouverture prévue 2026"]
    (raw / "a.csv").write_text(text([header, ["59392", "12", "a", "b", "c"]]), encoding="utf-8")
    adviser = adviser_of(rules, project)
    spec = project.sources["essai"]
    with pytest.raises(ObservatoryError) as stopped:
        _read(rules, spec, raw, adviser)
    block = (stopped.value.fix or "").partition("\n\n")[2]
    own = tmp_path / "project" / "pipelines" / "local" / "headers.toml"
    own.parent.mkdir()
    own.write_text(f"{block}\n{block}", encoding="utf-8")
    repaired = Project.load(tmp_path / "project").sources["essai"]
    assert [row["jobs"] for row in _read(rules, repaired, raw, adviser).values()] == [12]


def test_doubled_columns_are_left_to_choose(rules: Database, tmp_path: Path) -> None:
    """One of two columns set aside by its name: an alias of the source gives way to the observatory's own file."""
    project = toy_project(tmp_path / "project")
    (tmp_path / "raw").mkdir()
    cells = [["Code commune", "CODGEO", "Emplois"], ["59392", "59033", "12"]]
    (tmp_path / "raw" / "a.csv").write_text(text(cells), encoding="utf-8")
    adviser, spec = adviser_of(rules, project), project.sources["essai"]
    [match] = _seen(tmp_path / "raw", project.sources)
    advice = adviser.of(match, doubled=True)
    [choice] = advice.choices
    assert choice.candidates == ("Code commune", "CODGEO") and not advice.is_ready
    chosen = with_layouts(spec, [{"source": "essai", "ignored": ["CODGEO"]}])
    assert [row["commune_code"] for row in _read(rules, chosen, tmp_path / "raw", adviser).values()] == [
        "59392"
    ]


def test_a_year_that_the_source_does_not_know_is_a_new_column(rules: Database, tmp_path: Path) -> None:
    """« 2026 » is never read as « 2006 »: the column is said to be a new one, and is left aside by its name."""
    toy = toy_project(tmp_path / "project").sources["essai"]
    spec = replace(
        toy,
        columns=(
            *toy.columns,
            replace(toy.columns[2], name="jobs_2006", headers=("Emplois 2006",), required=False),
        ),
    )
    (tmp_path / "raw").mkdir()
    cells = [["Code commune", "Emplois", "Emplois 2026"], ["59392", "12", "13"]]
    (tmp_path / "raw" / "a.csv").write_text(text(cells), encoding="utf-8")
    words = HeaderWords()
    [match] = _seen(tmp_path / "raw", {"essai": spec})
    advice = Adviser(rules, {"essai": spec}, words).of(match)
    assert (advice.headers, advice.ignored) == ({}, ["Emplois 2026"])
    assert "nouvelle colonne" in advice.said["Emplois 2026"]


def test_a_missing_source_says_that_a_file_may_be_repaired(project: Project, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        text([["N° SIRET", "Nom de la société", "Code APE"], ["1", "A", "B"]]), encoding="utf-8"
    )
    found = take_inventory(tmp_path, project.sources.values())
    assert found.unmatched[0].near is not None
    with pytest.raises(ObservatoryError, match="E120") as stopped:
        refuse_missing(project, project.edition("sambre-avesnois-2011"), found)
    assert "« ess repair »" in (stopped.value.fix or "")
    with pytest.raises(ObservatoryError) as stopped:
        refuse_missing(project, project.edition("sambre-avesnois-2011"), take_inventory(None, []))
    assert "« ess repair »" not in (stopped.value.fix or "")
