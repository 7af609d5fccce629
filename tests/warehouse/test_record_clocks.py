"""Records with local times that end in Z, east of UTC: in doubt where other dates or the team's zone show it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analytics.cohort.filters import Filters
from analytics.reports.doubtful.record_clocks import record_clocks
from analytics.reports.doubts import all_in_doubt
from headway.settings import ProductionSettings, Settings
from tests.builders.rows import Raw, built
from warehouse.models.deployments.records.record_clocks import _constant, _prompt

DAY = 24.0
PROMPT = (0.2, 0.5, 0.3, 0.9, 0.1)
"""Hours from a commit to its deployment."""
SLOW = (30.0, 7.0, 52.0, 13.0, 21.0)


def team(
    zone: float,
    delays: Sequence[float],
    *,
    shift: float,
    tags: bool = False,
    system: bool = False,
    repo: str = "acme/shop",
) -> Raw:
    """Twelve commits of a team in a zone, each deployed after a delay; records have times that are late by `shift`.

    Annotated tags come three minutes before the true deployment, or another system reports it two minutes after.
    """
    raw = Raw(repo, known=30 * DAY, read=30 * DAY)
    for number in range(12):
        name, at = f"{repo}-{number}", number * 2 * DAY + 3
        raw.commits(f"{name}@{at}")
        raw.rows["commits"][-1]["author_utc_offset_minutes"] = int(zone * 60)
        true = at + delays[number % len(delays)]
        facts: dict[str, Any] = {"written_in": f"d.ndjson line {number + 1}", "reported_by": "events:d.ndjson"}
        raw.deploy(f"r{number}", name, true + shift, **facts)
        raw.rows["deployment_statuses"][-1]["reported_by"] = "events:d.ndjson"
        if tags:
            raw.tag(f"v1.{number}.0", name, true - 0.05)
        if system:
            raw.deploy(f"g{number}", name, true + 0.03, source="github")
    return raw


def doubts(*parts: Raw, settings: Settings | None = None) -> list[str]:
    """What is said of the times of records, repository by repository."""
    with built(*parts, settings=settings) as tables:
        lines = record_clocks(tables.connection)
        assert [line for line in all_in_doubt(tables.connection, Filters()) if "local times" in line] == lines
    return lines


WRONG = {
    "acme/tokyo": (
        team(9, PROMPT, shift=9, repo="acme/tokyo"),
        "9.3 h later than their commits or more, and none sooner",
    ),
    "acme/delhi": (team(5.5, PROMPT, shift=5.5, repo="acme/delhi"), "5.8 h later than their commits"),
    "acme/tags": (team(1, SLOW, shift=1, tags=True, repo="acme/tags"), "1.1 h later than the tags of their commits"),
    "acme/system": (team(2, SLOW, shift=2, system=True, repo="acme/system"), "2.0 h later than another system dates"),
    # West, and no deployment before its commit.
    "acme/west": (team(-5, SLOW, shift=-5, system=True, repo="acme/west"), "5.0 h earlier than another system dates"),
}


@pytest.mark.slow
def test_times_that_are_off_by_a_zone_are_in_doubt() -> None:
    """With how many deployments show it, one with its line, and by how many hours."""
    lines = {line.partition(": ")[0]: line for line in doubts(*(raw for raw, _ in WRONG.values()))}
    assert len(lines) == len(WRONG)
    for repo, (_, words) in WRONG.items():
        line = next(line for name, line in lines.items() if name.endswith(repo))
        assert words in line
        assert "12 deployments in records, such as r0 (d.ndjson line 1)" in line


@pytest.mark.slow
def test_what_may_well_be_right_is_not_in_doubt() -> None:
    """Deployments that are merely late, and zones that nothing shows; beside them one that is wrong."""
    right = (
        team(9, PROMPT, shift=0, repo="acme/right"),
        team(9, SLOW, shift=0, tags=True, system=True, repo="acme/right-beside-others"),
        team(0, PROMPT, shift=9, repo="acme/slow-pipeline"),
        team(0, SLOW, shift=2, tags=True, repo="acme/tagged-two-hours-before"),
        team(1, PROMPT, shift=1, repo="acme/near"),
        team(9, SLOW, shift=9, repo="acme/slow-nothing-beside"),
    )
    (line,) = doubts(*right, WRONG["acme/tokyo"][0])
    assert "acme/tokyo" in line


@pytest.mark.slow
def test_times_of_which_people_say_that_they_are_right_are() -> None:
    """`complete` of the settings ends the doubt."""
    said = Settings(base=Path(), production=ProductionSettings(complete=("acme/shop",)))
    assert doubts(team(9, PROMPT, shift=9), settings=said) == []


@pytest.mark.parametrize(
    ("offsets", "zone", "alike"),
    [
        ([2.0] * 8 + [5.0] * 2, None, 8),
        ([2.0] * 7 + [5.0] * 3, None, 0),
        ([2.0] * 5, None, 5),
        ([2.0] * 4, None, 0),
        ([2.0, 2.0, 2.0, 2.25, 1.75], None, 5),
        ([2.0, 2.0, 2.0, 2.0, 2.26], None, 0),
        ([0.75] * 5, None, 5),
        ([0.74] * 5, None, 0),
        ([14.0] * 5, None, 5),
        ([14.01] * 5, None, 0),
        ([-12.0] * 5, None, 5),
        ([-12.01] * 5, None, 0),
        ([2.0] * 5, 2.25, 5),
        ([2.0] * 5, 2.26, 0),
    ],
)
def test_offset_is_that_of_a_zone_where_four_fifths_have_it(
    offsets: list[float], zone: float | None, alike: int
) -> None:
    """Five deployments or more, within 15 minutes of one offset, 45 minutes to 14 h late or 12 h early, or the zone."""
    pairs = [({"deployment_id": str(number)}, timedelta(hours=hours)) for number, hours in enumerate(offsets)]
    assert len(_constant(pairs, None if zone is None else timedelta(hours=zone))) == alike


@pytest.mark.parametrize(
    ("zones", "offsets", "soon"),
    [
        ([3.0] * 10, [3.0] * 5 + [4.0] * 5, 10),
        ([2.99] * 10, [3.5] * 10, 0),
        ([3.0] * 9, [3.5] * 9, 0),
        ([3.0] * 10, [3.5] * 9 + [2.99], 0),
        ([3.0] * 10, [4.0] * 5 + [4.01] * 5, 5),
        ([3.0] * 10, [4.0] * 4 + [4.01] * 6, 0),
        ([3.0] * 8 + [1.0] * 2, [3.5] * 10, 8),
        ([3.0] * 7 + [1.0] * 3, [3.5] * 10, 0),
    ],
)
def test_zone_alone_shows_where_deployments_follow_it_at_once(
    zones: list[float], offsets: list[float], soon: int
) -> None:
    """Ten or more, none sooner than the zone, half within an hour of it, four fifths three hours east or more."""
    at = datetime(2026, 3, 2)
    names = [f"c{number}" for number in range(len(zones))]
    first = {
        name: {"sha": name, "succeeded_at": at + timedelta(hours=hours)}
        for name, hours in zip(names, offsets, strict=True)
    }
    zone_of = {name: timedelta(hours=hours) for name, hours in zip(names, zones, strict=True)}
    assert len(_prompt(first, {name: {"committed_at": at} for name in names}, zone_of)) == soon
