"""What depends on an initiative: code outside of it that imports it, here or elsewhere, and whether it still does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from warehouse.initiatives.membership import Initiative
from warehouse.initiatives.resolving import Resolver
from warehouse.initiatives.rules import InitiativeRules

__all__ = ["ImportLine", "Use", "uses_of"]

_MOST_OF_A_FOLDER = 0.5


class ImportLine(NamedTuple):
    """A landed change added an import to a file, or took it out."""

    change_id: str
    path: str
    module: str
    added: bool


class ForeignLine(NamedTuple):
    """The same in the repository `user_repo_id`: `module` is of a package whose manifest lies in `folder` here."""

    user_repo_id: str
    line: ImportLine
    language: str
    folder: str


@dataclass(frozen=True)
class Use:
    """The file at `path`, outside of an initiative, imports `module` of it since a change, until `gone_by` or still.

    `user_repo_id`: the repository of that file, empty where it is the initiative's own.
    """

    initiative_id: str
    change_id: str
    path: str
    module: str
    gone_by: str | None = None
    user_repo_id: str = ""


def uses_of(
    initiatives: Sequence[Initiative],
    lines: Iterable[ImportLine],
    files: Sequence[str],
    resolver: Resolver,
    rules: InitiativeRules,
    foreign: Iterable[ForeignLine] = (),
) -> list[Use]:
    """The uses of some initiatives of one repository.

    `lines`, and `foreign` of other repositories, in the order in which their changes landed; `files`: every path of the
    repository. A test, or something that is only tried out, uses nothing. Of a folder or namespace half of the files
    must be the initiative's.
    """
    owners = _owned(initiatives, files)
    standing = _Standing(initiatives)
    for line in lines if owners else ():
        places = _owners(resolver.targets(line.path, line.module), owners)
        if not places or rules.test(line.path) or rules.sandbox(line.path):
            continue
        for place in places:
            if place not in owners.get(line.path, ()):
                standing.take(place, line)
    for user_repo_id, line, language, folder in foreign if owners else ():
        places = _owners(resolver.published(language, folder, line.module), owners)
        if places and not (rules.test(line.path) or rules.sandbox(line.path)):
            for place in places:
                standing.take(place, line, user_repo_id)
    return standing.uses


class _Standing:
    """The uses so far, and which of them still are."""

    def __init__(self, initiatives: Sequence[Initiative]) -> None:
        self.uses: list[Use] = []
        self._initiatives = initiatives
        self._number: dict[tuple[int, str, str, str], int] = {}

    def take(self, place: int, line: ImportLine, user_repo_id: str = "") -> None:
        """The next line of one repository that is about the initiative at `place`."""
        key = (place, user_repo_id, line.path, line.module)
        if not line.added:
            if (number := self._number.pop(key, None)) is not None:
                self.uses[number] = replace(self.uses[number], gone_by=line.change_id)
        elif key not in self._number:
            self._number[key] = len(self.uses)
            use = Use(self._initiatives[place].id, line.change_id, line.path, line.module, user_repo_id=user_repo_id)
            self.uses.append(use)


def _owned(initiatives: Sequence[Initiative], files: Sequence[str]) -> dict[str, list[int]]:
    """Each file of an initiative, and the places of those whose code it is."""
    owners: dict[str, list[int]] = {}
    for place, initiative in enumerate(initiatives):
        for path in () if initiative.dismissed else files:
            if initiative.owns(path):
                owners.setdefault(path, []).append(place)
    return owners


def _owners(targets: Sequence[str], owners: dict[str, list[int]]) -> list[int]:
    """The initiatives to which at least half of some files belong."""
    if len(targets) == 1:
        return owners.get(targets[0], [])
    counts: dict[int, int] = {}
    for target in targets:
        for place in owners.get(target, ()):
            counts[place] = counts.get(place, 0) + 1
    return sorted(place for place, count in counts.items() if count >= _MOST_OF_A_FOLDER * len(targets))
