"""The resume point of a repository: plain data that the warehouse stores between runs."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any, TypeVar, get_type_hints

from collectors.github.readers.change_cursor import ChangeCursor

__all__ = ["Deployments", "History", "Pulls", "Releases", "Resume", "Runs", "Tags"]

_VERSION = 1
T = TypeVar("T")


@dataclass
class Pulls:
    """Pull requests: a first reading of all of them, oldest first; then of those that change."""

    cursor: str | None = None
    """Where the first reading resumes."""
    began_at: str = ""
    """When the first reading began."""
    done: bool = False
    """Whether the first reading is complete."""
    seen: int = 0
    """How many the first reading has read, to compare with GitHub's count."""
    known_at: str = ""
    """The time up to which they are complete."""
    edge: ChangeCursor = field(default_factory=ChangeCursor)
    owed: dict[str, list[Any]] = field(default_factory=dict)
    """Pull requests whose lists are not complete yet: node id, then number and time of creation."""
    unreadable: dict[str, int] = field(default_factory=dict)
    """Pull requests that GitHub could not return: node id and number."""
    open_cursor: str | None = None
    """Open pull requests are checked in turns; where the next turn resumes."""
    turn_from: str = ""
    """How far changes were read when this turn through the open ones began."""
    last_turn_from: str = ""
    """The same for the turn before: what is checked now was last checked after that."""


@dataclass
class Deployments:
    """Deployments: read as pull requests are."""

    cursor: str | None = None
    began_at: str = ""
    done: bool = False
    known_at: str = ""
    edge: ChangeCursor = field(default_factory=ChangeCursor)
    unfinished: dict[str, list[str]] = field(default_factory=dict)
    """Deployments that have not ended: node id, then their id and time of creation."""
    production: dict[str, bool] = field(default_factory=dict)
    """Environments that GitHub marks as production."""
    unreadable: list[str] = field(default_factory=list)
    """Deployments that GitHub could not return."""


@dataclass
class Releases:
    """Releases: every run checks the newest."""

    known_at: str = ""
    newest: dict[str, list[str]] = field(default_factory=dict)
    """The newest ones: id, time of creation and a digest of their row."""


@dataclass
class Runs:
    """Workflow runs: read from one time of creation to another, in windows of time."""

    options: str = ""
    """The options that decide which jobs are read: when they change, everything is read again."""
    known_at: str = ""
    etag: str = ""
    """ETag of the newest page when everything up to it had been read."""
    reached: str = ""
    """Runs created before this have been read, as far as this walk needs them."""
    goal: str = ""
    """The walk ends here; empty between walks."""
    since: str = ""
    """Only runs that changed after this are new."""
    next_since: str = ""
    """`since` of the walk after this one."""
    window: list[str] = field(default_factory=list)
    """First and last second of the current window."""
    page: int = 1
    skip: int = 0
    """How many runs of that page have been read."""
    seen: int = 0
    """How many runs of the window have been read, to compare with GitHub's count."""
    total: int = 0
    """GitHub's count when the window was begun."""
    again: int = 0
    """How often the window was restarted."""
    unfinished: dict[str, str] = field(default_factory=dict)
    """Runs that have not ended: id and time of creation."""


@dataclass
class History:
    """The commit graph of the default branch: a first reading of all of it, newest first; then of what was added."""

    tip: str = ""
    """The commit from which the first reading starts."""
    cursor: str | None = None
    """Where the first reading resumes."""
    done: bool = False
    known_at: str = ""
    tips: list[str] = field(default_factory=list)
    """Former tips of the branch, the newest last; all their ancestors have been read."""
    branch: str = ""
    """The name of the branch in its last row."""


@dataclass
class Tags:
    """Tags: every run checks those of the newest commits."""

    count: int | None = None
    """How many there were; None before the first reading."""
    newest: dict[str, str] = field(default_factory=dict)
    """Tags of the newest commits: name, and the commit of each."""
    objects: bool = False
    """Whether they were read with the ids of their objects, as of this version."""


@dataclass
class Resume:
    """What a run needs from the run before; empty before the first."""

    node_id: str = ""
    database_id: int | None = None
    """GitHub's ids of the repository, which a rename does not change."""
    repo_id: str = ""
    """The id in our rows: the name under which it was first collected."""
    complete_at: str = ""
    """The time up to which everything was complete at the end of a run."""
    repository: dict[str, Any] = field(default_factory=dict)
    """The repository's row, without its time of collection."""
    environments: dict[str, Any] = field(default_factory=dict)
    """Each environment's row, without its time of collection."""
    denied: dict[str, str] = field(default_factory=dict)
    """Parts that this token may not read, and when each was last tried."""
    notices: dict[str, int] = field(default_factory=dict)
    """Each notice and its count."""
    pulls: Pulls = field(default_factory=Pulls)
    deployments: Deployments = field(default_factory=Deployments)
    releases: Releases = field(default_factory=Releases)
    runs: Runs = field(default_factory=Runs)
    history: History = field(default_factory=History)
    tags: Tags = field(default_factory=Tags)

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Resume:
        """Read what `to_json` wrote; anything else counts as no earlier run."""
        if not data or data.get("version") != _VERSION:
            return cls()
        return _from_data(cls, deepcopy(dict(data)))  # what a run does to it counts with its checkpoint alone

    def to_json(self) -> dict[str, Any]:
        """Return plain data: dictionaries, lists, text, numbers."""
        return {"version": _VERSION, **asdict(self)}

    def anew(self) -> Resume:
        """Return the state for a full run: it retains the identity, the time of completeness and the notices."""
        return Resume(
            node_id=self.node_id,
            database_id=self.database_id,
            repo_id=self.repo_id,
            complete_at=self.complete_at,
            notices=self.notices,
        )


def _from_data(cls: type[T], data: Mapping[str, Any]) -> T:
    """Build an object from plain data: ignore unknown fields, use defaults for missing ones."""
    hints = get_type_hints(cls)
    values = {}
    for spec in fields(cls):  # type: ignore[arg-type]  # a dataclass, here and below
        if spec.name in data:
            inner: Any = hints[spec.name]
            values[spec.name] = (
                _from_data(inner, data[spec.name])
                if isinstance(inner, type) and is_dataclass(inner)
                else data[spec.name]
            )
    return cls(**values)
