"""Changes that repair other changes: reverts, and fixes of the faulty lines."""

from __future__ import annotations

from collectors.simulate.company.model import Change, Commit, Review, TimelineEvent, Touch
from collectors.simulate.company.people import TEAMS
from collectors.simulate.company.plan import Plan
from collectors.simulate.events.clock import MINUTE
from collectors.simulate.events.dice import Dice

__all__ = ["fix_of", "quick_change", "revert_of"]


def revert_of(culprit: Change, plan: Plan, dice: Dice, at: int) -> Change:
    """A pull request that reverts `culprit`; it has the same class as the culprit."""
    change = _urgent(culprit, plan, dice, at, "revert", f'Revert "{culprit.title}"')
    change.reverts = culprit
    change.built_with_ai, change.mark = culprit.built_with_ai, "revert_of_marked"
    return change


def fix_of(culprit: Change, plan: Plan, dice: Dice, at: int) -> Change:
    """A pull request that repairs lines that `culprit` wrote."""
    paths = list(dict.fromkeys(touch.path for commit in culprit.commits for touch in commit.touches))
    broken = paths[0].rsplit("/", 1)[-1].split(".")[0]
    change = _urgent(culprit, plan, dice, at, "fix", f"fix: restore {broken} after rollback")
    change.labels = ("hotfix",)
    change.is_fix, change.repairs = True, culprit
    change.commits[0].touches = tuple(
        Touch(path, 1 + dice.geometric(1.0, 4), dice.geometric(0.5, 4)) for path in paths[:2]
    )
    return change


def _urgent(culprit: Change, plan: Plan, dice: Dice, at: int, kind: str, title: str) -> Change:
    change = quick_change(plan, dice, at, kind, title)
    change.builds_ai, change.initiative, change.sandboxed = culprit.builds_ai, culprit.initiative, culprit.sandboxed
    return change


def quick_change(plan: Plan, dice: Dice, at: int, kind: str, title: str) -> Change:
    """A pull request of one commit that is written, reviewed and merged within the hour, day or night."""
    person, reviewer = dice.sample(TEAMS[plan.team], 2)
    ready_at = at + (2 * MINUTE if plan.reported else 0)
    approved_at = ready_at + dice.whole(3, 30) * MINUTE
    merged_at = approved_at + dice.whole(1, 10) * MINUTE
    return Change(
        repo=plan.name,
        kind=kind,
        title=title,
        author=person,
        started_at=at,
        builds_ai=False,
        built_with_ai="none",
        mark="plain",
        branch="{slug}",
        opened_at=ready_at,
        ready_at=ready_at,
        merged_at=merged_at,
        merged_by=reviewer,
        style=plan.usual(dice.weighted(tuple(plan.styles), tuple(plan.styles.values()))),
        commits=[Commit(person, at, person, at, title)],
        reviews=[Review(reviewer, "APPROVED", approved_at)],
        timeline=[
            TimelineEvent("review_requested", ready_at, person, reviewer),
            TimelineEvent("merged", merged_at, reviewer),
        ],
    )
