"""What the simulated company is made of: everything that happened, whether or not any source will report it.

Instants (`…_at`) are whole seconds since the epoch, UTC. A commit's `sha` is empty until its repository is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from collectors.simulate.company.services import Part, Region
from collectors.simulate.company.styles import STYLES, Style

__all__ = [
    "Change",
    "CiRun",
    "Commit",
    "Company",
    "Deployment",
    "Identity",
    "Initiative",
    "Repo",
    "Review",
    "Status",
    "TimelineEvent",
    "Touch",
]


@dataclass(frozen=True, slots=True)
class Identity:
    """A person, an agent or a bot, as Git and the forge name it."""

    name: str
    email: str
    login: str
    kind: str = "person"  # or `bot`
    offset_minutes: int = 0

    @property
    def line(self) -> str:
        """The identity as in a trailer."""
        return f"{self.name} <{self.email}>"


@dataclass(frozen=True, slots=True)
class Touch:
    """What a commit does to one file: lines replaced, lines added, and lines that must read exactly so.

    Or `gone`: the file, or every file of a folder `path` that ends in a slash, is removed.
    """

    path: str
    replaced: int = 0
    added: int = 0
    lines: tuple[str, ...] = ()
    gone: bool = False


@dataclass(slots=True, eq=False)
class Commit:
    """One commit. `updates_from` is set on a merge into the change's branch: of the base, or of what it `brings`."""

    author: Identity
    authored_at: int
    committer: Identity
    committed_at: int
    message: str
    touches: tuple[Touch, ...] = ()
    updates_from: bool = False
    brings: Change | None = field(default=None, repr=False)
    mark: int = 0
    sha: str = ""
    parents: tuple[Commit, ...] = field(default=(), repr=False)  # else printing one commit prints all history


@dataclass(slots=True)
class Review:
    """One review; `dismissed_at` is when a later push made it void."""

    reviewer: Identity
    state: str  # APPROVED, CHANGES_REQUESTED or COMMENTED
    submitted_at: int
    dismissed_at: int | None = None


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """A pull request event, named as the forge names it.

    `ready_for_review`, `convert_to_draft`, `review_requested`, `review_dismissed`, `head_ref_force_pushed`, `closed` or
    `merged`.
    """

    kind: str
    at: int
    actor: Identity
    subject: Identity | None = None  # whose review was requested


@dataclass(slots=True, eq=False)
class Change:
    """A pull request, or a direct push (`number` is None then, and `commits` are what was pushed)."""

    repo: str
    kind: str  # pull_request, direct, revert, fix or release
    title: str
    author: Identity
    started_at: int
    builds_ai: bool
    built_with_ai: str  # agent, assisted, none or automation: what its marks say
    mark: str  # by which mark, or by which trap
    unmarked_ai: bool = False  # made with AI and nothing shows it
    initiative: str = ""
    sandboxed: bool = False  # touches nothing but notebooks and experiments
    number: int | None = None
    body: str = ""
    branch: str = ""
    labels: tuple[str, ...] = ()
    draft: bool = False
    opened_at: int = 0
    ready_at: int | None = 0
    merged_at: int | None = None
    abandoned_at: int | None = None
    merged_by: Identity | None = None
    style: str = ""  # how it lands, as `STYLES` names it
    lead: Change | None = None  # it lands with this one, by one and the same commit
    riders: list[Change] = field(default_factory=list)  # those that land with it
    stacked_on: Change | None = None  # its branch leaves from the branch of this one
    release: bool = False  # it only makes a release
    evaluation_hours: float = 0.0  # working hours that it holds back a release
    drawn_hours: dict[str, float] = field(default_factory=dict)  # what was drawn a stage, in working hours
    commits: list[Commit] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    timeline: list[TimelineEvent] = field(default_factory=list)
    reverts: Change | None = None
    is_fix: bool = False  # it repairs an earlier change: `repairs`, once it is written
    tangled: bool = False  # and changes other lines beside
    repairs: Change | None = None
    imports: tuple[str, ...] = ()  # initiatives that it starts to depend on
    position: int | None = None  # place on the main branch, counted in landings
    landing: list[Commit] = field(default_factory=list)  # on the main branch; the last one is the landing commit
    updated_at: int = 0
    additions: int = 0
    deletions: int = 0
    files: int = 0
    paths: frozenset[str] = frozenset()  # the files that it changes: what it landed, or of a merge what is its own

    @property
    def key(self) -> str:
        """`#12`, or `@<sha>` for what never was a pull request."""
        return f"#{self.number}" if self.number is not None else f"@{self.sha}"

    def merge_at(self, merged_at: int) -> None:
        """Merge it at another time than it was going to be, and what it brings with it."""
        moved = merged_at - (self.merged_at or merged_at)
        self.timeline = [
            replace(event, at=event.at + moved)
            if event.kind == "merged" or (event.kind == "closed" and self.way.closed)
            else event
            for event in self.timeline
        ]
        self.merged_at = merged_at
        for rider in self.riders:
            rider.merge_at(merged_at)

    @property
    def way(self) -> Style:
        """How it lands."""
        return STYLES[self.style]

    @property
    def own_commits(self) -> list[Commit]:
        """Its commits, without merges into its branch."""
        return [commit for commit in self.commits if not commit.updates_from]

    @property
    def closed_at(self) -> int | None:
        """When the forge calls it closed unmerged: abandoned, or landed by a script that closed it then."""
        events = (event.at for event in self.timeline if event.kind == "closed")
        return max(events, default=None) if self.way.closed else self.abandoned_at

    @property
    def sha(self) -> str:
        """The landing commit, empty while it has none."""
        return self.landing[-1].sha if self.landing else ""


