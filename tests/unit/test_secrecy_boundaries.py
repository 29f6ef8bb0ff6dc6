"""Secrecy on its thresholds: units, dominance, p %, protection, bases of percentages, verdicts of the attacker, the audit."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from ess_observatory.declare.models.cards import SecrecyOverride
from ess_observatory.declare.project import Project
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.secrecy.attack import INFINITY, Bounds, Equation, Known, bounds, insiders
from ess_observatory.secrecy.audit import FOUND, NARROW, SAFE, Attack, Finding, audit_folder, audit_inside
from ess_observatory.secrecy.constraints import Structure, public_structure
from ess_observatory.secrecy.door import HIDDEN_AT_SOURCE, Cell, release
from ess_observatory.secrecy.links import Key
from ess_observatory.secrecy.protect import Protected, protect, useful
from ess_observatory.secrecy.rules import is_true_zero, protection_of, reason_to_hide, rules_of
from ess_observatory.secrecy.shown import Shown
from test_secrecy_links import FOUR, cell, column, column_of, hidden


@pytest.fixture
def rules(project: Project) -> dict[str, Any]:
    """The declared rules, in a copy that a test may change."""
    return copy.deepcopy(project.secrecy)


def test_the_declared_thresholds(project: Project) -> None:
    """Insee's rules for data on enterprises: a change is a decision, not a slip."""
    declared = project.secrecy
    keys = ("min_units", "max_share", "p_percent", "opinion_min_respondents")
    assert [declared[key] for key in keys] == [3, 0.85, 0, 1]
    assert declared["protection"] == {"rate": 0.1, "minimum": 1, "secondary": 0.02, "insider": 0.1}
    assert declared["bases"] == {"percent_from": 30, "flag_from": 10}
    assert declared["precision"] == {"decimal_margin": 10}
    assert declared["bounds"] == {"widest": 2}
    assert declared["costs"] == {"data": 1, "missing": 1, "subtotal": 5, "base": 20, "total": 20}


# ------------------------------------------------------------------ what is secret by itself
def why(rules: dict[str, Any], secrecy: str = "magnitude", **given: Any) -> str | None:
    given = {"value": 100.0, "n_units": 9, "top_share": 0.2, **given}
    one = Cell("r", "r", 1, "data", None, "c", **given)
    return reason_to_hide(one, column("c", secrecy), rules, "t")


@pytest.mark.parametrize(
    ("units", "share", "reason"),
    [
        (1, 1.0, "A"), (2, 0.5, "A"), (3, 0.5, None), (4, 0.3, None), (2, 0.9, "A"), (3, 0.84999, None), (3, 0.85, "B"),
        (3, 0.85001, "B"), (300, 0.85, "B"), (3, None, None), (0, None, "A"),
    ],
)  # fmt: skip
def test_three_units_and_none_with_85_percent(
    rules, units: int, share: float | None, reason: str | None
) -> None:
    assert why(rules, n_units=units, top_share=share) == reason


def test_what_is_not_sensitive_or_not_there_is_not_secret(rules) -> None:
    assert why(rules, value=0.0, n_units=0) is None, "a true zero is published"
    assert why(rules, value=0.0, n_units=2) == "A", "a zero that two units make is not"
    assert why(rules, value=None, n_units=1) is None
    assert why(rules, "public", n_units=1) is None and why(rules, "text", n_units=1) is None
    assert why(rules, "public", flags=(HIDDEN_AT_SOURCE,)) == "S"
    assert why(rules, value=None, flags=("other", HIDDEN_AT_SOURCE)) == "S"
    assert is_true_zero(cell("r", "c", 0.0, None)) and not is_true_zero(cell("r", "c", 1.0, 0))


@pytest.mark.parametrize(
    ("least", "given", "reason"),
    [
        (1, {"n_units": 1}, None), (3, {"n_units": 0, "value": 0.0}, None), (3, {"n_units": 1}, "A"), (3, {"n_units": 2}, "A"),
        (3, {"n_units": 3}, None), (2, {"n_units": 1}, "A"), (2, {"n_units": 2}, None),
        # a share counts its numerator, a plain count itself
        (3, {"n_units": None, "numerator": 2.0, "value": 50.0}, "A"), (3, {"n_units": None, "numerator": 3.0, "value": 1.0}, None),
        (3, {"n_units": None, "numerator": None, "value": 2.0}, "A"), (3, {"n_units": None, "numerator": None, "value": 3.0}, None),
    ],
)  # fmt: skip
def test_counts_of_opinions(rules, least: int, given: dict[str, Any], reason: str | None) -> None:
    assert why(rules | {"opinion_min_respondents": least}, "opinion", **given) == reason


@pytest.mark.parametrize(
    ("p", "first", "second", "reason"),
    [
        (50, 0.5, 0.25, None),  # what is left is exactly p % of the first
        (50, 0.5, 0.2501, "P"),
        (50, 0.5, 0.2499, None),
        (0, 0.5, 0.5, None),
        (50, None, None, None),
        (1, 0.5, 0.5, "P"),
    ],
)
def test_two_units_that_would_know_each_other(
    rules, p: int, first: float, second: float, reason: str | None
) -> None:
    assert why(rules | {"p_percent": p}, top_share=first, second_share=second) == reason


def test_the_p_percent_rule_needs_the_second(rules) -> None:
    del rules["p_percent"]
    assert why(rules, top_share=0.5) is None
    assert why(rules | {"p_percent": 10}, value=0.0, n_units=4) is None
    with pytest.raises(ObservatoryError) as caught:
        why(rules | {"p_percent": 10}, top_share=0.5)
    assert (caught.value.code, caught.value.exit_code) == ("E501", Exit.INTEGRITY)


