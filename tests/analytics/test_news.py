from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.initiatives import Initiative, Stay
from analytics.pulse.news import Delivered, _moves, delivered, news
from tests.builders.rows import START, Raw, Tables, built
from tests.dashboard.warehouses import busy

AS_OF = START + timedelta(hours=1000)
BY_HAND = """
select builds_ai, production_at > timestamp '{at}' - interval 30 days, count(*) from lead_times
where outcome = 'production' and kind = 'work' and repo like '{repo}'
    and production_at > timestamp '{at}' - interval 60 days and production_at <= timestamp '{at}'
group by all
"""


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    """Two repositories that deliver for six weeks, one with bots."""
    bots = Raw("acme/bots", provider="github")
    bots.change(1, title="Bump", author="dependabot[bot]", opened=900, ready=900, code_complete=900, merged=901)
    with built(busy(changes=105), busy("acme/api", changes=60, seed=9), bots) as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize(("repo", "glob"), [("%", None), ("acme/api", "acme/api")])
def test_delivered_is_a_count_by_hand(tables: Tables, repo: str, glob: str | None) -> None:
    """Changes by people that reached production in the last 30 days and in the 30 before, in SQL by hand."""
    rows = tables.connection.execute(BY_HAND.format(at=AS_OF.isoformat(), repo=repo)).fetchall()
    assert rows
    counts = {(ai, newest): number for ai, newest, number in rows}
    expected = Delivered(
        now=counts.get((True, True), 0) + counts.get((False, True), 0),
        before=counts.get((True, False), 0) + counts.get((False, False), 0),
        ai_now=counts.get((True, True), 0),
        ai_before=counts.get((True, False), 0),
    )
    assert delivered(tables.connection, Filters(repo=glob), AS_OF) == expected


def test_period_of_a_page_does_not_change_the_month(tables: Tables) -> None:
    """What changed since last month is the same whatever period the page shows."""
    every, recent = (
        news(tables.connection, filters, Options(), AS_OF)
        for filters in (Filters(), Filters(since=AS_OF - timedelta(days=3)))
    )
    assert every == recent
    assert every[0].kind == "delivered"


@pytest.mark.slow
def test_nothing_is_no_news() -> None:
    """Without changes nothing is said."""
    with built(Raw("acme/new", provider="github")) as made:
        assert news(made.connection, Filters(), Options(), AS_OF) == []


def initiative(name: str, *stays: tuple[str, datetime]) -> Initiative:
    """An initiative with these rungs since these times."""
    ends = [since for _, since in stays[1:]]
    rungs = [Stay(rung, since, end, ended=True) for (rung, since), end in zip(stays, ends, strict=False)]
    rungs.append(Stay(stays[-1][0], stays[-1][1], AS_OF, ended=False))
    return Initiative(
        id=name,
        name=name,
        detected=True,
        repos=("acme/shop",),
        reasons=(),
        stays=tuple(rungs),
        observed=True,
        deployments=True,
        imports=True,
        changes=1,
        waiting=0,
        abandoned=0,
        landed=1,
        shipped=1,
        people=1,
        uses=(),
        usage=(),
        last_shipped_at=None,
        removed_by=(),
        as_of=AS_OF,
    )


def test_initiatives_that_moved_in_the_month_are_named() -> None:
    """Those that came to their rung within 30 days, up or down; not those that stand where they stood."""
    day = timedelta(days=1)
    portfolio = (
        initiative("Old", ("pilot", AS_OF - 90 * day), ("merged", AS_OF - 31 * day)),
        initiative("New", ("pilot", AS_OF - 3 * day)),
        initiative("Up", ("pilot", AS_OF - 90 * day), ("production", AS_OF - 10 * day)),
        initiative("Down", ("production", AS_OF - 90 * day), ("in use", AS_OF - 60 * day), ("production", AS_OF - day)),
    )
    assert [item.sentence for item in _moves(portfolio, AS_OF)] == [
        "New began as a pilot (since 2025-02-13).",
        "Up reached production (since 2025-02-06).",
        "Down is in production and no longer in use (since 2025-02-15).",
    ]
