"""Make again, in a copy of the file that the build before published, what is made of something that differs.

A model is run for the repositories of which it reads a row, in a column that it reads, that differs from the build
before; a model that looks across repositories is run whole if any does. What it makes is compared in turn, and takes
the place of what was there only where it differs. So nothing can be stale, and a night costs what is new.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from warehouse.building.clock import Clock
from warehouse.building.differences import EVERY, WHOLE, Differences, among, differences
from warehouse.building.kept import Origin
from warehouse.building.making import run
from warehouse.building.raw_files import files_of
from warehouse.building.workers import Workers
from warehouse.engines import DuckDBEngine
from warehouse.model import REPOSITORIES, Header, Model, PythonModel

__all__ = ["Remaking"]

_NEW = "_new"
_TIMES = "report_times"


class Remaking:
    """One build on the tables of the build before, which `engine` has; `before` and `now`: what each is made of.

    `files`: the visible raw files of each raw table.
    """

    def __init__(
        self,
        engine: DuckDBEngine,
        models: Sequence[Model],
        files: Mapping[str, Sequence[Path]],
        before: Origin,
        now: Origin,
        workers: Workers,
    ) -> None:
        self._engine, self._workers = engine, workers
        self._headers = {header.table: header for model in models for header in model.headers}
        self._others = {name for name in now.knows if before.knows.get(name) != now.knows[name]}
        self._knows = now.knows
        self._clock = Clock(engine.connection, self._headers)
        paths = {table: {path.name: path for path in listed} for table, listed in files.items()}
        self._raw: dict[str, dict[str, list[Path]]] = {}
        self._differs: dict[str, Differences] = {}
        for table in {**before.files, **now.files}:
            was = files_of(before.files.get(table, {}), before.spellings)
            here = files_of(now.files.get(table, {}), now.spellings)
            self._raw[f"raw_{table}"] = {
                repo_id: [paths[table][name] for name in sorted(names)] for repo_id, names in here.items()
            }
            self._differs[f"raw_{table}"] = {
                repo_id: frozenset({EVERY})
                for repo_id in was.keys() | here.keys()
                if was.get(repo_id) != here.get(repo_id)
            }

    def differing(self) -> list[Header]:
        """The tables of which rows differ from those of the build before."""
        return [header for table, header in self._headers.items() if self._differs.get(table)]

    @contextmanager
    def narrowed(self) -> Iterator[None]:
        """Let tables that say of which repository a row is have only those of which any differs, meanwhile."""
        with_repositories = [header.table for header in self._headers.values() if "repo_id" in header.columns]
        repositories = {repo_id for table in with_repositories for repo_id in self._differs.get(table, ())}
        with self._engine.narrowed(dict.fromkeys(with_repositories), among(repositories)):
            yield

    def make(self, model: Model) -> None:
        """Make the tables of one model as far as they may differ; those that it reads are there."""
        stale = self._stale(model)
        if stale is not None and not stale:
            return
        if isinstance(model, PythonModel):
            for name, rows in run(self._engine, model, stale, workers=self._workers).items():
                self._engine.put(_NEW, rows, temporary=True)
                self._replace(name, stale)
            return
        query = f'create or replace temp table "{_NEW}" as {model.sql}'
        if stale is None:
            self._engine.connection.execute(query)
        else:
            with self._engine.narrowed(self._files(model.reads, stale), among(stale)):
                self._engine.connection.execute(query)
        self._replace(model.name, stale)

    def _stale(self, model: Model) -> Collection[str] | None:
        """The repositories for which a model has to run; None: for all, or as a whole."""
        if isinstance(model, PythonModel) and (model.name in self._others or model.name not in self._knows):
            return None
        stale = {
            repo_id
            for table, columns in self._reads(model).items()
            for repo_id, differing in self._differs.get(table, {}).items()
            if (columns is None or EVERY in differing or not differing.isdisjoint(columns))
            and not (table == _TIMES and self._clock.shows_the_same(model, repo_id, differing))
        }
        return None if WHOLE in stale or (stale and not model.per_repository) else stale

    def _reads(self, model: Model) -> Mapping[str, Collection[str] | None]:
        """The tables that a model reads, and which columns (None: all)."""
        if not isinstance(model, PythonModel):
            return {
                table: model.columns_of(self._headers[table]) if table in self._headers else None
                for table in model.reads
            }
        reads: dict[str, set[str]] = {REPOSITORIES: {"repo_id"}} if model.per_repository else {}
        for read in model.inputs:
            reads.setdefault(read.table, set()).update(read.columns, read.order)
        return reads

    def _files(self, tables: Iterable[str], repositories: Collection[str]) -> dict[str, list[Path] | None]:
        """Of tables that say of which repository a row is: the raw files with rows of these; None: no raw table."""
        chosen: dict[str, list[Path] | None] = {}
        for table in tables:
            if table in self._raw:
                files = self._raw[table]
                chosen[table] = sorted({path for repo_id in repositories for path in files.get(repo_id, ())})
            elif table in self._headers and "repo_id" in self._headers[table].columns:
                chosen[table] = None
        return chosen

    def _replace(self, table: str, repositories: Collection[str] | None) -> None:
        """Let the new rows take the place of those of these repositories, where they differ."""
        connection = self._engine.connection
        differs = differences(connection, self._headers[table], _NEW, repositories)
        if table == _TIMES:
            self._clock.moves(_TIMES, _NEW)
        self._differs[table] = differs
        if not differs:
            return
        condition = "true" if WHOLE in differs else among(differs)
        connection.execute(f'delete from "{table}" where {condition}')  # noqa: S608 - names of ours
        connection.execute(f'insert into "{table}" by name select * from "{_NEW}" where {condition}')  # noqa: S608
        self._engine.forget(table)
