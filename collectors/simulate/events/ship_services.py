"""From builds on main to production where a repository deploys its services apart, each region after region."""

from __future__ import annotations

from datetime import UTC, datetime

from collectors.simulate.company.model import Change, Deployment, Repo, Status
from collectors.simulate.company.plan import Plan
from collectors.simulate.company.services import Part, Region
from collectors.simulate.events.clock import MINUTE, later
from collectors.simulate.events.dice import Dice

__all__ = ["ServiceShipping"]

_ALONE = (Region("production"),)
_CERTAIN_ACCIDENT = 4  # this roll-out of the first service is taken back in one region


class ServiceShipping:
    """What each service of a repository has in production while time runs.

    A roll-out takes the newest build, if anything in it touches the service, and goes from region to region. The next
    one overtakes it where it has not been yet.
    """

    def __init__(self, repo: Repo, plan: Plan, dice: Dice, since: int, until: int) -> None:
        """Begin with nothing deployed anywhere."""
        self.repo, self.plan, self.dice, self.until = repo, plan, dice, until
        self.blocked: list[tuple[Change, Change]] = []
        self.held: list[tuple[int, Change]] = []
        self.candidates: list[tuple[int, Change]] = []
        self.current: dict[str, Change] = {}
        self.releases = {part.name: 0 for part in plan.services}
        self.pending: dict[str, list[Deployment]] = {part.name: [] for part in plan.services}
        self.regions = plan.regions or _ALONE
        self.opened = [
            (region, since + int(region.opens * (until - since)), since + int(region.closes * (until - since)))
            for region in self.regions
        ]
        self.number = 9000
        self.rollouts = 0

    def landed(self, change: Change, built_at: int | None) -> None:
        """A change landed on main, and its build succeeded at `built_at` or never."""
        if change.evaluation_hours and change.merged_at is not None:
            self.held.append((later(change.merged_at, change.evaluation_hours), change))
        if built_at is None or built_at > self.until:
            return
        if self.plan.deploys == "manifests":
            self.repo.builds[f"v{len(self.repo.builds) + 1}"] = change
        self.candidates.append((built_at, change))

    def release(self, at: int) -> tuple[Change, int] | None:
        """Release the services whose time it is; after a rollback return the culprit and when it was rolled back."""
        now = datetime.fromtimestamp(at, UTC)
        repairs = [
            self._release(part, at)
            for part in self.plan.services
            if now.weekday() in part.weekdays and now.hour == part.hour
        ]
        return next((repair for repair in repairs if repair), None)

    def _release(self, part: Part, at: int) -> tuple[Change, int] | None:
        change = self._candidate(part, at)
        if change is None:
            return None
        overtaken = [item for item in self.pending[part.name] if item.created_at >= at]
        self.repo.deployments = [item for item in self.repo.deployments if item not in overtaken]
        self.pending[part.name] = []
        before = self.current.get(part.name)
        carried = self._carried(part, change)
        self.current[part.name] = change
        self.releases[part.name] += 1
        self.rollouts += 1
        for region, opens, closes in self.opened:
            hours = region.hours * (4 if self.dice.chance(region.late_chance) else 1)
            reached_at = later(at, hours) if hours else at
            if not opens <= reached_at < closes:
                continue
            deployment = self._record(part, region, change, reached_at, rollout=self.rollouts)
            if deployment is None:
                continue
            self.pending[part.name].append(deployment)
            if before and (culprit := self._accident(part, region, carried)):
                taken_at = reached_at + self.dice.whole(15, 70) * MINUTE
                if self._record(part, region, before, taken_at, rollback=True):
                    return culprit, taken_at
        return None

    def _candidate(self, part: Part, at: int) -> Change | None:
        """The newest build that may go to production; the first one is that of all that landed."""
        landed = self.repo.landed
        current = self.current.get(part.name)
        floor = _place(current) if current else len(landed) - 2
        held = [change for free_at, change in self.held if free_at > at and current and _touches(part, change)]
        limit = min((_place(change) for change in held), default=len(landed))
        for ready_at, change in reversed(self.candidates):
            place = _place(change)
            if place <= floor:
                return None
            if ready_at > at or place >= limit or any(_stops(pair, place) for pair in self.blocked):
                continue
            return change if not current or self._carried(part, change) else None
        return None

    def _carried(self, part: Part, change: Change) -> list[Change]:
        """What it brings to production of the service."""
        current = self.current.get(part.name)
        first = _place(current) + 1 if current else 0
        return [item for item in self.repo.landed[first : _place(change) + 1] if _touches(part, item)]

    def _accident(self, part: Part, region: Region, carried: list[Change]) -> Change | None:
        """The change for which the roll-out is taken back in this region, if it is."""
        suspects = [item for item in carried if item.kind == "pull_request" and item.built_with_ai != "automation"]
        certain = part is self.plan.services[0] and self.releases[part.name] == _CERTAIN_ACCIDENT
        chance = 1.0 if certain and region.rollback_chance else region.rollback_chance
        if not self.dice.chance(chance) or not suspects:
            return None
        return self.dice.pick(suspects)

    def _record(
        self, part: Part, region: Region, change: Change, at: int, *, rollout: int = -1, rollback: bool = False
    ) -> Deployment | None:
        if at > self.until:
            return None
        version = part.tag.format(number=self.releases[part.name])
        if self.plan.deploys == "manifests":
            version = next(name for name, built in self.repo.builds.items() if built is change)
        self.number += 1
        deployment = Deployment(self.number, region.environment, change, at, [Status("success", at)], version, rollback)
        deployment.service, deployment.rollout = part.name, rollout
        self.repo.deployments.append(deployment)
        return deployment


def _touches(part: Part, change: Change) -> bool:
    """Whether a change was made in files of a service; a revert touches what it takes back."""
    made = change.reverts or change
    return any(part.is_built_from(touch.path) for commit in made.commits for touch in commit.touches)


def _stops(pair: tuple[Change, Change], place: int) -> bool:
    culprit, repair = pair
    return _place(culprit) <= place and (repair.position is None or repair.position > place)


def _place(change: Change) -> int:
    assert change.position is not None  # noqa: S101 only landed changes get here
    return change.position
