from __future__ import annotations

from typing import Any

import pytest

from tests.builders.github import FakeGitHub, bulk
from tests.builders.github.asking import Client

PAGE = """query($n: Int!, $after: String) { repository(owner: "acme", name: "bulk") {
  pullRequests(first: $n, after: $after) { pageInfo { hasNextPage endCursor } nodes { number state isCrossRepository
    author { __typename } mergeCommit { oid } labels(first: 20) { nodes { name } }
    commits(first: 100) { totalCount pageInfo { hasNextPage } nodes { commit { oid } } }
    reviews(first: 100) { totalCount pageInfo { hasNextPage } nodes { state submittedAt } }
    timelineItems(first: 100) { totalCount pageInfo { hasNextPage } nodes { __typename
      ... on ReviewRequestedEvent { requestedReviewer { __typename } } } } } } } }"""


def read(client: Client, n: int = 50) -> list[dict[str, Any]]:
    """All of its pull requests."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = client.query(PAGE, n=n, after=after)["data"]["repository"]["pullRequests"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


def test_bulk_has_all_kinds_of_pull_requests() -> None:
    """Merged ones of every kind of author, some from forks, and a few whose nested lists overflow."""
    with FakeGitHub(bulk(pulls=400, long_every=100), schema="excerpt") as github:
        found = read(Client(github))
    assert [one["number"] for one in found] == list(range(1, 401))
    assert {one["state"] for one in found} == {"MERGED"}
    kinds = {(one["author"] or {"__typename": None})["__typename"] for one in found}
    assert kinds == {"User", "Bot", "Mannequin", None}
    for name in ("commits", "reviews", "timelineItems"):
        assert sum(one[name]["pageInfo"]["hasNextPage"] for one in found) == 4
    oids = [node["commit"]["oid"] for one in found for node in one["commits"]["nodes"]]
    assert len(set(oids)) == len(oids)
    assert any(one["isCrossRepository"] for one in found)


def test_same_arguments_make_the_same_bulk() -> None:
    """Nothing in it is left to chance."""
    with FakeGitHub(bulk(pulls=60), schema="excerpt") as one, FakeGitHub(bulk(pulls=60), schema="excerpt") as other:
        assert read(Client(one)) == read(Client(other))


def test_open_share_stays_open() -> None:
    """A share of them can stay open."""
    with FakeGitHub(bulk(pulls=200, open_share=0.2), schema="excerpt") as github:
        still = sum(one["state"] == "OPEN" for one in read(Client(github)))
    assert 20 <= still <= 60


@pytest.mark.slow
def test_server_keeps_up_with_ten_thousand_pull_requests() -> None:
    """A client that measures budgets and memory reads all of them."""
    with FakeGitHub(bulk(pulls=10_000), schema="excerpt") as github:
        assert len(read(Client(github))) == 10_000
