from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.cohort.cohort import Cohort
from analytics.cohort.working_time import WorkingCalendar
from analytics.survival import CENSORED
from analytics.whatif.cadence import DAILY, EVERY_MERGE, WEEKLY, Cadence
from analytics.whatif.clock import Clock
from analytics.whatif.compute import Cadences
from analytics.whatif.effect import Watched
from analytics.whatif.replay import Held, Releases, replay
from collectors.simulate.company.plan import Plan, Train
from tests.builders.changes import change as row
from tests.builders.changes import cohort, departures_of, simulated

HELD: tuple[Held, ...] = ("early", "middle", "late")
HOURS = st.integers(0, 300).map(lambda minutes: minutes / 4)


@st.composite
def portfolios(draw: st.DrawFn) -> Cohort:
    """A few repositories whose changes waited, arrived or were closed, in quarters of hours."""
    rows: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 14))):
        outcome = draw(st.sampled_from(["production", "production", "waiting", "abandoned"]))
        hours: list[float | None] = [None, None, draw(HOURS), None, draw(HOURS), draw(HOURS), draw(HOURS)]
        if outcome != "production":
            hours[draw(st.integers(3, 7)) :] = []
            hours += [None] * (7 - len(hours))
        how = draw(st.sampled_from(["ancestor", "ancestor", "ancestor", "cherry_pick_trailer"]))
        more: dict[str, Any] = {"mapped_by": how if outcome == "production" else ""}
        at = draw(st.integers(0, 900)) + number / 1024
        rows.append(row(draw(st.sampled_from(["acme/a", "acme/b"])), outcome, at, hours, **more))
    return cohort(rows)


def replayed(changes: Cohort, cadence: Cadence | None, held: Held = "middle", *, besides: bool = True) -> Watched:
    """The replay of a cohort by its own departures."""
    departures = departures_of(changes)
    releases = Releases.of(changes.changes, changes.ended_as, departures)
    return replay(releases, departures, cadence, held=held, besides=besides)


