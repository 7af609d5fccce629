from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.cohort.kinds import Excluded
from analytics.explain.change import explain
from analytics.worklist.attention import attention
from analytics.worklist.waiting import waiting
from tests.builders.forge import Forge
from tests.builders.rows import built

AT = datetime(2026, 1, 1)
_SCHEMA: dict[str, Any] = {
    "change_id": pl.String(),
    "title": pl.String(),
    "author": pl.String(),
    "team": pl.String(),
    "builds_ai": pl.Boolean(),
    "built_with_ai": pl.String(),
    "kind": pl.String(),
    "current_stage": pl.String(),
    "hours_in_stage": pl.Float64(),
    "in_stage_since": pl.Datetime("us"),
    "as_of": pl.Datetime("us"),
    "clock": pl.String(),
    "unusual_share": pl.Float64(),
    "unusual_among": pl.Int64(),
    "chance_30d": pl.Float64(),
    "chance_30d_lower": pl.Float64(),
    "chance_30d_upper": pl.Float64(),
    "waits_for": pl.String(),
    "note": pl.String(),
}


def worklist(*rows: dict[str, Any]) -> pl.DataFrame:
    """Lines of the worklist: in review for 50 hours, longer than 95 % of 200, with a chance of 20 %."""
    usual = {
        "title": "A change",
        "author": "ann",
        "team": "",
        "builds_ai": False,
        "built_with_ai": "none",
        "kind": "work",
        "current_stage": "review",
        "hours_in_stage": 50.0,
        "unusual_share": 0.95,
        "unusual_among": 200,
        "chance_30d": 0.2,
        "chance_30d_lower": 0.1,
        "chance_30d_upper": 0.4,
        "waits_for": "an approval",
    }
    named = [
        {
            "change_id": f"github:acme/shop#{number}",
            "as_of": AT,
            "in_stage_since": AT - timedelta(hours=float(row.get("hours_in_stage", 50.0))),
            **usual,
            **row,
        }
        for number, row in enumerate(rows, 1)
    ]
    return pl.DataFrame(named, schema=_SCHEMA)


def test_attention_is_needed_where_it_is_unusual_and_unlikely_or_unheard_of() -> None:
    """A change that waited longer than a chance can be estimated for needs attention; likely and usual ones do not."""
    found = attention(
        worklist(
            {"chance_30d": None, "chance_30d_lower": None, "chance_30d_upper": None, "hours_in_stage": 7200.0},
            {},
            {"chance_30d": 0.8},
            {"unusual_share": 0.5},
            {"kind": "bot"},
            {"kind": "release"},
            {"kind": "release"},
        )
    )
    assert (found.waiting, found.excluded, found.stuck) == (4, Excluded(bots=1, releases=2), 2)
    assert found.answer == "4 changes wait; 2 need a decision today: 1 worth saving, 1 to finish or close"
    assert found.rule.endswith(
        "; 1 has less than an even chance of production within 30 days, and 1 has waited longer than a chance can be"
        " estimated for. 1 change by bots and 2 releases wait too."
    )
    unlikely, never = found.first
    assert (unlikely.overdue, never.overdue) == (False, True)
    assert never.why == (
        "In review for 300.0 d, longer than 95% of 200 changes there; too few ever waited this long to estimate"
        " its chance. After this long, finish it or close it."
    )
    assert unlikely.why == (
        "In review for 2.1 d, longer than 95% of 200 changes there; chance of production within 30 days 20%"
        " (95 % CI 10–40%)."
    )


def test_a_chance_in_doubt_is_no_wait_that_is_too_long_for_a_chance() -> None:
    """After a turn of the pace: the answer counts it, and says why there is no chance."""
    unknown = {"chance_30d": None, "chance_30d_lower": None, "chance_30d_upper": None}
    found = attention(worklist({**unknown, "note": "in doubt (14, 30 days): work moves at another pace"}, unknown))
    assert found.stuck == 2
    assert found.rule.endswith(
        "; 1 has waited longer than a chance can be estimated for, and 1 has a chance in doubt, since work moves at"
        " another pace."
    )
    first, other = (stuck.why for stuck in found.first)
    assert first.endswith("; its chance is in doubt, since work moves at another pace.")
    assert other.endswith("; too few ever waited this long to estimate its chance.")


def test_working_time_is_in_hours_of_work() -> None:
    """A worklist in working time tells hours of work, and what is overdue by the calendar."""
    since = AT - timedelta(days=60)
    (one,) = attention(worklist({"clock": "working", "hours_in_stage": 320.0, "in_stage_since": since})).first
    assert one.why.startswith("In review for 320.0 hours of work, longer than")
    assert one.why.endswith("After this long, finish it or close it.")


def test_nobody_is_needed_where_nothing_is_stuck() -> None:
    """Where what waits is usual, or nothing waits, that is the answer and nothing is listed."""
    found = attention(worklist({"unusual_share": 0.3}))
    assert (found.answer, found.first, found.rule) == (
        "1 change waits; none needs a decision before others",
        (),
        "",
    )
    assert attention(worklist()).answer == "Nothing waits"


