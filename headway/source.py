"""What a kind of source is, and a source: each collector package declares its own kind in `source_kind.py`."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from headway.progress import Progress
from headway.settings import Settings, SourceSettings

if TYPE_CHECKING:  # for every command loads this, and few need Arrow
    from headway.raw_tables import Checkpoint, Rows

__all__ = [
    "Access",
    "Check",
    "Collect",
    "Context",
    "Places",
    "Preview",
    "PreviewedRepository",
    "Resumes",
    "Shard",
    "Source",
    "SourceKind",
    "TraceRepairs",
    "Waiting",
]

Resumes = Mapping[str, Mapping[str, Any]]
"""The last resume point of each source that was collected, by the id of the source."""


class Waiting(Protocol):
    """The passing of time, from outside: a test lets it pass at once."""

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""

    def now(self) -> datetime:
        """The moment, naive UTC."""


@dataclass(frozen=True)
class Access:
    """What it takes to contact another system: an environment with secrets, and time to wait in."""

    environment: Mapping[str, str]
    waiting: Waiting


class Collect(Protocol):
    """Read a source from its resume point, or in full; `at` is when the run began."""

    def __call__(
        self, resume: Mapping[str, Any] | None, *, full: bool, at: datetime, progress: Progress
    ) -> Iterator[Rows | Checkpoint]:
        """Rows and checkpoints, in the order in which they belong together."""


class TraceRepairs(Protocol):
    """Trace the lines that fixes of a repository repair, and measure commits; `at` is when the run began."""

    def __call__(
        self,
        repo_id: str,
        fixes: Sequence[tuple[str, str]],
        commits: Sequence[str],
        *,
        at: datetime,
        progress: Progress,
    ) -> Iterator[Rows | Checkpoint]:
        """Rows and checkpoints; a fix is the commit that landed it and the one before."""


class PreviewedRepository(NamedTuple):
    """What a source would bring of one repository.

    `environments`: name, deployments, of them succeeded, first and last time, a line that reports one, and their flags
    for production. `others`: rows of other kinds, by table.
    """

    repo_id: str
    environments: tuple[tuple[str, int, int, datetime | None, datetime | None, int, frozenset[bool]], ...]
    others: tuple[tuple[str, int], ...]


class Preview(NamedTuple):
    """What a source would bring: lines, those that it would reject with the reasons, notes, repositories."""

    lines: int
    rejected: tuple[tuple[int, str], ...]
    rejected_lines: int
    notes: tuple[str, ...]
    repositories: tuple[PreviewedRepository, ...]


@dataclass(frozen=True)
class Source:
    """Something to collect: a stable id, a label for messages, the team that owns it, and how to read it."""

    id: str
    label: str
    team: str
    collect: Collect
    trace_repairs: TraceRepairs | None = None
    """None where a source has no contents in which repairs can be traced."""
    preview: Callable[[datetime], Preview] | None = None
    """What it would bring at a time, without a word written; None where only reading it for good shows that."""


@dataclass(frozen=True)
class Shard:
    """One of several parts of the sources, for collectors on several hosts: `number` of `count`, from 1.

    A source is in one part, by a digest of its id: the same on every host and day.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `2/8`. Raises ValueError."""
        number, _, count = text.partition("/")
        shard = cls(int(number), int(count))
        if not 1 <= shard.number <= shard.count:
            raise ValueError(text)
        return shard

    def has(self, source_id: str) -> bool:
        """Whether a source is in this part."""
        digest = hashlib.sha256(source_id.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number - 1


@dataclass(frozen=True)
class Check:
    """One thing that `headway doctor` looked at."""

    ok: bool
    what: str
    hint: str = ""


@dataclass(frozen=True)
class Context:
    """What a kind of source works with.

    `access` None: no other system may be contacted. `resumes` returns the resume points of all sources of the kind.
    """

    settings: Settings
    access: Access | None
    resumes: Callable[[], Resumes]


class Places:
    """The ids of sources that lie in folders: a source keeps its id where its folder or its warehouse is moved.

    The id is the place where it was first read, behind the prefix of its kind; the place where it was read last is
    in its resume point (`place`).
    """

    def __init__(self, prefix: str, resumes: Callable[[], Resumes], settled: Callable[[], Iterable[str]]) -> None:
        """`settled`: the places that the settings name; what lies there is nothing else's."""
        self._prefix = prefix
        self._resumes = resumes
        self._settled = settled
        self._taken: dict[str, str] = {}

    def id_of(self, place: str, recognises: Callable[[Mapping[str, Any]], bool]) -> str:
        """The id of the source at a place.

        It is that of the source that was read there last; else that of one that was read elsewhere, if the settings
        do not name that place and `recognises` finds in its resume point what lies here; else a new one.
        """
        if place not in self._taken:
            self._taken[place] = self._known(place) or self._moved(place, recognises) or self._new(place)
        return self._taken[place]

    def _place(self, id_: str, resume: Mapping[str, Any]) -> str:
        return str(resume.get("place") or id_.removeprefix(self._prefix))

    def _known(self, place: str) -> str | None:
        free = (id_ for id_ in self._resumes() if id_ not in self._taken.values())
        return next((id_ for id_ in free if self._place(id_, self._resumes()[id_]) == place), None)

    def _moved(self, place: str, recognises: Callable[[Mapping[str, Any]], bool]) -> str | None:
        settled = {one for one in self._settled() if one != place}
        for id_, resume in reversed(list(self._resumes().items())):
            lay_at = self._place(id_, resume)
            if id_ not in self._taken.values() and lay_at not in settled and recognises(resume):
                return id_
        return None

    def _new(self, place: str) -> str:
        used = {*self._resumes(), *self._taken.values()}
        name = f"{self._prefix}{place}"
        return name if name not in used else next(f"{name}~{n}" for n in count(2) if f"{name}~{n}" not in used)


class SourceKind(ABC):
    """A kind of source, made once for all targets of a run."""

    prefix: ClassVar[str]
    """How its targets begin, as `github:`; empty for the one kind that takes every other target."""
    id_prefix: ClassVar[str]
    """How the ids of its sources begin."""
    targets: ClassVar[tuple[str, ...]]
    """What its targets look like, for messages."""
    secrets: ClassVar[tuple[str, ...]] = ()
    """Variables of the environment with its secrets; its section of the settings names them too."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @abstractmethod
    def sources(self, source: SourceSettings, *, base: Path) -> Iterable[Source]:
        """The sources of one target; a path in it is relative to `base`. UsageError for a target that cannot be one."""

    def identity(self, source: SourceSettings, *, base: Path) -> str:
        """The same text for two targets that are spelled differently and mean one source."""
        del base
        return source.target

    def repositories(self, source: SourceSettings, *, base: Path) -> Iterable[str] | None:
        """The ids of the repositories that a target brings, as far as they show before it is read; None if unknown."""
        del source, base
        return None

    @staticmethod
    def requirements(environment: Mapping[str, str]) -> Iterable[Check]:
        """What `headway doctor` checks of the machine, whatever the settings are."""
        del environment
        return ()

    def checks(self, environment: Mapping[str, str], now: datetime) -> Iterable[Check]:
        """What `headway doctor` checks with the settings, before anything is collected."""
        del environment, now
        return ()

    @staticmethod
    def is_ambiguous(repo_id: str) -> bool:
        """Whether two sources may give the same id to different repositories."""
        del repo_id
        return False
