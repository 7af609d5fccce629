"""Which changes are in doubt, and why: what is approximate, contradicted, inferred or not believed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from warehouse.graph import NEVER
from warehouse.models.changes.landings.branch_commits import date_is_believed
from warehouse.models.changes.landings.history import History, Landed

__all__ = ["doubts"]

# By what is known of a branch's own commits, the doubt about it.
_DOUBTFUL = {"squashed": "squashed", "not_believed": "not_believed", "empty": "without_own_work"}


def doubts(history: History, landed: Sequence[Landed]) -> Iterator[tuple[Landed, str, datetime | None]]:
    """Each landed change with each kind of doubt about it, and since when; None: since it landed."""
    numbered = history.heads.keys() | history.reports.numbers
    # Where there are no refs at all, none is missing.
    missing = numbered if history.heads else None
    undated = _not_believed(history, {commit for change in landed for commit in change.own})
    for change in landed:
        for kind, noted_at in _doubts(history, change, missing, undated):
            yield change, kind, noted_at


def _doubts(
    history: History, change: Landed, numbered: Collection[int] | None, undated: frozenset[int]
) -> Iterator[tuple[str, datetime | None]]:
    number = change.number
    closed_at = history.reports.closed_at.get(number) if number is not None else None
    if closed_at is not None:
        yield "landed_though_closed", closed_at
    if change.branch_commits in _DOUBTFUL:
        yield _DOUBTFUL[change.branch_commits], None
    if not undated.isdisjoint(change.own):
        yield "dates_not_believed", None
    if number is not None and numbered is not None and number not in numbered:
        yield "numbers_without_ref", None
    if number is not None:
        yield from ((kind, None) for kind, numbers in sorted(history.doubtful_numbers.items()) if number in numbers)
    if change.landed_by == "nested" or not history.doubtful_steps:
        return  # what is in doubt about the step is about the change that has it
    steps = {history.position[commit] for commit in change.brought if history.position[commit] != NEVER}
    yield from ((kind, None) for kind, doubtful in sorted(history.doubtful_steps.items()) if steps & doubtful)


def _not_believed(history: History, commits: Collection[int]) -> frozenset[int]:
    """Those of the commits, merges aside, whose author date cannot be one."""
    authored_at, committed_at = history.authored_at, history.committed_at
    return frozenset(
        commit
        for commit in commits
        if not date_is_believed(authored_at[commit], committed_at[commit]) and not history.merge(commit)
    )
