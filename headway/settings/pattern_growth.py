"""Regular expressions whose time grows exponentially with the text: found before they are used.

Python's `re` tries one way of matching after the other. Where a text can be read in two ways inside a repetition, as in
`(a+)+`, the ways double with each further repetition, and a text of forty letters takes for ever. Such a pattern is
exactly one whose automaton has a loop with two paths for one text (Weber and Seidl 1991, On the degree of ambiguity of
finite automata, Theoretical Computer Science 88, 325-349: EDA). That is decided here, on the automaton of positions
(Glushkov), over letters that stand for all others.

Patterns are refused and not run with a limit, because `re` holds the interpreter while it matches: no thread of ours
could end it, and RE2, which has no such patterns, knows no `(?<!…)`, which the defaults use.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = ["grows_exponentially"]

_MANY = 8
"""A repetition up to more often than this counts as one without an end."""
_MOST_POSITIONS = 400
_SAMPLES = "aAbz09_ \t\n-./:;,!?#@é\u0663\u4e2d"
"""Letters that stand for the others of their class, beside those that the pattern names."""


class _Part(NamedTuple):
    """A part of a pattern: in how many ways it matches nothing, and the positions with which it begins and ends."""

    empty: int
    first: Counter[int]
    last: Counter[int]


@dataclass
class _Automaton:
    """Positions of a pattern: what each matches, and in how many ways each follows another."""

    matches: list[frozenset[str]] = field(default_factory=list)
    follow: list[Counter[int]] = field(default_factory=list)
    apart: list[Any] = field(default_factory=list)
    """Patterns inside that are matched for themselves: those that look ahead or behind."""

    def position(self, letters: Iterable[str]) -> _Part:
        """A new position."""
        self.matches.append(frozenset(letters))
        self.follow.append(Counter())
        here = Counter([len(self.matches) - 1])
        return _Part(0, here, here)

    def join(self, last: Counter[int], first: Counter[int]) -> None:
        """Let each of `first` follow each of `last`."""
        for position, ways in last.items():
            for after, more in first.items():
                self.follow[position][after] += ways * more


_NOTHING = _Part(1, Counter(), Counter())


def grows_exponentially(pattern: str) -> bool:
    """Whether some text makes the time that this pattern takes double with every few letters.

    A pattern too large to decide counts as such. `re.error` for what is no pattern.
    """
    parser: Any = importlib.import_module("re._parser")
    tree = parser.parse(pattern)
    flags = int(tree.state.flags)
    letters = sorted({*_SAMPLES, *_named(tree)})
    waiting = [tree]
    while waiting:
        automaton = _Automaton()
        _build(automaton, waiting.pop(), letters, flags)
        if len(automaton.matches) > _MOST_POSITIONS or _two_ways(automaton):
            return True
        waiting += automaton.apart
    return False


def _named(tree: Any) -> Iterator[str]:
    """Letters that a pattern names, with their neighbours: where a range ends, others begin."""
    for item in tree:
        if isinstance(item, int):
            yield from (chr(code) for code in (item - 1, item, item + 1) if 0 <= code < 0x110000)
        elif isinstance(item, tuple) or type(item).__name__ == "SubPattern" or isinstance(item, list):
            yield from _named(item)


def _build(automaton: _Automaton, tree: Any, letters: list[str], flags: int) -> _Part:
    part = _NOTHING
    for name, value in tree:
        part = _joined(automaton, part, _item(automaton, str(name), value, letters, flags))
    return part


def _joined(automaton: _Automaton, one: _Part, two: _Part) -> _Part:
    automaton.join(one.last, two.first)
    first, last = one.first.copy(), two.last.copy()
    for position, ways in two.first.items():
        first[position] += ways * one.empty
    for position, ways in one.last.items():
        last[position] += ways * two.empty
    # What follows in no way is no follower, and two ways are as bad as many.
    return _Part(min(one.empty * two.empty, 2), +first, +last)


def _item(automaton: _Automaton, name: str, value: Any, letters: list[str], flags: int) -> _Part:
    part = _NOTHING
    if name in {"LITERAL", "NOT_LITERAL", "ANY", "IN"}:
        part = automaton.position(letter for letter in letters if _fits(name, value, letter, flags))
    elif name == "SUBPATTERN":
        part = _build(automaton, value[3], letters, (flags | value[1]) & ~value[2])
    elif name == "ATOMIC_GROUP":
        part = _build(automaton, value, letters, flags)
    elif name in {"BRANCH", "GROUPREF_EXISTS"}:
        branches = value[1] if name == "BRANCH" else value[1:]
        part = _branches([_build(automaton, branch or [], letters, flags) for branch in branches])
    elif name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        least, most, inner = value
        part = _repeated(automaton, int(least), int(most), inner, letters, flags)
    elif name in {"ASSERT", "ASSERT_NOT"}:
        automaton.apart.append(value[1])
    elif name == "GROUPREF":
        whole = automaton.position(letters)
        automaton.join(whole.last, whole.first)
        part = _Part(1, whole.first, whole.last)
    return part


def _branches(parts: list[_Part]) -> _Part:
    first, last = (sum((getattr(part, side) for part in parts), Counter[int]()) for side in ("first", "last"))
    return _Part(min(sum(part.empty for part in parts), 2), first, last)


def _repeated(automaton: _Automaton, least: int, most: int, tree: Any, letters: list[str], flags: int) -> _Part:
    if most > _MANY:
        part = _build(automaton, tree, letters, flags)
        automaton.join(part.last, part.first)
        return _Part(int(part.empty > 0 or least == 0), part.first, part.last)
    whole = _NOTHING
    for number in range(most):
        part = _build(automaton, tree, letters, flags)
        whole = _joined(
            automaton, whole, _Part(part.empty + (number >= least and not part.empty), part.first, part.last)
        )
        if len(automaton.matches) > _MOST_POSITIONS:
            break
    return whole


def _fits(name: str, value: Any, letter: str, flags: int) -> bool:
    """Whether an item of one letter matches it."""
    same = {letter, letter.lower(), letter.upper()} if flags & re.IGNORECASE else {letter}
    if name == "ANY":
        return letter != "\n" or bool(flags & re.DOTALL)
    if name == "LITERAL":
        return any(ord(one) == value for one in same if len(one) == 1)
    if name == "NOT_LITERAL":
        return not _fits("LITERAL", value, letter, flags)
    negated = bool(value) and str(value[0][0]) == "NEGATE"
    return any(_in_class(str(kind), what, one) for kind, what in value for one in same if len(one) == 1) != negated


def _in_class(kind: str, what: Any, letter: str) -> bool:
    if kind == "LITERAL":
        return ord(letter) == int(what)
    if kind == "RANGE":
        return bool(what[0] <= ord(letter) <= what[1])
    if kind == "CATEGORY":
        name = str(what).removeprefix("CATEGORY_")
        space, word = letter.isspace(), letter.isalnum() or letter == "_"
        fits = {"DIGIT": letter.isdecimal(), "SPACE": space, "WORD": word}[name.removeprefix("NOT_")]
        return fits != name.startswith("NOT_")
    return False


def _two_ways(automaton: _Automaton) -> bool:
    """Whether one text leads from a position back to itself in two ways."""
    for loop in _loops(range(len(automaton.matches)), automaton.follow):
        inside = set(loop)
        follow = {position: automaton.follow[position].keys() & inside for position in loop}
        if any(automaton.follow[position][after] > 1 for position in loop for after in follow[position]):
            return True
        if _splits(automaton, loop, follow):
            return True
    return False


def _splits(automaton: _Automaton, loop: list[int], follow: dict[int, set[int]]) -> bool:
    """Whether two paths over one text part inside a loop and meet again."""
    pairs: dict[tuple[int, int], list[tuple[int, int]]] = {}
    waiting = [(position, position) for position in loop]
    while waiting:
        pair = waiting.pop()
        if pair in pairs:
            continue
        pairs[pair] = [
            (one, two)
            for one in follow[pair[0]]
            for two in follow[pair[1]]
            if automaton.matches[one] & automaton.matches[two]
        ]
        waiting += pairs[pair]
    numbers = {pair: number for number, pair in enumerate(pairs)}
    edges = [Counter(numbers[after] for after in pairs[pair]) for pair in pairs]
    names = list(pairs)
    for component in _loops(range(len(names)), edges):
        inside = [names[number] for number in component]
        if any(one == two for one, two in inside) and any(one != two for one, two in inside):
            return True
    return False


def _loops(nodes: Iterable[int], follow: list[Counter[int]]) -> Iterator[list[int]]:
    """Strongly connected parts of a graph that have an edge."""
    search = _Search(follow)
    for root in nodes:
        for part in search.parts_from(root):
            if len(part) > 1 or part[0] in follow[part[0]]:
                yield part


class _Search:
    """The search for strongly connected parts (Tarjan 1972), without recursion."""

    def __init__(self, follow: list[Counter[int]]) -> None:
        self._follow = follow
        self._index: dict[int, int] = {}
        self._low: dict[int, int] = {}
        self._stack: dict[int, None] = {}
        self._work: list[tuple[int, Iterator[int]]] = []

    def parts_from(self, root: int) -> Iterator[list[int]]:
        """The parts that are reached from a node, and were not before."""
        if root not in self._index:
            self._enter(root)
        while self._work:
            node, after = self._work[-1]
            new = next((following for following in after if not self._seen(node, following)), None)
            if new is not None:
                self._enter(new)
                continue
            self._work.pop()
            if self._work:
                above = self._work[-1][0]
                self._low[above] = min(self._low[above], self._low[node])
            if self._low[node] == self._index[node]:
                yield self._part(node)

    def _enter(self, node: int) -> None:
        self._index[node] = self._low[node] = len(self._index)
        self._stack[node] = None
        self._work.append((node, iter(self._follow[node])))

    def _seen(self, node: int, following: int) -> bool:
        if following in self._stack:
            self._low[node] = min(self._low[node], self._index[following])
        return following in self._index

    def _part(self, node: int) -> list[int]:
        part: list[int] = []
        while not part or part[-1] != node:
            part.append(self._stack.popitem()[0])
        return part
