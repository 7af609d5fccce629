"""Initiatives that no setting names: where AI work concentrates.

For one repository, with `least` and `silence` from the settings:

1. A repository of which 80 % of the changes build AI is one initiative as a whole.
2. Otherwise every folder and every file with code has a *subject* (`warehouse.initiatives.names`), the same wherever it
   lies: a feature, its tests and the notebook in which it began share it. The changes that touch a
   subject show whether it is AI work (`warehouse.initiatives.signals`).
3. Each path belongs to the outermost AI subject on it.
4. The most frequent subject first: a subject of which half of the AI changes are also in an earlier one joins that,
   and so does one whose files moved there, or came from there. What changes together is one thing.
5. The changes of an initiative are those that build AI and touch its paths, and those with half of their files there.
6. Where nothing happened for `silence` days another initiative begins, if both have `least` changes; an initiative
   with fewer is none.

All changes are looked at, whatever the settings name, so an id stands for the same whatever else is named. All of it is
counting, in a fixed order: the same changes give the same initiatives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from warehouse.initiatives.names import readable, slug, subjects
from warehouse.initiatives.rules import InitiativeRules
from warehouse.initiatives.signals import FEWEST_AI, ai_subjects, other_names, outermost

if TYPE_CHECKING:
    from warehouse.initiatives.membership import Piece

__all__ = ["Cluster", "find"]

WHOLE = 0.8
TOGETHER = 0.5


@dataclass(frozen=True)
class Cluster:
    """A found initiative: its changes in order of time, and its directories (and files), the busiest first.

    `ids`: its own, then those that it would have if another subject in half of its AI changes were the most frequent.
    """

    ids: tuple[str, ...]
    name: str
    directories: tuple[str, ...]
    pieces: tuple[Piece, ...]
    owns: Callable[[str], bool]

    @property
    def id(self) -> str:
        """The id of its most frequent subject."""
        return self.ids[0]

    @property
    def ai(self) -> int:
        """How many of its changes build AI."""
        return sum(piece.builds_ai for piece in self.pieces)


def find(
    repo_id: str, pieces: Sequence[Piece], rules: InitiativeRules, renames: Sequence[tuple[str, str]] = ()
) -> list[Cluster]:
    """The found initiatives of one repository, the largest first; `renames`: pairs of the old and the new path."""
    least, silence = rules.rungs.find_changes, timedelta(days=rules.rungs.find_silence_days)
    ai = sum(piece.builds_ai for piece in pieces)
    if ai < FEWEST_AI:
        return []
    prefix = f"found:{repo_id}"
    if ai >= WHOLE * len(pieces):
        name = readable(repo_id.rpartition("/")[2])
        whole = Cluster((prefix,), name, (), tuple(pieces), lambda _: True)
        return list(_in_time([whole], least, silence))
    ai_names = ai_subjects(pieces)
    same = other_names(ai_names, {path for piece in pieces for path in piece.paths}, renames)
    claims = _claims(pieces, ai_names)
    leading = _joined(claims, same)
    named = [
        _cluster([f"{prefix}/{slug(subject)}" for subject in _leaders(joined, claims)], joined, pieces)
        for joined in leading.values()
    ]
    return list(_in_time(named, least, silence))


def _claims(pieces: Sequence[Piece], ai_names: frozenset[str]) -> Mapping[str, frozenset[int]]:
    """Each AI subject that is the outermost of some path, with the places of the AI changes that touch such a path."""
    places: dict[str, set[int]] = {}
    for place, piece in enumerate(pieces):
        if piece.builds_ai:
            for path in piece.paths:
                if subject := outermost(path, ai_names):
                    places.setdefault(subject, set()).add(place)
    return {subject: frozenset(positions) for subject, positions in places.items() if len(positions) >= FEWEST_AI}


def _joined(claims: Mapping[str, frozenset[int]], same: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    """Leading subjects, each with itself, those that change together with it and those that became it."""
    leading: dict[str, list[str]] = {}
    together: dict[str, set[int]] = {}
    for subject, places in sorted(claims.items(), key=lambda item: (-len(item[1]), item[0])):
        became = same.get(subject, frozenset())
        lead = next(
            (
                other
                for other in leading
                if len(places & together[other]) >= TOGETHER * len(places) or not became.isdisjoint(leading[other])
            ),
            subject,
        )
        leading.setdefault(lead, []).append(subject)
        together.setdefault(lead, set()).update(places)
    return leading


def _leaders(joined: Sequence[str], claims: Mapping[str, frozenset[int]]) -> list[str]:
    """The first of the subjects of an initiative, and the others that half of its AI changes touch."""
    together = frozenset[int]().union(*(claims[subject] for subject in joined))
    return [*joined[:1], *(subject for subject in joined[1:] if len(claims[subject]) >= TOGETHER * len(together))]


def _cluster(ids: Sequence[str], joined: Sequence[str], pieces: Sequence[Piece]) -> Cluster:
    lead, own_subjects = joined[0], frozenset(joined)
    owns = _Owned(own_subjects).__getitem__
    members, folders = [], Counter[str]()
    names, test_names = Counter[str](), Counter[str]()
    for piece in pieces:
        inside = list(filter(owns, piece.paths))
        if inside and (piece.builds_ai or 2 * len(inside) >= len(piece.paths)):
            members.append(piece)
            for path in inside:
                folder, part = _folder(path, own_subjects)
                folders[folder] += 1
                if outermost(path, own_subjects) == lead:
                    (test_names if InitiativeRules.test(path) else names)[part] += 1
    called = names or test_names
    name = readable(min(called, key=lambda part: (-called[part], part), default=lead))
    ordered = tuple(sorted(folders, key=lambda folder: (-folders[folder], folder)))
    return Cluster(tuple(ids), name, ordered, tuple(members), owns)


class _Owned(dict[str, bool]):
    """By path whether one of some subjects is on it: finding, uses and removal all look up each path."""

    def __init__(self, own_subjects: frozenset[str]) -> None:
        super().__init__()
        self._subjects = own_subjects

    def __missing__(self, path: str) -> bool:
        self[path] = outermost(path, self._subjects) != ""
        return self[path]


def _folder(path: str, own_subjects: frozenset[str]) -> tuple[str, str]:
    """The part of a path up to its outermost subject among `own`, and that part's own name."""
    parts = path.split("/")
    depth = next(place for place, subject in enumerate(subjects(path)) if subject in own_subjects)
    return "/".join(parts[: depth + 1]), parts[depth]


