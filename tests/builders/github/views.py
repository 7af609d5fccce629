"""What of a repository is visible at a moment, with everything that follows from the facts."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heappop, heappush
from typing import NamedTuple

from tests.builders.github.model import (
    Attempt,
    Commit,
    Deployment,
    Environment,
    Event,
    Job,
    PullRequest,
    Release,
    Repository,
    Review,
    Run,
    Status,
)

__all__ = ["CommitView", "DeploymentView", "JobView", "PullView", "RepositoryView", "ReviewView", "RunView"]

NO_COMMIT = "0" * 40

# Events that do not count as an update of the pull request.
_SILENT = frozenset({"AddedToMergeQueueEvent", "RemovedFromMergeQueueEvent", "DeployedEvent"})


class CommitView(NamedTuple):
    """A commit of a repository."""

    commit: Commit
    repository: RepositoryView


@dataclass(frozen=True, slots=True, eq=False)
class ReviewView:
    """A review as it reads now."""

    review: Review
    state: str
    pull: PullView


@dataclass(slots=True, eq=False)
class PullView:
    """A pull request as it is now; `merged_at`, `closed_at` and the rest are null until they happen."""

    pull: PullRequest
    repository: RepositoryView
    commits: list[Commit]
    events: list[Event]
    labels: list[str]
    updated_at: int
    draft: bool
    state: str = "OPEN"
    merged_at: int | None = None
    closed_at: int | None = None
    reviews: list[ReviewView] = field(default_factory=list)

    @property
    def landing(self) -> Commit | None:
        """The commit by which it landed, once it has."""
        return self.pull.landing if self.merged_at is not None else None

    @property
    def head_oid(self) -> str:
        """The last commit of its head."""
        return self.commits[-1].oid if self.commits else NO_COMMIT

    @property
    def base_oid(self) -> str:
        """The tip of the base: where it landed, or as it is now."""
        if self.landing and self.landing.parents:
            return self.landing.parents[0]
        return self.repository.tip.oid if self.repository.tip else NO_COMMIT


@dataclass(frozen=True, slots=True, eq=False)
class DeploymentView:
    """A deployment as it is now, its newest status first."""

    deployment: Deployment
    repository: RepositoryView
    statuses: list[Status]

    @property
    def updated_at(self) -> int:
        """Its last status."""
        return self.statuses[0].at if self.statuses else self.deployment.created_at

    @property
    def state(self) -> str:
        """The state of its last status; a success is called active."""
        last = self.statuses[0].state if self.statuses else "PENDING"
        return "ACTIVE" if last == "SUCCESS" else last


@dataclass(frozen=True, slots=True, eq=False)
class JobView:
    """A job as it is now."""

    job: Job
    attempt: int
    run: RunView
    started_at: int | None
    finished_at: int | None

    @property
    def status(self) -> str:
        """`queued`, `in_progress` or `completed`."""
        if self.finished_at is not None:
            return "completed"
        return "queued" if self.started_at is None else "in_progress"

    @property
    def conclusion(self) -> str | None:
        """How it ended, null while it has not."""
        return self.job.conclusion if self.finished_at is not None else None


@dataclass(slots=True, eq=False)
class RunView:
    """A workflow run as it is now: the state of its last attempt."""

    run: Run
    repository: RepositoryView
    attempts: list[Attempt]
    position: int
    now: int

    @property
    def jobs(self) -> list[JobView]:
        """The jobs of every attempt, oldest first."""
        return [self._job(job, attempt) for attempt in self.attempts for job in attempt.jobs]

    @property
    def latest(self) -> list[JobView]:
        """The jobs of the last attempt."""
        return [self._job(job, self.attempts[-1]) for job in self.attempts[-1].jobs]

    def _job(self, job: Job, attempt: Attempt) -> JobView:
        started_at, finished_at = (at if at is not None and at <= self.now else None for at in job[3:5])
        return JobView(job, attempt.number, self, started_at, finished_at)

    @property
    def status(self) -> str:
        """`queued`, `in_progress` or `completed`."""
        states = {job.status for job in self.latest}
        if states == {"completed"}:
            return "completed"
        return "queued" if states == {"queued"} else "in_progress"

    @property
    def conclusion(self) -> str | None:
        """`failure` where a job failed; null while it runs."""
        if self.status != "completed":
            return None
        ends = [job.conclusion for job in self.latest]
        return next((end for end in ends if end != "success"), "success")

    @property
    def created_at(self) -> int:
        """When the first attempt was queued."""
        return self.attempts[0].created_at

    @property
    def updated_at(self) -> int:
        """The last thing that happened to it."""
        times = [at for job in self.jobs for at in (job.started_at, job.finished_at) if at is not None]
        return max([*times, self.attempts[-1].created_at])


class RepositoryView:
    """A repository at a moment."""

    def __init__(self, repository: Repository, now: int) -> None:
        """Work out what is visible; the lists on demand."""
        self.repository, self.now = repository, now
        self._histories: dict[str, list[Commit]] = {}

    @cached_property
    def tip(self) -> Commit | None:
        """The last landing on the default branch."""
        main = self.repository.main
        return main[place - 1].commit if (place := bisect_right(main, self.now, key=lambda one: one.at)) else None

    @cached_property
    def refs(self) -> dict[str, Commit]:
        """The branches and tags by their full names."""
        seen = {name: one.commit for name, one in self.repository.refs.items() if _there(one.at, one.until, self.now)}
        return seen | ({f"refs/heads/{self.repository.default_branch}": self.tip} if self.tip else {})

    @cached_property
    def commits(self) -> dict[str, Commit]:
        """Every commit that can be reached, by its id."""
        landed = (one.commit for one in self.repository.main if one.at <= self.now)
        heads = (commit for pull in self.pulls for commit in pull.commits)
        return {one.oid: one for one in (*landed, *self.refs.values(), *heads)}

    def history(self, tip: Commit) -> list[Commit]:
        """All that can be reached from a commit, the newest first, as `git log` lists it."""
        if tip.oid not in self._histories:
            waiting, found, known = [(-tip.committed_at, 0, tip)], [], {tip.oid}
            while waiting:
                one = heappop(waiting)[-1]
                found.append(one)
                for oid in one.parents:
                    parent = self.commits.get(oid)
                    if parent is not None and oid not in known:
                        known.add(oid)
                        heappush(waiting, (-parent.committed_at, len(known), parent))
            self._histories[tip.oid] = found
        return self._histories[tip.oid]

    @cached_property
    def pulls(self) -> list[PullView]:
        """The pull requests in the order of their opening."""
        pulls = (one for one in self.repository.pulls if _there(one.opened_at, one.vanished_at, self.now))
        return sorted((_pull(self, one) for one in pulls), key=lambda one: (one.pull.opened_at, one.pull.id))

    @cached_property
    def open_pulls(self) -> int:
        """How many are open."""
        return sum(one.state == "OPEN" for one in self.pulls)

    @cached_property
    def updated_at(self) -> int:
        """The last update of anything."""
        return max([self.repository.created_at, *(one.updated_at for one in self.pulls)])

    @cached_property
    def pulls_by_update(self) -> list[PullView]:
        """The same, the longest untouched first."""
        return sorted(self.pulls, key=lambda one: (one.updated_at, one.pull.id))

    @cached_property
    def pulls_by_number(self) -> dict[int, PullView]:
        """The same, by number."""
        return {one.pull.number: one for one in self.pulls}

    @cached_property
    def deployments(self) -> list[DeploymentView]:
        """The deployments, oldest first."""
        all_of_them = self.repository.deployments
        seen = [one for one in all_of_them if _there(one.created_at, one.vanished_at, self.now)]
        return [self._deployment(one) for one in sorted(seen, key=lambda one: (one.created_at, one.id))]

    def _deployment(self, one: Deployment) -> DeploymentView:
        statuses = sorted((status for status in one.statuses if status.at <= self.now), key=lambda each: each.at)
        return DeploymentView(one, self, statuses[::-1])

    @cached_property
    def runs(self) -> list[RunView]:
        """The workflow runs, newest first."""
        found = []
        for position, run in enumerate(self.repository.runs):
            attempts = [one for one in run.attempts if one.created_at <= self.now]
            if attempts:
                found.append(RunView(run, self, attempts, position + 1, self.now))
        return sorted(found, key=lambda one: (-one.created_at, -one.run.id))

    @cached_property
    def runs_by_oid(self) -> dict[str, list[RunView]]:
        """The same by commit, oldest first."""
        found: dict[str, list[RunView]] = {}
        for one in self.runs[::-1]:
            found.setdefault(one.run.commit.oid, []).append(one)
        return found

    @cached_property
    def releases(self) -> list[Release]:
        """The releases, newest first."""
        every = self.repository.releases
        seen = [one for one in every if _there(one.created_at, one.vanished_at, self.now)]
        return sorted(seen, key=lambda one: (-one.created_at, -one.id))

    @cached_property
    def environments(self) -> list[Environment]:
        """The environments by name."""
        seen = (one for one in self.repository.environments if one.created_at <= self.now)
        return sorted(seen, key=lambda one: one.name)

    @cached_property
    def by_id(self) -> dict[tuple[str, int], PullView | DeploymentView | RunView]:
        """Pull requests, deployments and runs by kind and id."""
        found: dict[tuple[str, int], PullView | DeploymentView | RunView] = {}
        found |= {("PR", one.pull.id): one for one in self.pulls}
        found |= {("DE", one.deployment.id): one for one in self.deployments}
        found |= {("CS", one.run.id): one for one in self.runs}
        return found


def _there(since: int, until: int | None, now: int) -> bool:
    return since <= now and (until is None or now < until)


def _pull(where: RepositoryView, pull: PullRequest) -> PullView:
    now = where.now
    pushed = [one for one in pull.commits if _there(one.at, one.until, now)]
    events = sorted((one for one in pull.events if one.at <= now), key=lambda one: one.at)
    labels = [one for one in pull.labels if one.at <= now]
    reviews = sorted((one for one in pull.reviews if one.submitted_at <= now), key=lambda one: one.submitted_at)
    times = [pull.opened_at, *(at for at in pull.touched if at <= now)]
    times += [one.at for one in pushed]
    times += [one.at for one in events if one.kind not in _SILENT]
    times += [one.at for one in labels]
    times += [one.submitted_at for one in reviews]
    found = PullView(
        pull,
        where,
        [one.commit for one in pushed],
        events,
        [one.name for one in labels],
        max(times),
        pull.opened_as_draft,
    )
    for event in events:
        _happen(found, event)
    for review in reviews:
        dismissed = review.dismissed_at is not None and review.dismissed_at <= now
        found.reviews.append(ReviewView(review, "DISMISSED" if dismissed else review.state, found))
    return found


def _happen(pull: PullView, event: Event) -> None:
    """Let an event change the state."""
    if event.kind == "ReadyForReviewEvent":
        pull.draft = False
    elif event.kind == "ConvertToDraftEvent":
        pull.draft = True
    elif event.kind == "MergedEvent":
        pull.state, pull.merged_at, pull.closed_at = "MERGED", event.at, event.at
    elif event.kind == "ClosedEvent" and pull.state != "MERGED":
        pull.state, pull.closed_at = "CLOSED", event.at
    elif event.kind == "ReopenedEvent":
        pull.state, pull.closed_at = "OPEN", None