def test_an_override_changes_its_table_only_and_keeps_the_rest(rules) -> None:
    override = {"min_units": 5, "protection": {"rate": 0.3}, "reason": "petit territoire"}
    own = rules_of(rules, {"secrecy": {"override": override}})
    assert (own["min_units"], own["max_share"]) == (5, 0.85)
    assert own["protection"] == rules["protection"] | {"rate": 0.3}
    assert rules["min_units"] == 3 and rules["protection"] != own["protection"]
    assert rules_of(rules, {}) is rules


@pytest.mark.parametrize(
    "wrong", [{"min_units": 5, "reason": " "}, {"min_units": 5}, {"min_unit": 5, "reason": "x"}]
)
def test_an_override_says_why_and_names_what_there_is(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        SecrecyOverride.model_validate(wrong)


# ------------------------------------------------------------------ how far an attacker must stay
@pytest.mark.parametrize(
    ("value", "share", "decimals", "up", "down", "insider"),
    [
        (100.0, 0.2, 0, 10, 10, 10),
        (100.0, None, 0, 10, 10, 10),
        (100.0, 0.935, 0, 10, 10, 10),  # 93,5 is 85 % of 110: the same
        (100.0, 0.95, 0, 0.95 * 100 / 0.85 - 100, 10, 10),
        (100.0, 1.0, 0, 100 / 0.85 - 100, 10, 10),
        (-100.0, 1.0, 0, 100 / 0.85 - 100, 10, 10),
        (4.0, 0.2, 0, 1, 1, 1),  # at least one printed unit
        (4.0, 0.2, 1, 0.4, 0.4, 0.4),
        (0.5, 0.2, 1, 0.1, 0.1, 0.1),
        (400.0, 0.2, -2, 100, 100, 100),
        (0.0, 0.2, 0, 1, 1, 1),
    ],
)
def test_the_protection_of_a_secret_cell(
    rules, value: float, share: float | None, decimals: int, up: float, down: float, insider: float
) -> None:
    wanted = protection_of(value, share, decimals, rules)
    assert (wanted.up, wanted.down) == pytest.approx((up, down))
    assert (wanted.insider_up, wanted.insider_down) == pytest.approx((insider, insider))


def test_insiders_are_asked_apart_and_may_not_be_asked(rules) -> None:
    rules["protection"]["insider"] = 0.5
    assert protection_of(100.0, 0.2, 0, rules).insider_up == 50
    rules["protection"]["insider"] = 0
    wanted = protection_of(100.0, 0.2, 0, rules)
    assert (wanted.insider_up, wanted.insider_down, wanted.up) == (0, 0, 10)


# ------------------------------------------------------------------ how a cell leaves
SHARE_OF_SURVEY = {"code": "c", "unit": "%", "decimals": 1, "secrecy": "opinion"}


def left(base: int | None, rules: dict[str, Any], given: dict[str, Any] | None = None, **more: Any) -> Cell:
    one = cell(
        "r",
        "c",
        12.345,
        9,
        numerator=3.0,
        denominator=27.0,
        base_n=base,
        ci_low=1.25,
        ci_high=30.55,
        **(given or {}),
    )
    column_ = SHARE_OF_SURVEY | more.pop("column", {})
    return release(one, column_, rules, **{"is_hidden": False, "is_survey": True, **more})


@pytest.mark.parametrize(
    ("base", "status"),
    [(0, "N"), (9, "N"), (10, "U"), (11, "U"), (29, "U"), (30, "A"), (31, "A"), (None, "A")],
)
def test_a_percentage_needs_ten_answers_and_a_mark_below_thirty(rules, base: int | None, status: str) -> None:
    done = left(base, rules)
    assert done.obs_status == status
    kept = (done.value, done.numerator, done.denominator, done.base_n, done.ci_low, done.ci_high)
    assert kept == ((None,) * 6 if status == "N" else (12.345, 3.0, 27.0, base, 1.25, 30.55))
    assert (done.n_units, done.top_share, done.conf_status) == (None, None, "F")


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"column": {"unit": "points"}}, "N"),
        ({"column": {"unit": "structures"}}, "A"),
        ({"given": {"unit": "structures"}}, "A"),
        ({"given": {"unit": "%"}, "column": {"unit": "structures"}}, "N"),
        ({"column": {"unit": "structures", "base_rule": True}}, "N"),
        ({"column": {"base_rule": False}}, "A"),
        ({"is_survey": False}, "A"),
        ({"is_survey": False, "column": {"base_rule": True}}, "N"),
        ({"given": {"obs_status": "D"}}, "D"),
        ({"given": {"obs_status": "A"}}, "N"),
    ],
)
def test_where_the_rule_on_bases_applies(rules, more: dict[str, Any], status: str) -> None:
    assert left(3, rules, **more).obs_status == status


def test_a_cell_without_anything_is_not_available(rules) -> None:
    def status(**given: Any) -> str | None:
        one = Cell("r", "r", 1, "data", None, "c", **given)
        return release(one, column("c"), rules, is_hidden=False, is_survey=False).obs_status

    assert [status(), status(text="mot"), status(value=0.0), status(obs_status="M")] == ["O", "A", "A", "M"]


def test_a_hidden_cell_leaves_nothing_but_its_place(rules) -> None:
    given = {
        "text": "mot",
        "second_share": 0.1,
        "row_parent": "x",
        "top_unit": "u",
        "flags": ("e", HIDDEN_AT_SOURCE),
        "obs_status": "D",
    }
    done = left(40, rules, given, is_hidden=True)
    assert (done.conf_status, done.obs_status, done.flags, done.key) == ("C", "A", ("e",), ("r", "c"))
    for name in (
        "value",
        "text",
        "numerator",
        "denominator",
        "base_n",
        "ci_low",
        "ci_high",
        "n_units",
        "top_share",
        "second_share",
        "row_parent",
        "top_unit",
    ):
        assert getattr(done, name) is None, name


