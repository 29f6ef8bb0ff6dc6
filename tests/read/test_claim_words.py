"""No sentence ranks, compares or qualifies without a claim: every text, finding, title, aid, note and scope, in both languages."""

from __future__ import annotations

import pytest

from ess_observatory.declare.claim_words import everywhere, unclaimed
from ess_observatory.declare.project import Project

KINDS = {"t.first": "leader", "t.half": "level", "t.rise": "more"}


def test_what_ranks_compares_or_qualifies_is_a_claim(project: Project) -> None:
    assert [f"{where}: {trouble.value} ({trouble.what})" for where, trouble in everywhere(project)] == []


@pytest.mark.parametrize(
    ("text", "lang", "found"),
    [
        ("Les associations viennent en tête.", "fr", {"en tête"}),
        ("L’argent public est la première inquiétude.", "fr", {"première"}),
        ("La cause la plus souvent citée est le retard.", "fr", {"la plus souvent", "souvent"}),
        ("Peu de structures répondent, la majorité se tait.", "fr", {"Peu", "majorité"}),
        ("L’emploi progresse davantage ici.", "fr", {"progresse", "davantage"}),
        ("Associations are the most common form.", "en", {"most common"}),
        ("Few answer; jobs are rising.", "en", {"Few", "rising"}),
        ("{% if holds('t.first') %}Les associations viennent en tête.{% endif %}", "fr", set()),
        ("{% if leads('t.first', 'a') %}La forme la plus courante.{% endif %}", "fr", set()),
        ("{% if holds('t.first') %}Un{% else %}Les associations en tête.{% endif %}", "fr", {"en tête"}),
        ("{% if not holds('t.first') %}Les associations en tête.{% endif %}", "fr", {"en tête"}),
        ("{% if holds('t.half') %}Les associations viennent en tête.{% endif %}", "fr", {"en tête"}),
        (
            "{% if holds('t.first') or holds('t.half') %}Les associations en tête.{% endif %}",
            "fr",
            {"en tête"},
        ),
        ("{% if holds('t.first') and holds('t.half') %}En tête, peu nombreuses.{% endif %}", "fr", set()),
        ("{% if holds('t.rise') %}L’emploi progresse.{% endif %} Il domine.", "fr", {"domine"}),
        ("{% if year > 2011 %}Peu de structures.{% endif %}", "fr", {"Peu"}),
        ("{{ 'en tête' if holds('t.first') else 'rare' }}", "fr", {"rare"}),
        ("{{ agree('x', 'est rare', 'sont rares') }}", "fr", {"rare", "rares"}),
        (
            "Un établissement a moins de dix salariés ; l’activité principale ; la dernière année.",
            "fr",
            set(),
        ),
    ],
)
def test_a_word_that_claims_is_found_where_nothing_holds_it(
    text: str, lang: str, found: set[str], project: Project
) -> None:
    assert {trouble.value for trouble in unclaimed(text, lang, project.claims, KINDS.get)} == found


def test_the_line_of_a_word_is_told(project: Project) -> None:
    [trouble] = unclaimed("un\ndeux {{ year }}\nla majorité", "fr", project.claims, KINDS.get)
    assert (trouble.line, trouble.value) == (3, "majorité")
