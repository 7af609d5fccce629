"""What happens after a change is on main, in the order of time: CI, deployments, rollbacks, reverts and fixes."""

from __future__ import annotations

import heapq
from itertools import count

from collectors.simulate.company.model import Change, CiRun, Repo
from collectors.simulate.company.people import FORGE
from collectors.simulate.company.plan import Plan
from collectors.simulate.company.rates import CI
from collectors.simulate.events.clock import DAY, HOUR, MINUTE, later, ticks
from collectors.simulate.events.dice import Dice
from collectors.simulate.events.repairs import fix_of, revert_of
from collectors.simulate.events.ship import Shipping, shipping_of
from collectors.simulate.events.ship_services import ServiceShipping

__all__ = ["run_main_branch"]


class _Flow:
    """One repository's main branch while time runs."""

    def __init__(self, repo: Repo, plan: Plan, dice: Dice, since: int, until: int) -> None:
        self.repo, self.plan, self.dice, self.until = repo, plan, dice, until
        self.order = count()
        self.coming: list[tuple[int, int, Change]] = []
        self.shipping: Shipping | ServiceShipping | None = shipping_of(repo, plan, dice, since, until)
        if plan.services:
            self.shipping = ServiceShipping(repo, plan, dice, since, until)
        for change in repo.changes:
            self._expect(change)

    def _expect(self, change: Change) -> None:
        if change.merged_at is not None and change.lead is None:
            heapq.heappush(self.coming, (change.merged_at, next(self.order), change))

    def _spawn(self, change: Change) -> None:
        self.repo.changes.append(change)
        self._expect(change)

    def run(self, since: int) -> None:
        """Land what is due before each release, then release."""
        train = self.plan.train
        first = since + train.from_day * DAY
        last = min(self.until - self.plan.freeze_days * DAY, since + int(self.plan.stops_at * (self.until - since)))
        for tick in ticks(first, last, train.weekdays, train.hours):
            released_at = tick + self.dice.whole(0, 20 * MINUTE)
            self._land_until(released_at)
            if self.shipping and (rollback := self.shipping.release(released_at)):
                self._repair(*rollback)
        self._land_until(self.until)

    def _land_until(self, end: int) -> None:
        while self.coming and self.coming[0][0] <= end:
            self._land(heapq.heappop(self.coming)[2])

    def _land(self, change: Change) -> None:
        landed = self.repo.landed
        assert change.merged_at is not None  # noqa: S101 only such changes are expected
        if landed and landed[-1].merged_at is not None and change.merged_at <= landed[-1].merged_at:
            _postpone(change, landed[-1].merged_at + 1)
            self._expect(change)
            return
        _place(change, len(landed))
        landed.append(change)
        integrated_at = self._build(change)
        if self.shipping:
            self.shipping.landed(change, integrated_at)
        people = change.kind == "pull_request" and change.built_with_ai != "automation"
        if people and self.dice.chance(0.012) and not change.riders:
            self._spawn(revert_of(change, self.plan, self.dice, later(change.merged_at, self.dice.exponential(0.05))))

    def _build(self, change: Change) -> int | None:
        """Run CI on main; returns when it succeeded, None if it did not."""
        odds = CI["ai" if change.builds_ai else "other"]
        assert change.merged_at is not None  # noqa: S101
        created_at = change.merged_at + self.dice.whole(3, 15)
        for attempt in (1, 2, 3):
            started_at = created_at + int(odds["queue_minutes"].draw(self.dice) * MINUTE)
            finished_at = started_at + int(odds["run_minutes"].draw(self.dice) * MINUTE)
            failed = self.dice.chance(odds["failure_chance"])
            self._record(change, "main", attempt, (created_at, started_at, finished_at), failed=failed)
            if not failed:
                return finished_at
            if not self.dice.chance(2 / 3):
                return None
            created_at = finished_at + int(self.dice.exponential(2.0) * HOUR) + 30
        return None

    def _record(self, change: Change, branch: str, attempt: int, times: tuple[int, int, int], *, failed: bool) -> None:
        created_at, started_at, finished_at = times
        if created_at > self.until:
            return
        done = finished_at <= self.until
        conclusion = ("failure" if failed else "success") if done else None
        run_id = 40_000 + len(self.repo.ci_runs)
        run = CiRun(
            run_id, change, branch, "build", attempt, created_at, started_at, finished_at if done else None, conclusion
        )
        self.repo.ci_runs.append(run)

    def _repair(self, culprit: Change, rolled_back_at: int) -> None:
        """After a rollback, revert or fix the culprit; until then no release contains it."""
        create = revert_of if self.dice.chance(0.4) and not culprit.riders else fix_of
        repair = create(culprit, self.plan, self.dice, rolled_back_at + self.dice.whole(10, 90) * MINUTE)
        self._spawn(repair)
        if self.shipping:
            self.shipping.blocked.append((culprit, repair))

    def check_branches(self) -> None:
        """CI on the head of every pull request."""
        for change in self.repo.changes:
            heads = [commit for commit in change.commits if not commit.updates_from]
            if change.kind == "direct" or not heads or heads[-1].committed_at > self.until:
                continue
            begun = max(heads[-1].committed_at, change.opened_at) + 5
            odds = CI["ai" if change.builds_ai else "other"]
            ended = begun + int(odds["run_minutes"].draw(self.dice) * MINUTE)
            self._record(change, "head", 1, (begun, begun + 30, ended), failed=self.dice.chance(0.05))


def _postpone(change: Change, merged_at: int) -> None:
    """Two merges in one second: the second one happens a moment later."""
    change.merge_at(merged_at)
    if change.style == "direct" and change.commits:
        commit = change.commits[0]
        commit.authored_at = commit.committed_at = change.started_at = change.ready_at = change.opened_at = merged_at


def _place(change: Change, position: int) -> None:
    """Put a change and what lands with it at a place of the main branch, its commits too if these are written anew."""
    for one in (change, *change.riders):
        one.position = position
    if change.way.rebased:
        by = change.merged_by or FORGE
        change.commits = change.own_commits
        for commit in change.commits:
            commit.committer, commit.committed_at = by, change.merged_at or commit.committed_at


def run_main_branch(repo: Repo, plan: Plan, dice: Dice, since: int, until: int) -> None:
    """Land, build and ship everything up to `until`; adds runs, deployments, reverts and fixes."""
    flow = _Flow(repo, plan, dice, since, until)
    flow.run(since)
    flow.check_branches()
    nightly = CiRun(40_000 + len(repo.ci_runs), repo.landed[-1], "main", "nightly", 1, until, until, None, None)
    repo.ci_runs.append(nightly)
