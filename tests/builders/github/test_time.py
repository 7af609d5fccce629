"""The server shows a moment: what had happened by then, and what a test does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.simulate import Company
from collectors.simulate.events.clock import iso
from tests.builders.github import Clock, FakeGitHub
from tests.builders.github.asking import Client

PULL = """query($repo: String!, $n: Int!) { repository(owner: "acme", name: $repo) { pullRequest(number: $n) {
  state isDraft updatedAt closedAt mergedAt headRefOid baseRefName isInMergeQueue author { login } mergeCommit { oid }
  labels(first: 9) { nodes { name } } commits(first: 99) { nodes { commit { oid } } }
  reviews(first: 99) { nodes { state author { login } } }
  timelineItems(first: 99) { nodes { __typename
    ... on HeadRefForcePushedEvent { beforeCommit { oid } afterCommit { oid } }
    ... on RemovedFromMergeQueueEvent { reason }
    ... on BaseRefChangedEvent { previousRefName currentRefName } } } } } }"""
DEPLOYMENTS = """{ repository(owner: "acme", name: "assistant") { deployments(last: 1) { nodes { state commitOid
  latestStatus { state } statuses(first: 9) { nodes { state createdAt } } } } } }"""


def end(company: Company) -> datetime:
    """When the company's history ends."""
    return datetime.fromtimestamp(company.until, UTC)


def pull(client: Client, number: int, repo: str = "checkout") -> dict[str, Any]:
    """A pull request as it is now."""
    got: dict[str, Any] = client.query(PULL, repo=repo, n=number)["data"]["repository"]["pullRequest"]
    return got


def kinds(got: dict[str, Any]) -> list[str]:
    """Its events."""
    return [one["__typename"] for one in got["timelineItems"]["nodes"]]


@pytest.mark.parametrize("days", [0, 3, 20, 45])
def test_server_shows_what_had_happened_by_then(days: int, company: Company) -> None:
    """At an earlier time there is nothing later: fewer pull requests, commits, reviews, ends, runs and statuses."""
    now = end(company) - timedelta(days=days)
    limit = iso(int(now.timestamp()))
    with FakeGitHub(company, clock=Clock(now), schema="excerpt") as github:
        client = Client(github)
        text = "".join(
            client.get(f"/repos/acme/assistant/{path}").body.decode()
            for path in ("pulls?state=all&per_page=100", "actions/runs?per_page=100", "deployments?per_page=100")
        )
        times = {part[:20] for part in text.split('_at":"')[1:]}
        assert max(times) <= limit
        listed = client.get("/repos/acme/assistant/pulls?state=all&per_page=100").json
        opened = [one for one in company.repo("assistant").changes if one.number and iso(one.opened_at) <= limit]
        landed = [one for one in opened if one.merged_at is not None and iso(one.merged_at) <= limit]
        merged = [one for one in landed if not one.way.closed]
        assert {one["number"] for one in listed} == {one.number for one in opened}
        assert {one["number"] for one in listed if one["merged_at"]} == {one.number for one in merged}


def test_history_is_lived_through_step_by_step(company: Company) -> None:
    """A server that advances to the end tells what one tells that stands there."""
    path = "/repos/acme/assistant/pulls?state=all&per_page=100"
    with FakeGitHub(company, clock=Clock(end(company) - timedelta(days=30))) as github, FakeGitHub(company) as other:
        client = Client(github)
        counts = []
        for _ in range(10):
            counts.append(len(client.get(path).json))
            github.advance(days=3)
        assert counts == sorted(counts)
        assert counts[0] < counts[-1]
        told = client.get(path).body.replace(github.url.encode(), b"")
        assert told == Client(other).get(path).body.replace(other.url.encode(), b"")


def test_life_of_a_pull_request(github: FakeGitHub, client: Client) -> None:
    """Opened as a draft, pushed to, ready, reviewed, queued, merged: each edit shows at once, at the clock's time."""
    number = github.edit.open_pull("checkout", "Try", draft=True, labels=["new"], commits=2)
    got = pull(client, number)
    assert (got["state"], got["isDraft"], got["author"]["login"]) == ("OPEN", True, "mara-lindqvist")
    assert (len(got["commits"]["nodes"]), got["labels"]["nodes"]) == (2, [{"name": "new"}])
    github.advance(hours=1)
    oid = github.edit.push("checkout", number)
    github.edit.ready("checkout", number)
    github.edit.request_review("checkout", number, "priya-raman")
    got = pull(client, number)
    assert (got["isDraft"], got["headRefOid"], got["updatedAt"]) == (False, oid, iso(github.clock.seconds))
    review = github.edit.review("checkout", number, "CHANGES_REQUESTED")
    github.edit.dismiss("checkout", number, review)
    github.edit.review("checkout", number)
    assert [one["state"] for one in pull(client, number)["reviews"]["nodes"]] == ["DISMISSED", "APPROVED"]
    before = pull(client, number)["updatedAt"]
    github.advance(hours=1)
    github.edit.enqueue("checkout", number)
    assert pull(client, number)["isInMergeQueue"]
    github.edit.dequeue("checkout", number)
    got = pull(client, number)
    assert (got["isInMergeQueue"], got["updatedAt"]) == (False, before)
    landed = github.edit.merge("checkout", number)
    got = pull(client, number)
    assert (got["state"], got["mergedAt"], got["mergeCommit"]) == ("MERGED", iso(github.clock.seconds), {"oid": landed})
    assert kinds(got)[-4:] == [
        "AddedToMergeQueueEvent",
        "RemovedFromMergeQueueEvent",
        "MergedEvent",
        "ClosedEvent",
    ]


