"""Open answers: kept as they came, recoded by a small table, the rest listed for the analyst."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.codebook.recodes import load_recodes
from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.to_recode import write_to_recode
from ess_observatory.tabular.sheets import open_sheets
from test_survey_support import CODEBOOK, database, read, small_codebook, wide

HEADER = "question_code,text,choice_code,by,on\n"


def recodes(tmp_path: Path, *lines: str, header: str = HEADER, encoding: str = "utf-8"):
    path = tmp_path / "recodes.csv"
    path.write_text(header + "\n".join(lines) + "\n", encoding=encoding)
    return load_recodes(path, small_codebook())


def survey_of(people: list[dict[str, str]], table=None):
    codebook = replace(small_codebook(), recodes=table or {})
    rows = [{"A2": "Oui", "B1": "1", "B2": "1", **person} for person in people]
    return read(
        wide(rows, ["A2", "A3[besoin]", "A3[aucune]", "A3[other]", "B1", "B2"]), codebook=codebook
    ), codebook


def chosen(survey) -> list[tuple[int, str]]:
    place = {row["respondent_key"]: row["line"] for row in survey.respondents.to_pylist()}
    return [
        (place[row["respondent_key"]], row["choice_code"])
        for row in survey.choices.to_pylist()
        if row["question_code"] == "A3"
    ]


def test_a_recoded_text_counts_as_its_choice_and_the_text_is_kept(tmp_path: Path) -> None:
    table = recodes(
        tmp_path, "A3,Le bouche-à-oreille,reseau,MD,2026-03-01", "A3,les amis,other,MD,2026-03-01"
    )
    survey, codebook = survey_of(
        [
            {"A3[other]": " le BOUCHE à oreille ".replace(" à ", "-à-")},
            {"A3[other]": "Les amis."},
            {"A3[other]": "le hasard", "A3[besoin]": "x"},
            {"A3[other]": "Le  hasard"},
        ],
        table,
    )
    assert survey.refused == []
    assert chosen(survey) == [(2, "reseau"), (3, "other"), (4, "besoin"), (4, "other"), (5, "other")]
    with database(survey, codebook) as db:
        kept = db.rows("select open_text, recoded_to from core.survey_open order by respondent_id")
        assert (
            kept[0][1:] == ("reseau",)
            and kept[1] == ("Les amis.", "other")
            and kept[2] == ("le hasard", None)
        )
        assert write_to_recode(db, codebook, tmp_path / "quality") == 1
    lines = open_sheets(tmp_path / "quality" / "a-recoder.csv")[0].rows
    assert lines[0][:5] == ["question_code", "text", "choice_code", "by", "on"]
    assert lines[1][:6] == ["A3", "le hasard", None, None, None, "2"]
    assert "besoin = Besoin d’un public" in lines[1][7]


def test_one_text_may_mean_several_choices(tmp_path: Path) -> None:
    table = recodes(tmp_path, "A3,deux choses,reseau,MD,2026-03-01", "A3,deux choses,besoin,MD,2026-03-01")
    survey, _ = survey_of([{"A3[other]": "Deux choses"}], table)
    assert sorted(choice for _, choice in chosen(survey)) == ["besoin", "reseau"]


def test_a_recode_is_held_to_the_rules_of_the_question(tmp_path: Path) -> None:
    table = recodes(tmp_path, "A3,rien,aucune,MD,2026-03-01")
    survey, _ = survey_of([{"A3[other]": "rien", "A3[besoin]": "x"}], table)
    assert {row["code"] for row in survey.refused} == {"exclusif"}


def test_a_table_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    table = recodes(
        tmp_path, "A3;l’été;reseau;MD;01/03/2026", header=HEADER.replace(",", ";"), encoding="cp1252"
    )
    assert table == {("A3", "l'ete"): ("reseau",)}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Z9,x,reseau,MD,2026", "Question inconnue"),
        ("A2,x,oui,MD,2026", "pas de réponse libre"),
        ("A3,x,zzz,MD,2026", "n’est pas une modalité"),
        ("A3,,reseau,MD,2026", "texte à recoder manque"),
        ("A3,x,reseau,,", "qui a recodé"),
        ("A3,x,reseau,MD,2026\nA3,X,reseau,MD,2026", "déjà recodé"),
        ("A3,x,reseau,MD,2026\nA3,X,other,MD,2026", "une seule modalité"),
    ],
)
def test_a_wrong_line_is_refused_with_its_place(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ObservatoryError) as caught:
        recodes(tmp_path, line)
    assert caught.value.code == "E297"
    assert said in str(caught.value) and "recodes.csv, ligne" in str(caught.value)


def test_columns_are_checked(tmp_path: Path) -> None:
    with pytest.raises(ObservatoryError, match="choice_code"):
        recodes(tmp_path, "A3,x", header="question_code,text\n")


def test_the_codebook_brings_the_recodes_that_lie_beside_it(tmp_path: Path) -> None:
    (tmp_path / "questionnaire.yml").write_bytes(CODEBOOK.read_bytes())
    assert load_codebook(tmp_path / "questionnaire.yml").recodes == {}
    (tmp_path / "recodes.csv").write_text(
        HEADER + "A06,Petite enfance,centre_social,MD,2026-01-01\n", encoding="utf-8"
    )
    assert load_codebook(tmp_path / "questionnaire.yml").recodes == {
        ("A06", "petite enfance"): ("centre_social",)
    }
    load_codebook(CODEBOOK)


def test_a_comment_beside_a_single_answer_is_kept_and_needs_no_recode() -> None:
    from ess_observatory.codebook.codebook import codebook_from
    from test_survey_support import small

    data = small()
    data["sections"][0]["questions"][1]["other"] = True
    codebook = codebook_from(data, "x")
    survey = read(wide([{"A2": "Oui", "A2[comment]": "depuis peu", "B1": "1", "B2": "1"}]), codebook=codebook)
    assert survey.refused == []
    (kept,) = survey.opens.to_pylist()
    assert (kept["open_text"], kept["is_other"]) == ("depuis peu", False)
