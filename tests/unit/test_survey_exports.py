"""Exports of the common tools: LimeSurvey, Framaforms, Google Forms, KoboToolbox, Sphinx, plain Excel."""

from __future__ import annotations

import pytest

from ess_observatory.codebook.codebook import codebook_from
from ess_observatory.survey.headers import Target, find_target
from ess_observatory.survey.joined import split_joined
from test_survey_form_support import obtained
from test_survey_support import read, sheet, small

SIRET = "73282932000074"


def tools() -> dict:
    """A codebook whose labels hold the marks that tools join answers with."""
    data = small()
    people = data["sections"][0]["questions"][2]
    people["choices"] = [
        {"code": "besoin", "label_fr": "Besoin d’un public, non couvert", "aliases": ["SQ001"]},
        {"code": "reseau", "label_fr": "Réseau local - régional"},
        {"code": "procedures", "label_fr": "Procédures / réglementation"},
        {"code": "aucune", "label_fr": "Aucune"},
    ]
    data["sections"][0]["questions"][1]["aliases"] = ["Votre structure vend-elle quelque chose ?"]
    data["sections"][0]["questions"].append(
        {
            "code": "A4",
            "label_fr": "Statut",
            "type": "select_one",
            "choices": [
                {"code": "asso", "label_fr": "Association"},
                {"code": "coop", "label_fr": "Coopérative"},
            ],
            "other": True,
        }
    )
    return data


CODEBOOK = codebook_from(tools(), "outils.yml")


def answers(*rows: list[str | None], name: str = "Feuille") -> list[dict[str, tuple]]:
    """What was read of each row, and nothing refused."""
    survey = read(sheet([list(row) for row in rows], name), codebook=CODEBOOK)
    assert survey.refused == []
    return [obtained(survey, CODEBOOK, row["respondent_key"]) for row in survey.respondents.to_pylist()]


def chosen(*codes: str, text: str | None = None) -> tuple:
    return ("answered", frozenset(codes), None, None, text)


def number(value: float) -> tuple:
    return ("answered", frozenset(), value, None, None)


def test_limesurvey_with_codes() -> None:
    header = [
        "id",
        "submitdate",
        "lastpage",
        "startlanguage",
        "seed",
        "A1",
        "A2",
        "A3[SQ001]",
        "A3[reseau]",
        "A3[other]",
    ]
    header += ["A4", "A4[other]", "B1", "B2", "ipaddr"]
    row = [
        "7",
        "2026-02-03 10:11:12",
        "4",
        "fr",
        "12345",
        SIRET,
        "Y",
        "Y",
        "N",
        "le maire",
        "-oth-",
        "GIP",
        "3",
        "N/A",
        "",
    ]
    survey = read(sheet([header, row]), codebook=CODEBOOK)
    assert survey.refused == []
    (found,) = [obtained(survey, CODEBOOK, item["respondent_key"]) for item in survey.respondents.to_pylist()]
    assert found["A2"] == chosen("oui")
    assert found["A3"] == chosen("besoin", "other", text="le maire")
    assert found["A4"] == chosen("other", text="GIP")
    assert found["B1"] == number(3) and "B2" not in found
    assert survey.respondents.to_pylist()[0]["submitted_on"] == "2026-02-03T10:11:12"


def test_limesurvey_with_full_text() -> None:
    header = [
        "ID de la réponse",
        "Date de soumission",
        "Dernière page",
        "Langue de départ",
        "Vend-elle ?",
        "Postes",
    ]
    header += ["Raisons de l’émergence [Besoin d’un public, non couvert]", "Raisons de l’émergence [Aucune]"]
    header += ["Raisons de l’émergence [Autre]", "A4. Statut", "A4[other]. Statut [Autre]"]
    row = ["1", "2026-01-01 00:00:00", "4", "fr", "Oui", "12", "Oui", "Non", "", "Association", ""]
    trailing: list[str | None] = [None] * len(header)
    found = answers(header, row, trailing)
    assert found == [{"A2": chosen("oui"), "B1": number(12), "A3": chosen("besoin"), "A4": chosen("asso")}]