def test_rounded_and_as_printed(rules) -> None:
    """Rounded: the value alone; as printed: its interval too. Both keep the base, neither its terms."""
    rough = left(40, rules, is_rounded=True)
    assert (rough.value, rough.ci_low, rough.ci_high, rough.numerator, rough.denominator, rough.base_n) == (
        12.3,
        None,
        None,
        None,
        None,
        40,
    )
    printed = left(40, rules, {"text": "mot"}, is_as_printed=True)
    assert (
        printed.value,
        printed.ci_low,
        printed.ci_high,
        printed.numerator,
        printed.base_n,
        printed.text,
    ) == (12.3, 1.3, 30.6, None, 40, "mot")
    assert left(40, rules, {"decimals": 2}, is_as_printed=True).value == 12.35
    assert left(40, rules, is_as_printed=True, column={"decimals": 0}).value == 12
    bare = release(
        cell("r", "c", 12.5),
        {"code": "c", "secrecy": "magnitude"},
        rules,
        is_hidden=False,
        is_survey=False,
        is_rounded=True,
    )
    assert bare.value == 13
    nothing = release(
        cell("r", "c", None, text="mot"),
        column("c"),
        rules,
        is_hidden=False,
        is_survey=False,
        is_rounded=True,
    )
    assert nothing.text == "mot"


# ------------------------------------------------------------------ the attacker
def known(shown: dict[str, float], unknown: list[str], *equations: Equation, **more: Any) -> Known:
    return Known(shown, unknown, list(equations), **more)


SUM = Equation.total("all", ["a", "b", "c"])


def test_what_anyone_knows() -> None:
    found = bounds(known({"all": 10.0, "c": 4.0}, ["a", "b", "z"], SUM))
    assert found == {"a": Bounds(0, 6), "b": Bounds(0, 6), "z": Bounds(0, INFINITY)}
    assert found["a"].width == 6 and found["z"].width == INFINITY


def test_who_has_learnt_a_value_knows_the_rest() -> None:
    base = known({"all": 10.0, "c": 4.0}, ["a", "b"], SUM)
    assert bounds(base, {"a": 1.5}) == {"b": Bounds(4.5, 4.5)}
    assert set(bounds(base, only=["b", "nowhere"])) == {"b"}
    assert bounds(base, only=[]) == {}
    assert bounds(base, {"a": 1.5}, ["a", "b"]).keys() == {"b"}


def test_public_bounds_hold() -> None:
    base = {"shown": {"all": 10.0, "c": 4.0}, "unknown": ["a", "b"]}
    assert bounds(known(base["shown"], base["unknown"], SUM, lower={"a": 2.0}, upper={"b": 3.0})) == {
        "a": Bounds(3, 6), "b": Bounds(0, 3)
    }  # fmt: skip
    signed = bounds(known(base["shown"], base["unknown"], SUM, lower={"a": -INFINITY}))
    assert signed == {"a": Bounds(-INFINITY, 6), "b": Bounds(0, INFINITY)}


def test_an_equation_with_a_stranger_says_nothing_and_a_band_says_its_band() -> None:
    stranger = Equation.total("all", ["a", "nobody"])
    assert bounds(known({"all": 10.0}, ["a"], stranger))["a"] == Bounds(0, INFINITY)
    both = known({"all": 10.0, "c": 4.0}, ["a", "b"], stranger, SUM)
    assert bounds(both)["a"] == Bounds(0, 6), "and hides nothing of what comes after it"
    band = Equation((("a", 2.0), ("c", 1.0)), 6.0, 9.0)
    assert bounds(known({"c": 1.0}, ["a"], band))["a"] == Bounds(2.5, 4.0)
    twice = Equation((("a", 1.0), ("a", 1.0)), 6.0, 6.0)
    assert bounds(known({}, ["a"], twice))["a"] == Bounds(3, 3)
    shown_only = Equation((("c", 1.0),), 0.0, 0.5)
    assert bounds(known({"c": 1.0}, ["a"], shown_only))["a"] == Bounds(0, INFINITY)


def test_two_tables_that_share_nothing_are_attacked_apart() -> None:
    other = Equation.total("sum", ["x", "y"])
    found = bounds(known({"all": 10.0, "c": 4.0, "sum": 3.0}, ["a", "b", "x", "y"], SUM, other))
    assert {name: interval.high for name, interval in found.items()} == {"a": 6, "b": 6, "x": 3, "y": 3}
    wrong = Equation.total("sum", ["c"])
    assert bounds(known({"all": 10.0, "c": 4.0, "sum": 3.0}, ["a", "b"], SUM, wrong), only=["a"]) == {
        "a": Bounds(0, 6)
    }


def test_figures_that_contradict_each_other_are_said() -> None:
    with pytest.raises(ObservatoryError) as caught:
        bounds(known({"all": 3.0, "c": 4.0}, ["a", "b"], SUM))
    assert (caught.value.code, caught.value.exit_code, caught.value.where) == ("E507", Exit.INTEGRITY, "a, b")


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (3.0, 3.0, True), (3.0, 3.0 + 9e-7, True), (3.0, 3.0 + 2e-6, False), (0.0, INFINITY, False),
        (1e6, 1e6 + 9e-4, True), (1e6, 1e6 + 2e-3, False), (-1e6, -1e6 + 9e-4, True), (-INFINITY, 0.0, False),
    ],
)  # fmt: skip
def test_known_for_all_practical_purposes(low: float, high: float, found: bool) -> None:
    assert Bounds(low, high).is_found() is found
    assert Bounds(0.0, 0.4).is_found(0.5) and not Bounds(0.0, 0.6).is_found(0.5)


