"""Weights in the database, and the tables that the estimation computes, on small frames made for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ess_observatory.declare.models.survey_files import EstimationFile
from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.estimation.intervals import wilson
from ess_observatory.survey.estimation.settings import Settings, load_settings, settings_from
from ess_observatory.survey.estimation.weights import Weighting, build_weights
from ess_observatory.survey.tables import survey_cells
from test_survey_support import ROOT, database, read, small_codebook, wide

HEADER = ["ID", "A1", "A2", "A3[besoin]", "A3[reseau]", "B1", "B3"]
DATA: dict[str, Any] = {
    "frame": "core.frame",
    "weighting": {"margins": ["size", "place"], "method": "logit", "bounds": [0.3, 3.0], "least_linked": 30},
    "variables": [
        {
            "code": "size", "label": "Taille", "column": "band", "ordered": True,
            "groups": [
                {"code": "small", "label": "petites", "values": ["1", "2"]},
                {"code": "large", "label": "grandes", "values": ["3"]},
            ],
        },
        {
            "code": "place", "label": "Lieu", "column": "zone",
            "groups": [
                {"code": "town", "label": "ville", "values": ["t"]},
                {"code": "rest", "label": "ailleurs", "rest": True},
            ],
        },
    ],
}  # fmt: skip
COUNT_N_SHARE = ("count", "n", "share")


def settings(**changes: Any) -> Settings:
    return settings_from(EstimationFile.model_validate({**DATA, **changes}))


def frame(db: Database, size: int = 200) -> list[str]:
    """A frame: three bands in turn, one place in four is a town, the last ten have no known band."""
    sirets = [f"{number:014d}" for number in range(size)]
    bands = [None if n >= size - 10 else str(n % 3 + 1) for n in range(size)]
    zones = ["t" if n % 4 == 0 else "v" for n in range(size)]
    db.put("core.frame", pa.table({"siret": sirets, "band": bands, "zone": zones}))
    return sirets


def people(n: int) -> list[dict[str, str]]:
    """Respondents: two in three say yes, posts grow, and a few say nothing."""
    listed = []
    for number in range(n):
        person = {"ID": str(number), "A2": "Oui" if number % 3 else "Non", "B1": str(number % 12 + 1)}
        if number % 11 == 0:
            del person["B1"]
        if person["A2"] == "Oui":
            person["B3"] = str(100 * (number % 5))
        listed.append(person)
    return listed


def surveyed(n: int, linked: int | None = None) -> tuple[Database, list[str]]:
    db = database(read(wide(people(n), HEADER)))
    sirets = frame(db)
    ids = [row[0] for row in db.rows("select respondent_id from core.survey_respondent order by 1")]
    kept = ids[: n if linked is None else linked]
    # Every third establishment of the frame answers, so the large ones (n % 3 = 2) do not all.
    chosen = [sirets[(position * 7) % 180] for position in range(len(kept))]
    link = {
        "respondent_id": kept,
        "siret": chosen,
        "method": ["siret"] * len(kept),
        "score": [100.0] * len(kept),
    }
    schema = [("respondent_id", pa.string()), ("siret", pa.string()), ("method", pa.string())]
    db.put("core.survey_link", pa.table(link, schema=pa.schema([*schema, ("score", pa.float64())])))
    return db, sirets


def cells(
    db: Database, kind: str, columns: tuple[str, ...], weighting: Weighting | None, /, **survey: Any
) -> dict:
    table = {
        "id": "essai",
        "columns": [{"code": code} for code in columns],
        "survey": {"kind": kind, **survey},
    }
    survey_cells(db, small_codebook(), table, {"weighting": weighting})
    rows = db.dicts("select * from marts.essai")
    found = {(row["row_code"], row["column_code"]): row for row in rows}
    assert len(found) == len(rows)
    return found


YES = {"code": "yes", "label": "Oui", "question": "A2", "where": "A2 = 'oui'"}


def test_weights_give_back_the_frame() -> None:
    db, _ = surveyed(60)
    with db:
        weighting = build_weights(db, settings())
        assert weighting.calibration is not None and weighting.why_not is None
        total = "select sum(w.weight) from core.survey_weight as w"
        assert db.rows(total)[0][0] == pytest.approx(200)
        for group in weighting.groups["size"]:
            listed = ", ".join(f"'{code}'" for code in group.codes)
            of_frame = f"select count(*) from core.survey_frame where variable_code = 'size' and group_code in ({listed})"
            of_answers = (
                "select sum(w.weight) from core.survey_weight as w inner join core.survey_frame as g"
                f" on g.siret = w.siret and g.variable_code = 'size' where g.group_code in ({listed})"
            )
            assert db.rows(of_answers)[0][0] == pytest.approx(db.rows(of_frame)[0][0])
        ratios = db.rows("select min(weight_ratio), max(weight_ratio) from core.survey_weight")[0]
        assert ratios[0] >= 0.3 and ratios[1] <= 3
        # Nobody answered among the unknown: they are merged, not forgotten.
        assert any("unknown" in group.codes for group in weighting.groups["size"])


def test_nothing_is_extended_on_too_few_answers() -> None:
    db, _ = surveyed(20)
    with db:
        weighting = build_weights(db, settings())
        assert weighting.calibration is None and "20" in (weighting.why_not or "")
        found = cells(db, "extended", ("n", "sample", "extended"), weighting, indicators=[YES])
        assert found["yes", "extended"]["value"] is None and found["yes", "extended"]["obs_status"] == "O"
        assert found["yes", "sample"]["value"] is not None
        said = cells(db, "weighting", ("value", "detail"), weighting)
        assert said["converged", "detail"]["text"].startswith("non")
        assert said["weight_max", "value"]["obs_status"] == "O", "the row is there, without a value"


def test_weights_out_of_bounds_are_not_published() -> None:
    db, _ = surveyed(60)
    with db:
        narrow = {**DATA["weighting"], "bounds": [0.9999, 1.0001]}
        weighting = build_weights(db, settings(weighting=narrow))
        assert weighting.calibration is None and "converge" in (weighting.why_not or "")
        assert db.rows("select count(*) from core.survey_weight") == [(0,)]


def test_diagnostics() -> None:
    db, _ = surveyed(60, linked=50)
    with db:
        said = cells(db, "weighting", ("value", "detail"), build_weights(db, settings()))
    value = {row: cell["value"] for (row, column), cell in said.items() if column == "value"}
    assert (value["respondents"], value["linked"], value["frame"]) == (60, 50, 200)
    assert value["weight_min"] <= value["weight_mean"] <= value["weight_max"]
    assert value["effective_n"] * value["design_effect"] == pytest.approx(50)
    assert said["converged", "detail"]["text"] == "oui" and value["gap"] == 0
    assert said["converged", "value"]["obs_status"] == "M"


def test_extended_results_beside_those_of_respondents() -> None:
    db, _ = surveyed(60)
    indicators = [
        YES,
        {"code": "total", "label": "Postes", "value": "B1", "measure": "total", "unit": "postes"},
        {"code": "mean", "label": "Postes", "value": "B1", "measure": "mean"},
        {"code": "median", "label": "Postes", "value": "B1", "measure": "median"},
        {"code": "ratio", "label": "Ventes", "value": "B3", "per": "B1", "measure": "ratio"},
    ]
    with db:
        weighting = build_weights(db, settings())
        found = cells(db, "extended", ("count", "n", "sample", "extended"), weighting, indicators=indicators)
        weights = dict(db.rows("select respondent_id, weight from core.survey_weight"))
        posts = dict(
            db.rows(
                "select respondent_id, value_number from core.survey_answer"
                " where question_code = 'B1' and status = 'answered'"
            )
        )
        yes = {
            row[0]
            for row in db.rows(
                "select respondent_id from core.survey_choice where choice_code = 'oui' and is_chosen"
            )
        }
    naive = 100 * sum(w for r, w in weights.items() if r in yes) / sum(weights.values())
    cell = found["yes", "extended"]
    assert cell["value"] == pytest.approx(naive)
    assert cell["ci_low"] < cell["value"] < cell["ci_high"]
    sample = found["yes", "sample"]
    assert (sample["value"], sample["numerator"], sample["denominator"]) == (
        pytest.approx(100 * 40 / 60),
        40,
        60,
    )
    assert (sample["ci_low"], sample["ci_high"]) == pytest.approx(
        [100 * float(b) for b in wilson(40, 60, 200)]
    )
    mean = sum(weights[r] * v for r, v in posts.items()) / sum(weights[r] for r in posts)
    assert found["mean", "extended"]["value"] == pytest.approx(mean)
    assert found["total", "extended"]["value"] == pytest.approx(200 * mean)
    assert found["total", "sample"]["value"] == sum(posts.values())
    assert found["total", "sample"]["top_share"] == pytest.approx(12 / sum(posts.values()))
    assert found["median", "extended"]["value"] in set(posts.values())
    ratio = found["ratio", "extended"]
    assert ratio["ci_low"] < ratio["value"] < ratio["ci_high"] and ratio["numerator"] is None
    for (row, column), item in found.items():
        if row != "yes" and column != "count":
            assert item["n_units"] is not None


def test_a_crossing_never_shows_a_base_below_its_least() -> None:
    db, _ = surveyed(60, linked=55)
    with db:
        weighting = build_weights(db, settings())
        found = cells(db, "crossing", COUNT_N_SHARE, weighting, by=["size", "place"], indicators=[YES])
        for variable in ("size", "place"):
            rows = {row for row, _ in found if row.startswith(f"yes.{variable}.")}
            bases = [found[row, "n"]["value"] for row in rows]
            assert len(rows) >= 2 and min(bases) >= 10
            assert sum(bases) == found["yes.all", "n"]["value"] == 60, "the five out of the frame are counted"
            assert sum(found[row, "count"]["value"] for row in rows) == found["yes.all", "count"]["value"]
        assert found["yes.all", "count"]["row_kind"] == "base"
        assert found["yes.all", "share"]["ci_low"] is not None
        alone = settings(crossings={"least_base": 40})
        merged = cells(db, "crossing", COUNT_N_SHARE, build_weights(db, alone), by=["size"], indicators=[YES])
        assert {row for row, _ in merged} == {"yes.all"}, "a crossing of one category says nothing more"
        without = cells(db, "crossing", COUNT_N_SHARE, None, by=["size"], indicators=[YES])
        assert {row for row, _ in without} == {"yes.all"} and without["yes.all", "share"]["ci_low"] is None


def test_intervals_of_choices_are_those_of_python() -> None:
    """The statement and `intervals.wilson` are one formula; what a question does not concern leaves the population."""
    db, _ = surveyed(57)
    with db:
        weighting = build_weights(db, settings())
        found = cells(db, "choices", ("count", "share"), weighting, questions=["A2"])
        without = cells(db, "choices", ("count", "share"), None, questions=["A2"])
    for choice in ("oui", "non"):
        cell = found[f"A2.{choice}", "share"]
        expected = [100 * float(bound) for bound in wilson(cell["numerator"], 57, 200)]
        assert [cell["ci_low"], cell["ci_high"]] == pytest.approx(expected, rel=1e-12)
        assert without[f"A2.{choice}", "share"]["ci_low"] is None
        assert found[f"A2.{choice}", "count"]["ci_low"] is None
    assert found["A2.base", "share"]["ci_low"] is None


def test_no_interval_on_a_small_base() -> None:
    db, _ = surveyed(29)
    with db:
        weighting = build_weights(db, settings())
        found = cells(db, "choices", ("count", "share"), weighting, questions=["A2"])
    assert found["A2.oui", "share"]["value"] is not None and found["A2.oui", "share"]["ci_low"] is None


def test_terms_of_a_ratio_of_amounts_stay_inside() -> None:
    """Beside the sum of all, the terms of a smaller base would give what one structure declared."""
    db, _ = surveyed(40)
    card = {
        "id": "essai",
        "columns": [{"code": "count", "secrecy": "magnitude"}, {"code": "share", "secrecy": "magnitude"}],
        "survey": {
            "kind": "numbers",
            "measures": {"count": "sum", "share": "ratio"},
            "indicators": [{"code": "sales", "label": "Ventes", "value": "B3", "per": "B1"}],
        },
    }
    with db:
        survey_cells(db, small_codebook(), card, {})
        found = db.dicts("select * from marts.essai where column_code = 'share'")[0]
    assert found["value"] is not None and found["numerator"] is None and found["denominator"] is None


@pytest.mark.parametrize(
    ("kind", "indicators", "said"),
    [
        ("extended", [], "aucun indicateur"),
        ("extended", [{"code": "x", "label": "X", "question": "A2"}], "incomplet"),
        ("extended", [{"code": "x", "label": "X", "value": "B1", "measure": "ratio"}], "sans"),
        ("crossing", [{"code": "x", "label": "X", "value": "B1", "measure": "mean"}], "incomplet"),
        ("crossing", [{**YES, "where": "Z9 = 1"}], "Question inconnue"),
    ],
)
def test_a_wrong_card_is_refused(kind: str, indicators: list[dict[str, str]], said: str) -> None:
    db, _ = surveyed(5)
    with db, pytest.raises(ObservatoryError) as caught:
        cells(db, kind, COUNT_N_SHARE, None, indicators=indicators)
    assert said in str(caught.value)


def test_a_frame_without_the_column_is_refused() -> None:
    db, _ = surveyed(5)
    with db:
        db.put("core.frame", pa.table({"siret": ["1"], "band": ["1"]}))
        with pytest.raises(ObservatoryError) as caught:
            build_weights(db, settings())
    assert caught.value.code == "E263" and "zone" in str(caught.value)


def test_the_declared_estimation_of_the_project_is_valid() -> None:
    declared = load_settings(Path(ROOT) / "pipelines" / "survey" / "estimation.toml")
    assert declared.percent_from == 30 and declared.least_respondents >= 5
    for variable in declared.variables:
        codes = {category.code for category in variable.categories}
        assert set(variable.nearest.values()) <= codes
