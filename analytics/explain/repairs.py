"""The repairs of a change, what it repairs itself, and the signs that the deployment which shipped it failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analytics.explain.records import Ask

__all__ = ["repair_lines"]

_MOST = 10
_FIX = "select kind, evidence from fixes where repo_id = $repo and change_key = $key"
_REPAIRED_BY = """
    select repairs.fix_key as other, repairs.kind, repairs.lines, repairs.repaired_at, repairs.at_fault, changes.title
    from repairs inner join changes on repairs.repo_id = changes.repo_id and repairs.fix_key = changes.change_key
    where repairs.repo_id = $repo and repairs.change_key = $key order by repairs.repaired_at, repairs.fix_key
"""
_REPAIRS = """
    select repairs.change_key as other, repairs.kind, repairs.lines, repairs.share, repairs.at_fault, changes.title
    from repairs inner join changes on repairs.repo_id = changes.repo_id and repairs.change_key = changes.change_key
    where repairs.repo_id = $repo and repairs.fix_key = $key
    order by repairs.at_fault desc, repairs.lines desc, repairs.change_key
"""
_TRACED = """
    select traced_fixes.outcome from fixes left join traced_fixes
        on fixes.repo_id = traced_fixes.repo_id and fixes.landing_sha = traced_fixes.sha
        and fixes.base_sha = traced_fixes.base_sha
    where fixes.repo_id = $repo and fixes.change_key = $key and fixes.kind <> 'revert'
"""
_SIGNS = """
    select sign, shown_by, began_at, recovered_at from failure_signs
    where repo_id = $repo and deployment_id = $deployment and change_key in ('', $key)
    order by began_at, sign, shown_by
"""
_NOT_TRACED = {
    None: "its lines were not traced",
    "nothing": "it removed no line of code",
    "too_large": "it changed too much to be traced",
    "timeout": "tracing it took too long",
    "failed": "it could not be traced: objects are missing",
    "no_contents": "the clone has no file contents to trace it in",
}
_SHOWN = {
    "failed": "its deployment never succeeded",
    "rollback": "rolled back by deployment {}",
    "revert": "taken back by {}",
    "hotfix": "hot fix {}",
    "incident": "incident {}",
}


def repair_lines(query: Ask, change: Mapping[str, Any], key: str) -> list[str]:
    """One line per fact; empty where there is none. `change`: its row of `lead_times`; `key`: of the change."""
    who = {"repo": change["repo_id"], "key": key}
    return [*_repairs_by(query, who), *_repairs_of(query, who, change), *_failed(query, who, change)]


def _repairs_by(query: Ask, who: Mapping[str, Any]) -> Iterator[str]:
    for fix in query(_FIX, **who):
        yield f"it is a {'hot fix' if fix['kind'] == 'hotfix' else fix['kind']}: {fix['evidence']}"
    repairs = query(_REPAIRS, **who)
    for row in repairs[:_MOST]:
        much = "" if row["lines"] is None else f", {_lines(row['lines'])} ({row['share']:.0%} of what it removed)"
        what = "repairs" if row["at_fault"] else "removes lines of"
        yield f"{what} {row['other']}{much}: {(row['title'] or '')[:80]}"
    yield from _more(len(repairs))
    if not repairs:
        yield from (_NOT_TRACED[row["outcome"]] for row in query(_TRACED, **who) if row["outcome"] in _NOT_TRACED)


def _repairs_of(query: Ask, who: Mapping[str, Any], change: Mapping[str, Any]) -> Iterator[str]:
    rows = query(_REPAIRED_BY, **who)
    for row in rows[:_MOST]:
        what = "taken back by" if row["kind"] == "revert" else "repaired by"
        if not row["at_fault"]:
            what = "lines removed (more of another change's) by fix"
        much = "" if row["lines"] is None else f", {_lines(row['lines'])}"
        yield f"{what} {row['other']}{_when(row, change)}{much}: {(row['title'] or '')[:80]}"
    yield from _more(len(rows))


def _when(row: Mapping[str, Any], change: Mapping[str, Any]) -> str:
    if change["production_at"] is None:
        return ""
    days = (row["repaired_at"] - change["production_at"]).total_seconds() / 86_400
    return f" {days:.1f} days after production" if days >= 0 else " before production"


def _failed(query: Ask, who: Mapping[str, Any], change: Mapping[str, Any]) -> Iterator[str]:
    if change["deployment_id"] is None:
        return
    for row in query(_SIGNS, **who, deployment=change["deployment_id"]):
        over = row["recovered_at"]
        hours = "not over yet"
        if over is not None:
            hours = f"over after {(over - row['began_at']).total_seconds() / 3600:.2f} h"
        yield f"the deployment that shipped it failed: {_SHOWN[row['sign']].format(row['shown_by'])}; {hours}"


def _more(count: int) -> Iterator[str]:
    if count > _MOST:
        yield f"and {count - _MOST} more"


def _lines(count: int) -> str:
    return f"{count} line" if count == 1 else f"{count} lines"
