from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from analytics.cohort.cohort import LEAD_STAGES, Cohort
from analytics.comparison import ai_beside_other, compare
from analytics.comparison.within.effect import Outcome
from analytics.comparison.within.outcomes import QUICKEST_HOURS, Outcomes
from analytics.comparison.within.watched import Watched
from tests.builders.companies import EFFECT, company

HORIZON = 100.0
AS_OF = datetime(2026, 1, 1)


def outcomes(followed: np.ndarray, *, seed: int = 1, horizon: float = HORIZON) -> Outcomes:
    """Changes of one repository, half of them AI work, each with a review and a release, followed for so long."""
    rng = np.random.default_rng(seed)
    size = followed.size
    review, release = rng.exponential(30.0, size), rng.exponential(20.0, size)
    closed = np.where(rng.random(size) < 0.1, rng.exponential(20.0, size), np.inf)
    over = np.minimum(np.where(closed < review, closed, review + release), followed)
    outcome = np.where(over == followed, "waiting", np.where(closed < review, "abandoned", "production"))
    stages = {f"{stage}_hours": pl.Series([None] * size, dtype=pl.Float64) for stage in LEAD_STAGES}
    stages["review_hours"] = pl.Series(np.minimum(review, over))
    stages["release_hours"] = pl.Series(np.where(over > review, over - review, np.nan)).fill_nan(None)
    begun = [AS_OF - timedelta(hours=hours) for hours in followed.tolist()]
    table = pl.DataFrame({**stages, "repo": "a", "outcome": outcome, "code_complete_at": begun, "as_of": AS_OF})
    last = pl.when(pl.col("release_hours").is_null()).then(pl.lit("review")).otherwise(pl.lit("release"))
    cohort = Cohort(table.with_columns(hours=pl.Series(over), last_stage=last), 0, 0)
    first = np.arange(size) % 2 == 0
    none, ones = np.zeros(size, dtype=np.int64), np.ones(size)
    return Outcomes(cohort, Watched(cohort.hours, cohort.ended_as, cohort.followed_hours, first, none, ones), horizon)


def log_mean(hours: np.ndarray, ended: np.ndarray) -> float:
    """The mean logarithm of the hours not in production within the horizon, by Aalen–Johansen, end by end."""
    waiting, mean = 1.0, np.log(HORIZON)
    for at in np.unique(hours[(ended >= 0) & (hours < HORIZON)]):
        risk, here = (hours >= at).sum(), hours == at
        saved = np.log(HORIZON) - np.log(max(at, QUICKEST_HOURS))
        mean -= saved * waiting * (here & (ended == 0)).sum() / risk
        waiting *= 1.0 - (here & (ended >= 0)).sum() / risk
    return float(mean)


def test_what_was_followed_to_the_horizon_is_used_as_it_is() -> None:
    """Hours not in production, what is closed counting as never; no pseudo-value among them."""
    made = outcomes(np.full(60, 500.0))
    found = made.log_hours()
    arrived = made.watched.ended_as == 0
    expected = np.where(arrived, np.minimum(made.watched.hours, HORIZON), HORIZON)
    np.testing.assert_allclose(found.values, np.log(np.maximum(expected, QUICKEST_HOURS)))
    assert not found.unseen.any()
    shares = made.ended("abandoned", HORIZON).values
    assert shares.sum() == ((made.watched.ended_as == 1) & (made.watched.hours <= HORIZON)).sum()


def test_pseudo_values_are_those_of_leaving_each_change_out() -> None:
    """The estimate of its group n times, less n - 1 times that of the others: the jackknife, but for 1/n."""
    made = outcomes(np.linspace(1.0, 300.0, 400))
    found = made.log_hours()
    assert found.unseen.sum() == (made.watched.followed < HORIZON).sum() > 100
    group = np.flatnonzero(made.watched.first)
    hours, ended = made.watched.hours[group], made.watched.ended_as[group]
    whole, pseudo = log_mean(hours, ended), []
    for place in range(group.size):
        others = np.arange(group.size) != place
        pseudo.append(group.size * whole - (group.size - 1) * log_mean(hours[others], ended[others]))
    unseen = found.unseen[group]
    left_out = np.array(pseudo)[unseen]
    assert np.abs(found.values[group][unseen] - left_out).max() < 0.05 * np.ptp(left_out)
    assert found.values[group][unseen].mean() == pytest.approx(left_out.mean(), abs=0.02)


def test_hours_in_stages_add_up_to_the_waiting_with_and_without_pseudo_values() -> None:
    """Of what was followed each change's hours; of the rest the mean is that of all of its group."""
    made = outcomes(np.linspace(1.0, 300.0, 400))
    stages = dict(made.stages())
    assert list(stages) == ["review", "release"]
    whole = stages["review"].values + stages["release"].values
    followed = made.watched.followed >= HORIZON
    np.testing.assert_allclose(whole[followed], np.minimum(made.watched.hours, HORIZON)[followed])
    assert whole[~followed].mean() == pytest.approx(whole[followed].mean(), abs=6.0)


def test_nobody_followed_so_long_has_no_pseudo_value() -> None:
    """Where the longest was watched for less than the horizon, nothing is known of it."""
    found = outcomes(np.linspace(1.0, 60.0, 200)).log_hours()
    assert np.isnan(found.values).all()


@pytest.mark.slow
def test_a_young_company_is_compared_by_pseudo_values() -> None:
    """Watched for 90 days, a quarter is not followed for 30: the interval still holds the truth that all have."""
    held = 0
    for seed in range(20):
        cohort = company(seed + 40, 6, 700)
        unseen = (cohort.followed_hours < 720.0).mean()
        assert unseen > 0.2
        ratio = compare(cohort, ai_beside_other()).like_with_like("time_ratio")
        assert ratio is not None
        assert ratio.lower is not None
        assert ratio.upper is not None
        assert ratio.n_ai + ratio.n_other > 650
        held += ratio.lower <= 0.0 <= ratio.upper
    assert held >= 17


def test_hours_a_change_was_followed_are_those_of_the_clock() -> None:
    """To the report, whatever became of it; what waits was followed for as long as it waited."""
    cohort = company(3, 6, 200, EFFECT)
    waits = (cohort.changes["outcome"] == "waiting").to_numpy()
    np.testing.assert_allclose(cohort.followed_hours[waits], cohort.hours[waits])
    days = (cohort.changes["as_of"] - cohort.changes["code_complete_at"]).dt.total_seconds().to_numpy() / 3600.0
    np.testing.assert_allclose(cohort.followed_hours[~waits], days[~waits], atol=0.001)


def test_a_known_outcome_moves_nothing_else() -> None:
    """Nothing is estimated where everything is known."""
    known = Outcome.known(np.array([1.0, 2.0]))
    assert known.of(np.array([True, False])).values.tolist() == [1.0]
    assert known.influence.tolist() == [0.0, 0.0]
