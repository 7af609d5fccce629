from __future__ import annotations

import pytest

from tests.builders.github import FakeGitHub, bulk
from tests.collectors.github.reading import Reader

QUIET = ["Overview", ""]


def asked(github: FakeGitHub) -> list[str]:
    """The operations asked for since the last time, in order; empty for REST."""
    operations = [one.operation for one in github.served]
    github.forget()
    return operations


@pytest.mark.parametrize(
    "pulls", [pytest.param(250, id="quarter"), pytest.param(1000, marks=pytest.mark.slow, id="whole")]
)
def test_thousand_merged_pull_requests_cost_45_requests(pulls: int) -> None:
    """A thousand merged pull requests with everything, overflowing lists too, cost at most 45 requests."""
    with FakeGitHub(bulk(pulls=pulls, long_every=50), schema="excerpt") as github:
        Reader.of(github).night()
        assert len(github.served) <= 45 * pulls / 1000 + (2 if pulls < 1000 else 0)
        assert github.points() <= 2 * len(github.served)


@pytest.mark.parametrize(
    "count", [pytest.param(250, id="quarter"), pytest.param(1000, marks=pytest.mark.slow, id="whole")]
)
def test_thousand_deployments_cost_12_requests(count: int) -> None:
    """A thousand deployments with all their statuses cost at most 12 requests beside those of an empty repository."""
    with FakeGitHub(bulk(pulls=0, deployments=count), schema="excerpt") as github:
        Reader.of(github).night()
        assert github.count(operation="Deployments") == -(-count // 100)
        shipping = github.count(operation="*Deploy*") + github.count(endpoint="*/deployments")
        assert shipping <= 12 * count / 1000 + (2 if count < 1000 else 0)


def test_quiet_night_costs_two_requests(small: FakeGitHub) -> None:
    """With nothing new a night is one query of constant cost and one conditional request, which is free."""
    reader = Reader.of(small)
    reader.night()
    for _ in range(3):
        small.forget()
        small.advance(hours=24)
        assert reader.night() == {}
        assert [(one.endpoint, one.status) for one in small.served] == [
            ("/graphql", 200),
            ("/repos/{owner}/{repo}/actions/runs", 304),
        ]
        assert small.points("core") == 0
        assert small.points() <= 4
        assert reader.watermark_at is not None
        assert reader.watermark_at.hour == small.clock.now().hour


def test_quiet_night_after_a_busy_one_costs_two_requests(small: FakeGitHub) -> None:
    """What was new last night, down to the last minute before it, is not asked for again."""
    reader = Reader.of(small)
    reader.night()
    number = small.edit.open_pull("bulk")
    small.edit.push("bulk", number)
    small.edit.deployment_status("bulk", small.edit.deploy("bulk"), "QUEUED")
    reader.night()
    small.forget()
    small.advance(hours=24)
    assert reader.night() == {}
    assert asked(small) == QUIET


def test_active_night_asks_for_what_changed_alone(small: FakeGitHub) -> None:
    """One comment costs one request more than a quiet night, and brings that pull request alone."""
    reader = Reader.of(small)
    reader.night()
    small.forget()
    small.advance(hours=24)
    small.edit.comment("bulk", 3)
    assert reader.night()["pull_requests"] == 1
    assert asked(small) == ["Overview", "PullRequestsById", ""]


def test_jobs_are_read_where_they_matter(github: FakeGitHub) -> None:
    """Jobs are asked for runs on the default branch, of the last 90 days, and not for those of pull requests."""
    reader = Reader.of(github, "checkout")
    reader.night()
    runs = {run["run_id"]: run for run in reader.rows("ci_runs")}
    with_jobs = {job["run_id"] for job in reader.rows("ci_jobs")}
    assert with_jobs
    assert {runs[run_id]["branch"] for run_id in with_jobs} == {"main"}
    assert {runs[run_id]["event"] for run_id in with_jobs} == {"push"}
    assert github.count(endpoint="*/jobs") == len(with_jobs)
