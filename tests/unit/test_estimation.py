"""The estimation core against R survey 4.1.1, icarus/Calmar, published intervals, and a simulation of coverage."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import some_of
from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.estimation.calibration import Group, calibrate, collapse, kish
from ess_observatory.survey.estimation.design import Design
from ess_observatory.survey.estimation.intervals import (
    clopper_pearson,
    difference,
    finite_n,
    korn_graubard,
    student_interval,
    wilson,
)

Sample = dict[str, np.ndarray]


def load(shared: Path, name: str) -> Sample:
    path = shared / "methods" / name
    if not path.is_file():
        pytest.skip("no reference data beside this checkout")
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def numbers(sample: Sample, name: str) -> np.ndarray:
    return sample[name].astype(float)


def near(found, *expected: float, rel: float = 1e-9) -> bool:
    return np.atleast_1d(np.asarray(found)) == pytest.approx(np.array(expected), rel=rel)


@pytest.fixture
def stratified(shared: Path) -> tuple[Sample, Design]:
    sample = load(shared, "apistrat.csv")
    return sample, Design(numbers(sample, "pw"), sample["stype"], numbers(sample, "fpc"))


@pytest.fixture
def simple(shared: Path) -> tuple[Sample, np.ndarray, np.ndarray]:
    sample = load(shared, "apisrs.csv")
    return sample, numbers(sample, "pw"), numbers(sample, "fpc")


def test_stratified_means_totals_and_ratios_as_in_r(stratified: tuple[Sample, Design]) -> None:
    sample, design = stratified
    enroll, inside = numbers(sample, "enroll"), numbers(sample, "ell") > 20
    mean, total = design.mean(numbers(sample, "api00")), design.total(enroll)
    assert near((mean.value, mean.se), 662.287363159, 9.40894080278)
    assert near((total.value, total.se), 3687177.53244, 114641.716101)
    ratio = design.ratio(numbers(sample, "api.stu"), enroll)
    assert near((ratio.value, ratio.se), 0.836956886941, 0.00775710316664)
    domain, part = design.mean(numbers(sample, "api00"), inside), design.total(enroll * inside)
    assert near((domain.value, domain.se), 578.82542084, 11.2756493816)
    assert near((part.value, part.se), 1594426.72795, 157113.253606)
    shares = [design.mean((sample["stype"] == code).astype(float)) for code in "EHM"]
    assert near([share.value for share in shares], 0.713755237068, 0.121892157602, 0.164352605330)
    assert [share.se for share in shares] == pytest.approx([0, 0, 0], abs=1e-12)
    assert design.df == 197


def test_proportions_as_in_r(stratified: tuple[Sample, Design], simple) -> None:
    sample, design = stratified
    wide = design.mean((sample["sch.wide"] == "Yes").astype(float))
    assert near((wide.value, wide.se), 0.827948011416, 0.0243447801131)
    assert near(korn_graubard(wide.value, wide.se, 200, design.df), 0.774171328597, 0.873431592621)
    assert near(student_interval(wide.value, wide.se, design.df), 0.779938180973, 0.875957841859)
    rare = design.mean((numbers(sample, "ell") == 0).astype(float))
    assert near(rare.value, 0.0530384247148)
    assert near(korn_graubard(rare.value, rare.se, 200, design.df), 0.0263095487337, 0.0939867335719)
    sample, weights, population = simple
    wide = Design(weights, None, population).mean((sample["sch.wide"] == "Yes").astype(float))
    assert near(korn_graubard(wide.value, wide.se, 200, 199), 0.755071745624, 0.865604341407)


def test_quantiles_as_in_r(stratified: tuple[Sample, Design]) -> None:
    sample, design = stratified
    found = [design.quantile(numbers(sample, "api00"), q) for q in (0.25, 0.5, 0.75)]
    assert found == [(565, 535, 597), (668, 642, 694), (756, 726, 778)]


def test_calibrated_totals_as_in_r(simple) -> None:
    sample, start, population = simple
    enroll = numbers(sample, "enroll")
    stype = np.column_stack([sample["stype"] == code for code in "EHM"]).astype(float)
    wide = np.column_stack([sample["sch.wide"] == code for code in ("No", "Yes")]).astype(float)
    score = np.column_stack([np.ones(200), stype[:, 1:], numbers(sample, "api99")])

    def total(margins: np.ndarray, totals: list[float], method: str):
        found = calibrate(margins, np.array(totals), start, method)
        return found, Design(found.weights, None, population, margins, start).total(enroll)

    _, post = total(stype, [4421, 755, 1018], "linear")
    assert near((post.value, post.se), 3605259.38259, 122264.297722)
    raked, both = total(np.column_stack([stype, wide]), [4421, 755, 1018, 1072, 5122], "raking")
    assert near((both.value, both.se), 3601227.3233, 121701.692305)
    assert near(
        sorted(set(raked.weights.round(8))),
        28.91076830, 29.00310268, 29.03312674, 31.39636595, 31.49663876, 31.52924414,
    )  # fmt: skip
    goal = [6194, 755, 1018, 3914069]
    linear, estimate = total(score, goal, "linear")
    assert near((estimate.value, estimate.se), 3594743.38405, 120815.423438)
    assert near(linear.weights[:3], 28.4650245666, 33.5764165151, 31.9915924415)
    raking, estimate = total(score, goal, "raking")
    assert near((estimate.value, estimate.se), 3594732.20727, 120814.093426)
    assert near(raking.weights[:3], 28.5324577549, 33.6289108463, 31.9602917428)


EMPLOYEES = np.array([80, 90, 60, 140, 90, 100, 130, 470000.0])


def employees(sample: Sample) -> np.ndarray:
    listed = [("category", "123"), ("sex", "12"), ("department", "12")]
    indicators = [sample[name] == code for name, codes in listed for code in codes]
    return np.column_stack([*indicators, numbers(sample, "salary")]).astype(float)


@pytest.mark.parametrize(
    ("method", "bounds", "column", "mean"),
    [
        ("linear", None, "wLinear", 2.93),
        ("raking", None, "wRaking", 3.22),
        ("logit", (0.4, 2.2), "wLogit", 3.14),
    ],
)
def test_weights_of_icarus(shared: Path, method: str, bounds, column: str, mean: float) -> None:
    sample = load(shared, "data_employees.csv")
    expected = numbers(load(shared, "calWeights_movies.csv"), column)
    found = calibrate(employees(sample), EMPLOYEES, numbers(sample, "weight"), method, bounds)
    assert np.abs(found.weights - expected).max() < 5.01e-5, "the reference is printed with four decimals"
    assert round(float(found.weights @ numbers(sample, "movies")) / 230, 2) == mean


@pytest.mark.parametrize("bounds", [(0.5, 1.5), (0.6, 2.0)])
@pytest.mark.parametrize("method", some_of(["logit", "truncated"]))
def test_impossible_margins_never_give_weights(
    shared: Path, bounds: tuple[float, float], method: str
) -> None:
    sample = load(shared, "data_employees.csv")
    with pytest.raises(ObservatoryError) as caught:
        calibrate(employees(sample), EMPLOYEES, numbers(sample, "weight"), method, bounds)
    assert caught.value.code == "E260"


def test_a_margin_without_respondents_is_refused() -> None:
    margins = np.array([[1.0, 0.0], [1.0, 0.0]])
    with pytest.raises(ObservatoryError):
        calibrate(margins, np.array([10.0, 3.0]), np.array([5.0, 5.0]), "raking")
    with pytest.raises(ObservatoryError) as caught:
        calibrate(margins[:, :1], np.array([10.0]), np.array([5.0, 5.0]), "logit", (1.2, 3))
    assert caught.value.code == "E261"


@given(st.integers(0, 10**6), st.sampled_from(["raking", "linear", "logit", "truncated"]))
def test_calibrated_weights_hold_their_margins_and_bounds(seed: int, method: str) -> None:
    chance = np.random.default_rng(seed)
    size, band = chance.integers(0, 3, 60), chance.integers(0, 2, 60)
    margins = np.column_stack([size == 0, size == 1, size == 2, band == 0, band == 1]).astype(float)
    true = chance.uniform(0.7, 1.6, 60) * 8
    totals = margins.T @ true
    found = calibrate(margins, totals, np.full(60, totals[:3].sum() / 60), method, (0.3, 3.0))
    assert margins.T @ found.weights == pytest.approx(totals, rel=1e-8)
    assert found.ratios.mean() == pytest.approx(1)
    if method in ("logit", "truncated"):
        assert found.ratios.min() >= 0.3 - 1e-9 and found.ratios.max() <= 3 + 1e-9
    assert 0 < kish(found.weights) <= 60 + 1e-9


def test_small_categories_are_merged_with_a_neighbour() -> None:
    groups = [Group((c,), c, n, 10 * n) for c, n in (("a", 3), ("b", 20), ("c", 4), ("d", 9), ("e", 0))]
    ordered = collapse(groups, 5, True, {})
    assert [(g.codes, g.respondents, g.population) for g in ordered] == [
        (("a", "b"), 23, 230),
        (("c", "d", "e"), 13, 130),
    ]
    named = collapse(groups, 5, True, {"a": "d", "e": "b"})
    assert {frozenset(g.codes) for g in named} == {frozenset("ad"), frozenset("bce")}
    assert collapse(groups, 1000, False, {})[0].respondents == 36
    assert collapse([], 5, True, {}) == []


@pytest.mark.parametrize(
    ("k", "n", "population", "low", "high"),
    [
        (81, 263, None, 0.2553, 0.3662),
        (15, 148, None, 0.0624, 0.1605),
        (0, 20, None, 0.0, 0.1611),
        (1, 29, None, 0.0061, 0.1718),
        (22, 57, None, 0.271, 0.516),
        (22, 57, 190, 0.287, 0.495),
        (22, 57, 449, 0.277, 0.507),
        (17, 37, None, 0.310, 0.616),
        (57, 57, 57, 1.0, 1.0),
    ],
)
def test_wilson(k: int, n: int, population: int | None, low: float, high: float) -> None:
    found = wilson(k, n, population)
    assert [float(bound) for bound in found] == pytest.approx(
        [low, high], abs=6e-4 if n in (57, 37) else 6e-5
    )


def test_intervals_at_the_edges() -> None:
    assert [round(float(bound), 3) for bound in clopper_pearson(22, 57)] == [0.260, 0.524]
    assert float(clopper_pearson(0, 10)[0]) == 0 and float(clopper_pearson(10, 10)[1]) == 1
    low, high = korn_graubard(0.0, 0.0, 40, 39, population=449)
    assert (float(low), round(float(high), 4)) == (0.0, round(1 - 0.025 ** (409 / (40 * 448)), 4))
    assert float(finite_n(57, 57)) == np.inf and float(finite_n(57, None)) == 57
    assert np.isnan(wilson(0, 0)[0])


def test_difference_of_two_proportions_as_published() -> None:
    """Newcombe (1998), method 10: 56/70 less 48/80 is 0.2, from 0.0524 to 0.3339."""
    low, high = difference((48, 80, None), (56, 70, None))
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


SAMPLES, N_ANSWERS = 10_000, 57


@pytest.mark.parametrize("population", some_of([190, 449]))
def test_coverage_of_proportions(population: int) -> None:
    """Over shares from 5 % to 95 %, the interval holds the true share about 95 times in 100."""
    chance = np.random.default_rng(2012)
    covered = []
    for share in np.arange(0.05, 0.951, 0.05):
        holding = round(share * population)
        found = chance.hypergeometric(holding, population - holding, N_ANSWERS, SAMPLES)
        low, high = wilson(found, N_ANSWERS, population)
        true = holding / population
        covered.append(float(np.mean((low <= true) & (true <= high))))
    assert 0.945 < np.mean(covered) < 0.96, covered
    assert min(covered) > 0.91, covered


@pytest.mark.parametrize("population", some_of([190, 449]))
def test_coverage_of_means_ratios_and_medians(population: int, thorough: bool) -> None:
    """A skewed population of posts: the linearised intervals hold close to what they say, a little less as n is small."""
    chance = np.random.default_rng(57)
    posts = np.ceil(chance.lognormal(1.9, 1.1, population))
    permanent = chance.binomial(posts.astype(int), 0.75).astype(float)
    truth = (posts.mean(), permanent.sum() / posts.sum(), float(np.sort(posts)[(population - 1) // 2]))
    held, samples = np.zeros(3), SAMPLES if thorough else SAMPLES // 10
    for _ in range(samples):
        drawn = chance.permutation(population)[:N_ANSWERS]
        design = Design(np.full(N_ANSWERS, population / N_ANSWERS), None, np.full(N_ANSWERS, population))
        mean, ratio = design.mean(posts[drawn]), design.ratio(permanent[drawn], posts[drawn])
        bounds = [student_interval(estimate.value, estimate.se, 56) for estimate in (mean, ratio)]
        bounds.append(design.quantile(posts[drawn])[1:])
        held += [low <= true <= high for (low, high), true in zip(bounds, truth, strict=True)]
    share = held / samples
    assert share[0] > 0.85 and share[1] > 0.88 and share[2] > 0.92, share


@pytest.mark.parametrize("population", some_of([190, 449]))
def test_coverage_of_calibrated_proportions(population: int) -> None:
    """Ten thousand answers that over-represent large units: calibrated, the interval holds; left as they are, it does not."""
    chance = np.random.default_rng(449)
    is_large = np.arange(population) < round(0.3 * population)
    holds = chance.random(population) < np.where(is_large, 0.7, 0.3)
    true = holds.mean()
    # Large units answer twice as often: an exponential race draws 57 without replacement, all samples at once.
    race = chance.exponential(1, (SAMPLES, population)) / np.where(is_large, 2.0, 1.0)
    drawn = np.argpartition(race, N_ANSWERS, axis=1)[:, :N_ANSWERS]
    large, y = is_large[drawn], holds[drawn].astype(float)
    n_large = large.sum(axis=1)
    sizes = (is_large.sum(), population - is_large.sum())
    counts = (n_large, N_ANSWERS - n_large)
    means = [(y * group).sum(axis=1) / n for group, n in zip((large, ~large), counts, strict=True)]
    estimate = sum(size * mean for size, mean in zip(sizes, means, strict=True)) / population
    weights = np.where(large, (sizes[0] / counts[0])[:, None], (sizes[1] / counts[1])[:, None])
    residuals = y - np.where(large, means[0][:, None], means[1][:, None])
    scores = weights * residuals / population
    variance = N_ANSWERS * scores.var(axis=1, ddof=1) * (1 - N_ANSWERS / population)
    low, high = korn_graubard(estimate, np.sqrt(variance), N_ANSWERS, N_ANSWERS - 1, population=population)
    assert np.mean((low <= true) & (true <= high)) > 0.945
    low, high = wilson(y.sum(axis=1), N_ANSWERS, population)
    assert np.mean((low <= true) & (true <= high)) < 0.93
    margins = np.column_stack([large[0], ~large[0]]).astype(float)
    start = np.full(N_ANSWERS, population / N_ANSWERS)
    ours = calibrate(margins, np.array(sizes, float), start, "raking")
    assert ours.weights == pytest.approx(weights[0])
    design = Design(ours.weights, None, np.full(N_ANSWERS, population), margins, start)
    assert design.mean(y[0]).se == pytest.approx(float(np.sqrt(variance[0])))
