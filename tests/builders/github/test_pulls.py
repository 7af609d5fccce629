from __future__ import annotations

from typing import Any

import pytest

from collectors.simulate import Change, Company
from tests.builders.github import FakeGitHub
from tests.builders.github.asking import Client
from tests.builders.github.clock import iso

PAGE = """query Pulls($repo: String!, $n: Int!, $after: String, $field: IssueOrderField!, $to: OrderDirection!) {
  repository(owner: "acme", name: $repo) {
  pullRequests(first: $n, after: $after, orderBy: {field: $field, direction: $to}) {
    totalCount pageInfo { hasNextPage endCursor } nodes { ...pull } } } }
fragment pull on PullRequest {
  id number title body state isDraft createdAt updatedAt mergedAt closedAt headRefName headRefOid baseRefOid
  additions deletions changedFiles
  author { __typename login } mergedBy { __typename login } mergeCommit { oid parents(first: 2) { totalCount } }
  labels(first: 20) { nodes { name } }
  commits(first: 50) { totalCount nodes { commit { oid authoredDate message author { name email user { login } } } } }
  reviews(first: 50) { nodes { state submittedAt author { __typename login } commit { oid } } }
  timelineItems(first: 50) { nodes { __typename
    ... on ReadyForReviewEvent { createdAt } ... on ConvertToDraftEvent { createdAt }
    ... on ReviewRequestedEvent { createdAt requestedReviewer { ... on User { login } } }
    ... on ReviewDismissedEvent { createdAt previousReviewState }
    ... on HeadRefForcePushedEvent { createdAt beforeCommit { oid } afterCommit { oid } }
    ... on ClosedEvent { createdAt } ... on MergedEvent { createdAt commit { oid } } } } }"""


def pulls(client: Client, repo: str, field: str = "CREATED_AT", to: str = "ASC", n: int = 10) -> list[dict[str, Any]]:
    """All pull requests, page by page."""
    found, after = [], None
    while True:
        answer = client.query(PAGE, repo=repo, n=n, after=after, field=field, to=to)
        assert "errors" not in answer
        page = answer["data"]["repository"]["pullRequests"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] == len(found)
            return found


def told(at: int | None) -> str | None:
    """A time as GitHub writes it."""
    return None if at is None else iso(at)


@pytest.mark.parametrize("repo", ["checkout", "assistant", "sdk"])
def test_pull_requests_are_those_of_the_company(repo: str, reader: Client, company: Company) -> None:
    """Each pull request of the company is there, with its times, text, size, labels, commits and landing commit."""
    wanted = {one.number: one for one in company.repo(repo).changes if one.number is not None}
    found = {one["number"]: one for one in pulls(reader, repo)}
    assert found.keys() == wanted.keys()
    for number, change in wanted.items():
        _same(found[number], change)


def _same(got: dict[str, Any], change: Change) -> None:
    merged_at = None if change.way.closed else change.merged_at
    ended_at = change.closed_at if merged_at is None else merged_at
    assert (got["title"], got["body"], got["headRefName"]) == (change.title, change.body, change.branch)
    assert (got["createdAt"], got["mergedAt"]) == (told(change.opened_at), told(merged_at))
    assert got["closedAt"] == told(ended_at)
    assert got["state"] == ("MERGED" if merged_at else "CLOSED" if ended_at else "OPEN")
    assert (got["additions"], got["deletions"], got["changedFiles"]) == (
        change.additions,
        change.deletions,
        change.files,
    )
    assert [one["name"] for one in got["labels"]["nodes"]] == list(change.labels)
    commits = [one["commit"] for one in got["commits"]["nodes"]]
    assert [one["oid"] for one in commits] == [one.sha for one in change.commits]
    assert [one["authoredDate"] for one in commits] == [iso(one.authored_at) for one in change.commits]
    assert [one["message"] for one in commits] == [one.message for one in change.commits]
    assert got["headRefOid"] == change.commits[-1].sha
    assert (got["mergeCommit"] or {}).get("oid", "") == (change.sha if merged_at else "")
    if merged_at:
        assert got["mergeCommit"]["parents"]["totalCount"] == (2 if change.way.how == "merge" else 1)
    assert got["isDraft"] is (change.ready_at is None)
    times = [iso(one.submitted_at) for one in change.reviews]
    assert [one["submittedAt"] for one in got["reviews"]["nodes"]] == times


