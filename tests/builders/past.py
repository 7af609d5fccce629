"""Raw rows as they would have been collected earlier: everything after an instant left out."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from headway.raw_tables import schema_of
from tests.builders.forge_past import TABLES as FORGE_TABLES
from tests.builders.forge_past import forge_past, run_past
from tests.builders.rows import Raw

__all__ = ["as_collected_at"]

_MILESTONES = tuple(name for name in schema_of("change_records").names if name.endswith("_at"))
_BEGINS = ("opened_at", "merged_at", "code_complete_at")
_HAPPENED = {"deployment_statuses": "status_at", "deployments": "created_at", "usage_records": "used_at"}
_OF_COMMITS = (
    "commit_files",
    "patch_ids",
    "added_lines",
    "version_changes",
    "ai_notes",
    "imports",
    "commit_quality",
    "traced_fixes",
    "repairs",
)


def as_collected_at(parts: Iterable[Raw], moment: datetime) -> list[Raw]:
    """The same batches with what had happened by then, known up to then.

    A state row (a change, a ref) tells of its last state alone: here a milestone after the moment is not there yet, and
    a ref leads to the last commit of its first-parent history that was. What a state row forgot (an approval that a
    later commit made void) cannot be brought back.
    """
    kept = []
    for part in parts:
        past = copy.copy(part)
        past.watermark_at = None if part.watermark_at is None else min(part.watermark_at, moment)
        past.rows = {table: list(_past(table, part, moment)) for table in part.rows}
        kept.append(past)
    return kept


def _past(table: str, part: Raw, moment: datetime) -> Iterator[dict[str, Any]]:
    commits = {row["sha"]: row for row in part.rows["commits"] if _made(row) <= moment}
    if table == "commits":
        yield from commits.values()
    elif table in _OF_COMMITS:
        yield from (row for row in part.rows[table] if row["sha"] in commits)
    elif table == "refs":
        yield from (past for row in part.rows[table] if (past := _ref(row, part, commits, moment)))
    elif table == "manifest_versions":
        yield from (row for row in part.rows[table] if row["changed_at"] <= moment and row["sha"] in commits)
    elif table in FORGE_TABLES:
        yield from forge_past(table, part, moment)
    else:
        yield from _told(table, part, moment)


def _told(table: str, part: Raw, moment: datetime) -> Iterator[dict[str, Any]]:
    rows = part.rows[table]
    if table == "change_records":
        yield from (past for row in rows if (past := _change(row, moment)))
    elif table == "incidents":
        kept = (row for row in rows if row["opened_at"] <= moment)
        yield from ({**row, "resolved_at": _until(row.get("resolved_at"), moment)} for row in kept)
    elif table == "ci_runs":
        yield from (run_past(row, part, moment) for row in rows if _begun(row, moment))
    elif table in _HAPPENED:
        happened = _HAPPENED[table]
        yield from (row for row in rows if row[happened] is None or row[happened] <= moment)
    else:
        yield from rows


def _made(commit: dict[str, Any]) -> datetime:
    made: datetime = min(commit["committed_at"], commit["collected_at"])
    return made


def _begun(row: dict[str, Any], moment: datetime) -> bool:
    times = (row.get(name) for name in ("created_at", "started_at", "finished_at"))
    return next((at <= moment for at in times if at is not None), False)


def _ref(row: dict[str, Any], part: Raw, commits: dict[str, Any], moment: datetime) -> dict[str, Any] | None:
    if row.get("tagged_at") is not None and row["tagged_at"] > moment:
        return None
    everything = {commit["sha"]: commit for commit in part.rows["commits"]}
    sha = row.get("sha")
    shared = _chain(everything, part) if row["kind"] == "pull_head" and sha not in commits else set()
    while sha in everything and sha not in commits and row["kind"] != "tag":
        sha = everything[sha]["parents"].partition(" ")[0]
    gone = row.get("sha") in everything and (sha not in commits or sha in shared)
    return None if gone else {**row, "sha": sha}


def _chain(everything: dict[str, Any], part: Raw) -> set[str]:
    """The first-parent history of main: a pull request whose own commits were all made later was not there."""
    (sha,) = [row["sha"] for row in part.rows["refs"] if row["ref"] == "refs/heads/main"] or [""]
    chain = set()
    while sha in everything:
        chain.add(sha)
        sha = everything[sha]["parents"].partition(" ")[0]
    return chain


def _change(row: dict[str, Any], moment: datetime) -> dict[str, Any] | None:
    if row.get("deleted"):
        return row
    past = {
        name: None if name in _MILESTONES and name != "collected_at" and _later(value, moment) else value
        for name, value in row.items()
    }
    if row.get("merged_at") is not None and past.get("merged_at") is None:
        past["sha"] = None
    return past if any(past.get(name) is not None for name in _BEGINS) else None


def _until(at: datetime | None, moment: datetime) -> datetime | None:
    return at if at is not None and at <= moment else None


def _later(value: Any, moment: datetime) -> bool:
    return isinstance(value, datetime) and value > moment
