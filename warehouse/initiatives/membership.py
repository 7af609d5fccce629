"""Which changes of one repository belong to which initiative, named in the settings or found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import NamedTuple

from headway.settings import InitiativeSettings
from warehouse.classify.rules.globs import compile_globs
from warehouse.initiatives.finding import Cluster, find
from warehouse.initiatives.names import slug
from warehouse.initiatives.rules import InitiativeRules
from warehouse.initiatives.signals import FEWEST_AI

__all__ = ["Piece", "Seen", "seen_in"]

_SHOWN = 6
_MOST = 0.5


class Piece(NamedTuple):
    """One change as far as initiatives look at it: no bot's, and none that only takes another back."""

    change_id: str
    title: str
    branch: str
    labels: tuple[str, ...]
    builds_ai: bool
    began_at: datetime | None
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """An initiative in one repository.

    `members`: by change id, why it belongs. `owns`: whether a path is its code. `reason`: how it was told.
    """

    id: str
    name: str
    found: bool
    dismissed: bool
    reason: str
    members: Mapping[str, str]
    owns: Callable[[str], bool]


def seen_in(
    repo_id: str, pieces: Sequence[Piece], rules: InitiativeRules, renames: Sequence[tuple[str, str]] = ()
) -> list[Seen]:
    """The initiatives of a repository, the named ones first; of found ones those that the settings dismiss too.

    `renames`: pairs of the old and the new path.
    """
    repo = repo_id.partition(":")[2]
    here = [one for one in rules.named if fnmatchcase(repo, one.repo) and not one.dismiss]
    own = [(each, one) for each in here if (one := _named(each, pieces)).members]
    if not rules.rungs.find:
        return _joined([one for _, one in own])
    said = {one.found: one for one in rules.named if one.found}
    told = [(cluster, _said_of(cluster, said)) for cluster in find(repo_id, pieces, rules, renames)]
    held = {change_id for _, one in own for change_id in one.members}
    held |= {piece.change_id for cluster, each in told if each is not None for piece in cluster.pieces}
    left = [(each, cluster if each else _left(cluster, held, rules.rungs.find_changes)) for cluster, each in told]
    found = [_found(cluster, each) for each, cluster in left if cluster is not None]
    more = {each.found: one for each, one in own if each.found}
    both = [_both(one, more.pop(one.id)) if one.id in more else one for one in found]
    return _joined([*(one for each, one in own if not each.found or each.found in more), *both])


def _said_of(cluster: Cluster, said: Mapping[str, InitiativeSettings]) -> InitiativeSettings | None:
    """What the settings say of a found initiative, by its id or by one that it would have if another subject led it."""
    return next((said[each] for each in cluster.ids if each in said), None)


def _left(cluster: Cluster, held: Collection[str], least: int) -> Cluster | None:
    """What of it is neither named nor dismissed (`held`); None where most of it is, or where too little is left."""
    rest = replace(cluster, pieces=tuple(one for one in cluster.pieces if one.change_id not in held))
    if len(rest.pieces) == len(cluster.pieces):
        return cluster
    enough = len(rest.pieces) >= max(least, _MOST * len(cluster.pieces)) and rest.ai >= FEWEST_AI
    return rest if enough else None


def _both(found: Seen, named: Seen) -> Seen:
    """A found initiative with what its settings add to it; its id stays that of the found one."""

    def owns(path: str) -> bool:
        return found.owns(path) or named.owns(path)

    return replace(found, members={**named.members, **found.members}, owns=owns)


def _named(one: InitiativeSettings, pieces: Sequence[Piece]) -> Seen:
    tell = _Tell(one)
    members = {piece.change_id: because for piece in pieces if (because := tell(piece))}
    owned = None if tell.path is not None else _mostly_theirs(members, pieces)
    path = tell.path

    def owns(place: str) -> bool:
        return path.match(place) is not None if path is not None else place in (owned or ())

    return Seen(slug(one.name), one.name, found=False, dismissed=False, reason="named", members=members, owns=owns)


class _Tell:
    """Why a change belongs to a named initiative; empty where it does not."""

    def __init__(self, one: InitiativeSettings) -> None:
        self.path = compile_globs(one.paths)
        self._paths = ", ".join(one.paths)
        self._label = compile_globs(one.labels, ignore_case=True)
        self._branch = compile_globs(one.branches)
        self._title = re.compile(one.title) if one.title else None
        self._topic = re.compile(rf"(?<!\w){re.escape(one.topic)}(?!\w)", re.IGNORECASE) if one.topic else None
        self._builds_ai = one.builds_ai
        self._anything = not (one.paths or one.labels or one.branches or one.title or one.topic or one.found)

    def __call__(self, piece: Piece) -> str:
        if self._builds_ai is not None and piece.builds_ai is not self._builds_ai:
            return ""
        if self._anything:
            return "builds AI" if piece.builds_ai else "does not build AI"
        return next(self._reasons(piece), "")

    def _reasons(self, piece: Piece) -> Iterator[str]:
        if self.path is not None:
            inside = [path for path in piece.paths if self.path.match(path)]
            if _enough(len(inside), piece):
                yield f"{len(inside)} of {len(piece.paths)} files match {self._paths}"
        for label in piece.labels:
            if self._label is not None and self._label.match(label):
                yield f"label {label}"
        if self._branch is not None and self._branch.match(piece.branch):
            yield f"branch {piece.branch}"
        if self._title is not None and (match := self._title.search(piece.title)):
            yield f"title: {match[0]!r}"
        if self._topic is not None:
            for text in (piece.title, piece.branch, *piece.labels):
                if match := self._topic.search(text):
                    yield f"topic: {match[0]!r}"


def _enough(inside: int, piece: Piece) -> bool:
    """Half of a change's files, or any file of one that builds AI."""
    return inside > 0 and (piece.builds_ai or inside >= _MOST * len(piece.paths))


def _found(cluster: Cluster, said: InitiativeSettings | None) -> Seen:
    members = {}
    for piece in cluster.pieces:
        inside = [path for path in piece.paths if cluster.owns(path)]
        such = f", such as {inside[0]}" if inside else ""
        members[piece.change_id] = f"{len(inside)} of {len(piece.paths)} files{such}"
    name = said.name if said is not None and said.name else cluster.name
    where = ", ".join(cluster.directories[:_SHOWN]) or "the whole repository"
    reason = f"{cluster.ai} of {len(cluster.pieces)} changes build AI, in {where}"
    dismissed = said is not None and said.dismiss
    named = said is not None and bool(said.name)
    kept = said.found if said is not None else cluster.id
    return Seen(kept, name, not named, dismissed, reason, {} if dismissed else members, cluster.owns)


def _mostly_theirs(members: Mapping[str, str], pieces: Sequence[Piece]) -> frozenset[str]:
    """The files of an initiative that is not told by paths: those that its changes touch at least half of the time."""
    theirs, touched = Counter[str](), Counter[str]()
    for piece in pieces:
        touched.update(piece.paths)
        if piece.change_id in members:
            theirs.update(piece.paths)
    return frozenset(path for path, count in theirs.items() if count >= _MOST * touched[path])


def _joined(seen: Sequence[Seen]) -> list[Seen]:
    """Two names may make one id ("A-b" and "A b"): the first keeps it."""
    ids: Counter[str] = Counter()
    unique = []
    for one in seen:
        ids[one.id] += 1
        if ids[one.id] == 1:
            unique.append(one)
    return unique
