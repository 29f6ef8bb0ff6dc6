"""Two editions of the same survey: what may be compared, what is a break."""

from __future__ import annotations

from typing import Any

import pytest

from ess_observatory.codebook.codebook import Codebook, codebook_from
from ess_observatory.compared.survey_answers import (
    BREAK,
    COMPARABLE,
    DROPPED,
    NEW,
    NOT_SIGNIFICANT,
    SIGNIFICANT,
    Renamed,
    Share,
    compare_shares,
    load_renamed,
    pair_questions,
)
from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.estimation.intervals import difference, wilson
from test_survey_support import small


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
    kept = pair_questions(edition(), edition(change), Renamed(harmless=frozenset({"A2"})))
    assert status(kept, "A2") == (COMPARABLE, ("intitulé modifié",)), "the change is still said"


def test_a_renamed_question_is_mapped() -> None:
    def change(questions: dict, data: dict) -> None:
        questions["A2"]["code"] = "V1"
        questions["B3"]["relevant"] = "V1 = 'oui'"

    current = edition(change)
    unmapped = pair_questions(edition(), current)
    assert (status(unmapped, "V1")[0], status(unmapped, "A2")[0]) == (NEW, DROPPED)
    assert status(unmapped, "B3")[0] == BREAK
    mapped = pair_questions(edition(), current, Renamed({"V1": "A2"}))
    assert status(mapped, "V1") == (COMPARABLE, ()) and status(mapped, "B3") == (COMPARABLE, ())
    with pytest.raises(ObservatoryError):
        pair_questions(edition(), current, Renamed({"V1": "Z9"}))


def share(k: int, n: int, label: str = "Oui") -> Share:
    low, high = wilson(k, n, 200)
    return Share(label, 100 * k / n, n, 100 * float(low), 100 * float(high))


def rows_of(pairs: list, before: dict, after: dict) -> dict:
    return {(row.question, row.choice): row for row in compare_shares(pairs, before, after)}


def test_difference_of_published_shares() -> None:
    pairs, key = pair_questions(edition(), edition()), ("A2", "oui")
    clear = rows_of(pairs, {key: share(20, 60)}, {key: share(45, 60)})[key]
    low, high = difference((20, 60, 200), (45, 60, 200))
    assert clear.gap == pytest.approx(100 * (45 - 20) / 60)
    assert (clear.gap_low, clear.gap_high) == pytest.approx((100 * low, 100 * high))
    assert clear.finding == SIGNIFICANT
    assert rows_of(pairs, {key: share(29, 60)}, {key: share(31, 60)})[key].finding == NOT_SIGNIFICANT


def test_a_hidden_share_has_no_difference_and_a_small_base_no_interval() -> None:
    pairs, key = pair_questions(edition(), edition()), ("A2", "oui")
    hidden = rows_of(pairs, {key: Share("Oui", sign="s")}, {key: share(20, 60)})[key]
    assert hidden.previous.value is None and hidden.previous.sign == "s" and hidden.gap is None
    small_base = rows_of(pairs, {key: Share("Oui", 50.0, 12)}, {key: share(20, 60)})[key]
    assert small_base.gap is not None and small_base.gap_low is None and small_base.finding == ""


def test_no_difference_across_a_break() -> None:
    def change(questions: dict, data: dict) -> None:
        questions["A2"]["label_fr"] = "Vend-elle des produits ou des services ?"

    key = ("A2", "oui")
    row = rows_of(pair_questions(edition(), edition(change)), {key: share(20, 40)}, {key: share(35, 50)})[key]
    assert (row.status, row.previous.value, row.current.value, row.gap) == (BREAK, 50, 70, None)
    assert row.reasons == ("intitulé modifié",)
    printed = rows_of(
        pair_questions(edition(), edition()), {key: share(20, 40)}, {key: share(9, 40, "Oui, souvent")}
    )
    assert printed[key].status == BREAK, "the published labels tell a break that the codebooks do not"


def test_a_renamed_choice_is_mapped_and_a_dropped_one_is_kept() -> None:
    def change(questions: dict, data: dict) -> None:
        questions["A2"]["choices"][0]["code"] = "yes"
        questions["B3"]["relevant"] = questions["B3"]["relevant"].replace("'oui'", "'yes'")

    pairs = pair_questions(edition(), edition(change), Renamed(choices={"A2.yes": "oui"}))
    assert status(pairs, "A2") == status(pairs, "B3") == (COMPARABLE, ()), "filters are read in the old codes"
    before, after = {("A2", "oui"): share(20, 60)}, {("A2", "yes"): share(45, 60)}
    assert rows_of(pairs, before, after)["A2", "yes"].finding == SIGNIFICANT
    unmapped = rows_of(pair_questions(edition(), edition(change)), before, after)
    assert unmapped["A2", "yes"].status == NEW and unmapped["A2", "oui"].status == DROPPED
    assert unmapped["A2", "oui"].previous.value == pytest.approx(100 / 3)


def test_what_is_renamed_is_declared_by_version(tmp_path: Any) -> None:
    path = tmp_path / "versions.toml"
    assert load_renamed(path, "1", "2") == Renamed()
    path.write_text(
        '[[change]]\nfrom = "1"\nto = "2"\nharmless = ["A2"]\n[change.questions]\nV1 = "A2"\n',
        encoding="utf-8",
    )
    assert load_renamed(path, "1", "2") == Renamed({"V1": "A2"}, {}, frozenset({"A2"}))
    assert load_renamed(path, "2", "3") == Renamed()
    path.write_text("[[change", encoding="utf-8")
    with pytest.raises(ObservatoryError, match="illisible"):
        load_renamed(path, "1", "2")
