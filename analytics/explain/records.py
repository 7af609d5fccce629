"""The records behind a change's milestones, where a forge, CI or a deployment system reported them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from headway.raw_tables.people import shown_name

__all__ = ["Ask", "deployment_records", "forge_records", "friction"]

Ask = Callable[..., Sequence[Mapping[str, Any]]]
"""Rows of a query with named parameters."""

_REVIEWS = """
    select review_id, author, state from reviews
    where repo_id = $repo and number = $number and submitted_at = $at
    order by lower(author) = lower($author), state <> $state, review_id limit 1
"""
_AUTHOR = "select author_key from changes where change_id = $change"
_STANDING = """
    select review_id, author, state from reviews
    where repo_id = $repo and number = $number and submitted_at <= $at and state = 'approved'
    order by submitted_at desc, review_id limit 1
"""
_EVENT = """
    select event_id, actor from pull_request_events
    where repo_id = $repo and number = $number and kind = $kind and happened_at = $at order by event_id limit 1
"""
_MERGED_BEFORE = """
    select event_id, base_ref from pull_request_events
    inner join pull_requests
        on pull_request_events.repo_id = pull_requests.repo_id and pull_request_events.number = pull_requests.number
    where pull_requests.repo_id = $repo and pull_requests.number = $number and kind = 'merged' and happened_at <= $at
    order by happened_at desc, event_id limit 1
"""
_RUNS = """
    select name, run_id, attempt, ci_attempts.sha from ci_attempts
    inner join integrations
        on ci_attempts.repo_id = integrations.repo_id and ci_attempts.sha = integrations.integrated_sha
    where integrations.repo_id = $repo and integrations.change_key = $key
        and finished_at = $at and conclusion = 'success'
    order by integrates desc, name, run_id limit 1
"""
_ARRIVAL = """
    with staged as (
        select deployments.deployment_id, deployments.environment from arrivals
        inner join deployments on arrivals.repo_id = deployments.repo_id
            and arrivals.staged_deployment_id = deployments.deployment_id
        where arrivals.repo_id = $repo and arrivals.change_key = $key
        order by deployments.succeeded_at, deployments.deployment_id limit 1
    )
    select staged.deployment_id as staged, staged.environment as stage, tried.attempt_deployment_id as tried
    from change_milestones as tried left join staged on true
    where tried.change_id = $change and tried.whole
"""
_FRICTION = (
    ("ci_queue_hours", "build", "{:.2f} h waiting for runners"),
    ("ci_rerun_hours", "build", "{:.2f} h because CI failed first"),
    ("gate_hours", "deploy", "{:.2f} h at gates and in queues"),
    ("failed_attempts", "deploy", "failed attempts: {}"),
    ("rollout_hours", "deploy", "{:.2f} h from the first of its services and waves to the last"),
)


def forge_records(query: Ask, change: Mapping[str, Any]) -> dict[str, str]:
    """For each milestone that the forge reported of a pull request: its record, and who made it.

    `change` is its row of `lead_times`. Milestones that no single record shows are left out.
    """
    who = {"repo": change["repo_id"], "number": change["number"]}
    author = next((row["author_key"] for row in query(_AUTHOR, change=change["change_id"])), "")

    def review(name: str, state: str) -> str:
        at: datetime = change[name]
        records = query(_REVIEWS, **who, at=at, author=author, state=state)
        if records:
            return _review(records[0])
        standing = query(_STANDING, **who, at=at)
        return f"{_review(standing[0])}, still valid from before" if standing else ""

    def event(name: str, kind: str, words: str) -> str:
        records = query(_EVENT, **who, kind=kind, at=change[name])
        return f"{words} by {_whose(records[0]['actor'])} (event {records[0]['event_id']})" if records else ""

    landed = (change["sha"] or "")[:12]

    def elsewhere() -> str:
        records = query(_MERGED_BEFORE, **who, at=change["merged_at"])
        into = f" into {records[0]['base_ref']}" if records else ""
        return f"merged{into} before (event {records[0]['event_id']}), landed as {landed}" if records else ""

    readers: dict[str, Callable[[], str]] = {
        "opened_at": lambda: f"pull request #{change['number']} opened by {_whose(author or None)}",
        "ready_at": lambda: (
            "opened ready for review"
            if change["ready_at"] == change["opened_at"]
            else event("ready_at", "ready_for_review", "marked ready for review")
        ),
        "first_review_at": lambda: review("first_review_at", "commented"),
        "reviewed_at": lambda: review("reviewed_at", "commented"),
        "approved_at": lambda: review("approved_at", "approved"),
        "merged_at": lambda: event("merged_at", "merged", f"merged as {landed}") or elsewhere(),
        "abandoned_at": lambda: event("abandoned_at", "closed", "closed"),
    }
    records = {name: reader() for name, reader in readers.items() if change[name] is not None}
    return {name: record for name, record in records.items() if record}


def deployment_records(query: Ask, change: Mapping[str, Any], key: str) -> dict[str, str]:
    """The CI run and the deployments behind the milestones between merge and production."""
    records: dict[str, str] = {}
    who = {"repo": change["repo_id"], "key": key}
    if change["integrated_at"] is not None:
        for run in query(_RUNS, **who, at=change["integrated_at"]):
            again = f", attempt {run['attempt']}" if run["attempt"] and run["attempt"] > 1 else ""
            records["integrated_at"] = f"CI run {run['run_id']} ({run['name']}{again}) on {run['sha'][:12]} succeeded"
    for row in query(_ARRIVAL, **who, change=change["change_id"]):
        if row["staged"] is not None:
            records["staged_at"] = f"deployment {row['staged']} to {row['stage']} succeeded"
        if row["tried"] is not None:
            records["deploy_started_at"] = f"deployment {row['tried']} created"
    return records


def friction(change: Mapping[str, Any]) -> list[str]:
    """Delays inside `build` and `deploy`, one line each; empty where there are none or no source reports them."""
    return [
        f"of {stage}: {words.format(change[name])}"
        for name, stage, words in _FRICTION
        if change[name] is not None and round(change[name], 2) > 0
    ]


def _review(row: Mapping[str, Any]) -> str:
    return f"review {row['review_id']} by {_whose(row['author'])}: {(row['state'] or '').replace('_', ' ')}"


def _whose(login: str | None) -> str:
    if login is None:
        return "a deleted account"
    return shown_name(login) or "a person whose name is not stored"
