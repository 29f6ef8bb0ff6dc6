"""Two headers are alike by what they mean, numbers included, never by their letters."""

from __future__ import annotations

import pytest

from conftest import ROOT
from ess_observatory.declare.files import read_toml
from ess_observatory.read.likeness import HeaderWords

DECLARED = read_toml(ROOT / "pipelines" / "rules" / "header_words.toml")


@pytest.mark.parametrize(
    ("header", "other", "likeness"),
    [
        ("Date création", "Date de création", "same"),
        ("Nom de la société", "Raison sociale", "same"),
        ("NJ", "Catégorie juridique", "same"),
        ("Effectifs salariés 2026", "Effectifs salariés 2006", "series"),
        ("Effectifs salariés 2026", "Effectifs salariés", None),
        ("Libellé NJ", "Libellé NAF", None),
        ("Libellé NJ", "Code forme juridique", None),
        ("Libellé NJ", "Forme juridique", "near"),
        ("Effectif entreprise", "Tranche effectif établissement", None),
        ("Effectif établissement", "Tranche effectif établissement", "near"),
        ("Emploits", "Emplois", "near"),
        ("Nom commune", "Code commune", "near"),
        ("denominationUniteLegale", "Raison sociale", "same"),
        ("N°", "N° SIRET", None),
        ("2006", "2007", None),
    ],
)
def test_likeness(header: str, other: str, likeness: str | None) -> None:
    words = HeaderWords(DECLARED["idle"], DECLARED["kinds"], DECLARED["same"])
    assert words.likeness(header, other) == likeness
    assert words.likeness(other, header) == likeness
