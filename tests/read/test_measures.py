"""Measures and dimensions declared once: the cells that the engine writes of them, and what it refuses."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, one_in
from ess_observatory.declare.check import check_declarations
from ess_observatory.declare.measured import completed
from ess_observatory.declare.models.measures import MeasureFile
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.recipe.examples import fill
from ess_observatory.recipe.steps import models_of

MEASURE = {
    "turnover": """label = "Chiffre d’affaires"
unit = "€"
secrecy = "magnitude"
rows = "core.field_turnover"
value = "turnover"
unit_key = "siren"
by = { family = "ess_family" }
""",
    "posts_here": """label = "Postes"
unit = "postes"
secrecy = "magnitude"
rows = "core.employment"
value = "posts"
mark = "posts_mark"
units = "establishments"
by = { commune = "commune_code" }
""",
    "gardens": """label = "Jardins"
unit = "jardins"
secrecy = "public"
rows = "core.garden"
value = "gardens"
by = { commune = "code" }
""",
}
CARD = """number = "{number}"
chapter = 1
title = "Essai"
scope = "economy"
sources = ["manageo"]
base = "toutes"
reading_aid = "Rien."
stub = "Ligne"
rows = {{ dimension = "{dimension}" }}
[[columns]]
code = "value"
measure = "{measure}"
[[columns]]
code = "part"
share = "{measure}"
[chart]
type = "bars"
column = "value"
"""
FAMILIES = "family,is_on_evidence:bool\nassociation,false\nmutuelle,false\nfondation,false"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the declarations with two measures more, and a table of each."""
    folder = tmp_path_factory.mktemp("measured").resolve()
    shutil.copytree(ROOT / "pipelines", folder / "pipelines")
    for name, text in MEASURE.items():
        (folder / "pipelines" / "measures" / f"{name}.toml").write_text(text, encoding="utf-8")
    query = "select siren, ess_family, nature_rank as turnover from core.establishment"
    (folder / "pipelines" / "core" / "field_turnover.sql").write_text(query, encoding="utf-8")
    query = "select commune_code as code, nature_rank as gardens from core.establishment"
    (folder / "pipelines" / "core" / "garden.sql").write_text(query, encoding="utf-8")
    declare(folder, "1.96", "commune", "gardens")
    declare(folder, "1.97", "family", "turnover")
    declare(folder, "1.98", "sublevel", "posts_here")
    return folder


def declare(root: Path, number: str, dimension: str, measure: str) -> Path:
    """Declare a table of one measure and its share; returns its folder."""
    card = root / "pipelines" / "tables" / f"essai_{dimension}" / "card.toml"
    card.parent.mkdir()
    text = CARD.format(number=number, dimension=dimension, measure=measure)
    card.write_text(text, encoding="utf-8")
    return card.parent


def cells(root: Path, dimension: str, given: dict[str, str]) -> dict[tuple[str, str], dict[str, Any]]:
    """The cells of the table of a dimension, made of rows given as CSV."""
    models = {model.target: model for model in models_of(Project.load(root))}
    with Database() as db:
        for name, text in given.items():
            fill(db, name, text)
        if dimension == "family":
            fill(db, "rules.ess_families", "family,label,rank\nassociation,A,1\nmutuelle,M,2\nfondation,F,3")
        db.make(models[f"core.by_{dimension}"])
        return {
            (row["row_code"], row["column_code"]): row
            for row in db.dicts(models[f"marts.essai_{dimension}"].sql)
        }


def test_a_sum_over_units_says_who_makes_it(root: Path) -> None:
    rows = "siren,ess_family,turnover:float\na,association,60\na,association,20\nb,association,15\nc,association,5\nd,mutuelle,100"
    found = cells(root, "family", {"rules.perimeter_family": FAMILIES, "core.field_turnover": rows})
    told = ("value", "n_units", "top_share", "second_share", "top_unit")
    assert [found["association", "value"][key] for key in told] == [100, 3, 0.8, 0.15, "a"]
    assert [found["mutuelle", "value"][key] for key in told] == [100, 1, 1.0, 0.0, "d"]
    assert [found["total", "value"][key] for key in told] == [200, 4, 0.5, 0.4, "d"]
    assert found["association", "part"]["value"] == 50 and found["association", "part"]["n_units"] == 3
    assert [found["fondation", "value"][key] for key in told] == [None, 0, None, None, None]


def test_a_term_that_is_not_known_makes_no_sum(root: Path) -> None:
    rows = "siren,ess_family,turnover:float\na,association,60\nb,association,\nc,mutuelle,10"
    found = cells(root, "family", {"rules.perimeter_family": FAMILIES, "core.field_turnover": rows})
    assert [found[code, "value"]["value"] for code in ("association", "mutuelle", "total")] == [
        None,
        10,
        None,
    ]
    assert found["mutuelle", "part"]["value"] is None, "no share of a whole that is not known"


TERRITORY = "code,name,epci_code,epci_name,population:int\n1,Un,e,E,10\n2,Deux,e,E,10\n3,Trois,f,F,10"


@pytest.mark.parametrize(
    ("posts", "told"),
    [
        ("1,30,,3\n2,12,,2\n3,8,,1\n,50,,6", (42, None, None)),
        ("1,30,,3\n2,,secret,2\n3,8,,1\n,50,,6", (None, "total_incomplet", 30)),
        ("1,30,,3\n3,8,,1\n,50,,6", (None, None, None)),
    ],
)
def test_cells_of_a_producer_add_up_only_when_each_is_known(
    root: Path, posts: str, told: tuple[float | None, str | None, float | None]
) -> None:
    given = {
        "rules.territory_commune": TERRITORY,
        "rules.territory_level": "commune_code,level,code,is_whole:bool\n1,epci,e,true",
        "core.employment": f"commune_code,posts:float,posts_mark,establishments:float\n{posts}",
    }
    found = cells(root, "sublevel", given)
    assert tuple(found["e", "value"][key] for key in ("value", "flags", "low")) == told
    assert found["f", "value"]["value"] == 8 and found["f", "value"]["n_units"] == 1
    assert found["total", "value"]["value"] == 50, "the whole is the producer's own, whatever it hides"
    assert found["f", "part"]["value"] == 16