def test_contributors_learn_what_they_can_and_only_of_others() -> None:
    """u makes all of a; v at least 5 of b; w nothing that is contradicted."""
    base = known({"all": 10.0, "c": 4.0}, ["a", "b"], SUM)
    parts = {
        "u": {"a": (1.0, 1.0)},
        "v": {"b": (5.0, INFINITY)},
        "w": {"a": (0.0, INFINITY)},
        "x": {"elsewhere": (1.0, 1.0)},
    }
    found = {
        (who, name): (interval.low, interval.high)
        for who, name, interval in insiders(base, parts, ["a", "b"])
    }
    assert set(found) == {("u", "b"), ("v", "a"), ("v", "b")}
    assert found["u", "b"] == pytest.approx((5, 5))
    assert found["v", "a"] == pytest.approx((0, 1)) and found["v", "b"] == pytest.approx((5, 6))
    assert insiders(base, parts, ["c"]) == []
    # the bounds are put back: nothing learnt by one serves another
    assert bounds(base) == {"a": Bounds(0, 6), "b": Bounds(0, 6)}


def test_a_contributor_of_an_unbounded_cell_is_asked() -> None:
    found = insiders(
        known({}, ["a", "b"], Equation((("a", 1.0), ("b", -1.0)), 0.0, 0.0)), {"u": {"a": (2.0, 2.0)}}, ["b"]
    )
    assert [(who, name) for who, name, _ in found] == [("u", "b")]
    assert (found[0][2].low, found[0][2].high) == pytest.approx((2, 2))


def test_contributors_are_told_in_order() -> None:
    base = known({"all": 10.0, "c": 4.0}, ["a", "b"], SUM)
    parts = {f"u{n}": {"a": (float(n), float(n))} for n in (3, 1, 6, 2, 5, 4)}
    assert [who for who, _, _ in insiders(base, parts, ["b"])] == ["u1", "u2", "u3", "u4", "u5", "u6"]


@pytest.mark.parametrize(("failures", "stops"), [(0, False), (1, False), (2, True)])
def test_a_solver_that_stops_without_proof_is_asked_once_more(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], failures: int, stops: bool
) -> None:
    import highspy

    from ess_observatory.secrecy import attack

    class Tired:
        """The solver, which gives up at first; it says so again as long as nobody clears it."""

        def __init__(self, solver: Any) -> None:
            self.solver, self.left, self.cleared = solver, failures, failures

        def __getattr__(self, name: str) -> Any:
            return getattr(self.solver, name)

        def clearSolver(self) -> None:
            self.cleared -= 1
            self.solver.clearSolver()

        def getModelStatus(self) -> Any:
            self.left -= 1
            tired = self.left >= 0 or (failures == 1 and self.cleared > 0)
            return highspy.HighsModelStatus.kIterationLimit if tired else self.solver.getModelStatus()

    real = attack._quiet
    monkeypatch.setattr(attack, "_quiet", lambda module: Tired(real(module)))
    if stops:
        with pytest.raises(ObservatoryError) as caught:
            bounds(known({"all": 10.0, "c": 4.0}, ["a", "b"], SUM))
        assert (caught.value.code, caught.value.exit_code) == ("E506", Exit.INTEGRITY)
    else:
        assert bounds(known({"all": 10.0, "c": 4.0}, ["a", "b"], SUM))["a"] == Bounds(0, 6)
    assert capfd.readouterr().out == "", "and says nothing on the way"


def test_what_cannot_be_protected_is_named_never_its_value(rules) -> None:
    """Two sensitive cells whose complements and totals are public by nature: both are named."""
    card = {
        "columns": [column("value", "public"), column("posts")],
        "secrecy": {"sums": [
            {"whole": "all/value", "parts": ["a/posts", "b/value"]}, {"whole": "sum/value", "parts": ["d/posts", "e/value"]},
        ]},
    }  # fmt: skip
    cells = [
        cell("a", "posts", 41, 1), cell("b", "value", 20, None), cell("all", "value", 61, None),
        cell("d", "posts", 47, 1), cell("e", "value", 30, None), cell("sum", "value", 77, None),
    ]  # fmt: skip
    with pytest.raises(ObservatoryError) as caught:
        protect([("one", card, cells)], rules)
    error = caught.value
    said_ = [error.what, *(detail.what for detail in error.details)]
    assert error.code == "E503" and {detail.code for detail in error.details} == {"E503"}
    assert error.exit_code == Exit.INTEGRITY and error.what == "Cellule impossible à protéger : one:a/posts"
    assert set(said_) == {f"Cellule impossible à protéger : one:{row}/posts" for row in "ad"}


def test_a_hidden_ratio_stays_only_where_its_card_says_so_and_its_terms_are_ours(rules) -> None:
    """A share kept rounded, of a cell that the producer hides: nobody here knows what its digits would say, it goes."""
    share = {"numerator": "posts", "denominator": "total/posts"}
    columns = [
        column("posts", additive=True),
        column("share", unit="%", decimals=-1, ratio=share, when_hidden="rounded"),
    ]

    def done(flags: tuple[str, ...], value: float | None) -> Protected:
        posts = {"a": value, "b": 40.0, "c": 300.0, "d": 90.0, "total": 435.0}
        cells = [
            cell(
                row,
                "posts",
                v,
                1 if row == "a" else 9,
                "total" if row == "total" else "data",
                flags=flags if row == "a" else (),
            )
            for row, v in posts.items()
        ]
        cells.append(
            cell("a", "share", 100 * 5 / 435, 9, unit="%", decimals=-1, numerator=5.0, denominator=435.0)
        )
        return protect([("one", {"columns": columns}, cells)], rules | {"max_share": 0.99})

    assert ("a", "share") in hidden(done((HIDDEN_AT_SOURCE,), None))
    assert done((HIDDEN_AT_SOURCE,), None).reasons["one", "a", "share"] == "F"


