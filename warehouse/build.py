"""Derive every table that reports read from the raw rows, as of a moment.

A build makes a new file: no migrations. What it takes over from the build before is what was made of the same
(`building.remaking`), so that nothing can be stale.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from headway.progress import Progress
from headway.raw_tables import TABLES
from headway.settings import Settings
from warehouse.building.making import make
from warehouse.engines import Engine
from warehouse.model import Header, Model, in_order, needed_for, sql_models
from warehouse.models.registry import python_models
from warehouse.sources import Sources, spellings

__all__ = ["Sources", "all_models", "build_tables", "make", "run_models", "scan"]


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
) -> list[Header]:
    """Make all tables in `engine`; returns their headers in the order made. `as_of` None: up to each watermark.

    With `only` these tables are made, and those that they need.
    """
    models = all_models(settings, scan(engine, sources), as_of)
    if only:
        models = needed_for(models, only)
    run_models(models, lambda model: make(engine, model), progress)
    return [header for model in models for header in model.headers]


def run_models(models: Sequence[Model], make: Callable[[Model], None], progress: Progress) -> None:
    """Make the tables of each model in turn."""
    for done, model in enumerate(models):
        progress.step(done, len(models), f"building {model.name}")
        make(model)
    progress.done()


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