def _in_time(clusters: Sequence[Cluster], least: int, silence: timedelta) -> Iterator[Cluster]:
    """Each cluster, cut where it was silent for long; those with fewer than `least` changes are gone."""
    for cluster in clusters:
        dated = sorted(
            ((piece.began_at, piece.change_id, piece) for piece in cluster.pieces if piece.began_at is not None),
            key=lambda item: item[:2],
        )
        periods = _periods([(at, piece) for at, _, piece in dated], least, silence)
        for number, period in enumerate(periods):
            if len(period) < least:
                continue
            since = period[0][0]
            later = f"@{since:%Y-%m}" if number else ""
            name = f"{cluster.name} ({since:%Y})" if number else cluster.name
            pieces = tuple(piece for _, piece in period)
            ids = tuple(identifier + later for identifier in cluster.ids)
            yield Cluster(ids, name, cluster.directories, pieces, cluster.owns)


def _periods(
    dated: Sequence[tuple[datetime, Piece]], least: int, silence: timedelta
) -> list[list[tuple[datetime, Piece]]]:
    """Cut at silences; a period with fewer than `least` changes belongs to the one before."""
    periods: list[list[tuple[datetime, Piece]]] = []
    for at, piece in dated:
        if periods and at - periods[-1][-1][0] <= silence:
            periods[-1].append((at, piece))
        elif len(periods) > 1 and len(periods[-1]) < least:
            periods[-2].extend(periods.pop())
            periods.append([(at, piece)])
        else:
            periods.append([(at, piece)])
    if len(periods) > 1 and len(periods[-1]) < least:
        periods[-2].extend(periods.pop())
    if len(periods) > 1 and len(periods[0]) < least:
        first = periods.pop(0)
        periods[0][:0] = first
    return periods
