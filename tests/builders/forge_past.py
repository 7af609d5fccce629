"""A forge's raw rows as they would have been read earlier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.builders.rows import Raw

__all__ = ["TABLES", "forge_past", "run_past"]

TABLES = ("pull_requests", "pull_request_commits", "pull_request_events", "reviews", "ci_jobs", "releases")
_TIMES = {"pull_request_commits": "committed_at", "pull_request_events": "happened_at", "reviews": "submitted_at"}


def forge_past(table: str, part: Raw, moment: datetime) -> Iterator[dict[str, Any]]:
    """The rows of one of `TABLES` with what had happened by then."""
    rows = part.rows[table]
    if table in _TIMES:
        yield from (row for row in rows if not _later(row.get(_TIMES[table]), moment))
    elif table == "pull_requests":
        yield from (
            _request(row, part, moment) for row in rows if not row.get("created_at") or row["created_at"] <= moment
        )
    elif table == "ci_jobs":
        yield from (_job(row, moment) for row in rows if not _later(row.get("created_at"), moment))
    else:
        yield from (
            row if not _later(row.get("published_at"), moment) else {**row, "published_at": None} for row in rows
        )


def run_past(row: dict[str, Any], part: Raw, moment: datetime) -> dict[str, Any]:
    """A run in the attempt in which it was."""
    jobs = [job for job in part.rows["ci_jobs"] if job["run_id"] == row["run_id"]]
    begun = {job["attempt"] for job in jobs if not _later(job.get("created_at"), moment)}
    attempt = max(begun, default=row.get("attempt"))
    if attempt is None or attempt == row["attempt"]:
        return {**row, "conclusion": None, "finished_at": None} if _later(row.get("finished_at"), moment) else row
    its = [_job(job, moment) for job in jobs if job["attempt"] == attempt]
    done = all(job["finished_at"] for job in its)
    conclusion = "failure" if any(job["conclusion"] == "failure" for job in its) else "success"
    return {
        **row,
        "attempt": attempt,
        "started_at": min(job["created_at"] for job in its),
        "finished_at": max(job["finished_at"] for job in its) if done else None,
        "conclusion": conclusion if done else None,
    }


def _request(row: dict[str, Any], part: Raw, moment: datetime) -> dict[str, Any]:
    """Its state follows from the events that had happened, and its draft flag from those that were still to come."""
    if row.get("deleted"):
        return row
    events = [event for event in part.rows["pull_request_events"] if event["number"] == row["number"]]
    events.sort(key=lambda event: event["happened_at"])
    happened = [event for event in events if event["happened_at"] <= moment]
    turns = [event for event in events if event["kind"] in ("ready_for_review", "converted_to_draft")]
    turned = [event for event in turns if event in happened]
    draft = (
        turned[-1]["kind"] == "converted_to_draft" if turned else bool(turns) and turns[0]["kind"] == "ready_for_review"
    )
    past = {**row, "draft": draft if turns else row["draft"]}
    if row["merged_at"] is not None and row["merged_at"] <= moment:
        return past
    ends = [event for event in happened if event["kind"] in ("closed", "reopened")]
    closed_at = ends[-1]["happened_at"] if ends and ends[-1]["kind"] == "closed" else None
    if not ends and row["state"] == "closed" and not _later(row["closed_at"], moment):
        closed_at = row["closed_at"]
    state = "closed" if closed_at else "open"
    return {**past, "merged_at": None, "merge_sha": None, "closed_at": closed_at, "state": state}


def _job(row: dict[str, Any], moment: datetime) -> dict[str, Any]:
    past = {
        name: None if name in ("started_at", "finished_at") and _later(row.get(name), moment) else row[name]
        for name in row
    }
    return {**past, "conclusion": row.get("conclusion") if past.get("finished_at") else None}


def _later(value: Any, moment: datetime) -> bool:
    return value is not None and bool(value > moment)
