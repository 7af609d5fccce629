from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import optimize, special

from analytics.worklist.held_out import AS_THEY_ARE, HeldOut, held_out
from analytics.worklist.landmarks import CHANCE_HOURS, HALF_LIVES, Asked, Past, chances
from analytics.worklist.recalibration import STEP_HOURS, Rows
from analytics.worklist.waiting import worklist
from tests.analytics.pushes import World, requests, snapshot


def with_bounds(chance: np.ndarray, reach: float = 1.0) -> np.ndarray:
    """Chances (rows,) with bounds a `reach` of log odds away, the same by each half-life, (half-lives, rows, 3)."""
    odds = special.logit(chance)
    rows = np.stack([chance, special.expit(odds - reach), special.expit(odds + reach)], axis=1)
    return np.stack([rows] * len(HALF_LIVES))


def as_of(past: Past, ago: float) -> Past:
    """The stays that had begun so many hours ago, as far as they had come then."""
    begun = past.take(past.seen_hours > ago)
    seen = begun.seen_hours - ago
    return replace(
        begun,
        hours=np.minimum(begun.hours, seen),
        end_hours=np.minimum(begun.end_hours, seen),
        seen_hours=seen,
        arrived=begun.arrived & (begun.end_hours <= seen),
    )


def told_at(dice: np.random.Generator, each: int, *, slope: float) -> HeldOut:
    """Chances of twelve times of which the log odds should be `slope` times what they are: below 1 is overconfident."""
    time = np.repeat(np.arange(12), each)
    odds = dice.normal(0.0, 1.5, time.size)
    return HeldOut(with_bounds(special.expit(odds)), dice.random(time.size) < special.expit(slope * odds), time)


def test_right_chances_stay_nearly_as_they_are() -> None:
    """Where nothing is to be corrected, the choice moves no chance by more than three points."""
    choice = told_at(np.random.default_rng(1), 200, slope=1.0).choice()
    chance = with_bounds(np.array([0.2, 0.7]))
    np.testing.assert_allclose(choice.told(chance), chance[0], atol=0.03)


def test_overconfident_chances_are_drawn_together() -> None:
    """With log odds twice too large, the told chance is near that of half the log odds, bounds with it."""
    choice = told_at(np.random.default_rng(2), 200, slope=0.5).choice()
    chance = with_bounds(np.array([0.9]))
    np.testing.assert_allclose(choice.told(chance), special.expit(special.logit(chance[0]) / 2.0), atol=0.05)


def test_calibration_is_the_penalised_likelihoods_maximum() -> None:
    """As scipy finds it: likelihood over the design effect, older times less, normal priors of sd ½ about 0 and 0.8."""
    found = told_at(np.random.default_rng(3), 30, slope=0.3)
    half_life = HALF_LIVES[1]
    expected = found.chance[1, :, 0]
    odds = special.logit(expected)
    weight = 0.5 ** (found.time * STEP_HOURS / half_life)
    apart = np.bincount(found.time, weights=weight * (found.came - expected))
    effect = max(1.0, (apart**2).sum() / (weight**2 * expected * (1 - expected)).sum())
    amount = weight.sum() ** 2 / (weight**2).sum() / effect

    def loss(beta: np.ndarray) -> float:
        score = beta[0] + beta[1] * odds
        each = np.logaddexp(0.0, np.where(found.came, -score, score))
        return float((weight * each).sum() / weight.sum() * amount + 2.0 * (beta[0] ** 2 + (beta[1] - 0.8) ** 2))

    best = optimize.minimize(loss, np.array([0.0, 1.0]), tol=1e-12).x
    assert Rows(found.came, found.time, half_life).recalibrated(expected) == pytest.approx(tuple(best), abs=1e-4)


def test_chances_that_say_nothing_give_way_to_the_base_rate() -> None:
    """Where what came has nothing to do with the chance, the recent share that came is told, of every change."""
    dice = np.random.default_rng(4)
    time = np.repeat(np.arange(12), 60)
    found = HeldOut(with_bounds(dice.uniform(0.02, 0.98, time.size)), dice.random(time.size) < 0.3, time)
    choice = found.choice()
    assert choice.base is not None
    assert choice.for_all
    rate, lower, upper = choice.base
    assert 0.24 < lower < rate < upper < 0.36
    shown = choice.told(with_bounds(np.array([0.9, np.nan])))
    np.testing.assert_array_equal(shown, [choice.base, [np.nan] * 3])


def test_the_base_rate_spares_those_that_it_does_not_fit() -> None:
    """Where nearly all come but those that wait longest, these keep their chance: their interval excludes the rate."""
    dice = np.random.default_rng(8)
    time = np.repeat(np.arange(12), 60)
    stuck = np.arange(time.size) % 60 == 0
    # Chances of the others are noise about the truth, which is that 95 % of them come.
    chance = np.where(stuck, 0.1, dice.uniform(0.75, 0.99, time.size))
    came = dice.random(time.size) < np.where(stuck, 0.1, 0.95)
    choice = HeldOut(with_bounds(chance, 2.0), came, time).choice()
    assert choice.base is not None
    assert not choice.for_all
    shown = choice.told(with_bounds(np.array([0.1, 0.8]), 2.0))[:, 0]
    assert shown[0] == 0.1
    assert shown[1] == pytest.approx(choice.base[0])


