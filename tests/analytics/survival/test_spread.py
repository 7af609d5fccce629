from __future__ import annotations

from statistics import variance

import numpy as np
import pytest
from scipy import stats

from analytics.cohort.cohort import STATES
from analytics.cohort.units import THESE
from analytics.survival import incidence
from analytics.survival.errors.small_samples import moments_of, reach_of, variance_of_means
from analytics.survival.errors.spread import Spread, kurtosis_of_hours
from tests.builders.trains import TrainCompany

DICE = np.random.default_rng(20261130)


def influence_of(means: list[list[float]], changes: int = 10) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The influence of clusters of as many changes on the mean of all, their sizes and strata."""
    flat = np.concatenate([np.array(stratum) for stratum in means])
    stratum = np.repeat(np.arange(len(means)), [len(clusters) for clusters in means])
    return (flat - flat.mean()) / flat.size, np.full(flat.size, float(changes)), stratum


def test_strata_give_the_variance_of_textbooks() -> None:
    """Clusters of as many changes: the variance of stratified sampling, by the standard library (Cochran 1977, 5.3)."""
    means = [[3.0, 5.0, 4.0, 9.0], [100.0, 103.0, 99.0], [7.0, 7.5, 6.0, 8.0, 9.5]]
    influence, sizes, stratum = influence_of(means)
    clusters = sum(map(len, means))
    parts = [(len(stratum) / clusters) ** 2 * variance(stratum) / len(stratum) for stratum in means]
    error, critical = Spread.by(sizes, stratum).errors(influence, 0.95)
    assert error == pytest.approx(np.sqrt(sum(parts)), rel=1e-12)
    # Welch's degrees of freedom, by hand.
    degrees = sum(parts) ** 2 / sum(part**2 / (len(of) + 1) for part, of in zip(parts, means, strict=True)) - 2
    assert critical == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-9)


def test_how_far_strata_lie_apart_does_not_matter() -> None:
    """The question is about these repositories: that one is slower than another is no uncertainty."""
    near, far = [[1.0, 2.0, 4.0], [2.0, 3.0, 3.5]], [[1.0, 2.0, 4.0], [902.0, 903.0, 903.5]]
    errors = []
    for means in (near, far):
        influence, sizes, stratum = influence_of(means)
        errors.append(float(Spread.by(sizes, stratum).errors(influence, 0.95)[0]))
    assert errors[0] == pytest.approx(errors[1], rel=1e-9)
    influence, sizes, _ = influence_of(far)
    assert float(Spread.by(sizes).errors(influence, 0.95)[0]) > 100 * errors[0]


def test_one_stratum_reaches_as_far_as_a_group_of_a_comparison() -> None:
    """Unlike clusters of one stratum: variance and degrees of freedom are those of `reach_of`, found by matrices."""
    sizes = np.array([3.0, 40.0, 9.0, 1.0, 70.0, 22.0])
    share = sizes / sizes.sum()
    means = DICE.normal(size=6)
    influence = share * (means - share @ means)
    reach = reach_of([(share, sizes)])
    error, critical = Spread.by(sizes, np.zeros(6, dtype=np.int64)).errors(influence, 0.95)
    assert error == pytest.approx(reach.inflation * np.sqrt((influence**2).sum()), rel=1e-9)
    assert error * critical == pytest.approx(reach.critical(0.95) * np.sqrt((influence**2).sum()), rel=1e-9)
    # The same traces, of matrices written out.
    form = np.diag(share) @ (np.eye(6) - np.outer(np.ones(6), share))
    covariance = form @ np.diag(variance_of_means(sizes)) @ form.T
    true, estimated, square = (float(part[0]) for part in moments_of(share, variance_of_means(sizes), np.zeros(1, int)))
    assert true == pytest.approx((share**2 * variance_of_means(sizes)).sum())
    assert estimated == pytest.approx(float(np.trace(covariance)))
    assert square == pytest.approx(float((covariance**2).sum()))


def test_a_stratum_of_one_cluster_is_taken_to_vary_as_the_others() -> None:
    """Nothing can be seen of it alone; leaving it out would make the interval narrower for less information."""
    influence, sizes, stratum = influence_of([[1.0, 2.0, 4.0, 3.0], [9.0]])
    alone, _ = Spread.by(sizes, stratum).errors(influence, 0.95)
    influence[4] = 0.0
    without, _ = Spread.by(np.append(sizes[:4], 0.0), stratum).errors(influence, 0.95)
    # Two in ten of the changes: (1/5)² · v beside (4/5)² · v / 4.
    assert alone / without == pytest.approx(np.sqrt((0.16 + 0.04) / 0.16), rel=1e-9)


def test_hours_reach_farther_the_fewer_units_there_are() -> None:
    """Squares as if each unit were left out, and half the degrees of freedom; the standard error is the same."""
    for units in (5, 12, 60):
        influence, sizes, stratum = influence_of([DICE.normal(size=units).tolist()])
        spread = Spread.by(sizes, stratum)
        (error, critical), (of_hours, farther), (of_batches, farthest) = (
            spread.errors(influence, 0.95, kurtosis=kurtosis) for kurtosis in (None, 2.0, 4.0)
        )
        assert of_hours == of_batches == error
        assert critical == pytest.approx(stats.t.ppf(0.975, units - 1), rel=1e-9)
        left_out = np.sqrt(units / (units - 1))
        assert farther == pytest.approx(left_out * stats.t.ppf(0.975, (units - 1) / 2), rel=1e-9)
        assert farthest == pytest.approx(left_out * stats.t.ppf(0.975, (units - 1) / 3), rel=1e-9)
    assert farther / critical < 1.03


def test_each_estimate_reaches_by_its_own_kurtosis() -> None:
    """Hours in a stage that changes leave one by one, and in one that many leave with a release, side by side."""
    influence, sizes, stratum = influence_of([DICE.normal(size=9).tolist(), DICE.normal(size=7).tolist()])
    spread = Spread.by(sizes, stratum)
    _, both = spread.errors(np.stack([influence, influence, 0.0 * influence]), 0.95, kurtosis=np.array([2.0, 4.0, 4.0]))
    alone = [float(spread.errors(influence, 0.95, kurtosis=kurtosis)[1]) for kurtosis in (2.0, 4.0)]
    assert both[:2].tolist() == pytest.approx(alone, rel=1e-12)
    assert both[0] < both[1]


def test_hours_until_a_release_have_the_kurtosis_of_batches() -> None:
    """`staging`, `release` and `deploy` end for many at once; the other stages, and the ends, for each by itself."""
    company = TrainCompany(2, 200)
    dice = np.random.default_rng(4)
    seen = company.seen(company.draw(dice), dice)
    kurtosis = dict(zip(STATES, kurtosis_of_hours(seen.moves(THESE)).tolist(), strict=True))
    assert {state for state, value in kurtosis.items() if value == 4.0} == {"staging", "release", "deploy"}
    assert {value for state, value in kurtosis.items() if state not in {"staging", "release", "deploy"}} == {2.0}


def test_hours_of_several_repositories_reach_by_the_parts_of_each() -> None:
    """Repositories of 4, 3 and 5 months: each part as if a month of its own were left out, degrees by Welch."""
    means = [[3.0, 5.0, 4.0, 9.0], [100.0, 103.0, 99.0], [7.0, 7.5, 6.0, 8.0, 9.5]]
    influence, sizes, stratum = influence_of(means)
    parts = [len(of) ** 2 * variance(of) / len(of) for of in means]
    larger = sum(part * len(of) / (len(of) - 1) for part, of in zip(parts, means, strict=True)) / sum(parts)
    uncertain = [part**2 / ((len(of) - 1) / 2 + 2) for part, of in zip(parts, means, strict=True)]
    _, critical = Spread.by(sizes, stratum).errors(np.stack([influence, 0.0 * influence]), 0.95, kurtosis=2.0)
    degrees = sum(parts) ** 2 / sum(uncertain) - 2
    assert critical[0] == pytest.approx(np.sqrt(larger) * stats.t.ppf(0.975, degrees), rel=1e-9)
    # Where nothing varies: those of the working model, each repository's mean as uncertain as it has months.
    usual = 12**2 / sum(len(of) ** 2 / (len(of) - 1) for of in means)
    assert critical[1] == pytest.approx(stats.t.ppf(0.975, usual / 2), rel=1e-9)


def test_where_nothing_varies_the_reach_is_still_a_number() -> None:
    """No error, and Student's t of as many clusters as there are; of single clusters nothing can be said."""
    spread = Spread.by(np.full(8, 5.0), np.repeat([0, 1], 4))
    error, critical = spread.errors(np.zeros((3, 8)), 0.95)
    assert error.tolist() == [0.0] * 3
    assert critical[0] == pytest.approx(stats.t.ppf(0.975, 6), rel=1e-9)
    assert np.isnan(Spread.by(np.ones(3), np.arange(3)).errors(np.zeros(3), 0.95)[0])


def test_the_order_of_units_does_not_matter() -> None:
    """Units may be numbered in any way, and numbers that no change has are skipped."""
    hours, ended = DICE.exponential(20.0, 200), DICE.integers(-1, 2, 200)
    cluster, stratum = DICE.integers(0, 12, 200), np.arange(12) // 4
    one = incidence(hours, ended, ("production", "abandoned"), cluster=cluster, clusters=12, stratum=stratum)
    place = DICE.permutation(15)[:12]
    moved = np.zeros(15, dtype=np.int64)
    moved[place] = stratum
    other = incidence(hours, ended, ("production", "abandoned"), cluster=place[cluster], clusters=15, stratum=moved)
    for name in ("probability", "lower", "upper"):
        np.testing.assert_allclose(getattr(one.at([5.0, 30.0]), name), getattr(other.at([5.0, 30.0]), name), rtol=1e-9)
