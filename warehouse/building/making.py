"""Make the tables of one model, whole or of some repositories."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

import pyarrow as pa

from warehouse.building.parts import repository_inputs
from warehouse.engines import Engine
from warehouse.model import Model, PythonModel

__all__ = ["make", "run"]


def make(engine: Engine, model: Model) -> None:
    """Make the tables of one model; those that it reads are there."""
    if isinstance(model, PythonModel):
        for name, rows in run(engine, model).items():
            engine.put(name, rows)
    else:
        engine.create(model.name, model.sql)


def run(engine: Engine, model: PythonModel, only: Collection[str] | None = None) -> Mapping[str, pa.Table]:
    """What a model makes of the tables that it reads; `only` of these repositories, if it runs for each."""
    with _no_search_for_cycles():
        if not model.per_repository:
            return model.run(
                {read.table: engine.fetch(read.table, read.columns, order=read.order) for read in model.inputs}
            )
        parts: dict[str, list[pa.Table]] = {table.name: [table.schema.empty_table()] for table in model.tables}
        for inputs in repository_inputs(engine, model, only):
            _add(parts, model.run(inputs).items())
        return {name: pa.concat_tables(tables) for name, tables in parts.items()}


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


def _add(parts: Mapping[str, list[pa.Table]], results: Iterable[tuple[str, pa.Table]]) -> None:
    for name, table in results:
        parts[name].append(table)
