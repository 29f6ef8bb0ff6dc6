"""« Au moins 3 577 »: how a figure of which only a bound is known is written, wherever it is printed."""

from __future__ import annotations

import pytest

from ess_observatory.publish.printed_cells import format_cell
from ess_observatory.publish.table_csv import table_csv
from ess_observatory.publish.tables import Cell, Column, PublishedTable, Row
from ess_observatory.publish.texts import Placeholders
from ess_observatory.render.workbook_grid import Grid
from ess_observatory.secrecy.door import Cell as Confidential
from ess_observatory.words.labels import labels, sign_meanings, workbook_labels
from ess_observatory.words.numbers import NARROW_SPACE, format_bound

POSTS = Column("posts", "Postes", "postes")
FLOOR = f"au moins 3{NARROW_SPACE}577"
BOTH = f"{FLOOR}, au plus 4{NARROW_SPACE}550"


def bounded(high: float | None = 4550.0) -> Cell:
    return Cell(
        "key_posts",
        obs_status="O",
        flags=("total_incomplet",),
        low=3577.0,
        high=high,
        bound=format_bound(3577.0, high, None, 0),
    )


def table(*cells: Cell) -> PublishedTable:
    rows = tuple(Row(f"r{i}", f"Ligne {i}") for i in range(len(cells)))
    return PublishedTable(
        "one", "1.1", 1, "Titre", None, "champ", "source", "base", None, (), "Ligne", (POSTS,), rows,
        {(row.code, "posts"): cell for row, cell in zip(rows, cells, strict=True)},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "unit", "decimals", "lang", "written"),
    [
        (3577.0, None, None, 0, "fr", FLOOR),
        (3577.0, 4550.0, None, 0, "fr", BOTH),
        (3577.0, 4550.0, "postes", 0, "en", "at least 3,577, at most 4,550"),
        (3577.9, 4549.2, None, 0, "fr", BOTH),  # a floor goes down, a ceiling up: neither is ever passed
        (2.25, 2.31, None, 1, "fr", "au moins 2,2, au plus 2,4"),
        (5.0, None, "€", 0, "fr", "au moins 5\u00a0€"),
    ],
)
def test_a_bound_is_rounded_away_from_the_figure(low, high, unit, decimals, lang, written):
    assert format_bound(low, high, unit, decimals, lang) == written


def test_a_cell_says_both_ends_in_a_table_and_the_floor_elsewhere():
    assert format_cell(bounded(), POSTS) == BOTH
    assert format_cell(bounded(), POSTS, with_unit=True) == FLOOR
    assert (bounded().sign, bounded().value, bounded().mark) == ("nd", None, "")


def test_the_legend_says_what_the_words_mean_in_both_languages():
    assert table(bounded(), Cell(value=2.0)).signs == ("au moins",)
    assert "masqués ou absents" in sign_meanings("fr")["au moins"]
    assert "hides or lacks" in sign_meanings("en")["at least"]


def test_a_file_gives_the_ends_as_numbers_of_their_own_columns():
    header, first, second = table_csv(table(bounded(), Cell(value=2.0))).lstrip("\ufeff").splitlines()
    assert header == "Ligne;Postes;Postes (statut);Postes – Au moins;Postes – Au plus"
    assert first == f"Ligne 0;;{BOTH};3577;4550"
    assert second == "Ligne 1;2;;;"


def test_a_worksheet_never_shows_a_bound_as_a_number():
    (line,) = Grid(table(bounded(None)), labels("fr"), workbook_labels("fr")).rows
    assert line[1] == (FLOOR, None)


def placeholders(lang: str = "fr", low: float = 3577.0) -> Placeholders:
    cell = Confidential("r", "r", 1, "total", None, "posts", obs_status="O", low=low, high=4550.0)
    return Placeholders({"key_posts": (cell, "postes", 0)}, {}, lang)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("L’ESS compte {{ fig('key_posts') }} postes.", f"L’ESS compte {FLOOR} postes."),
        ("Plus de {{ fig('key_posts') }} postes.", f"Plus d’{FLOOR} postes."),
        ("Les {{ fig('key_posts') }} postes de l’ESS.", None),
        ("Un total des {{ fig('key_posts') }} postes.", None),
    ],
)
def test_a_sentence_says_at_least_or_is_left_aside(text, said):
    assert placeholders().fill(text, "essai") == said


def test_a_sentence_in_english_and_the_number_of_its_words():
    said = placeholders("en").fill("There are {{ fig('key_posts') }} posts.", "trial")
    assert said == "There are at least 3,577 posts."
    one = placeholders(low=1.0).fill(
        "{{ fig('key_posts') }} {{ agree('key_posts', 'poste', 'postes') }}", "essai"
    )
    assert one == "au moins 1 poste"
    assert placeholders().shown("key_posts")
