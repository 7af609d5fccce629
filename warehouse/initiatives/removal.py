"""Whether an initiative's code is still there, and which change took out the last of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from warehouse.initiatives.rules import InitiativeRules

__all__ = ["Ends", "Step"]


_MOST = 0.5


class Step(NamedTuple):
    """What a landed change did to a path, as Git's letter; `old_path` is where it was before a rename, else empty."""

    change_id: str
    path: str
    old_path: str
    status: str

    @property
    def deleted(self) -> bool:
        """Whether the path was taken out."""
        return self.status == "D"


class Ends:
    """What became of each path of a repository, from its steps in the order in which they landed.

    Of steps at one time those that delete come first: in doubt a file still exists. Git reports a file that moved
    unchanged as a rename; one that was edited on the way as a deletion and an addition.
    """

    def __init__(self, steps: Iterable[Step]) -> None:
        self._gone: dict[str, tuple[int, str]] = {}
        self._moved: dict[str, str] = {}
        self._there: set[str] = set()
        self._came: dict[tuple[str, str], list[str]] = {}
        for number, step in enumerate(steps):
            for path in (step.old_path, step.path if step.deleted else ""):
                if path:
                    self._there.discard(path)
                    self._gone[path] = (number, step.change_id)
            if step.old_path:
                self._moved[step.old_path] = step.path
            if step.status == "A":
                self._came.setdefault((step.change_id, _ending(step.path)), []).append(step.path)
            if not step.deleted:
                self._there.add(step.path)
                self._moved.pop(step.path, None)

    def removed_by(self, owns: Callable[[str], bool]) -> str | None:
        """The change that took out the last code that is owned; None while some is there, here or under another name.

        Tests are not looked at: what only tests are left of is gone. Nor is it claimed where the last of the code, or
        half of it, may have moved: where the change that took it out brought files of that kind elsewhere.
        """
        if any(owns(path) and not InitiativeRules.test(path) for path in self._there):
            return None
        own_paths = [path for path in self._gone if owns(path) and not InitiativeRules.test(path)]
        if not own_paths or any(self._lives(path) for path in own_paths):
            return None
        moved = {path for path in own_paths if self._may_have_moved(path, owns)}
        last = max(own_paths, key=lambda path: (self._gone[path], path))
        return None if last in moved or len(moved) > _MOST * len(own_paths) else self._gone[last][1]

    def _may_have_moved(self, path: str, owns: Callable[[str], bool]) -> bool:
        came = self._came.get((self._gone[path][1], _ending(path)), ())
        return any(not owns(other) and not InitiativeRules.test(other) for other in came)

    def _lives(self, path: str) -> bool:
        passed = set()
        while path not in self._there and path in self._moved and path not in passed:
            passed.add(path)
            path = self._moved[path]
        return path in self._there


def _ending(path: str) -> str:
    return path[path.rfind(".") :]
