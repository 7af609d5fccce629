"""Targets beside what was measured."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.pulse.pulse import Estimate, Group, Pulse
from analytics.text import targets
from headway.settings import Targets

NONE = Estimate(None, None, None)


def pulse(p85: Estimate = NONE, week: Estimate = NONE, *, enough: bool = True, clock: str = "wall") -> Pulse:
    """The headline of a company, of which two numbers are given."""
    facts: dict[str, Any] = dict.fromkeys(("production", "waiting", "abandoned"), 0) | {"changes": 200}
    group = Group(
        "all work",
        **facts,
        repositories=3,
        enough=enough,
        median_hours=NONE,
        p85_hours=p85,
        arrived=[(168.0, week)],
        abandoned_share=NONE,
        stages=[],
        mean_waiting_hours=None,
    )
    counts: dict[str, Any] = dict.fromkeys(("excluded", "as_of"))
    return Pulse(
        "builds_ai", group, group, group, **counts, unknown=0, no_deployments=0, horizon_hours=720, clock=clock
    )


@pytest.mark.parametrize(
    ("p85", "said", "met"),
    [
        (Estimate(50.0, 40.0, 72.0), "met, 2.1 d [1.7 – 3.0]", True),
        (Estimate(90.0, 72.5, 99.0), "missed, 3.8 d [3.0 – 4.1]", False),
        (Estimate(60.0, 50.0, 80.0), "not certain, 2.5 d [2.1 – 3.3]", None),
        (Estimate(60.0, None, None), "not certain, 2.5 d", None),
        (Estimate(90.0, 80.0, None), "missed, 3.8 d [3.3 – …]", False),
        (Estimate(None, 80.0, None), "missed, not reached [3.3 d – …]", False),
        (NONE, "not certain, not reached", None),
    ],
)
def test_target_is_met_or_missed_only_where_the_interval_excludes_the_other(
    p85: Estimate, said: str, met: bool | None
) -> None:
    """An interval on both sides of the target claims nothing, and neither does an open one; all is in one unit."""
    (result,) = targets.lead_times(pulse(p85), Targets(lead_time_p85_hours=72.0))
    assert result.sentence == f"Target 85% within 3 d, all work: {said}"
    assert result.met is met


@pytest.mark.parametrize(
    ("week", "said", "met"),
    [
        (Estimate(0.85, 0.8, 0.9), "met, 85% [80% – 90%]", True),
        (Estimate(0.7, 0.65, 0.799), "missed, 70% [65% – 79.9%]", False),
        (Estimate(0.8, 0.75, 0.85), "not certain, 80% [75% – 85%]", None),
    ],
)
def test_share_is_held_to_its_lower_bound(week: Estimate, said: str, met: bool | None) -> None:
    """More is better: the whole interval must reach the target."""
    (result,) = targets.within_a_week(pulse(week=week), Targets(within_7_days_share=0.8))
    assert (result.sentence, result.met) == (f"Target 80% within 7 days, all work: {said}", met)


def test_count_needs_no_interval() -> None:
    """What waits longer is counted: one such change misses the target."""
    aims = Targets(waiting_days=14)
    assert [result.met for longer in (0, 1, 12) for result in targets.waiting(longer, aims)] == [True, False, False]
    assert "missed, 1 change" in next(targets.waiting(1, aims)).sentence


def test_failures_are_held_to_their_upper_bound() -> None:
    """The row of `dora` for the share of failed deployments decides, and too few of them decide nothing."""
    row = {"measure": "change_failure_rate", "value": 0.06, "lower": 0.05, "upper": 0.08}
    aims = Targets(failure_share=0.1)
    (result,) = targets.failures([{"measure": "lead_time"}, row], aims)
    assert result.sentence == "Target at most 10% failed: met, 6% [5% – 8%]"
    (few,) = targets.failures([row | {"value": None, "lower": None, "upper": None}], aims)
    assert few.sentence == "Target at most 10% failed: not certain, too few to say"


def test_no_target_and_no_wall_clock_say_nothing() -> None:
    """Without a target there is no line, and hours of work are held against none."""
    every = Targets(72, 72, 0.8, 14, 0.1)
    working = pulse(Estimate(1, 1, 1), Estimate(1, 1, 1), clock="working")
    for aims, clock in ((Targets(), "wall"), (every, "working")):
        chosen = pulse(clock=clock) if clock == "wall" else working
        assert not [*targets.lead_times(chosen, aims), *targets.within_a_week(chosen, aims)]
        assert not [*targets.waiting(3, aims, clock)]
    assert targets.summarized([]) == ""
    (met,) = targets.lead_times(pulse(Estimate(50.0, 40.0, 72.0)), Targets(lead_time_p85_hours=72.0))
    assert targets.summarized([met]) == "Targets of all work: 85% within 3 d: met, 2.1 d [1.7 – 3.0]"
    few = pulse(Estimate(1, 1, 1), enough=False)
    assert all(result.met is None for result in targets.lead_times(few, every))