@pytest.mark.parametrize(
    ("gardens", "one", "two", "total", "low"),
    [
        ("1,12\n2,0\n3,5", 12, 0, 17, None),
        ("1,12\n3,5", 12, None, None, 17),  # no line: not known, as an empty value
        ("1,12\n2,\n3,5", 12, None, None, 17),
        ("1,12\n2,0\n3,5\n4,100\n,1", 12, 0, 18, None),  # elsewhere, and nowhere
        ("4,100", None, None, None, None),
    ],
)
def test_a_member_without_a_line_is_not_a_zero(
    root: Path, gardens: str, one: float | None, two: float | None, total: float | None, low: float | None
) -> None:
    given = {"rules.territory_commune": TERRITORY, "core.garden": f"code,gardens:float\n{gardens}"}
    found = cells(root, "commune", given)
    assert [found[code, "value"]["value"] for code in ("1", "2", "total")] == [one, two, total]
    flag = "total_incomplet" if low else None
    assert (found["total", "value"]["low"], found["total", "value"]["flags"]) == (low, flag)
    assert found["1", "part"]["value"] == (100 * one / total if one and total else None)


def test_a_complete_list_says_that_what_it_lacks_is_nothing(root: Path) -> None:
    path = root / "pipelines" / "measures" / "gardens.toml"
    declared = path.read_text(encoding="utf-8")
    path.write_text(declared + "absent_is_zero = true\n", encoding="utf-8")
    try:
        given = {"rules.territory_commune": TERRITORY, "core.garden": "code,gardens:float\n1,12\n3,5"}
        found = cells(root, "commune", given)
    finally:
        path.write_text(declared, encoding="utf-8")
    assert [found[code, "value"]["value"] for code in ("1", "2", "total")] == [12, 0, 17]
    assert found["total", "value"]["low"] is None


def test_a_column_takes_what_its_measure_says_and_its_own_words_win() -> None:
    said = {"label": "Postes", "label_en": "Posts", "unit": "postes", "secrecy": "magnitude"}
    measures = {
        "posts": MeasureFile(**said),
        "people": MeasureFile(**said | {"secrecy": "public", "adds_up": False}),
    }
    columns = [
        {"code": "p", "measure": "posts", "label": "Emplois"},
        {"code": "s", "share": "posts"},
        {"code": "r", "rate": {"of": "posts", "per": "people"}, "label": "Taux"},
        {"code": "n", "measure": "people"},
        {"code": "x", "label": "X", "secrecy": "text"},
    ]
    posts, share, rate, people, other = completed({"rows": {}, "columns": columns}, measures)["columns"]
    assert (posts["label"], posts.get("label_en"), posts["secrecy"], posts["additive"]) == (
        "Emplois",
        None,
        "magnitude",
        True,
    )
    assert share["ratio"] == {"numerator": "p", "denominator": "total/p"} and share["follows"] == "p"
    assert rate["ratio"] == {"numerator": "p", "denominator": "n"} and rate["secrecy"] == "magnitude"
    assert "additive" not in people and other == columns[4]
    checks = completed({"rows": {}, "columns": columns}, measures)["checks"]
    assert [check["arguments"]["column"] for check in checks] == ["p", "s", "n"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    one_in(
        3,
        [
            ('measure = "ess_posts"', 'measure = "ess_post"', "voulez-vous dire « ess_posts »"),
            ('measure = "ess_posts"', 'measure = "answers"', "ne dit pas ses lignes"),
            ('measure = "ess_posts"', 'label = "x"\nsecrecy = "public"', "vient d’une mesure"),
            ('measure = "ess_posts"', 'label = "x"', "a besoin de « secrecy »"),
            ('per = "population"', 'per = "communes"', "ne dit pas le nom d’un taux"),
            ('dimension = "commune"', 'dimension = "comune"', "voulez-vous dire « commune »"),
            ('order = "establishments"', 'order = "etablishments"', "voulez-vous dire « establishments »"),
        ],
    ),
)
def test_what_a_card_names_must_be_declared(root: Path, old: str, new: str, told: str) -> None:
    path = root / "pipelines" / "tables" / "communes" / "card.toml"
    kept = path.read_text(encoding="utf-8")
    assert old in kept
    path.write_text(kept.replace(old, new, 1), encoding="utf-8")
    try:
        assert any(told in str(fault).replace("\u00a0", " ") for fault in check_declarations(root))
    finally:
        path.write_text(kept, encoding="utf-8")


def test_a_measure_that_does_not_know_a_dimension_is_refused(root: Path) -> None:
    folder = declare(root, "1.99", "sector", "posts_here")
    with pytest.raises(ObservatoryError) as refused:
        cells(root, "sector", {})
    assert refused.value.code == "E417" and "by" in str(refused.value)
    shutil.rmtree(folder)


def test_a_table_has_one_origin(root: Path) -> None:
    query = root / "pipelines" / "tables" / "communes" / "query.sql"
    query.write_text("select 1", encoding="utf-8")
    try:
        assert any("deux origines" in fault.what for fault in check_declarations(root))
    finally:
        query.unlink()
