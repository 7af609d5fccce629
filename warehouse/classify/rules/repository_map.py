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
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from warehouse.classify.rules.load import Numbers

__all__ = ["NOWHERE", "NO_SIGNS", "MapSigns", "Place", "RepositoryMap", "place_of", "words_of"]

_PRIOR = 3.0  # as if so many changes of a folder had been as those of the folder above it
_PRIOR_ALL, _PRIOR_AI = 20.0, 2.0  # as if so many changes of the repository had been seen, so many of which AI work
_PRIOR_PRODUCT, _PRIOR_PRODUCT_AI = 15.0, 1.0  # likewise of those with files that the map looks at
_OTHERS = 3  # a name or a word needs so many other changes
_MOST_LIFT = 3.0
_LEAST, _MOST = 0.005, 0.99  # bounds of a share, for its logarithm
_WORD_LEAST = 0.01
_SHARE_LEAST = 0.01
_FIRM = 0.05  # how firmly a file is AI code before it is worth a word
_LEAST_AI = 0.2  # of how much AI work in a place one more is evidence
_SAID = 0.5  # from this probability on a change says itself that it is AI work
# Days before the first change that says so, and after the last, in which a place is AI code already, or still; after
# the last also half of the time from the first on.
_BEFORE, _AFTER = 120.0, 180.0
_DEEPEST = 12  # folders of a path that are counted
_CACHED_TITLES = 20_000
_CACHED_FOLDERS = 20_000
_NAME_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_TITLE_WORD = re.compile(r"[a-z][a-z0-9]{2,}")


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a file is: its folders and itself as paths from the top, and the words of which these names are made.

    Each is another: so it is looked up at once, however deep it is.
    """

    above: tuple[str, ...]
    words: tuple[str, ...]


NOWHERE = Place((), ())


class MapSigns(NamedTuple):
    """What the map says of one change, each with the name that says most.

    `place` is the logarithm of the odds of AI work in its files, from the ground up; `name` and `word` are how many
    times the odds of the repository they raise them, as a logarithm: two words each count by half. `file` is how firmly
    its files are AI code: the share of AI work in the changes of a file, or of the folder of a new one, times the
    logarithm of how many these are. `share` is how far the product is AI as a whole: steps of the odds of AI work in
    the repository, `product` that share in words.
    """

    place: float = 0.0
    folder: str = ""
    name: float = 0.0
    names: tuple[str, ...] = ()
    word: float = 0.0
    words: tuple[str, ...] = ()
    file: float = 0.0
    history: str = ""
    share: float = 0.0
    product: str = ""


NO_SIGNS = MapSigns()


def place_of(path: str) -> Place:
    """The place of a file; nowhere for what lies in hidden folders."""
    if path[:1] == ".":
        return NOWHERE
    folder, slash, name = path.rpartition("/")
    above, words = _folder(folder) if slash else ((), frozenset())
    if len(above) <= _DEEPEST:
        above = (*above, path)
    return Place(above, tuple(sorted(words.union(_name_parts(name)))))


@lru_cache(_CACHED_FOLDERS)
def _folder(path: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """A folder and those above it, from the top, and the words of their names: most files share theirs with others."""
    parts = path.split("/")[: _DEEPEST + 1]
    above = tuple("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return above, frozenset(_name_parts(path))


def _name_parts(name: str) -> list[str]:
    return [word.lower() for word in _NAME_PART.findall(name) if len(word) > 1]


@lru_cache(_CACHED_TITLES)
def words_of(title: str) -> tuple[str, ...]:
    """The words of a title, in lower case, each once."""
    return tuple(sorted(set(_TITLE_WORD.findall(title.lower()))))


Counts = dict[str, list[float]]
"""By name: how many changes touched it, and how many of them are expected to be AI work."""


class _Seen(NamedTuple):
    """What the map says of one place, and from which to which day it holds."""

    since: float
    until: float
    heat: float
    folder: str
    firm: float
    lift: float
    names: tuple[str, ...]
    place: Place
    """The place itself: while it is held here, no other has its identity."""


class _Beside(NamedTuple):
    """The other changes, seen from a change: what it adds to the counts itself, the share of AI work without it.

    `product` is that share among the changes of files that the map looks at, if it is a product of AI as a whole, else
    zero. `cached`: what they say of the places that were looked at, by the identity of each: to hash one takes longer.
    """

    itself: float
    times: float
    share: float
    ground: float
    product: float
    cached: dict[int, _Seen]


class RepositoryMap:
    """Grows with paths, words and the places of changes with different probabilities, not with changes."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._places: Counts = {}
        self._names: Counts = {}
        self._words: Counts = {}
        self._spans: dict[str, list[float]] = {}
        self._all, self._ai = _PRIOR_ALL, _PRIOR_AI
        self._product, self._product_ai = _PRIOR_PRODUCT, _PRIOR_PRODUCT_AI
        self._beside: dict[tuple[float, bool], _Beside] = {}

    def learn(self, places: Sequence[Place], title: str, chance: float, day: float = math.nan) -> None:
        """Count one change: the places of its files that no rule names, its title, its probability by the rules.

        `day` is when it landed, in days; nan where that is not known.
        """
        self._beside.clear()
        self._all += 1.0
        self._ai += chance
        if len(places) == 1:
            _add(self._places, places[0].above, chance)
            _add(self._names, places[0].words, chance)
        elif places:
            _add(self._places, {above for place in places for above in place.above}, chance)
            _add(self._names, {word for place in places for word in place.words}, chance)
        if any([place.above for place in places]):  # noqa: C419 - a list is faster for these few
            self._product += 1.0
            self._product_ai += chance
        _add(self._words, words_of(title), chance)
        if chance >= _SAID and day == day:  # noqa: PLR0124 - nan is not itself
            for place in places:
                for name in place.above[-2:]:
                    span = self._spans.setdefault(name, [day, day])
                    span[:] = min(span[0], day), max(span[1], day)

    def signs(
        self, places: Sequence[Place], title: str, chance: float, day: float = math.nan, *, counted: bool = True
    ) -> MapSigns:
        """What the other changes say of a change; `counted` is whether the map has learned it.

        A file says nothing of a `day` on which it was not AI code yet, or no longer.
        """
        if not self._all > _PRIOR_ALL:
            return NO_SIGNS
        beside = self._beside.get((chance, counted))
        if beside is None:
            beside = self._beside[chance, counted] = self._others(chance, counted=counted)
        files, heat, hottest, folder = 0, 0.0, -1.0, ""
        firm, firmest, known = 0.0, 0.0, ""
        total, highest = 0.0, 0.0
        names: tuple[str, ...] = ()
        for place in places:
            sight = beside.cached.get(id(place)) or self._look(place, beside)
            if place.above:
                files += 1
            if day < sight.since or day > sight.until:
                continue
            if place.above:
                heat += sight.heat
                firm += sight.firm
                if sight.heat > hottest:
                    hottest, folder = sight.heat, sight.folder
                if sight.firm > firmest:
                    firmest, known = sight.firm, sight.folder
            total += sight.lift
            if sight.lift > highest:
                highest, names = sight.lift, sight.names
        odds = _odds(heat / files) - self._numbers.map_ground if files else 0.0
        name = total / len(places) if places else 0.0
        word, said = _lift(self._words, words_of(title), beside)
        return MapSigns(
            max(0.0, odds),
            folder,
            min(_MOST_LIFT, max(0.0, name)),
            names,
            min(_MOST_LIFT, max(0.0, word)),
            said,
            firm / files if files else 0.0,
            self._history(known, beside) if firmest >= _FIRM else "",
            self._whole(beside.product, heat / files) if files and beside.product else 0.0,
            f"{beside.product:.0%} of its changes" if files and beside.product else "",
        )

    def _others(self, chance: float, *, counted: bool) -> _Beside:
        itself, times = (chance, 1.0) if counted else (0.0, 0.0)
        share = (self._ai - itself) / (self._all - times)
        product = (self._product_ai - itself) / (self._product - times)
        few = self._product < self._numbers.map_share_changes / 3
        product = 0.0 if few or product <= self._numbers.map_share_from else product
        return _Beside(itself, times, share, _odds(share), product, {})

    def _whole(self, product: float, heat: float) -> float:
        """How far the product is AI as a whole, in steps of the odds, in places of this share of AI work."""
        numbers = self._numbers
        ground = _odds(numbers.map_share_from)
        odds = _odds(product, _SHARE_LEAST)
        steps = (odds + min(odds, _odds(heat, _SHARE_LEAST))) / 2 - ground
        few = numbers.map_share_changes / 3
        sure = min(1.0, max(0.0, self._product - few) / (numbers.map_share_changes - few))
        return sure * min(_odds(numbers.map_share_all) - ground, max(0.0, steps))

    def _look(self, place: Place, beside: _Beside) -> _Seen:
        """What the other changes say of a place, looked up once."""
        since, until = self._span(place)
        heat, folder, firm = self._heat(place, beside)
        lift, names = _lift(self._names, place.words, beside)
        sight = beside.cached[id(place)] = _Seen(since, until, heat, folder, firm, lift, names, place)
        return sight

    def _heat(self, place: Place, beside: _Beside) -> tuple[float, str, float]:
        """The share of AI work in a file, where that was seen, and how firmly; a file not known is as its folder."""
        heat, name = beside.share, place.above[0] if place.above else ""
        changes = ai = 0.0
        get = self._places.get
        for above in place.above:
            counts = get(above)
            if counts is None:
                break  # nothing below it was seen either
            others = counts[0] - beside.times
            if others > 0:
                changes, ai, name = others, counts[1] - beside.itself, above
                heat = (ai + _PRIOR * heat) / (changes + _PRIOR)
        return heat, name, math.log1p(ai) * ai / (changes + 1.0) if ai > _LEAST_AI else 0.0

    def _span(self, place: Place) -> tuple[float, float]:
        """From which to which day a file and its folder are AI code, by the changes that say so; else always."""
        first, last = math.inf, -math.inf
        get = self._spans.get
        for name in place.above[-2:]:
            span = get(name)
            if span is not None:
                first, last = min(first, span[0]), max(last, span[1])
        if last < first:
            return -math.inf, math.inf
        return first - _BEFORE, last + max(_AFTER, (last - first) / 2)

    def _history(self, name: str, beside: _Beside) -> str:
        """How many of the other changes of a place are AI work, in words."""
        changes, ai = self._places[name]
        return f"{ai - beside.itself:.0f} of {changes - beside.times:.0f} changes of {name}"