def test_counts_of_answers_are_protected_block_by_block(rules) -> None:
    """Where answers add up to their base, or base and reasons to the total, one more goes; where they do not, nothing does."""
    columns = [
        column("count", "opinion", unit="structures"),
        column("share", "opinion", unit="%"),
        column("free", "public"),
    ]
    blocks: dict[str, dict[str, tuple[float, str]]] = {
        "one answer": {"yes": (20, "data"), "no": (2, "data"), "maybe": (9, "data"), "base": (31, "base")},
        "several": {"yes": (25, "data"), "no": (2, "data"), "base": (26, "base")},
        "reasons": {"base": (31, "base"), "filtered": (2, "missing"), "silent": (8, "missing"), "total": (41, "total")},
        "two bases": {"yes": (20, "data"), "no": (2, "data"), "base": (22, "base"), "other": (22, "base")},
        "nothing": {"base": (2, "base")},
        "unknown": {"yes": (2, "data"), "no": (None, "data"), "base": (2, "base")},
    }  # fmt: skip
    cells = [
        cell(f"{block}.{row}", code, value, None, kind, section=block)
        for block, rows in blocks.items()
        for row, (value, kind) in rows.items()
        for code in ("count", "free")
    ]
    cells += [
        cell(f"s.{row}", "share", v, 9, kind, section="s")
        for row, v, kind in (("a", 40, "data"), ("b", 60, "data"), ("c", 100, "base"))
    ]
    done = protect(
        [("one", {"columns": columns, "survey": {"kind": "choices"}}, cells)],
        rules | {"opinion_min_respondents": 3},
    )
    assert {row for row, code in hidden(done) if code == "count"} == {
        "one answer.no", "one answer.maybe", "several.no", "reasons.filtered", "reasons.silent", "two bases.no", "nothing.base",
        "unknown.yes", "unknown.base",
    }  # fmt: skip
    assert {code for _, code in hidden(done)} == {"count"}


def test_a_figure_that_its_terms_do_not_give_leaves_as_printed(rules) -> None:
    """A mean of other respondents: declared with two published terms, it is not their ratio, and nothing ties its digits."""
    table = (
        "one",
        {"columns": [column("posts", additive=True)]},
        column_of({"b": (40.0, 9), "c": (60.0, 9)}),
    )
    terms = {"ratios": {"row/mean": {"numerator": "one:b/posts", "denominator": "one:total/posts"}}}
    card = {"columns": [column("mean", unit="%", decimals=1)], "secrecy": terms}
    for value, leaves in ((40.0, 40.0), (33.337, 33.3)):
        mean = cell("row", "mean", value, 9, unit="%", decimals=1)
        assert protect([table, ("other", card, [mean])], rules).cells["other"][0].value == leaves
    share = cell("row", "mean", 100 / 3, 9, unit="%", decimals=1)
    thirds = ("one", table[1], column_of({"b": (30.0, 9), "c": (60.0, 9)}))
    assert protect([thirds, ("other", card, [share])], rules).cells["other"][0].value == 100 / 3


# ------------------------------------------------------------------ verdicts on a published folder
def ratio_attack(
    value: float,
    other: float,
    rate: float,
    minimum: float,
    decimals: int = 0,
    scale: float = 1.0,
    **more: Any,
) -> Finding:
    """a / b published with one decimal, b published: a is between b (value - 0,05) and b (value + 0,05)."""
    shown = {
        "a": Shown("t", None, True, decimals, row="a", column="posts"),
        "b": Shown("t", other, False, 1, row="b", column="posts"),
        "r": Shown("t", value, False, 1, row="a", column="share", **more),
    }
    ratio = {"figure": "r", "numerator": "a", "denominator": "b", "scale": scale, "decimals": 1}
    return Attack(shown, Structure({"rate": rate, "minimum": minimum}, ratios=[ratio])).findings()[0]


@pytest.mark.parametrize(
    ("value", "rate", "minimum", "verdict"),
    [
        (0.5, 0.01, 0.999, SAFE),  # 9 to 11: two wide
        (0.5, 0.01, 1.0, SAFE),
        (0.5, 0.01, 1.01, NARROW),
        (0.05, 0.01, 2.0, SAFE),  # 0 to 2: below zero nobody looks
        (0.05, 0.01, 2.01, NARROW),
        (0.5, 0.099, 0.1, SAFE),  # 11/9 is (1 + 0,1)/(1 - 0,1)
        (0.5, 0.101, 0.1, NARROW),
        (0.05, 0.9, 0.1, SAFE),  # no rate from zero
    ],
)
def test_an_interval_that_no_protected_value_could_have_is_narrow(
    value: float, rate: float, minimum: float, verdict: str
) -> None:
    finding = ratio_attack(value, 20.0, rate, minimum)
    assert (finding.low, finding.high) == pytest.approx((20 * (value - 0.05), 20 * (value + 0.05)))
    assert finding.verdict == verdict


def test_the_least_width_follows_the_decimals_printed() -> None:
    assert ratio_attack(0.5, 20.5, 0.01, 10.0, decimals=1).verdict == SAFE
    assert ratio_attack(0.5, 20.5, 0.01, 10.0, decimals=0).verdict == NARROW
    assert ratio_attack(0.5, 20.5, 0.01, 10.3, decimals=1).verdict == NARROW


def test_the_scale_of_a_percentage() -> None:
    finding = ratio_attack(50.0, 20.5, 0.0, 0.0, decimals=1, scale=100.0)
    assert (finding.low, finding.high) == pytest.approx((20.5 * 0.4995, 20.5 * 0.5005))