@pytest.mark.slow
def test_whom_a_change_waits_for_follows_from_requests_and_reviews() -> None:
    """Who was asked and has not answered, who reviewed, who asked for changes, and else the role alone."""
    shop = (
        Forge()
        .deploy("d0", "start", 1)
        .request(1, opened=3, commits="a@2", events=[("review_requested", 3, "bob"), ("review_requested", 4, "cy")])
        .request(2, opened=3, commits="b@2", events=[("review_requested", 3, "bob")], reviews=[("bob", "commented", 5)])
        .request(3, opened=3, commits="c@2", reviews=[("bob", "approved", 4), ("bob", "changes_requested", 6)])
        .request(4, opened=3, commits="d@2")
        .request(5, opened=3, commits="e@2", reviews=[("bob", "approved", 5)])
        .request(6, opened=3, commits="f@2", reviews=[("bob", "approved", 5)], merged=9, merge="m")
        .request(7, opened=3, commits="g@2 h@8", reviews=[("bob", "changes_requested", 5)])
        .deploy("d1", "m", created=12)
    )
    with built(shop, as_of=20) as tables:
        rows = waiting(tables.connection, Filters())
        for change_id, waits_for in rows.select("change_id", "waits_for").iter_rows():
            assert explain(tables.connection, change_id).waits_for == waits_for
    told = {row["change_id"][-1]: (row["current_stage"], row["waits_for"]) for row in rows.iter_rows(named=True)}
    assert told["1"] == ("pickup", "a first review, requested from bob, cy")
    assert told["2"] == ("review", "an approval; bob has reviewed it")
    assert told["3"] == ("merge", "ann: bob requested changes")
    assert told["4"] == ("pickup", "a first review; no reviewer is requested")
    assert told["7"] == ("pickup", "a review of its last commits; bob has reviewed it before")
    assert told["5"] == ("merge", "a merge by ann or another maintainer of acme/shop")


def test_what_may_be_saved_comes_before_what_is_overdue() -> None:
    """Of each kind the most unusual first, as the report has them; AI work is counted on both axes."""
    long, short = {"hours_in_stage": 900.0}, {"hours_in_stage": 100.0}
    found = attention(
        worklist(long, {**short, "builds_ai": True}, long, {**short, "built_with_ai": "agent"}, {"unusual_share": 0.1})
    )
    assert [change.change_id[-1] for change in found.first] == ["2", "4", "1"]
    assert (found.stuck, found.overdue) == (4, 2)
    assert found.decisions == "2 worth saving, 2 to finish or close"
    assert found.ai == {"builds_ai": 1, "built_with_ai": 1}


def test_the_limits_themselves_are_unusual_and_even() -> None:
    """Longer than 90 % is unusual; an even chance is not unlikely; thirty days are long."""
    found = attention(worklist({"unusual_share": 0.9}, {"unusual_share": 0.899}, {"chance_30d": 0.5}))
    assert (found.waiting, found.stuck) == (3, 1)
    assert found.first[0].change_id.endswith("#1")
    for hours, due in ((719.9, False), (720.0, True)):
        (one,) = attention(worklist({"hours_in_stage": hours})).first
        assert one.why.endswith("finish it or close it.") is due


def test_counts_agree_with_their_verbs() -> None:
    """One change waits and needs, two wait and need; one release beside them waits too."""
    one = attention(worklist({}, {"kind": "release"}))
    assert one.answer == "1 change waits; 1 needs a decision today: 1 worth saving"
    assert one.rule == (
        "Each has been in its stage longer than 90% of the changes that entered it;"
        " 1 has less than an even chance of production within 30 days. 1 release waits too."
    )
    two = attention(worklist({}, {}, {"kind": "bot"}, {"kind": "bot"}))
    assert two.answer == "2 changes wait; 2 need a decision today: 2 worth saving"
    assert two.rule.endswith(
        "; 2 have less than an even chance of production within 30 days. 2 changes by bots wait too."
    )
    assert attention(worklist({"unusual_share": 0.1}, {"unusual_share": 0.1})).answer.startswith(
        "2 changes wait; none "
    )
    assert attention(worklist({"kind": "bot"})).answer == "Nothing waits"


def test_of_unknown_chances_alone_no_even_chance_is_mentioned() -> None:
    """Where no chance is known, the rule says only that; without bots and releases nothing of them."""
    nothing = {"chance_30d": None, "chance_30d_lower": None, "chance_30d_upper": None}
    assert attention(worklist(nothing, nothing)).rule == (
        "Each has been in its stage longer than 90% of the changes that entered it;"
        " 2 have waited longer than a chance can be estimated for."
    )


def test_the_first_three_are_listed_with_what_is_known_of_them() -> None:
    """Title, author and team where there are such; no share above 99 %; the rest is counted alone."""
    found = attention(
        worklist({"title": "", "author": None, "unusual_share": 1.0}, {"team": "pay", "unusual_among": 1200}, {}, {})
    )
    assert (found.stuck, len(found.first)) == (4, 3)
    nameless, teamed, _ = found.first
    assert (nameless.title, nameless.by, nameless.waits_for) == ("(no title)", "unknown", "an approval")
    assert "longer than 99% of 200 changes" in nameless.why
    assert (teamed.title, teamed.by) == ("A change", "ann, team pay")
    assert "longer than 95% of 1,200 changes" in teamed.why
    assert len(attention(worklist({}, {}), most=1).first) == 1
