"""Run a Python model on a cluster: in tasks, each of which makes the rows of some repositories.

A task reads the files of the model's inputs and writes files of its tables, in the folder that all machines see; only
the names of files travel. A task that fails is run again by Spark, and files of an attempt that failed are never read,
for what a task returns names its files.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.building.making import run
from warehouse.engines import DuckDBEngine
from warehouse.model import PythonModel

__all__ = ["WRITTEN", "Tasks", "shares"]

WRITTEN = "name string, file string"
"""What a task returns, as Spark spells it: a row for each file, with the name of the table."""


@dataclass(frozen=True)
class Tasks:
    """The tasks of one model. They travel to the machines of the cluster, which have the same version of Headway.

    `files`: of each table that the model reads; `spellings`: which names of repositories in raw tables are used;
    `shares`: the repositories of each task; `folder`: where they write.
    """

    model: PythonModel
    files: Mapping[str, Sequence[Path]]
    spellings: Mapping[str, str]
    shares: Sequence[Sequence[str]]
    folder: Path

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Run the tasks whose numbers are in these batches, in column 0."""
        for batch in batches:
            for number in batch.column(0).to_pylist():
                written = [{"name": name, "file": file} for name, file in self._run(self.shares[number])]
                yield pa.RecordBatch.from_pylist(written, pa.schema([("name", pa.string()), ("file", pa.string())]))

    def _run(self, repositories: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Names of tables and the files of their rows."""
        with duckdb.connect() as connection:
            connection.execute("set threads = 1")  # Spark gives a task one core
            engine = DuckDBEngine(connection)
            for name, files in self.files.items():
                engine.scan(name, files, pa.schema([]))
                if self.spellings and name.startswith("raw_"):
                    engine.respell(name, self.spellings)
            for name, rows in run(engine, self.model, repositories).items():
                file = self.folder / f"{name}-{secrets.token_hex(8)}.parquet"
                pq.write_table(rows, file)
                yield name, str(file)


def shares(sizes: Mapping[str, int], tasks: int) -> list[list[str]]:
    """Keys in at most so many shares of about equal size, the largest share first."""
    totals = [0] * min(tasks, len(sizes))
    keys: list[list[str]] = [[] for _ in totals]
    for key in sorted(sizes, key=lambda key: (-sizes[key], key)):
        least = totals.index(min(totals))
        totals[least] += sizes[key]
        keys[least].append(key)
    return [sorted(keys[place]) for place in sorted(range(len(totals)), key=lambda place: -totals[place])]
