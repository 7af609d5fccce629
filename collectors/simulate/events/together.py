"""How each pull request lands, and those that need each other for it: batches, stacks, one in the branch of another.

What needs another one and finds none lands in the usual way of its repository.
"""

from __future__ import annotations

from collections.abc import Iterable

from collectors.simulate.company.model import Change, Commit, TimelineEvent
from collectors.simulate.company.people import FORGE
from collectors.simulate.company.plan import Plan
from collectors.simulate.events.clock import HOUR, MINUTE
from collectors.simulate.events.dice import Dice

__all__ = ["choose_styles", "join_changes"]

_BATCH_HOURS = 20
_MOST = 4  # pull requests in a batch
_APART = 5 * MINUTE


def choose_styles(changes: list[Change], plan: Plan, dice: Dice) -> None:
    """Replace merge, squash and rebase by the way in which that is done; these draws are apart from all others."""
    for change in changes:
        ways = plan.ways.get(change.style)
        if change.kind != "pull_request" or not ways:
            continue
        drawn = dice.weighted(tuple(ways), tuple(ways.values()))
        change.style = drawn if change.built_with_ai != "automation" else plan.usual(change.style)
        if change.way.closed:
            change.timeline = [
                TimelineEvent("closed", event.at + 4, event.actor) if event.kind == "merged" else event
                for event in change.timeline
            ]


def join_changes(changes: list[Change], plan: Plan) -> None:
    """Find the others for all changes of a repository whose style needs one; changes them in place."""
    wanting = [change for change in changes if change.way.together]
    if not wanting:
        return
    _make_batches([change for change in wanting if change.way.together == "batch"])
    for change in wanting:
        if change.way.together == "stack" and (below := _below(change, changes)) is not None:
            change.stacked_on = below
        elif change.way.together == "nested" and (outer := _outer(change, changes)) is not None:
            _nest(change, outer)
        elif change.way.together in ("stack", "nested"):
            change.style = plan.usual("squash" if change.way.how == "squash" else "merge")


def _make_batches(changes: list[Change]) -> None:
    """What is ready within some hours is merged at once, with the last of them: an octopus. A fix waits for none."""
    batch: list[Change] = []
    ready = [one for one in changes if one.merged_at is not None and not one.is_fix]
    for change in sorted(ready, key=lambda one: one.merged_at or 0):
        lead = batch[0] if batch else None
        late = lead is None or (change.merged_at or 0) - (lead.merged_at or 0) > _BATCH_HOURS * HOUR
        if late or len(batch) == _MOST:
            _close(batch)
            batch = []
        batch.append(change)
    _close(batch)


def _close(batch: list[Change]) -> None:
    if batch:
        lead, *riders = batch
        lead.merge_at(max(change.merged_at or 0 for change in batch))
        _ride(lead, riders)


def _ride(lead: Change, riders: Iterable[Change]) -> None:
    for rider in riders:
        rider.lead = lead
        lead.riders.append(rider)
        lead.evaluation_hours = max(lead.evaluation_hours, rider.evaluation_hours)
        rider.merge_at(lead.merged_at or 0)


def _free(change: Change) -> bool:
    alone = change.lead is None and not change.riders and change.stacked_on is None
    return alone and change.kind == "pull_request" and change.built_with_ai != "automation"


def _below(change: Change, changes: list[Change]) -> Change | None:
    """The pull request that was squashed while this one, begun on its branch, was still open."""
    if change.is_fix or not _free(change) or change.commits != change.own_commits:
        return None
    fitting = (
        one
        for one in changes
        if one is not change and one.style == "squash" and _free(one) and one.merged_at is not None
        if one.commits[0].committed_at + _APART <= change.started_at <= one.merged_at - HOUR
        if (change.merged_at or change.abandoned_at or one.merged_at + HOUR) >= one.merged_at + _APART
    )
    return next(fitting, None)


def _outer(change: Change, changes: list[Change]) -> Change | None:
    """The pull request into whose branch this one can be merged, and which then lands by a merge itself."""
    if change.is_fix or change.merged_at is None or not _free(change):
        return None
    merged_at = change.merged_at
    fitting = (
        one
        for one in changes
        if one is not change and one.way.how == "merge" and not one.way.together and not one.is_fix and _free(one)
        if one.merged_at is not None and merged_at + _APART <= one.merged_at
        if one.commits[0].committed_at + _APART <= change.started_at
        if one.commits == one.own_commits and all(abs(commit.committed_at - merged_at) > 1 for commit in one.commits)
    )
    return next(fitting, None)


def _nest(change: Change, outer: Change) -> None:
    change.stacked_on = outer
    by, at = change.merged_by or FORGE, change.merged_at or 0
    merge = Commit(by, at, FORGE, at, "", updates_from=True, brings=change)
    outer.commits = sorted([*outer.commits, merge], key=lambda commit: commit.committed_at)
    change.commits = change.own_commits
    _ride(outer, [change])
