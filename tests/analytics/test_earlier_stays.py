from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.whatif.reading import read_changes
from analytics.whatif.stays import stays_of
from analytics.worklist.earlier_stays import read_earlier, with_earlier
from headway.settings import ReportSettings, Settings
from tests.builders.forge import Forge
from tests.builders.rows import Tables, built

BY_READINESS = Settings(base=Path(), report=ReportSettings(code_complete="ready_for_review"))


def shop() -> Forge:
    """Reviews that ask for changes, an approval that stands, one that is taken back, one dismissed, a draft, a bot."""
    forge = Forge().deploy("d0", "start", 1)
    forge.request(9, opened=2, commits="z@2", reviews=[("bob", "approved", 3)], merged=4, merge="m9")
    asked = [("bob", "changes_requested", 25), ("bob", "commented", 38), ("bob", "approved", 52)]
    forge.request(1, opened=20, commits="a@18 b@30 c@45", reviews=asked, merged=60, merge="m1")
    stands = [("bob", "approved", 24), ("eve", "commented", 36)]
    forge.request(2, opened=20, commits="d@19 e@30 f@40", reviews=stands, merged=61, merge="m2")
    back = [
        ("bob", "approved", 24),
        ("bob", "changes_requested", 28),
        ("ci[bot]", "approved", 33),
        ("ann", "commented", 34),
    ]
    forge.request(3, opened=20, commits="g@20 h@30 i@50", reviews=back, closed=70)
    forge.request(
        4,
        opened=20,
        commits="j@20 k@33 l@44",
        reviews=[("bob", "approved", 26)],
        events=[("ready_for_review", 30.0), ("review_dismissed", 33.25, "4-0")],
    )
    return forge.deploy("d9", "m2", 90, created=88)


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    """As of the hundredth hour."""
    with built(shop(), as_of=100) as made:
        yield made


def then(hour: float) -> dict[str, tuple[str, float]]:
    """Where each open change is, and for how long, in a report as of an hour."""
    with built(shop(), as_of=hour) as made:
        rows = made("select change_id, current_stage, merge_hours, review_hours, pickup_hours from lead_times")
    spent = ("merge_hours", "review_hours", "pickup_hours")
    return {
        row["change_id"]: (row["current_stage"], next(row[name] for name in spent if row[name] is not None))
        for row in rows
        if row["current_stage"] in {"pickup", "review", "merge"}
    }


@pytest.mark.slow
def test_earlier_stays_are_what_reports_of_then_say(tables: Tables) -> None:
    """Before a change's last push, a report as of then has it in the stage and for the hours of its earlier stay."""
    stays = read_earlier(tables.connection, "lead_times", 1000).to_dicts()
    complete = tables.hours("lead_times", "change_id", "code_complete_at")
    seen = 0
    for hour in (24.5, 31.5, 36.5, 42.5):
        for change_id, (stage, hours) in then(hour).items():
            (last,) = complete[change_id]
            assert last is not None
            if hour >= last:
                continue
            here = [
                stay
                for stay in stays
                if stay["change_id"] == change_id
                and last + stay["begun_hours"] <= hour < last + stay["begun_hours"] + stay["hours"]
            ]
            assert [(stay["stage"], hour - last - stay["begun_hours"]) for stay in here] == [
                (stage, pytest.approx(hours))
            ], (change_id, hour)
            seen += 1
    assert seen >= 10


@pytest.mark.slow
def test_they_join_the_stays_of_their_changes(tables: Tables) -> None:
    """Begun before code complete, ended, by stage, then change; those of changes that take no part are left out."""
    cohort, _every = read_changes(tables.connection, Filters(), ids=True)
    earlier = read_earlier(tables.connection, "lead_times", 1000)
    plain = stays_of(cohort.changes)
    both = with_earlier(plain, cohort.changes, earlier)
    its = earlier["change_id"].is_in(cohort.changes["change_id"].implode())
    assert 0 < its.sum() < len(earlier)
    assert both.change.size == plain.change.size + its.sum()
    assert (both.stage[1:] >= both.stage[:-1]).all()
    assert (both.begun_hours < 0.0).sum() == its.sum()
    assert (both.target[both.begun_hours < 0.0] >= 0).all()
    few = cohort.changes.filter(pl.col("change_id").str.ends_with("#2"))
    alone = with_earlier(stays_of(few), few, earlier)
    assert alone.change.size - stays_of(few).change.size == earlier["change_id"].str.ends_with("#2").sum()


@pytest.mark.slow
def test_no_push_moves_code_complete_by_another_definition() -> None:
    """Where code is complete once it is ready for review, there are no earlier stays."""
    with built(shop(), as_of=100, settings=BY_READINESS) as made:
        assert read_earlier(made.connection, "lead_times", 1000).is_empty()


def test_a_sample_has_the_stays_of_its_changes_alone(tables: Tables) -> None:
    """Of every second change come its stays, as `read_changes` takes them."""
    connection: duckdb.DuckDBPyConnection = tables.connection
    part, every = read_changes(connection, Filters(), most=3, ids=True)
    assert every == 2
    taken = set(read_earlier(connection, "lead_times", 3)["change_id"])
    assert taken == set(read_earlier(connection, "lead_times", 1000)["change_id"]) & set(part.changes["change_id"])
