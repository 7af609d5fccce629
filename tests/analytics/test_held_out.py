from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import optimize, special

from analytics.worklist.held_out import AS_THEY_ARE, HeldOut, held_out
from analytics.worklist.landmarks import HALF_LIFE_HOURS, Past, borrowing, chances
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


def test_the_slope_is_the_penalised_likelihoods_times_one_minus_two_over_its_chi_square() -> None:
    """As scipy finds it: likelihood over the design effect of its residuals, older times less, weak normal priors."""
    found = told_at(np.random.default_rng(3), 30, slope=0.6)
    weight = 0.5 ** (found.time * 14 * 24.0 / HALF_LIFE_HOURS)
    weight = weight * weight.sum() / (weight**2).sum()
    odds = special.logit(found.chance[:, 0])
    odds = odds - np.average(odds, weights=weight)
    middle = np.average(special.logit(found.chance[:, 0]), weights=weight)

    def effect(score: np.ndarray, fitted: np.ndarray) -> float:
        apart = [((score * (found.came - fitted))[found.time == time]).sum() for time in range(12)]
        return max(1.0, float(np.square(apart).sum() / (score**2 * fitted * (1 - fitted)).sum()))

    def loss(beta: np.ndarray, by: float) -> float:
        score = beta[0] + beta[1] * odds
        each = np.logaddexp(0.0, np.where(found.came, -score, score))
        return float((weight * each).sum() / by + 0.5 * (beta[0] - middle) ** 2 + (beta[1] - 1.0) ** 2)

    by, beta = 1.0, np.array([0.0, 1.0])
    for _ in range(3):
        beta = optimize.minimize(loss, beta, args=(by,), tol=1e-12).x
        by = effect(weight, special.expit(beta[0] + beta[1] * odds))
    fitted = special.expit(beta[0] + beta[1] * odds)
    spread = weight * fitted * (1 - fitted)
    variance = np.linalg.inv(np.array([[spread.sum(), spread @ odds], [spread @ odds, spread @ odds**2]]))[1, 1]
    chi_square = beta[1] ** 2 / (variance * effect(weight * odds, fitted))
    assert chi_square > 4.0
    assert found.choice().slope == pytest.approx(beta[1] * (1 - 2 / chi_square), abs=1e-4)


def test_corrected_chances_are_right_on_average() -> None:
    """Of chances that are all too high, the corrected ones have the mean of what came."""
    dice = np.random.default_rng(9)
    odds = dice.normal(0.0, 1.0, 3000)
    came = dice.random(3000) < special.expit(odds - 1.5)
    found = HeldOut(with_bounds(special.expit(odds)), came, np.repeat(np.arange(12), 250))
    weight = 0.5 ** (found.time * 14 * 24.0 / HALF_LIFE_HOURS)
    told = found.choice().told(found.chance)[:, 0]
    assert np.average(told, weights=weight) == pytest.approx(np.average(came, weights=weight), abs=0.002)


def test_chances_that_say_nothing_give_way_to_the_base_rate() -> None:
    """Where what came has nothing to do with the chance, the recent share that came is told, of every change."""
    dice = np.random.default_rng(4)
    time = np.repeat(np.arange(12), 60)
    found = HeldOut(with_bounds(dice.uniform(0.02, 0.98, time.size)), dice.random(time.size) < 0.3, time)
    choice = found.choice()
    assert choice.is_base
    assert choice.base is not None
    rate, lower, upper = choice.base
    assert 0.24 < lower < rate < upper < 0.36
    np.testing.assert_array_equal(choice.told(np.array([[0.9, 0.8, 0.95], [np.nan] * 3])), [choice.base, [np.nan] * 3])


def test_the_less_clearly_chances_predict_the_nearer_they_are_told_to_the_base_rate() -> None:
    """With a tenth of the changes the same chances are drawn together more."""
    slopes = [
        np.mean([told_at(np.random.default_rng([10, seed]), each, slope=0.5).choice().slope for seed in range(20)])
        for each in (10, 100)
    ]
    assert slopes[0] < slopes[1] - 0.02
    assert slopes[1] == pytest.approx(0.5, abs=0.03)


def test_the_longest_waits_keep_a_low_chance_where_nearly_all_others_come() -> None:
    """Of the others chances are noise about 95 %; of those that wait longest a tenth come, and less than ¼ is told."""
    dice = np.random.default_rng(8)
    time = np.repeat(np.arange(12), 60)
    stuck = np.arange(time.size) % 20 == 0
    chance = np.where(stuck, 0.1, dice.uniform(0.75, 0.99, time.size))
    came = dice.random(time.size) < np.where(stuck, 0.1, 0.95)
    shown = HeldOut(with_bounds(chance, 2.0), came, time).choice().told(with_bounds(np.array([0.1, 0.9]), 2.0))[:, 0]
    assert shown[0] < 0.25
    assert shown[1] == pytest.approx(0.95, abs=0.04)


def test_the_interval_of_a_corrected_chance_holds_it_and_is_no_narrower_than_the_base_rates() -> None:
    """In log odds, however small the slope: the level is known no better than the base rate."""
    choice = told_at(np.random.default_rng(11), 15, slope=0.4).choice()
    assert choice.base is not None
    assert 0.0 < choice.slope < 1.0
    told = special.logit(choice.told(with_bounds(np.array([0.2, 0.5, 0.9]), 0.1)))
    base = special.logit(np.array(choice.base))
    assert np.all(told[:, 0] - told[:, 1] >= base[0] - base[1])
    assert np.all(told[:, 2] - told[:, 0] >= base[2] - base[0])