def test_framaforms_with_three_header_lines() -> None:
    rows = [
        ["Enquête", *[""] * 14],
        [*[""] * 8, "Raisons de l’émergence", *[""] * 3, "", "", ""],
        [
            *(
                "Séquentiel",
                "SID",
                "Heure de soumission",
                "Brouillon",
                "Adresse IP",
                "UID",
                "SIRET",
                "Vend-elle ?",
            ),
            *("Besoin d’un public, non couvert", "Réseau local - régional", "Aucune", "Autre"),
            *("Veuillez préciser", "Statut", "Veuillez préciser"),
        ],
        [
            "1",
            "3",
            "13/07/2021 - 10:34",
            "",
            "::1",
            "",
            SIRET,
            "Oui",
            "X",
            "",
            "",
            "X",
            "le bouche-à-oreille",
            "Association",
            "",
        ],
        ["2", "4", "14/07/2021 - 08:00", "", "::1", "", "", "Non", "", "", "X", "", "", "Autre", "GIP"],
    ]
    survey = read(sheet([[cell or None for cell in row] for row in rows]), codebook=CODEBOOK)
    assert survey.refused == []
    assert survey.ledger[0]["header_line"] == 3
    first, second = [
        obtained(survey, CODEBOOK, row["respondent_key"]) for row in survey.respondents.to_pylist()
    ]
    assert first["A3"] == chosen("besoin", "other", text="le bouche-à-oreille")
    assert first["A4"] == chosen("asso")
    assert second["A3"] == chosen("aucune") and second["A4"] == chosen("other", text="GIP")
    assert survey.respondents.to_pylist()[0]["submitted_on"] == "2021-07-13T10:34:00"


@pytest.mark.parametrize("mark", [", ", ";", "; ", "\n", " | "])
def test_google_forms_joins_answers_whose_labels_hold_the_mark(mark: str) -> None:
    said = mark.join(
        ["Besoin d’un public, non couvert", "Procédures / réglementation", "Réseau local - régional"]
    )
    header = ["Horodateur", "Vend-elle ?", "Raisons de l’émergence", "Statut", "Postes"]
    row = ["25/10/2023 14:55:21", "Oui", said, "Coopérative", "4"]
    (found,) = answers(header, row)
    assert found["A3"] == chosen("besoin", "procedures", "reseau")
    assert found["A4"] == chosen("coop")


def test_google_forms_writes_open_answers_among_the_others() -> None:
    header = ["Horodateur", "Vend-elle ?", "Raisons de l’émergence", "Statut", "Postes"]
    rows = [
        [
            "25/10/2023 14:55:21",
            "Oui",
            "Besoin d’un public, non couvert, l’envie, le hasard",
            "Fonds de dotation",
            "4",
        ],
        ["25/10/2023 14:55:22", "Oui", "l’envie de faire", "Asociation", "4"],
    ]
    survey = read(sheet([header, *rows]), codebook=CODEBOOK)
    first, second = [
        obtained(survey, CODEBOOK, row["respondent_key"]) for row in survey.respondents.to_pylist()
    ]
    assert first["A3"] == chosen("besoin", "other", text="l’envie, le hasard")
    assert first["A4"] == chosen("other", text="Fonds de dotation")
    assert second["A3"] == chosen("other", text="l’envie de faire")
    (typo,) = survey.refused
    assert (typo["line"], typo["column"], typo["value"]) == (3, "Statut", "Asociation")
    assert "Vouliez-vous dire «\u00a0Association\u00a0»" in typo["fix"], "a near miss is not an open answer"


@pytest.mark.parametrize("labels", [False, True])
def test_kobotoolbox(labels: bool) -> None:
    if labels:
        header = ["Identité/SIRET", "Identité/Vend-elle ?", "Identité/Raisons de l’émergence"]
        header += [
            f"Identité/Raisons de l’émergence/{name}"
            for name in (
                "Besoin d’un public, non couvert",
                "Réseau local - régional",
                "Procédures / réglementation",
                "Autre",
            )
        ]
        joined = "Besoin d’un public, non couvert Procédures / réglementation Autre"
        yes = "Oui"
    else:
        header = ["A/A1", "A/A2", "A/A3", "A/A3/besoin", "A/A3/reseau", "A/A3/procedures", "A/A3/other"]
        joined, yes = "besoin procedures other", "oui"
    header += [
        "A/A3_other",
        "B/B1",
        "B/B1_nonresponse",
        "_id",
        "_uuid",
        "_submission_time",
        "__version__",
        "_index",
    ]
    row = [
        SIRET,
        yes,
        joined,
        "1",
        "0",
        "1",
        "1",
        "0 % de hasard",
        "",
        "refus",
        "9",
        "u",
        "2026-03-14T14:15:48.000-04:00",
        "v",
        "1",
    ]
    survey = read(
        sheet([["start", "end", *header], ["2026-03-14T14:00:00.000-04:00", "", *row]]), codebook=CODEBOOK
    )
    assert survey.refused == []
    (respondent,) = survey.respondents.to_pylist()
    found = obtained(survey, CODEBOOK, respondent["respondent_key"])
    assert found["A3"] == chosen("besoin", "procedures", "other", text="0 % de hasard")
    assert found["B1"] == ("refus", frozenset(), None, None, None)
    assert respondent["submitted_on"] == "2026-03-14T14:15:48"