@dataclass(slots=True, eq=False)
class CiRun:
    """One attempt of CI on one commit; `change` is what was built, on `branch` (`main`, or `head` for its own)."""

    run_id: int
    change: Change
    branch: str
    name: str
    attempt: int
    created_at: int
    started_at: int
    finished_at: int | None
    conclusion: str | None

    @property
    def sha(self) -> str:
        """The commit that was built."""
        if self.branch == "main":
            return self.change.sha
        return next(commit.sha for commit in reversed(self.change.commits) if not commit.updates_from)


@dataclass(frozen=True, slots=True)
class Status:
    """One status of a deployment: queued, waiting, in_progress, success, failure or inactive."""

    state: str
    at: int


@dataclass(slots=True, eq=False)
class Deployment:
    """One attempt to bring the main branch up to `change` (plus the cherry-picked `picks`) into an environment."""

    deployment_id: int
    environment: str
    change: Change
    created_at: int
    statuses: list[Status]
    version: str = ""
    rollback: bool = False
    picks: tuple[Change, ...] = ()
    commit: Commit | None = None  # what was deployed, where it is not the landing commit
    service: str = ""  # what of the repository, empty for the whole
    rollout: int = -1  # number of the roll-out of its service that it is a part of; -1 for a rollback or none
    moved_from: tuple[Change, int] | None = None  # its tag was first set there and then

    @property
    def production(self) -> bool:
        """Whether this is a production environment."""
        return self.environment.startswith("production")

    @property
    def sha(self) -> str:
        """The deployed commit."""
        return self.commit.sha if self.commit else self.change.sha

    @property
    def succeeded_at(self) -> int | None:
        """Its first success."""
        return next((status.at for status in self.statuses if status.state == "success"), None)

    def contains(self, change: Change) -> bool:
        """Whether the deployed commit contains the landing commit, or a cherry-pick of it."""
        if change.position is None or self.change.position is None:
            return False
        return change.position <= self.change.position or change in self.picks


@dataclass(slots=True)
class Repo:
    """One repository with its whole story; `landed` is its main branch in order, oldest first."""

    name: str
    team: str
    deploys: str  # manifests, records, tags, branch or none
    recorded: frozenset[str]  # the milestones that git and the events file hold
    reported: bool  # the events file knows its pull requests
    changes: list[Change] = field(default_factory=list)
    landed: list[Change] = field(default_factory=list)
    ci_runs: list[CiRun] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    builds: dict[str, Change] = field(default_factory=dict)  # version of each stored build, such as `v12`
    branches: dict[str, Commit] = field(default_factory=dict)  # tips, filled when the repository is written
    tags: dict[str, Commit] = field(default_factory=dict)
    forge: str = "github"  # or gitlab
    services: tuple[Part, ...] = ()
    regions: tuple[Region, ...] = ()
    stopped: bool = False  # it stopped to deploy long before the end

    @property
    def repo_id(self) -> str:
        """`github:acme/checkout`."""
        return f"{self.forge}:acme/{self.name}"

    @property
    def url(self) -> str:
        """Its web address."""
        return f"https://{self.forge}.com/acme/{self.name}"

    def pull_url(self, number: int) -> str:
        """The web address of a pull request."""
        return f"{self.url}/-/merge_requests/{number}" if self.forge == "gitlab" else f"{self.url}/pull/{number}"

    def head_ref(self, number: int) -> str:
        """The ref of the head of a pull request."""
        return f"refs/merge-requests/{number}/head" if self.forge == "gitlab" else f"refs/pull/{number}/head"

    def change_id(self, change: Change) -> str:
        """`github:acme/checkout#12`."""
        return self.repo_id + change.key


@dataclass(frozen=True, slots=True)
class Initiative:
    """A named body of AI work, tried out in the folder `sandbox` and moved to `product` if it ever gets there.

    `starts`, `moves` and `ends` are shares of the simulated time; an initiative without `moves` stays a pilot.
    Other code comes to depend on one that is `adopted`.
    """

    name: str
    repo: str
    sandbox: str
    product: str
    starts: float
    moves: float | None
    ends: float
    adopted: bool = False

    def folder(self, era: float) -> str:
        """Where work on it goes at this share of the simulated time."""
        moved = self.moves is not None and era >= self.moves
        return self.product if moved or not self.sandbox else self.sandbox


@dataclass(slots=True)
class Company:
    """The whole simulated company, as of `until`."""

    seed: int
    since: int
    until: int
    repos: list[Repo]
    initiatives: list[Initiative]

    def repo(self, name: str) -> Repo:
        """The repository of this name."""
        return next(repo for repo in self.repos if repo.name == name)
