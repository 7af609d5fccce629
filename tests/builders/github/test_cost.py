from __future__ import annotations

import json
from typing import Any

import pytest

from tests.builders.github import FakeGitHub, bulk
from tests.builders.github.asking import Client
from tests.builders.github.graphql_api import Asked, understand
from tests.builders.github.schema import excerpt_schema

PULLS = """query Pulls($n: Int!, $nc: Int!, $nr: Int!, $nt: Int!, $nl: Int!) {
  repository(owner: "acme", name: "bulk") { pullRequests(first: $n) { nodes {
    mergeCommit { parents(first: 2) { totalCount } }
    labels(first: $nl) { totalCount } commits(first: $nc) { totalCount } timelineItems(first: $nt) { totalCount }
    reviews(first: $nr) { nodes { comments { totalCount } } } } } } }"""
DEPLOYMENTS = """{ repository(owner: "acme", name: "bulk") { deployments(first: 100) { nodes {
  statuses(first: 10) { nodes { state } } } } } }"""
SUITES = (
    """query($ids: [ID!]!) { nodes(ids: $ids) { ... on CheckSuite { checkRuns(first: 30) { nodes { name } } } } }"""
)
SIZES = {"nc": 50, "nr": 30, "nt": 50, "nl": 20}


def asked(text: str, **variables: Any) -> Asked:
    """How a query is understood."""
    return understand(excerpt_schema(), json.dumps({"query": text, "variables": variables}).encode())


@pytest.mark.parametrize(
    ("text", "variables", "points", "nodes"),
    [
        (PULLS, {"n": 10, "nc": 100, "nr": 100, "nt": 100, "nl": 20}, 1, 3_230),
        (PULLS, {"n": 25, **SIZES}, 1, 3_825),
        (PULLS, {"n": 50, **SIZES}, 3, 7_650),
        (PULLS, {"n": 100, **SIZES}, 5, 15_300),
        (DEPLOYMENTS, {}, 1, 1_100),
        (SUITES, {"ids": ["x"] * 100}, 1, 3_100),
    ],
)
def test_cost_is_that_of_githubs_formula(text: str, variables: dict[str, Any], points: int, nodes: int) -> None:
    """Points and nodes are those that were worked out by hand from GitHub's description of its limits."""
    cost = asked(text, **variables).cost
    assert (cost.points, cost.nodes) == (points, nodes)


def test_example_of_the_documentation() -> None:
    """GitHub's own example: 100 repositories, 50 issues each, 60 labels each, are 5,101 requests and 51 points."""
    text = """{ organization(login: "acme") { repositories(first: 100) { nodes { pullRequests(first: 50) { nodes {
      labels(first: 60) { nodes { name } } } } } } } }"""
    cost = asked(text).cost
    assert (cost.points, cost.nodes) == (51, 100 + 5_000 + 300_000)


def test_page_is_the_largest_one() -> None:
    """What shrinks under faults is the largest page that is asked for."""
    assert asked(PULLS, n=25, **SIZES).cost.page == 50
    assert asked(SUITES, ids=["x"] * 70).cost.page == 70


def test_skipped_fields_cost_nothing() -> None:
    """A field that a directive leaves out is not counted."""
    text = """query($with: Boolean = false) { repository(owner: "acme", name: "bulk") {
      pullRequests(first: 100) @include(if: $with) { nodes { labels(first: 100) { totalCount } } } } }"""
    assert (asked(text).cost.nodes, asked(text, **{"with": True}).cost.nodes) == (0, 10_100)


