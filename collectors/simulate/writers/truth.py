"""The truth about every change at the end, computed by the definitions from everything that happened.

It contains only what a source of the repository records: a repository without an events file has no reviews. None of
Headway's collecting, mapping or reporting is used.
"""

from __future__ import annotations

from typing import Any

from collectors.simulate.company.model import Change, Repo, Review
from collectors.simulate.company.services import Part
from collectors.simulate.events.clock import HOUR, iso
from collectors.simulate.writers.service_truth import NEVER, Arrival, Arrivals, firsts, touched, whole, withdrawn

__all__ = ["COLUMNS", "MILESTONES", "STAGES", "rows_of", "service_rows_of", "stages_of"]

MILESTONES = (
    "first_commit_at",
    "opened_at",
    "ready_at",
    "first_review_at",
    "code_complete_at",
    "reviewed_at",
    "approved_at",
    "merged_at",
    "integrated_at",
    "staged_at",
    "deploy_started_at",
    "production_at",
    "abandoned_at",
)
STAGES = {
    "coding": "ready_at",
    "rework": "code_complete_at",
    "pickup": "reviewed_at",
    "review": "approved_at",
    "merge": "merged_at",
    "build": "integrated_at",
    "staging": "staged_at",
    "release": "deploy_started_at",
    "deploy": "production_at",
}
"""Each stage with the milestone that it waits for."""

_ABOUT = (
    "change_id",
    "repo",
    "number",
    "sha",
    "kind",
    "origin",
    "style",
    "landed_by",
    "author",
    "builds_ai",
    "built_with_ai",
)
_AFTER = ("lead_time_hours", "dora_lead_time_hours", "age_hours", "rolled_back_at", "reverted_at")
_MORE = ("mark", "unmarked_ai", "initiative", "reverts", "repairs", "additions", "deletions", "files", "commits")
COLUMNS = (
    *_ABOUT,
    "outcome",
    "current_stage",
    *MILESTONES,
    *(f"{stage}_hours" for stage in STAGES),
    *_AFTER,
    *_MORE,
    "services",
    "first_production_at",
    "rollout_hours",
)
"""The columns of the truth table."""


def stages_of(repo: Repo) -> list[str]:
    """The stages that a repository has: those whose end is recorded. Only recorded deployments take any time."""
    return [stage for stage, end in STAGES.items() if end in repo.recorded and (stage != "deploy" or _timed(repo))]


def _timed(repo: Repo) -> bool:
    return repo.deploys == "records" or bool(repo.services)


class _Main:
    """For every place on the main branch: the first time that it, or something after it, got somewhere."""

    def __init__(self, repo: Repo) -> None:
        production = [deployment for deployment in repo.deployments if deployment.production]
        runs = [run for run in repo.ci_runs if run.branch == "main" and run.conclusion == "success"]
        staged = [(item.change, item.succeeded_at) for item in repo.deployments if not item.production]
        size = len(repo.landed)
        self.firsts = {
            "built": firsts(size, [(run.change, run.finished_at) for run in runs]),
            "staged": firsts(size, staged),
            "begun": firsts(size, [(item.change, item.created_at) for item in production]),
            "shipped": firsts(size, [(item.change, item.succeeded_at) for item in production]),
        }
        self.picked = {change: item.created_at for item in reversed(production) for change in item.picks}
        done = [item.succeeded_at for item in production if item.succeeded_at is not None]
        self.first_production_at = min(done, default=NEVER)
        self.last_production_at = max(done, default=NEVER)
        self.arrivals = {part.name: Arrivals(repo, part) for part in repo.services}
        self.rolled_back = withdrawn(repo.deployments)
        self.reverted = {item.reverts: item.merged_at for item in reversed(repo.landed) if item.reverts}

    def first(self, name: str, change: Change) -> int | None:
        """When the change first got `built`, `staged`, `begun` (to be deployed) or `shipped`."""
        if change.position is None:
            return None
        at = self.firsts[name][change.position]
        if name in ("begun", "shipped") and change in self.picked:
            at = min(at, self.picked[change])
        return at if at < NEVER else None

    def arrival(self, change: Change, repo: Repo, complete_at: int | None, services: list[Part]) -> Arrival:
        """The arrival in these services, or of a repository that is one."""
        if repo.services:
            return whole([self.arrivals[part.name].of(change, complete_at) for part in services])
        unseen = complete_at is not None and complete_at < self.first_production_at and repo.deploys != "none"
        shipped_at = self.first("shipped", change)
        # Where nothing is deployed any more while work goes on, nobody knows what became of the work since then, nor of
        # what had landed and was in no deployment.
        late = max(complete_at or 0, change.merged_at or 0) > self.last_production_at
        unseen |= repo.stopped and (late or (change.merged_at is not None and shipped_at is None))
        back_at = self.rolled_back.get(-1 if change.position is None else change.position)
        return Arrival(self.first("begun", change), shipped_at, shipped_at, back_at, unseen)


