"""Models and the order in which they run.

An SQL model is a file of `warehouse/models`; its header documents the table. A Python model is a pure function from
tables to tables, declared beside that function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pyarrow as pa

__all__ = [
    "REPOSITORIES",
    "Header",
    "Input",
    "Model",
    "PythonModel",
    "SqlModel",
    "Table",
    "in_order",
    "needed_for",
    "sql_models",
]

FOLDER = Path(__file__).parent / "models"
_COMMENT = re.compile(r"--[^\n]*")
_TEXT = re.compile(r"'[^']*'")
_READ = re.compile(r"\b(?:from|join)\s+(\w+)\b(?!\s*\()")
_NAMED_PART = re.compile(r"(?:\bwith|,)\s*(\w+)\s+as\s*\(")
_STAR = re.compile(r"\b(\w+)\.\*|\bselect\s+(?:distinct\s+)?\*\s+from\s+(\w*)")
_COMPARED = re.compile(r"[<>]=?\s*report_times\.as_of\b")
_WORD = re.compile(r"\w+")
_ACROSS = re.compile(r"^-- across: ", re.MULTILINE)
REPOSITORIES = "repository_settings"
"""The table that lists the repositories: a model per repository runs once for each of its rows."""


@dataclass(frozen=True)
class Header:
    """Documentation of a table: what it is, its grain, the key of that grain, its columns with meaning and unit."""

    table: str
    summary: str
    grain: str
    key: tuple[str, ...]
    columns: Mapping[str, str]

    @classmethod
    def read(cls, sql: str) -> Header:
        """Parse the comment lines at the top of a model."""
        lines = [line[2:].rstrip() for line in sql.splitlines() if line.startswith("--")]
        table, _, summary = lines[0].strip().partition(": ")
        stated = {word: text for word, _, text in (line.strip().partition(": ") for line in reversed(lines))}
        columns: dict[str, str] = {}
        for line in lines:
            if match := re.match(r"^   (\w+): (.*)$", line):
                columns[match[1]] = match[2]
            elif columns and line.startswith("     "):
                columns[list(columns)[-1]] += f" {line.strip()}"
        return cls(table, summary, stated["grain"], tuple(stated["key"].split(", ")), columns)


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
    def headers(self) -> tuple[Header, ...]:
        """The documentation of each of its tables."""
        return (self.header,)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The tables it makes."""
        return (self.name,)

    @property
    def reads(self) -> frozenset[str]:
        """The tables it reads."""
        return _tables_of(self.sql)

    @property
    def per_repository(self) -> bool:
        """Whether its rows of a repository are made of rows of that repository alone, and of tables without any.

        A model whose rows are not says so in its header: `across: ` and why.
        """
        return "repo_id" in self.header.columns and not _ACROSS.search(self.sql)

    @property
    def only_compares_as_of(self) -> bool:
        """Whether it reads the time of the report only to compare it with times of other tables."""
        others = _COMPARED.sub("", _plain(self.sql))
        return "report_times" in self.reads and {"as_of", "interval"}.isdisjoint(_WORD.findall(others))

    def columns_of(self, table: Header) -> frozenset[str] | None:
        """The columns of a table whose names occur in the query; None where it may read them all."""
        plain = _plain(self.sql)
        others = {*_NAMED_PART.findall(plain), *self.reads} - {table.table}
        if any(dotted + bare not in others for dotted, bare in _STAR.findall(plain)):
            return None  # all of this table, or of what has another name here
        return frozenset(table.columns) & frozenset(_WORD.findall(plain))


@dataclass(frozen=True)
class Table:
    """A table that a Python model makes: what the header of an SQL model says, and the types of its columns."""

    name: str
    summary: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, pa.DataType, str], ...]

    @property
    def header(self) -> Header:
        """Its documentation."""
        return Header(self.name, self.summary, self.grain, self.key, {name: text for name, _, text in self.columns})

    @property
    def schema(self) -> pa.Schema:
        """Its columns with their types."""
        return pa.schema([(name, kind) for name, kind, _ in self.columns])

    def of(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Make the table of these rows; a column that a row lacks is null."""
        return pa.Table.from_pylist(rows, self.schema)


@dataclass(frozen=True)
class Input:
    """A table that a Python model reads: which columns, in which order."""

    table: str
    columns: tuple[str, ...]
    order: tuple[str, ...] = ()


@dataclass(frozen=True)
class PythonModel:
    """A function from tables to tables; one that makes a single table may return it alone.

    The function runs once for each repository, on the rows of that repository. The first input is what the model is
    about: a repository without a row of it is left out. Unless `per_repository`, the function runs once, on all rows.
    `knows`: all that the function knows beside its inputs, as text; None where that is more than a text can say.
    """

    name: str
    inputs: tuple[Input, ...]
    tables: tuple[Table, ...]
    function: Callable[[Mapping[str, pa.Table]], pa.Table | Mapping[str, pa.Table]]
    per_repository: bool = True
    knows: str | None = None

    @property
    def headers(self) -> tuple[Header, ...]:
        """The documentation of each of its tables."""
        return tuple(table.header for table in self.tables)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The tables it makes."""
        return tuple(table.name for table in self.tables)

    @property
    def reads(self) -> frozenset[str]:
        """The tables it reads, and the one that lists repositories if it runs for each."""
        return frozenset([read.table for read in self.inputs] + [REPOSITORIES] * self.per_repository)

    def run(self, inputs: Mapping[str, pa.Table]) -> Mapping[str, pa.Table]:
        """Call the function; returns each table by its name."""
        result = self.function(inputs)
        return {self.tables[0].name: result} if isinstance(result, pa.Table) else result


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
    names: set[str] = set()
    pending = list(tables)
    while pending:
        model = maker.get(pending.pop())
        if model is not None and model.name not in names:
            names.add(model.name)
            pending += model.reads
    return [model for model in models if model.name in names]


@cache
def _tables_of(sql: str) -> frozenset[str]:
    """The tables that a query names after `from` or `join`; DuckDB's own reading takes twenty times as long."""
    plain = _plain(sql)
    return frozenset(_READ.findall(plain)) - frozenset(_NAMED_PART.findall(plain))


def _plain(sql: str) -> str:
    return _TEXT.sub("", _COMMENT.sub("", sql))
