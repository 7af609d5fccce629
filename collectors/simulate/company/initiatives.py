"""The rung that each AI initiative reached, derived from its changes, and whether it has stalled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import Any

from collectors.simulate.company.model import Change, Company, Initiative
from collectors.simulate.events.clock import DAY, HOUR, iso, seconds_of

__all__ = ["rungs_of"]

_WINDOW = 90 * DAY
_SHARE = 0.85


def rungs_of(company: Company, rows: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The truth about every initiative; `rows` are the truth rows of each repository, in the order of its changes."""
    names = {repo.name for repo in company.repos}
    limits = _limits([row for repo_rows in rows.values() for row in repo_rows], company.until)
    return [
        _initiative_row(initiative, company, rows[initiative.repo], limits)
        for initiative in company.initiatives
        if initiative.repo in names
    ]


def _initiative_row(
    initiative: Initiative, company: Company, rows: list[dict[str, Any]], limits: dict[str, float]
) -> dict[str, Any]:
    repo = company.repo(initiative.repo)
    pairs = [(change, row) for change, row in zip(repo.changes, rows, strict=True)]
    members = [(change, row) for change, row in pairs if _belongs(change, initiative, row)]
    outside = [(change, row) for change, row in members if not change.sandboxed]
    merged = sorted(row["merged_at"] for _, row in outside if row["merged_at"])
    shipped = sorted(row["production_at"] for _, row in outside if row["production_at"])
    users = [row["change_id"] for change, row in pairs if _uses(change, initiative, row)]
    begun = sorted(row["first_commit_at"] for _, row in members)
    used = sorted(row["production_at"] for change, row in pairs if _uses(change, initiative, row))
    rung, since, in_use_at = _rung(begun, merged, shipped, used, company.until)
    stayed = (company.until - _seconds(since)) / HOUR if since else 0.0
    judged = rung != "merged" or repo.deploys != "none"
    return {
        "name": initiative.name,
        "repo": f"acme/{repo.name}",
        "sandbox": initiative.sandbox,
        "product": initiative.product,
        "rung": rung,
        "rung_since": since,
        "stalled": stayed > limits.get(rung, float("inf")) if judged else None,
        "pilot_at": begun[0] if begun else None,
        "merged_at": merged[0] if merged else None,
        "production_at": shipped[0] if shipped else None,
        "in_use_at": in_use_at,
        "last_shipped_at": shipped[-1] if shipped else None,
        "used_by": users,
        "changes": len(members),
        "waiting": sum(row["outcome"] == "waiting" and row["code_complete_at"] is not None for _, row in members),
        "abandoned": sum(row["abandoned_at"] is not None for _, row in members),
    }


def _belongs(change: Change, initiative: Initiative, row: dict[str, Any]) -> bool:
    """Whether it is the initiative's own change and its state is known: a bare pull request ref has none."""
    return change.initiative == initiative.name and change.kind != "revert" and row["outcome"] != ""


def _seconds(text: str) -> int:
    return seconds_of(datetime.fromisoformat(text))


def _uses(change: Change, initiative: Initiative, row: dict[str, Any]) -> bool:
    """Whether code other than tests that imports the initiative is in production."""
    written = (touch for commit in change.commits for touch in commit.touches if touch.lines)
    in_code = any(not touch.path.startswith("tests/") for touch in written)
    return initiative.name in change.imports and in_code and bool(row["production_at"])


def _rung(
    begun: list[str], merged: list[str], shipped: list[str], used: list[str], until: int
) -> tuple[str, str | None, str | None]:
    """The rung at the end, since when, and when it was first in use. A user, once there, counts as one from then on."""
    if not shipped:
        return ("merged", merged[0], None) if merged else ("pilot", begun[0] if begun else None, None)
    again = [at for at in shipped if at > shipped[0]]
    depended_at = max(shipped[0], used[0]) if used else None
    signs = sorted([*again, *([depended_at] if depended_at else [])])
    if not signs:
        return "production", shipped[0], None
    if depended_at is None and _seconds(again[-1]) + _WINDOW < until:
        return "production", iso(_seconds(again[-1]) + _WINDOW), signs[0]
    since = signs[0]
    for before, after in pairwise(signs):
        lapsed = _seconds(before) + _WINDOW < _seconds(after)
        if lapsed and not (depended_at and depended_at <= before):
            since = after
    return "in use", since, signs[0]


def _limits(rows: list[dict[str, Any]], until: int) -> dict[str, float]:
    """Hours after which an initiative has stalled, measured on all changes because there are few initiatives.

    From the first commit to the end for a pilot, from landing to production for what has landed; the window for what is
    in production.
    """
    started = [
        row for row in rows if row["code_complete_at"] and row["outcome"] and row["built_with_ai"] != "automation"
    ]
    whole = ((row["first_commit_at"], row["merged_at"] or row["abandoned_at"]) for row in started)
    landed = (
        (row["merged_at"], row["production_at"])
        for row in started
        if row["merged_at"] and row["outcome"] in {"production", "waiting"}
    )
    limits = {"pilot": _hours_until_most_left(whole, until), "merged": _hours_until_most_left(landed, until)}
    return {rung: hours for rung, hours in limits.items() if hours is not None} | {"production": _WINDOW / HOUR}


def _hours_until_most_left(spans: Iterable[tuple[str, str | None]], until: int) -> float | None:
    """Hours by which 85 % have left (Kaplan-Meier estimate); None if that share is never reached."""
    stays = sorted(((_seconds(end) if end else until) - _seconds(start), end is None) for start, end in spans)
    staying = 1.0
    for place, (seconds, still_there) in enumerate(stays):
        if not still_there:
            staying *= 1.0 - 1.0 / (len(stays) - place)
            if 1.0 - staying >= _SHARE - 1e-9:
                return seconds / HOUR
    return None