def test_reviews_are_those_of_the_company(reader: Client, company: Company) -> None:
    """A review tells its author, its state and the commit it was made on; a dismissed one tells that alone."""
    dismissed = 0
    found = {one["number"]: one for one in pulls(reader, "checkout", n=100)}
    for change in (one for one in company.repo("checkout").changes if one.number is not None):
        got = found[change.number]
        shas = {one.sha for one in change.commits}
        for review, one in zip(change.reviews, got["reviews"]["nodes"], strict=True):
            void = review.dismissed_at is not None
            dismissed += void
            assert one["state"] == ("DISMISSED" if void else review.state)
            assert one["author"]["login"] == review.reviewer.login.removesuffix("[bot]")
            assert one["commit"]["oid"] in shas
        events = [one for one in got["timelineItems"]["nodes"] if one["__typename"] == "ReviewDismissedEvent"]
        assert {one["previousReviewState"] for one in events} <= {"APPROVED"}
    assert dismissed > 0


def test_timeline_tells_what_happened(reader: Client, company: Company) -> None:
    """Draft and ready, review requests, force pushes and ends are events; a merge closes too, as at GitHub."""
    kinds: dict[str, int] = {}
    for got in (one for repo in ("checkout", "assistant", "sdk") for one in pulls(reader, repo)):
        events = [one["__typename"] for one in got["timelineItems"]["nodes"]]
        for kind in events:
            kinds[kind] = kinds.get(kind, 0) + 1
        if got["state"] == "MERGED":
            assert events[-2:] == ["MergedEvent", "ClosedEvent"]
    changes = [one for repo in company.repos for one in repo.changes if one.number is not None]
    wanted = [event.kind for change in changes for event in change.timeline]
    assert kinds["ReviewRequestedEvent"] == wanted.count("review_requested")
    assert kinds["HeadRefForcePushedEvent"] == wanted.count("head_ref_force_pushed") > 0
    assert kinds["ReadyForReviewEvent"] == wanted.count("ready_for_review") > 0
    assert kinds["ConvertToDraftEvent"] == wanted.count("convert_to_draft") > 0
    assert kinds["MergedEvent"] == wanted.count("merged")
    assert kinds["ClosedEvent"] == wanted.count("closed") + wanted.count("merged")
    assert kinds["AddedToMergeQueueEvent"] == kinds["RemovedFromMergeQueueEvent"] > 0
    assert sum(kinds.get(f"Auto{how}EnabledEvent", 0) for how in ("Merge", "Squash", "Rebase")) > 0


def test_accounts_are_users_bots_or_nobody(github: FakeGitHub, client: Client) -> None:
    """GraphQL names apps without `[bot]`, and has null for an account that was deleted."""
    every = [one for repo in ("checkout", "assistant", "sdk") for one in pulls(client, repo)]
    authors = {one["author"]["login"]: one["author"]["__typename"] for one in every}
    assert authors["dependabot"] == "Bot"
    assert authors["mara-lindqvist"] == "User"
    assert not any("[" in login for login in authors)
    mine = {one["number"] for one in every if one["author"]["login"] == "mara-lindqvist" and "checkout" in str(one)}
    github.edit.delete_account("mara-lindqvist")
    again = {one["number"]: one["author"] for one in pulls(client, "checkout")}
    assert mine
    assert {number for number, author in again.items() if author is None} >= mine & again.keys()


@pytest.mark.parametrize("field", ["CREATED_AT", "UPDATED_AT"])
@pytest.mark.parametrize("to", ["ASC", "DESC"])
def test_order_is_the_one_asked_for(field: str, to: str, reader: Client) -> None:
    """Pages of any size give every pull request once, in order."""
    found = pulls(reader, "checkout", field, to, n=7)
    times = [one["createdAt" if field == "CREATED_AT" else "updatedAt"] for one in found]
    assert times == sorted(times, reverse=to == "DESC")
    assert len({one["number"] for one in found}) == len(found)


def test_cursor_stays_where_it_is_while_the_list_moves(github: FakeGitHub, client: Client) -> None:
    """A pull request that was updated between two pages shifts no other one; it is missing, until the next walk."""
    ask = {"repo": "checkout", "n": 5, "field": "UPDATED_AT", "to": "DESC"}
    before = [one["number"] for one in pulls(client, "checkout", "UPDATED_AT", "DESC")]
    first = client.query(PAGE, **ask)["data"]["repository"]["pullRequests"]
    github.advance(minutes=1)
    github.edit.comment("checkout", before[7])
    second = client.query(PAGE, after=first["pageInfo"]["endCursor"], **ask)["data"]["repository"]["pullRequests"]
    assert [one["number"] for one in first["nodes"]] == before[:5]
    assert [one["number"] for one in second["nodes"]] == [*before[5:7], *before[8:11]]
    assert pulls(client, "checkout", "UPDATED_AT", "DESC")[0]["number"] == before[7]