def test_chances_whose_slope_is_known_to_be_off_are_not_told() -> None:
    """Log odds an eighth of what they should be, more than a few rows correct, give way to the base rate."""
    dice = np.random.default_rng(0)
    time = np.repeat(np.arange(12), 12)
    odds = dice.normal(0.0, 0.3, time.size)
    found = HeldOut(with_bounds(special.expit(odds)), dice.random(time.size) < special.expit(8.0 * odds), time)
    assert 1.5 < next(found.candidates()).slope < 4.0
    assert found.choice().base is not None


def test_the_slopes_interval_is_that_of_logistic_regression() -> None:
    """Of independent rows it is the maximum likelihood estimate, two standard errors by White's sandwich each way."""
    dice = np.random.default_rng(11)
    odds = dice.normal(0.0, 1.5, 4000)
    came, time = dice.random(4000) < special.expit(0.7 * odds), np.arange(4000)
    lower, upper = Rows(came, time, 1e12).slope_interval(special.expit(odds))

    def loss(beta: np.ndarray) -> float:
        score = beta[0] + beta[1] * odds
        return float(np.logaddexp(0.0, np.where(came, -score, score)).sum())

    best = optimize.minimize(loss, np.array([0.0, 1.0]), tol=1e-12).x
    fitted = special.expit(best[0] + best[1] * odds)
    design = np.stack([np.ones_like(odds), odds], axis=1)
    bread = np.linalg.inv((design * (fitted * (1 - fitted))[:, None]).T @ design)
    meat = (design * ((came - fitted) ** 2)[:, None]).T @ design
    error = np.sqrt((bread @ meat @ bread)[1, 1])
    assert (lower, upper) == pytest.approx((best[1] - 1.96 * error, best[1] + 1.96 * error), abs=1e-4)


def test_what_comes_together_says_less_of_the_slope() -> None:
    """Where the chances and what came of a time are alike, the interval is that of a few times, not of many rows."""
    dice = np.random.default_rng(12)
    odds = np.repeat(dice.normal(0.0, 1.5, 20), 50)
    came = np.repeat(dice.random(20) < special.expit(dice.normal(0.0, 1.5, 20)), 50)
    together, apart = (
        Rows(came, time, 1e12).slope_interval(special.expit(odds))
        for time in (np.repeat(np.arange(20), 50), np.arange(1000))
    )
    assert together[1] - together[0] > 4.0 * (apart[1] - apart[0])


def test_changes_of_one_release_are_no_sixty_changes() -> None:
    """Where all of a time come together or not at all, the base rate's bounds are those of a few times."""
    dice = np.random.default_rng(5)
    time = np.repeat(np.arange(16), 60)
    together = Rows(time % 4 == 0, time, HALF_LIVES[1]).base_rate()
    alone = Rows(dice.random(time.size) < 0.25, time, HALF_LIVES[1]).base_rate()
    assert together[2] - together[1] > 4.0 * (alone[2] - alone[1])


def test_with_few_earlier_times_nothing_is_corrected() -> None:
    """Four times, or 99 changes, are too few to judge by."""
    dice = np.random.default_rng(6)
    for times, each in ((4, 100), (9, 11)):
        time = np.repeat(np.arange(times), each)
        assert HeldOut(with_bounds(dice.random(time.size)), dice.random(time.size) < 0.1, time).choice() is AS_THEY_ARE


def test_after_a_turn_the_short_half_life_is_told() -> None:
    """Chances by the short half-life know of a turn at once, those by the longer ones do not: the short one is told."""
    dice = np.random.default_rng(9)
    time = np.repeat(np.arange(16), 60)
    true = np.where(time < 6, 0.85, 0.35)
    stale = np.full(time.size, 0.35)
    chance = np.stack([with_bounds(true)[0], with_bounds(stale)[0], with_bounds(stale)[0]])
    chance[:, :, 0] *= dice.uniform(0.97, 1.03, time.size)
    choice = HeldOut(chance, dice.random(time.size) < true, time).choice()
    assert choice.half_life == 0
    now = np.stack([with_bounds(np.array([0.85]))[0], *[with_bounds(np.array([0.35]))[0]] * 2])
    assert choice.told(now)[0, 0] == pytest.approx(0.85, abs=0.05)


