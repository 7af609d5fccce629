"""Rows of workflow runs and their jobs from REST."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from collectors.github.rows.values import moment, text, whole

__all__ = ["is_finished", "job_row", "jobs_matter", "run_row"]

# Runs of these events do not follow a change of the default branch.
_BESIDE_THE_POINT = frozenset({"pull_request", "pull_request_target", "schedule", "dynamic", "issues", "issue_comment"})
# A job in one of these states has a start time, which is that of its creation.
_NOT_STARTED = frozenset({"queued", "waiting", "pending", "requested"})


def is_finished(run: Mapping[str, Any]) -> bool:
    """Whether a run has ended; it may still be re-run."""
    return str(run["status"]).lower() == "completed" or bool(run["conclusion"])


def run_row(run: Mapping[str, Any], jobs: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """The row of `ci_runs`, without what is common to a run of ours.

    The end is that of the last job of the last attempt, where its jobs are known: `updated_at` moves again later.
    """
    attempt = whole(run.get("run_attempt")) or 1
    ends = [moment(job["completed_at"]) for job in jobs if (job.get("run_attempt") or 1) == attempt]
    finished = [end for end in ends if end is not None]
    finished_at: datetime | None = None
    if is_finished(run):
        finished_at = max(finished) if finished else moment(run["updated_at"])
    return {
        "run_id": str(run["id"]),
        "name": text(run["name"]),
        "sha": run["head_sha"],
        "branch": text(run["head_branch"]),
        "event": text(run["event"]),
        "attempt": attempt,
        "conclusion": _conclusion(run),
        "created_at": moment(run["created_at"]),
        "started_at": moment(run.get("run_started_at")),
        "finished_at": finished_at,
    }


def job_row(job: Mapping[str, Any]) -> dict[str, Any]:
    """The row of `ci_jobs`, without what is common to a run of ours."""
    return {
        "run_id": str(job["run_id"]),
        "job_id": str(job["id"]),
        "attempt": whole(job.get("run_attempt")) or 1,
        "name": text(job["name"]),
        "conclusion": _conclusion(job),
        "created_at": moment(job.get("created_at")),
        "started_at": None if str(job["status"]).lower() in _NOT_STARTED else moment(job["started_at"]),
        "finished_at": moment(job["completed_at"]),
        "runner": text(job.get("runner_name")),
    }


def jobs_matter(
    run: Mapping[str, Any], *, default_branch: str, deploy_workflows: Iterable[str], since: datetime
) -> bool:
    """Whether a run's jobs are worth a request: recent runs of the default branch, the merge queue or deployments."""
    created_at = moment(run["created_at"])
    if not is_finished(run) or created_at is None or created_at < since:
        return False
    event, name = run["event"], text(run["name"]).lower()
    if event in {"merge_group", "deployment", "deployment_status"}:
        return True
    if any(fnmatchcase(name, pattern.lower()) for pattern in deploy_workflows):
        return True
    return run["head_branch"] == default_branch and event not in _BESIDE_THE_POINT


def _conclusion(item: Mapping[str, Any]) -> str | None:
    return text(item["conclusion"]).lower() or None
