"""How many changes are in doubt, by the kind of doubt: what is approximate, contradicted or not believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from warehouse.models.changes.landings.branch_commits import date_is_believed
from warehouse.models.changes.landings.history import History, Landed

__all__ = ["doubts"]


def doubts(history: History, landed: Sequence[Landed]) -> Counter[str]:
    """Count the landed changes with a reason for doubt, beside what was noted while they were derived."""
    notes = Counter(history.notes)
    closed = history.reports.closed_at
    numbered = history.heads.keys() | history.reports.numbers
    notes["in_doubt"] = notes["contradictions"] + notes["same_head"]
    for change in landed:
        number = change.number
        reasons = {
            "landed_though_closed": number in closed,
            "squashed": change.branch_commits == "squashed",
            "not_believed": change.branch_commits == "not_believed",
            "dates_not_believed": not _dates_are_believed(history, change),
            # Where there are no refs at all, none is missing.
            "numbers_without_ref": bool(history.heads) and number is not None and number not in numbered,
        }
        notes.update(reasons)
        notes["in_doubt"] += any(reasons.values())
        notes["without_own_work"] += change.branch_commits == "empty"
    return notes


def _dates_are_believed(history: History, change: Landed) -> bool:
    return all(
        date_is_believed(history.authored_at[commit], history.committed_at[commit])
        for commit in change.own
        if not history.merge(commit)
    )
