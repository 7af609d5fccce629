"""What depends on an initiative: code outside of it that imports it, and whether it still does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from warehouse.initiatives.membership import Seen
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


@dataclass(frozen=True)
class Use:
    """The file at `path`, outside of an initiative, imports `module` of it since a change, until `gone_by` or still."""

    initiative_id: str
    change_id: str
    path: str
    module: str
    gone_by: str | None = None


def uses_of(
    seen: Sequence[Seen], lines: Iterable[ImportLine], files: Sequence[str], resolver: Resolver, rules: InitiativeRules
) -> list[Use]:
    """The uses of some initiatives of one repository.

    `lines` in the order in which their changes landed; `files`: every path of the repository. A test, or something that
    is only tried out, uses nothing. Of a folder or namespace half of the files must be the initiative's.
    """
    owners = _owned(seen, files)
    uses: list[Use] = []
    standing: dict[tuple[int, str, str], int] = {}
    for line in lines if owners else ():
        if rules.test(line.path) or rules.sandbox(line.path):
            continue
        for place in _owners(resolver.targets(line.path, line.module), owners):
            key = (place, line.path, line.module)
            if place in owners.get(line.path, ()):
                continue
            if not line.added:
                if (number := standing.pop(key, None)) is not None:
                    uses[number] = replace(uses[number], gone_by=line.change_id)
            elif key not in standing:
                standing[key] = len(uses)
                uses.append(Use(seen[place].id, line.change_id, line.path, line.module))
    return uses


def _owned(seen: Sequence[Seen], files: Sequence[str]) -> dict[str, list[int]]:
    """Each file of an initiative, and the places of those whose code it is."""
    owners: dict[str, list[int]] = {}
    for place, one in enumerate(seen):
        for path in () if one.dismissed else files:
            if one.owns(path):
                owners.setdefault(path, []).append(place)
    return owners


def _owners(targets: Sequence[str], owners: dict[str, list[int]]) -> list[int]:
    """The initiatives to which at least half of some files belong."""
    counts: dict[int, int] = {}
    for target in targets:
        for place in owners.get(target, ()):
            counts[place] = counts.get(place, 0) + 1
    return sorted(place for place, count in counts.items() if count >= _MOST_OF_A_FOLDER * len(targets))
