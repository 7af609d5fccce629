"""Pull requests and reviews without people give the tables that they give with them, names aside."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from headway.raw_tables.people import shown_name
from headway.settings import load
from tests.builders.forge import Forge
from tests.builders.rows import arrow, built
from warehouse.upkeep.anonymous import WithoutAuthors
from warehouse.upkeep.pseudonyms import Pseudonyms

AI = load(None, {}, folder=Path()).ai
SECRET = "a secret of the tests, long enough for them"
HOW: dict[str, WithoutAuthors | Pseudonyms] = {"none": WithoutAuthors(AI, SECRET), "pseudonym": Pseudonyms(AI, SECRET)}
NAMES = {"author", "author_key", "login", "author_name", "author_email", "author_login", "committer_name"}
NAMES |= {"committer_email", "actor", "author_day", "evidence", "ai_evidence", "head_ref", "nameless", "subject"}


def shop() -> Forge:
    """Own reviews, dismissals, requests, branches of agents and of people, and a bot that reviews."""
    shop = Forge("acme/shop").commits("r@0 m1@5 m2@9 m3@12 m4@15").deploy("d1", "m1", 6).deploy("d2", "m4", 20)
    reviews = [("Ann", "approved", 3.0), ("bob", "approved", 3.5), ("cy[bot]", "commented", 2.5)]
    shop.request(1, opened=2, commits="a@1", reviews=reviews, merged=5, merge="m1", head_ref="ann/one")
    dismissed: list[tuple[str, float, str]] = [("review_requested", 6.5, "bob"), ("review_dismissed", 8.0, "2-0")]
    shop.request(2, opened=6, commits="b@5", events=dismissed, reviews=[("bob", "approved", 7.0)], merged=9, merge="m2")
    agent: dict[str, Any] = {"author": "copilot", "author_kind": "bot", "head_ref": "copilot/three"}
    shop.request(3, opened=10, commits="c@9", reviews=[("bob", "approved", 11.0)], merged=12, merge="m3", **agent)
    shop.request(4, opened=13, commits="d@12", merged=15, merge="m4", head_ref="claude/four", author="dee")
    return shop.request(5, opened=16, commits="e@15", events=[("review_requested", 17.0, "bob")])


@pytest.mark.parametrize("authors", HOW)
def test_no_number_changes(authors: str) -> None:
    """All columns but those with names are equal, verdicts and dismissed approvals too; only bots have names."""
    plain, other = shop(), shop()
    for table, rows in plain.rows.items():
        other.rows[table] = HOW[authors].rows(table, arrow(table, rows)).to_pylist()
    tables = ("pull_request_milestones", "lead_times", "classification", "automated_accounts", "pull_request_events")
    with built(plain, as_of=40) as before, built(other, as_of=40) as after:
        for table in tables:
            order = f"select * from {table} order by all"
            assert _numbers(before(order)) == _numbers(after(order)), table
        assert after("select built_with_ai from lead_times where number = 4") == [{"built_with_ai": "agent"}]
        events = "select subject from pull_request_events where kind = 'review_dismissed'"
        assert after(events) == before(events)
        if authors == "none":
            names = {row["author"] for row in after("select author from lead_times")}
            assert names == {"", "copilot"}
    text = repr({table: rows for table, rows in other.rows.items() if rows})
    assert not [name for name in ("'ann'", "'Ann'", "'bob'", "'dee'", "ann/") if name in text]


def _numbers(rows: list[dict[str, object]]) -> list[str]:
    return sorted(repr({name: value for name, value in row.items() if name not in NAMES}) for row in rows)


def test_mark_is_of_one_repository() -> None:
    """The marks of one author in two repositories have nothing in common; those in one are equal in any case."""
    people = ["Ann@x.org", "ann@x.org", "ann@x.org"]
    repos = ["github:a/b", "github:a/b", "github:a/c"]
    rows = arrow(
        "commits",
        [
            {"repo_id": r, "author_email": p, "author_name": "", "message": ""}
            for r, p in zip(repos, people, strict=True)
        ],
    )
    one, two, three = WithoutAuthors(AI, SECRET).rows("commits", rows)["author_email"].to_pylist()
    assert (one == two, one == three, shown_name(one)) == (True, False, "")
    assert one != WithoutAuthors(AI, SECRET[::-1]).rows("commits", rows)["author_email"].to_pylist()[0]


@pytest.mark.parametrize(
    "text",
    [
        "Bump @langchain/core from 1 to 2",
        "Pin openai@4.0.1 and actions/checkout@v4.1",
        "git+ssh://git@github.com/acme/x.git",
        "feat: accept List <T>",
        "Co-authored-by: Claude Opus 4.5 <noreply@anthropic.com>",
        "Thanks @claude",
        "Assisted-by: Claude",
    ],
)
@pytest.mark.parametrize("authors", HOW)
def test_text_that_names_nobody_stays(text: str, authors: str) -> None:
    """Packages, versions, types, models and agents are no people."""
    rows = arrow("commits", [{"repo_id": "r", "message": text}])
    assert HOW[authors].rows("commits", rows)["message"].to_pylist() == [text]


@pytest.mark.parametrize(
    "text",
    [
        "Reviewed-by: Ann Author",
        "Signed-off-by: Ann Author <ann@x.org>",
        "Co-authored-by: Claude Ann <ann@x.org>",
        "Co-authored-by: Claude Opus 4.5 <ann@x.org>",
        "cc @ann.",
        "Merge pull request #1 from ann/topic",
        "mail ann@x.org",
    ],
)
@pytest.mark.parametrize("authors", HOW)
def test_text_that_names_a_person_does_not(text: str, authors: str) -> None:
    """Trailers with and without an address, mentions, owners and addresses are replaced."""
    rows = arrow("commits", [{"repo_id": "r", "message": text}])
    (after,) = HOW[authors].rows("commits", rows)["message"].to_pylist()
    assert not re.search(r"(?i)\bann\b|x\.org", after)