def test_a_numerator_or_a_denominator_left_behind_is_found() -> None:
    assert ratio_attack(0.5, 20.0, 0.01, 1.0, numerator=10.25).verdict == FOUND
    shown = {
        "a": Shown("t", None, True, 0, column="x"),
        "b": Shown("t", None, True, 0, column="x"),
        "r": Shown("t", None, False, 1, None, 7.5),
    }
    ratio = {"figure": "r", "numerator": "a", "denominator": "b", "scale": 1.0}
    verdicts = {
        f.figures: f.verdict
        for f in Attack(shown, Structure({"rate": 0.02, "minimum": 1}, ratios=[ratio])).findings()
    }
    assert verdicts == {("a",): SAFE, ("b",): FOUND}
    finding = Attack(shown, Structure({"rate": 0.02, "minimum": 1}, ratios=[ratio])).findings()[0]
    assert (finding.low, finding.high) == (7.5, 7.5)


def test_a_ratio_that_says_nothing_hides_nothing_of_the_next() -> None:
    """Not published, hidden, of a numerator or a denominator published nowhere: then one that tells."""
    shown = {
        "a": Shown("t", None, True, 0, column="x"),
        "b": Shown("t", 20.5, False, 0, column="x"),
        "r": Shown("t", 0.5, False, 1),
        "h": Shown("t", 0.25, True, 1),
        "n": Shown("t", 0.125, False, 1),
    }
    exact = {"figure": "r", "numerator": "a", "denominator": "b", "scale": 1.0}
    for odd in (
        {"figure": "gone"},
        {"figure": "h"},
        {"figure": "n", "numerator": "gone"},
        {"figure": "n", "denominator": None},
    ):
        structure = Structure({"rate": 0.02, "minimum": 1}, ratios=[exact | odd, exact])
        found = {f.figures: (f.low, f.high) for f in Attack(shown, structure).findings()}
        assert found["a",] == pytest.approx((10.25, 10.25))


def test_an_exact_ratio_gives_its_numerator() -> None:
    shown = {
        "a": Shown("t", None, True, 0, column="x"),
        "b": Shown("t", 20.5, False, 0, column="x"),
        "r": Shown("t", 0.5, False, 1),
    }
    ratio = {"figure": "r", "numerator": "a", "denominator": "b", "scale": 1.0}
    structure = Structure({"rate": 0.02, "minimum": 1}, ratios=[ratio])
    assert Attack(shown, structure).findings()[0].verdict == FOUND
    hidden_ratio = shown | {"r": Shown("t", 0.5, True, 1)}
    assert {f.figures: f.verdict for f in Attack(hidden_ratio, structure).findings()} == {
        ("a",): SAFE,
        ("r",): SAFE,
    }


def plain(**values: float | None) -> dict[str, Shown]:
    """Figures of one column: hidden where the value is None."""
    return {
        name: Shown("t", value, value is None, 1, column="posts", row=name) for name, value in values.items()
    }


def verdicts(figures: dict[str, Shown], **structure: Any) -> dict[str, str]:
    attack = Attack(figures, Structure({"rate": 0.02, "minimum": 0.1}, **structure))
    return {figure: f.verdict for f in attack.findings() for figure in f.figures}


def test_sums_of_the_structure() -> None:
    whole = {"whole": "all", "parts": ["a", "b"]}
    assert verdicts(plain(all=10.5, a=None, b=3.0), sums=[whole]) == {"a": FOUND}
    assert verdicts(plain(all=10.5, a=None, b=None), sums=[whole]) == {"a": SAFE, "b": SAFE}
    assert verdicts(plain(all=None, a=1.5, b=3.0), sums=[whole]) == {"all": FOUND}
    assert verdicts(plain(all=10.5, a=None), sums=[whole]) == {"a": SAFE}, (
        "a part that is not published says nothing"
    )
    assert verdicts(plain(a=None, b=3.0), sums=[whole]) == {"a": SAFE}, "nor a whole"
    assert verdicts(plain(a=None, b=3.5), sums=[{"whole": 100, "parts": ["a", "b"]}]) == {"a": FOUND}
    rest = {"whole": "all", "parts": ["b"], "rest": "écart 1"}
    assert verdicts(plain(all=None, b=3.0), sums=[rest]) == {"all": SAFE}


def test_what_is_unknown_of_a_bounded_whole_holds_in_what_its_ceiling_leaves() -> None:
    figures = plain(a=4.0, b=6.0, c=None) | {
        "all": Shown("t", 10.0, False, 1, column="posts", row="all", high=12.5)
    }
    said = {"whole": "all", "parts": ["a", "b"], "unknown": ["c"]}
    (found,) = Attack(figures, Structure({"rate": 0.02, "minimum": 0.1}, sums=[said])).findings()
    assert (found.low, found.high) == (0.0, pytest.approx(2.5))


@pytest.mark.parametrize(("high", "kept"), [(10.39, None), (10.4, 10.4), (20.0, 20.0), (20.1, None)])
def test_a_ceiling_leaves_room_in_the_digits_that_are_printed_and_is_not_far(
    rules, high: float, kept: float | None
) -> None:
    rules["protection"]["minimum"] = 2
    found = useful(Cell("r", "r", 1, "total", None, "posts", low=10.0, high=high, decimals=1), rules)
    assert (found.low, found.high) == (10.0, kept)


def test_the_same_figure_shown_once_is_known_everywhere() -> None:
    figures = plain(a=None, twin=7.0, far=None, all=10.0)
    assert verdicts(figures, same=[["a", "twin"]]) == {"a": FOUND, "far": SAFE}
    chain = plain(a=None, b=None, c=4.0)
    assert verdicts(chain, same=[["a", "b"], ["b", "c"], ["c", "not published"]]) == {"a": FOUND, "b": FOUND}
    (finding,) = Attack(
        plain(a=None, b=None), Structure({"rate": 0.02, "minimum": 0.1}, same=[["a", "b"]])
    ).findings()
    assert finding.figures == ("a", "b")


