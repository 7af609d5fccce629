"""The weekly test against the same sums written out change by change, and against slowdowns of known size."""

from __future__ import annotations

from math import fsum, sqrt

import numpy as np
import pytest

from analytics.pulse.weekly import RECENT_WEEKS, REFERENCE_WEEKS, Stays, weekly_test

WEEK = 168.0
END = 40 * WEEK
FIRST = END - (REFERENCE_WEEKS + RECENT_WEEKS) * WEEK
UNTIL = END - RECENT_WEEKS * WEEK


def _stays(seed: int, weekly: int, *, slower: float = 1.0, repositories: int = 1) -> Stays:
    """Exponential stays of 30 hours on average, which are `slower` for what begins in the recent weeks."""
    random = np.random.default_rng(seed)
    begin = np.sort(random.uniform(0.0, END, weekly * 40))
    hours = random.exponential(30.0, begin.size) * np.where(begin > UNTIL, slower, 1.0)
    end = np.minimum(begin + hours, END)
    return Stays(begin, end, begin + hours < END, random.integers(0, repositories, begin.size))


def _written_out(stays: Stays) -> tuple[float, float, float]:
    """Observed, expected and z, from sums over changes and weeks (one stratum)."""
    rows = [(b, e, d) for b, e, d in zip(stays.begin, stays.end, stays.ended, strict=True) if e > FIRST]
    inside = [(max(FIRST - b, 0.0), min(e, UNTIL) - b, d and e < UNTIL) for b, e, d in rows if b < UNTIL]
    steps = sorted({leave for _, leave, ended in inside if ended})
    hazard = [
        (
            age,
            sum(d and leave == age for _, leave, d in inside) / sum(entry < age <= leave for entry, leave, _ in inside),
        )
        for age in steps
    ]

    def reached(hours: float) -> float:
        return fsum(step for age, step in hazard if age <= hours)

    weeks = []
    for week in range(REFERENCE_WEEKS + RECENT_WEEKS):
        begin, end = FIRST + week * WEEK, FIRST + (week + 1) * WEEK
        expected = sum(
            reached(min(e, end) - b) - reached(max(b, begin) - b) for b, e, _ in rows if b < end and e > begin
        )
        weeks.append((sum(d and begin <= e < end for _, e, d in rows), expected))
    before, recent = weeks[:REFERENCE_WEEKS], weeks[REFERENCE_WEEKS:]
    total = sum(expected for _, expected in before)
    dispersion = max(1.0, sum((o - e) ** 2 for o, e in before) / total)
    observed, ahead = (sum(values) for values in zip(*recent, strict=True))
    return observed, ahead, (ahead - observed) / sqrt(dispersion * ahead * (1 + ahead / total))


@pytest.mark.parametrize("seed", range(3))
def test_sums_are_those_written_out(seed: int) -> None:
    """Observed and expected ends, and the standard errors between them, are as defined."""
    stays = _stays(seed, 6, slower=1.5)
    test = weekly_test(stays, END)
    assert (test.observed, test.expected, test.z) == pytest.approx(_written_out(stays), rel=1e-9)


def test_ends_of_a_week_are_those_of_the_reference() -> None:
    """They are counted before the recent weeks, whatever came later."""
    stays = _stays(5, 20)
    ended = (stays.ended & (stays.end >= FIRST) & (stays.end < UNTIL)).sum()
    assert weekly_test(stays, END).weekly_ends == pytest.approx(ended / REFERENCE_WEEKS)


def test_slowdown_is_seen_while_work_still_waits() -> None:
    """Three times as long in the recent weeks is several standard errors, and the ratio says about how much."""
    test = weekly_test(_stays(1, 30, slower=3.0), END)
    assert test.z > 3.0
    assert test.slower > 1.05


def test_same_pace_is_no_slowdown() -> None:
    """Over 200 teams without a change the standard errors have mean zero and deviation one, roughly."""
    z = np.array([weekly_test(_stays(seed, 10), END).z for seed in range(100, 300)])
    assert abs(z.mean()) < 0.2
    assert 0.8 < z.std() < 1.2


def test_repositories_keep_their_own_pace() -> None:
    """A month with more work of the slow repository is no slowdown."""
    random = np.random.default_rng(3)
    begin = np.sort(random.uniform(0.0, END, 2400))
    slow = random.random(begin.size) < np.where(begin > UNTIL, 0.8, 0.3)
    hours = random.exponential(1.0, begin.size) * np.where(slow, 100.0, 5.0)
    end = np.minimum(begin + hours, END)
    mixed = Stays(begin, end, begin + hours < END, slow.astype(np.int64))
    as_one = Stays(begin, end, mixed.ended, np.zeros(begin.size, dtype=np.int64))
    assert weekly_test(as_one, END).z > 2.0
    assert abs(weekly_test(mixed, END).z) < 2.0


def test_nothing_known_is_no_alarm() -> None:
    """Without stays, or without ends in the reference, nothing is said."""
    nothing = Stays(np.zeros(0), np.zeros(0), np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64))
    assert weekly_test(nothing, END).z == 0.0
    stays = _stays(1, 5)
    assert weekly_test(stays.where(stays.begin > UNTIL), END).z == 0.0
