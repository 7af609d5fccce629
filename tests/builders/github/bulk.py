"""One large repository in memory, made in a moment: for budgets and memory."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha1
from random import Random

from tests.builders.github.model import (
    Account,
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
    Repository,
    Review,
    Rule,
    Run,
    Signature,
    Status,
)

__all__ = ["bulk"]

_HOUR = 3600
_START = int(datetime(2025, 1, 6, tzinfo=UTC).timestamp())
_BEYOND_INT32 = 3_000_000_000


def bulk(
    *,
    pulls: int = 1000,
    deployments: int = 0,
    runs: int = 0,
    open_share: float = 0.0,
    long_every: int = 200,
    name: str = "bulk",
    seed: int = 1,
) -> Forge:
    """A forge with the repository `acme/<name>`.

    It has so many pull requests, opened an hour apart, all merged but for a share; every `long_every`-th has more than
    100 commits, reviews and events, so that nested lists overflow. One author in twenty is a bot, one in fifty is gone,
    one in 77 came from elsewhere as a mannequin; one pull request in 25 is from a fork.
    Deployments alternate between staging and production and have five statuses; each run has two jobs.
    """
    forge = Forge()
    forge.until = _START + (max(pulls, deployments, runs) + 100) * _HOUR
    owner = forge.account("acme", "Organization")
    where = forge.add(Repository(700_000_900, owner, name, _START - _HOUR))
    make = _Maker(forge, where, Random(seed))
    for number in range(1, pulls + 1):
        make.pull(number, long=bool(long_every) and number % long_every == 0, stays_open=open_share)
    if not where.main:
        where.main = [Pushed(make.commit(_START - _HOUR), _START - _HOUR)]
    for number in range(deployments):
        make.deployment(number)
    for number in range(runs):
        make.run(number)
    return forge


class _Maker:
    """Makes the parts of one repository."""

    def __init__(self, forge: Forge, where: Repository, random: Random) -> None:
        self.forge, self.where, self.random = forge, where, random
        self.people = [forge.account(f"person-{number}") for number in range(1, 20)]
        self.bot = forge.account("dependabot", "Bot")
        self.team = forge.account("acme/reviewers", "Team")
        self.mannequin = forge.account("imported", "Mannequin")
        self.gone = forge.account("was-here")
        self.gone.gone = True

    def author(self, number: int) -> Account:
        """Mostly a person."""
        if number % 50 == 0:
            return self.gone
        if number % 77 == 0:
            return self.mannequin
        return self.bot if number % 20 == 0 else self.random.choice(self.people)

    def commit(self, at: int, author: Account | None = None, message: str = "Work on it") -> Commit:
        """A commit of its own."""
        oid = sha1(f"{self.where.name} {self.forge.number()}".encode(), usedforsecurity=False).hexdigest()
        account = author or self.people[0]
        who = Signature(account.login, f"{account.login}@example.com", account if account.kind == "User" else None)
        parents = (self.where.main[-1].commit.oid,) if self.where.main else ()
        return Commit(oid, who, at, who, at, message, parents)

    def pull(self, number: int, *, long: bool, stays_open: float) -> None:
        """A pull request of about four commits, two reviews and five events, or of very many."""
        at = _START + number * _HOUR
        author = self.author(number)
        pull = PullRequest(
            number,
            _BEYOND_INT32 + number,
            f"Change {number} of the bulk",
            f"Why this is needed, number {number}.\n\n" + "It is. " * 20,
            author,
            at,
            f"topic-{number}",
            opened_as_draft=number % 4 == 0,
            additions=number % 300,
            deletions=number % 70,
            files=1 + number % 9,
            cross_repository=number % 25 == 0,
        )
        count = 130 if long else 1 + self.random.randrange(7)
        pull.commits = [Pushed(self.commit(at - 600 + place, author), at - 600 + place) for place in range(count)]
        if number % 3 == 0:
            pull.labels = [Label("backend", at), Label("size/S", at)]
        self._reviews(pull, 110 if long else 1 + self.random.randrange(3))
        self._events(pull, 120 if long else self.random.randrange(4))
        if self.random.random() >= stays_open:
            self._merge(pull, at + 5 * _HOUR)
        self.where.pulls.append(pull)

    def _reviews(self, pull: PullRequest, count: int) -> None:
        for place in range(count):
            state = "APPROVED" if place == count - 1 else "COMMENTED"
            at, last = pull.opened_at + 1800 + place, pull.commits[-1].commit
            reviewer = self.random.choice(self.people)
            pull.reviews.append(Review(_BEYOND_INT32 + self.forge.number(), reviewer, state, at, last, place % 3))

    def _events(self, pull: PullRequest, count: int) -> None:
        if pull.opened_as_draft:
            self._event(pull, "ReadyForReviewEvent", pull.opened_at + 900, pull.author)
        for place in range(count):
            reviewer = self.random.choice(self.people)
            at = pull.opened_at + 1000 + place
            asked = self.team if place % 9 == 1 else reviewer
            event = Event(self.forge.number(), "ReviewRequestedEvent", at, pull.author, {"requestedReviewer": asked})
            pull.events.append(event)

    def _merge(self, pull: PullRequest, at: int) -> None:
        pull.landing = self.commit(at, pull.author, f"{pull.title} (#{pull.number})")
        pull.merged_by = self.random.choice(self.people)
        self.where.main.append(Pushed(pull.landing, at))
        details = {"commit": pull.landing, "mergeRefName": "main"}
        pull.events.append(Event(self.forge.number(), "MergedEvent", at, pull.merged_by, details))
        self._event(pull, "ClosedEvent", at, pull.merged_by)

    def _event(self, pull: PullRequest, kind: str, at: int, actor: Account | None) -> None:
        pull.events.append(Event(self.forge.number(), kind, at, actor))

    def deployment(self, number: int) -> None:
        """One to staging, the next to production, where a gate holds it and the one before becomes inactive."""
        at = _START + number * _HOUR
        environment = "production" if number % 2 else "staging"
        commit = self.where.main[number % len(self.where.main)].commit
        states = ("QUEUED", "WAITING", "IN_PROGRESS", "FAILURE" if number % 9 == 0 else "SUCCESS", "INACTIVE")
        statuses = [
            Status(80_000_000 + self.forge.number(), state, at + place * 300) for place, state in enumerate(states)
        ]
        creator = self.forge.account("acme-deploy-bot")
        self.where.deployments.append(
            Deployment(90_000_000 + number, environment, commit, "main", creator, at, statuses, bool(number % 2))
        )
        if number < 2:
            rules = (Rule(1, "required_reviewers", 0, (self.people[0],)),) if number else ()
            self.where.environments.append(Environment(60 + number, environment, _START, rules))

    def run(self, number: int) -> None:
        """A build of main that succeeds, of two jobs."""
        at = _START + number * _HOUR
        commit = self.where.main[number % len(self.where.main)].commit
        run = Run(
            10_000_000 + number, "build", ".github/workflows/build.yml", commit, "main", "push", "Build", self.bot, None
        )
        jobs = tuple(
            Job(20_000_000 + number * 2 + place, title, at, at + 60, at + 600, "success", "runner-1")
            for place, title in enumerate(("lint", "build"))
        )
        run.attempts.append(Attempt(1, at, jobs))
        self.where.runs.append(run)