def test_a_signed_column_may_go_below_zero() -> None:
    whole = {"whole": "all", "parts": ["a", "b"]}
    attack = Attack(
        plain(all=10.5, a=None, b=None),
        Structure({"rate": 0.02, "minimum": 0.1}, sums=[whole], signed=["a", "b", "gone"]),
    )
    said = {f.figures[0]: f.as_dict() for f in attack.findings()}
    assert said["a"] == {"figures": ["a"], "low": None, "high": None, "verdict": SAFE}


def test_the_best_known_come_first() -> None:
    figures = plain(all=10.0, a=None, b=None, sum=4.0, c=None, d=None, e=None, twin=1.5)
    structure = Structure(
        {"rate": 0.02, "minimum": 0.1},
        same=[["e", "twin"]],
        sums=[{"whole": "all", "parts": ["a", "b"]}, {"whole": "sum", "parts": ["c", "d"]}],
    )
    found = Attack(figures, structure).findings()
    assert [f.figures[0] for f in found] == ["e", "c", "d", "a", "b"]


def publication(folder: Path, manifest: dict[str, Any], values: dict[str, float | None]) -> Path:
    """A publication folder of one column: hidden where the value is None; a + b = all."""
    folder.mkdir()
    rows = [
        {
            "figure_id": name, "table_id": "t", "value": value, "conf_status": "C" if value is None else "F", "decimals": 1,
            "numerator": None, "denominator": None, "row_code": name, "column_code": "posts", "sources": ["s"],
        }
        for name, value in values.items()
    ]  # fmt: skip
    fields = {
        "value": pa.float64(),
        "numerator": pa.float64(),
        "denominator": pa.float64(),
        "decimals": pa.int64(),
    }
    kinds = [
        (key, fields.get(key, pa.list_(pa.string()) if key == "sources" else pa.string())) for key in rows[0]
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(kinds)), folder / "figures.parquet")
    structure = Structure({"rate": 0.02, "minimum": 0.1}, sums=[{"whole": "all", "parts": ["a", "b"]}])
    (folder / "constraints.json").write_text(json.dumps(structure.as_dict()), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def test_two_publications_are_attacked_together(tmp_path: Path) -> None:
    """Hidden last time, shown now: each alone is safe, both are not; of another edition, nothing is said."""
    here = {"edition": "e", "year": 2011, "territory": {"code": "x"}}
    now = publication(tmp_path / "now", here, {"all": 10.5, "a": 4.0, "b": 6.5, "c": None})
    then = publication(tmp_path / "then", here, {"all": 10.5, "a": None, "b": None, "c": None})
    other = publication(tmp_path / "other", here | {"edition": "f"}, {"all": 10.5, "a": None, "b": None})

    def said(*folders: Path) -> dict[tuple[str, ...], str]:
        return {f.figures: f.verdict for f in audit_folder(*folders)}

    assert said(now) == {("c",): SAFE}
    assert said(then) == {("a",): SAFE, ("b",): SAFE, ("c",): SAFE}
    assert said(now, then) == {
        ("édition précédente : a",): FOUND, ("édition précédente : b",): FOUND, ("c", "édition précédente : c"): SAFE
    }  # fmt: skip
    assert said(now, other) == {
        ("c",): SAFE, ("édition précédente : a",): SAFE, ("édition précédente : b",): SAFE
    }  # fmt: skip


# ------------------------------------------------------------------ the audit inside the build
def audited(done: Protected, rules: dict[str, Any], card: dict[str, Any], **shown: float) -> list[Finding]:
    """Audit a protected table « one », where the figures of `shown` were left visible by mistake."""
    columns = {c["code"]: c for c in card["columns"]}
    ids: dict[Key, str] = {}
    figures: dict[str, Shown] = {}
    for c in done.cells["one"]:
        name = f"{c.row_code}.{c.column_code}"
        ids["one", c.row_code, c.column_code] = name
        is_hidden = c.conf_status != "F" and c.row_code not in shown
        figures[name] = Shown(
            "one", shown.get(c.row_code, c.value), is_hidden, columns[c.column_code]["decimals"], c.numerator, c.denominator,
            c.row_code, c.column_code,
        )  # fmt: skip
    structure = public_structure(done, rules, ids.get, {"one": card})
    attack = Attack(figures, structure)
    findings = attack.findings()
    audit_inside(done, attack, findings, {name: key for key, name in ids.items()})
    return findings


def a_table(
    rules: dict[str, Any], decimals: int = 0, values: dict[str, tuple[float, int]] | None = None
) -> tuple[Protected, dict[str, Any]]:
    card = {"columns": [column("posts", additive=True) | {"decimals": decimals}]}
    done = protect([("one", card, column_of(values or FOUR))], rules)
    return done, card


def test_what_the_door_lets_out_passes_the_audit(rules) -> None:
    done, card = a_table(rules)
    assert hidden(done) == {("a", "posts"), ("b", "posts")}
    found = {f.figures[0]: (f.low, f.high, f.verdict, f.is_whole) for f in audited(done, rules, card)}
    assert found == {"a.posts": (0, 45, SAFE, True), "b.posts": (0, 45, SAFE, True)}


def test_a_neighbour_left_visible_gives_the_cell_and_nothing_is_said_of_its_value(rules) -> None:
    done, card = a_table(rules)
    with pytest.raises(ObservatoryError) as caught:
        audited(done, rules, card, b=40.0)
    error = caught.value
    assert (error.code, error.exit_code, error.where) == ("E509", Exit.INTEGRITY, "a.posts")
    assert "se retrouve" in error.what and "5" not in error.what and error.details == []


@pytest.mark.parametrize(
    ("decimals", "rate", "passes"),
    [
        # a = 5 is between 0 and 45: 40 more is all that can be asked
        (1, 8.0, True), (1, 8.01, False), (1, 7.9, True),
        # a column of whole numbers: 45,5 is no number of posts, 46 is
        (0, 8.1, True), (0, 8.2, False),
    ],
)  # fmt: skip
def test_an_interval_shorter_than_asked_stops_the_build(
    rules, decimals: int, rate: float, passes: bool
) -> None:
    values = (
        FOUR if decimals == 0 else {row: (v + (0.5 if row == "d" else 0), n) for row, (v, n) in FOUR.items()}
    )
    done, card = a_table(rules, decimals, values)
    for node in done.model.nodes:
        if node.rules:
            node.rules["protection"]["rate"] = rate
    done.model.nodes[done.model.of["one", "b", "posts"]].reason = None
    if passes:
        audited(done, rules, card)
        return
    with pytest.raises(ObservatoryError, match="trop bien connu") as caught:
        audited(done, rules, card)
    assert (caught.value.code, caught.value.where) == ("E509", "a.posts")


@pytest.mark.parametrize(("low", "passes"), [(4.0, True), (4.4, True), (4.6, False), (4.9, False)])
def test_the_floor_counts_as_the_ceiling_does(rules, low: float, passes: bool) -> None:
    """What is known from below: 5 protected by 0,5 must be able to be 4,5."""
    done, _ = a_table(rules, 1, {row: (v + (0.5 if row == "d" else 0), n) for row, (v, n) in FOUR.items()})
    node = done.model.of["one", "a", "posts"]
    done.model.nodes[node].rules["protection"]["minimum"] = 0.1
    finding = Finding(("a.posts",), low, 45.0, SAFE)
    attack = Attack(
        {"a.posts": Shown("one", None, True, 1, row="a", column="posts")},
        Structure({"rate": 0.02, "minimum": 0.1}),
    )
    key_of: dict[str, Key] = {"a.posts": ("one", "a", "posts")}
    if passes:
        audit_inside(done, attack, [finding], key_of)
    else:
        with pytest.raises(ObservatoryError, match="trop bien connu"):
            audit_inside(done, attack, [finding], key_of)


def test_a_cell_hidden_for_another_is_held_to_less(rules) -> None:
    """b = 40 is hidden for a: 2 % of it, at least one post."""
    done, _ = a_table(rules)
    attack = Attack({"b.posts": Shown("one", None, True)}, Structure({"rate": 0.02, "minimum": 1}))
    key_of: dict[str, Key] = {"b.posts": ("one", "b", "posts")}

    def audit(low: float, high: float, is_whole: bool = True) -> None:
        audit_inside(done, attack, [Finding(("b.posts",), low, high, SAFE, is_whole)], key_of)

    audit(39, 41)
    audit(39.0, 41.0, False)
    for low, high in ((40, 45), (30, 40), (39.1, 45), (30, 40.9)):
        with pytest.raises(ObservatoryError, match="trop bien connu"):
            audit(low, high, False)


def test_what_the_producer_hides_is_judged_from_outside_only(rules) -> None:
    cells = column_of(FOUR)
    cells = [
        c if c.row_code != "a" else cell("a", "posts", None, 1, flags=(HIDDEN_AT_SOURCE,)) for c in cells
    ]
    done = protect([("one", {"columns": [column("posts", additive=True)]}, cells)], rules)
    key_of: dict[str, Key] = {"a.posts": ("one", "a", "posts"), "b.posts": ("one", "b", "posts")}
    attack = Attack(
        {name: Shown("one", None, True) for name in key_of}, Structure({"rate": 0.02, "minimum": 1})
    )
    audit_inside(done, attack, [Finding(("a.posts",), 5.0, 5.5, SAFE)], key_of)
    audit_inside(done, attack, [Finding(("nowhere",), 5.0, 5.5, SAFE)], key_of)
    with pytest.raises(ObservatoryError):
        audit_inside(done, attack, [Finding(("a.posts",), 5.0, 5.0, FOUND)], key_of)


def test_every_leak_is_listed_twenty_at_most(rules) -> None:
    done, _ = a_table(rules)
    attack = Attack({}, Structure({"rate": 0.02, "minimum": 1}))
    many = [Finding((f"f{n}",), 1.0, 1.0, FOUND if n % 2 else NARROW) for n in range(30)]
    with pytest.raises(ObservatoryError) as caught:
        audit_inside(done, attack, many, {})
    assert caught.value.where == "f0" and "trop bien connu" in caught.value.what
    assert [d.where for d in caught.value.details] == [f"f{n}" for n in range(1, 20)]
    assert "se retrouve" in caught.value.details[0].what
    audit_inside(done, attack, [], {})


def test_a_contributor_who_would_know_better_stops_the_build(rules) -> None:
    """x dominates: hiding x and y is enough for a stranger; the pattern that forgets z is caught for its contributor."""
    cells = [
        cell("x", "posts", 20, 3, top=0.99),
        cell("y", "posts", 100, 2, top=0.5),
        cell("z", "posts", 500),
    ]
    cells.append(cell("total", "posts", 620, 40, "total"))
    card = {"columns": [column("posts", additive=True)]}
    done = protect([("one", card, cells)], rules)
    assert audited(done, rules, card)
    done.pattern.hidden -= {done.model.of["one", "z", "posts"]}
    with pytest.raises(ObservatoryError, match="trop bien connu") as caught:
        audited(done, rules, card, z=500.0)
    assert caught.value.where == "y.posts"