def _by_people(change: Change) -> list[Review]:
    people = [review for review in change.reviews if review.reviewer.kind == "person"]
    return [review for review in people if review.reviewer.login != change.author.login]


def _reached(reviews: list[Review], complete_at: int | None) -> int | None:
    """The first of these reviews at or after code complete, or code complete if an earlier approval is still valid."""
    if complete_at is None:
        return None
    standing = any(
        review.state == "APPROVED" and review.submitted_at < complete_at and review.dismissed_at is None
        for review in reviews
    )
    after = [review.submitted_at for review in reviews if review.submitted_at >= complete_at]
    return complete_at if standing else min(after, default=None)


def _milestones(change: Change, repo: Repo, main: _Main) -> dict[str, int | None]:
    """All but those of production."""
    authored = [commit.authored_at for commit in change.own_commits]
    # A rebase writes a commit anew: what counts for its code is when.
    committed = [commit.committed_at for commit in change.own_commits]
    reviews = _by_people(change)
    pull_request = change.kind != "direct"
    complete_at = None if change.ready_at is None else max(*committed, change.ready_at)
    times: dict[str, int | None] = {
        "first_commit_at": min(authored),
        "opened_at": change.opened_at if pull_request else None,
        "ready_at": change.ready_at if pull_request else None,
        "first_review_at": min((review.submitted_at for review in reviews), default=None),
        "code_complete_at": complete_at,
        "reviewed_at": _reached(reviews, complete_at),
        "approved_at": _reached([review for review in reviews if review.state == "APPROVED"], complete_at),
        "merged_at": change.merged_at,
        "integrated_at": main.first("built", change),
        "staged_at": main.first("staged", change),
        "abandoned_at": change.abandoned_at,
    }
    return {name: at if name in repo.recorded else None for name, at in times.items()}


def _outcome(change: Change, repo: Repo, services: list[Part], arrival: Arrival) -> str:
    if change.merged_at is None and not repo.reported:
        return ""  # a pull request ref alone may be open or closed
    if repo.services and not services:
        return "nothing_to_deploy"
    if arrival.unknown:
        return "unknown"
    if change.abandoned_at is not None:
        return "abandoned"
    if repo.deploys == "none":
        return "no_deployments"
    return "production" if arrival.complete_at is not None else "waiting"


def _stage_hours(
    times: dict[str, int | None], stages: list[str], outcome: str, until: int
) -> tuple[dict[str, float], str]:
    """Hours spent in each stage, a stage lasting until the next milestone that happens; and the stage it is in now."""
    order = list(STAGES)
    hours: dict[str, float] = {}
    at = times["first_commit_at"] or 0
    here = stages[0] if stages else ""
    for stage, milestone in STAGES.items():
        reached = times[milestone]
        if stage not in stages or reached is None:
            continue
        for passed in stages[stages.index(here) : stages.index(stage) + 1]:
            hours[passed] = 0.0
        hours[here] = (reached - at) / HOUR
        at = reached
        rest = [later for later in stages if order.index(later) > order.index(stage)]
        if not rest:
            return hours, ""
        here = rest[0]
    if outcome not in ("production", "unknown", "nothing_to_deploy", ""):
        end = times["abandoned_at"] if outcome == "abandoned" else until
        hours[here] = ((end or until) - at) / HOUR
    return hours, here if outcome in ("waiting", "no_deployments") else ""


