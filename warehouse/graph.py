"""The commit graph as small integers, and the sweeps over it.

Containment is computed on the whole graph, never from dates: clocks skew. All functions are linear in commits and
edges. Sweeps of several lists of deployments share a `Containment`, and cost what lies beside the default branch.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa

__all__ = ["NEVER", "Containment", "Graph", "Reach", "difference", "first_reach", "reach"]

NEVER = -1


@dataclass(frozen=True)
class Graph:
    """Commits 0…n-1 with the indices of their parents, first parent first; parents that are not there are left out."""

    shas: list[str]
    index: dict[str, int]
    parents: list[tuple[int, ...]]

    @classmethod
    def of(cls, commits: pa.Table) -> Graph:
        """Build it from a table with `sha` and `parents` (ids separated by a space)."""
        shas: list[str] = commits["sha"].to_pylist()
        index = {sha: number for number, sha in enumerate(shas)}
        find = index.get
        parents: list[tuple[int, ...]] = []
        for text in commits["parents"].to_pylist():
            if " " in text:
                parents.append(tuple(parent for sha in text.split(" ") if (parent := find(sha)) is not None))
            else:
                parent = find(text)
                parents.append(() if parent is None else (parent,))
        return cls(shas, index, parents)

    def having(self, shas: Iterable[str]) -> Graph:
        """This graph, and each of `shas` that is not in it as a commit on its own; numbers stay as they are."""
        more = [sha for sha in dict.fromkeys(shas) if sha not in self.index]
        if not more:
            return self
        index = {**self.index, **{sha: number for number, sha in enumerate(more, len(self.shas))}}
        return Graph([*self.shas, *more], index, [*self.parents, *(() for _ in more)])

    def first_parents(self, tip: int) -> list[int]:
        """The first-parent chain that ends in `tip`, oldest first."""
        chain = [tip]
        while self.parents[chain[-1]]:
            chain.append(self.parents[chain[-1]][0])
        chain.reverse()
        return chain

    def depths(self) -> list[int]:
        """For each commit the length of the longest way down to a root: larger than that of each of its ancestors."""
        children = [0] * len(self.parents)
        for parents in self.parents:
            for parent in parents:
                children[parent] += 1
        order = [commit for commit, count in enumerate(children) if count == 0]
        for commit in order:
            for parent in self.parents[commit]:
                children[parent] -= 1
                if children[parent] == 0:
                    order.append(parent)
        depth = [0] * len(self.parents)
        for commit in reversed(order):
            above = self.parents[commit]
            if len(above) == 1:
                depth[commit] = 1 + depth[above[0]]
            else:
                depth[commit] = 1 + max((depth[parent] for parent in above), default=0)
        return depth


def first_reach(graph: Graph, tips: Sequence[int]) -> list[int]:
    """For each commit the position of the first of `tips` that contains it, or `NEVER`.

    Right because what is already assigned is closed under "ancestor of": a walk may stop there.
    """
    first = [NEVER] * len(graph.parents)
    parents = graph.parents
    for position, tip in enumerate(tips):
        if first[tip] != NEVER:
            continue
        first[tip] = position
        stack = [tip]
        while stack:
            for parent in parents[stack.pop()]:
                if first[parent] == NEVER:
                    first[parent] = position
                    stack.append(parent)
    return first


def reach(graph: Graph, tips: Iterable[int], inside: Callable[[int], bool], limit: int | None = None) -> list[int]:
    """Commits reachable from `tips` by way of commits that are `inside`; stops after `limit` + 1 of them."""
    commits = [tip for tip in dict.fromkeys(tips) if inside(tip)]
    visited = set(commits)
    for commit in commits:
        if limit is not None and len(commits) > limit:
            break
        for parent in graph.parents[commit]:
            if parent not in visited and inside(parent):
                visited.add(parent)
                commits.append(parent)
    return commits


def difference(graph: Graph, depth: Sequence[int], tip: int, without: int) -> Iterator[int]:
    """Commits that `tip` contains and `without` does not; visits little more than those.

    Walks both histories from the deepest commit down, so that a commit is settled before its parents are looked at
    (`git rev-list tip ^without`, but by depth instead of date).
    """
    included, excluded = 1, 2
    colour = {tip: included}
    colour[without] = colour.get(without, 0) | excluded
    queue = [(-depth[commit], commit) for commit in colour]
    heapq.heapify(queue)
    pending = sum(1 for mark in colour.values() if mark == included)
    while queue and pending:
        _, commit = heapq.heappop(queue)
        mark = colour[commit]
        if mark == included:
            pending -= 1
            yield commit
        for parent in graph.parents[commit]:
            before = colour.get(parent, 0)
            after = before | mark
            if after == before:
                continue
            colour[parent] = after
            if before == 0:
                heapq.heappush(queue, (-depth[parent], parent))
                pending += after == included
            elif before == included:
                pending -= 1


@dataclass(frozen=True)
class Containment:
    """A graph, the first-parent chain of its default branch, and where each commit entered the chain.

    `places`: the commits of the chain with their places. `entered`: for each commit the lowest place that contains it,
    `NEVER` where none does. A tip contains a commit if the commit entered at or below the highest place that the tip
    contains, its `top`. What else the tip contains lies beside the chain, such as a hot fix on a release branch.
    """

    graph: Graph
    places: Mapping[int, int]
    entered: Sequence[int]
    _tops: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, graph: Graph, tip: int | None) -> Containment:
        """Order the history by the first-parent chain that ends in `tip`; without one nothing is on a chain."""
        chain = [] if tip is None else graph.first_parents(tip)
        return cls(graph, {commit: place for place, commit in enumerate(chain)}, first_reach(graph, chain))

    def top(self, commit: int) -> int:
        """The highest place on the chain that a commit contains, `NEVER` where it contains none."""
        places, tops, parents = self.places, self._tops, self.graph.parents
        if commit in places:
            return places[commit]
        stack = [commit]
        while stack:
            current = stack[-1]
            if current in tops:
                stack.pop()
            elif current in places:
                tops[stack.pop()] = places[current]
            elif missing := [parent for parent in parents[current] if parent not in tops]:
                stack += missing
            else:
                tops[stack.pop()] = max((tops[parent] for parent in parents[current]), default=NEVER)
        return tops[commit]

    @cached_property
    def depths(self) -> list[int]:
        """For each commit the length of the longest way down to a root."""
        return self.graph.depths()

    def difference(self, tip: int, without: int) -> Iterator[int]:
        """Commits that `tip` contains and `without` does not."""
        return difference(self.graph, self.depths, tip, without)

    @cached_property
    def sizes(self) -> list[int]:
        """For each place on the chain how many commits entered at or below it."""
        sizes = [0] * len(self.places)
        for place in self.entered:
            if place != NEVER:
                sizes[place] += 1
        for place in range(1, len(sizes)):
            sizes[place] += sizes[place - 1]
        return sizes


class Reach:
    """For each commit the position of the first of some tips, in their order, that contains it.

    What the tips contain beside the chain is walked once for all of them.
    """

    def __init__(self, containment: Containment, tips: Iterable[int]) -> None:
        self._entered = containment.entered
        self._heights: list[int] = []
        """The places on the chain that the tips reached, rising, and beside each the position that reached it."""
        self._positions: list[int] = []
        self._beside: dict[int, int] = {}
        self.new: list[int] = []
        """For each tip how many commits it contains that no tip before it does."""
        pending: list[int] = []  # where commits beside the chain entered it later
        height = NEVER
        for position, tip in enumerate(tips):
            top = containment.top(tip)
            new = 0
            if top > height:
                new = containment.sizes[top] - (containment.sizes[height] if height != NEVER else 0)
                height = top
                self._heights.append(top)
                self._positions.append(position)
                while pending and pending[0] <= height:
                    heapq.heappop(pending)
                    new -= 1
            for commit in self._walk(containment, tip, height, position):
                new += 1
                if self._entered[commit] != NEVER:
                    heapq.heappush(pending, self._entered[commit])
            self.new.append(new)

    def _walk(self, containment: Containment, tip: int, height: int, position: int) -> list[int]:
        """The commits of a tip that are neither below this place of the chain nor reached before."""
        entered, beside, parents = self._entered, self._beside, containment.graph.parents

        def outside(commit: int) -> bool:
            return commit not in beside and not NEVER < entered[commit] <= height

        walked = [tip] if outside(tip) else []
        for commit in walked:
            beside[commit] = position
            for parent in parents[commit]:
                if outside(parent):
                    beside[parent] = position
                    walked.append(parent)
        return walked

    def first(self, commit: int) -> int:
        """The position of the first tip that contains the commit, `NEVER` where none does."""
        beside = self._beside.get(commit, NEVER)
        entered = self._entered[commit]
        if entered == NEVER or not self._heights or self._heights[-1] < entered:
            return beside
        on_chain = self._positions[bisect_left(self._heights, entered)]
        return on_chain if beside == NEVER else min(beside, on_chain)
