"""Commits that share no history with the default branch: releases that are built, and imports of other repositories."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.graph import NEVER, Graph, first_reach

__all__ = ["apart_from"]


def apart_from(commits: pa.Table, main: str | None, shas: Iterable[str]) -> set[str]:
    """Those of `shas` of which no ancestor is one of the commit `main`; `commits` has `sha` and `parents`.

    There is none where `main` is not among the commits. Linear in commits and edges.
    """
    if pc.sum(pc.equal(commits["parents"], "")).as_py() == 1 and not _cut(commits):
        return set()  # every commit goes back to the one root
    graph = Graph.of(commits)
    tip = graph.index.get(main or "")
    if tip is None:
        return set()
    landed = first_reach(graph, [tip])
    related: dict[int, bool] = {}
    return {sha for sha in dict.fromkeys(shas) if sha in graph.index and not _related(graph, landed, related, sha)}


def _cut(commits: pa.Table) -> bool:
    """Whether parents are missing: the history is cut off."""
    shas = set(commits["sha"].to_pylist())
    return any(parent not in shas for text in commits["parents"].to_pylist() if text for parent in text.split(" "))


def _related(graph: Graph, landed: list[int], related: dict[int, bool], sha: str) -> bool:
    """Whether a commit goes back to one that landed; what was walked before is in `related`."""
    walked, stack = set[int](), [graph.index[sha]]
    connected = False
    while stack and not connected:
        commit = stack.pop()
        if landed[commit] != NEVER or related.get(commit):
            connected = True
        elif commit not in walked and commit not in related:
            walked.add(commit)
            stack.extend(graph.parents[commit])
    if not connected:
        related.update(dict.fromkeys(walked, False))
    else:
        related[graph.index[sha]] = True
    return connected
