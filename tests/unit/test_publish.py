"""Replication, placeholders, mart cells: the small pieces between the tables and the page."""

from __future__ import annotations

import pytest

from ess_observatory.errors import ObservatoryError
from ess_observatory.publish.replication import check_cells, evaluate, replicate
from ess_observatory.publish.texts import Placeholders
from ess_observatory.secrecy.door import Cell
from ess_observatory.words.typography import french


def cell(value=None, **kwargs) -> Cell:
    return Cell("r", "Ligne", 1, "data", None, "c", value=value, **kwargs)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a + b", 5),
        ("100 * a / b", pytest.approx(66.6666667)),
        ("a - missing", None),
        ("a / 0", None),
        ("(a + b) * 2", 10),
    ],
)
def test_expressions_on_figures(expression, value):
    assert evaluate(expression, {"a": 2, "b": 3}) == value


@pytest.mark.parametrize("expression", ["__import__('os')", "a ** 9", "[1]", "a if b else c"])
def test_expressions_do_nothing_else(expression):
    with pytest.raises(ObservatoryError):
        evaluate(expression, {"a": 1, "b": 1, "c": 1})


HEADER = "figure_id,label,published,decimals,unit,consistent,check,withheld,remark,source_line\n"


@pytest.mark.parametrize(
    ("line", "value", "verdict", "recomputed"),
    [
        ("x,X,160,0,u,true,exact,false,,1", 160, "identical", 160),
        ("x,X,9.9,1,%,true,rounding_ok,false,,1", 9.93, "rounding", 9.93),
        ("x,X,14.5,0,%,true,tension,false,,1", 15.2, "rounding", 15.2),
        ("x,X,9.9,1,%,true,exact,false,,1", 9.96, "not_computable", 9.96),
        ("x,X,90,0,%,false,contradiction,false,Base.,1", 91.2, "contradiction_in_report", 91.2),
        ("x,X,,0,K€,true,not_checkable,true,,1", 125, "withheld", None),
        ("x,X,3,0,u,true,exact,false,,1", None, "not_computable", None),
    ],
)
def test_verdicts(tmp_path, line, value, verdict, recomputed):
    (tmp_path / "figures.csv").write_text(HEADER + line + "\n", encoding="utf-8")
    row = replicate(tmp_path, {"x": cell(value)})[0]
    assert (row["verdict"], row["recomputed"]) == (verdict, recomputed)


def test_a_hidden_figure_is_not_computable(tmp_path):
    (tmp_path / "figures.csv").write_text(HEADER + "x,X,3,0,u,true,exact,false,,1\n", encoding="utf-8")
    row = replicate(tmp_path, {"x": cell(None, conf_status="C")})[0]
    assert row["verdict"] == "not_computable"
    assert "secret" in row["remark"]


def test_checks_of_the_published_numbers(tmp_path):
    (tmp_path / "figures.csv").write_text(
        HEADER + "a,A,17,0,u,true,exact,false,,1\nb,B,57,0,u,true,exact,false,,1\n", encoding="utf-8"
    )
    (tmp_path / "checks.csv").write_text(
        "check_id,label,said,left,right,tolerance,decimals,unit,kind,remark\n"
        "k,Total,Tranches = ensemble,a,b,0,0,u,contradiction,Il manque.\n",
        encoding="utf-8",
    )
    cells = {c.column_code: c.text for c in check_cells(tmp_path, {"a": cell(57), "b": cell(57)})}
    assert cells["formula"] == "Tranches = ensemble"
    assert cells["published"] == "17 pour 57"
    assert cells["recomputed"] == "57 pour 57"
    assert cells["status"] == "contradiction : Il manque."


FIGURES = {
    "share": (cell(14.925), "%", 1),
    "big": (cell(40817.0), "emplois", 0),
    "secret": (cell(None, conf_status="C"), "€", 0),
    "weak": (cell(None, obs_status="N"), "%", 0),
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ fig('share') }}", "14,9\u00a0%"),
        ("{{ fig('big') }} emplois", "40\u202f817 emplois"),
        ("{{ fig('secret') }}", None),  # no sentence holds a sign
        ("{{ fig('weak') }}", None),
        ("{{ territory }}", "Ici"),
    ],
)
def test_placeholders(text, filled):
    assert Placeholders(FIGURES, {"territory": "Ici"}).fill(text, "t") == filled


@pytest.mark.parametrize("text", ["{{ fig('nowhere') }}", "{{ unknown_word }}", "{{ fig('share' }}"])
def test_a_wrong_placeholder_names_its_text(text):
    with pytest.raises(ObservatoryError) as error:
        Placeholders(FIGURES, {}).fill(text, "ch-01.md")
    assert error.value.where == "ch-01.md"


@pytest.mark.parametrize(
    ("text", "typeset"),
    [
        ("l'ESS", "l’ESS"),
        ("« mot »", "«\u00a0mot\u00a0»"),
        ("Source : Insee", "Source\u00a0: Insee"),
        ("14,9 %", "14,9\u00a0%"),
        ("Quoi ?", "Quoi\u202f?"),
        ("a ; b", "a\u202f; b"),
        ("http://x", "http://x"),
    ],
)
def test_french_typography(text, typeset):
    assert french(text) == typeset
