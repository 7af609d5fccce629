"""Drop what lies after the end of the simulation, then number the pull requests and name their branches."""

from __future__ import annotations

from collectors.simulate.company.model import Change, Repo, Review
from collectors.simulate.events.dice import Dice
from collectors.simulate.events.messages import branch_name

__all__ = ["cut_off", "number_and_name"]


def cut_off(repo: Repo, until: int) -> None:
    """Drop what happens after `until` from every change, and the changes that are not yet opened by then."""
    repo.changes = [change for change in repo.changes if change.opened_at <= until and not _unpushed(change, until)]
    for change in repo.changes:
        change.commits = [commit for commit in change.commits if commit.committed_at <= until]
        reviews = (_as_of(review, until) for review in change.reviews if review.submitted_at <= until)
        change.reviews = sorted(reviews, key=lambda review: review.submitted_at)
        change.timeline = sorted((event for event in change.timeline if event.at <= until), key=lambda event: event.at)
        if change.merged_at is not None and change.merged_at > until:
            change.merged_at = change.merged_by = None
        if change.abandoned_at is not None and change.abandoned_at > until:
            change.abandoned_at = None
        if change.ready_at is not None and change.ready_at > until:
            change.ready_at = None
        change.updated_at = _last_activity(change)


def number_and_name(repo: Repo, dice: Dice) -> None:
    """Number the pull requests in the order of their opening; issues take the numbers in between."""
    number = 0
    for change in sorted(repo.changes, key=lambda item: item.opened_at):
        if change.kind != "direct":
            number += 1 + dice.geometric(0.25, 4)
            change.number = number
            change.branch = branch_name(change)
            if change.reverts:
                change.body = f"Reverts acme/{repo.name}#{change.reverts.number}"


def _unpushed(change: Change, until: int) -> bool:
    return change.commits[0].committed_at > until


def _as_of(review: Review, until: int) -> Review:
    if review.dismissed_at is not None and review.dismissed_at > until:
        review.dismissed_at = None
    return review


def _last_activity(change: Change) -> int:
    times = [change.opened_at, *(event.at for event in change.timeline)]
    times += [review.submitted_at for review in change.reviews]
    return max(times + [commit.committed_at for commit in change.commits])
