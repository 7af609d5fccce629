"""The map of AI code of one repository: where it lies, and what names and words its history gives it.

No general rule distinguishes a `vector/` of embeddings from one of C++ vectors; the repository's own changes do. Each
change has a probability of being AI work by the rules alone. The map adds these up for every folder and file, for every
word of their names, and for every word of titles. What the **other** changes say is evidence for a change: none is
evidence for itself. Files whose own path names AI are not counted: they are evidence for themselves, not for their
neighbours (an `integrations/` has many topics).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from warehouse.classify.rules.load import Numbers

__all__ = ["NO_SIGNS", "MapSigns", "Place", "RepositoryMap", "place_of", "words_of"]

_PRIOR = 3.0  # as if so many changes of a folder had been as those of the folder above it
_PRIOR_ALL, _PRIOR_AI = 20.0, 2.0  # as if so many changes of the repository had been seen, so many of which AI work
_OTHERS = 3  # a name or a word needs so many other changes
_MOST_LIFT = 3.0
_LEAST, _MOST = 0.005, 0.99  # bounds of a share, for its logarithm
_WORD_LEAST = 0.01
_DEEPEST = 12  # folders of a path that are counted
_CACHED_TITLES = 20_000
_NAME_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_TITLE_WORD = re.compile(r"[a-z][a-z0-9]{2,}")


class Place(NamedTuple):
    """Where a file is: its folders and itself as paths from the top, and the words of which these names are made."""

    above: tuple[str, ...]
    words: tuple[str, ...]


class MapSigns(NamedTuple):
    """What the map says of one change, each with the name that says most.

    `place` is the logarithm of the odds of AI work in its files, from the ground up; `name` and `word` are how many
    times the odds of the repository they raise them, as a logarithm: two words each count by half.
    """

    place: float = 0.0
    folder: str = ""
    name: float = 0.0
    names: tuple[str, ...] = ()
    word: float = 0.0
    words: tuple[str, ...] = ()


NO_SIGNS = MapSigns()


def place_of(path: str) -> Place:
    """The place of a file; nowhere for what lies in hidden folders."""
    if path[:1] == ".":
        return Place((), ())
    parts = path.split("/")[: _DEEPEST + 1]
    above = tuple("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    words = {word.lower() for word in _NAME_PART.findall(path) if len(word) > 1}
    return Place(above, tuple(sorted(words)))


@lru_cache(_CACHED_TITLES)
def words_of(title: str) -> tuple[str, ...]:
    """The words of a title, in lower case, each once."""
    return tuple(sorted(set(_TITLE_WORD.findall(title.lower()))))


class _Counts:
    """By name: how many changes touched it, and how many of them are expected to be AI work."""

    def __init__(self) -> None:
        self._of: dict[str, list[float]] = {}

    def add(self, names: Iterable[str], chance: float) -> None:
        for name in names:
            counts = self._of.get(name)
            if counts is None:
                self._of[name] = [1.0, chance]
            else:
                counts[0] += 1.0
                counts[1] += chance

    def others(self, name: str, chance: float, *, counted: bool) -> tuple[float, float]:
        """The counts of the other changes, where this one, of that chance, is counted too."""
        changes, ai = self._of.get(name, (0.0, 0.0))
        return (changes - 1.0, ai - chance) if counted and changes else (changes, ai)


class RepositoryMap:
    """Grows with paths and words, not with changes."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._places, self._names, self._words = _Counts(), _Counts(), _Counts()
        self._all, self._ai = _PRIOR_ALL, _PRIOR_AI

    def learn(self, places: Sequence[Place], title: str, chance: float) -> None:
        """Count one change: the places of its files that no rule names, its title, its probability by the rules."""
        self._all += 1.0
        self._ai += chance
        self._places.add({above for place in places for above in place.above}, chance)
        self._names.add({word for place in places for word in place.words}, chance)
        self._words.add(words_of(title), chance)

    def signs(self, places: Sequence[Place], title: str, chance: float, *, counted: bool = True) -> MapSigns:
        """What the other changes say of a change; `counted` is whether the map has learned it."""
        if not self._all > _PRIOR_ALL:
            return NO_SIGNS
        own = chance if counted else 0.0
        share = (self._ai - own) / (self._all - counted)
        ground = _odds(share)
        place, folder = self._place(places, share, chance, counted=counted)
        lifts = [self._lifts(self._names, item.words, ground, share, chance, counted=counted) for item in places]
        name = sum(lift for lift, _ in lifts) / len(lifts) if lifts else 0.0
        names = max(lifts, default=(0.0, ()))[1]
        word, words = self._lifts(self._words, words_of(title), ground, share, chance, counted=counted)
        return MapSigns(
            max(0.0, place), folder, min(_MOST_LIFT, max(0.0, name)), names, min(_MOST_LIFT, max(0.0, word)), words
        )

    def _place(self, places: Sequence[Place], share: float, chance: float, *, counted: bool) -> tuple[float, str]:
        """The odds of the mean share of AI work over files; a file is as its folder, as far as it is not known."""
        known = [place for place in places if place.above]
        if not known:
            return 0.0, ""
        total, hottest, folder = 0.0, -1.0, ""
        for place in known:
            heat, name = share, place.above[0]
            for above in place.above:
                changes, ai = self._places.others(above, chance, counted=counted)
                if changes > 0:
                    heat, name = (ai + _PRIOR * heat) / (changes + _PRIOR), above
            total += heat
            if heat > hottest:
                hottest, folder = heat, name
        return _odds(total / len(known)) - self._numbers.map_ground, folder

    def _lifts(
        self, counts: _Counts, words: Iterable[str], ground: float, share: float, chance: float, *, counted: bool
    ) -> tuple[float, tuple[str, ...]]:
        """The mean of the two highest lifts of some words, and these words."""
        lifts = []
        for word in words:
            changes, ai = counts.others(word, chance, counted=counted)
            if changes >= _OTHERS:
                heat = (ai + _PRIOR * share) / (changes + _PRIOR)
                lifts.append((_odds(heat, _WORD_LEAST) - ground, word))
        lifts.sort()
        return sum(lift for lift, _ in lifts[-2:]) / 2, tuple(word for lift, word in lifts[-2:] if lift > 0)


def _odds(share: float, least: float = _LEAST) -> float:
    """The logarithm of the odds of a share."""
    bounded = min(_MOST, max(least, share))
    return math.log(bounded / (1.0 - bounded))
