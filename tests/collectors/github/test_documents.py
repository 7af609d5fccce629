from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from collectors.github.api.nested_pages import PageRequest, _text
from collectors.github.documents import EVENT_TYPES, document, fragments_for, queries
from collectors.github.rows.events import KINDS
from headway.raw_tables.forge import EVENT_KINDS

PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "github" / "schema.graphql.gz"
published = pytest.mark.skipif(not PUBLISHED.exists(), reason="GitHub's published schema is not here")
LISTS = ("labels", "commits", "reviews", "timelineItems")
OVERFLOWS = [
    *([PageRequest("id", "PullRequest", ((name, "c"),))] for name in LISTS),
    [PageRequest("id", "PullRequest", tuple((name, "c") for name in LISTS))],
    [PageRequest("id", "Deployment", (("statuses", "c"),))],
]


@cache
def schema() -> GraphQLSchema:
    """GitHub's own."""
    return build_schema(gzip.decompress(PUBLISHED.read_bytes()).decode(), assume_valid=True)


@published
@pytest.mark.parametrize("name", queries())
def test_document_is_valid_in_githubs_schema(name: str) -> None:
    """Every query is one that GitHub's published schema knows, down to the last field and variable."""
    assert validate(schema(), parse(document(name))) == []


@published
@pytest.mark.parametrize("wants", [*OVERFLOWS, [want for wants in OVERFLOWS for want in wants]])
def test_query_put_together_for_overflowing_lists_is_valid(wants: list[PageRequest]) -> None:
    """The query for the rest of lists is valid for each list alone and for all of them together."""
    text = _text(wants)
    assert validate(schema(), parse(text + fragments_for(text))) == []


@published
def test_every_type_of_event_is_asked_for_and_understood() -> None:
    """What a timeline is asked for, what its fragments read and what becomes rows are the same types."""
    spelled = {"".join(part.capitalize() for part in name.split("_")) for name in EVENT_TYPES}
    assert spelled == set(KINDS)
    assert set(KINDS.values()) <= set(EVENT_KINDS)
    members = {member.name for member in schema().type_map["PullRequestTimelineItems"].types}  # type: ignore[attr-defined]
    assert set(KINDS) <= members
    for text in (fragments_for("...EventPage"), fragments_for("...PullGlimpse")):
        assert {name for name in KINDS if f"on {name} " in text} == set(KINDS)


def test_no_document_asks_for_a_list_within_a_list_of_commits() -> None:
    """A page within each commit would multiply the cost of a query by a hundred: only counts are asked for there."""
    commits = fragments_for("...CommitPage")
    assert "parents {" in commits
    assert "(first" not in commits