def _add(to: Counts, names: Iterable[str], chance: float) -> None:
    for name in names:
        counts = to.get(name)
        if counts is None:
            to[name] = [1.0, chance]
        else:
            counts[0] += 1.0
            counts[1] += chance


def _lift(of: Counts, words: Iterable[str], beside: _Beside) -> tuple[float, tuple[str, ...]]:
    """The mean of the two highest lifts of some words, and these words.

    A lift is by how much a word raises the logarithm of the odds, from the ground. Logarithms keep the order, so the
    two are chosen by their shares.
    """
    itself, times, share, ground, *_ = beside
    first = second = -1.0
    first_word = second_word = ""
    least, prior = _OTHERS + times, _PRIOR * share - itself
    weight = _PRIOR - times
    for word in words:
        counts = of.get(word)
        if counts is not None and counts[0] >= least:
            heat = (counts[1] + prior) / (counts[0] + weight)
            if heat > first:
                first, first_word, second, second_word = heat, word, first, first_word
            elif heat > second:
                second, second_word = heat, word
    if first < 0:
        return 0.0, ()
    lift = _odds(first, _WORD_LEAST) - ground
    if second < 0:
        return lift / 2, (first_word,) if lift > 0 else ()
    lower = _odds(second, _WORD_LEAST) - ground
    if lift <= 0:
        return (lift + lower) / 2, ()
    return (lift + lower) / 2, (second_word, first_word) if lower > 0 else (first_word,)


def _odds(share: float, least: float = _LEAST) -> float:
    """The logarithm of the odds of a share."""
    bounded = least if share < least else min(_MOST, share)  # most shares are small: then this is faster than max
    return math.log(bounded / (1.0 - bounded))