def test_nested_lists_are_paged_by_node(reader: Client) -> None:
    """What a nested page leaves over is read by the pull request's id, from the cursor on."""
    start = """{ repository(owner: "acme", name: "checkout") { pullRequests(first: 100) { nodes { id
      commits(first: 1) { totalCount pageInfo { hasNextPage endCursor } nodes { commit { oid } } } } } } }"""
    more = """query($id: ID!, $c: String) { x0: node(id: $id) { ... on PullRequest {
      commits(first: 1, after: $c) { pageInfo { hasNextPage endCursor } nodes { commit { oid } } } } } }"""
    every = reader.query(start)["data"]["repository"]["pullRequests"]["nodes"]
    one = next(pull for pull in every if pull["commits"]["totalCount"] > 2)
    page, oids = one["commits"], []
    while True:
        oids += [node["commit"]["oid"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        page = reader.query(more, id=one["id"], c=page["pageInfo"]["endCursor"])["data"]["x0"]["commits"]
    assert len(set(oids)) == len(oids) == one["commits"]["totalCount"]


def test_nodes_are_found_by_their_ids(reader: Client) -> None:
    """`nodes(ids:)` answers in the order of the ids, with null and an error for one that there is not."""
    first, second = pulls(reader, "checkout")[:2]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on PullRequest { number } } }"
    answer = reader.query(query, ids=[second["id"], "PR_nothing", first["id"]])
    numbers = [one and one["number"] for one in answer["data"]["nodes"]]
    assert numbers == [second["number"], None, first["number"]]
    (error,) = answer["errors"]
    assert (error["type"], error["path"]) == ("NOT_FOUND", ["nodes", 1])


def test_timeline_is_filtered(reader: Client) -> None:
    """`itemTypes` and `since` leave out the rest; `totalCount` counts it all the same."""
    query = """query($since: DateTime) { repository(owner: "acme", name: "checkout") { pullRequests(first: 100) {
      nodes { mergedAt timelineItems(first: 50, itemTypes: [MERGED_EVENT], since: $since) { totalCount filteredCount
        nodes { __typename } } } } } }"""
    for since in (None, "2026-09-01T00:00:00Z"):
        for one in reader.query(query, since=since)["data"]["repository"]["pullRequests"]["nodes"]:
            merged = one["mergedAt"] is not None and (since is None or one["mergedAt"] >= since)
            assert one["timelineItems"]["filteredCount"] == len(one["timelineItems"]["nodes"]) == merged
            assert one["timelineItems"]["totalCount"] > 1


@pytest.mark.parametrize(
    ("query", "kind", "message"),
    [
        (
            '{ repository(owner: "acme", name: "nothing") { id } }',
            "NOT_FOUND",
            "Could not resolve to a Repository with the name 'acme/nothing'.",
        ),
        (
            '{ repository(owner: "acme", name: "sdk") { pullRequest(number: 99999) { id } } }',
            "NOT_FOUND",
            "Could not resolve to a PullRequest with the number of 99999.",
        ),
        (
            '{ repository(owner: "acme", name: "sdk") { pullRequests(first: 1, after: "x") { nodes { id } } } }',
            "INVALID_CURSOR_ARGUMENTS",
            "`x` does not appear to be a valid cursor.",
        ),
    ],
)
def test_what_is_not_there_is_an_error_with_a_type(query: str, kind: str, message: str, reader: Client) -> None:
    """The field is null, and the error says which type it is, in GitHub's words."""
    got = reader.post_query(query)
    assert got.status == 200
    (error,) = got.json["errors"]
    assert (error["type"], error["message"]) == (kind, message)


@pytest.mark.parametrize("query", ["{ repository", "{ nothing }", '{ repository(owner: "acme") { id } }'])
def test_wrong_query_is_refused(query: str, client: Client, github: FakeGitHub) -> None:
    """A query that is no GraphQL, or does not fit the schema, gets errors, no data, and costs nothing."""
    got = client.post_query(query)
    assert got.status == 200
    assert "data" not in got.json
    assert got.json["errors"]
    assert github.points() == 0
