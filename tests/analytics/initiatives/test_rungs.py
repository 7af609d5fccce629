from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.initiatives import RUNGS, Stay, Use, Work, climb

START = datetime(2026, 1, 1)
WINDOW = timedelta(days=90)


def day(number: float | None) -> datetime | None:
    """The time so many days after the start."""
    return None if number is None else START + timedelta(days=number)


def at(number: float) -> datetime:
    """As `day`, of a number."""
    return START + timedelta(days=number)


def work(
    began: float | None = 0, merged: float | None = None, arrived: float | None = None, *, sandboxed: bool = False
) -> Work:
    """A change with the days on which it got somewhere."""
    return Work("#1", "r", sandboxed, "ann", True, day(began), day(began), day(merged), day(arrived), True, None)


def use(since: float, until: float | None = None) -> Use:
    """Something that depends on it for a while."""
    return Use("#9", "a.py", "llm", at(since), day(until))


def climbed(
    *pieces: Work,
    uses: tuple[Use, ...] = (),
    used: tuple[float, ...] = (),
    as_of: float = 400,
    removed: float | None = None,
) -> list[tuple[str, float]]:
    """The rungs and the days on which each began."""
    used_at = [at(one) for one in used]
    stays = climb(pieces, uses, used_at, window=WINDOW, as_of=at(as_of), removed_at=day(removed))
    return [(one.rung, (one.since - START) / timedelta(days=1)) for one in stays]


@pytest.mark.parametrize(
    ("pieces", "rungs"),
    [
        ([work(3)], [("pilot", 3)]),
        ([work(3, 5, 7, sandboxed=True), work(4)], [("pilot", 3)]),
        ([work(3, sandboxed=True), work(9, 20)], [("pilot", 3), ("merged", 20)]),
        ([work(3, 5, 7)], [("pilot", 3), ("merged", 5), ("production", 7)]),
        ([work(3, 9, 7)], [("pilot", 3), ("merged", 7), ("production", 7)]),
        ([work(3, 5, 7), work(4, 6, 7)], [("pilot", 3), ("merged", 5), ("production", 7)]),
        ([work(None)], []),
        ([work(500)], []),
        ([], []),
    ],
)
def test_rungs_are_climbed_by_work_outside_the_sandbox(pieces: list[Work], rungs: list[tuple[str, float]]) -> None:
    """A pilot until something outside lands; what arrives before its merge landed then; one deployment ships once."""
    assert climbed(*pieces) == rungs


def test_what_is_removed_is_on_no_rung() -> None:
    """Its rungs end where its code was taken out; the change that did so is no shipment, and no use outlives it."""
    pieces = [work(0, 1, 10), work(0, 1, 40), work(0, 190, 200)]
    begin = [("pilot", 0), ("merged", 1), ("production", 10), ("in use", 40), ("production", 130)]
    assert climbed(*pieces, removed=200) == [*begin, ("removed", 200)]
    assert climbed(*pieces, removed=200, uses=(use(20),)) == [*begin[:3], ("in use", 20), ("removed", 200)]
    assert climbed(*pieces, removed=200, as_of=150) == begin
    assert climbed(work(3), removed=5) == [("pilot", 3), ("removed", 5)]


def test_shipping_again_is_use_for_the_window() -> None:
    """From the second deployment on it is in use, and no longer so when nothing shipped for the window."""
    pieces = [work(0, 1, 10), work(0, 1, 40), work(0, 1, 120)]
    begin = [("pilot", 0), ("merged", 1), ("production", 10), ("in use", 40)]
    assert climbed(*pieces, as_of=209) == begin
    assert climbed(*pieces, as_of=211) == [*begin, ("production", 210)]
    assert climbed(*pieces, work(0, 1, 300), as_of=310) == [*begin, ("production", 210), ("in use", 300)]
    assert climbed(*pieces, as_of=100) == begin


def test_what_depends_on_it_uses_it_while_it_does() -> None:
    """An import that is in production before the initiative is counts from the initiative's day on."""
    base = work(0, 1, 10)
    begin = [("pilot", 0), ("merged", 1), ("production", 10)]
    assert climbed(base, uses=(use(50),)) == [*begin, ("in use", 50)]
    assert climbed(base, uses=(use(50, 60),)) == [*begin, ("in use", 50), ("production", 60)]
    assert climbed(base, uses=(use(5), use(2, 9))) == [*begin, ("in use", 10)]
    assert climbed(base, uses=(use(500),)) == begin


def test_recorded_use_holds_for_the_window() -> None:
    """A record of use counts like a shipment; one from before production does not."""
    begin = [("pilot", 0), ("merged", 1), ("production", 10)]
    assert climbed(work(0, 1, 10), used=(20,), as_of=100) == [*begin, ("in use", 20)]
    assert climbed(work(0, 1, 10), used=(20,), as_of=111) == [*begin, ("in use", 20), ("production", 110)]
    assert climbed(work(0, 1, 200), used=(20,)) == [("pilot", 0), ("merged", 1), ("production", 200)]


DAYS = st.none() | st.integers(0, 400)
WORK = st.builds(work, DAYS, DAYS, DAYS, sandboxed=st.booleans())
USES = st.builds(use, st.integers(0, 400), DAYS)


@pytest.mark.slow
@given(st.lists(WORK), st.lists(USES), st.lists(st.integers(0, 400)), st.integers(0, 400), st.integers(0, 400))
def test_stays_cover_all_time_and_know_no_future(
    pieces: list[Work], uses: list[Use], used: list[int], as_of: int, later: int
) -> None:
    """Stays join without gaps, only the last has not ended, and what comes later changes no climb of before."""
    now, then = sorted((as_of, later))
    stays = climb(pieces, uses, [at(one) for one in used], window=WINDOW, as_of=at(now))
    rest = climb(pieces, uses, [at(one) for one in used], window=WINDOW, as_of=at(then))
    if not stays:
        return
    assert [one.ended for one in stays] == [True] * (len(stays) - 1) + [False]
    assert all(one.until == two.since and one.rung != two.rung for one, two in pairwise(stays))
    assert all(one.hours >= 0 for one in stays)
    assert stays[-1].until == at(now)
    assert [one.rung for one in stays][:3] == list(RUNGS[: min(3, len(stays))])
    assert [(one.rung, one.since) for one in rest][: len(stays)] == [(one.rung, one.since) for one in stays]


def test_hours_say_whether_they_ended() -> None:
    """A stay in hours."""
    assert Stay("pilot", at(0), at(1.5), ended=True).hours == 36
