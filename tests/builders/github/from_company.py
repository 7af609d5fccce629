"""A fake GitHub's facts from a simulated company."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha1

from collectors.simulate import Change, CiRun, Company, Identity, Repo
from collectors.simulate import Commit as Written
from collectors.simulate import Deployment as Shipped
from collectors.simulate.company.people import DEPLOY_BOT, FORGE
from tests.builders.github.model import (
    Account,
    Annotated,
    Attempt,
    Commit,
    Deployment,
    Environment,
    Event,
    Forge,
    Job,
    Label,
    PullRequest,
    Pushed,
    Release,
    Repository,
    Review,
    Rule,
    Run,
    Signature,
    Status,
)

__all__ = ["forge_of"]

OWNER = "acme"

_KINDS = {
    "ready_for_review": "ReadyForReviewEvent",
    "convert_to_draft": "ConvertToDraftEvent",
    "review_requested": "ReviewRequestedEvent",
    "review_dismissed": "ReviewDismissedEvent",
    "head_ref_force_pushed": "HeadRefForcePushedEvent",
    "closed": "ClosedEvent",
    "merged": "MergedEvent",
}
_AUTO_MERGE = {"merge": "AutoMergeEnabledEvent", "squash": "AutoSquashEnabledEvent", "rebase": "AutoRebaseEnabledEvent"}
_QUEUED_EVERY = 7  # so many-th merged pull requests went through the merge queue
_FIRST_REPOSITORY = 700_000_000
_BEYOND_INT32 = 3_000_000_000  # pull request ids are that large by now


def forge_of(company: Company, *, deployments: str = "recorded") -> Forge:
    """All repositories of the company, owned by `acme`.

    `deployments` is `recorded` (of the repositories whose deployments a system reports; releases where tags ship) or
    `all`.
    """
    forge = Forge()
    forge.until = company.until
    owner = forge.account(OWNER, "Organization")
    for place, repo in enumerate(company.repos):
        forge.add(_Mapping(forge, repo, owner, place, company.since).whole(deployments))
    return forge


class _Mapping:
    """One repository on its way."""

    def __init__(self, forge: Forge, repo: Repo, owner: Account, place: int, since: int) -> None:
        self.forge, self.repo = forge, repo
        self.ids = (place + 1) * 1_000_000
        self.to = Repository(_FIRST_REPOSITORY + place, owner, repo.name, since)
        self.known: dict[str, Commit] = {}

    def whole(self, deployments: str) -> Repository:
        """Everything of the repository."""
        to, repo = self.to, self.repo
        to.main = [Pushed(self.commit(each), one.merged_at or 0) for one in repo.landed for each in one.landing]
        to.pulls = [self.pull(one) for one in repo.changes if one.number is not None]
        to.runs = list(self.runs())
        if repo.deploys == "records" or (deployments == "all" and repo.deploys != "none"):
            to.deployments = [self.deployment(one) for one in repo.deployments]
            to.environments = self.environments()
        if repo.deploys == "tags":
            to.releases = [self.release(one.version, one) for one in repo.deployments if one.version]
        tips = {f"refs/heads/{name}": tip for name, tip in repo.branches.items() if name != "main"}
        tips |= {f"refs/tags/{name}": tip for name, tip in repo.tags.items()}
        to.refs = {name: Pushed(self.commit(tip), tip.committed_at) for name, tip in tips.items()}
        if repo.deploys == "tags":
            made = [one for one in repo.deployments if one.version]
            to.annotated = {
                f"refs/tags/{one.version}": Annotated(self.signature(DEPLOY_BOT), one.created_at) for one in made
            }
            to.refs |= {
                f"refs/tags/{one.version}": to.refs[f"refs/tags/{one.version}"]._replace(at=one.created_at)
                for one in made
            }
        return to

    def account(self, who: Identity) -> Account:
        """The account behind an identity: apps are bots, what merely works by itself is a user."""
        if who is FORGE:
            return self.forge.account("github-merge-queue", "Bot")
        if who.login == "Copilot":
            return self.forge.account("copilot-swe-agent", "Bot", "Copilot")
        app = who.login.endswith("[bot]")
        return self.forge.account(who.login.removesuffix("[bot]"), "Bot" if app else "User")

    def signature(self, who: Identity) -> Signature:
        """A name in a commit; GraphQL leads to users, and to no bot."""
        account = None if who is FORGE or who.login == "Copilot" else self.account(who)
        return Signature(who.name, who.email, account if account and account.kind == "User" else None)

    def commit(self, one: Written) -> Commit:
        """A commit, once."""
        if one.sha not in self.known:
            parents = tuple(parent.sha for parent in one.parents)
            author, committer = self.signature(one.author), self.signature(one.committer)
            self.known[one.sha] = Commit(
                one.sha, author, one.authored_at, committer, one.committed_at, one.message, parents
            )
        return self.known[one.sha]

    def pull(self, change: Change) -> PullRequest:
        """A pull request with all that happened to it."""
        number = change.number or 0
        author = self.account(change.author)
        pull = PullRequest(
            number,
            _BEYOND_INT32 + self.ids + number,
            change.title,
            change.body,
            author,
            change.opened_at,
            change.branch,
            opened_as_draft=change.draft,
            additions=change.additions,
            deletions=change.deletions,
            files=change.files,
        )
        pull.commits = [Pushed(self.commit(one), one.committed_at) for one in change.commits]
        pull.labels = [Label(name, change.opened_at + 1) for name in change.labels]
        merged = bool(change.landing) and not change.way.closed
        pull.landing = self.commit(change.landing[-1]) if merged else None
        pull.merged_by = self.account(change.merged_by) if change.merged_by else None
        pull.reviews = [
            Review(
                _BEYOND_INT32 + self.ids + self.forge.number(),
                self.account(one.reviewer),
                one.state,
                one.submitted_at,
                _head(pull, one.submitted_at),
                (number + place) % 3 if one.state != "APPROVED" else 0,
                one.dismissed_at,
            )
            for place, one in enumerate(change.reviews)
        ]
        pull.events = [*self.automatic(change, pull), *self.events(change, pull)]
        return pull

    def events(self, change: Change, pull: PullRequest) -> Iterator[Event]:
        """The timeline as the simulation has it, in GitHub's words."""
        for one in change.timeline:
            actor = self.account(change.author if one.actor is FORGE and one.kind != "merged" else one.actor)
            details: dict[str, object] = {}
            if one.kind == "review_requested" and one.subject:
                details = {"requestedReviewer": self.account(one.subject)}
            elif one.kind == "review_dismissed":
                review = next(each for each in pull.reviews if each.dismissed_at == one.at)
                details = {"review": review, "previousReviewState": review.state}
            elif one.kind == "head_ref_force_pushed":
                after = _head(pull, one.at)
                details = {"afterCommit": after, "beforeCommit": after and _lost(after)}
            elif one.kind == "merged":
                details = {"commit": pull.landing, "mergeRefName": "main"}
            elif one.kind == "closed" and change.landing:
                details = {"closer": self.commit(change.landing[-1])}
            yield Event(self.forge.number(), _KINDS[one.kind], one.at, actor, details)
            if one.kind == "merged":
                yield Event(self.forge.number(), "ClosedEvent", one.at, actor)

    def automatic(self, change: Change, pull: PullRequest) -> Iterator[Event]:
        """Auto-merge for what nobody merged by hand, and the merge queue for some of the rest."""
        if change.merged_at is None or change.way.closed:
            return
        before = max([change.opened_at, *(one.submitted_at for one in change.reviews)])
        if change.merged_by is FORGE:
            pull.merged_by = enabler = self.forge.account("github-actions", "Bot")
            yield Event(self.forge.number(), _AUTO_MERGE[change.way.how], change.opened_at + 2, enabler)
        elif (change.number or 0) % _QUEUED_EVERY == 0:
            queued_at = before + (change.merged_at - before) // 2
            by = self.account(change.merged_by) if change.merged_by else None
            yield Event(self.forge.number(), "AddedToMergeQueueEvent", queued_at, by, {"enqueuer": by})
            pull.merged_by = self.forge.account("github-merge-queue", "Bot")
            yield Event(
                self.forge.number(), "RemovedFromMergeQueueEvent", change.merged_at, pull.merged_by, {"reason": "merge"}
            )

    def deployment(self, one: Shipped) -> Deployment:
        """A deployment with its statuses."""
        commit = self.commit(one.commit or one.change.landing[-1])
        statuses = [Status(self.ids + self.forge.number(), each.state.upper(), each.at) for each in one.statuses]
        creator = self.account(DEPLOY_BOT)
        return Deployment(
            self.ids + one.deployment_id,
            one.environment,
            commit,
            one.version if one.version in self.repo.tags else "main",
            creator,
            one.created_at,
            statuses,
            one.production,
        )

    def environments(self) -> list[Environment]:
        """Those that were deployed to; production has a reviewer and takes only some branches."""
        first: dict[str, int] = {}
        for one in self.to.deployments:
            first[one.environment] = min(one.created_at, first.get(one.environment, one.created_at))
        reviewer = self.account(self.repo.landed[0].author)
        gates = (Rule(self.ids + 1, "required_reviewers", 0, (reviewer,)), Rule(self.ids + 2, "branch_policy"))
        timer = (Rule(self.ids + 3, "wait_timer", 5),)
        return [
            Environment(self.ids + place, name, at, gates if name == "production" else timer)
            for place, (name, at) in enumerate(first.items(), 10)
        ]

    def release(self, version: str, one: Shipped) -> Release:
        """A release of a tag."""
        commit = self.commit(one.commit or one.change.landing[-1])
        author = self.forge.account("github-actions", "Bot")
        return Release(
            self.ids + one.deployment_id, version, commit, f"Release {version}", author, one.created_at, one.created_at
        )

    def runs(self) -> Iterator[Run]:
        """Workflow runs: the attempts of one build of one commit are one run."""
        open_runs: dict[tuple[str, str, str], Run] = {}
        for one in self.repo.ci_runs:
            if one.sha:
                key = (one.name, one.branch, one.sha)
                if one.attempt == 1 or key not in open_runs:
                    open_runs[key] = self.run(one)
                    yield open_runs[key]
                run = open_runs[key]
                run.attempts.append(Attempt(len(run.attempts) + 1, one.created_at, self.jobs(one)))

    def run(self, one: CiRun) -> Run:
        """A run without its attempts."""
        on_main = one.branch == "main"
        event = "schedule" if one.name == "nightly" else "push" if on_main else "pull_request"
        written = one.change.landing[-1] if on_main else next(c for c in one.change.commits if c.sha == one.sha)
        return Run(
            self.ids + one.run_id,
            one.name,
            f".github/workflows/{one.name}.yml",
            self.commit(written),
            "main" if on_main else one.change.branch,
            event,
            one.change.title,
            self.account(one.change.author),
            None if on_main else one.change.number,
        )

    def jobs(self, one: CiRun) -> tuple[Job, ...]:
        """A quick one that succeeds and the one that decides."""
        end = one.finished_at
        middle = None if end is None else one.started_at + (end - one.started_at) // 2
        number = self.ids + one.run_id * 2
        lint = Job(
            number, "lint", one.created_at, one.started_at, middle, None if end is None else "success", "runner-1"
        )
        main = Job(number + 1, one.name, one.created_at, one.started_at, end, one.conclusion, "runner-2")
        return (lint, main)


def _head(pull: PullRequest, at: int) -> Commit | None:
    """The last commit by then, else the first one."""
    before = [one.commit for one in pull.commits if one.at <= at]
    return before[-1] if before else pull.commits[0].commit if pull.commits else None


def _lost(after: Commit) -> Commit:
    """The commit that a force push replaced."""
    oid = sha1(f"before {after.oid}".encode(), usedforsecurity=False).hexdigest()
    at = after.committed_at - 1
    return Commit(oid, after.author, at, after.committer, at, after.message, after.parents)
