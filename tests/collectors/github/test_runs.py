from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from collectors.github import access_of
from headway.errors import AccessDenied, CollectError
from tests.builders.github import FakeGitHub, Fault, Faults, bulk, kinds
from tests.builders.github.model import Attempt, Job
from tests.collectors.github.reading import Reader, folded, token

OPENAPI = Path(__file__).resolve().parents[4] / "shared" / "github" / "openapi_pruned.json.gz"
HOUR, DAY = 3600, 86_400


def job(number: int, at: int, started_at: int | None, finished_at: int | None, conclusion: str = "success") -> Job:
    """A job that is queued at a time."""
    return Job(number, "test", at, started_at, finished_at, conclusion if finished_at else None, "linux-1")


def test_run_that_is_run_again_tells_the_time_lost(small: FakeGitHub) -> None:
    """A failed run that is run again has both attempts' jobs, and the times of the last attempt."""
    runs = small.forge.repositories[700_000_900].runs
    now = small.clock.seconds
    runs[-1].attempts = [
        Attempt(1, now - 5 * HOUR, (job(1, now - 5 * HOUR, now - 4 * HOUR, now - 3 * HOUR, "failure"),))
    ]
    reader = Reader.of(small)
    reader.night()
    run_id = str(runs[-1].id)
    assert [row["conclusion"] for row in reader.rows("ci_runs") if row["run_id"] == run_id] == ["failure"]
    runs[-1].attempts.append(Attempt(2, now + HOUR, (job(2, now + HOUR, now + 2 * HOUR, now + 3 * HOUR),)))
    small.forge.repositories[700_000_900].version += 1
    small.advance(hours=24)
    reader.night()
    (row,) = (row for row in reader.rows("ci_runs") if row["run_id"] == run_id)
    assert (row["conclusion"], row["attempt"]) == ("success", 2)
    assert row["finished_at"] == datetime.utcfromtimestamp(now + 3 * HOUR)  # noqa: DTZ004  (naive UTC, as rows are)
    jobs = [row for row in reader.rows("ci_jobs") if row["run_id"] == run_id]
    assert [(row["attempt"], row["conclusion"]) for row in jobs] == [(1, "failure"), (2, "success")]
    assert [(row["started_at"] - row["created_at"]).total_seconds() for row in jobs] == [HOUR, HOUR]


@pytest.mark.slow
def test_run_that_waits_for_days_is_followed_to_its_end(small: FakeGitHub) -> None:
    """A run that was under way when it was read is looked at again whenever there is CI news, however long it takes."""
    runs = small.forge.repositories[700_000_900].runs
    now = small.clock.seconds
    runs[-1].attempts = [Attempt(1, now - HOUR, (job(1, now - HOUR, now + 9 * DAY, now + 9 * DAY + HOUR),))]
    reader = Reader.of(small)
    reader.night()
    run_id = str(runs[-1].id)
    for days in range(1, 12):
        small.advance(days=1)
        reader.night()
        (row,) = (row for row in reader.rows("ci_runs") if row["run_id"] == run_id)
        assert row["conclusion"] == ("success" if days >= 10 else None)
    assert [row["run_id"] for row in reader.rows("ci_jobs") if row["run_id"] == run_id] == [run_id]


@pytest.mark.slow
def test_more_than_a_thousand_runs_are_read_in_windows() -> None:
    """GitHub shows a thousand results of a filter: with more, windows of time are read that are small enough."""
    with FakeGitHub(bulk(pulls=0, runs=2300), schema="excerpt", limits=False) as github:
        reader = Reader.of(github)
        reader.source = replace(reader.source, jobs_days=0)
        reader.night()
        assert len(reader.rows("ci_runs")) == 2300
        assert github.count(endpoint="*/actions/runs") <= 23 + 6
        assert reader.rows("notices") == []
        assert all(one.query.get("page", "1") in {str(page) for page in range(1, 11)} for one in github.served)


@pytest.mark.slow
def test_walk_that_was_stopped_goes_on_where_it_was() -> None:
    """A run that stops in the middle of a window goes on with the next run in it, and the rest is not read again."""
    with FakeGitHub(bulk(pulls=0, runs=60), schema="excerpt") as github:
        whole = Reader.of(github)
        whole.night()
        github.forget()
        reader = Reader.of(github, tries=1)
        github.faults = Faults([Fault(kinds.status(500), path="*/jobs", at=(41,))])
        with pytest.raises(CollectError):
            reader.night()
        assert len(reader.rows("ci_runs")) == 40
        github.faults = Faults()
        reader.night()
        assert github.count(endpoint="*/jobs", status=200) <= 61  # the last one may have changed since
        assert folded(reader.tables) == folded(whole.tables)


def test_other_workflows_that_deploy_mean_reading_their_jobs(small: FakeGitHub) -> None:
    """With other settings on jobs, runs are read again: what was left out before is wanted now."""
    reader = Reader.of(small)
    reader.source = replace(reader.source, jobs_days=0)
    assert "ci_jobs" not in reader.night()
    small.advance(hours=24)
    reader.source = replace(reader.source, jobs_days=400)
    assert reader.night()["ci_jobs"] == 20


@pytest.mark.slow
@pytest.mark.skipif(not OPENAPI.exists(), reason="GitHub's OpenAPI description is not here")
def test_rest_requests_are_in_githubs_description(github: FakeGitHub) -> None:
    """Each REST path and parameter that a run asks for is in GitHub's OpenAPI description."""
    known = json.loads(gzip.decompress(OPENAPI.read_bytes()))
    Reader.of(github, "checkout").night()
    asked = {(one.endpoint, name) for one in github.served if one.method == "GET" for name in one.query}
    assert len(asked) > 5
    for endpoint, name in asked:
        described = known["paths"][endpoint]["get"]["parameters"]
        spelled = {_resolved(known, one)["name"] for one in described}
        assert name in spelled, endpoint


def _resolved(known: dict[str, dict[str, dict[str, dict[str, str]]]], one: dict[str, str]) -> dict[str, str]:
    reference = re.fullmatch(r"#/components/parameters/(.+)", one.get("$ref", ""))
    return known["components"]["parameters"][reference[1]] if reference else one


def test_worth_of_a_token_is_told(small: FakeGitHub) -> None:
    """What is left of a token's budget and what it may do is told by one free request; a wrong token is refused."""
    reader = Reader.of(small)
    told = access_of(reader.auth, small.url, reader.limits)
    assert (told.kind, told.limit, told.remaining) == ("token", 5000, 5000)
    assert "repo" in told.scopes
    with pytest.raises(AccessDenied):
        access_of(token(small, "ghp_wrong"), small.url, reader.limits)
    small.faults = Faults([Fault(kinds.html())])
    with pytest.raises(CollectError, match="does not answer as GitHub"):
        access_of(reader.auth, small.url, reader.limits)
