"""Models and the order in which they run.

An SQL model is a file of `warehouse/models`; its header documents the table. A Python model is a pure function from
tables of one repository to tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pyarrow as pa

__all__ = ["Header", "Input", "PythonModel", "SqlModel", "in_order", "needed_for", "sql_models"]

FOLDER = Path(__file__).parent / "models"


@dataclass(frozen=True)
class Header:
    """What the header of an SQL model says: the table, its grain, its columns with meaning and unit."""

    table: str
    summary: str
    grain: str
    columns: Mapping[str, str]

    @classmethod
    def read(cls, sql: str) -> Header:
        """Parse the comment lines at the top of a model."""
        lines = [line[2:].rstrip() for line in sql.splitlines() if line.startswith("--")]
        table, _, summary = lines[0].strip().partition(": ")
        grain = next(line.partition(": ")[2] for line in lines if line.startswith(" grain: "))
        columns: dict[str, str] = {}
        for line in lines:
            if found := re.match(r"^   (\w+): (.*)$", line):
                columns[found[1]] = found[2]
            elif columns and line.startswith("     "):
                columns[list(columns)[-1]] += f" {line.strip()}"
        return cls(table, summary, grain, columns)


@dataclass(frozen=True)
class SqlModel:
    """One file of SQL: one table."""

    name: str
    sql: str

    @property
    def header(self) -> Header:
        """Its documentation."""
        return Header.read(self.sql)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The tables it makes."""
        return (self.name,)

    @property
    def reads(self) -> frozenset[str]:
        """The tables it reads."""
        return _tables_of(self.sql)


@dataclass(frozen=True)
class Input:
    """A table that a Python model reads: which columns, in which order."""

    table: str
    columns: tuple[str, ...]
    order: tuple[str, ...]


@dataclass(frozen=True)
class PythonModel:
    """A function from the tables of one repository to tables of it.

    The first input is what it is about: it is not called for a repository of which that has no row.
    """

    name: str
    inputs: tuple[Input, ...]
    schemas: Mapping[str, pa.Schema]
    function: Callable[[Mapping[str, pa.Table]], Mapping[str, pa.Table]]
    meanings: Mapping[str, str] = field(default_factory=dict)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The tables it makes."""
        return tuple(self.schemas)

    @property
    def reads(self) -> frozenset[str]:
        """The tables it reads."""
        return frozenset(read.table for read in self.inputs)


Model = SqlModel | PythonModel


@cache
def sql_models(folder: Path = FOLDER) -> tuple[SqlModel, ...]:
    """All SQL models, by name."""
    return tuple(
        SqlModel(path.stem, path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.sql"), key=lambda path: path.stem)
    )


def in_order(models: tuple[Model, ...]) -> list[Model]:
    """Models so that each comes after those whose tables it reads; the same order every time."""
    maker = {table: model for model in models for table in model.outputs}
    names = {model.name: model for model in models}
    graph = {
        model.name: sorted({maker[table].name for table in model.reads if table in maker} - {model.name})
        for model in sorted(models, key=lambda model: model.name)
    }
    return [names[name] for name in TopologicalSorter(graph).static_order()]


def needed_for(models: Sequence[Model], tables: Collection[str]) -> list[Model]:
    """Those of `models` without which `tables` cannot be made, in their order."""
    maker = {table: model for model in models for table in model.outputs}
    kept: set[str] = set()
    left = list(tables)
    while left:
        model = maker.get(left.pop())
        if model is not None and model.name not in kept:
            kept.add(model.name)
            left += model.reads
    return [model for model in models if model.name in kept]


@cache
def _tables_of(sql: str) -> frozenset[str]:
    return frozenset(_parser().get_table_names(sql))


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """A connection of its own for reading SQL: nothing is ever run on it."""
    connection = duckdb.connect()
    connection.execute("create temp macro unix_micros(ts) as epoch_us(ts)")
    return connection
