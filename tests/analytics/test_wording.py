from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from analytics.cohort.kinds import Excluded
from analytics.initiatives import Initiative, Stay
from analytics.pulse.pulse import Ahead, Estimate, Group, Pulse, StageTime
from analytics.text import wording

NONE = Estimate(None, None, None)
AT = datetime(2026, 1, 1)


def group(name: str, *, median: Estimate = NONE, enough: bool = True) -> Group:
    """A group of which only its name and median matter."""
    stages = [
        StageTime("review", Estimate(10.0, 8.0, 12.0), 0.25),
        StageTime("release", Estimate(30.0, 20.0, None), 0.75),
    ]
    return Group(name, 30, 20, 6, 4, 2, enough, median, NONE, [], NONE, stages, 40.0)


def pulse(ai: Group, other: Group, everything: Group) -> Pulse:
    """A pulse of these groups with nothing left out."""
    return Pulse("builds_ai", everything, ai, other, Excluded(), 0, 0, 720.0, (AT, AT))


@pytest.mark.parametrize(
    ("hours", "words"),
    [(0.0, "0.0 h"), (47.94, "47.9 h"), (48.0, "2.0 d"), (6033.0, "251.4 d"), (24_000_000.0, "1,000,000.0 d")],
)
def test_hours_become_days_from_two_days_on(hours: float, words: str) -> None:
    """A duration is told in the unit that people would use."""
    assert wording.hours(hours) == words


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (Estimate(30.0, 20.0, 60.0), "30.0 h [20.0 – 60.0]"),
        (Estimate(72.0, 48.0, None), "3.0 d [2.0 – …]"),
        (Estimate(72.0, None, None), "3.0 d"),
        (Estimate(1.0, -0.04, 2.0), "1.0 h [0.0 – 2.0]"),
        (Estimate(1.0, -2.0, 4.0), "1.0 h [−2.0 – 4.0]"),
        (NONE, "not reached"),
    ],
)
def test_interval_is_in_the_unit_of_its_value(estimate: Estimate, words: str) -> None:
    """Both bounds are in the unit of the value, and one that is not reached is left open."""
    assert wording.with_interval(estimate) == words


def test_a_column_has_the_unit_of_its_longest() -> None:
    """Twelve hours beside three days are half a day, and so is what is negative."""
    assert wording.with_interval(Estimate(12.0, 6.0, 24.0), beside=72.0) == "0.5 d [0.2 – 1.0]"
    assert wording.with_interval(Estimate(-72.0, -96.0, -48.0)) == "-3.0 d [−4.0 – −2.0]"
    assert wording.with_interval(Estimate(72.0, 48.0, 96.0), beside=1.0) == "3.0 d [2.0 – 4.0]"


@pytest.mark.parametrize(
    ("estimate", "words"),
    [(Estimate(0.5, 0.25, 0.75), "50% [25% – 75%]"), (Estimate(0.5, None, 0.75), "50%"), (NONE, "")],
)
def test_share_has_its_interval(estimate: Estimate, words: str) -> None:
    """A share is told with its interval if there is one."""
    assert wording.share(estimate) == words


def test_how_long_compares_both_groups() -> None:
    """The headline tells when half of each group has arrived, in words that fit both axes."""
    day, week = Estimate(24.0, None, None), Estimate(168.0, None, None)
    found = pulse(group("AI work", median=week), group("other work", median=day), group("all work", median=day))
    assert wording.how_long(found) == "Half of AI work is in production after 7.0 d, half of other work after 24.0 h"
    working = wording.how_long(replace(found, clock="working"))
    assert working == "Half of AI work is in production after 168.0 h of work, half of other work after 24.0 h of work"
    made = replace(found, ai=group("made with AI", median=week), other=group("no AI mark", median=day))
    assert "Half of work made with AI" in wording.how_long(made)


def test_median_that_is_not_reached_is_said_so() -> None:
    """A group of which less than half has arrived has no time."""
    day = Estimate(24.0, None, None)
    found = pulse(group("AI work"), group("other work", median=day), group("all work", median=day))
    assert wording.how_long(found) == (
        "Less than half of AI work has reached production. Half of other work is in production after 24.0 h"
    )


