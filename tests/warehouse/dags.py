"""Random commit graphs, and the naive answers that the clever ones must equal."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import pyarrow as pa
from hypothesis import strategies as st

from tests.builders.rows import commit_id
from warehouse.graph import Graph

__all__ = ["Dag", "dags"]


class Dag(NamedTuple):
    """Commits 0…n-1, parents before children, first parent first; in tables they stand in another order."""

    parents: tuple[tuple[int, ...], ...]

    @property
    def graph(self) -> Graph:
        """As the models see it; commit `n` has the index `place(n)`."""
        names = sorted(range(len(self.parents)), key=lambda number: commit_id(str(number)))
        table = pa.table(
            {
                "sha": [commit_id(str(number)) for number in names],
                "parents": [" ".join(commit_id(str(parent)) for parent in self.parents[number]) for number in names],
            }
        )
        return Graph.of(table)

    def ancestors(self, commit: int) -> frozenset[int]:
        """A commit and all that it contains, by following every parent."""
        return _ancestors(self.parents, commit)

    def notation(self) -> str:
        """As the builder of raw rows reads it, an hour apart."""
        return " ".join(f"{number}:{','.join(map(str, parents)) or '-'}" for number, parents in enumerate(self.parents))


@cache
def _ancestors(parents: tuple[tuple[int, ...], ...], commit: int) -> frozenset[int]:
    return frozenset({commit}).union(*(_ancestors(parents, parent) for parent in parents[commit]))


@st.composite
def dags(draw: st.DrawFn, *, min_commits: int = 1, max_commits: int = 14) -> Dag:
    """Graphs with several roots, octopus merges, criss-cross merges, and parents far back."""
    count = draw(st.integers(min_commits, max_commits))
    parents: list[tuple[int, ...]] = []
    for number in range(count):
        near = st.integers(max(0, number - 3), number - 1) if number else st.nothing()
        far = st.integers(0, number - 1) if number else st.nothing()
        size = draw(st.sampled_from([1, 1, 1, 1, 2, 2, 2, 3, 0])) if number else 0
        chosen = draw(st.lists(near | far, min_size=min(size, number), max_size=min(size, number), unique=True))
        parents.append(tuple(chosen))
    return Dag(tuple(parents))
