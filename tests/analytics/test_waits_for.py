"""Whom a waiting change waits for, from the three tables that tell it: reviews, requests of reviews, lead times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest

from analytics.worklist.attention import whom, whom_of

COMPLETE_AT = datetime(2026, 1, 1)
Row = tuple[str | None, str, float]


def at(hour: float) -> datetime:
    """So many hours after code complete."""
    return COMPLETE_AT + timedelta(hours=hour)


def change(stage: str, **more: object) -> dict[str, Any]:
    """The row of one waiting change."""
    usual = {"change_id": "g#1", "repo": "acme/shop", "repo_id": 7, "number": 1, "author": "ann", "outcome": "waiting"}
    return {**usual, "current_stage": stage, "first_production_at": None, "code_complete_at": COMPLETE_AT, **more}


@contextmanager
def tables(
    row: dict[str, Any], reviews: Sequence[Row], requests: Sequence[Row], bots: tuple[str, ...] = ()
) -> Iterator[duckdb.DuckDBPyConnection]:
    """What reviewers said, each (reviewer, state, hour), and who was requested, each (reviewer, kind, hour)."""
    with duckdb.connect() as connection:
        connection.sql(
            "create table lead_times (change_id text, repo_id int, number int, author text, outcome text,"
            " code_complete_at timestamp)"
        )
        connection.sql(
            "create table reviews (repo_id int, number int, review_id int, author text, author_kind text, state text,"
            " submitted_at timestamp)"
        )
        connection.sql(
            "create table pull_request_events (repo_id int, number int, kind text, subject text, happened_at timestamp)"
        )
        connection.sql("create table changes (change_id text, author_key text)")
        connection.execute("insert into changes values ('g#1', ?)", [row.get("author_key", row["author"])])
        of_lead_times = ("change_id", "repo_id", "number", "author", "outcome", "code_complete_at")
        connection.execute("insert into lead_times values (?, ?, ?, ?, ?, ?)", [row[name] for name in of_lead_times])
        for review_id, (author, state, hour) in enumerate(reviews):
            kind = "bot" if author in bots else None
            for number in (1, 2):
                # Those of another request say nothing of this one.
                words = state if number == 1 else "changes_requested"
                values = [7, number, review_id, author, kind, words, at(hour if number == 1 else hour + 500.0)]
                connection.execute("insert into reviews values (?, ?, ?, ?, ?, ?, ?)", values)
        for subject, kind, hour in requests:
            connection.execute("insert into pull_request_events values (7, 1, ?, ?, ?)", [kind, subject, at(hour)])
            connection.execute("insert into pull_request_events values (7, 2, ?, 'zoe', ?)", [kind, at(hour)])
        yield connection


def waits_for(
    row: dict[str, Any], reviews: Sequence[Row] = (), requests: Sequence[Row] = (), bots: tuple[str, ...] = ()
) -> str:
    """The same for a list and for one change."""
    with tables(row, reviews, requests, bots) as connection:
        (text,) = whom(connection, pl.DataFrame([row]))["waits_for"].to_list()
        assert whom_of(connection, row) == text
    return str(text)


@pytest.mark.parametrize(
    ("stage", "text"),
    [
        ("pickup", "a first review; no reviewer is requested"),
        ("review", "an approval; no reviewer is requested"),
        ("merge", "a merge by ann or another maintainer of acme/shop"),
        ("build", "a green CI run on the default branch that contains it"),
        ("staging", "a deployment of acme/shop before production"),
        ("release", "the next release of acme/shop"),
        ("deploy", "its deployment to production, which has begun: approval or a fix by those who deploy acme/shop"),
    ],
)
def test_without_reviews_each_stage_has_its_role(stage: str, text: str) -> None:
    """What has to happen next, and who usually does it; the same of a change that is no pull request."""
    assert waits_for(change(stage)) == text
    assert waits_for(change(stage, number=None), [("bob", "commented", 1)]) == text


def test_a_change_in_production_in_some_services_waits_for_the_others() -> None:
    """In `deploy` it waits for its other services; in `release` for the next release all the same."""
    assert waits_for(change("deploy", first_production_at=at(3))) == (
        "its other services and waves: it is in production in some of them"
    )
    assert waits_for(change("release", first_production_at=at(3))) == "the next release of acme/shop"


def test_without_an_author_it_is_its_author() -> None:
    """Nobody is named of whom nothing is known."""
    assert waits_for(change("merge", author=None)) == "a merge by its author or another maintainer of acme/shop"


@pytest.mark.parametrize("stage", ["pickup", "review", "merge"])
def test_requested_changes_are_the_authors_turn_from_code_complete_on(stage: str) -> None:
    """A verdict at the instant of code complete or later counts, one of before it was answered by the last commit."""
    sent_back = "ann: bob requested changes"
    assert waits_for(change(stage), [("bob", "changes_requested", 0)]) == sent_back
    assert waits_for(change(stage), [("bob", "changes_requested", -0.5)]) != sent_back
    assert waits_for(change(stage), [("bob", "commented", 1)]) != sent_back


@pytest.mark.parametrize("stage", ["build", "staging", "release", "deploy"])
def test_after_the_merge_no_verdict_sends_it_back(stage: str) -> None:
    """What is merged waits for no author, whatever a reviewer said afterwards."""
    assert waits_for(change(stage), [("bob", "changes_requested", 5)]) == waits_for(change(stage))


def test_who_has_reviewed_is_named_and_whether_before_the_last_commits() -> None:
    """In review the reviewer has reviewed these commits; in pickup only earlier ones."""
    seen = [("bob", "commented", -2.0)]
    assert waits_for(change("review"), seen) == "an approval; bob has reviewed it"
    assert waits_for(change("pickup"), seen) == "a review of its last commits; bob has reviewed it before"


def test_the_last_word_is_that_of_the_newest_review_of_each_reviewer() -> None:
    """Bob's second review replaces his first, a later reviewer's word replaces his; of one instant the first name."""
    twice = [("bob", "changes_requested", 1.0), ("bob", "approved", 2.0)]
    assert waits_for(change("review"), twice) == "an approval; bob has reviewed it"
    assert waits_for(change("review"), [*twice, ("cy", "changes_requested", 3.0)]) == "ann: cy requested changes"
    assert waits_for(change("review"), [("cy", "changes_requested", 1.0), *twice]) == "an approval; bob has reviewed it"
    both = [("dan", "commented", 4.0), ("cy", "commented", 4.0)]
    assert waits_for(change("review"), [*twice, *both]) == "an approval; cy has reviewed it"


def test_of_reviews_of_one_instant_the_highest_number_is_the_newest() -> None:
    """Bob asked for changes and approved within the same second: the forge numbered the approval last."""
    same = [("bob", "changes_requested", 2.0), ("bob", "approved", 2.0)]
    assert waits_for(change("review"), same) == "an approval; bob has reviewed it"
    assert waits_for(change("review"), same[::-1]) == "ann: bob requested changes"


def test_the_author_and_bots_review_nothing() -> None:
    """Their words are no verdict, and name nobody."""
    words = [("ann", "changes_requested", 1.0), ("lint", "changes_requested", 2.0)]
    assert waits_for(change("review"), words, bots=("lint",)) == "an approval; no reviewer is requested"


def test_a_request_stands_until_its_reviewer_reviews() -> None:
    """Requested reviewers are named by name order, until they review; who is requested again is named again."""
    asked = [("cy", "review_requested", 1.0), ("bob", "review_requested", 2.0)]
    assert waits_for(change("pickup"), [], asked) == "a first review, requested from bob, cy"
    answered = [("bob", "commented", 2.0)]
    assert waits_for(change("review"), answered, asked) == "an approval, requested from cy"
    again = [*asked, ("bob", "review_requested", 3.0)]
    assert waits_for(change("review"), answered, again) == "an approval, requested from bob, cy"


def test_requests_of_nobody_of_the_author_and_other_events_name_nobody() -> None:
    """A team's request has no login, an author's own says nothing, and a removed request is none."""
    events: list[Row] = [
        (None, "review_requested", 1.0),
        ("", "review_requested", 1.0),
        ("ann", "review_requested", 1.0),
        ("bob", "labeled", 1.0),
    ]
    assert waits_for(change("pickup"), [], events) == "a first review; no reviewer is requested"


def test_what_does_not_wait_waits_for_nobody() -> None:
    """In production or abandoned: an empty text."""
    for outcome in ("production", "abandoned", "unknown"):
        row = change("deploy", outcome=outcome)
        with tables(row, [("bob", "commented", 1.0)], []) as connection:
            assert whom_of(connection, row) == ""


def test_without_names_reviewers_are_counted() -> None:
    """Marks are no names, and the mark of the author is the author's."""
    ann, bob, cy = (f"anonymous{letter * 12}" for letter in "abc")
    nameless = change("review", author="", author_key=ann)
    requests = [(ann, "review_requested", 1.0), (bob, "review_requested", 1.0)]
    assert waits_for(nameless, requests=requests) == "an approval, requested from a reviewer"
    requests.append((cy, "review_requested", 1.0))
    assert waits_for(nameless, requests=requests) == "an approval, requested from 2 reviewers"
    assert waits_for(nameless, [(bob, "commented", 2.0)]) == "an approval; a reviewer has reviewed it"
