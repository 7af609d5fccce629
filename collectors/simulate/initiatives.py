"""How far each AI initiative climbed, as its changes tell it."""

from __future__ import annotations

from typing import Any

from collectors.simulate.clock import DAY, iso
from collectors.simulate.model import Change, Company, Initiative

__all__ = ["rungs_of"]

_WINDOW = 90 * DAY


def rungs_of(company: Company, rows: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The truth about every initiative; `rows` are the truth rows of each repository, in the order of its changes."""
    known = {repo.name for repo in company.repos}
    return [_climb(one, company, rows[one.repo]) for one in company.initiatives if one.repo in known]


def _climb(initiative: Initiative, company: Company, rows: list[dict[str, Any]]) -> dict[str, Any]:
    repo = company.repo(initiative.repo)
    told = [(change, row) for change, row in zip(repo.changes, rows, strict=True)]
    own = [(change, row) for change, row in told if change.initiative == initiative.name and change.kind != "revert"]
    outside = [(change, row) for change, row in own if not change.sandboxed]
    merged = sorted(row["merged_at"] for _, row in outside if row["merged_at"])
    shipped = sorted(row["production_at"] for _, row in outside if row["production_at"])
    users = [row["change_id"] for change, row in told if _uses(change, initiative, row)]
    recently = bool(len(shipped) > 1 and shipped[-1] >= iso(company.until - _WINDOW))
    rung = "production" if shipped else "merged" if merged else "pilot"
    begun = sorted(row["first_commit_at"] for _, row in own)
    return {
        "name": initiative.name,
        "repo": f"acme/{repo.name}",
        "sandbox": initiative.sandbox,
        "product": initiative.product,
        "rung": "in use" if shipped and (users or recently) else rung,
        "pilot_at": begun[0] if begun else None,
        "merged_at": merged[0] if merged else None,
        "production_at": shipped[0] if shipped else None,
        "last_shipped_at": shipped[-1] if shipped else None,
        "used_by": users,
        "changes": len(own),
        "waiting": sum(row["outcome"] == "waiting" for _, row in own),
        "abandoned": sum(row["outcome"] == "abandoned" for _, row in own),
    }


def _uses(change: Change, initiative: Initiative, row: dict[str, Any]) -> bool:
    return initiative.name in change.imports and bool(row["production_at"])
