"""Where the last run stood: plain data that the warehouse keeps and hands back."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any, TypeVar, get_type_hints

from collectors.github.readers.change_cursor import Edge

__all__ = ["Deployments", "History", "Pulls", "Releases", "Resume", "Runs", "Tags"]

_VERSION = 1
T = TypeVar("T")


@dataclass
class Pulls:
    """Pull requests: first all of them, oldest first; then what changes."""

    cursor: str | None = None
    """After which the first reading goes on."""
    began_at: str = ""
    """When the first reading began."""
    done: bool = False
    """The first reading has come to its end."""
    seen: int = 0
    """How many the first reading has come by, to hold against GitHub's count."""
    known_at: str = ""
    """The time up to which they are known completely."""
    edge: Edge = field(default_factory=Edge)
    owed: dict[str, list[Any]] = field(default_factory=dict)
    """Passed and not yet in, for one of their lists goes on: node id, then number and time of creation."""
    unreadable: dict[str, int] = field(default_factory=dict)
    """Those that GitHub could not give us: node id and number."""
    open_cursor: str | None = None
    """Open ones are looked at in turns; here the next turn goes on."""
    turn_from: str = ""
    """How far changes were known when this turn through the open ones began."""
    last_turn_from: str = ""
    """And when the one before it began: what is looked at now was last looked at after that."""


@dataclass
class Deployments:
    """Deployments: likewise."""

    cursor: str | None = None
    began_at: str = ""
    done: bool = False
    known_at: str = ""
    edge: Edge = field(default_factory=Edge)
    unfinished: dict[str, list[str]] = field(default_factory=dict)
    """Those of which more is to come: node id, then their id and time of creation."""
    production: dict[str, bool] = field(default_factory=dict)
    """Environments that GitHub calls production."""
    unreadable: list[str] = field(default_factory=list)
    """Those that GitHub could not give us."""


@dataclass
class Releases:
    """Releases: the newest are seen every night."""

    known_at: str = ""
    newest: dict[str, list[str]] = field(default_factory=dict)
    """The newest ones: id, time of creation and a digest of their row."""


@dataclass
class Runs:
    """Workflow runs: read from one time of creation to another, a window after the other."""

    options: str = ""
    """What decides which jobs are read: with other options all is read again."""
    known_at: str = ""
    etag: str = ""
    """Of the newest page, when everything up to it was in."""
    reached: str = ""
    """Runs created before this are in, as far as this walk wants them."""
    goal: str = ""
    """The walk ends here; empty between walks."""
    since: str = ""
    """Only runs that changed after this are news."""
    next_since: str = ""
    """`since` of the walk after this one."""
    window: list[str] = field(default_factory=list)
    """First and last second of the window that is being read."""
    page: int = 1
    skip: int = 0
    """Runs of that page that are in."""
    seen: int = 0
    """Runs of the window seen so far, to hold against GitHub's count."""
    total: int = 0
    """GitHub's count when the window was begun."""
    again: int = 0
    """How often the window was begun again."""
    unfinished: dict[str, str] = field(default_factory=dict)
    """Those of which more is to come: id and time of creation."""


@dataclass
class History:
    """The commit graph of the default branch: first all of it, newest first; then what was added."""

    tip: str = ""
    """From which the first reading goes."""
    cursor: str | None = None
    """After which it goes on."""
    done: bool = False
    known_at: str = ""
    tips: list[str] = field(default_factory=list)
    """Where the branch led; all that can be reached from there is in. The newest last."""
    branch: str = ""
    """The name of the branch when that was last told."""


@dataclass
class Tags:
    """Tags: those of the newest commits are seen every night."""

    count: int | None = None
    """How many there were; None before the first reading."""
    newest: dict[str, str] = field(default_factory=dict)
    """Those of the newest commits: name, and where each leads."""


@dataclass
class Resume:
    """What a run must know of the one before; empty before the first."""

    node_id: str = ""
    database_id: int | None = None
    """GitHub's ids of the repository, which it keeps under every name."""
    repo_id: str = ""
    """The id in our rows: the name under which it was first collected."""
    complete_at: str = ""
    """The time up to which everything was known completely at the end of a run."""
    repository: dict[str, Any] = field(default_factory=dict)
    """The repository's row, without its time."""
    environments: dict[str, Any] = field(default_factory=dict)
    """Each environment's row, likewise."""
    denied: dict[str, str] = field(default_factory=dict)
    """Parts that this token may not read, and when that was last tried."""
    notices: dict[str, int] = field(default_factory=dict)
    """Each notice and its count."""
    pulls: Pulls = field(default_factory=Pulls)
    deployments: Deployments = field(default_factory=Deployments)
    releases: Releases = field(default_factory=Releases)
    runs: Runs = field(default_factory=Runs)
    history: History = field(default_factory=History)
    tags: Tags = field(default_factory=Tags)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | None) -> Resume:
        """What `to_json` gave; anything else counts as no earlier run."""
        if not kept or kept.get("version") != _VERSION:
            return cls()
        return _made(cls, deepcopy(dict(kept)))  # what a run does to it counts with its checkpoint alone

    def to_json(self) -> dict[str, Any]:
        """Plain data: dictionaries, lists, text, numbers."""
        return {"version": _VERSION, **asdict(self)}

    def anew(self) -> Resume:
        """For a reading of everything: who it is stays known, and how far reports may speak."""
        return Resume(
            node_id=self.node_id,
            database_id=self.database_id,
            repo_id=self.repo_id,
            complete_at=self.complete_at,
            notices=self.notices,
        )


def _made(cls: type[T], kept: Mapping[str, Any]) -> T:
    """An object from plain data: unknown fields left out, missing ones as they are at first."""
    hints = get_type_hints(cls)
    values = {}
    for spec in fields(cls):  # type: ignore[arg-type]  # a dataclass, here and below
        if spec.name in kept:
            inner: Any = hints[spec.name]
            values[spec.name] = (
                _made(inner, kept[spec.name]) if isinstance(inner, type) and is_dataclass(inner) else kept[spec.name]
            )
    return cls(**values)
