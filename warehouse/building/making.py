"""Make the tables of one model, whole or of some repositories."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pyarrow as pa

from warehouse.building.parts import no_search_for_cycles, part_sizes
from warehouse.building.workers import Workers
from warehouse.engines import Engine
from warehouse.model import Model, PythonModel

__all__ = ["make", "run"]


def make(engine: Engine, model: Model, workers: Workers | None = None) -> None:
    """Make the tables of one model; those that it reads are there."""
    if isinstance(model, PythonModel):
        for name, rows in run(engine, model, workers=workers).items():
            engine.put(name, rows)
    else:
        engine.create(model.name, model.sql)


def run(
    engine: Engine, model: PythonModel, only: Collection[str] | None = None, *, workers: Workers | None = None
) -> Mapping[str, pa.Table]:
    """What a model makes of the tables that it reads; `only` of these repositories, if it runs for each."""
    if not model.per_repository:
        with no_search_for_cycles():
            return model.run(
                {read.table: engine.fetch(read.table, read.columns, order=read.order) for read in model.inputs}
            )
    workers = workers or Workers(1)
    results = workers.run(engine, model, part_sizes(engine, model, only, jobs=workers.jobs))
    pa.default_memory_pool().release_unused()  # of what was read, which Arrow would keep for the next model
    return {
        table.name: pa.concat_tables([table.schema.empty_table(), *(part[table.name] for part in results)])
        for table in model.tables
    }
