"""Which changes of one repository belong to which initiative, named in the settings or detected."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from headway.repository_names import initiative_of, names_match
from headway.settings import InitiativeSettings
from warehouse.classify.rules.globs import compile_globs
from warehouse.initiatives.finding import Cluster, find
from warehouse.initiatives.names import slug
from warehouse.initiatives.rules import InitiativeRules
from warehouse.initiatives.signals import FEWEST_AI

__all__ = ["Initiative", "Piece", "initiatives_in"]

_TITLE_CHARACTERS = 500
_SHOWN = 6
_MOST = 0.5


class Piece(NamedTuple):
    """One change as far as initiatives look at it: no bot's, and none that only takes another back.

    `builds_ai_itself`: by signs of its own. In a product that is AI as a whole these tell one initiative from another.
    """

    change_id: str
    title: str
    branch: str
    labels: tuple[str, ...]
    builds_ai: bool
    builds_ai_itself: bool
    began_at: datetime | None
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Initiative:
    """An initiative in one repository.

    `members`: by change id, why it belongs. `owns`: whether a path is its code. `reason`: how it was detected.
    """

    id: str
    name: str
    found: bool
    dismissed: bool
    reason: str
    members: Mapping[str, str]
    owns: Callable[[str], bool]


def initiatives_in(
    repo_id: str, pieces: Sequence[Piece], rules: InitiativeRules, renames: Sequence[tuple[str, str]] = ()
) -> list[Initiative]:
    """The initiatives of a repository, the named ones first; detected ones include those that the settings dismiss.

    `renames`: pairs of the old and the new path.
    """
    named = [replace(rule, found=initiative_of(rule.found, repo_id)) if rule.found else rule for rule in rules.named]
    applicable = [rule for rule in named if names_match(rule.repo, repo_id) and not rule.dismiss]
    by_rule = [(rule, initiative) for rule in applicable if (initiative := _named(rule, pieces)).members]
    if not rules.rungs.find:
        return _joined([initiative for _, initiative in by_rule])
    rules_by_id = {rule.found: rule for rule in named if rule.found}
    marked = [piece._replace(builds_ai=piece.builds_ai_itself) for piece in pieces]
    clusters = [(cluster, _said_of(cluster, rules_by_id)) for cluster in find(repo_id, marked, rules, renames)]
    claimed = {change_id for _, initiative in by_rule for change_id in initiative.members}
    claimed |= {piece.change_id for cluster, rule in clusters if rule is not None for piece in cluster.pieces}
    remaining = [
        (rule, cluster if rule else _left(cluster, claimed, rules.rungs.find_changes)) for cluster, rule in clusters
    ]
    detected = [_found(cluster, rule) for rule, cluster in remaining if cluster is not None]
    additions = {rule.found: initiative for rule, initiative in by_rule if rule.found}
    merged = [
        _both(initiative, additions.pop(initiative.id)) if initiative.id in additions else initiative
        for initiative in detected
    ]
    separate = [initiative for rule, initiative in by_rule if not rule.found or rule.found in additions]
    return _joined([*separate, *merged])


def _said_of(cluster: Cluster, rules_by_id: Mapping[str, InitiativeSettings]) -> InitiativeSettings | None:
    """The settings of a detected initiative, by its id or by one that it would have if another subject led it."""
    return next((rules_by_id[identifier] for identifier in cluster.ids if identifier in rules_by_id), None)


def _left(cluster: Cluster, claimed: Collection[str], least: int) -> Cluster | None:
    """What of it is neither named nor dismissed (`held`); None where most of it is, or where too little is left."""
    rest = replace(cluster, pieces=tuple(piece for piece in cluster.pieces if piece.change_id not in claimed))
    if len(rest.pieces) == len(cluster.pieces):
        return cluster
    enough = len(rest.pieces) >= max(least, _MOST * len(cluster.pieces)) and rest.ai >= FEWEST_AI
    return rest if enough else None


def _both(detected: Initiative, named: Initiative) -> Initiative:
    """A detected initiative with what its settings add to it; its id stays that of the detected one."""

    def owns(path: str) -> bool:
        return detected.owns(path) or named.owns(path)

    return replace(detected, members={**named.members, **detected.members}, owns=owns)


def _named(rule: InitiativeSettings, pieces: Sequence[Piece]) -> Initiative:
    membership = _Membership(rule)
    members = {piece.change_id: because for piece in pieces if (because := membership(piece))}
    owned = None if membership.path is not None else _mostly_theirs(members, pieces)
    path = membership.path

    def owns(place: str) -> bool:
        return path.match(place) is not None if path is not None else place in (owned or ())

    return Initiative(
        slug(rule.name), rule.name, found=False, dismissed=False, reason="named", members=members, owns=owns
    )


class _Membership:
    """Why a change belongs to a named initiative; empty where it does not."""

    def __init__(self, rule: InitiativeSettings) -> None:
        self.path = compile_globs(rule.paths)
        self._paths = ", ".join(rule.paths)
        self._label = compile_globs(rule.labels, ignore_case=True)
        self._branch = compile_globs(rule.branches)
        self._title = re.compile(rule.title) if rule.title else None
        self._topic = re.compile(rf"(?<!\w){re.escape(rule.topic)}(?!\w)", re.IGNORECASE) if rule.topic else None
        self._builds_ai = rule.builds_ai
        self._anything = not (rule.paths or rule.labels or rule.branches or rule.title or rule.topic or rule.found)

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
        if self._title is not None and (match := self._title.search(piece.title[:_TITLE_CHARACTERS])):
            yield f"title: {match[0]!r}"
        if self._topic is not None:
            for text in (piece.title, piece.branch, *piece.labels):
                if match := self._topic.search(text):
                    yield f"topic: {match[0]!r}"


def _enough(inside: int, piece: Piece) -> bool:
    """Half of a change's files, or any file of one that builds AI."""
    return inside > 0 and (piece.builds_ai or inside >= _MOST * len(piece.paths))


def _found(cluster: Cluster, rule: InitiativeSettings | None) -> Initiative:
    members = {}
    for piece in cluster.pieces:
        inside = list(filter(cluster.owns, piece.paths))
        such = f", such as {inside[0]}" if inside else ""
        members[piece.change_id] = f"{len(inside)} of {len(piece.paths)} files{such}"
    name = rule.name if rule is not None and rule.name else cluster.name
    where = ", ".join(cluster.directories[:_SHOWN]) or "the whole repository"
    reason = f"{cluster.ai} of {len(cluster.pieces)} changes build AI, in {where}"
    dismissed = rule is not None and rule.dismiss
    named = rule is not None and bool(rule.name)
    identifier = rule.found if rule is not None else cluster.id
    return Initiative(identifier, name, not named, dismissed, reason, {} if dismissed else members, cluster.owns)


def _mostly_theirs(members: Mapping[str, str], pieces: Sequence[Piece]) -> frozenset[str]:
    """The files of an initiative not defined by paths: those that its changes touch at least half of the time."""
    theirs, touched = Counter[str](), Counter[str]()
    for piece in pieces:
        touched.update(piece.paths)
        if piece.change_id in members:
            theirs.update(piece.paths)
    return frozenset(path for path, count in theirs.items() if count >= _MOST * touched[path])


def _joined(initiatives: Sequence[Initiative]) -> list[Initiative]:
    """Two names may make one id ("A-b" and "A b"): the first retains it."""
    ids: Counter[str] = Counter()
    unique = []
    for initiative in initiatives:
        ids[initiative.id] += 1
        if ids[initiative.id] == 1:
            unique.append(initiative)
    return unique