def _author(change: Change, repo: Repo) -> str:
    """The login if the forge reports it; otherwise the name on the landing commit, or on a branch's first."""
    if repo.reported and change.number is not None:
        return change.author.login
    commit = change.landing[-1] if change.landing and change.way.how != "merge" else change.commits[0]
    return commit.author.name


def _kind(change: Change) -> str:
    """Work, or what takes no part in comparisons: automation made it, or it only makes a release."""
    if change.built_with_ai == "automation":
        return "bot"
    return "release" if change.release else "work"


def _landed_by(change: Change) -> str:
    """What Git shows of how it landed: merge, squash, rebase, direct, or nested in a merge that lands another one."""
    if change.position is None:
        return ""
    if change.lead is not None:
        return "nested"
    return {"forward": "rebase"}.get(change.way.how, change.way.how)


def _between(start: int | None, end: int | None) -> float | None:
    return None if start is None or end is None else round((end - start) / HOUR, 6)


def rows_of(repo: Repo, until: int) -> list[dict[str, Any]]:
    """The truth about every change of a repository, as `COLUMNS`; times ISO 8601 UTC, hours decimal, absent None."""
    main = _Main(repo)
    stages = stages_of(repo)
    return [_row(change, repo, main, stages, until, touched(repo, change)) for change in repo.changes]


def service_rows_of(repo: Repo, until: int) -> list[dict[str, Any]]:
    """As `rows_of`, one row per change and service that it touches, where the repository has services."""
    main = _Main(repo)
    stages = stages_of(repo)
    return [
        _row(change, repo, main, stages, until, [part]) | {"service": part.name}
        for change in repo.changes
        for part in touched(repo, change)
    ]


def _row(
    change: Change, repo: Repo, main: _Main, stages: list[str], until: int, services: list[Part]
) -> dict[str, Any]:
    times = _milestones(change, repo, main)
    arrival = main.arrival(change, repo, times["code_complete_at"], services)
    outcome = _outcome(change, repo, services, arrival)
    known = outcome not in ("unknown", "nothing_to_deploy") and "production_at" in repo.recorded
    times["deploy_started_at"] = arrival.begun_at if known else None
    times["production_at"] = arrival.complete_at if known else None
    first_at = arrival.first_at if known else None
    hours, current = _stage_hours(times, stages, outcome, until)
    rolled_back_at = arrival.rolled_back_at if first_at or not repo.services else None
    reverted_at = main.reverted.get(change)
    production_at = times["production_at"]
    row: dict[str, Any] = {
        "change_id": repo.change_id(change),
        "repo": f"acme/{repo.name}",
        "number": change.number,
        "sha": change.sha,
        "kind": _kind(change),
        "origin": change.kind,
        "style": change.style if change.position is not None else "",
        "landed_by": _landed_by(change),
        "author": _author(change, repo),
        "builds_ai": change.builds_ai,
        "built_with_ai": change.built_with_ai,
        "outcome": outcome,
        "current_stage": current,
        "lead_time_hours": _between(times["code_complete_at"], production_at),
        "dora_lead_time_hours": _between(times["first_commit_at"], production_at),
        "age_hours": _between(times["code_complete_at"], until) if outcome == "waiting" else None,
        "rolled_back_at": rolled_back_at and iso(rolled_back_at),
        "reverted_at": reverted_at and iso(reverted_at),
        "mark": change.mark,
        "unmarked_ai": change.unmarked_ai,
        "initiative": change.initiative,
        "reverts": change.reverts and repo.change_id(change.reverts),
        "repairs": change.repairs and repo.change_id(change.repairs),
        "additions": change.additions,
        "deletions": change.deletions,
        "files": change.files,
        "commits": len(change.own_commits),
    }
    row["services"] = ";".join(sorted(part.name for part in touched(repo, change)))
    row["first_production_at"] = first_at and iso(first_at)
    row["rollout_hours"] = _between(first_at, production_at) if "deploy" in stages else None
    row |= {name: at and iso(at) for name, at in times.items()}
    row |= {f"{stage}_hours": round(hours[stage], 6) if stage in hours else None for stage in STAGES}
    return {name: row.get(name) for name in COLUMNS}
