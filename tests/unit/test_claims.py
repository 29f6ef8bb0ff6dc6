"""A claim is stated only when the published cells bear it out: ranks, ties, small bases, hidden cells, margins of error."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import pytest

from ess_observatory.declare.models.claims import ClaimsFile
from ess_observatory.publish.claims import Claims
from ess_observatory.publish.texts import Placeholders
from ess_observatory.secrecy.door import Cell

RULES = ClaimsFile.model_validate(
    {
        "qualifiers": {
            "half": {"above": 50.0},
            "rare": {"above": 0.0, "below": 20.0},
            "few": {"below": 33.0},
            "any": {"above": 0.0},
        }
    }
)
ROWS = ("a", "b", "c", "other")


def cell(row: str, column: str, value: float | None, **more: Any) -> Cell:
    kind = more.pop("row_kind", "data")
    return Cell(row, f"Label {row}", ord(row[0]), kind, None, column, value=value, **more)


def survey(counts: dict[str, int], base: int, hidden: tuple[str, ...] = ()) -> dict[str, Any]:
    """A table of answers, with what the card claims of it."""
    card = {
        "number": "1.1",
        "survey": {"kind": "choices"},
        "columns": [
            {"code": "count", "label": "n", "unit": "structures", "secrecy": "opinion"},
            {"code": "share", "label": "%", "unit": "%", "secrecy": "opinion"},
        ],
        "claims": {
            "first": {"kind": "leader", "column": "share", "unnamed": ["other"]},
            "two": {"kind": "leader", "column": "share", "count": 2, "unnamed": ["other"]},
            "first_count": {"kind": "leader", "column": "count", "unnamed": ["other"]},
            "half": {"kind": "level", "qualifier": "half", "cell": "a/share"},
            "rare": {"kind": "level", "qualifier": "rare", "cell": "a/count", "of": "base/count"},
            "more": {"kind": "more", "cell": "a/share", "than": "b/share"},
        },
    }
    cells = [cell("base", "count", base, row_kind="base", base_n=base)]
    for row, count in counts.items():
        gone: dict[str, Any] = {"conf_status": "C"} if row in hidden else {}
        shown = not gone
        cells.append(cell(row, "count", count if shown else None, base_n=base if shown else None, **gone))
        cells.append(
            cell(
                row,
                "share",
                100 * count / base if shown else None,
                numerator=count if shown else None,
                denominator=base if shown else None,
                base_n=base if shown else None,
                **gone,
            )
        )
    return {"t": (card, cells)}


def census(values: dict[str, float | None], unit: str = "établissements", decimals: int = 0) -> Claims:
    card = {
        "number": "1.1",
        "columns": [{"code": "count", "label": "n", "unit": unit, "decimals": decimals, "secrecy": "public"}],
        "claims": {
            "first": {"kind": "leader", "column": "count", "unnamed": ["other"]},
            "more": {"kind": "more", "cell": "a/count", "than": "b/count"},
            "few": {"kind": "level", "qualifier": "few", "cell": "a/count", "of": "total/count"},
        },
    }
    cells = [
        cell(row, "count", value, conf_status="F" if value is not None else "C")
        for row, value in values.items()
    ]
    known = [value for value in values.values() if value is not None]
    cells.append(cell("total", "count", sum(known), row_kind="total"))
    return Claims({"t": (card, cells)}, RULES)


def margin(p: float, q: float, n: int) -> float:
    """The half width of the plainest interval (Wald) of the difference of two exclusive answers of one question."""
    return 1.96 * float(((p + q - (p - q) ** 2) / n) ** 0.5)


@pytest.mark.parametrize("seed", range(150))
def test_a_lead_is_stated_when_it_is_one(seed: int) -> None:
    draw = random.Random(seed)
    base = draw.choice([4, 9, 10, 14, 22, 35, 60, 200])
    cuts = sorted(draw.randint(0, base) for _ in range(3))
    counts = dict(zip(ROWS, (b - a for a, b in itertools.pairwise([0, *cuts, base])), strict=True))
    hidden = tuple(row for row in ROWS if draw.random() < 0.05)
    claims = Claims(survey(counts, base, hidden), RULES)
    ranked = sorted(counts, key=lambda row: -counts[row])
    first, second, third = (counts[row] / base for row in ranked[:3])
    for name in ("t.first", "t.first_count"):
        found = claims.of(name)
        if found.holds:
            assert not hidden and base >= RULES.reliability.min_answers
            assert found.rows == (ranked[0],) != ("other",)
            assert first > second and first - second >= 0.75 * margin(first, second, base)
        elif not hidden and base >= 10 and ranked[0] != "other" and first > second:
            assert first - second < 1.4 * margin(first, second, base) + 1 / base
    two = claims.of("t.two")
    if two.holds:
        assert not hidden and set(two.rows) == set(ranked[:2]) and "other" not in two.rows
        assert second - third >= 0.75 * margin(second, third, base)
    more = claims.of("t.more")
    if more.holds:
        assert counts["a"] > counts["b"] and not {"a", "b"} & set(hidden)
    half, rare = claims.of("t.half"), claims.of("t.rare")
    if half.holds:
        assert counts["a"] / base > 0.5 + 0.4 / base**0.5 and "a" not in hidden
    if rare.holds:
        assert 0 < counts["a"] / base < 0.2 and "a" not in hidden and base >= 10


@pytest.mark.parametrize(
    ("values", "leader"),
    [
        ({"a": 30, "b": 12, "other": 4}, "a"),
        ({"a": 12, "b": 30, "other": 4}, "b"),
        ({"a": 30, "b": 30, "other": 4}, None),  # a tie
        ({"a": 30, "b": None, "other": 4}, None),  # what is hidden may be more
        ({"a": 12, "b": 3, "other": 40}, None),  # nobody can name « other »
        ({"a": 4, "b": 3, "other": 1}, None),  # too few to say so
        ({"a": 30}, None),  # alone
    ],
)
def test_the_leader_of_a_census(values: dict[str, float | None], leader: str | None) -> None:
    found = census(values).of("t.first")
    assert found.holds == (leader is not None)
    assert found.rows == ((leader,) if leader else ())


def test_numbers_that_print_alike_are_a_tie() -> None:
    assert not census({"a": 12.04, "b": 12.01, "c": 3}, "%", 1).of("t.first").holds
    assert census({"a": 12.14, "b": 12.01, "c": 3}, "%", 1).of("t.first").holds
    assert not census({"a": 12.04, "b": 12.01}, "%", 1).of("t.more").holds


@pytest.mark.parametrize(
    ("count", "than", "holds"), [(67.4, 66.7, False), (67.4, 66.4, True), (67.6, 67.4, True)]
)
def test_a_number_is_not_more_than_one_that_it_may_round(count: float, than: float, holds: bool) -> None:
    """67 % of respondents beside 66,7 % of establishments."""
    claims = census({"a": count, "b": than}, "%", 1)
    cells = claims.tables["t"].cells
    claims.tables["t"] = replace(
        claims.tables["t"], cells=cells | {("a", "count"): replace(cells["a", "count"], decimals=0)}
    )
    assert claims.of("t.more").holds is holds


def test_a_level_is_told_of_the_whole_interval() -> None:
    assert (
        not Claims(survey({"a": 20, "b": 15, "c": 0, "other": 0}, 35), RULES).of("t.half").holds
    )  # 57 %, ± 16
    assert Claims(survey({"a": 28, "b": 7, "c": 0, "other": 0}, 35), RULES).of("t.half").holds
    assert census({"a": 10, "b": 90}).of("t.few").holds
    assert not census({"a": 2, "b": 6}).of("t.few").holds  # eight units


def test_a_table_that_is_not_published_claims_nothing() -> None:
    claims = Claims({}, RULES)
    assert not claims.of("t.first").holds
    assert claims.of("t.first").rows == ()


# --- in a text


def placeholders(
    counts: dict[str, int], base: int, lang: str = "fr", hidden: tuple[str, ...] = ()
) -> Placeholders:
    tables = survey(counts, base, hidden)
    figures = {
        f"t.{c.row_code}.{c.column_code}": (c, "%" if c.column_code == "share" else "", 0)
        for c in tables["t"][1]
    }
    said = {"Label a": "les associations", "Label b": "la concurrence"}
    return Placeholders(
        figures, {}, lang, known=lambda _: True, claims=Claims(tables, RULES), said=lambda label: said.get(label, f"« {label} »")
    )  # fmt: skip


TEXT = (
    "{% if leads('t.first', 'a') %}Les associations d’abord : {{ fig('t.a.share') }}"
    "{% elif holds('t.first') %}{{ Who('t.first') }} en tête : {{ lead('t.first', 'share') }}, {{ lead('t.first', 'count') }}"
    "{% else %}{{ fig('t.a.share') }} des associations{% endif %}"
)


@pytest.mark.parametrize(
    ("counts", "base", "said"),
    [
        ({"a": 40, "b": 9, "c": 1, "other": 0}, 50, "Les associations d’abord : 80\u00a0%"),
        ({"a": 9, "b": 40, "c": 1, "other": 0}, 50, "La concurrence en tête : 80\u00a0%, 40"),
        ({"a": 9, "b": 1, "c": 40, "other": 0}, 50, "« Label c » en tête : 80\u00a0%, 40"),
        ({"a": 26, "b": 24, "c": 0, "other": 0}, 50, "52\u00a0% des associations"),
    ],
)
def test_a_sentence_takes_the_form_that_is_true(counts: dict[str, int], base: int, said: str) -> None:
    assert placeholders(counts, base).fill(TEXT, "t") == said


def test_two_leaders_are_named_together() -> None:
    filled = placeholders({"a": 40, "b": 35, "c": 3, "other": 2}, 100)
    assert (
        filled.fill("{{ Who('t.two') }} : {{ lead('t.two', 'count') }}", "t")
        == "Les associations et la concurrence : 40 et 35"
    )
    words = "{{ lead('%s', 'count') }} {{ agree_lead('%s', 'count', 'structure', 'structures') }}"
    assert filled.fill(words % ("t.two", "t.two"), "t") == "40 et 35 structures"
    assert filled.fill(words % ("t.first", "t.first"), "t") in (None, "40 structures")


def test_a_text_that_claims_in_vain_or_asks_for_what_is_hidden_is_left_aside() -> None:
    filled = placeholders({"a": 26, "b": 24, "c": 0, "other": 0}, 50, hidden=("c",))
    assert filled.fill("{{ who('t.first') }}", "t") is None
    assert filled.fill("{{ fig('t.c.share') }} de secret", "t") is None
    assert filled.fill("A{% if shown('t.c.share') %}, {{ fig('t.c.share') }}{% endif %}", "t") == "A"
    assert filled.fill("le tableau {{ table('t') }}", "t") == "le tableau 1.1"
    assert filled.fill("le tableau {{ table('elsewhere') }}", "t") is None
    assert (
        filled.fill("A{% if printed('elsewhere') %} (tableau {{ table('elsewhere') }}){% endif %}", "t")
        == "A"
    )
    assert (
        filled.fill_blocks(
            "- {% if holds('t.first') %}Un{% endif %}\n- Deux\n- {{ fig('t.c.share') }}", "t"
        ).strip()
        == "- Deux"
    )
    assert filled.absent == {}  # hidden is no fault of the text


def test_the_cells_that_a_text_names_are_known() -> None:
    filled = placeholders({"a": 9, "b": 40, "c": 1, "other": 0}, 50)
    filled.fill(TEXT, "t")
    assert {named.row_code for named in filled.named} == {"b"}
