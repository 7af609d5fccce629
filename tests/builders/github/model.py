"""What a fake GitHub keeps: facts with their times. What is visible at a moment is worked out in `views.py`.

Times are whole seconds since the epoch. Nothing is ever taken out: what ends has a time of its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

__all__ = [
    "Account",
    "Annotated",
    "Attempt",
    "Commit",
    "Deployment",
    "Environment",
    "Event",
    "Forge",
    "Job",
    "Label",
    "PullRequest",
    "Pushed",
    "Release",
    "Repository",
    "Review",
    "Rule",
    "Run",
    "Signature",
    "Status",
]


@dataclass(slots=True, eq=False)
class Account:
    """A user, bot or organization. GraphQL names a bot without `[bot]`, REST with it, and Copilot as it likes."""

    login: str
    kind: str = "User"  # or Bot, Mannequin, Organization, Team (its login is then `acme/reviewers`)
    number: int = 0
    rest_login: str = ""
    gone: bool = False

    @property
    def name_in_rest(self) -> str:
        """The login as REST tells it."""
        return self.rest_login or (f"{self.login}[bot]" if self.kind == "Bot" else self.login)


class Signature(NamedTuple):
    """Who is named in a commit, and the account with that address if there is one."""

    name: str
    email: str
    account: Account | None = None


@dataclass(slots=True, eq=False)
class Commit:
    """A commit."""

    oid: str
    author: Signature
    authored_at: int
    committer: Signature
    committed_at: int
    message: str
    parents: tuple[str, ...] = ()


class Pushed(NamedTuple):
    """A commit on the head of a pull request, from `at` until a force push took it away."""

    commit: Commit
    at: int
    until: int | None = None


class Annotated(NamedTuple):
    """Who made a tag object, and when."""

    tagger: Signature
    at: int


class Label(NamedTuple):
    """A label that a pull request got."""

    name: str
    at: int


@dataclass(slots=True, eq=False)
class Review:
    """A review; it reads `DISMISSED` from `dismissed_at` on."""

    number: int
    author: Account | None
    state: str
    submitted_at: int
    commit: Commit | None
    comments: int = 0
    dismissed_at: int | None = None


@dataclass(slots=True, eq=False)
class Event:
    """A timeline event; `kind` is its GraphQL type, `details` its fields beyond actor and time, by GraphQL name."""

    number: int
    kind: str
    at: int
    actor: Account | None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class PullRequest:
    """A pull request; its state, draft flag and ends follow from its events."""

    number: int
    id: int
    title: str
    body: str
    author: Account | None
    opened_at: int
    head_ref: str
    base_ref: str = "main"
    opened_as_draft: bool = False
    cross_repository: bool = False
    additions: int = 0
    deletions: int = 0
    files: int = 0
    labels: list[Label] = field(default_factory=list)
    commits: list[Pushed] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    landing: Commit | None = None
    merged_by: Account | None = None
    touched: list[int] = field(default_factory=list)  # comments and edits, which move `updatedAt` and nothing else
    vanished_at: int | None = None


class Status(NamedTuple):
    """A status of a deployment, in GraphQL's words, such as `QUEUED`, `WAITING` or `SUCCESS`."""

    number: int
    state: str
    at: int


@dataclass(slots=True, eq=False)
class Deployment:
    """A deployment of `commit` into an environment."""

    id: int
    environment: str
    commit: Commit
    ref: str
    creator: Account
    created_at: int
    statuses: list[Status] = field(default_factory=list)
    production: bool = False
    payload: str = ""
    vanished_at: int | None = None


class Rule(NamedTuple):
    """A protection rule: `required_reviewers` (with these), `wait_timer` (minutes) or `branch_policy`."""

    number: int
    kind: str
    minutes: int = 0
    reviewers: tuple[Account, ...] = ()


@dataclass(slots=True, eq=False)
class Environment:
    """An environment with its gates."""

    id: int
    name: str
    created_at: int
    rules: tuple[Rule, ...] = ()


class Job(NamedTuple):
    """A job of an attempt; null times: not yet."""

    id: int
    name: str
    created_at: int
    started_at: int | None
    finished_at: int | None
    conclusion: str | None
    runner: str


@dataclass(slots=True, eq=False)
class Attempt:
    """One attempt of a run."""

    number: int
    created_at: int
    jobs: tuple[Job, ...]


@dataclass(slots=True, eq=False)
class Run:
    """A workflow run; a rerun adds an attempt and keeps the id."""

    id: int
    name: str
    path: str
    commit: Commit
    branch: str
    event: str
    title: str
    actor: Account
    pull: int | None
    attempts: list[Attempt] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Release:
    """A release; a draft has no `published_at`."""

    id: int
    tag: str
    commit: Commit | None
    name: str
    author: Account | None
    created_at: int
    published_at: int | None
    prerelease: bool = False
    vanished_at: int | None = None


@dataclass(slots=True, eq=False)
class Repository:
    """A repository. `version` grows with every edit, so that views of it can be kept in between."""

    id: int
    owner: Account
    name: str
    created_at: int
    private: bool = True
    archived: bool = False
    fork: bool = False
    default_branch: str = "main"
    lost_at: int | None = None
    lost_as: int = 404  # the status that says so: 404, 410 or 451
    pulls: list[PullRequest] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    environments: list[Environment] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    main: list[Pushed] = field(default_factory=list)  # landings on the default branch, oldest first
    refs: dict[str, Pushed] = field(default_factory=dict)  # full name to tip, but for the default branch
    annotated: dict[str, Annotated] = field(default_factory=dict)  # full names of tags that are objects of their own
    version: int = 0
    shown: Any = None  # the last view, kept by views.py

    @property
    def full_name(self) -> str:
        """`acme/checkout`."""
        return f"{self.owner.login}/{self.name}"


class Forge:
    """All repositories and accounts, and the names by which they are found."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.repositories: dict[int, Repository] = {}
        self.moved: dict[str, int] = {}  # former full name to repository
        self.accounts: dict[str, Account] = {}
        self._numbers: Iterator[int] = count(1)
        self.until = 0  # where a clock begins that nobody sets

    def number(self) -> int:
        """A number that nothing else here has."""
        return next(self._numbers)

    def account(self, login: str, kind: str = "User", rest_login: str = "") -> Account:
        """The account of this login, made on first use."""
        if login not in self.accounts:
            self.accounts[login] = Account(login, kind, 5_000_000 + self.number(), rest_login)
        return self.accounts[login]

    def add(self, repository: Repository) -> Repository:
        """Take in a repository."""
        self.repositories[repository.id] = repository
        return repository

    def named(self, full_name: str) -> Repository | None:
        """The repository that has this name now, whatever its case."""
        wanted = full_name.lower()
        return next((one for one in self.repositories.values() if one.full_name.lower() == wanted), None)

    def formerly(self, full_name: str) -> Repository | None:
        """The repository that had this name, where no other one has taken it."""
        number = self.moved.get(full_name.lower())
        return None if number is None or self.named(full_name) else self.repositories[number]
