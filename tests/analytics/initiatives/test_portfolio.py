from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from analytics.cohort.filters import Filters
from analytics.initiatives import COLUMNS, Initiative, Portfolio, Stay, funnel, initiatives, read_portfolio
from analytics.initiatives.stalling import limits
from headway.settings import DeploymentRule, InitiativeSettings, Settings
from tests.builders.rows import START, Raw, Tables, built, commit_id, hour

DAY = 24.0
NAMED = (
    InitiativeSettings(name="Search", paths=("notebooks/search/", "app/search/")),
    InitiativeSettings(name="Chat", paths=("app/chat/",)),
    InitiativeSettings(name="Both", paths=("app/**",), repo="acme/*"),
)
SETTINGS = Settings(base=Path(), deployments=(DeploymentRule(source="records"),), initiatives=NAMED)


def shop() -> Raw:
    """Search goes from notebook to use by an import; chat lands and waits; a bot and a revert take no part."""
    says = {"undo": f'Revert "Chat"\n\nThis reverts commit {commit_id("chat2")}.'}
    raw = Raw("acme/shop", known=100 * DAY)
    raw.commits(
        "root@1 try@24 move@48 use@96 chat@120 chat2@121 undo@122 bump@123", says=says, by={"bump": "dependabot[bot]"}
    )
    raw.files("try", "notebooks/search/a.ipynb").files("move", "app/search/run.py").files("use", "app/shop.py")
    raw.files("chat", "app/chat/a.py").files("chat2", "app/chat/a.py").files("undo", "app/chat/a.py").files(
        "bump", "app/chat/a.py"
    )
    raw.add("imports", sha=commit_id("use"), path="app/shop.py", kind="import", module="app.search.run", added=True)
    return raw.deploy("d0", "root", 2).deploy("d1", "move", 72).deploy("d2", "use", 100)


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    """The shop, built."""
    with built(shop(), settings=SETTINGS) as made:
        yield made


def named(found: Portfolio, name: str) -> Initiative:
    """The initiative of this name."""
    (one,) = [one for one in found.initiatives if one.name == name]
    return one


@pytest.mark.slow
def test_rungs_come_from_the_tables(tables: Tables) -> None:
    """The whole way: paths, landing, deployments and imports become rungs, with what they rest on."""
    search = named(read_portfolio(tables.connection), "Search")
    assert [(one.rung, (one.since - START) / timedelta(hours=1)) for one in search.stays] == [
        ("pilot", 24),
        ("merged", 48),
        ("production", 72),
        ("in use", 100),
    ]
    assert (search.changes, search.shipped, search.people, search.waiting) == (2, 1, 1, 0)
    assert [(use.path, use.module) for use in search.uses] == [("app/shop.py", "app.search.run")]


def test_changes_may_belong_to_several(tables: Tables) -> None:
    """A wider initiative has the same changes again; what a bot made and what takes another back belong to none."""
    found = read_portfolio(tables.connection)
    assert [(one.name, one.changes) for one in found.initiatives] == [("Both", 4), ("Chat", 2), ("Search", 2)]
    assert named(found, "Chat").waiting == 2


def test_what_cannot_be_said_is_not_said(tables: Tables) -> None:
    """With too few changes to compare with, whether a pilot or landed work stalls is left open."""
    chat = named(read_portfolio(tables.connection), "Chat")
    assert (chat.rung, chat.stalled) == ("merged", None)
    assert chat.limit is not None
    assert (chat.limit.against, chat.limit.hours) == ("changes", None)


@pytest.mark.slow
def test_as_of_knows_nothing_later() -> None:
    """A report of an earlier day is that of a company that had not gone further."""
    for day, rung in ((1.5, "pilot"), (3.5, "production")):
        with built(shop(), settings=SETTINGS, as_of=day * DAY) as tables:
            search = named(read_portfolio(tables.connection), "Search")
            assert (search.rung, search.as_of) == (rung, hour(day * DAY))


@pytest.mark.slow
def test_without_deployments_production_is_not_claimed() -> None:
    """Landed work of a repository that reports no deployments is merged, and nothing is said of its stalling."""
    raw = Raw("acme/shop", known=100 * DAY).commits("root@1 chat@120").files("chat", "app/chat/a.py")
    with built(raw, settings=SETTINGS) as tables:
        chat = named(read_portfolio(tables.connection), "Chat")
        (row,) = initiatives(tables.connection, Filters()).filter(name="Chat").to_dicts()
    assert (chat.rung, chat.stalled, chat.limit, chat.waiting) == ("merged", None, None, 0)
    assert row["production_observed"] is None
    assert "report no deployments" in row["evidence"]


