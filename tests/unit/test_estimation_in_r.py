"""The estimation core against the R package « survey » on a sample of our own: see tests/data/estimation/README.md."""

from __future__ import annotations

import csv
from collections import defaultdict

import numpy as np
import pytest

from conftest import ROOT
from ess_observatory.survey.estimation.calibration import Calibration, calibrate
from ess_observatory.survey.estimation.design import Design
from ess_observatory.survey.estimation.intervals import korn_graubard, student_interval

FOLDER = ROOT / "tests" / "data" / "estimation"
SIZES = {"large": 125, "medium": 195, "small": 280}
NETWORKS = {"no": 230, "yes": 370}
AGE = 14_500


def columns(name: str) -> dict[str, list[str]]:
    lines = [line for line in (FOLDER / name).read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    found = defaultdict(list)
    for row in csv.DictReader(lines):
        for key, value in row.items():
            found[key].append(value)
    return found


SAMPLE = {
    key: np.array(values, dtype=None if key in ("size", "network") else float)
    for key, values in columns("sample.csv").items()
}
IN_NETWORK, IS_RARE = (
    (SAMPLE[key] == value).astype(float) for key, value in (("network", "yes"), ("rare", 1))
)


@pytest.fixture(scope="module")
def expected() -> dict[str, list[float]]:
    read, found = columns("expected.csv"), defaultdict(list)
    for name, value in zip(read["name"], read["value"], strict=True):
        found[name].append(float(value))
    return found


@pytest.fixture(scope="module")
def strata() -> Design:
    return Design(SAMPLE["weight"], SAMPLE["size"], SAMPLE["population"])


def same(found: object, expected: list[float], rel: float = 1e-9) -> bool:
    return [float(value) for value in np.asarray(found)] == pytest.approx(expected, rel=rel)


def test_means_totals_ratios_and_domains(strata: Design, expected: dict[str, list[float]]) -> None:
    posts, older = SAMPLE["posts"], SAMPLE["age"] > 20
    found = {
        "mean": strata.mean(posts),
        "total": strata.total(posts),
        "ratio": strata.ratio(SAMPLE["permanent"], posts),
        "domain_mean": strata.mean(posts, older),
        "domain_total": strata.total(posts * older),
    }
    for name, estimate in found.items():
        assert same((estimate.value, estimate.se), expected[name]), name
    assert same(
        [strata.mean((SAMPLE["size"] == size).astype(float)).value for size in SIZES], expected["shares"]
    )
    assert [strata.df] == expected["df"]


@pytest.mark.parametrize("name", ["network", "rare"])
def test_intervals_of_proportions(name: str, strata: Design, expected: dict[str, list[float]]) -> None:
    found = strata.mean(IN_NETWORK if name == "network" else IS_RARE)
    assert same((found.value, found.se), expected[name])
    assert same(korn_graubard(found.value, found.se, 60, strata.df), expected[f"{name}_beta"])
    assert same(student_interval(found.value, found.se, strata.df), expected[f"{name}_mean"])


def test_interval_of_a_proportion_of_a_simple_sample(expected: dict[str, list[float]]) -> None:
    found = Design(SAMPLE["flat"], None, SAMPLE["whole"]).mean(IN_NETWORK)
    assert same(korn_graubard(found.value, found.se, 60, 59), expected["simple_network_beta"])


def test_quantiles(strata: Design, expected: dict[str, list[float]]) -> None:
    for q in (0.25, 0.5, 0.75):
        assert list(strata.quantile(SAMPLE["posts"], q)) == expected[f"quantile_{q}"]


def calibrated(
    margins: list[np.ndarray], totals: list[float], *how: object
) -> tuple[Calibration, list[float]]:
    columns = np.column_stack(margins).astype(float)
    found = calibrate(columns, np.array(totals, float), SAMPLE["flat"], *how)
    estimate = Design(found.weights, None, SAMPLE["whole"], columns, SAMPLE["flat"]).total(SAMPLE["posts"])
    return found, [estimate.value, estimate.se]


def test_margins_of_categories(expected: dict[str, list[float]]) -> None:
    size = [SAMPLE["size"] == code for code in SIZES]
    network = [SAMPLE["network"] == code for code in NETWORKS]
    assert same(calibrated(size, [*SIZES.values()], "linear")[1], expected["post"])
    raked, total = calibrated([*size, *network], [*SIZES.values(), *NETWORKS.values()], "raking")
    assert same(total, expected["rake"])
    assert same(raked.weights, expected["rake_weights"])


@pytest.mark.parametrize(
    ("name", "bounds"), [("linear", None), ("raking", None), ("logit", (0.7, 1.5)), ("truncated", (0.7, 1.5))]
)
def test_margin_of_a_number(
    name: str, bounds: tuple[float, float] | None, expected: dict[str, list[float]]
) -> None:
    margins = [np.ones(60), SAMPLE["size"] == "medium", SAMPLE["size"] == "small", SAMPLE["age"]]
    found, total = calibrated(margins, [600, SIZES["medium"], SIZES["small"], AGE], name, bounds)
    assert same(found.weights, expected[f"{name}_weights"], rel=1e-7)
    assert same(total, expected[name], rel=1e-7)
