"""When a service is in doubt: changes land, and its production deployments stopped or ship none of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from tests.builders.rows import Raw, built, ruled
from warehouse.models.doubts.guard import (
    APART,
    FEW_DEPLOYMENTS,
    LONGEST,
    MOSTLY_UNSHIPPED,
    NEWER_TAGS,
    SHIPS_NONE,
    STOPPED,
    Doubt,
    Evidence,
    Landing,
    in_doubt,
)

START = datetime(2025, 1, 1)
NONE = Evidence()


def day(number: float) -> datetime:
    """The time so many days after the start."""
    return START + timedelta(days=number)


def weekly(weeks: int, *, changes: int = 5) -> list[Landing]:
    """So many weeks, each with changes on its first days and a deployment on its last."""
    return [
        Landing(day(7 * week + 1 + number / changes), day(7 * week + 7))
        for week in range(weeks)
        for number in range(changes)
    ]


def landed(days: Iterable[float]) -> list[Landing]:
    """Changes that landed on these days, in no deployment."""
    return [Landing(day(number), None) for number in days]


def doubted(landings: list[Landing], evidence: Evidence = NONE, deployed: Iterable[float] = ()) -> Doubt | None:
    """The doubt about these changes, with these further deployments."""
    return in_doubt(landings, [day(0), *(day(number) for number in deployed)], evidence)


def test_deployments_that_stop_while_changes_land_are_in_doubt() -> None:
    """After ten weekly deployments of five changes, forty changes land in 40 days without one."""
    doubt = doubted([*weekly(10), *landed(71 + number for number in range(41))])
    assert doubt == Doubt(day(70), STOPPED, changes=41, days=40, usual_days=7, deployments=10)


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("28 days of changes are no longer than four usual gaps, nor than 30 days", range(71, 100)),
        ("nine changes are fewer than ten, and than two usual batches", [71 + 10 * number for number in range(9)]),
        ("nothing lands any more", []),
        ("what lands began only lately", [400 + number for number in range(20)]),
    ],
)
def test_a_pause_is_no_doubt(name: str, after: Iterable[float]) -> None:
    """A short pause, few changes and a quiet repository are in no doubt."""
    assert doubted([*weekly(10), *landed(after)]) is None, name


def test_larger_batches_need_more_changes() -> None:
    """Of a service that ships thirty changes at a time, forty are no sign; sixty are."""
    waiting = landed(71 + number for number in range(60))
    assert doubted([*weekly(10, changes=30), *waiting[:40]]) is None
    assert doubted([*weekly(10, changes=30), *waiting]) is not None


def test_changes_after_it_stopped_keep_the_doubt() -> None:
    """The doubt does not end when the changes stop, too: the time that counts is when they landed."""
    landings = [*weekly(10), *landed(71 + number for number in range(41))]
    before = doubted(landings)
    assert before is not None
    assert doubted([*landings, *landed([900])]) is not None


def test_a_deployment_that_ships_them_ends_the_doubt() -> None:
    """What was silent and then shipped all of it is as believable as before."""
    late = [Landing(day(71 + number), day(112)) for number in range(41)]
    assert doubted([*weekly(10), *late]) is None


def test_deployments_that_ship_nothing_are_in_doubt() -> None:
    """Deployments of an old commit go on each week: none contains a change that landed since."""
    doubt = doubted([*weekly(10), *landed(71 + number for number in range(41))], deployed=range(77, 112, 7))
    assert doubt is not None
    assert (doubt.reason, doubt.since_at) == (SHIPS_NONE, day(70))


def test_deployments_without_most_changes_are_in_doubt() -> None:
    """Deployments ship one change a week, and 50 others not: from the last one before these it is in doubt."""
    rare = [Landing(day(72.5 + 7 * week), day(77 + 7 * week)) for week in range(7)]
    doubt = doubted([*weekly(10), *rare, *landed(71 + number for number in range(50))])
    assert doubt is not None
    assert (doubt.reason, doubt.since_at, doubt.changes) == (MOSTLY_UNSHIPPED, day(70), 50)


def test_two_deployments_are_told_as_few() -> None:
    """With two deployments no gap is usual: 100 days of changes are in doubt, 60 are not, and the reason says why."""
    two = weekly(2)
    doubt = doubted([*two, *landed(15 + number for number in range(101))])
    assert doubt is not None
    assert (doubt.reason, doubt.deployments) == (FEW_DEPLOYMENTS, 2)
    assert doubted([*two, *landed(15 + number for number in range(61))]) is None


def test_no_gap_makes_two_years_of_silence_usual() -> None:
    """Three deployments a thousand days apart: changes of more than two years are in doubt nevertheless."""
    rare = [Landing(day(1000 * number + place), day(1000 * number + 900)) for number in range(3) for place in (1, 2)]
    span = LONGEST.days
    assert doubted([*rare, *landed(2901 + 10 * number for number in range(span // 10))]) is None
    assert doubted([*rare, *landed(2901 + 10 * number for number in range(span // 10 + 2))]) is not None


@pytest.mark.parametrize(("newer", "older", "expected"), [(3, 0, True), (2, 0, False), (3, 3, False)])
def test_newer_tags_halve_what_is_needed(newer: int, older: int, expected: bool) -> None:
    """Sixteen days of changes are in doubt where three releases are newer; not where the tags were there before."""
    landings = [*weekly(10), *landed(71 + number for number in range(17))]
    doubt = doubted(landings, Evidence(newer_tags=newer, older_tags=older))
    assert (doubt is not None and doubt.reason == NEWER_TAGS) == expected


def test_deployments_apart_from_the_branch_are_in_doubt_at_once() -> None:
    """Where no deployment ever shared history with the default branch, nothing is believable."""
    doubt = doubted(landed([1, 2, 3]), Evidence(apart=3), deployed=[1, 2, 3])
    assert doubt is not None
    assert (doubt.reason, doubt.since_at) == (APART, None)


def test_without_deployments_there_is_no_doubt() -> None:
    """A service that was never deployed has other words."""
    assert in_doubt(landed(range(300)), [], NONE) is None
    assert in_doubt([], [day(0)], NONE) is None


def stopping(repo: str = "acme/shop", *, until: int = 12, last: int = 40) -> Raw:
    """A change each day to day `last`, deployed a day later up to day `until`; days are 24 hours."""
    raw = Raw(repo, read=24.0 * last + 30, known=24.0 * last + 24)
    for number in range(last + 1):
        raw.commits(f"c{number}@{24 * number + 1}")
        if number <= until:
            raw.deploy(f"d{number}", f"c{number}", 24 * number + 24)
    return raw


def outcomes(raw: Raw, as_of: float | None = None) -> dict[str, int]:
    """How many changes have each outcome or, where unknown, each reason."""
    with built(raw, as_of=as_of, settings=ruled()) as tables:
        rows = tables("select outcome, outcome_reason, count(*) as n from lead_times group by all")
    return {row["outcome_reason"] or row["outcome"]: row["n"] for row in rows}


@pytest.mark.slow
def test_what_landed_in_doubt_is_unknown() -> None:
    """Thirteen daily deployments, then none for 50 days: what landed since neither waits nor arrived."""
    with built(stopping(last=62), settings=ruled()) as tables:
        (row,) = tables("select * from service_doubts")
        assert (row["reason"], row["landed"], row["deployments"]) == ("stopped", 50, 13)
    counts = outcomes(stopping(last=62))
    assert counts == {"before_first_deployment": 1, "production": 12, "in_doubt": 50}


@pytest.mark.slow
def test_doubt_is_that_of_the_time_of_the_report() -> None:
    """As of the twentieth day eight changes wait; nothing was in doubt then."""
    assert outcomes(stopping(last=62), as_of=24 * 20 + 12) == {
        "before_first_deployment": 1,
        "production": 12,
        "waiting": 8,
    }
