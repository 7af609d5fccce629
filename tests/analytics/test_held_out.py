from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import optimize, special

from analytics.worklist.held_out import AS_THEY_ARE, HeldOut, held_out
from analytics.worklist.landmarks import HALF_LIFE_HOURS, Past, chances
from analytics.worklist.waiting import worklist
from tests.analytics.pushes import World, requests, snapshot


def with_bounds(chance: np.ndarray, reach: float = 1.0) -> np.ndarray:
    """Chances (rows,) with bounds a `reach` of log odds away, (rows, 3)."""
    odds = special.logit(chance)
    return np.stack([chance, special.expit(odds - reach), special.expit(odds + reach)], axis=1)


def told_at(dice: np.random.Generator, each: int, *, slope: float) -> HeldOut:
    """Chances of twelve times of which the log odds are `slope` of what they should be: below 1 is overconfident."""
    time = np.repeat(np.arange(12), each)
    odds = dice.normal(0.0, 1.5, time.size)
    return HeldOut(with_bounds(special.expit(odds)), dice.random(time.size) < special.expit(slope * odds), time)


def test_right_chances_stay_nearly_as_they_are() -> None:
    """Where nothing is to be corrected, the choice moves no chance by more than three points."""
    choice = told_at(np.random.default_rng(1), 200, slope=1.0).choice()
    chance = np.array([[0.2, 0.1, 0.4], [0.7, 0.5, 0.9]])
    np.testing.assert_allclose(choice.told(chance), chance, atol=0.03)


def test_overconfident_chances_are_drawn_together() -> None:
    """With log odds twice too large, the told chance is near that of half the log odds, bounds with it."""
    choice = told_at(np.random.default_rng(2), 200, slope=0.5).choice()
    chance = np.array([[0.9, 0.8, 0.95]])
    np.testing.assert_allclose(choice.told(chance), special.expit(special.logit(chance) / 2.0), atol=0.05)


def test_calibration_is_the_penalised_likelihoods_maximum() -> None:
    """As scipy finds it: likelihood over the design effect, older times less, normal priors of sd ½ about 0 and 1."""
    found = told_at(np.random.default_rng(3), 30, slope=0.3)
    odds = special.logit(found.chance[:, 0])
    weight = 0.5 ** (found.time * 14 * 24.0 / HALF_LIFE_HOURS)
    expected = found.chance[:, 0]
    apart = np.bincount(found.time, weights=weight * (found.came - expected))
    effect = max(1.0, (apart**2).sum() / (weight**2 * expected * (1 - expected)).sum())
    amount = weight.sum() ** 2 / (weight**2).sum() / effect

    def loss(beta: np.ndarray) -> float:
        score = beta[0] + beta[1] * odds
        each = np.logaddexp(0.0, np.where(found.came, -score, score))
        return float((weight * each).sum() / weight.sum() * amount + 2.0 * (beta[0] ** 2 + (beta[1] - 1.0) ** 2))

    best = optimize.minimize(loss, np.array([0.0, 1.0]), tol=1e-12).x
    choice = found.recalibrated()
    assert (choice.intercept, choice.slope) == pytest.approx(tuple(best), abs=1e-4)


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
    np.testing.assert_array_equal(choice.told(np.array([[0.9, 0.8, 0.95], [np.nan] * 3])), [choice.base, [np.nan] * 3])


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


def test_changes_of_one_release_are_no_sixty_changes() -> None:
    """Where all of a time come together or not at all, the base rate's bounds are those of a few times."""
    dice = np.random.default_rng(5)
    time = np.repeat(np.arange(16), 60)
    together = HeldOut(with_bounds(dice.uniform(0.3, 0.7, time.size)), (time % 4 == 0), time).base()
    alone = HeldOut(with_bounds(dice.uniform(0.3, 0.7, time.size)), dice.random(time.size) < 0.25, time).base()
    assert together[2] - together[1] > 4.0 * (alone[2] - alone[1])


def test_with_few_earlier_times_nothing_is_corrected() -> None:
    """Four times, or 99 changes, are too few to judge by."""
    dice = np.random.default_rng(6)
    for times, each in ((4, 100), (9, 11)):
        time = np.repeat(np.arange(times), each)
        assert HeldOut(with_bounds(dice.random(time.size)), dice.random(time.size) < 0.1, time).choice() is AS_THEY_ARE


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
    assert set(week.time.tolist()) <= set(range(16))
    # Two weeks before the latest time, the last 168 h of stays are followed by arrival for those that began long ago.
    early = week.time >= 6
    assert week.came[early].mean() == pytest.approx(0.168, abs=0.02)
    # The landmark before 1,000 h is 10 · 1.25²⁰ = 867 h: all that were there arrived within a week, of others none.
    assert week.chance[early, 0].mean() == pytest.approx(0.133, abs=0.02)
    # In the month after the turn, stays that began after it are told by those before it.
    late = (week.time >= 1) & (week.time <= 2)
    assert not week.came[week.time == 0].any()
    assert week.chance[late, 0].max() > 0.8


def test_recent_months_weigh_more() -> None:
    """Arrivals of those that began a half-life earlier count half: of 200 old that came and 200 new that did not, ⅓."""
    seen = np.repeat([2000.0 + HALF_LIFE_HOURS, 2000.0], 200)
    stay = np.full(400, 50.0)
    past = Past(np.zeros(400, np.int64), 1, np.arange(400), stay, stay, seen, seen > 2000.0)
    told = chances(past, np.array([0]), np.array([20.0]))
    np.testing.assert_allclose(told.chance[0], 1.0 / 3.0, atol=0.01)
    assert told.in_all[0] == 400


def test_weights_of_one_age_change_nothing() -> None:
    """Equal ages give the chances of equal weights, however old they are."""
    dice = np.random.default_rng(7)
    stay, arrived = dice.exponential(80.0, 500), dice.random(500) < 0.7
    home, batch = dice.integers(0, 4, 500), dice.integers(0, 30, 500)
    batch = home * 30 + batch
    pasts = [Past(home, 4, batch, stay, stay, np.full(500, age), arrived) for age in (3000.0, 30000.0)]
    young, old = (chances(past, np.arange(4), np.full(4, 20.0)) for past in pasts)
    np.testing.assert_allclose(young.chance, old.chance)


def test_the_past_of_then_is_cut_there() -> None:
    """As of 100 hours ago: what began later is missing, stays and lives end there, what arrived later had not."""
    past = Past(
        np.array([0, 0, 0]),
        1,
        np.array([0, 0, 0]),
        np.array([50.0, 150.0, 30.0]),
        np.array([80.0, 400.0, 30.0]),
        np.array([500.0, 300.0, 90.0]),
        np.array([True, True, True]),
    )
    then = past.as_of(100.0)
    assert then.hours.tolist() == [50.0, 150.0]
    assert then.end_hours.tolist() == [80.0, 200.0]
    assert then.seen_hours.tolist() == [400.0, 200.0]
    assert then.arrived.tolist() == [True, False]


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