@pytest.mark.slow
@settings(max_examples=40)
@given(portfolios(), st.sampled_from(HELD))
def test_replaying_the_real_departures_is_what_happened(changes: Cohort, held: Held) -> None:
    """With the releases that really left every change arrives, or waits, to the microsecond as it did."""
    again = replayed(changes, None, held)
    np.testing.assert_allclose(again.hours, changes.hours, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(again.ended_as, changes.ended_as)


@pytest.mark.slow
@settings(max_examples=40)
@given(portfolios(), st.sampled_from(HELD), st.booleans(), st.sets(st.integers(0, 6), min_size=1))
def test_a_faster_cadence_makes_no_change_later(changes: Cohort, held: Held, besides: bool, weekdays: set[int]) -> None:
    """More release days, and at last a release for every merge, bring each change to production no later."""
    slow = Cadence("slow", tuple(sorted(weekdays)))
    fast = replace(slow, weekdays=tuple(range(7)))
    slower, faster, fastest = (replayed(changes, one, held, besides=besides) for one in (slow, fast, EVERY_MERGE))
    for sooner, later in ((faster, slower), (fastest, faster)):
        assert np.all(sooner.hours <= later.hours + 1e-9)
        assert np.all((sooner.ended_as == later.ended_as) | (later.ended_as == CENSORED))


@settings(max_examples=40)
@given(portfolios(), st.sampled_from(HELD), st.sampled_from([DAILY, WEEKLY, EVERY_MERGE]))
def test_releases_besides_the_real_ones_slow_nobody_down(changes: Cohort, held: Held, cadence: Cadence) -> None:
    """Where real releases still leave, every change arrives at least as early as it did."""
    assert np.all(replayed(changes, cadence, held).hours <= changes.hours + 1e-9)


@pytest.mark.slow
@settings(max_examples=40)
@given(portfolios())
def test_the_real_cadence_saves_exactly_nothing(changes: Cohort) -> None:
    """A cadence without release days, besides the real releases, saves 0 hours and brings no arrivals."""
    found = Cadences(changes, departures_of(changes)).what_if(Cadence("none", ())).effect
    assert found.hours_saved.value == 0.0
    assert [gain.value for gain in found.gained] == [0.0, 0.0]


def test_a_weekly_train_replayed_daily_by_hand() -> None:
    """Changes on Tuesday's train leave at 14:00 of the first working day on which they are ready, deployments kept."""
    tuesday = 24 + 14.0  # hours after Monday 5 January
    complete = (0.0, tuesday + 20.0, tuesday + 30.0, tuesday + 164.0)  # Mon 0:00, Wed 10:00, Wed 20:00, Tue 10:00
    trains = (tuesday, tuesday + 168.0, tuesday + 168.0, tuesday + 168.0)
    rows = [
        row("acme/a", "production", at, [None, None, 1.0, None, None, train - at - 1.0, 0.5])
        for at, train in zip(complete, trains, strict=True)
    ]
    daily = replayed(cohort(rows), DAILY, besides=False)
    np.testing.assert_allclose(daily.hours, [14.5, 4.5, 18.5, 4.5])


def test_what_missed_a_release_was_held_back_by_something_else() -> None:
    """A change that missed one release is taken to be ready midway to the one that took it, or at either end."""
    rows = [
        row("acme/a", "production", 0.0, [None, None, 1.0, None, None, 9.0, None]),
        row("acme/a", "production", 1.0, [None, None, 1.0, None, None, 28.0, None]),
    ]
    found = [replayed(cohort(rows), EVERY_MERGE, held).hours[1] for held in HELD]
    np.testing.assert_allclose(found, [9.0, 19.0, 29.0], atol=1e-6)


def test_an_hour_of_the_week_that_saw_releases_and_now_sees_none_was_missed() -> None:
    """Where releases leave each Tuesday at 14:00, what is ready on a Tuesday without one was held back."""
    times = [168.0 * week + 38.0 for week in range(13) if week != 6]
    rows = [row("acme/a", "production", at - 1.0, [None, None, 0.5, None, None, 0.5, None]) for at in times]
    rows.append(row("acme/a", "production", 168.0 * 6 + 20.0, [None, None, 1.0, None, None, 185.0, None]))
    missed = departures_of(cohort(rows)).with_missed
    assert len(missed.at) == len(times) + 1
    waited = replayed(cohort(rows), EVERY_MERGE, "early").hours[-1]
    assert waited == pytest.approx(19.0, abs=0.01)  # until the hour of the missed release was over


def _daily(plan: Plan) -> Plan:
    return replace(plan, train=Train((0, 1, 2, 3, 4), (14,), plan.train.from_day))


def _weekly(plan: Plan) -> Plan:
    return replace(plan, train=Train((1,), (14,), plan.train.from_day))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("calendar", "within_hours"), [(None, 6.0), (WorkingCalendar(), 1.5)])
def test_the_replay_finds_what_another_release_train_would_have_done(
    seed: int, calendar: WorkingCalendar | None, within_hours: float
) -> None:
    """The simulated company run again with another train lies within the interval, and near the estimate."""
    really = simulated(seed)
    cadences = Cadences(really, departures_of(really), Clock.of(really.changes, calendar))
    for cadence, plan in ((DAILY, _daily), (WEEKLY, _weekly)):
        effect = cadences.what_if(replace(cadence, hour=14.17), besides=False).effect
        other = simulated(seed, plan)
        again = Cadences(other, departures_of(other), Clock.of(other.changes, calendar)).before
        saved = cadences.before.waiting_hours - again.waiting_hours
        assert effect.hours_saved.lower <= saved <= effect.hours_saved.upper
        assert effect.hours_saved.value == pytest.approx(saved, abs=within_hours)
        gained = again.arrived[0] - cadences.before.arrived[0]
        assert effect.gained[0].value == pytest.approx(gained, abs=0.03)
