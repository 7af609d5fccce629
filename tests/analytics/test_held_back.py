"""Environments of one or two deployments: what waits for them, or has their date, is reported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from analytics.reports.doubtful.held_back import held_back, nearly_never_deployed
from headway.settings import ProductionSettings, Settings
from tests.builders.rows import Raw, built

DAY = 24


def regions(rollouts: int, special: Sequence[int], *, days: int = 7) -> Raw:
    """Each roll-out has a change and goes to us and eu; `special`: those that a third environment got too."""
    end = rollouts * days * DAY + 60 * DAY
    raw = Raw(read=end, known=end).commits(" ".join(f"c{n}@{n * days * DAY}" for n in range(rollouts)))
    for n in range(rollouts):
        for late, name in enumerate(("us", "eu"), 1):
            raw.deploy(f"{name}{n}", f"c{n}", (n * days + late) * DAY, environment=f"prod-{name}")
        if n in special:
            raw.deploy(f"old{n}", f"c{n}", (n * days + 4) * DAY, environment="prod-old")
    return raw


OUTCOMES = "select outcome, cast(lead_time_hours as integer) as hours from lead_times order by code_complete_at"


@pytest.mark.slow
def test_environment_that_holds_most_work_back_is_in_doubt() -> None:
    """Two of four roll-outs are half: it is a wave, and what waits for it alone is most of the work."""
    with built(regions(4, (0, 1))) as tables:
        assert [row["outcome"] for row in tables(OUTCOMES)] == ["unknown", "production", "waiting", "waiting"]
        (line,) = held_back(tables.connection)
        assert line == (
            "git:acme/shop: what waits is IN DOUBT: 2 of 4 changes in production elsewhere wait for prod-old, and for"
            " none with more than two deployments; it got 2 of 4 roll-outs since 2025-01-10, the last on 2025-01-17,"
            " and may be retired or special"
        )
        (few,) = nearly_never_deployed(tables.connection)
        assert few.endswith(
            'counts as a wave; [production] exclude = ["prod-old"] leaves it out, which changes the outcome of 2'
            " changes and the production date of 1 change"
        )
    excluded = Settings(base=Path(), production=ProductionSettings(exclude=("prod-old",)))
    with built(regions(4, (0, 1)), settings=excluded) as tables:
        assert [row["hours"] for row in tables(OUTCOMES)] == [None, 48, 48, 48]
        assert held_back(tables.connection) == nearly_never_deployed(tables.connection) == []


@pytest.mark.slow
def test_environment_that_dates_some_work_is_named_alone() -> None:
    """Where it got the newest roll-outs it may be a new region: doctor says what it changes, no report is in doubt."""
    with built(regions(8, (6, 7))) as tables:
        assert [row["hours"] for row in tables(OUTCOMES)][-2:] == [48, 96]
        assert held_back(tables.connection) == []
        (line,) = nearly_never_deployed(tables.connection)
        assert line.endswith("which changes the production date of 1 change")


@pytest.mark.slow
def test_environment_of_two_deployments_falls_silent_while_others_go_on() -> None:
    """After 90 days in which others went on it is no live wave, though two deployments show no rhythm."""
    with built(regions(4, (0, 1), days=60)) as tables:
        assert [row["hours"] for row in tables(OUTCOMES)] == [None, 96, 48, 48]
        assert tables(
            "select live, until_at is not null as ended from service_waves where environment = 'prod-old'"
        ) == [{"live": False, "ended": True}]
        assert held_back(tables.connection) == nearly_never_deployed(tables.connection) == []


def test_two_retired_environments_hold_work_back_together() -> None:
    """What waits for both waits for none that is deployed to: each is named."""
    raw = regions(4, (0, 1))
    for n in (0, 1):
        raw.deploy(f"odd{n}", f"c{n}", (n * 7 + 5) * DAY, environment="prod-odd")
    with built(raw) as tables:
        lines = held_back(tables.connection)
        assert [line.partition(" wait for ")[2].partition(",")[0] for line in lines] == ["prod-odd", "prod-old"]
        assert len(nearly_never_deployed(tables.connection)) == 2


@pytest.mark.parametrize("special", [(), (0, 1, 2, 3)])
def test_environments_that_get_all_are_not_named(special: Sequence[int]) -> None:
    """A wave like the others is what work waits for."""
    with built(regions(4, special)) as tables:
        assert held_back(tables.connection) == nearly_never_deployed(tables.connection) == []


@pytest.mark.slow
def test_tenant_that_is_the_only_wave_is_named() -> None:
    """Tenants that take turns get a third each and are no waves; one of two late deployments is."""
    raw = Raw(read=200 * DAY, known=120 * DAY).commits(" ".join(f"c{n}@{n * 7 * DAY}" for n in range(12)))
    for n in range(12):
        raw.deploy(f"d{n}", f"c{n}", (n * 7 + 1) * DAY, environment=f"production/{'abc'[n % 3]}")
    for n in (9, 10):
        raw.deploy(f"x{n}", f"c{n}", (n * 7 + 4) * DAY, environment="production/x")
    with built(raw) as tables:
        assert [row["outcome"] for row in tables(OUTCOMES)][-1] == "waiting"
        (line,) = nearly_never_deployed(tables.connection)
        assert line.startswith("git:acme/shop: the production environment production/x got 2 of 3 roll-outs")
