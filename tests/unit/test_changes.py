"""What changed since the edition before: only what may be compared is, and the rest says why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.commune_moves import CommuneMoves
from ess_observatory.publish.change_lines import LINES, lines_of
from ess_observatory.publish.evolution import Evolutions, evolutions
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.snapshot import Entry, Snapshot
from ess_observatory.publish.tables import Cell, Column, PublishedTable, Row

NO_MOVES = CommuneMoves()
BREAKS = Breaks(
    {("old", "new"): "répertoire remplacé"},
    {},
    frozenset({"trend"}),
    {},
    {"répertoire remplacé": "register replaced"},
)


def entry(figure: str = "total", value: float | None = 100.0, **known: Any) -> Entry:
    given: dict[str, Any] = {
        "figure_id": figure, "table_id": "sizes", "table_number": "1.1", "label": "Ensemble", "unit": "établissements",
        "decimals": 0, "value": value, "obs_status": "A", "conf_status": "F", "sources": frozenset({"register"}),
        "row_label": "Ensemble", "column_label": "Nombre", "row_kind": "total", "chapter": "1",
    }  # fmt: skip
    return Entry(**given | known)


def edition(year: int, *entries: Entry, **known: Any) -> Snapshot:
    given: dict[str, Any] = {
        "path": None, "edition": f"e{year}", "version": f"{year}.1.0", "is_synthetic": False,
        "entries": {one.figure_id: one for one in entries}, "year": year, "territory": "t",
        "communes": frozenset({"59001", "59002"}), "perimeter": "loi_2014",
        "files": {"register": frozenset({str(year)})}, "vintages": {"register": year},
        "labels": {"register": (f"Registre {year}", f"Register {year}"), "survey": (f"Enquête {year}", f"Survey {year}")},
    }  # fmt: skip
    return Snapshot(**given | known)


def found(a: Snapshot, b: Snapshot, **known: Any) -> Evolutions:
    return evolutions(a, b, BREAKS, known.pop("moves", NO_MOVES), **known)


def reasons(result: Evolutions) -> list[str]:
    return [reason.fr for reason in result.broken]


def test_a_total_that_rises_is_said_with_its_difference() -> None:
    [moved] = found(edition(2025, entry(value=100)), edition(2026, entry(value=113))).moved
    assert (moved.difference, moved.relative) == (13, 13)


def test_the_difference_is_that_of_the_printed_values() -> None:
    a, b = entry(value=14.94, unit="%", decimals=1), entry(value=14.96, unit="%", decimals=1)
    [moved] = found(edition(2025, a), edition(2026, b)).moved
    assert (moved.values, moved.difference) == ((14.9, 15.0), 0.1)
    assert not found(edition(2025, a), edition(2026, replace(a, value=14.941))).moved


def test_a_small_number_has_no_percentage() -> None:
    [moved] = found(edition(2025, entry(value=2)), edition(2026, entry(value=4))).moved
    assert moved.relative is None


@pytest.mark.parametrize(
    "hidden",
    [
        entry(value=None, conf_status="C"),
        entry(value=None, obs_status="O"),
        entry(value=None, obs_status="N"),
        entry(value=None),
    ],
)
def test_what_one_edition_does_not_show_is_never_spoken_of(hidden: Entry) -> None:
    for a, b in ((hidden, entry()), (entry(), hidden)):
        result = found(edition(2025, a), edition(2026, b))
        assert result == Evolutions()


def test_a_source_that_was_replaced_is_a_reason() -> None:
    a, b = entry(sources=frozenset({"old"})), entry(value=150, sources=frozenset({"new"}))
    result = found(edition(2025, a), edition(2026, b))
    assert (result.moved, [tuple(reason) for reason in result.broken]) == (
        [],
        [("répertoire remplacé", "register replaced")],
    )


def test_another_source_without_a_declared_reason_is_named_by_its_label() -> None:
    result = found(edition(2025, entry()), edition(2026, entry(value=150, sources=frozenset({"survey"}))))
    [reason] = result.broken
    assert reason.fr == "sources : Registre 2025 puis Enquête 2026" or "Registre" in reason.fr
    assert reason.en.startswith("sources: Register") and " then " in reason.en


def test_another_perimeter_unit_or_label_is_a_reason() -> None:
    a = edition(2025, entry())
    assert reasons(found(a, edition(2026, entry(value=150), perimeter="autre")))[0].startswith("périmètre")
    assert reasons(found(a, edition(2026, entry(value=150, unit="postes"))))[0].startswith("unité")
    assert (
        "libellé" in reasons(found(a, edition(2026, entry(value=150, row_label="Moins de 10 salariés"))))[0]
    )
    assert found(a, edition(2026, entry(value=150, column_label="Nombre"))).moved


def test_a_year_in_a_label_is_no_other_label() -> None:
    a, b = entry(row_label="2024"), entry(value=150, row_label="2025")
    assert found(edition(2025, a), edition(2026, b)).moved


def test_tables_that_hold_several_years_are_left_aside() -> None:
    a, b = entry(table_id="trend"), entry(table_id="trend", value=150)
    assert found(edition(2025, a), edition(2026, b)) == Evolutions()


# ------------------------------------------------------------------ vintages


def test_the_same_files_say_no_evolution() -> None:
    b = edition(2026, entry(), files={"register": frozenset({"2025"})}, vintages={"register": 2025})
    result = found(edition(2025, entry()), b)
    assert (result.moved, result.compared, list(result.kept)) == ([], 0, ["register"])


SAME = {"files": {"register": frozenset({"2025"})}, "vintages": {"register": 2025}}


def test_the_same_files_with_another_value_are_neither_an_evolution_nor_a_revision() -> None:
    """What was worked out on another day, or by other rules, from the same files."""
    result = found(edition(2025, entry()), edition(2026, entry(value=105), **SAME))
    assert (result.moved, result.revised, list(result.kept)) == ([], [], [])
    assert "mêmes fichiers" in reasons(result)[0]


def test_the_same_day_with_another_value_is_a_revision_whatever_the_files() -> None:
    a = edition(2025, entry(date="2024"))
    for known in (SAME, {}):
        result = found(a, edition(2026, entry(value=105, date="2024"), **known))
        assert (result.moved, [pair.difference for pair in result.revised]) == ([], [5])
    assert found(a, edition(2026, entry(value=105, date="2025"))).moved


def test_figures_that_count_the_same_thing_are_compared_whatever_their_id() -> None:
    a = edition(
        2025,
        entry("old_id", 100, concept=("posts", ""), table_id="other"),
        entry("total", 7, concept=("sites", "")),
    )
    [moved] = found(a, edition(2026, entry("total", 120, concept=("posts", "")))).moved
    assert moved.values == (100, 120)
    result = found(
        edition(2025, entry("total", 7, concept=("sites", ""))),
        edition(2026, entry("total", 120, concept=("posts", ""))),
    )
    assert (result.moved, reasons(result)) == ([], ["le chiffre ne compte plus la même chose"])


def test_a_vintage_sent_again_is_a_revision_and_an_older_one_a_reason() -> None:
    a = edition(2025, entry())
    again = found(a, edition(2026, entry(value=105), vintages={"register": 2025}))
    assert (again.moved, len(again.revised)) == ([], 1)
    before = found(a, edition(2026, entry(value=105), vintages={"register": 2024}))
    assert (before.moved, before.revised) == ([], [])
    assert reasons(before)[0].startswith("millésime antérieur")


def test_a_past_year_with_another_value_is_a_revision() -> None:
    def year(figure: str, label: str, value: float) -> Entry:
        return entry(figure, value, table_id="life", row_kind="data", row_label=label)

    a = edition(2025, year("life.last", "2024", 40))
    b = edition(2026, year("life.last", "2025", 44), year("life.before_1", "2024", 43))
    result = found(a, b, key_figures=["life.last"])
    assert [pair.values for pair in result.moved] == [(40, 44)]
    assert [(pair.after.figure_id, pair.values) for pair in result.revised] == [("life.before_1", (40, 43))]


# ------------------------------------------------------------------ the place


def test_another_territory_compares_in_nothing() -> None:
    a = edition(2025, entry())
    other = found(a, edition(2026, entry(value=150), communes=frozenset({"59001", "59003"})))
    assert other.apart and not other.moved
    bigger = found(a, edition(2026, entry(value=150), communes=frozenset({"59001", "59002", "59003"})))
    assert bigger.apart and "2 communes, puis 3" in bigger.apart.fr


def test_communes_that_merged_or_came_back_are_the_same_place() -> None:
    merged = CommuneMoves(merged={"59002": "59001"})
    one = edition(2026, entry(value=150), communes=frozenset({"59001"}))
    assert found(edition(2025, entry()), one, moves=merged).moved
    back = CommuneMoves(restored={"59002": "59001"})
    alone = edition(2025, entry(), communes=frozenset({"59001"}))
    assert found(alone, edition(2026, entry(value=150)), moves=back).moved
    assert found(edition(2025, entry()), one).apart


def test_another_name_for_the_same_communes_is_the_same_place() -> None:
    assert found(edition(2025, entry(), territory="other"), edition(2026, entry(value=150))).moved


def test_an_edition_that_does_not_say_its_communes_or_its_perimeter() -> None:
    b = edition(2026, entry(value=150))
    assert found(edition(2025, entry(), communes=frozenset()), b).moved, "the same territory by name"
    assert found(edition(2025, entry(), communes=frozenset(), territory="other"), b).apart
    assert found(edition(2025, entry(), perimeter="", files={}), b).apart
    assert found(edition(2025, entry(), is_synthetic=True), b).apart


# ------------------------------------------------------------------ the survey


def estimate(value: float, margin: float | None, **known: Any) -> Entry:
    interval = None if margin is None else (value - margin, value + margin)
    given = {
        "unit": "%",
        "row_kind": "data",
        "base_n": 40,
        "interval": interval,
        "sources": frozenset({"survey"}),
    }
    return entry("q1", value, **given | known)


SURVEYS = {
    year: {"files": {"survey": frozenset({str(year)})}, "vintages": {"survey": year}} for year in (2025, 2026)
}


@pytest.mark.parametrize(("after", "moves"), [(51, False), (60, False), (61, True), (39, True), (40, False)])
def test_an_estimate_moves_when_its_interval_leaves_the_former_one(after: float, moves: bool) -> None:
    a, b = edition(2025, estimate(50, 5), **SURVEYS[2025]), edition(2026, estimate(after, 5), **SURVEYS[2026])
    result = found(a, b, surveys=frozenset({"survey"}))
    assert (bool(result.moved), result.within) == (moves, 0 if moves else 1)


@pytest.mark.parametrize(
    "known", [{"margin": None}, {"margin": 5, "obs_status": "U"}], ids=["no margin", "too small a base"]
)
def test_a_survey_result_without_a_margin_is_not_compared(known: dict[str, Any]) -> None:
    a, b = (edition(y, estimate(v, **known), **SURVEYS[y]) for y, v in ((2025, 20.0), (2026, 80.0)))
    result = found(a, b, key_figures=["q1"])
    assert (result.moved, result.within) == ([], 0)
    assert "marge d’erreur" in reasons(result)[0]


def test_a_total_of_the_survey_alone_is_no_total_of_the_territory() -> None:
    a, b = (
        edition(y, entry("sum", v, sources=frozenset({"survey"})), **SURVEYS[y])
        for y, v in ((2025, 20.0), (2026, 80.0))
    )
    assert found(a, b, surveys=frozenset({"survey"})) == Evolutions()


# ------------------------------------------------------------------ the sentences


def book(snapshot: Snapshot, lang: str = "fr") -> Publication:
    """A publication with one table a figure."""
    tables = []
    for rank, one in enumerate(snapshot.entries.values(), 1):
        row, column = (
            Row("r", one.row_label, one.row_kind),
            Column("c", one.column_label, one.unit, one.decimals),
        )
        cell = Cell(one.figure_id, one.value, ci_low=one.interval and one.interval[0])
        tables.append(
            PublishedTable(
                one.table_id,
                f"1.{rank}",
                int(one.chapter),
                f"Titre {rank}",
                None,
                "",
                "",
                None,
                None,
                (),
                "",
                (column,),
                (row,),
                {("r", "c"): cell},
            )
        )
    return Publication(None, {}, tuple(tables), {}, None, [], [], lang)  # type: ignore[arg-type]


def said(a: Snapshot, b: Snapshot) -> list[tuple[str, str]]:
    return [(line.fr, line.en) for line in lines_of(found(a, b), b, book(b), book(b, "en"))]


def test_sentences_of_a_rise_and_of_a_fall_of_points() -> None:
    share = {"unit": "%", "decimals": 1}
    a = edition(2025, entry("n", 1000), entry("p", 14.0, table_number="1.2", **share))
    b = edition(2026, entry("n", 1500), entry("p", 12.0, table_number="1.2", **share))
    assert said(a, b) == [
        ("Titre 1 (tableau 1.1) : en hausse de 500 (+50,0\u00a0%), de 1\u202f000 à 1\u202f500.",
         "Titre 1 (table 1.1): up 500 (+50.0%), from 1,000 to 1,500."),
        ("Titre 2 (tableau 1.2) : en baisse de 2,0 points, de 14,0\u00a0% à 12,0\u00a0%.",
         "Titre 2 (table 1.2): down 2.0 points, from 14.0% to 12.0%."),
    ]  # fmt: skip


def test_nothing_that_moved_is_said() -> None:
    [(fr, en)] = said(edition(2025, entry()), edition(2026, entry()))
    assert fr == "Le seul chiffre d’ensemble qui se compare n’a pas changé."
    assert en == "The only overall figure that compares has not changed."


def test_a_declared_revision_is_said_with_its_reason() -> None:
    revisions = ({"figures": ["tot*"], "reason": "doublons retirés", "reason_en": "duplicates removed"},)
    a, b = (
        edition(2025, entry(date="2024")),
        edition(2026, entry(value=105, date="2024"), revisions=revisions),
    )
    [(fr, en)] = said(a, b)
    assert fr == "Révisé dans cette version (tableau 1.1) : doublons retirés."
    assert en == "Revised in this version (table 1.1): duplicates removed."
    [(fr, _)] = said(a, replace(b, revisions=()))
    assert (
        fr
        == "Révisé depuis l’édition précédente, sans motif déclaré : Titre 1 (tableau 1.1), 105 au lieu de 100."
    )


def test_the_block_is_short_whatever_moves() -> None:
    many = [entry(f"f{n}", 100 + n, table_id=f"t{n}", table_number=f"1.{n}") for n in range(40)]
    after = [replace(one, value=2 * (one.value or 0)) for one in many]
    odd = [replace(one, sources=frozenset({f"s{one.figure_id}"})) for one in after[:10]]
    lines = said(edition(2025, *many), edition(2026, *odd, *after[10:]))
    assert 5 <= len(lines) <= LINES
    assert sum("en hausse" in fr for fr, _ in lines) >= 1


def rows(year: int, **values: float | None) -> Snapshot:
    """An edition of one headline, the sum of its rows, and of one table of those rows."""
    total = sum(value or 0 for value in values.values())
    parts = [
        entry(
            name, value, row_kind="data", row_label=name, table_id="places", conf_status="F" if value else "C"
        )
        for name, value in values.items()
    ]
    return edition(year, entry("head", total, chapter="0", table_id="heads"), *parts)


def test_the_rows_that_rose_and_fell_the_most_are_said() -> None:
    lines = said(rows(2025, Aix=10, Bry=20, Cos=5), rows(2026, Aix=14, Bry=13, Cos=6))
    assert (
        "Parmi les lignes qui se comparent, la plus forte hausse : Titre 2 – Aix (tableau 1.2), de 10 à 14 ; "
        "la plus forte baisse : Titre 3 – Bry (tableau 1.3), de 20 à 13.",
        "Of the rows that compare, the largest rise: Titre 2 – Aix (table 1.2), from 10 to 14; "
        "the largest fall: Titre 3 – Bry (table 1.3), from 20 to 13.",
    ) in lines


@pytest.mark.parametrize(
    "now",
    [
        {"Aix": 14.0, "Bry": 24.0, "Cos": 5.0},  # two rise as much
        {"Aix": 10.0, "Bry": None, "Cos": 5.0},  # the one that moved is hidden
        {"Aix": 10.0, "Bry": 20.0, "Cos": 5.0},
    ],
)
def test_no_row_is_said_to_move_the_most_when_none_does_alone(now: dict[str, float | None]) -> None:
    a, b = rows(2025, Aix=10, Bry=20, Cos=5), rows(2026, **now)
    assert found(a, b).extremes == []
    assert not any("la plus forte" in fr for fr, _ in said(a, b))


def test_tables_that_only_one_edition_has_are_named() -> None:
    def other(name: str, number: str) -> Entry:
        return entry(name, table_id=name, table_number=number, chapter="1")

    a = edition(2025, entry(), other("old", "1.2"), entry("m", table_id="method", chapter=""))
    b = edition(2026, entry(), *(other(f"new{rank}", f"1.{rank}") for rank in (2, 3, 4)))
    [line] = [line for line in said(a, b) if "sans équivalent" in line[0]]
    assert line == (
        "Tableaux sans équivalent dans l’édition précédente : 1.2 (Titre 2), 1.3 (Titre 3) et 1 autre. "
        "Tableaux de l’édition précédente qui ne sont pas repris : 1.2.",
        "Tables that the previous edition did not have: 1.2 (Titre 2), 1.3 (Titre 3) and 1 other. "
        "Tables of the previous edition that are not there any more: 1.2.",
    )