@pytest.mark.slow
def test_arrival_before_the_first_record_is_not_observed() -> None:
    """Work that landed before the first recorded deployment is in production, and its time takes no part.

    It arrived no later than that, so it is known to stall when even the time since then is too long; but not where no
    import of its language is read: it may be used unseen.
    """
    for day, path, stalled in ((90, "a.py", None), (100, "a.py", True), (100, "a.php", None)):
        raw = Raw("acme/shop", known=day * DAY).commits("root@1 chat@24 x@48").files("chat", f"app/chat/{path}")
        raw.add("imports", sha=commit_id("root"), path="x.py", kind="import", module="os", added=True)
        with built(raw.deploy("d", "x", 60), settings=SETTINGS) as tables:
            chat = named(read_portfolio(tables.connection), "Chat")
        assert (chat.rung, chat.observed, chat.stalled) == ("production", False, stalled)
        assert funnel([chat])[1].left_out == 1


@pytest.mark.slow
def test_records_of_use_count_by_name_or_id() -> None:
    """A record names an initiative as the report does, in any case of letters; one of nothing counts for nothing."""
    raw = Raw("acme/shop", known=10 * DAY).commits("root@1 chat@24").files("chat", "app/chat/a.py")
    raw.deploy("d0", "root", 2).deploy("d1", "chat", 48)
    for number, (name, uses) in enumerate((("CHAT", 3), ("chat", None), ("Chat", 0), ("other", 5))):
        raw.add("usage_records", usage_id=str(number), initiative=name, used_at=50.0 + number, uses=uses, users=2)
    with built(raw, settings=SETTINGS) as tables:
        chat = named(read_portfolio(tables.connection), "Chat")
        (row,) = initiatives(tables.connection, Filters()).filter(name="Chat").to_dicts()
    assert [one.used_at for one in chat.usage] == [hour(50), hour(51)]
    assert (chat.rung, chat.reached_at("in use")) == ("in use", hour(50))
    assert row["evidence"].endswith("recorded as used by 2 on 2025-01-08")


def test_report_has_its_columns_and_filters(tables: Tables) -> None:
    """The columns of the contract, also without rows; by repository and by when the first change began."""
    table = initiatives(tables.connection, Filters())
    assert table.columns == list(COLUMNS)
    assert table["name"].to_list() == ["Both", "Chat", "Search"]
    assert table["pilot_ended"].to_list() == [True, True, True]
    chosen = initiatives(tables.connection, Filters(since=hour(100)))
    assert chosen["name"].to_list() == ["Chat"]
    assert initiatives(tables.connection, Filters(until=hour(24))).columns == list(COLUMNS)
    assert initiatives(tables.connection, Filters(repo="acme/o*")).height == 0


@pytest.mark.slow
def test_squash_on_a_merged_branch_tells_what_its_change_imports() -> None:
    """A change that came with another's merge depends on what its squash on that branch imports."""
    says = {"s5": "Use it (#5)", "m": "Merge branch 'beta'"}
    raw = Raw("acme/shop", known=100 * DAY).commits("root@1 chat@24 s5@48 m@50:chat,s5", says=says)
    raw.commits("own@40:chat", branch=None, says={"own": "Use it"}).pull(5, "own")
    raw.files("chat", "app/chat/a.py").files("s5", "app/shop.py").files("own", "app/shop.py")
    raw.add("imports", sha=commit_id("s5"), path="app/shop.py", kind="import", module="app.chat.a", added=True)
    with built(raw.deploy("d0", "root", 2).deploy("d1", "m", 72), settings=SETTINGS) as tables:
        chat = named(read_portfolio(tables.connection), "Chat")
    assert [use.change_id for use in chat.uses] == ["git:acme/shop#5"]


def stays(rung: str, ended: list[float], standing: list[float]) -> list[Stay]:
    """Stays of so many hours that ended, and others that have not."""
    told = [(hours, True) for hours in ended] + [(hours, False) for hours in standing]
    return [Stay(rung, START, START + timedelta(hours=hours), ended=over) for hours, over in told]


