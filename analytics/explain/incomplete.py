"""A change that exists and is not code complete: it has no row in `lead_times`, and is in no statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics.explain.records import Ask

__all__ = ["NOT_COMPLETE", "incomplete_change", "why_incomplete"]

NOT_COMPLETE = "not code complete"
"""Its outcome; `coverage` counts it in `not_code_complete`."""
_CHANGE = """
    select
        changes.*,
        repository_settings.provider,
        repository_settings.repo,
        repository_settings.team,
        coalesce(classification.builds_ai, false) as builds_ai,
        coalesce(classification.built_with_ai, 'none') as built_with_ai,
        coalesce(classification.confidence, '') as ai_confidence,
        coalesce(classification.confidence_how, '') as ai_confidence_how,
        coalesce(classification.confidence_what, '') as ai_confidence_what,
        coalesce(classification.evidence, '') as ai_evidence,
        classification.probability_what as ai_probability,
        coalesce(change_kinds.kind, 'work') as kind
    from changes
    inner join repository_settings on changes.repo_id = repository_settings.repo_id
    left join classification on changes.change_id = classification.change_id
    left join change_kinds on changes.change_id = change_kinds.change_id
    where changes.change_id = $id
"""


def incomplete_change(query: Ask, columns: Mapping[str, Any], change_id: str) -> dict[str, Any] | None:
    """The change as a row with the `columns` of `lead_times`, None where there is none of this id."""
    for row in query(_CHANGE, id=change_id):
        known = {name: row[name] for name in columns if name in row}
        return dict.fromkeys(columns) | known | {"outcome": NOT_COMPLETE, "outcome_reason": "", "clamped": 0}
    return None


def why_incomplete(change: Mapping[str, Any]) -> str:
    """Why it is not code complete, for the line under its outcome."""
    if change["merged_at"] is not None:
        why = "it merged nothing of its own, only other changes"
    elif change["abandoned_at"] is not None:
        why = "it was closed unmerged before its code was complete"
    elif change["opened_at"] is not None and change["ready_at"] is None:
        why = "it is open and has not left draft"
    else:
        why = "it is open, and no event shows that its code is complete"
    return f"{why}; it takes no part in lead times"
