"""The versions of a GitOps repository after each step, by one reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from collectors.git.manifests.named import Slot

__all__ = ["Entry", "Versions"]


class Entry(NamedTuple):
    """A path changed by a step; no blob where the file is gone."""

    path: str
    blob: str | None


class _Version(NamedTuple):
    """The version of a slot: the file that names it, what that says, and what was deployed last."""

    path: str
    named: str | None
    deployed: str | None


@dataclass
class Versions:
    """What is named where. Several files may name one slot: the one counts that changed it last."""

    slots: dict[Slot, _Version] = field(default_factory=dict)
    files: dict[str, Mapping[Slot, str]] = field(default_factory=dict)
    """What each file names, of the files that name anything."""

    def to_json(self) -> dict[str, Any]:
        """As plain lists."""
        files = [
            [path, *slot, version] for path, named in sorted(self.files.items()) for slot, version in named.items()
        ]
        return {"slots": [[*slot, *version] for slot, version in sorted(self.slots.items())], "files": files}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        files: dict[str, dict[Slot, str]] = {}
        for path, environment, application, version in data["files"]:
            files.setdefault(path, {})[Slot(environment, application)] = version
        return cls({Slot(*row[:2]): _Version(*row[2:]) for row in data["slots"]}, dict(files))

    def names_something(self, path: str) -> bool:
        """Whether a file names a version now."""
        return path in self.files

    def conflicts(self) -> list[str]:
        """Slots to which several files give different versions, as text: which one is deployed cannot be known."""
        versions: dict[Slot, set[str]] = {}
        for named in self.files.values():
            for slot, version in named.items():
                versions.setdefault(slot, set()).add(version)
        return ["/".join(filter(None, slot)) for slot, found in sorted(versions.items()) if len(found) > 1]

    def apply(
        self, changes: Iterable[tuple[str, Mapping[Slot, str]]], demands: Sequence[Mapping[str, str]] | None
    ) -> Iterator[tuple[Slot, str, str | None]]:
        """Take in what changed files name now; each slot that is deployed, in order, with its file and version.

        `demands` are those of the triggers that changed, None where no trigger is set: then a new version is deployed.
        """
        touched: set[Slot] = set()
        # Removals first: a file that moved within its slot is not gone.
        for path, named in sorted(changes, key=lambda change: (bool(change[1]), change[0])):
            touched |= self._name(path, named, keep=demands is None)
        for slot in sorted(touched if demands is None else self._due(demands)):
            now = self.slots.get(slot)
            if now and (now.named != now.deployed or (demands is not None and now.named is not None)):
                self.slots[slot] = now._replace(deployed=now.named)
                yield slot, now.path, now.named

    def _name(self, path: str, named: Mapping[Slot, str], *, keep: bool) -> set[Slot]:
        """The file names other versions now; the slots for which that may mean something."""
        before = self.files.pop(path, {})
        if named:
            self.files[path] = named
        for slot in before.keys() - named.keys():
            self._lose(slot, path, keep=keep)
        for slot, version in named.items():
            now = self.slots.get(slot)
            if now is None or now.named is None or before.get(slot) != version:
                self.slots[slot] = _Version(path, version, now.deployed if now else None)
        return {*before, *named}

    def _lose(self, slot: Slot, path: str, *, keep: bool) -> None:
        """A file names a slot no longer: another file that does goes on, and that is no deployment."""
        now = self.slots[slot]
        if now.path != path:
            return
        others = ((other, named[slot]) for other, named in sorted(self.files.items()) if slot in named)
        other, version = next(others, (path, None))
        deployed = version if keep and version is not None else now.deployed
        self.slots[slot] = _Version(other, version, deployed)

    def _due(self, demands: Sequence[Mapping[str, str]]) -> set[Slot]:
        """What the step's triggers deploy."""
        return {
            slot
            for slot in (self.slots if demands else ())
            if any(all(getattr(slot, name) == value for name, value in demand.items()) for demand in demands)
        }
