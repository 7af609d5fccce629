"""Corrections of chances, worked out by other means: root finders, minimisers and sums written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, special, stats

from analytics.survival.arrays import BoolArray, FloatArray
from analytics.worklist.calibration import reliability
from analytics.worklist.held_out import AS_THEY_ARE, Choice, HeldOut, held_out
from analytics.worklist.landmarks import Past
from tests.analytics.test_held_out import with_bounds


def earlier(seed: int, each: int, *, intercept: float = 0.0, slope: float = 1.0, times: int = 9) -> HeldOut:
    """Chances of so many times, and what came, by that intercept and slope of their log odds."""
    dice = np.random.default_rng([77, seed])
    time = 1 + np.repeat(np.arange(times), each)
    odds = dice.normal(0.4, 1.2, time.size)
    return HeldOut(
        with_bounds(special.expit(odds)), dice.random(time.size) < special.expit(intercept + slope * odds), time
    )


def weights(found: HeldOut) -> FloatArray:
    """Half as much for each 75 days, as many as they amount to."""
    age = np.array([0.5 ** ((time - min(found.time)) * 14.0 / 75.0) for time in found.time.tolist()])
    return np.asarray(age * (age.sum() / (age**2).sum()))


def scores_vary(found: HeldOut, expected: FloatArray, column: FloatArray | float = 1.0) -> float:
    """The design effect of times: the squares of their sums over those of independent changes."""
    weight = weights(found) * column
    sums = [float((weight * (found.came - expected))[found.time == time].sum()) for time in sorted(set(found.time))]
    return max(1.0, sum(value**2 for value in sums) / float((weight**2 * expected * (1.0 - expected)).sum()))


@pytest.mark.parametrize("found", [earlier(1, 40), earlier(2, 12, intercept=1.5), earlier(3, 5, intercept=-1.0)])
def test_the_base_rate_is_a_beta_of_as_many_changes_as_times_amount_to(found: HeldOut) -> None:
    """Its mean and 95 % bounds, half a change each way."""
    weight = weights(found)
    share = float((weight * found.came).sum() / weight.sum())
    size = weight.sum() / scores_vary(found, np.full(found.came.size, share))
    beta = stats.beta(size * share + 0.5, size * (1.0 - share) + 0.5)
    assert found.base() == pytest.approx((beta.mean(), beta.ppf(0.025), beta.ppf(0.975)), rel=1e-9)


@pytest.mark.parametrize(
    "found", [earlier(4, 40, intercept=-1.0), earlier(5, 12, slope=0.5), earlier(6, 60, slope=2.0)]
)
def test_the_intercept_makes_them_right_on_average(found: HeldOut) -> None:
    """With the told slope what came is what was told, a change of the base rate added at the middle of log odds."""
    choice, weight, odds = found.choice(), weights(found), special.logit(found.chance[:, 0])
    middle = np.average(odds, weights=weight)

    def missing(intercept: float) -> float:
        told = special.expit(intercept + choice.slope * odds)
        return (
            float((weight * (found.came - told)).sum())
            + found.base()[0]
            - float(special.expit(intercept + choice.slope * middle))
        )

    assert choice.slope > 0.0
    assert choice.intercept == pytest.approx(optimize.brentq(missing, -9.0, 9.0, xtol=1e-12), abs=1e-8)


def slope_by_scipy(found: HeldOut) -> float:
    """The penalised slope, shrunk, as `scipy` finds it."""
    weight, odds = weights(found), special.logit(np.clip(found.chance[:, 0], 1e-4, 1.0 - 1e-4))
    middle = np.average(odds, weights=weight)
    odds = odds - middle

    def loss(beta: FloatArray, by: float) -> float:
        score = beta[0] + beta[1] * odds
        each = np.logaddexp(0.0, np.where(found.came, -score, score))
        return float((weight * each).sum() / by + 0.5 * (beta[0] - middle) ** 2 + (beta[1] - 1.0) ** 2)

    by, beta = 1.0, np.array([middle, 1.0])
    for _ in range(3):
        beta = optimize.minimize(loss, beta, args=(by,), tol=1e-12).x
        by = scores_vary(found, special.expit(beta[0] + beta[1] * odds))
    fitted = special.expit(beta[0] + beta[1] * odds)
    spread = weight * fitted * (1.0 - fitted)
    information = np.array([[spread.sum(), spread @ odds], [spread @ odds, spread @ odds**2]])
    chi_square = beta[1] ** 2 / (np.linalg.inv(information)[1, 1] * scores_vary(found, fitted, odds))
    return float(beta[1] * max(0.0, 1.0 - 2.0 / chi_square)) if beta[1] > 0.0 else 0.0


def parted(each: int) -> HeldOut:
    """Chances that part all that came from all that did not: without priors no slope would be large enough."""
    time = np.repeat(np.arange(8), each)
    came = np.arange(time.size) % 3 > 0
    return HeldOut(with_bounds(np.where(came, 0.55, 0.45) + 0.001 * (np.arange(time.size) % 7)), came, time)


@pytest.mark.parametrize(
    "found",
    [earlier(7, 50), earlier(8, 15, slope=0.4), earlier(9, 30, slope=3.0), earlier(10, 30, slope=-0.5), parted(20)],
)
def test_the_slope_is_that_of_a_minimiser(found: HeldOut) -> None:
    """Right, overconfident, too timid, contrary and perfectly parted chances; contrary ones have the base rate."""
    assert found.shrunk_slope() == pytest.approx(slope_by_scipy(found), abs=2e-4)


def test_an_unclear_correction_of_merged_changes_is_none() -> None:
    """Chances that are right within their error stay as they are; where nothing predicts, there is the base rate."""
    right = earlier(20, 12)
    choice = right.choice(merged=True)
    assert choice.slope == 1.0
    assert choice.intercept == pytest.approx(0.0, abs=1e-12)
    assert 0.0 < right.choice().slope < 1.0
    assert earlier(10, 30, slope=-0.5).choice(merged=True).is_base


@pytest.mark.parametrize(
    "found", [earlier(21, 60, intercept=1.0), earlier(22, 60, slope=0.4), earlier(23, 40, slope=2.0)]
)
def test_a_clear_correction_of_merged_changes_is_shrunk_towards_none(found: HeldOut) -> None:
    """By one minus two over the chi square of its distance from none, intercept and slope alike, as by `scipy`."""
    weight, odds = weights(found), special.logit(found.chance[:, 0])
    middle = np.average(odds, weights=weight)

    def loss(beta: FloatArray, by: float) -> float:
        score = beta[0] + beta[1] * (odds - middle)
        each = np.logaddexp(0.0, np.where(found.came, -score, score))
        return float((weight * each).sum() / by + 0.5 * (beta[0] - middle) ** 2 + (beta[1] - 1.0) ** 2)

    by, beta = 1.0, np.array([middle, 1.0])
    for _ in range(3):
        beta = optimize.minimize(loss, beta, args=(by,), tol=1e-12).x
        fitted = special.expit(beta[0] + beta[1] * (odds - middle))
        by = scores_vary(found, fitted)
    spread = weight * fitted * (1.0 - fitted)
    on_slope = (spread @ (odds - middle) ** 2 - (spread @ (odds - middle)) ** 2 / spread.sum()) / scores_vary(
        found, fitted, odds - middle
    )
    chi_square = (beta[0] - middle) ** 2 * spread.sum() / by + (beta[1] - 1.0) ** 2 * on_slope
    kept = 1.0 - 2.0 / chi_square
    assert kept > 0.5
    choice, slope = found.choice(merged=True), 1.0 + kept * (beta[1] - 1.0)
    assert choice.slope == pytest.approx(slope, abs=1e-3)
    assert choice.intercept == pytest.approx(middle + kept * (beta[0] - middle) - slope * middle, abs=1e-3)


def test_the_sure_are_taken_as_nearly_sure() -> None:
    """Chances of 0 and 1 count as one in ten thousand, each way."""
    sure, nearly = (
        HeldOut(with_bounds(np.array([low, 0.5, high] * 60)), np.arange(180) % 3 > 0, np.repeat(np.arange(9), 20))
        for low, high in ((1e-9, 1.0 - 1e-9), (1e-4, 1.0 - 1e-4))
    )
    assert sure.shrunk_slope() == pytest.approx(nearly.shrunk_slope())


def test_a_told_chance_reaches_as_far_as_both_its_sources() -> None:
    """In log odds: the root of the squares of its own reach, times the slope, and that of the base rate."""
    choice = Choice(0.3, 0.5, (0.6, 0.4, 0.9))
    own = np.array([[0.8, 0.7, 0.95], [0.2, 0.1, 0.4], [np.nan, np.nan, np.nan]])
    told = special.logit(choice.told(own))
    for row in range(2):
        odds, base = special.logit(own[row]), special.logit(np.array(choice.base))
        middle = 0.3 + 0.5 * odds[0]
        below = np.hypot(0.5 * (odds[0] - odds[1]), base[0] - base[1])
        above = np.hypot(0.5 * (odds[2] - odds[0]), base[2] - base[0])
        np.testing.assert_allclose(told[row], [middle, middle - below, middle + above])
    assert np.isnan(told[2]).all()
    np.testing.assert_array_equal(AS_THEY_ARE.told(own), own)
    assert not AS_THEY_ARE.is_base


@pytest.mark.parametrize(("size", "corrected"), [(19, False), (20, True)])
def test_twenty_changes_of_three_times_are_enough(size: int, corrected: bool) -> None:
    """And nineteen are not."""
    time = np.arange(size) % 3
    found = HeldOut(with_bounds(np.linspace(0.1, 0.9, size)), np.arange(size) % 2 == 0, time)
    assert (found.choice() is not AS_THEY_ARE) is corrected


def steady(size: int, *, hours: float = 400.0) -> Past:
    """Stays of so many hours each, begun evenly over a year and a half; two of three arrive at their end."""
    seen = np.linspace(10.0, 13_000.0, size)
    ended = seen > hours
    stay = np.where(ended, hours, seen)
    came = ended & (np.arange(size) % 3 > 0)
    return Past(np.zeros(size, np.int64), 1, (seen // 730.5).astype(np.int64), stay, stay, seen, came)


def test_one_that_waits_longer_than_any_other_leaves_the_others_their_chances() -> None:
    """It has none itself, at no earlier time; those that waited with it keep theirs, and all times count."""
    past = steady(2000)
    hermit = Past(past.repository[:1], 1, past.batch[-1:], *(np.array([13_000.0]),) * 3, np.array([False]))
    names = ("repository", "batch", "hours", "end_hours", "seen_hours", "arrived")
    both = Past(
        repositories=1, **{name: np.concatenate([getattr(past, name), getattr(hermit, name)]) for name in names}
    )
    for alone, together in zip(
        *(held_out(one, np.zeros(one.hours.size, np.int64)) for one in (past, both)), strict=True
    ):
        assert together.time.tolist() == alone.time.tolist()
        assert together.came.tolist() == alone.came.tolist()


def test_earlier_times_are_a_fortnight_apart_and_end_where_it_is_known_what_came() -> None:
    """Of the latest, a week ago, only a week ahead is known; of 16 times the oldest is 217 days ago."""
    week, fortnight, month = held_out(steady(3000), np.zeros(3000, np.int64))
    assert sorted(set(week.time.tolist())) == list(range(16))
    assert sorted(set(fortnight.time.tolist())) == list(range(1, 16))
    assert sorted(set(month.time.tolist())) == list(range(2, 16))
    # What has waited between 400 - 168 and 400 hours ends within the week: two of three of these came.
    assert week.came.mean() == pytest.approx(2.0 / 3.0 * 168.0 / 400.0, abs=0.01)


@pytest.mark.slow
def test_of_very_many_stays_an_even_sample_is_judged() -> None:
    """Of 40,000 each fifth, of 8,000 all: the same times, as many changes at each."""
    few, many = (held_out(steady(size), np.zeros(size, np.int64))[0] for size in (8_000, 40_000))
    assert many.came.size == pytest.approx(few.came.size, rel=0.02)
    assert many.came.mean() == pytest.approx(few.came.mean(), abs=0.01)


def logistic(chance: FloatArray, happened: BoolArray) -> FloatArray:
    """Intercept and slope of largest likelihood, as `scipy` finds them."""
    odds = special.logit(np.clip(chance, 1e-4, 1.0 - 1e-4))

    def loss(beta: FloatArray) -> float:
        score = beta[0] + beta[1] * odds
        return float(np.logaddexp(0.0, np.where(happened, -score, score)).sum())

    return np.asarray(optimize.minimize(loss, [0.0, 1.0], tol=1e-12).x)


@pytest.mark.parametrize(("seed", "intercept", "slope"), [(1, 0.0, 1.0), (2, 4.0, 0.1), (3, -3.0, 2.5), (4, 0.0, -1.0)])
def test_calibration_is_that_of_the_largest_likelihood(seed: int, intercept: float, slope: float) -> None:
    """Also where the first step would lead away."""
    dice = np.random.default_rng([78, seed])
    chance = special.expit(dice.normal(0.0, 2.0, 400))
    happened = dice.random(400) < special.expit(intercept + slope * special.logit(chance))
    found = reliability(chance, happened)
    assert [found.intercept, found.slope] == pytest.approx(logistic(chance, happened).tolist(), abs=1e-4)


def test_where_nothing_can_be_fitted_there_is_no_slope() -> None:
    """All came, none came, one chance for all, and chances that part what came from the rest."""
    chance = np.linspace(0.05, 0.95, 40)
    for chances, happened in (
        (chance, np.ones(40, bool)),
        (chance, np.zeros(40, bool)),
        (np.full(40, 0.3), np.arange(40) % 2 == 0),
        (chance, chance > 0.5),
    ):
        found = reliability(chances, happened)
        assert (found.intercept, found.slope) == (None, None)
    assert reliability(chance, np.ones(40, bool)).skill == 0.0


def test_bins_are_tenths_in_the_order_of_chances() -> None:
    """Each with its mean and its share; fewer changes than tenths are a bin each."""
    chance = np.array([0.9, 0.1, 0.5, 0.3])
    found = reliability(chance, np.array([True, False, True, False]), bins=2)
    assert [(part.chance, part.happened, part.changes) for part in found.bins] == [(0.2, 0.0, 2), (0.7, 1.0, 2)]
    assert found.brier == pytest.approx((0.01 + 0.01 + 0.25 + 0.09) / 4.0)
    assert found.mean_chance == pytest.approx(0.45)
    assert (found.brier_base, found.happened, found.changes) == (0.25, 0.5, 4)
    assert len(reliability(chance, np.array([True, False, True, False])).bins) == 4