def test_too_few_are_counted_and_not_timed() -> None:
    """With too few changes in a group all work is told; with too few at all, their number."""
    few, day = group("AI work", enough=False), Estimate(24.0, None, None)
    found = pulse(few, group("other work", median=day), group("all work", median=day))
    assert wording.how_long(found) == "Half of all work is in production after 24.0 h"
    alone = replace(found, everything=replace(group("all work", enough=False), changes=1))
    assert wording.how_long(alone) == "1 change: too few to say how long work takes"


def test_bottleneck_is_the_stage_with_the_most_time() -> None:
    """The bottleneck is told with its time, interval and share; without stages there is none."""
    expected = (
        "Biggest bottleneck for AI work: release, 30.0 h (95 % CI 20.0 h or more) of a change's first 30 days,"
        " 75% of its waiting"
    )
    assert wording.bottleneck(group("AI work"), 720.0) == expected
    assert wording.bottleneck(replace(group("AI work"), stages=[]), 720.0) == ""


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (
            Estimate(20.0, 8.0, 32.0),
            "Next is review, 10.0 h: 20.0 h less (95 % CI 8.0–32.0 h), significant.",
        ),
        (
            Estimate(20.0, -3.0, 43.0),
            "Next is review, 10.0 h: 20.0 h less (95 % CI −3.0 to 43.0 h), so the order may change.",
        ),
        (Estimate(20.0, None, None), "Next is review, 10.0 h: 20.0 h less. Confidence: not enough data."),
    ],
)
def test_lead_of_the_bottleneck_is_as_certain_as_its_interval(hours: Estimate, words: str) -> None:
    """Only a lead whose interval excludes zero is called significant; without a second stage there is no text."""
    first = group("AI work")
    assert wording.lead_of_bottleneck(replace(first, ahead=Ahead("review", hours))) == words
    assert wording.lead_of_bottleneck(first) == ""


def initiative(rung: str, *, stalled: bool | None) -> Initiative:
    """An initiative of which only its rung matters, and whether it stalls there."""
    stay = Stay(rung, AT, AT, ended=False)
    return Initiative(
        id="a",
        name="A",
        detected=True,
        repos=("acme/shop",),
        reasons=(),
        stays=(stay,),
        observed=True,
        deployments=True,
        imports=True,
        changes=1,
        waiting=0,
        abandoned=0,
        landed=0,
        shipped=0,
        people=1,
        uses=(),
        usage=(),
        last_shipped_at=None,
        removed_by=(),
        as_of=AT,
        stalled=stalled,
    )


def test_initiatives_stall_among_all_of_them() -> None:
    """A pilot that stalls is told of all initiatives and not of those in production; one pilot is no `pilots`."""
    known = [initiative("pilot", stalled=True), initiative("in use", stalled=False), initiative("in use", stalled=None)]
    assert wording.initiatives(known) == "Initiatives: 2 of 3 in use, 1 pilot, 1 stalled"
    assert wording.stalled(known) == "1 of 3 is stalled: longer on the same rung than most that left it."
    assert wording.stalled(known[1:]) == "No initiative is stalled."


def test_what_was_left_out_is_counted() -> None:
    """Only what was left out is named."""
    found = pulse(group("a"), group("b"), group("c"))
    assert wording.left_out(found) == ""
    assert wording.left_out(replace(found, excluded=Excluded(bots=1200, releases=17), no_deployments=3)) == (
        "Left out and counted: 1,200 by bots, 17 releases, 3 in repositories without deployments."
    )
    assert wording.left_out(replace(found, excluded=Excluded(releases=1))) == "Left out and counted: 1 release."


def test_closed_work_that_is_not_seen_is_no_zero() -> None:
    """A count that no source could have given is not told."""
    assert wording.gone(group("a"), closed_work_is_seen=True) == "4"
    assert wording.gone(group("a"), closed_work_is_seen=False) == "no data"


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [(1, "repository", "1 repository"), (2, "repository", "2 repositories"), (1000, "change", "1,000 changes")],
)
def test_counted_things_have_their_plural(number: int, noun: str, words: str) -> None:
    """A number of things is in the singular or plural that it needs."""
    assert wording.counted(number, noun) == words


def test_text_from_outside_steers_nothing() -> None:
    """Control characters and those that turn the direction of reading become blanks."""
    assert wording.plain("a\x1b[31m\nb\u202ec") == "a [31m b c"
