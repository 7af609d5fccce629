"""Payloads that GitHub really sent, recorded by DevLake and in GitHub's own examples of webhooks."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from collectors.github.rows.deployments import Deployment, production_flags
from collectors.github.rows.pull_requests import Pull
from collectors.github.rows.repository import release_row
from collectors.github.rows.runs import job_row, run_row
from headway.raw_tables import schema_of
from tests.collectors.github.as_graphql import EVENTS, as_deployment, as_pull, as_release

SHARED = Path(__file__).resolve().parents[4] / "shared"
DEVLAKE, WEBHOOKS = SHARED / "devlake", SHARED / "github" / "webhook_examples.json"
pytestmark = pytest.mark.skipif(not DEVLAKE.exists() or not WEBHOOKS.exists(), reason="the recordings are not here")

Payload = Mapping[str, Any]
NONE: Payload = {"nodes": []}  # older recordings have no statuses


def recorded(table: str) -> list[Payload]:
    """The payloads of one of DevLake's raw tables."""
    csv.field_size_limit(sys.maxsize)
    path = next(DEVLAKE.glob(f"*/raw_tables/{table}.csv"))
    with path.open(encoding="utf-8", newline="") as file:
        return [json.loads(row["data"]) for row in csv.DictReader(file)]


@cache
def examples() -> Mapping[str, list[Payload]]:
    """GitHub's examples by the name of their event."""
    return {one["name"]: one["examples"] for one in json.loads(WEBHOOKS.read_text(encoding="utf-8"))}


def parts(name: str) -> Iterator[Payload]:
    """Each object of this name in an example of a webhook."""
    for payloads in examples().values():
        yield from (payload[name] for payload in payloads if payload.get(name))


def utc(text: str | None) -> datetime | None:
    """A time as we keep it, read by other means than the collector's."""
    if not text:
        return None
    form = "%Y-%m-%dT%H:%M:%S.%f%z" if "." in text else "%Y-%m-%dT%H:%M:%S%z"
    return datetime.strptime(text, form).astimezone(UTC).replace(tzinfo=None)


def holds(table: str, rows: Sequence[Payload]) -> None:
    """The raw table takes the rows as they are."""
    pa.Table.from_pylist([dict(row) for row in rows], schema=schema_of(table))


def test_recorded_pull_requests_lose_nothing() -> None:
    """Fifty recorded pull requests and GitHub's examples keep every field that a row has."""
    payloads = [*recorded("_raw_github_api_pull_requests"), *parts("pull_request")]
    payloads = [
        one for one in payloads if "body" in one and "base" in one and "merged_at" in one and one["base"]["repo"]
    ]
    rows = []
    for payload in payloads:
        (row,) = Pull(as_pull(payload)).rows()["pull_requests"]
        rows.append(row)
        assert (row["number"], row["title"], row["url"]) == (payload["number"], payload["title"], payload["html_url"])
        assert row["body"] == (payload["body"] or "")
        assert row["author"] == payload["user"]["login"]
        assert row["author_kind"] == ("bot" if payload["user"]["type"] == "Bot" else "person")
        assert (row["head_ref"], row["head_sha"]) == (payload["head"]["ref"], payload["head"]["sha"])
        assert row["base_ref"] == payload["base"]["ref"]
        for name in ("created_at", "updated_at", "closed_at", "merged_at"):
            assert row[name] == utc(payload[name])
        assert row["state"] == ("merged" if payload["merged_at"] else payload["state"])
        assert row["merge_sha"] == (payload["merge_commit_sha"] if payload["merged_at"] else None)
        assert row["labels"].split("\n") == (sorted(label["name"] for label in payload["labels"]) or [""])
        assert row["draft"] is bool(payload.get("draft"))
        assert row["files"] == payload.get("changed_files")
    holds("pull_requests", rows)
    assert len(rows) > 70


