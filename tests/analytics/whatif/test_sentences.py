from __future__ import annotations

from datetime import datetime

from analytics.reports.bottlenecks import Bottleneck, Bottlenecks, what_ifs
from analytics.text.whatif import sentences_of
from analytics.whatif.compute import WhatIf
from analytics.whatif.effect import Bounds, Effect
from tests.analytics.whatif.test_flow import drawn
from tests.builders.changes import departures_of, simulated


def found(lower: float) -> Bottlenecks:
    """A group with one what-if, whose saving of 41 h begins at `lower`."""
    gained = (Bounds(0.12, 0.08, 0.15), Bounds(0.0, -0.01, 0.01))
    effect = Effect(Bounds(41.0, lower, 48.0), gained, (0.5, 0.9), 100.0, (168.0, 720.0), 812, 7, "repository")
    daily = WhatIf("release_cadence", "release", "daily (Mon–Fri 14:00 UTC)", effect, "")
    stage = Bottleneck(1, "release", Bounds(60.0, 55.0, 65.0), 0.6)
    return Bottlenecks("all", 812, (stage,), (daily,), 6.0, datetime(2026, 1, 1))


def test_a_gain_has_its_interval_arrivals_and_count() -> None:
    """A significant gain has its size, interval, how many more arrive, and the number of changes."""
    first, second = sentences_of(found(35.0))
    assert first.text == (
        "All work waits longest in release: 2.5 d (95 % CI 2.3–2.7 d) of a change's first 30 days, 60% of its waiting,"
        " n = 812"
    )
    assert second.text == (
        "Releasing at least daily instead of every 6.0 days would ship all work 41.0 h earlier"
        " (95 % CI 35.0–48.0 h); 12.0 points more arrive (95 % CI 8.0–15.0 points) within 7 days, n = 812"
    )
    assert (second.number, second.lower, second.upper, second.changes, second.significant) == (
        41.0,
        35.0,
        48.0,
        812,
        True,
    )


def test_what_may_be_nothing_is_no_gain() -> None:
    """An interval that includes 0 is no significant gain, and the sentence has the interval."""
    sentence = sentences_of(found(-3.0))[1]
    assert not sentence.significant
    assert ": no significant gain for all work (41.0 h earlier, 95 % CI −3.0 to 48.0 h), n = 812" in sentence.text


def test_a_missing_interval_is_spelled_out() -> None:
    """Where one repository and month is all there is, no gain is claimed and no nan is shown."""
    sentence = sentences_of(found(float("nan")))[1]
    assert not sentence.significant
    assert ": no significant gain for all work (41.0 h earlier, confidence: not enough data)" in sentence.text


def test_what_ifs_of_both_machines_promise_no_more_than_there_is() -> None:
    """Cadences and best months come with bounds that hold the estimate, and never promise more than there is to wait.

    Releases besides the real ones make nothing later.
    """
    tiny, steady = simulated(1, size="tiny"), drawn(0, 900, 3, every=5.0)
    found = [what for changes in (tiny, steady) for what in what_ifs(changes, departures_of(changes))]
    assert {what.kind for what in found} == {"release_cadence", "best_months"}
    for what in found:
        saved = what.effect.hours_saved
        assert saved.lower <= saved.value <= saved.upper
        assert saved.value < what.effect.waiting_hours
        if what.kind == "release_cadence":
            assert saved.value >= -1e-9
