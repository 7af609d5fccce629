from __future__ import annotations

import duckdb
import pytest

from analytics.explain.ai_tiers import tier_lines
from headway.settings import AiSettings


def connection(*tiers: str, usage: str = "('', '')") -> duckdb.DuckDBPyConnection:
    """Tables with one change of each of these tiers, one commit, and these records (`sha`, `author`)."""
    tables = duckdb.connect()
    tables.execute("create table classification (ai_tier varchar)")
    for tier in tiers:
        tables.execute("insert into classification values (?)", [tier])
    address = "'7+Ann@users.noreply.github.com' as author_email, cast(null as varchar) as author_day"
    tables.execute(f"create table commits as select 'a' as sha, {address}")
    tables.execute(
        f"create table ai_usage as select * from (values {usage}) as given (sha, author) where sha || author != ''"
    )
    return tables


def test_tiers_are_counted_strongest_first() -> None:
    """`status` names each tier of evidence with its changes, and what a tier by author and day does."""
    lines = list(tier_lines(connection("mark", "author_day", "commit", "mark", ""), AiSettings()))
    assert [line.split() for line in lines[1:]] == [
        ["1", "change", "recorded", "by", "a", "tool,", "by", "commit"],
        ["2", "changes", "from", "marks"],
        [
            "1",
            "change",
            "recorded",
            "by",
            "author",
            "and",
            "day",
            "alone:",
            "not",
            "counted;",
            "[ai]",
            "author_days",
            "=",
            "true",
            "counts",
            "it",
        ],
    ]


@pytest.mark.parametrize(
    ("usage", "unmatched"), [("('a', '')", False), ("('', 'ann')", False), ("('b', 'x'), ('', 'bob')", True)]
)
def test_records_that_match_nothing_are_counted(usage: str, unmatched: bool) -> None:
    """A commit that no repository has and a person without a commit are counted; a log-in matches a noreply address."""
    text = "\n".join(tier_lines(connection(usage=usage), AiSettings()))
    assert ("1 commit that no repository has, 1 author of no commit" in text) == unmatched


def test_nothing_recorded_is_nothing_said() -> None:
    """Without evidence and records there is no line."""
    assert list(tier_lines(connection(""), AiSettings())) == []
