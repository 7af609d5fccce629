"""Which subjects of a repository are AI work, by the changes that touch them.

A change speaks for a subject with the share of its files that lie there: a sweep (new licence headers, a new version of
the language) touches everything and says nothing of any of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from warehouse.initiatives.names import subjects

if TYPE_CHECKING:
    from warehouse.initiatives.membership import Piece

__all__ = ["FEWEST_AI", "ai_subjects", "other_names", "outermost"]

FEWEST_AI = 3
SHARE = 0.5
# A smaller share stands out where it is many times that of the whole repository. A fifth was too little: documents of
# many topics have that.
LIFT = 6
LEAST_SHARE = 0.35
FEWEST_WITH_LIFT = 20
_WHOLE_CHANGE = 1.0
_MOVED = 0.5
_ROUNDING = 1e-9


def ai_subjects(pieces: Sequence[Piece]) -> frozenset[str]:
    """Subjects of which half of the work builds AI, or a third and more if that is six times the repository's share."""
    changes, ai_changes = Counter[str](), Counter[str]()
    touched, ai = defaultdict[str, float](float), defaultdict[str, float](float)
    for piece in filter(lambda piece: piece.builds_ai, pieces):
        for subject, share in _shares(piece, _each_once):
            ai_changes[subject] += 1
            ai[subject] += share
    of_ai = _Among(frozenset(ai)).__getitem__
    for piece in pieces:
        for subject, share in _shares(piece, of_ai):
            changes[subject] += 1
            touched[subject] += share
    usual = sum(piece.builds_ai for piece in pieces) / max(len(pieces), 1)
    return frozenset(
        subject
        for subject, count in ai_changes.items()
        if count >= FEWEST_AI
        and ai[subject] >= _WHOLE_CHANGE - _ROUNDING
        and ai[subject] >= _needed(changes[subject], usual) * touched[subject] - _ROUNDING
    )


def _needed(changes: int, usual: float) -> float:
    return min(SHARE, max(LEAST_SHARE, LIFT * usual)) if changes >= FEWEST_WITH_LIFT else SHARE


class _Among(dict[str, frozenset[str]]):
    """By path the subjects on it that are some of `names`, worked out once."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, path: str) -> frozenset[str]:
        self[path] = _each_once(path) & self._names
        return self[path]


def _shares(piece: Piece, subjects_of: Callable[[str], Iterable[str]]) -> Iterator[tuple[str, float]]:
    """Each subject that a change touches, with the share of its files there."""
    files = Counter(chain.from_iterable(map(subjects_of, piece.paths)))
    for subject, count in files.items():
        yield subject, count / len(piece.paths)


@lru_cache(200_000)
def _each_once(path: str) -> frozenset[str]:
    """The subjects on a path."""
    return frozenset(filter(None, subjects(path)))


def outermost(path: str, names: frozenset[str]) -> str:
    """The outermost subject on a path that is one of `names`, empty where none is."""
    for subject in subjects(path):
        if subject in names:
            return subject
    return ""


def other_names(
    ai_names: frozenset[str], paths: Iterable[str], renames: Iterable[tuple[str, str]]
) -> Mapping[str, frozenset[str]]:
    """Of each subject those that are the same thing under another name.

    Half of the files of one moved to the other; or one is the initials of the other, as in `ltr` and `learn_to_rank`.
    `paths`: all that were ever touched; `renames`: pairs of the old and the new path.
    """
    pairs = list(renames)
    files: dict[str, set[str]] = {}
    for path in paths:
        files.setdefault(outermost(path, ai_names), set()).add(path)
    moved: dict[tuple[str, str], set[str]] = {}
    for old, new in pairs:
        first, second = outermost(old, ai_names), outermost(new, ai_names)
        if first == second:
            files.get(first, set()).discard(old)
        elif first and second and first not in subjects(new):  # else it only moved into a folder, or out of it
            moved.setdefault((first, second), set()).add(old)
    same: dict[str, set[str]] = {}
    for (first, second), old_paths in moved.items():
        if len(old_paths) >= _MOVED * len(files.get(first, set()) | old_paths):
            same.setdefault(first, set()).add(second)
            same.setdefault(second, set()).add(first)
    for first, second in _initials(ai_names):
        same.setdefault(first, set()).add(second)
        same.setdefault(second, set()).add(first)
    return {subject: frozenset(names) for subject, names in same.items()}


def _initials(names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Each subject of several words of which another is the initials, with that one."""
    for subject in names:
        words = subject.split()
        short = "".join(word[0] for word in words)
        if len(words) > 2 and short in names:
            yield subject, short
