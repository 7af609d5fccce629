from __future__ import annotations

from collections.abc import Iterator

import duckdb
import polars as pl
import pytest

from analytics.cohort.cohort import read_cohort
from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.dora.report import dora
from analytics.pulse.pulse import pulse, slowest_waiting
from analytics.reports.friction import friction
from analytics.reports.published import classification, lead_time
from analytics.reports.week import week
from analytics.rework.report import rework
from analytics.text.wording import left_out
from tests.builders.rows import Raw, built, ruled

STRONG = Filters(evidence="strong")
# What each change shows, and how sure that makes the answers: on what it builds, on how it was made.
SHOWN: dict[int, dict[str, str]] = {
    1: {"title": "Ask the LLM again", "labels": "area/ai"},  # strong, none
    2: {"title": "Ask the LLM again"},  # weak: one term
    3: {"title": "Sort an ai"},  # a near miss
    4: {"title": "Sort the shelves"},  # no mark of any kind
    5: {"title": "Sort the shelves", "head_ref": "codex/sort"},  # none, strong
    6: {"title": "Sort the shelves", "labels": "codex"},  # none, weak
    7: {"title": "Bump left-pad", "author": "dependabot[bot]", "author_kind": "bot"},
}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Changes of every confidence; all arrived but the one that a label alone says was made with AI."""
    raw = Raw("acme/shop", provider="github")
    for number, shown in SHOWN.items():
        times: dict[str, float] = {} if number == 6 else {"production": 30.0}
        raw.change(number, **shown, opened=1, ready=1, code_complete=30, merged=30.0, **times)
    with built(raw, settings=ruled()) as tables:
        yield tables.connection


def groups(connection: duckdb.DuckDBPyConnection, axis: str, filters: Filters) -> tuple[int, int, int]:
    """How many changes are on the side of AI, on the other side, and left out as weak."""
    found = pulse(connection, filters, axis=axis)
    assert found.everything.changes == found.ai.changes + found.other.changes
    assert found.excluded.bots == 1
    return found.ai.changes, found.other.changes, found.weak


@pytest.mark.slow
def test_weak_verdicts_leave_both_sides_and_are_counted(connection: duckdb.DuckDBPyConnection) -> None:
    """With strong evidence a weak yes and a near miss are on no side of their axis; what shows no mark stays."""
    assert groups(connection, "builds_ai", Filters()) == (2, 4, 0)
    assert groups(connection, "builds_ai", STRONG) == (1, 3, 2)
    assert groups(connection, "built_with_ai", Filters()) == (2, 4, 0)
    assert groups(connection, "built_with_ai", STRONG) == (1, 4, 1)


def test_a_tier_leaves_out_what_comes_from_a_weaker_one(connection: duckdb.DuckDBPyConnection) -> None:
    """Marks are no records of commits: with that tier they leave both sides of how it was made, and are counted."""
    assert groups(connection, "built_with_ai", Filters(tier="mark")) == (2, 4, 0)
    recorded = pulse(connection, Filters(tier="commit"), axis="built_with_ai")
    assert (recorded.ai.changes, recorded.other.changes, recorded.weak) == (0, 4, 3)  # the bot is known by a mark too
    assert groups(connection, "builds_ai", Filters(tier="commit")) == (2, 4, 0)
    assert set(classification(connection, Filters(tier="commit"))["ai_tier"]) == {""}


def test_a_cohort_without_an_axis_trusts_both_answers(connection: duckdb.DuckDBPyConnection) -> None:
    """A report that does not say what it compares gets what is weak on neither axis."""
    cohort = read_cohort(connection, STRONG)
    assert (len(cohort.changes), cohort.weak) == (4, 3)
    assert read_cohort(connection, Filters()).weak == 0


def test_exports_leave_out_what_is_weak_on_either_axis(connection: duckdb.DuckDBPyConnection) -> None:
    """One row a change: those with a weak answer are missing, and none of the others is another one."""
    for report in (lead_time, classification):
        everything, strong = report(connection, Filters()), report(connection, STRONG)
        ids = [f"github:acme/shop#{number}" for number in (1, 4, 5, 7)]
        assert strong["change_id"].to_list() == ids
        assert strong.equals(everything.filter(everything["change_id"].is_in(ids)))


def test_friction_and_repairs_by_an_axis_leave_out_what_is_weak_on_it(connection: duckdb.DuckDBPyConnection) -> None:
    """Of what arrived, bots aside, two of AI and three others: with strong evidence one and two."""
    axis = Options(by="builds_ai")
    for filters, expected in ((Filters(), [2, 3]), (STRONG, [1, 2])):
        waits = friction(connection, filters, axis).filter(pl.col("measure") == "ci_queue_hours")
        assert sorted(waits["arrived"]) == expected
        repairs = rework(connection, filters, axis).filter(pl.col("measure") == "repaired_share")
        assert sorted(set(repairs["changes"])) == expected


def test_reports_that_compare_no_ai_work(connection: duckdb.DuckDBPyConnection) -> None:
    """Repairs of all work count all of it; hours of the week leave out what is weak on either axis."""
    for filters, in_week in ((Filters(), 6), (STRONG, 3)):
        assert set(rework(connection, filters)["changes"]) == {5}
        hours = week(connection, filters).filter(pl.col("what") == "code complete")
        assert hours["changes"].sum() == in_week


@pytest.mark.slow
def test_deployments_of_weak_verdicts_are_on_neither_side() -> None:
    """Four of a change each, one of two: with strong evidence one with AI work and one without are left.

    The fifth has a weak yes and a change without a mark: it would move to those without AI.
    """
    raw = Raw("acme/shop", provider="github").deploy("d0", "root", 2.0)
    raw.commits("root@1 s1@10 s2@20 s3@30 s4@40 s8@50 s9@51").deploy("d9", "s9", 55.0)
    shown = {number: SHOWN[number] for number in range(1, 5)} | {8: SHOWN[2], 9: SHOWN[4]}
    for number, facts in shown.items():
        at = 10.0 * number if number < 5 else 42.0 + number
        raw.change(number, **facts, opened=at - 3, ready=at - 3, code_complete=at - 1, merged=at, sha=f"s{number}")
        if number < 5:
            raw.deploy(f"d{number}", f"s{number}", at + 1)
    with built(raw, settings=ruled()) as tables:
        for filters, of_ai, others in ((Filters(), 3, 2), (STRONG, 1, 1)):
            sides = {"with AI": of_ai, "without AI": others}
            table = dora(tables.connection, filters, Options(by="builds_ai"))
            rates = table.filter(pl.col("measure") == "change_failure_rate", pl.col("group").str.ends_with("AI"))
            assert dict(rates.select("group", "denominator").iter_rows()) == sides
            (lead,) = dora(tables.connection, filters).filter(pl.col("measure") == "lead_time").to_dicts()
            assert lead["numerator"] == 6


def test_the_worklist_compares_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    """What waits is listed however weak the evidence is of what it is."""
    assert slowest_waiting(connection, STRONG)["change_id"].to_list() == ["github:acme/shop#6"]


def test_words_count_what_is_left_out(connection: duckdb.DuckDBPyConnection) -> None:
    """Whoever reads the summary is told how many have weak evidence, on each axis."""
    found, made = (pulse(connection, STRONG, axis=axis) for axis in ("builds_ai", "built_with_ai"))
    said = left_out(found, made)
    assert "2 with weak evidence of what they build" in said
    assert "1 with weak evidence of how they were made" in said
