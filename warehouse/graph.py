"""The commit graph as small integers, and the sweeps over it.

Containment is computed on the whole graph, never from dates: clocks skew. All functions are linear in commits and
edges.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

__all__ = ["NEVER", "Graph", "difference", "first_reach", "reach"]

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
            depth[commit] = 1 + max((depth[parent] for parent in self.parents[commit]), default=0)
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
