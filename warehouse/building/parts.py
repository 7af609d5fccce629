"""What a Python model reads, one repository after the other, with few queries.

A query costs about a millisecond however little it finds, and there are dozens of tables for each repository. So rows
of many small repositories come with one query and are cut in Arrow; a large repository comes alone, so that memory is
bounded by the largest one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import pyarrow as pa

from warehouse.engines import Engine
from warehouse.model import REPOSITORIES, Input, PythonModel

__all__ = ["MOST_ROWS", "groups", "repository_inputs"]

MOST_ROWS = 400_000
"""Rows of all inputs that are fetched together, unless one repository has more."""


def repository_inputs(
    engine: Engine, model: PythonModel, only: Collection[str] | None = None
) -> Iterator[dict[str, pa.Table]]:
    """The inputs of a model for each repository that has rows of the first one, in order; `only` of these."""
    counts = [engine.counts(read.table) for read in model.inputs]
    sizes = {
        repo_id: sum(rows.get(repo_id, 0) for rows in counts)
        for repo_id in engine.counts(REPOSITORIES)
        if repo_id in counts[0] and (only is None or repo_id in only)
    }
    for group in groups(sizes, MOST_ROWS):
        cuts = {read.table: _Cuts(engine, read, group) for read in model.inputs}
        for repo_id in group:
            yield {table: cut.of(repo_id) for table, cut in cuts.items()}


def groups(sizes: Mapping[str, int], most: int) -> Iterator[list[str]]:
    """The keys in their order, in groups of at most `most` in all; what is larger is a group of its own."""
    group: list[str] = []
    total = 0
    for key, size in sizes.items():
        if group and total + size > most:
            yield group
            group, total = [], 0
        group.append(key)
        total += size
    if group:
        yield group


class _Cuts:
    """One input of a group of repositories, in one table, and where the rows of each begin."""

    def __init__(self, engine: Engine, read: Input, group: Sequence[str]) -> None:
        counts = engine.counts(read.table)
        repositories = [repo_id for repo_id in group if repo_id in counts]
        self._table = engine.fetch(read.table, read.columns, order=read.order, repositories=repositories)
        self._places: dict[str, tuple[int, int]] = {}
        begin = 0
        for repo_id in repositories:
            self._places[repo_id] = (begin, counts[repo_id])
            begin += counts[repo_id]

    def of(self, repo_id: str) -> pa.Table:
        """The rows of one repository."""
        return self._table.slice(*self._places.get(repo_id, (0, 0)))