def test_ends_and_new_beginnings(github: FakeGitHub, client: Client) -> None:
    """Closed, reopened, drafted, another base, force pushed, vanished."""
    number = github.edit.open_pull("checkout")
    github.edit.close("checkout", number)
    assert (pull(client, number)["state"], pull(client, number)["closedAt"]) == ("CLOSED", iso(github.clock.seconds))
    github.edit.reopen("checkout", number)
    github.edit.convert_to_draft("checkout", number)
    github.edit.change_base("checkout", number, "release")
    before = pull(client, number)["headRefOid"]
    after = github.edit.force_push("checkout", number, commits=2)
    got = pull(client, number)
    assert (got["state"], got["closedAt"], got["isDraft"], got["baseRefName"]) == ("OPEN", None, True, "release")
    assert len(got["commits"]["nodes"]) == 2
    pushed = got["timelineItems"]["nodes"][-1]
    assert (
        (pushed["beforeCommit"]["oid"], pushed["afterCommit"]["oid"]) == (before, after) == (before, got["headRefOid"])
    )
    github.edit.vanish("checkout", number)
    assert client.query(PULL, repo="checkout", n=number)["errors"][0]["type"] == "NOT_FOUND"


def test_deployments_go_through_their_states(github: FakeGitHub, client: Client) -> None:
    """A deployment waits, runs, succeeds and becomes inactive, and none of these moves the ones before."""
    made = github.edit.deploy("assistant", states=["QUEUED"])
    for state in ("WAITING", "IN_PROGRESS", "SUCCESS", "INACTIVE"):
        github.advance(hours=1)
        github.edit.deployment_status("assistant", made, state)
        (last,) = client.query(DEPLOYMENTS)["data"]["repository"]["deployments"]["nodes"]
        assert last["latestStatus"]["state"] == state
        assert last["state"] == ("ACTIVE" if state == "SUCCESS" else state)
    states = [one["state"] for one in last["statuses"]["nodes"]]
    assert states == ["INACTIVE", "SUCCESS", "IN_PROGRESS", "WAITING", "QUEUED"]
    github.edit.delete_deployment("assistant", made)
    assert made not in [one["id"] for one in client.get("/repos/acme/assistant/deployments").json]


def test_runs_wait_run_and_are_tried_again(github: FakeGitHub, client: Client) -> None:
    """A run is queued, then in progress, then it failed; a second attempt keeps its id and is what counts now."""
    run = github.edit.run("sdk", conclusion="failure")
    path, told = f"/repos/acme/sdk/actions/runs/{run}", []
    for minutes in (0, 1, 5):
        github.advance(minutes=minutes)
        got = client.get(path).json
        told.append((got["status"], got["conclusion"]))
    assert told == [("queued", None), ("in_progress", None), ("completed", "failure")]
    github.edit.rerun("sdk", run)
    again = client.get(path).json
    assert (again["status"], again["run_attempt"], again["created_at"]) == ("queued", 2, got["created_at"])
    github.advance(minutes=6)
    assert client.get(path).json["conclusion"] == "success"
    jobs = client.get(f"{path}/jobs?filter=all").json["jobs"]
    assert [(one["run_attempt"], one["conclusion"]) for one in jobs] == [(1, "failure"), (2, "success")]


def test_edits_in_the_middle_of_history_leave_what_is_to_come(company: Company) -> None:
    """A merge among the company's own ones is the tip until the next one lands."""
    with FakeGitHub(company, clock=Clock(end(company) - timedelta(days=30)), schema="excerpt") as github:
        client = Client(github)
        query = '{ repository(owner: "acme", name: "checkout") { defaultBranchRef { target { oid } } } }'

        def tip() -> str:
            target = client.query(query)["data"]["repository"]["defaultBranchRef"]["target"]
            return str(target["oid"])

        before = tip()
        landed = github.edit.merge("checkout", github.edit.open_pull("checkout"))
        assert tip() == landed != before
        github.advance(days=30)
        assert tip() == company.repo("checkout").landed[-1].sha


def test_release_has_its_tag(github: FakeGitHub, client: Client) -> None:
    """A release comes with its tag, first in the list."""
    github.edit.release("sdk", "v9.0.0")
    assert client.get("/repos/acme/sdk/releases").json[0]["tag_name"] == "v9.0.0"
    query = '{ repository(owner: "acme", name: "sdk") { ref(qualifiedName: "v9.0.0") { prefix target { oid } } } }'
    got = client.query(query)["data"]["repository"]["ref"]
    assert got["prefix"] == "refs/tags/"


def test_sleeping_passes_at_once() -> None:
    """A client that waits by the clock is told that the time has passed."""
    clock = Clock(datetime(2026, 1, 31, tzinfo=UTC))
    clock.sleep(90)
    assert (clock.now(), clock.slept) == (datetime(2026, 1, 31, 0, 1, 30), [90])