def test_limit_counts_those_still_there(tables: Tables) -> None:
    """By hand: of 20 that left after 1 … 20 hours exactly 85 % have left from 17 to 18; three that stay make that 20.

    With 23 stays the survival after k departures is (23 - k)/23, which is 0.15 or less from k = 19.55 on: the 20th.
    """
    window = timedelta(days=90)
    left = [float(hours) for hours in range(1, 21)]
    limit = limits(tables.connection, stays("pilot", left, []), window)["pilot"]
    assert (limit.hours, limit.against, limit.left) == (17.5, "initiatives", 20)
    limit = limits(tables.connection, stays("pilot", left, [30, 40, 50]), window)["pilot"]
    assert (limit.hours, limit.stays) == (20.0, 23)
    limit = limits(tables.connection, stays("pilot", left, [30, 40, 50, 60]), window)["pilot"]
    assert (limit.hours, limit.against) == (None, "initiatives")
    few = limits(tables.connection, stays("production", left[1:], []), window)["production"]
    assert (few.hours, few.against) == (90 * DAY, "window")


def test_funnel_counts_what_has_not_arrived(tables: Tables) -> None:
    """By hand: of ten, five merge after 10 … 50 days and five are still pilots after 60: half by day 50, not 100 %."""
    base = named(read_portfolio(tables.connection), "Chat")

    def one(number: int) -> Initiative:
        if number > 5:
            return replace(base, stays=(Stay("pilot", START, hour(60 * DAY), ended=False),), as_of=hour(60 * DAY))
        moved = hour(number * 10 * DAY)
        there = (Stay("pilot", START, moved, ended=True), Stay("merged", moved, hour(60 * DAY), ended=False))
        return replace(base, stays=there, as_of=hour(60 * DAY))

    merged, production, in_use = funnel(one(number) for number in range(1, 11))
    assert (merged.initiatives, merged.reached, merged.left_out) == (10, 5, 0)
    assert [(by.days, round(by.share, 6)) for by in merged.by] == [(30, 0.3), (90, 0.5), (180, 0.5), (365, 0.5)]
    assert all(by.lower is not None and by.lower < by.share < (by.upper or 0) for by in merged.by)
    assert merged.median is not None
    assert merged.median.hours is not None
    assert (production.reached, in_use.reached) == (0, 0)
    assert production.median is not None
    assert production.median.hours is None
    few = funnel(one(number) for number in range(1, 10))[0]
    assert (few.by, few.median, few.reached) == ((), None, 5)


def told(raw: Raw) -> dict[str, dict[str, object]]:
    """The report on a repository of its own, by name."""
    with built(raw, settings=SETTINGS) as made:
        return {row["name"]: row for row in initiatives(made.connection, Filters()).to_dicts()}


@pytest.mark.slow
def test_an_initiative_whose_code_is_gone_is_removed() -> None:
    """Gone when the removal is in production, it neither stalls nor is in use."""
    raw = Raw("acme/shop", known=400 * DAY).commits("root@1 add@24 more@48 drop@72")
    raw.files("add", "app/chat/a.py").files("more", "app/chat/a.py", "app/b.py")
    raw.add("commit_files", sha=commit_id("drop"), status="D", path="app/chat/a.py")
    raw.deploy("d0", "root", 2).deploy("d1", "add", 30).deploy("d2", "more", 50).deploy("d3", "drop", 80)
    row = told(raw)["Chat"]
    assert (row["rung"], row["rung_since"], row["removed_at"], row["stalled"]) == ("removed", hour(80), hour(80), False)
    assert f"taken out by git:acme/shop@{commit_id('drop')} (gone since" in str(row["evidence"])


@pytest.mark.slow
def test_what_never_landed_says_so() -> None:
    """Pull requests alone are a pilot: open ones have not landed, closed ones are all abandoned."""
    raw = Raw("acme/shop").commits("root@1").commits("a@10:root b@20:root", branch=None)
    raw.files("a", "app/chat/a.py").files("b", "app/search/b.py").pull(1, "a").pull(2, "b")
    raw.change(1, opened=11, code_complete=20).change(2, opened=21, abandoned=40, code_complete=22)
    rows = told(raw)
    for name, abandoned, says in (
        ("Chat", 0, "none of its changes has landed"),
        ("Search", 1, "all of its changes were"),
    ):
        row = rows[name]
        assert (row["rung"], row["merged_at"], row["removed_at"], row["abandoned"]) == ("pilot", None, None, abandoned)
        assert says in str(row["evidence"])
