"""Derive every table that reports read from the raw rows, as of a moment.

A build makes a new file: no migrations. What it takes over from the build before stands under a key of all that it
came from, so that nothing can be stale.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import pyarrow as pa

from headway.progress import Progress
from headway.raw_tables import TABLES
from headway.settings import Settings
from warehouse.building.kept import Kept
from warehouse.building.parts import repository_inputs
from warehouse.engines import Engine
from warehouse.model import Header, Model, PythonModel, in_order, needed_for, sql_models
from warehouse.models.registry import python_models
from warehouse.sources import Sources, spellings

__all__ = ["Sources", "all_models", "build_tables", "make", "scan"]


def all_models(settings: Settings, sources: Sources, as_of: datetime | None) -> list[Model]:
    """Every model in the order in which a build runs it."""
    return in_order((*sql_models(), *python_models(settings, sources, as_of)))


def build_tables(
    engine: Engine,
    sources: Sources,
    settings: Settings,
    *,
    as_of: datetime | None,
    progress: Progress,
    only: Collection[str] = (),
    kept: Kept | None = None,
) -> list[Header]:
    """Make all tables in `engine`; returns their headers in the order made. `as_of` None: up to each watermark.

    With `only` these tables are made, and those that they need. With `kept`, what the build before made of the same
    rows is taken over.
    """
    models = all_models(settings, scan(engine, sources), as_of)
    if only:
        models = needed_for(models, only)
    if kept:
        kept.expect(models)
    for done, model in enumerate(models):
        progress.step(done, len(models), f"building {model.name}")
        make(engine, model, kept)
    progress.done()
    return [header for model in models for header in model.headers]


def make(engine: Engine, model: Model, kept: Kept | None = None) -> None:
    """Make the tables of one model; those that it reads are there."""
    if isinstance(model, PythonModel):
        unchanged = kept.unchanged(model, engine.counts) if kept else []
        with _no_search_for_cycles():
            results = _run(engine, model, unchanged)
        for name, result in results.items():
            engine.put(name, result)
            if kept and unchanged:
                kept.take(name, unchanged)
    else:
        engine.create(model.name, model.sql)


def scan(engine: Engine, sources: Sources) -> Sources:
    """Make the raw rows readable, each repository under one spelling of its name; returns the sources with it."""
    names = [f"raw_{table.name}" for table in TABLES.values()]
    for name, table in zip(names, TABLES.values(), strict=True):
        engine.scan(name, sources.files.get(table.name, ()), table.schema)
    fed = [repo_id for commit in sources.latest.values() for repo_id in commit.repo_ids]
    collected = engine.fetch("raw_repositories", ("repo_id", "origin", "collected_at"))
    used = spellings([*engine.repositories(names), *fed], collected.to_pylist())
    if not used:
        return sources
    for name in names:
        engine.respell(name, used)
    return sources.respelled(used)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Keep Python from looking for cycles: models make none, and have so many objects that the search takes long."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _run(engine: Engine, model: PythonModel, without: Collection[str]) -> Mapping[str, pa.Table]:
    if not model.per_repository:
        if without:
            return {table.name: table.schema.empty_table() for table in model.tables}
        return model.run(
            {read.table: engine.fetch(read.table, read.columns, order=read.order) for read in model.inputs}
        )
    parts: dict[str, list[pa.Table]] = {table.name: [table.schema.empty_table()] for table in model.tables}
    for inputs in repository_inputs(engine, model, without):
        _add(parts, model.run(inputs).items())
    return {name: pa.concat_tables(tables) for name, tables in parts.items()}


def _add(parts: Mapping[str, list[pa.Table]], results: Iterable[tuple[str, pa.Table]]) -> None:
    for name, table in results:
        parts[name].append(table)