def test_what_is_judged_rests_on_what_was_known_then() -> None:
    """A process that turned: judged chances of before the turn know nothing of it, whatever came later."""
    # All stays last 1,000 h; those that began more than 1,200 h ago arrived when they ended, later ones never.
    seen = np.linspace(10.0, 6000.0, 3000)
    went = seen > 1000.0
    past = Past(
        np.zeros(3000, np.int64),
        1,
        (seen // 730).astype(np.int64),
        np.where(went, 1000.0, seen),
        np.where(went, 1000.0, seen),
        seen,
        went & (seen > 2200.0),
    )
    week = held_out({0: past})[0]
    assert set(week.time.tolist()) <= set(range(26))
    # Two weeks before the latest time, the last 168 h of stays are followed by arrival for those that began long ago.
    early = week.time >= 12
    assert week.came[early].mean() == pytest.approx(0.168, abs=0.02)
    # The landmark before 1,000 h is 10 · 1.25²⁰ = 867 h: all that were there arrived within a week, of others none.
    assert week.chance[1, early, 0].mean() == pytest.approx(0.133, abs=0.02)
    # In the month after the turn, stays that began after it are told by those before it.
    late = (week.time >= 2) & (week.time <= 5)
    assert not week.came[week.time == 0].any()
    assert week.chance[1, late, 0].max() > 0.8


def company_of_stays(dice: np.random.Generator, count: int) -> Past:
    """Stays of five repositories over a year, some still going on, batches by month."""
    home, seen = dice.integers(0, 5, count), dice.uniform(0.0, 9000.0, count)
    stay = np.minimum(dice.lognormal(3.0, 1.4, count), seen)
    end = np.minimum(stay + dice.lognormal(3.0, 1.0, count), seen)
    batch = np.unique(home * 20 + (seen // 730.0).astype(np.int64), return_inverse=True)[1]
    return Past(home, 5, batch, stay, end, seen, (end < seen) & (dice.random(count) < 0.9))


def test_chances_of_many_times_are_those_of_each() -> None:
    """Asked of several times at once, they are those of the past as it was at each."""
    dice = np.random.default_rng(10)
    past, ago = company_of_stays(dice, 3000), np.array([0.0, 500.0, 4000.0])
    asked = Asked(dice.integers(-1, 5, 200), dice.lognormal(3.0, 1.5, 200), dice.integers(0, 3, 200), ago)
    told = chances(past, asked)
    for place, hours in enumerate(ago.tolist()):
        rows = asked.time == place
        then = chances(as_of(past, hours), Asked.now(asked.repository[rows], asked.hours[rows]))
        np.testing.assert_allclose(told.chance[:, rows], then.chance, rtol=1e-7, atol=1e-9)
        np.testing.assert_array_equal(told.in_repository[rows], then.in_repository)
        np.testing.assert_array_equal(told.in_all[rows], then.in_all)


def test_recent_months_weigh_more() -> None:
    """Arrivals of those that began a half-life earlier count half: of 200 old that came and 200 new that did not, ⅓."""
    for place, half_life in enumerate(HALF_LIVES):
        seen = np.repeat([2000.0 + half_life, 2000.0], 200)
        stay = np.full(400, 50.0)
        past = Past(np.zeros(400, np.int64), 1, np.arange(400), stay, stay, seen, seen > 2000.0)
        told = chances(past, Asked.now(np.array([0]), np.array([20.0])))
        np.testing.assert_allclose(told.chance[place, 0, :, 0], np.full(len(CHANCE_HOURS), 1.0 / 3.0), atol=0.01)
        assert told.in_all[0] == 400


def test_weights_of_one_age_change_nothing() -> None:
    """Equal ages give the chances of equal weights, however old they are, and whatever the half-life."""
    dice = np.random.default_rng(7)
    stay, arrived = dice.exponential(80.0, 500), dice.random(500) < 0.7
    home, batch = dice.integers(0, 4, 500), dice.integers(0, 30, 500)
    batch = home * 30 + batch
    pasts = [Past(home, 4, batch, stay, stay, np.full(500, age), arrived) for age in (3000.0, 30000.0)]
    young, old = (chances(past, Asked.now(np.arange(4), np.full(4, 20.0))).chance for past in pasts)
    np.testing.assert_allclose(young, old)
    np.testing.assert_allclose(young, np.stack([young[0]] * len(HALF_LIVES)))


@pytest.mark.slow
def test_chances_of_open_changes_come_true_where_reviews_ask_for_changes() -> None:
    """Half of reviews ask for changes: by final code complete alone chances are too high; with earlier stays not."""
    told: list[pl.DataFrame] = []
    found = requests(np.random.default_rng(31), World(approved=0.5, changes=350, days=330.0))
    for as_of in 24.0 * np.arange(220.0, 320.0, 20.0) + 10.0:
        table, earlier = snapshot(found, float(as_of))
        rows = table.filter((pl.col("outcome") == "waiting") & pl.col("current_stage").is_in(["pickup", "review"]))
        came = pl.Series([found[int(name[2:])].shipped <= as_of + 168.0 for name in rows["change_id"].to_list()])
        after = rows.select("change_id", came.cast(pl.Float64).alias("came"))
        for name, part in (("then", earlier), ("final", None)):
            chance = worklist(table, rows, earlier=part).select("change_id", pl.col("chance_7d").alias(name))
            after = after.join(chance, on="change_id")
        told.append(after.drop_nulls())
    every = pl.concat(told)
    came_true, then, final = (every[name].to_numpy() for name in ("came", "then", "final"))
    assert came_true.size > 150
    assert then.mean() == pytest.approx(came_true.mean(), abs=0.06)
    assert final.mean() > came_true.mean() + 0.06
    assert np.square(then - came_true).mean() < came_true.mean() * (1.0 - came_true.mean())