def test_recorded_commits_lose_nothing() -> None:
    """Recorded commits keep message, people, dates and the number of their parents, in order."""
    payloads = list({one["sha"]: one for one in recorded("_raw_github_api_pull_request_commits")}.values())
    pull = recorded("_raw_github_api_pull_requests")[0]
    rows = Pull(as_pull(pull, commits=payloads)).rows()["pull_request_commits"]
    for position, (row, payload) in enumerate(zip(rows, payloads, strict=True)):
        told = payload["commit"]
        assert (row["sha"], row["position"], row["message"]) == (payload["sha"], position, told["message"])
        assert (row["author_name"], row["author_email"]) == (told["author"]["name"], told["author"]["email"])
        assert row["author_login"] == (payload["author"]["login"] if payload["author"] else None)
        assert row["authored_at"] == utc(told["author"]["date"])
        assert row["committed_at"] == utc(told["committer"]["date"])
        assert row["parents"] == len(payload["parents"])
    holds("pull_request_commits", rows)
    assert len(rows) > 20


def test_recorded_reviews_lose_nothing() -> None:
    """Recorded reviews keep who, when, what and of which commit; a bot without a type is known by its name."""
    payloads = [
        *recorded("_raw_github_api_pull_request_reviews"),
        *recorded("_raw_github_api_pr_reviews_bot_filter"),
        *parts("review"),
    ]
    payloads = list({one["id"]: one for one in payloads}.values())
    pull = recorded("_raw_github_api_pull_requests")[0]
    rows = Pull(as_pull(pull, reviews=payloads)).rows()["reviews"]
    for row, payload in zip(rows, payloads, strict=True):
        assert (row["review_id"], row["sha"]) == (str(payload["id"]), payload["commit_id"])
        assert row["author"] == payload["user"]["login"]
        assert row["author_kind"] == ("bot" if payload["user"]["login"].endswith("[bot]") else "person")
        assert row["state"] == payload["state"].lower()
        assert row["submitted_at"] == utc(payload["submitted_at"])
    holds("reviews", rows)
    assert {row["author_kind"] for row in rows} == {"person", "bot"}


def test_recorded_events_lose_nothing() -> None:
    """Recorded events of a timeline keep their kind, time and actor."""
    payloads = [one for one in recorded("_raw_github_api_events") if one["event"] in EVENTS]
    rows = Pull(as_pull(recorded("_raw_github_api_pull_requests")[0], events=payloads)).rows()["pull_request_events"]
    for row, payload in zip(rows, payloads, strict=True):
        assert (row["event_id"], row["actor"]) == (payload["node_id"], payload["actor"]["login"])
        assert row["happened_at"] == utc(payload["created_at"])
    holds("pull_request_events", rows)
    assert {row["kind"] for row in rows} == {"force_pushed", "ready_for_review", "closed"}


def test_recorded_runs_lose_nothing() -> None:
    """Recorded workflow runs keep commit, branch, event, attempt and times; a conclusion is in lower case or absent."""
    payloads = [*recorded("_raw_github_api_runs"), *(one for one in parts("workflow_run") if "name" in one)]
    rows = [run_row(payload) for payload in payloads]
    for row, payload in zip(rows, payloads, strict=True):
        assert (row["run_id"], row["name"]) == (str(payload["id"]), payload["name"])
        assert (row["sha"], row["branch"]) == (payload["head_sha"], payload["head_branch"])
        assert (row["event"], row["attempt"]) == (payload["event"], payload.get("run_attempt", 1))
        assert row["created_at"] == utc(payload["created_at"])
        assert row["started_at"] == utc(payload.get("run_started_at"))
        assert row["conclusion"] == ((payload["conclusion"] or "").lower() or None)
        assert row["finished_at"] == (utc(payload["updated_at"]) if payload["conclusion"] else None)
    holds("ci_runs", rows)
    assert {"success", "failure", "timed_out", "action_required", None} <= {row["conclusion"] for row in rows}


