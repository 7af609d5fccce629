"""What a Python model reads, some repositories at a time, with few queries.

A query costs about a millisecond however little it finds, and there are dozens of tables for each repository. So rows
of many small repositories come with one query and are cut in Arrow; a large repository comes alone, so that memory is
bounded by the largest one.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from warehouse.model import REPOSITORIES, PythonModel

if TYPE_CHECKING:
    from warehouse.engines import Engine

__all__ = ["MOST_ROWS", "Part", "groups", "no_search_for_cycles", "part_of", "part_sizes", "repository_inputs"]

MOST_ROWS = 400_000
"""Rows of all inputs that are fetched together, unless one repository has more."""
_PARTS_FOR_A_JOB = 4


@dataclass(frozen=True)
class Part:
    """The inputs of a model for some repositories: each table in one, and where the rows of each repository lie."""

    repositories: Sequence[str]
    tables: Mapping[str, pa.Table]
    places: Mapping[str, Mapping[str, tuple[int, int]]]
    """By table and repository the first row and the number of rows."""

    def inputs(self) -> Iterator[dict[str, pa.Table]]:
        """The inputs of each repository, in order."""
        for repo_id in self.repositories:
            yield {name: table.slice(*self.places[name].get(repo_id, (0, 0))) for name, table in self.tables.items()}

    def run(self, model: PythonModel) -> dict[str, pa.Table]:
        """What the model makes of all of its repositories, in order."""
        results: dict[str, list[pa.Table]] = {table.name: [table.schema.empty_table()] for table in model.tables}
        with no_search_for_cycles():
            for inputs in self.inputs():
                for name, table in model.run(inputs).items():
                    results[name].append(table)
        return {name: pa.concat_tables(tables) for name, tables in results.items()}


def repository_inputs(
    engine: Engine, model: PythonModel, only: Collection[str] | None = None
) -> Iterator[dict[str, pa.Table]]:
    """The inputs of a model for each repository that has rows of the first one, in order; `only` of these."""
    for sizes in part_sizes(engine, model, only):
        yield from part_of(engine, model, list(sizes)).inputs()


def part_sizes(
    engine: Engine, model: PythonModel, only: Collection[str] | None = None, *, jobs: int = 1
) -> list[dict[str, int]]:
    """Repositories that have rows of a model's first input, in parts to fetch at once: in order, with their rows.

    For several jobs the parts are smaller, so that none waits long for the last.
    """
    counts = [engine.counts(read.table) for read in model.inputs]
    sizes = {
        repo_id: sum(rows.get(repo_id, 0) for rows in counts)
        for repo_id in engine.counts(REPOSITORIES)
        if repo_id in counts[0] and (only is None or repo_id in only)
    }
    most = MOST_ROWS if jobs == 1 else min(MOST_ROWS, sum(sizes.values()) // (_PARTS_FOR_A_JOB * jobs))
    return [{repo_id: sizes[repo_id] for repo_id in group} for group in groups(sizes, most)]


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


def part_of(engine: Engine, model: PythonModel, repositories: Sequence[str]) -> Part:
    """Fetch the inputs of a model for these repositories."""
    tables: dict[str, pa.Table] = {}
    places: dict[str, dict[str, tuple[int, int]]] = {}
    for read in model.inputs:
        counts = engine.counts(read.table)
        here = [repo_id for repo_id in repositories if repo_id in counts]
        tables[read.table] = engine.fetch(read.table, read.columns, order=read.order, repositories=here)
        places[read.table] = {}
        begin = 0
        for repo_id in here:
            places[read.table][repo_id] = (begin, counts[repo_id])
            begin += counts[repo_id]
    return Part(repositories, tables, places)


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Keep Python from looking for cycles: models make none, and have so many objects that the search takes long."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
