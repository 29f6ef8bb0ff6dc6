"""Reading answers: layouts, values, refusals with their place, filters, constraints, duplicates, ledger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ess_observatory.survey.read import recognise
from test_survey_support import form, read, sheet, small_codebook, statuses, wide

GOOD = "73282932000074"
REFUSED_COLUMNS = {"source", "file", "sheet", "line", "column", "value", "code", "reason", "fix"}


def only(survey, question: str):
    (row,) = [row for row in survey.answers.to_pylist() if row["question_code"] == question]
    return row["status"], row["value_text"], row["value_number"]


def codes(survey) -> list[tuple[str, str | None, int | None, str | None]]:
    return [(row["code"], row["column"], row["line"], row["value"]) for row in survey.refused]


def test_layouts_are_recognised() -> None:
    codebook = small_codebook()
    assert recognise(wide([{"A1": GOOD, "A2": "Oui", "B1": "3"}]), codebook) == "wide"
    assert recognise(form({"A1": GOOD, "A2": "Oui"}, "f.xlsx"), codebook) == "form"
    assert recognise(sheet([["SIRET", "Nom"], [GOOD, "X"]]), codebook) is None
    assert recognise(sheet([]), codebook) is None


@pytest.mark.parametrize(
    "header", ["A3[besoin]", "A3.besoin", "A3_besoin", "a3/besoin", "A3[Besoin d'un public]"]
)
def test_ways_of_naming_the_column_of_a_choice(header: str) -> None:
    survey = read(wide([{"A2": "Oui", "B1": "1", header: "1"}]))
    assert only(survey, "A3") == ("answered", "besoin", None)
    assert not survey.refused


def test_columns_may_be_named_by_the_wording_of_the_question() -> None:
    survey = read(
        wide([{"Postes": "3", "ETP": "2,5", "Vend-elle\u00a0?": "OUI", "Raisons de l'émergence/Réseau": "x"}])
    )
    assert only(survey, "B2") == ("answered", None, 2.5)
    assert only(survey, "A3")[1] == "reseau"


def test_a_second_header_line_is_not_a_respondent() -> None:
    rows = [["A2", "B1", "B2"], ["Vend-elle ?", "Postes", "ETP"], ["Oui", "3", "2"], [None, None, None]]
    survey = read(sheet(rows))
    assert survey.ledger[0] | {"sha256": ""} == {
        "source": "survey",
        "file": "fichier.xlsx",
        "sha256": "",
        "sheet": "Feuille",
        "header_line": 1,
        "rows_read": 1,
        "rows_kept": 1,
        "rows_refused": 0,
    }
    assert survey.respondents.to_pylist()[0]["line"] == 3


def test_title_lines_above_the_header_are_skipped() -> None:
    survey = read(sheet([["Export"], [None], ["A2", "B1", "B2"], ["Oui", "3", "2"]]))
    assert survey.ledger[0]["header_line"] == 3
    assert survey.respondents.to_pylist()[0]["line"] == 4


@pytest.mark.parametrize(
    ("cells", "question", "expected"),
    [
        ({"A2": "oui"}, "A2", ("answered", "oui", None)),
        ({"A2": "NON"}, "A2", ("answered", "non", None)),
        ({"A2": "Ne sait pas"}, "A2", ("nsp", None, None)),
        ({"A2": "sans objet"}, "A2", ("sans_objet", None, None)),
        ({"B1": "ne souhaite pas communiquer"}, "B1", ("refus", None, None)),
        ({"B1": "1 234"}, "B1", ("answered", None, 1234.0)),
        ({"A3": "besoin reseau"}, "A3", ("answered", "besoin reseau", None)),
        ({"A3": "Réseau; Besoin d'un public"}, "A3", ("answered", "besoin reseau", None)),
        ({"A3[nonresponse]": "Ne sait pas"}, "A3", ("nsp", None, None)),
        ({"A3": "Ne sait pas"}, "A3", ("nsp", None, None)),
        ({"A3[other]": "un voisin"}, "A3", ("answered", "other", None)),
        ({"A3[besoin]": "Non", "A3[reseau]": "VRAI"}, "A3", ("answered", "reseau", None)),
    ],
)
def test_values_that_are_understood(cells: dict[str, str], question: str, expected: tuple) -> None:
    survey = read(wide([{"B4": "100", "B5": "0", "A1": GOOD} | cells]))
    assert only(survey, question) == expected
    assert not survey.refused


@pytest.mark.parametrize(
    ("cells", "refusal", "said"),
    [
        ({"A2": "peut-être"}, ("valeur_inconnue", "A2", 2, "peut-être"), "Oui · Non"),
        ({"A3[besoin]": "bof"}, ("valeur_inconnue", "A3[besoin]", 2, "bof"), "x"),
        ({"A3[nonresponse]": "bof"}, ("valeur_inconnue", "A3[nonresponse]", 2, "bof"), "Sans objet"),
        ({"B1": "40.817"}, ("E312", "B1", 2, "40.817"), "40817"),
        ({"B1": "3,5"}, ("E311", "B1", 2, "3,5"), "Corrigez"),
        ({"B1": "beaucoup"}, ("E310", "B1", 2, "beaucoup"), "Corrigez"),
        ({"B1": "-1"}, ("contrainte", "B1", 2, "-1"), "Corriger"),
        ({"B4": "120"}, ("bornes", "B4", 2, "120"), "0 et 100"),
        ({"A1": "73282932000075"}, ("E323", "A1", 2, "73282932000075"), "Sirene"),
        ({"B1": "3", "B2": "4"}, ("contrainte", "B2", 2, "4"), "Corriger"),
        ({"A2": "Non", "B3": "500"}, ("filtre", "B3", 2, "500"), "filtre"),
        ({"B3": "500"}, ("filtre", "B3", 2, "500"), "filtre"),
    ],
)
def test_a_cell_is_refused_with_its_place_and_what_to_do(
    cells: dict[str, str], refusal: tuple, said: str
) -> None:
    header = ["A1", "A2", "A3[besoin]", "A3[nonresponse]", "B1", "B2", "B3", "B4"]
    survey = read(wide([cells], header))
    assert codes(survey) == [refusal]
    assert set(survey.refused[0]) == REFUSED_COLUMNS
    assert said in survey.refused[0]["fix"]
    column = str(refusal[1]).partition("[")[0]
    kept = {row["question_code"]: row["status"] for row in survey.answers.to_pylist()}
    assert kept.get(column) in (None, "filtered")
    assert survey.respondents.num_rows == 1, "the rest of the answer stays"


def test_an_exclusive_choice_does_not_go_with_others() -> None:
    survey = read(wide([{"A2": "Oui", "B1": "1", "A3[aucune]": "x", "A3[reseau]": "x"}]))
    assert [row["code"] for row in survey.refused] == ["exclusif", "exclusif"]
    assert "A3" not in {row["question_code"] for row in survey.answers.to_pylist()}


def test_a_broken_sum_drops_all_its_terms() -> None:
    survey = read(wide([{"A2": "Oui", "B4": "60", "B5": "30"}]))
    assert [row["code"] for row in survey.refused] == ["contrainte", "contrainte"]
    assert not {"B4", "B5"} & {row["question_code"] for row in survey.answers.to_pylist()}


def test_a_filter_that_cannot_be_read_closes_nothing() -> None:
    """A bad cell is a bad cell: what was answered behind it counts."""
    survey = read(wide([{"A2": "bof", "B3": "500", "B1": "2"}, {"A2": "bof", "B3": "", "B1": "2"}]))
    assert [(row["code"], row["line"]) for row in survey.refused] == [
        ("valeur_inconnue", 2),
        ("valeur_inconnue", 3),
    ]
    assert only(survey, "B3") == ("answered", None, 500.0)


def test_unknown_and_repeated_columns_are_reported_once() -> None:
    survey = read(sheet([["A2", "B1", "B2", "Post", "B1"], ["Oui", "3", "2", "x", "4"]]))
    assert [(row["code"], row["line"]) for row in survey.refused] == [
        ("colonne_inconnue", 1),
        ("colonne_ambigue", 1),
        ("colonne_ambigue", 1),
    ]
    assert "Postes" in survey.refused[0]["fix"]
    assert "« B1 » (colonne B), « B1 » (colonne E)" in survey.refused[1]["reason"], "both are named"
    assert "B1" not in {row["question_code"] for row in survey.answers.to_pylist()}, "neither is guessed"


def test_a_column_given_twice_with_the_same_content_is_read_once() -> None:
    survey = read(sheet([["A2", "B1", "B2", "B1"], ["Oui", "3", "2", "3"]]))
    assert codes(survey) == [("colonne_double", "B1", 1, "B1")]
    assert only(survey, "B1")[2] == 3.0


@pytest.mark.parametrize("header", [("avant.B1", "B1"), ("B1", "avant.B1"), ("avant/Postes", "B1")])
def test_an_exact_header_wins_over_one_found_after_the_name_of_a_group(header: tuple[str, str]) -> None:
    """One code may stand in two arrays of a questionnaire: `conditions.relmem.` and `evolution.relmem.`."""
    cells = {header[0]: "2", header[1]: "2", "B1": "8"}
    survey = read(sheet([["A2", *header, "B2"], ["Oui", *(cells[name] for name in header), "2"]]))
    assert only(survey, "B1")[2] == 8.0
    assert [(row["code"], row["column"]) for row in survey.refused] == [
        ("colonne_double", next(name for name in header if name != "B1"))
    ]
    assert "« B1 »" in survey.refused[0]["reason"]


def test_two_headers_found_after_groups_are_refused_together() -> None:
    survey = read(sheet([["A2", "avant.B1", "après.B1", "B2"], ["Oui", "2", "8", "2"]]))
    assert [(row["code"], row["column"]) for row in survey.refused] == [
        ("colonne_ambigue", "avant.B1"),
        ("colonne_ambigue", "après.B1"),
    ]


@pytest.mark.parametrize(
    "name", ["A3 ({})", "Raisons de l’émergence({})", "A3[{}]", "A3_{}", "Raisons de l’émergence/{}"]
)
def test_numbered_columns_of_a_question_with_several_answers_are_one_answer(name: str) -> None:
    header = ["A2", "B1", name.format(1), name.format(2), name.format(3)]
    survey = read(sheet([header, ["Oui", "3", "Réseau", "Besoin d’un public", None]]))
    assert only(survey, "A3")[1] == "besoin reseau"
    assert not survey.refused


def test_numbered_columns_that_only_tick_are_refused_and_named() -> None:
    survey = read(
        sheet(
            [
                ["A2", "B1", "B2", "A3 (1)", "A3 (2)"],
                ["Oui", "3", "1", "x", None],
                ["Oui", "3", "1", None, "1"],
            ]
        )
    )
    assert [(row["code"], row["column"]) for row in survey.refused] == [
        ("colonne_numerotee", "A3 (1)"),
        ("colonne_numerotee", "A3 (2)"),
    ]


def test_numbered_columns_of_a_question_with_one_answer_are_refused_together() -> None:
    survey = read(sheet([["A2", "B1 (1)", "B1 (2)", "B2", "B4"], ["Oui", "3", "4", "1", None]]))
    assert [(row["code"], row["column"]) for row in survey.refused] == [
        ("colonne_ambigue", "B1 (1)"),
        ("colonne_ambigue", "B1 (2)"),
    ]


def test_a_file_without_answers_is_reported() -> None:
    survey = read(sheet([["Bonjour"]], relative="autre.xlsx"))
    assert codes(survey) == [("feuille_inconnue", None, None, None)]
    assert survey.ledger == [] and survey.respondents.num_rows == 0


def test_a_blank_response_and_another_version_are_refused_rows() -> None:
    survey = read(
        wide([{"ID": "1"}, {"ID": "2", "A2": "Oui"}], ["ID", "A2", "B1", "B2"]),
        form({"A1": GOOD, "A2": "Oui"}, "f.xlsx", version="0.9"),
    )
    assert [row["code"] for row in survey.refused] == ["reponse_vide", "E241"]
    assert [(row["rows_read"], row["rows_kept"], row["rows_refused"]) for row in survey.ledger] == [
        (2, 1, 1),
        (1, 0, 1),
    ]


def test_unknown_codes_of_a_form_are_refused() -> None:
    rows = [
        ["Code", "Question", "Réponse"],
        ["A2", "", "Oui"],
        ["B1", "", "3"],
        ["B2", "", "2"],
        ["Z9", "", "quoi"],
        ["A", "T", None],
    ]
    survey = read(sheet(rows))
    assert codes(survey) == [("code_inconnu", "Z9", 5, "quoi")]
    assert "«\u00a0Z9\u00a0»" in survey.refused[0]["reason"]


def test_an_answer_of_a_form_without_code_is_refused() -> None:
    rows = [
        ["Code", "Question", "Réponse"],
        ["A2", "", "Oui"],
        ["B1", "", "3"],
        ["B2", "", "2"],
        ["", "", "quoi"],
    ]
    survey = read(sheet(rows))
    assert codes(survey) == [("code_inconnu", None, 5, "quoi")]
    assert survey.refused[0]["reason"] == "Réponse sans code de question."


def test_a_respondent_is_named_by_the_line_of_an_export_and_by_the_sheet_of_a_form() -> None:
    people = [{"A2": "Oui", "B1": "3", "B2": "1"}, {"A2": "Non", "B1": "4", "B2": "2"}]
    survey = read(wide(people), form({"A1": GOOD, "A2": "Oui"}, "f.xlsx"))
    keys = [row["respondent_key"] for row in survey.respondents.to_pylist()]
    assert keys == ["export.xlsx#Réponses#2", "export.xlsx#Réponses#3", "f.xlsx#Questionnaire"]


def test_a_date_that_cannot_be_read_is_refused_on_its_line() -> None:
    """A form has one date, above its answers: no line of its own."""
    when = "Date de soumission"
    survey = read(
        wide([{"A2": "Oui", "B1": "3", "B2": "1"}, {"A2": "Oui", "B1": "3", "B2": "1", when: "hier"}]),
        form({"A1": GOOD, "A2": "Oui", when: "demain"}, "f.xlsx"),
    )
    assert [(column, line, value) for _, column, line, value in codes(survey)] == [
        ("date", 3, "hier"),
        ("date", None, "demain"),
    ]
    assert [row["submitted_on"] for row in survey.respondents.to_pylist()] == [None, None, None]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_latest_of_two_responses_with_one_siret_is_kept(order: tuple[int, int]) -> None:
    people = [
        {"A1": GOOD, "B1": "3", "B2": "1", "Date de soumission": "2012-01-10"},
        {"A1": "732 829 320 00074", "B1": "4", "B2": "1", "Date de soumission": "11/01/2012 08:00"},
    ]
    survey = read(wide([people[index] for index in order]))
    assert [row["code"] for row in survey.refused] == ["doublon"]
    assert "2012-01-11" in survey.refused[0]["reason"]
    assert only(survey, "B1")[2] == 4.0
    assert (
        survey.ledger[0]["rows_read"],
        survey.ledger[0]["rows_kept"],
        survey.ledger[0]["rows_refused"],
    ) == (2, 1, 1)


def test_raw_cells_are_kept_as_they_came_even_of_refused_responses() -> None:
    survey = read(wide([{"A1": GOOD, "B1": "40.817", "A2": "Oui"}, {"A1": GOOD, "B1": "2", "A2": "Oui"}]))
    raw = [row["value"] for row in survey.cells.to_pylist() if row["question_code"] == "B1"]
    assert raw == ["40.817", "2"]
    assert survey.respondents.num_rows == 1


PERSON = st.fixed_dictionaries(
    {"A2": st.sampled_from(["Oui", "Non", "Ne sait pas", "bof"])},
    optional={
        "A1": st.sampled_from([GOOD, "123"]),
        "A3[besoin]": st.just("x"),
        "A3[reseau]": st.just("x"),
        "A3[aucune]": st.just("x"),
        "A3[other]": st.sampled_from(["un voisin", "la presse"]),
        "B1": st.sampled_from(["3", "1 200", "40.817", "3,5", "Sans objet"]),
        "B2": st.sampled_from(["1,5", "5", "Ne souhaite pas communiquer"]),
        "B3": st.sampled_from(["1 234,5", "x"]),
        "B4": st.sampled_from(["40", "100", "130"]),
        "B5": st.sampled_from(["60", "0"]),
    },
)


@given(PERSON)
def test_a_form_and_an_export_with_the_same_content_read_the_same(person: dict[str, str]) -> None:
    as_row = read(wide([person], [*person, *[key for key in ("A1", "B1", "B2") if key not in person]]))
    as_form = read(form(person, "f.xlsx"))
    strip = {key[1]: value for key, value in statuses(as_row).items()}
    assert {key[1]: value for key, value in statuses(as_form).items()} == strip
    assert [(row["code"], row["value"]) for row in as_row.refused] == [
        (row["code"], row["value"]) for row in as_form.refused
    ]


@given(st.lists(PERSON, max_size=6))
def test_rows_read_are_rows_kept_plus_rows_refused(people: list[dict[str, str]]) -> None:
    survey = read(*[form(person, f"{number}.xlsx") for number, person in enumerate(people)])
    assert len(survey.ledger) == len(people)
    assert all(row["rows_read"] == row["rows_kept"] + row["rows_refused"] for row in survey.ledger)
    assert survey.respondents.num_rows == sum(row["rows_kept"] for row in survey.ledger)
    sirets = [row["siret"] for row in survey.respondents.to_pylist() if row["siret"]]
    assert len(sirets) == len(set(sirets))
