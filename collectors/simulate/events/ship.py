"""From a build on main to production: staging, gates, failing attempts, release trains and rollbacks."""

from __future__ import annotations

from datetime import UTC, datetime

from collectors.simulate.company.model import Change, Deployment, Repo, Status
from collectors.simulate.company.plan import Plan
from collectors.simulate.company.rates import GATES
from collectors.simulate.events.clock import DAY, HOUR, MINUTE, later
from collectors.simulate.events.dice import Dice

__all__ = ["Shipping", "finish_statuses", "shipping_of"]


_CERTAIN_ACCIDENT = 8  # this release is rolled back, so that a small company has a rollback too


class Shipping:
    """What one repository has in staging and in production while time runs.

    A release takes the newest build that is through staging, whose AI changes are all evaluated, and that contains no
    culprit of a rollback without its repair. So an AI change under evaluation holds back what landed after it.
    """

    def __init__(self, repo: Repo, plan: Plan, dice: Dice, since: int, until: int) -> None:
        """Begin with nothing deployed anywhere."""
        self.repo, self.plan, self.dice, self.until = repo, plan, dice, until
        self.blocked: list[tuple[Change, Change]] = []
        self.held: list[tuple[int, Change]] = []
        self.candidates: list[tuple[int, Change]] = []
        self.versions: dict[int, str] = {}
        self.current: Change | None = None
        self.busy_until = 0
        self.staging_busy_until = 0
        self.minor = 0
        self.releases = 0
        forms = plan.tag_forms
        self.new_form_at = since + int(forms.until * (until - since)) if forms else None
        self.months: dict[str, int] = {}
        self.moved = False

    def landed(self, change: Change, built_at: int | None) -> None:
        """A change landed on main, and its build succeeded at `built_at` or never."""
        if change.evaluation_hours and change.merged_at is not None:
            self.held.append((later(change.merged_at, change.evaluation_hours), change))
        if built_at is None or built_at > self.until:
            return
        if not self.plan.stages_before_production:
            self.candidates.append((built_at, change))
            return
        self.versions[change.position or 0] = f"v{len(self.versions) + 1}"
        if self.plan.deploys == "manifests":
            self.repo.builds[self.versions[change.position or 0]] = change
        wanted_at = built_at + int(self.dice.lognormal(6.0, 0.8) * MINUTE)
        staged_at = self._deploy(change, max(wanted_at, self.staging_busy_until + MINUTE), "staging")
        if staged_at is not None:
            self.candidates.append((staged_at, change))

    def release(self, at: int) -> tuple[Change, int] | None:
        """Bring production up to date; after a rollback return the culprit and when it was rolled back."""
        if at < self.busy_until or at > self.until:
            return None
        if self.plan.deploys == "tags" and self.current:
            self._patch(at)
        change = self._candidate(at)
        if change is None:
            return None
        before, carried = self.current, self._carried(change)
        released_at = self._deploy(change, at, "production")
        if released_at is None or released_at > self.until:
            return None
        self.current = change
        self.releases += 1
        return self._roll_back(before, carried, released_at) if before else None

    def _candidate(self, at: int) -> Change | None:
        newest = len(self.repo.landed) - 1
        limit = min((_place(change) for free_at, change in self.held if free_at > at), default=newest + 1)
        floor = _place(self.current) if self.current else -1
        if self.current is None:  # the first release takes everything, so that no change is only partly known
            limit, floor = newest + 1, newest - 1
        for ready_at, change in reversed(self.candidates):
            place = _place(change)
            if place <= floor:
                return None
            if ready_at <= at and place < limit and not any(self._stops(pair, place) for pair in self.blocked):
                return change
        return None

    def _stops(self, pair: tuple[Change, Change], place: int) -> bool:
        culprit, repair = pair
        return _place(culprit) <= place and (repair.position is None or repair.position > place)

    def _carried(self, change: Change) -> list[Change]:
        first = _place(self.current) + 1 if self.current else 0
        return self.repo.landed[first : _place(change) + 1]

    def _deploy(self, change: Change, at: int, environment: str) -> int | None:
        """Deploy by this repository's way; returns when it succeeded, None if it was given up."""
        if self.plan.deploys == "records":
            return self._attempts(change, at, environment)
        if environment == "staging":
            self.staging_busy_until = at
        version = self.versions.get(_place(change), "")
        if self.plan.deploys == "tags":
            self.minor += 1
            version = self._version(at)
        before = self.current
        self._record(environment, change, at, [Status("success", at)], version)
        moves = self.plan.tag_forms and self.minor >= self.plan.tag_forms.moved and not self.moved
        if moves and before and (earlier := self._earlier(before, change, at)):
            self.repo.deployments[-1].moved_from, self.moved = earlier, True
        return at

    def _version(self, at: int, *, patch: bool = False) -> str:
        """The tag of a release: `v1.2.0` and its patch `v1.2.1`, or by months `release-2026.03.0`, `.1` and so on."""
        if self.new_form_at is None or at < self.new_form_at:
            return f"v1.{self.minor}.{int(patch)}"
        month = f"{datetime.fromtimestamp(at, UTC):%Y.%m}"
        self.months[month] = self.months.get(month, -1) + 1
        return f"release-{month}.{self.months[month]}"

    def _earlier(self, before: Change, change: Change, at: int) -> tuple[Change, int] | None:
        """An older build since the last release, and when it was tagged first: it was not the one that was meant."""
        tagged_at = at - 2 * HOUR
        places = range(_place(before) + 1, _place(change))
        built = [one for ready_at, one in self.candidates if ready_at <= tagged_at and _place(one) in places]
        return (built[-1], tagged_at) if built else None

    def _attempts(self, change: Change, at: int, environment: str) -> int | None:
        """Deploy with a gate and failing attempts."""
        production, first = environment == "production", self.current is None
        odds = GATES["ai" if any(item.builds_ai for item in self._carried(change)) else "other"]
        gate_hours = odds["gate_hours"].draw(self.dice) if production and not first else 0.0
        ended_at: int | None = None
        for attempt in range(4):
            started_at = at + self.dice.whole(1, 40)
            statuses = [Status("queued", at)]
            if gate_hours and attempt == 0:
                statuses.append(Status("waiting", started_at))
                started_at = later(started_at, gate_hours) + 1
            finished_at = started_at + (2 if first and production else self.dice.whole(90, 900))
            failed = not first and self.dice.chance(odds["failure_chance"])
            statuses += [Status("in_progress", started_at), Status("failure" if failed else "success", finished_at)]
            self._record(environment, change, at, statuses, self.versions.get(_place(change), ""))
            ended_at = None if failed else finished_at
            at = finished_at + 5 * MINUTE + int(self.dice.exponential(0.7) * HOUR)
            if not failed or self.dice.chance(0.15):
                break
        if production:
            self.busy_until = finished_at
        else:
            self.staging_busy_until = finished_at
        return ended_at

    def _roll_back(self, before: Change, carried: list[Change], released_at: int) -> tuple[Change, int] | None:
        suspects = [item for item in carried if item.kind == "pull_request" and item.built_with_ai != "automation"]
        ai = [item for item in suspects if item.builds_ai]
        at = released_at + self.dice.whole(15, 100) * MINUTE
        chance = GATES["ai" if ai else "other"]["rollback_chance"] if self.plan.stages_before_production else 0.0
        if self.releases == _CERTAIN_ACCIDENT:
            chance = float(self.plan.stages_before_production)
        if not self.dice.chance(chance) or not suspects or at > self.until:
            return None
        version = self.versions.get(_place(before), "")
        statuses = [Status("success", at)]
        if self.plan.deploys == "records":
            statuses = [Status("queued", at - 4 * MINUTE), Status("in_progress", at - 3 * MINUTE), *statuses]
        self._record("production", before, statuses[0].at, statuses, version, rollback=True)
        self.current = before
        self.busy_until = at
        return self.dice.pick(ai or suspects), at

    def _patch(self, at: int) -> None:
        """Between two weekly releases: cherry-pick one or two changes onto the last one and release that."""
        last = self.repo.deployments[-1]
        patched_at = last.created_at + 2 * DAY + self.dice.whole(0, 3 * HOUR)
        fresh = [change for built_at, change in self.candidates if last.created_at < built_at <= patched_at - HOUR]
        fresh = [change for change in fresh if _place(change) > _place(last.change) and change.way.how != "merge"]
        if last.picks or not fresh or patched_at >= at or not self.dice.chance(0.5):
            return
        picks = sorted(self.dice.sample(fresh, self.dice.whole(1, 2)), key=_place)
        version = self._version(patched_at, patch=True)
        self._record("production", last.change, patched_at, [Status("success", patched_at)], version)
        self.repo.deployments[-1].picks = tuple(picks)

    def _record(
        self, environment: str, change: Change, at: int, statuses: list[Status], version: str, *, rollback: bool = False
    ) -> None:
        if at > self.until:
            return
        reached = [status for status in statuses if status.at <= self.until]
        number = 9000 + len(self.repo.deployments)
        self.repo.deployments.append(Deployment(number, environment, change, at, reached, version, rollback))


def shipping_of(repo: Repo, plan: Plan, dice: Dice, since: int, until: int) -> Shipping | None:
    """How this repository ships, None where it deploys nothing."""
    return Shipping(repo, plan, dice, since, until) if plan.deploys != "none" else None


def finish_statuses(repo: Repo, until: int) -> None:
    """Whatever succeeded in an environment becomes inactive when the next one succeeds there."""
    running: dict[tuple[str, str], Deployment] = {}
    done = [item for item in repo.deployments if item.succeeded_at is not None]
    for deployment in sorted(done, key=lambda item: item.succeeded_at or 0):
        before = running.get((deployment.environment, deployment.service))
        replaced_at = (deployment.succeeded_at or 0) + 1
        if before and replaced_at <= until:
            before.statuses.append(Status("inactive", replaced_at))
        running[deployment.environment, deployment.service] = deployment


def _place(change: Change) -> int:
    assert change.position is not None  # noqa: S101 only landed changes get here
    return change.position
