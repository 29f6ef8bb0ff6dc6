"""Two editions of the same survey: what may be compared, what is a break."""

from __future__ import annotations

from typing import Any

import pytest

from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.codebook import Codebook, codebook_from
from ess_observatory.survey.compare import (
    BREAK,
    COMPARABLE,
    DROPPED,
    NEW,
    choice_counts,
    compare_answers,
    pair_questions,
)
from test_survey_support import database, read, small, wide

HEADER = ["ID", "A1", "A2", "A3[besoin]", "A3[reseau]", "B1", "B2", "B3"]


def edition(change: Any = None) -> Codebook:
    data = small()
    if change:
        change(
            {question["code"]: question for section in data["sections"] for question in section["questions"]},
            data,
        )
    return codebook_from(data, "essai.yml")


def status(pairs: list, code: str) -> tuple[str, tuple[str, ...]]:
    return next((p.status, p.reasons) for p in pairs if (p.current or p.previous).code == code)


def test_the_same_codebook_is_comparable() -> None:
    pairs = pair_questions(edition(), edition())
    assert {pair.status for pair in pairs} == {COMPARABLE}


def test_changes_are_breaks_with_their_reason() -> None:
    def change(questions: dict, data: dict) -> None:
        questions["A2"]["label_fr"] = "Vend-elle des produits ou des services ?"
        questions["A3"]["choices"].append({"code": "loi", "label_fr": "Une loi"})
        questions["B3"]["relevant"] = "A3 = 'besoin'"
        questions["B1"]["label_fr"] = "POSTES."

    pairs = pair_questions(edition(), edition(change))
    assert status(pairs, "A2") == (BREAK, ("intitulé modifié",))
    assert status(pairs, "A3") == (BREAK, ("modalités ajoutées\u00a0: loi",))
    assert status(pairs, "B3") == (BREAK, ("filtre modifié",))
    assert status(pairs, "B1") == (COMPARABLE, ()), "case and final dot are not a change of wording"
    kept = pair_questions(edition(), edition(change), harmless=frozenset({"A2"}))
    assert status(kept, "A2") == (COMPARABLE, ("intitulé modifié",)), "the change is still said"


def test_a_renamed_question_is_mapped() -> None:
    def change(questions: dict, data: dict) -> None:
        questions["A2"]["code"] = "V1"
        questions["B3"]["relevant"] = "V1 = 'oui'"

    current = edition(change)
    unmapped = pair_questions(edition(), current)
    assert (status(unmapped, "V1")[0], status(unmapped, "A2")[0]) == (NEW, DROPPED)
    assert status(unmapped, "B3")[0] == BREAK
    mapped = pair_questions(edition(), current, {"V1": "A2"})
    assert status(mapped, "V1") == (COMPARABLE, ()) and status(mapped, "B3") == (COMPARABLE, ())
    with pytest.raises(ObservatoryError):
        pair_questions(edition(), current, {"V1": "Z9"})


def counts(yes: int, no: int, needs: int) -> dict[tuple[str, str], tuple[int, int]]:
    people = [{"ID": str(n), "A2": "Oui" if n < yes else "Non"} for n in range(yes + no)]
    for person in people[:needs]:
        person["A3[besoin]"] = "x"
    with database(read(wide(people, HEADER))) as db:
        return choice_counts(db)


def test_differences_of_two_editions() -> None:
    pairs = pair_questions(edition(), edition())
    rows = compare_answers(pairs, counts(20, 20, 12), counts(35, 15, 12), (200, 200))
    yes = next(row for row in rows if (row.question, row.choice) == ("A2", "oui"))
    assert (yes.previous, yes.previous_n, yes.current, yes.current_n) == (50, 40, 70, 50)
    assert yes.gap == pytest.approx(20) and yes.gap_low < 20 < yes.gap_high
    wide_rows = compare_answers(pairs, counts(20, 20, 12), counts(35, 15, 12))
    wider = next(row for row in wide_rows if (row.question, row.choice) == ("A2", "oui"))
    assert wider.gap_low < yes.gap_low, "the finite population narrows the interval"
    needs = next(row for row in rows if (row.question, row.choice) == ("A3", "besoin"))
    assert needs.previous == 100 and needs.gap is None, "below thirty answers, no difference"


def test_no_difference_across_a_break_and_no_share_on_a_small_base() -> None:
    def change(questions: dict, data: dict) -> None:
        questions["A2"]["label_fr"] = "Vend-elle des produits ou des services ?"

    pairs = pair_questions(edition(), edition(change))
    rows = compare_answers(pairs, counts(20, 20, 5), counts(35, 15, 5))
    yes = next(row for row in rows if (row.question, row.choice) == ("A2", "oui"))
    assert (yes.status, yes.previous, yes.current, yes.gap) == (BREAK, 50, 70, None)
    assert yes.reasons == ("intitulé modifié",)
    needs = next(row for row in rows if (row.question, row.choice) == ("A3", "besoin"))
    assert needs.previous is None and needs.previous_n == 5
    assert not [row for row in rows if row.question == "B1"], "numbers are compared elsewhere"
