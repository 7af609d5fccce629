"""The versions that the files of a GitOps repository named, step by step of its default branch.

A step is a commit of the first-parent chain, so a merge counts once, with all that it brings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from collectors.git.manifests.named import Reader, Slot
from collectors.git.manifests.patterns import ManifestPatterns
from collectors.git.manifests.state import Entry, Versions
from collectors.git.process.command import LOG, Git
from collectors.git.process.log import stretches
from collectors.git.process.objects import contents
from collectors.git.readers.commits import to_seconds

__all__ = ["ChainEnd", "Deployed", "Reading", "read_chain"]

_EPOCH = datetime(1970, 1, 1)
_REGULAR_MODES = ("100644", "100755")


class Deployed(NamedTuple):
    """A version of an application in an environment, from a step on; version None: it was taken away."""

    sha: str
    path: str
    environment: str
    application: str
    version: str | None
    changed_at: datetime
    position: int
    alone: bool
    """The step changes no other file than those that name versions, or trigger."""


@dataclass(frozen=True)
class ChainEnd:
    """Where the last reading ended, and the versions there by each of the readers: the next one goes on from it."""

    sha: str
    position: int
    versions: Sequence[Versions]

    def to_json(self) -> dict[str, Any]:
        """As plain lists, for the resume point."""
        return {"sha": self.sha, "position": self.position, "versions": [part.to_json() for part in self.versions]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(data["sha"], data["position"], [Versions.from_json(part) for part in data["versions"]])


class Reading(NamedTuple):
    """What a reading found. `rewritten`: it could not go on from where the last one ended, and began at the root."""

    deployed: list[Deployed]
    end: ChainEnd
    rewritten: bool


class _Step(NamedTuple):
    sha: str
    parent: str
    committed_at: datetime
    entries: tuple[Entry, ...]
    others: bool
    """It changes paths that no reader wants."""


def read_chain(
    git: Git, tip: str, manifests: Sequence[ManifestPatterns], *, id_length: int, before: ChainEnd | None = None
) -> Reading:
    """Read the first-parent chain of `tip` after `before`. PartialRead where file contents are missing.

    Without a trigger there is a row where a version changes, and one with None where it is removed. With one there is a
    row for each version whenever a path that matches the trigger changes, whether or not the version did.
    """
    readers = [Reader(patterns) for patterns in manifests]
    steps = list(_steps(git, tip, before, readers, id_length))
    if before and not _continues(steps, tip, before):
        return read_chain(git, tip, manifests, id_length=id_length)._replace(rewritten=True)
    wanted: dict[str, set[str]] = {}
    for step in steps:
        for entry in step.entries:
            if entry.blob and any(reader.place(entry.path) is not None for reader in readers):
                wanted.setdefault(entry.blob, set()).add(entry.path)
    named = [_Named(reader) for reader in readers]
    for oid, content in contents(git, wanted):
        for part in named:
            part.read(oid, wanted[oid], content)
    versions = list(before.versions) if before else [Versions() for _ in readers]
    first = before.position + 1 if before else 0
    rows = [row for position, step in enumerate(steps, first) for row in _apply(step, position, named, versions)]
    return Reading(rows, ChainEnd(tip, first + len(steps) - 1, versions), rewritten=False)


class _Named:
    """What the files of a stretch of the chain name, by one reader."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._names: dict[tuple[str, str], Mapping[Slot, str]] = {}

    def read(self, oid: str, paths: set[str], content: bytes) -> None:
        for path in paths:
            if names := self.reader.names(path, content):
                self._names[path, oid] = names

    def of(self, entry: Entry) -> Mapping[Slot, str]:
        return self._names.get((entry.path, entry.blob), {}) if entry.blob else {}


def _apply(step: _Step, position: int, named: Sequence[_Named], versions: Sequence[Versions]) -> Iterator[Deployed]:
    """Take in a step; what it deployed, by each reader in order of environment and application."""
    rows: dict[Slot, Deployed] = {}
    telling: set[str] = set()
    for part, state in zip(named, versions, strict=True):
        demands = [demand for entry in step.entries if (demand := part.reader.demand(entry.path)) is not None]
        telling.update(entry.path for entry in step.entries if part.reader.demand(entry.path) is not None)
        changes = [(entry.path, part.of(entry)) for entry in step.entries if part.reader.place(entry.path) is not None]
        telling.update(path for path, names in changes if names or state.names_something(path))
        for slot, path, version in state.apply(changes, demands if part.reader.has_trigger else None):
            row = Deployed(step.sha, path, *slot, version, step.committed_at, position, alone=False)
            rows.setdefault(slot, row)  # what two readers say of one slot is said once, by the first
    alone = not step.others and all(entry.path in telling for entry in step.entries)
    yield from (row._replace(alone=alone) for row in rows.values())


def _steps(git: Git, tip: str, before: ChainEnd | None, readers: Sequence[Reader], id_length: int) -> Iterator[_Step]:
    """The chain in order, each step with the paths that matter; symlinks and submodules name nothing."""
    options = ("-z", "--raw", "--no-renames", "--first-parent", "--diff-merges=first-parent", "--reverse")
    chosen = f"{tip}\n^{before.sha}\n" if before else f"{tip}\n"
    with git.stream(
        *LOG, *options, "--format=%H%x00%P%x00%ct", "--ignore-missing", "--stdin", stdin=chosen.encode()
    ) as log:
        for stretch in stretches(log, fields=3, id_length=id_length):
            changed: list[list[Entry]] = [[] for _ in stretch.heads]
            others = [False] * len(changed)
            metas, paths = stretch.metas().to_pylist(), stretch.paths().to_pylist()
            for owner, meta, path in zip(stretch.owners.tolist(), metas, paths, strict=True):
                if any(reader.wants(path) for reader in readers):
                    changed[owner].append(Entry(path, _blob(meta)))
                else:
                    others[owner] = True
            shas, parents = stretch.field(0).to_pylist(), stretch.field(1).to_pylist()
            for sha, parent, second, entries, other in zip(
                shas, parents, to_seconds(stretch.field(2)).tolist(), changed, others, strict=True
            ):
                at = _EPOCH + timedelta(seconds=second)
                yield _Step(sha, parent.partition(" ")[0], at, tuple(entries), other)


def _continues(steps: Sequence[_Step], tip: str, before: ChainEnd) -> bool:
    """Whether the steps begin where the last reading ended. Git may list too much, or another way through a merge."""
    return steps[0].parent == before.sha if steps else tip == before.sha


def _blob(meta: str) -> str | None:
    _, mode, _, blob, status = meta.split(" ")
    return blob if status != "D" and mode in _REGULAR_MODES else None