def test_kobotoolbox_reasons_are_choices_too() -> None:
    header = ["A2", "A3", "A3/besoin", "A3/nsp", "B1", "B2"]
    found = answers(header, ["oui", "nsp", "0", "1", "1", "1"], ["oui", "besoin", "1", "0", "1", "1"])
    assert found[0]["A3"][0] == "nsp"
    assert found[1]["A3"] == chosen("besoin")


def test_a_joined_cell_that_its_own_columns_deny_is_refused() -> None:
    header = ["A2", "A3", "A3/besoin", "A3/reseau", "B1", "B2"]
    survey = read(sheet([header, ["oui", "besoin reseau", "1", "0", "1", "1"]]), codebook=CODEBOOK)
    assert [(row["code"], row["column"]) for row in survey.refused] == [("contradiction", "A3")]
    kept = [row["choice_code"] for row in survey.choices.to_pylist() if row["question_code"] == "A3"]
    assert kept == ["besoin"]


@pytest.mark.parametrize("mark", [" ; ", ";", " - ", "-"])
def test_sphinx_joins_with_semicolons_or_dashes(mark: str) -> None:
    header = ["CLE", "DATE_ENREG", "Vend-elle ?", "Raisons de l’émergence", "Postes", "PROGRESSION"]
    said = mark.join(["Réseau local - régional", "Procédures / réglementation"])
    (found,) = answers(header, ["1", "01/02/2026 10:00:00", "Non", said, "3", "100"])
    assert found["A3"] == chosen("reseau", "procedures")


def test_plain_excel_with_titles_above_and_a_note_below() -> None:
    rows = [
        ["Réponses 2026"],
        [None],
        ["SIRET", "Vend-elle ?", "Postes", "ETP"],
        [SIRET, "oui", "1 200", "3,5"],
    ]
    (found,) = answers(*rows)
    assert (found["B1"], found["B2"]) == (number(1200), number(3.5))


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("A3", Target("A3")),
        ("A3[SQ001]", Target("A3", "besoin")),
        ("Identité/A3/besoin", Target("A3", "besoin")),
        ("groupe.A3.", Target("A3")),
        ("Votre structure vend-elle quelque chose ?", Target("A2")),
        ("Raisons de l’émergence [Procédures / réglementation]", Target("A3", "procedures")),
        ("Identité/Raisons de l’émergence/Procédures / réglementation", Target("A3", "procedures")),
        ("Raisons de l’émergence [Autre (précisez)]", Target("A3", "other")),
        ("Raisons de l’émergence [Sans réponse]", Target("A3", "nonresponse")),
        ("A3[nsp]", Target("A3", "nsp")),
        ("B1 [commentaire]", None),
        ("A3[inconnu]", None),
        ("Autre chose", None),
    ],
)
def test_what_a_header_names(header: str, target: Target | None) -> None:
    assert find_target(header, CODEBOOK) == target


def test_code_goes_before_wording_and_wording_before_alias() -> None:
    data = small()
    data["sections"][1]["questions"][0]["label_fr"] = "B2"
    assert find_target("B2", codebook_from(data, "x")) == Target("B2")
    data = small()
    data["sections"][1]["questions"][0]["aliases"] = ["ETP"]
    with pytest.raises(Exception, match="désigne aussi B2"):
        codebook_from(data, "x")


def test_aliases_hold_for_their_version() -> None:
    data = small()
    data["reads_versions"] = ["0"]
    data["sections"][1]["questions"][0]["aliases"] = {"0": ["Emplois"]}
    codebook = codebook_from(data, "x")
    assert find_target("Emplois", codebook, "0") == Target("B1")
    assert find_target("Emplois", codebook, "1") is None
    assert find_target("Emplois", codebook) == Target("B1"), "an export says no version: any alias may hold"


def test_pieces_are_choices_whenever_some_mark_allows_it() -> None:
    names = {"a": "1", "a, b": "2", "c": "3"}

    def cut(text: str) -> list[str | None]:
        return [piece.choice for piece in split_joined(text, names.get)]

    assert cut("a, b, c") == ["2", "3"]
    assert cut("a, c") == ["1", "3"]
    assert cut("a c") == ["1", "3"]
    assert cut("a, zzz, c") == ["1", None, "3"]
    assert [piece.text for piece in split_joined("zzz, yyy, c", names.get)] == ["zzz, yyy", "c"]
    assert split_joined("x, " * 200, names.get)[0].choice is None
