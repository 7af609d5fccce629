"""A full build on a cluster: SQL models as queries of Spark, Python models as tasks, the published file made here.

Later builds begin with the published file and make again what differs, on this machine: a night asks no cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from headway.progress import Progress
from headway.settings import EngineSettings, Settings
from warehouse.build import Sources, all_models, run_models, scan
from warehouse.building.kept import code_version
from warehouse.building.making import make
from warehouse.building.spark import SparkEngine, copy_tables, spark_engine
from warehouse.building.tasks import Tasks, shares
from warehouse.model import REPOSITORIES, Model, PythonModel

__all__ = ["build_on_cluster", "make_on_cluster", "try_cluster"]

ROWS_A_TASK = 200_000
"""A Python model that reads fewer rows is run here: to begin a task costs more than that."""
MOST_TASKS = 64


def build_on_cluster(
    connection: duckdb.DuckDBPyConnection, settings: Settings, sources: Sources, folder: Path, progress: Progress
) -> tuple[list[Model], Mapping[str, str]]:
    """Make all tables on the cluster of the settings, by way of files below `folder`, and copy them here.

    Returns the models, and which names of repositories are used. Raises `WarehouseError` where the cluster fails.
    """
    with spark_engine(settings.engine.url, folder) as engine:
        models = all_models(settings, scan(engine, sources), None)
        spread = engine.has_same_code(code_version())
        run_models(models, lambda model: make_on_cluster(engine, model, spread=spread), progress)
        copy_tables(engine, connection, [header.table for model in models for header in model.headers])
        return models, engine.spellings


def try_cluster(engine: EngineSettings, folder: Path) -> bool:
    """Whether Python models run there too; raises `WarehouseError` where the cluster or the folder cannot be used."""
    with spark_engine(engine.url, folder) as spark:
        return spark.has_same_code(code_version())


def make_on_cluster(engine: SparkEngine, model: Model, *, spread: bool) -> None:
    """Make the tables of one model; with `spread`, one of Python in tasks where it reads enough."""
    if not (spread and isinstance(model, PythonModel) and model.per_repository):
        make(engine, model)
        return
    sizes = _sizes(engine, model)
    tasks = min(MOST_TASKS, sum(sizes.values()) // ROWS_A_TASK)
    if tasks < 2:
        make(engine, model)
        return
    files = {name: engine.files[name] for name in model.reads}
    parts = shares(sizes, tasks)
    engine.put_files(model.outputs, len(parts), Tasks(model, files, engine.spellings, parts, engine.folder))


def _sizes(engine: SparkEngine, model: PythonModel) -> dict[str, int]:
    """Repositories that the model is run for, with the rows that it reads of each."""
    counts = [engine.counts(read.table) for read in model.inputs]
    return {
        repo_id: sum(rows.get(repo_id, 0) for rows in counts)
        for repo_id in engine.counts(REPOSITORIES)
        if repo_id in counts[0]
    }
