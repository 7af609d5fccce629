"""Applications that were renamed without a setting that says so: one service, or reported as perhaps one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from analytics.reports.doubtful.renames import possible_renames, renaming_settings
from headway.settings.pasted import to_paste
from tests.builders.rows import Raw, built
from warehouse.models.services.inference.propose import Proposal
from warehouse.models.services.inference.successions import successions

START = datetime(2026, 1, 1)
DAY = 24.0


def part(name: str, days: Iterable[float], *folders: str, gone: bool = False) -> Proposal:
    """A name that was deployed on these days."""
    times = [START + timedelta(days=day) for day in days]
    return Proposal(name, "records", folders=list(folders), times=times, gone=gone)


def pairs(*parts: Proposal) -> list[tuple[str, str, bool]]:
    """Later name, former name, whether they are joined."""
    return [(row.name, row.former, row.joined) for row in successions(parts)]


WEB = part("web", range(40), "web")


@pytest.mark.parametrize(
    ("former", "later", "joined"),
    [
        (part("api", range(20), "api"), part("gateway", range(20, 40)), True),
        (part("backend", range(20)), part("api", range(20, 40), "api"), True),
        (part("api", range(20), "api"), part("gateway", range(38, 40)), None),
        (part("api", range(38), "api"), part("gateway", [38, 39]), False),
        (part("api", range(20), "api"), part("gateway", range(30, 40)), False),
        (part("api", range(10), "api"), part("gateway", range(30, 40)), None),
        (part("api", range(25), "api"), part("gateway", range(20, 40)), None),
        (part("api", range(20), "api"), part("gateway", range(20, 40), "gateway"), None),
        (part("api", range(20), "api", gone=True), part("gateway", range(20, 40)), None),
        (part("api", range(39), "api"), part("gateway", [38.5]), None),
    ],
    ids=[
        "began when the other ended",
        "has the folder now",
        "began long after",
        "too few yet",
        "after a pause",
        "much later",
        "ran side by side",
        "has a folder of its own",
        "the folder is gone",
        "the other may go on",
    ],
)
def test_later_name_takes_the_place_of_one_that_ended(former: Proposal, later: Proposal, joined: bool | None) -> None:
    """None: they are two services."""
    assert pairs(WEB, former, later) == ([] if joined is None else [(later.name, former.name, joined)])


def test_two_that_ended_leave_open_which_one_goes_on() -> None:
    """Which of two names became which is not known: nothing is joined, and all four pairs are reported."""
    old = [part(name, range(20), name) for name in ("api", "web")]
    new = [part(name, range(20, 40)) for name in ("gateway", "site")]
    rows = pairs(*old, *new)
    assert len(rows) == 4
    assert not any(joined for *_, joined in rows)


def renamed(days: int, at: int) -> Raw:
    """A change of `api` and of `web` each day, deployed two hours later; from a day on `api` is called `gateway`."""
    raw = Raw(known=days * DAY + 48, read=days * DAY + 48).commits("a@1").files("a", "README.md")
    for day in range(days):
        hour = day * DAY + 2
        for name in ("api", "web"):
            raw.commits(f"{name}{day}@{hour}").files(f"{name}{day}", f"{name}/{day}.py")
            hour += 1
        for name in ("api", "web"):
            application = "gateway" if name == "api" and day >= at else name
            raw.deploy(f"{application}{day}", f"web{day}", day * DAY + 5, application=application)
    return raw


@pytest.mark.slow
def test_changes_of_a_renamed_service_arrive() -> None:
    """Both names are one service, whose changes wait for nothing; it is reported as inferred."""
    with built(renamed(20, 10)) as tables:
        assert tables("select service, paths, applications from services order by service") == [
            {"service": "gateway", "paths": "api/**", "applications": "gateway\napi"},
            {"service": "web", "paths": "web/**", "applications": "web"},
        ]
        assert tables("select count(*) as n from lead_times where outcome = 'waiting'") == [{"n": 0}]
        assert tables.change("api15")["lead_time_hours"] == 3
        (notice,) = tables("select detail from notices where kind = 'renamed_services'")
        assert notice["detail"].endswith("api to gateway on 2025-01-16")
        assert possible_renames(tables.connection) == []


@pytest.mark.slow
def test_name_that_may_be_a_new_one_is_in_doubt_with_the_settings() -> None:
    """Two deployments show no succession yet: reports say so, and the settings that make them one are printed."""
    with built(renamed(12, 10)) as tables:
        (line,) = possible_renames(tables.connection)
        assert "deployments of gateway began on 2025-01-16, when those of api ended on 2025-01-15" in line
        setting = to_paste(renaming_settings(tables.connection)[line], "")
    assert 'name = "gateway"\nunlisted = true\napplications = ["gateway", "api"]\npaths = ["api/**"]' in setting
    assert setting.count("[[services]]") == 2
