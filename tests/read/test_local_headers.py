"""`local/headers.toml`: what an observatory adds to the headers of the sources, checked like any declaration."""

from __future__ import annotations

from pathlib import Path

import pytest

from awkward.toy import toy_project
from ess_observatory.declare.project import Project
from ess_observatory.errors import ObservatoryError


def _with(tmp_path: Path, text: str) -> Project:
    toy_project(tmp_path)
    own = tmp_path / "pipelines" / "local" / "headers.toml"
    own.parent.mkdir()
    own.write_text(text, encoding="utf-8")
    return Project.load(tmp_path)


def test_headers_are_added_and_set_aside(tmp_path: Path) -> None:
    text = '[[layouts]]\nsource = "essai"\nignored = ["Bla"]\nheaders."Nb d’emplois" = "jobs"\nheaders."Remarque" = "label"\n'
    spec = _with(tmp_path, text).sources["essai"]
    assert {c.name: c.headers[-1] for c in spec.columns if c.name in ("jobs", "label")} == {
        "jobs": "Nb d’emplois", "label": "Remarque",
    }  # fmt: skip
    assert spec.ignored_headers == ("Bla",)  # « Remarque », that the source sets aside, is read here


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('source = "esai"', "nom de source inconnu"),
        ('source = "essai"\nheaders."X" = "job"', "nom de colonne inconnu"),
        ('source = "essai"\nheaders."CODGEO" = "jobs"', "cet en-tête est déjà celui de la colonne « commune_code »"),
        ('source = "essai"\nignored = ["X"]\nheaders."X" = "jobs"', "remplit une colonne et n’est pas lu"),
        ('source = "essai"\nheaders."X" = "jobs"\n[[layouts]]\nsource = "essai"\nignored = ["x"]', "remplit déjà la colonne"),
        ('source = "essai"\nentetes."X" = "jobs"', "clé inconnue"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(tmp_path: Path, lines: str, said: str) -> None:
    with pytest.raises(ObservatoryError) as refused:
        _with(tmp_path, f"[[layouts]]\n{lines}\n")
    told = str(refused.value).replace("\u00a0", " ")
    assert said in told and "pipelines/local/headers.toml, ligne" in told