def test_fragments_are_counted_where_they_are_used() -> None:
    """A fragment costs what it asks for, each time it is spread."""
    text = """query { repository(owner: "acme", name: "bulk") { a: pullRequests(first: 10) { ...page }
      b: pullRequests(first: 20) { ...page } } }
      fragment page on PullRequestConnection { nodes { labels(first: 5) { totalCount } } }"""
    assert asked(text).cost.nodes == 10 + 50 + 20 + 100


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("pullRequests(first: 101) { totalCount }", "EXCESSIVE_PAGINATION", "Requesting 101 records on the `pull"),
        ("pullRequests { nodes { id } }", "MISSING_PAGINATION_BOUNDARIES", "You must provide a `first` or `last`"),
        (
            """pullRequests(first: 100) { nodes { commits(first: 100) { nodes { commit { parents(first: 100) {
              totalCount } } } } } }""",
            "MAX_NODE_LIMIT_EXCEEDED",
            "This query requests up to 1,010,100 possible nodes which exceeds the maximum limit of 500,000.",
        ),
    ],
)
def test_too_large_a_query_is_refused_unrun(text: str, kind: str, message: str) -> None:
    """GitHub refuses a page above 100, a connection without a size, and more than 500,000 nodes."""
    (error,) = asked(f'{{ repository(owner: "acme", name: "bulk") {{ {text} }} }}').errors
    assert error["type"] == kind
    assert error["message"].startswith(message)


def test_more_than_100_ids_are_refused() -> None:
    """A list of ids holds at most 100."""
    (error,) = asked(SUITES, ids=["x"] * 101).errors
    assert error["type"] == "ARGUMENT_LIMIT"


def test_a_total_needs_no_page() -> None:
    """A connection of which only the total is asked for needs no size, and costs no request."""
    assert asked('{ repository(owner: "acme", name: "bulk") { pullRequests { totalCount } } }').errors == []


def test_points_are_taken_from_the_budget_and_told() -> None:
    """`rateLimit` and the headers tell what is left after the query, and GraphQL and REST have budgets of their own."""
    with FakeGitHub(bulk(pulls=3), schema="excerpt") as github:
        client = Client(github)
        told = PULLS.replace("repository(owner", "rateLimit { cost remaining resetAt } repository(owner", 1)
        got = client.post_query(told, n=50, **SIZES)
        assert got.json["data"]["rateLimit"]["cost"] == 3
        assert got.json["data"]["rateLimit"]["remaining"] == 4997
        assert got.headers["x-ratelimit-remaining"] == "4997"
        assert got.headers["x-ratelimit-resource"] == "graphql"
        assert client.get("/repos/acme/bulk").headers["x-ratelimit-remaining"] == "4999"
        assert (github.points(), github.points("core")) == (3, 1)


def test_empty_budget_is_full_again_after_its_hour() -> None:
    """An empty budget is a 200 with an error on GraphQL and a 403 on REST, until the time that the headers tell."""
    forge = bulk(pulls=3)
    with FakeGitHub(forge, schema="excerpt") as github:
        client = Client(github)
        github.limits.graphql.remaining = github.limits.core.remaining = 1
        query = '{ repository(owner: "acme", name: "bulk") { id } }'
        assert "data" in client.query(query)
        refused = client.post_query(query)
        assert (refused.status, refused.json["errors"][0]["type"]) == (200, "RATE_LIMITED")
        assert client.get("/repos/acme/bulk").status == 200
        got = client.get("/repos/acme/bulk")
        assert (got.status, got.headers["x-ratelimit-remaining"]) == (403, "0")
        github.clock.sleep(int(got.headers["x-ratelimit-reset"]) - github.clock.seconds)
        assert "data" in client.query(query)
        assert client.get("/repos/acme/bulk").headers["x-ratelimit-remaining"] == "4999"


def test_server_without_limits_tells_of_none() -> None:
    """An enterprise server has no rate limit: no headers, a null `rateLimit`, and a 404 where one asks for it."""
    forge = bulk(pulls=3)
    with FakeGitHub(forge, schema="excerpt", limits=False) as github:
        client = Client(github, enterprise=True)
        assert client.query("{ rateLimit { cost } }") == {"data": {"rateLimit": None}}
        assert client.get("/rate_limit").status == 404
        assert "x-ratelimit-remaining" not in client.get("/repos/acme/bulk").headers
