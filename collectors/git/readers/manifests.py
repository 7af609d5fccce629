"""What a GitOps manifests repository deployed: the versions that its files named, step by step of its default branch.

A step is a commit of the first-parent chain, so a merge counts once, with all that it brings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, Self

from collectors.git.process.command import LOG, Git
from collectors.git.process.log import stretches
from collectors.git.process.objects import contents
from collectors.git.readers.commits import to_seconds
from collectors.git.repository.source import ManifestPatterns

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


class _Slot(NamedTuple):
    """What can have a version."""

    environment: str
    application: str


class _Version(NamedTuple):
    """The version of a slot: the file that names it, what that says, and what was deployed last."""

    path: str
    named: str | None
    deployed: str | None


@dataclass(frozen=True)
class ChainEnd:
    """Where the last reading ended, and the versions there: the next one goes on from it."""

    sha: str
    position: int
    versions: Mapping[_Slot, _Version]

    def to_json(self) -> dict[str, Any]:
        """As plain lists, for the resume point."""
        rows = [[*slot, *version] for slot, version in sorted(self.versions.items())]
        return {"sha": self.sha, "position": self.position, "versions": rows}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        versions = {_Slot(row[0], row[1]): _Version(*row[2:]) for row in data["versions"]}
        return cls(data["sha"], data["position"], versions)


class Reading(NamedTuple):
    """What a reading found. `rewritten`: it could not go on from where the last one ended, and began at the root."""

    deployed: list[Deployed]
    end: ChainEnd
    rewritten: bool


class _Entry(NamedTuple):
    """A path changed by a step; no blob where the file is gone."""

    path: str
    blob: str | None


class _Step(NamedTuple):
    sha: str
    parent: str
    committed_at: datetime
    entries: tuple[_Entry, ...]


def read_chain(
    git: Git, tip: str, patterns: ManifestPatterns, *, id_length: int, before: ChainEnd | None = None
) -> Reading:
    """Read the first-parent chain of `tip` after `before`. PartialRead where file contents are missing.

    Without a trigger there is a row where a version changes, and one with None where it is removed. With one there is a
    row for each version whenever a path that matches the trigger changes, whether or not the version did.
    """
    filters = _Wanted(patterns)
    steps = list(_steps(git, tip, before, filters, id_length))
    if before and not _continues(steps, tip, before):
        return read_chain(git, tip, patterns, id_length=id_length)._replace(rewritten=True)
    blobs = {entry.blob for step in steps for entry in step.entries if entry.blob and filters.slot(entry.path)}
    said = {oid: filters.version(content) for oid, content in contents(git, blobs)}
    state = _State(filters, said, dict(before.versions) if before else {})
    first = before.position + 1 if before else 0
    rows = [row for position, step in enumerate(steps, first) for row in state.apply(position, step)]
    return Reading(rows, ChainEnd(tip, first + len(steps) - 1, state.versions), rewritten=False)


def _steps(git: Git, tip: str, before: ChainEnd | None, filters: _Wanted, id_length: int) -> Iterator[_Step]:
    """The chain in order, each step with the paths that matter; symlinks and submodules name nothing."""
    options = ("-z", "--raw", "--no-renames", "--first-parent", "--diff-merges=first-parent", "--reverse")
    chosen = f"{tip}\n^{before.sha}\n" if before else f"{tip}\n"
    with git.stream(
        *LOG, *options, "--format=%H%x00%P%x00%ct", "--ignore-missing", "--stdin", stdin=chosen.encode()
    ) as log:
        for stretch in stretches(log, fields=3, id_length=id_length):
            changed: list[list[_Entry]] = [[] for _ in stretch.heads]
            metas, paths = stretch.metas().to_pylist(), stretch.paths().to_pylist()
            for owner, meta, path in zip(stretch.owners.tolist(), metas, paths, strict=True):
                if filters.either(path):
                    changed[owner].append(_Entry(path, _blob(meta)))
            shas, parents = stretch.field(0).to_pylist(), stretch.field(1).to_pylist()
            for sha, parent, second, entries in zip(
                shas, parents, to_seconds(stretch.field(2)).tolist(), changed, strict=True
            ):
                yield _Step(sha, parent.partition(" ")[0], _EPOCH + timedelta(seconds=second), tuple(entries))


def _continues(steps: Sequence[_Step], tip: str, before: ChainEnd) -> bool:
    """Whether the steps begin where the last reading ended. Git may list too much, or another way through a merge."""
    return steps[0].parent == before.sha if steps else tip == before.sha


def _blob(meta: str) -> str | None:
    _, mode, _, blob, status = meta.split(" ")
    return blob if status != "D" and mode in _REGULAR_MODES else None


class _Wanted:
    """Which paths count, and for what. Few paths change again and again, so what a path means is worked out once."""

    def __init__(self, patterns: ManifestPatterns) -> None:
        self._path = re.compile(patterns.path)
        self._version = re.compile(patterns.version, re.MULTILINE)
        self._trigger = re.compile(patterns.trigger) if patterns.trigger else None
        self._application = patterns.application
        self.has_trigger = self._trigger is not None
        self.slot = cache(self._slot)
        self.demand = cache(self._demand)
        self.either = cache(lambda path: self.slot(path) is not None or self.demand(path) is not None)

    def version(self, content: bytes) -> str | None:
        """What a file says; None if it says nothing."""
        match = self._version.search(content.decode("utf-8", "replace"))
        return match["version"] if match else None

    def _slot(self, path: str) -> _Slot | None:
        """What a file names the version of."""
        match = self._path.search(path)
        if match is None:
            return None
        groups = match.groupdict()
        return _Slot(groups["environment"] or "", groups.get("application") or self._application)

    def _demand(self, path: str) -> Mapping[str, str] | None:
        """Of a path that triggers, what a slot must be to be deployed; None for any other path."""
        match = self._trigger.search(path) if self._trigger else None
        if match is None:
            return None
        return {name: value for name, value in match.groupdict().items() if value is not None and name in _Slot._fields}


@dataclass
class _State:
    """The versions after each step."""

    wanted: _Wanted
    said: Mapping[str, str | None]
    """What each blob says."""
    versions: dict[_Slot, _Version] = field(default_factory=dict)

    def apply(self, position: int, step: _Step) -> Iterator[Deployed]:
        """Take in a step; what it deployed, in order of environment and application."""
        touched = set()
        # Removals first: a file that moved within its slot is not gone.
        for entry in sorted(step.entries, key=lambda entry: (entry.blob is not None, entry.path)):
            if slot := self.wanted.slot(entry.path):
                self._name(slot, entry)
                touched.add(slot)
        for slot in sorted(self._due(step) if self.wanted.has_trigger else touched):
            now = self.versions.get(slot)
            if now and (now.named != now.deployed or (self.wanted.has_trigger and now.named is not None)):
                self.versions[slot] = now._replace(deployed=now.named)
                yield Deployed(step.sha, now.path, *slot, now.named, step.committed_at, position)

    def _name(self, slot: _Slot, entry: _Entry) -> None:
        before = self.versions.get(slot)
        if entry.blob is not None:
            self.versions[slot] = _Version(entry.path, self.said[entry.blob], before.deployed if before else None)
        elif before and before.path == entry.path:
            self.versions[slot] = before._replace(named=None)

    def _due(self, step: _Step) -> set[_Slot]:
        """What the step's triggers deploy."""
        demands = [demand for entry in step.entries if (demand := self.wanted.demand(entry.path)) is not None]
        return {
            slot
            for slot in (self.versions if demands else ())
            if any(all(getattr(slot, name) == value for name, value in demand.items()) for demand in demands)
        }