def test_changes_of_one_release_are_no_sixty_changes() -> None:
    """Where all of a time come together or not at all, the base rate's bounds are those of a few times."""
    dice = np.random.default_rng(5)
    time = np.repeat(np.arange(16), 60)
    together = HeldOut(with_bounds(dice.uniform(0.3, 0.7, time.size)), (time % 4 == 0), time).base()
    alone = HeldOut(with_bounds(dice.uniform(0.3, 0.7, time.size)), dice.random(time.size) < 0.25, time).base()
    assert together[2] - together[1] > 4.0 * (alone[2] - alone[1])


def test_with_few_earlier_times_nothing_is_corrected() -> None:
    """Two times, or 19 changes, are too few to judge by; with three of seven there is a base rate."""
    dice = np.random.default_rng(6)
    for times, each, corrected in ((2, 100, False), (19, 1, False), (3, 7, True)):
        time = np.repeat(np.arange(times), each)
        shown = HeldOut(with_bounds(dice.random(time.size)), dice.random(time.size) < 0.1, time)
        assert (shown.choice() is not AS_THEY_ARE) is corrected


def test_a_few_changes_whose_chances_say_nothing_get_the_base_rate() -> None:
    """In most companies with 40 waiting changes; where luck gives chances of their own, these are drawn together."""
    choices = []
    for seed in range(30):
        dice = np.random.default_rng([13, seed])
        time = np.repeat(np.arange(10), 4)
        shown = HeldOut(with_bounds(dice.uniform(0.05, 0.95, 40)), dice.random(40) < 0.6, time)
        choices.append(shown.choice())
    assert np.mean([choice.is_base for choice in choices]) > 0.8
    assert max(choice.slope for choice in choices) < 0.7


def test_of_what_nearly_always_comes_the_base_rate_is_told() -> None:
    """Nineteen of 800 did not come: too few to tell which, however well the chances part them; of twenty they do."""
    time = np.repeat(np.arange(10), 80)
    for missed, is_base in ((19, True), (20, False)):
        came = np.arange(800) % 40 != 0
        came[np.flatnonzero(~came)[missed:]] = True
        chance = np.where(came, 0.95, 0.3) + 0.01 * (np.arange(800) % 3)
        assert HeldOut(with_bounds(chance), came, time).choice().is_base is is_base


def turned(dice: np.random.Generator, recent: int, each: int) -> HeldOut:
    """Sixteen times; at the `recent` ones 90 % came of what had even chances, before that what was expected."""
    time = np.repeat(np.arange(16), each)
    odds = dice.normal(0.0, 1.0, time.size)
    came = dice.random(time.size) < np.where(time < recent, 0.9, special.expit(odds))
    return HeldOut(with_bounds(special.expit(odds)), came, time)


def test_after_a_turn_the_base_rate_since_then_is_told_until_there_is_enough_to_correct_by() -> None:
    """Two fortnights after it nine of ten come: that is told of every change, though over all times half came."""
    choice = turned(np.random.default_rng(14), 2, 30).choice()
    assert choice.is_base
    assert choice.base is not None
    assert choice.base[0] == pytest.approx(0.9, abs=0.06)


def test_long_after_a_turn_only_what_came_since_then_corrects() -> None:
    """Eight fortnights after it the correction is that of these eight alone."""
    shown = turned(np.random.default_rng(15), 8, 40)
    recent = shown.time < 8
    alone = HeldOut(shown.chance[recent], shown.came[recent], shown.time[recent])
    assert shown.choice() == alone.correction()
    assert shown.choice() != shown.correction()


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
    week = held_out(past, np.zeros(3000, np.int64))[0]
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


def test_a_stage_in_which_few_waited_as_long_borrows_from_the_others() -> None:
    """Nineteen stays are too few, and the chance is that of the others; with one more it is the stage's own."""
    for size, expected in ((19, 0.25), (20, 1.0)):
        stage, others = (
            Past(np.zeros(number, np.int64), 1, np.arange(number), *(np.full(number, 50.0),) * 2, seen, came)
            for number, seen, came in (
                (size, np.full(size, 5000.0), np.ones(size, bool)),
                (400, np.full(400, 5000.0), np.arange(400) % 4 == 0),
            )
        )
        told, borrowed = borrowing(stage, others, np.array([0]), np.array([20.0]))
        np.testing.assert_allclose(told.chance, expected, atol=0.03)
        assert borrowed.tolist() == [size < 20]


def test_merged_changes_borrow_from_no_open_ones() -> None:
    """Open changes that wait long seldom arrive: a merged one that waits longer than most others is not like them."""
    found = requests(np.random.default_rng(12), World(approved=0.5, changes=150, days=330.0))
    table, earlier = snapshot(found, 330.0 * 24.0)
    rows = table.filter(pl.col("outcome") == "waiting")
    merged = rows.filter(pl.col("current_stage").is_in(["release", "deploy"])).head(1)
    old = merged.with_columns(pl.lit(900.0).alias("hours_in_stage"), pl.lit(960.0).alias("age_hours"))
    told = worklist(table, old, earlier=earlier)
    assert told["chance_among_all"].item() < 20
    assert told["chance_7d"].item() is None


def test_the_note_names_the_days_for_which_the_base_rate_is_shown() -> None:
    """Within 30 days nearly all come, whatever they waited: all open changes have one chance, for 7 days their own."""
    found = requests(np.random.default_rng(14), World(approved=0.7, changes=150, days=330.0))
    table, earlier = snapshot(found, 329.0 * 24.0)
    is_open = pl.col("current_stage").is_in(["pickup", "review", "merge"])
    told = worklist(table, table.filter((pl.col("outcome") == "waiting") & is_open), earlier=earlier)
    assert told["note"].str.contains("base rate of all that waits (14, 30 days)", literal=True).all()
    assert told["chance_30d"].n_unique() == 1
    assert told["chance_7d"].n_unique() == len(told) > 5


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