def test_recorded_jobs_lose_nothing() -> None:
    """Recorded jobs keep attempt, runner and times; one that still waits has not been started, whatever it says."""
    payloads = [*recorded("_raw_github_api_jobs"), *parts("workflow_job")]
    rows = [job_row(payload) for payload in payloads]
    for row, payload in zip(rows, payloads, strict=True):
        assert (row["run_id"], row["job_id"]) == (str(payload["run_id"]), str(payload["id"]))
        assert (row["name"], row["runner"]) == (payload["name"], payload["runner_name"] or "")
        assert row["attempt"] == payload.get("run_attempt", 1)
        assert row["created_at"] == utc(payload.get("created_at"))
        waits = payload["status"] in {"queued", "waiting", "pending", "requested"}
        assert row["started_at"] == (None if waits else utc(payload["started_at"]))
        assert row["finished_at"] == utc(payload["completed_at"])
    holds("ci_jobs", rows)
    assert len(rows) > 40


def test_recorded_deployments_lose_nothing() -> None:
    """Deployments recorded from GraphQL, with ids beyond 32 bits, keep commit, environment, time and every status."""
    rows, statuses = [], []
    for payload in recorded("_raw_github_graphql_deployment"):
        node = _spelled(payload)
        made = Deployment(node).rows({})
        rows += made["deployments"]
        statuses += made["deployment_statuses"]
        (row,) = made["deployments"]
        assert (row["deployment_id"], row["sha"]) == (str(payload["DatabaseId"]), payload["CommitOid"])
        assert (row["environment"], row["created_at"]) == (payload["Environment"], utc(payload["CreatedAt"]))
        told = {
            (status["state"].lower(), utc(status["updatedAt"])) for status in payload.get("Statuses", NONE)["nodes"]
        }
        assert {(status["state"], status["status_at"]) for status in made["deployment_statuses"]} == told
    holds("deployments", rows)
    holds("deployment_statuses", statuses)
    assert max(int(row["deployment_id"]) for row in rows) > 2**31


def _spelled(payload: Payload) -> dict[str, Any]:
    """DevLake keeps the names of Go, and of a status only when it was last changed, which for these is when it came."""
    statuses = [
        status | {"id": "", "createdAt": status["updatedAt"]} for status in payload.get("Statuses", NONE)["nodes"]
    ]
    latest = payload["LatestStatus"]
    return {
        "id": payload["Id"],
        "databaseId": payload["DatabaseId"],
        "commitOid": payload["CommitOid"],
        "ref": {"name": payload["Ref"]["Name"], "prefix": payload["Ref"]["Prefix"]} if payload["Ref"] else None,
        "environment": payload["Environment"],
        "originalEnvironment": payload["Environment"],
        "createdAt": payload["CreatedAt"],
        "state": payload["State"],
        "latestStatus": {"createdAt": latest["updatedAt"], "logUrl": None, "environmentUrl": None},
        "statuses": {"nodes": statuses, "totalCount": len(statuses), "pageInfo": {"hasNextPage": False}},
    }


def test_examples_of_deployments_and_releases_lose_nothing() -> None:
    """GitHub's own examples of deployments with a status, and of releases, come out whole."""
    for payload in (one for one in examples()["deployment_status"] if one.get("deployment")):
        made = Deployment(as_deployment(payload["deployment"], [payload["deployment_status"]])).rows({})
        (row,), (status,) = made["deployments"], made["deployment_statuses"]
        assert row["sha"] == payload["deployment"]["sha"]
        assert status["state"] == payload["deployment_status"]["state"]
        assert status["status_at"] == utc(payload["deployment_status"]["created_at"])
    rows = []
    for payload in parts("release"):
        row = release_row(as_release(payload))
        rows.append(row)
        assert (row["release_id"], row["tag"]) == (str(payload["id"]), payload["tag_name"])
        assert row["published_at"] == utc(payload["published_at"])
        assert row["author"] == payload["author"]["login"]
    holds("releases", rows)
    assert production_flags(parts("deployment")) == {
        one["environment"]: True for one in parts("deployment") if one.get("production_environment")
    }
