"""The reports that list single changes: a few raw rows in, and what a person would name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.pulse.pulse import pulse
from analytics.reports.lists.left_out import left_out
from analytics.reports.lists.longest import longest
from analytics.reports.lists.members import members
from analytics.reports.lists.returned import returned
from analytics.reports.published import lead_time
from headway.errors import UsageError
from headway.settings import AiSettings, InitiativeSettings, Settings
from tests.builders.rows import Raw, built, hour
from tests.dashboard.warehouses import busy, undeployed

NAMED = Settings(
    base=Path(), ai=AiSettings(ai_labels=("ai",)), initiatives=(InitiativeSettings(name="Concierge", labels=("ai",)),)
)
OBSERVED = ("production", "waiting", "abandoned")


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two repositories that share an initiative."""
    with built(busy(changes=105), busy("acme/api", changes=105, seed=3), settings=NAMED) as tables:
        yield tables.connection


def test_longest_are_those_that_lead_time_has(connection: duckdb.DuckDBPyConnection) -> None:
    """Of each group and stage the ten with most hours, in order, whatever they have come to."""
    found = longest(connection, Filters(), Options(by="builds_ai"))
    whole = lead_time(connection, Filters()).filter(pl.col("built_with_ai") != "automation")
    for group, ai in (("true", True), ("false", False)):
        for stage in ("pickup", "release"):
            mine = found.filter((pl.col("group") == group) & (pl.col("stage") == stage))
            hours = whole.filter((pl.col("builds_ai") == ai) & pl.col("outcome").is_in(OBSERVED))[f"{stage}_hours"]
            assert mine["hours"].to_list() == pytest.approx(hours.top_k(10).sort(descending=True).to_list())
            assert mine["rank"].to_list() == list(range(1, 11))
    waits = found.filter(~pl.col("ended"))
    assert set(waits["outcome"]) == {"waiting"}
    assert found.filter(pl.col("outcome") != "waiting")["ended"].all()


def test_longest_are_of_what_is_chosen(connection: duckdb.DuckDBPyConnection) -> None:
    """Repository and period narrow them, and a column that is no group is refused."""
    some = Filters(repo="acme/api", since=hour(100.0), until=hour(200.0))
    found = longest(connection, some)
    assert set(found["repo"]) == {"acme/api"}
    assert set(found["change_id"]) <= set(lead_time(connection, some)["change_id"])
    assert longest(connection, Filters(names=("acme/none",))).is_empty()
    with pytest.raises(UsageError, match="title"):
        longest(connection, Filters(), Options(by="title"))


@pytest.mark.slow
def test_returned_are_withdrawn_taken_back_and_failed_ones() -> None:
    """A rollback and a revert each name their change once, with when and what shows it."""
    sha = "1" * 40
    says = {"r": f'Revert "two"\n\nThis reverts commit {sha}.', sha: "two"}
    shop = Raw().commits(f"a b {sha} d r", says=says)
    shop.deploy("d1", "a", 1.5).deploy("d2", "d", 4.5).deploy("d3", "a", 8)
    with built(shop) as tables:
        found = returned(tables.connection, Filters())
        assert returned(tables.connection, Filters(repo="acme/none")).is_empty()
    told = {(row["change_id"].partition("@")[2][:4], row["what"]) for row in found.iter_rows(named=True)}
    assert ("1111", "taken back") in told
    assert ("1111", "withdrawn") in told
    withdrawn = found.filter(pl.col("what") == "withdrawn")
    assert set(withdrawn["happened_at"]) == {hour(8)}
    assert withdrawn["hours_after"].to_list() == [3.5] * len(withdrawn)
    failed = found.filter(pl.col("what") == "deployment failed")
    assert any(shown == "rolled back by deployment d3" for shown in failed["shown_by"])
    assert found.select("change_id", "what").is_unique().all()
    assert found["happened_at"].is_sorted(descending=True)


def test_members_wait_first(connection: duckdb.DuckDBPyConnection) -> None:
    """The changes of an initiative: what waits, the oldest first, and all of them unless fewer are asked for."""
    found = members(connection, Filters())
    ((every,),) = connection.execute("select count(*) from initiative_work").fetchall()
    assert len(found) == every > 50
    assert set(found["changes"]) == {every}
    assert members(connection, Filters(), Options(most=50)).equals(found.head(50))
    assert members(connection, Filters(repo="acme/none")).is_empty()
    waits = lead_time(connection, Filters()).filter(pl.col("builds_ai") & (pl.col("outcome") == "waiting"))
    assert set(found["name"]) == {"Concierge"}
    first = found.head(len(waits))
    assert set(first["outcome"]) == {"waiting"}
    assert first["age_hours"].is_sorted(descending=True)
    assert all(because for because in found["because"])


@pytest.mark.slow
def test_left_out_are_counted_and_the_newest_named() -> None:
    """Each reason has how many there are and names them all, the newest first, unless fewer are asked for."""
    before = Raw("acme/lib", provider="github").commits("a b c d").deploy("d1", "c", 6)
    with built(before, undeployed()) as tables:
        found = left_out(tables.connection, Filters())
        cut = left_out(tables.connection, Filters(), Options(most=20))
        assert set(left_out(tables.connection, Filters(repo="acme/tool"))["reason"]) == {"no_deployments"}
    counts = dict(found.select("reason", "changes").unique().iter_rows())
    assert counts["no_deployments"] == 29
    per_reason = found.group_by("reason").agg(pl.len(), pl.col("code_complete_at"))
    for reason, shown, times in per_reason.iter_rows():
        assert shown == counts[reason]
        assert times == sorted(times, reverse=True)
        mine = cut.filter(pl.col("reason") == reason)
        assert mine.equals(found.filter(pl.col("reason") == reason).head(20))


@pytest.mark.slow
def test_left_out_are_those_that_the_pulse_leaves_out() -> None:
    """What was closed where no arrival could have been seen is among them, as it is among the pulse's counts."""
    ships = Raw("acme/ships").commits("a b c d").deploy("d1", "c", 6)
    for number, complete, closed in ((5, 3, 9), (6, 7, 9)):
        ships.change(number, opened=2, code_complete=complete, abandoned=closed)
    never = Raw("acme/never").commits("x@1 y@2").change(7, opened=2, code_complete=3, abandoned=30)
    with built(ships, never, undeployed()) as tables:
        found = left_out(tables.connection, Filters())
        told = pulse(tables.connection, Filters())
    counts = dict(found.select("reason", "changes").unique().iter_rows())
    assert (counts["unknown"], counts["no_deployments"]) == (told.unknown, told.no_deployments)
    reasons = dict(found.filter(pl.col("reason") != "approximate").select("change_id", "reason").iter_rows())
    ids = ("acme/ships#5", "acme/ships#6", "acme/never#7")
    assert [reasons.get(f"git:{key}") for key in ids] == ["unknown", None, "no_deployments"]


@pytest.mark.slow
def test_left_out_names_what_bots_made() -> None:
    """What the statistics leave out because a bot made it is a reason of its own."""
    with built(busy(), busy("acme/bots", author="dependabot[bot]", head_ref="", labels="")) as tables:
        whole = lead_time(tables.connection, Filters())
        found = left_out(tables.connection, Filters()).filter(pl.col("reason") == "automation")
    made = pl.col("built_with_ai") == "automation"
    bots = whole.filter(made & pl.col("outcome").is_in(OBSERVED))["change_id"]
    assert not bots.is_empty()
    assert sorted(found["change_id"]) == sorted(bots)
