"""Labels and identifiers of the survey, from text to value."""

from __future__ import annotations

import pytest

from ess_observatory.codebook.values import (
    Refusal,
    normalise,
    parse_commune,
    parse_naf,
    parse_siret,
)


def test_labels_are_compared_without_what_typing_changes() -> None:
    assert normalise("  Réponse à des BESOINS non couverts ") == normalise(
        "reponse a des besoins non couverts"
    )
    assert normalise("Groupement d'employeurs") == normalise("Groupement d’employeurs")
    assert normalise("Procédures / réglementation") == normalise("Procédures/réglementation")
    assert normalise("Prêt\u00a0?") == normalise("Prêt ?")


def test_identifiers() -> None:
    assert parse_siret("732 829 320 00074") == "73282932000074"
    assert parse_siret("35600000000048") == "35600000000048"
    assert parse_naf("8810a") == "88.10A"
    assert parse_commune("2381") == "02381"
    for wrong in ("73282932000075", "732829320", "0" * 14, "abc", "7.32829E+13"):
        with pytest.raises(Refusal):
            parse_siret(wrong)
    with pytest.raises(Refusal):
        parse_commune("Maubeuge")
