"""The models on a cluster, over Spark Connect: the same raw files, the same SQL, the same tables.

Every table is Parquet files in a folder that the cluster sees under the same path as this machine. Spark makes the
tables of queries; what Python models read and make, and the published DuckDB file, goes through the files, not through
the connection: so nothing has to fit into one message, or into the memory of Spark's driver.

Times are naive UTC in every file. Inside Spark they are its TIMESTAMP in a session whose zone is UTC, for `unix_micros`
takes no TIMESTAMP_NTZ there.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from headway.errors import UsageError, WarehouseError
from warehouse.building.spark_session import open_session, reach, spark_errors
from warehouse.building.tasks import WRITTEN
from warehouse.engines import DuckDBEngine
from warehouse.upkeep.file_schemas import files_unlike

__all__ = ["SparkEngine", "copy_tables", "spark_engine"]

_PROBES = 4  # tasks that ask for the version: on a small cluster each machine has one of them
_MOUNT = "mount the warehouse on the cluster under the same path, for reading and writing"
# Spark reads these in a path as a pattern, or as an escape.
_PATTERN = re.compile(r"[\[\]{}*?%\\]")


class SparkEngine:
    """Tables as Parquet below `folder`, made by a session of Spark Connect. See `warehouse.engines.Engine`."""

    def __init__(self, session: Any, folder: Path) -> None:
        self.files: dict[str, list[Path]] = {}
        self.spellings: Mapping[str, str] = {}
        self.folder = _plain(folder)
        self._session = session
        self._local = DuckDBEngine(duckdb.connect())

    def scan(self, name: str, files: Sequence[Path], schema: pa.Schema) -> None:
        """See `Engine.scan`."""
        if not files:
            self.put(name, schema.empty_table())
            return
        unlike = set(files_unlike(files, schema))
        target = self._emptied(name)
        if unlike:
            target.mkdir()
        complete = [_plain(file) for file in files if file not in unlike]
        for place, file in enumerate(sorted(unlike)):
            complete.append(target / f"{place}.parquet")
            pq.write_table(pq.read_table(file, schema=schema), complete[-1])
        self._show(name, complete)

    def repositories(self, names: Sequence[str]) -> list[str]:
        """See `Engine.repositories`; reads the files, as `fetch` does."""
        return self._local.repositories(names)

    def respell(self, name: str, spellings: Mapping[str, str]) -> None:
        """See `Engine.respell`."""
        self._local.respell(name, spellings)
        self.spellings = spellings
        with spark_errors(f"Spark could not read the files of {name}", hint=_MOUNT):
            frame = self._frame(self.files[name])
            frame.replace(dict(spellings), subset=["repo_id"]).createOrReplaceTempView(name)

    def put(self, name: str, table: pa.Table) -> None:
        """See `Engine.put`."""
        target = self._emptied(name)
        target.mkdir()
        pq.write_table(table, target / "table.parquet")
        self._show(name, [target / "table.parquet"])

    def create(self, name: str, sql: str) -> None:
        """See `Engine.create`; raises `WarehouseError` where Spark fails."""
        target = self._emptied(name)
        with spark_errors(f"Spark could not make the table {name}"):
            frame = _cast(self._session.sql(sql), "timestamp", "timestamp_ntz")
            frame.write.parquet(_url(target))
            if files := sorted(target.glob("*.parquet")):
                self._show(name, files)
                return
            first = frame.limit(1).toArrow()  # of no rows, not every server writes a file
        if first.num_rows:
            raise _unshared(target)
        self.put(name, first)

    def fetch(
        self, name: str, columns: Sequence[str], *, order: Sequence[str] = (), repositories: Sequence[str] | None = None
    ) -> pa.Table:
        """See `Engine.fetch`; reads the files, which costs no job of Spark's."""
        return self._local.fetch(name, columns, order=order, repositories=repositories)

    def counts(self, name: str) -> Mapping[str, int]:
        """See `Engine.counts`; reads the files too."""
        return self._local.counts(name)

    def has_same_code(self, version: str) -> bool:
        """Whether the machines of the cluster have this version of Headway, and so can run its Python models."""

        def versions(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            from warehouse.building.kept import code_version

            for batch in batches:
                yield pa.RecordBatch.from_pydict({"version": [code_version()] * batch.num_rows})

        from pyspark.errors import PySparkException

        try:
            numbers = self._session.range(0, _PROBES, 1, _PROBES)
            versions_there = numbers.mapInArrow(versions, "version string").toArrow()["version"].to_pylist()
        except PySparkException:  # it is not installed there, or for another Python
            return False
        return bool(versions_there == [version] * _PROBES)

    def put_files(
        self, names: Sequence[str], tasks: int, task: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
    ) -> None:
        """Make tables of the files that tasks write; each is given its number and returns rows `WRITTEN`."""
        with spark_errors(f"Spark could not make the tables {', '.join(names)}"):
            written = self._session.range(0, tasks, 1, tasks).mapInArrow(task, WRITTEN).toArrow().to_pylist()
        for name in names:
            self._show(name, sorted(Path(row["file"]) for row in written if row["name"] == name))

    def check(self) -> None:
        """Raises `WarehouseError` unless Spark sees the folder: not every server says so of a file that it misses."""
        self.put("seen_by_spark", pa.table({"seen": [True]}))
        with spark_errors("Spark could not count a first table"):
            rows = self._session.table("seen_by_spark").count()
        if rows != 1:
            raise _unshared(self.folder)

    def close(self) -> None:
        """End the session; the files stay."""
        self._local.connection.close()
        with spark_errors("Spark could not end the session"):
            self._session.client.set_retry_policies([])  # a server that is gone has nothing to end
            self._session.stop()

    def _emptied(self, name: str) -> Path:
        target = self.folder / name
        shutil.rmtree(target, ignore_errors=True)
        return target

    def _show(self, name: str, files: list[Path]) -> None:
        self.files[name] = files
        self._local.scan(name, files, pa.schema([]))
        with spark_errors(f"Spark could not read the files of {name}", hint=_MOUNT):
            self._frame(files).createOrReplaceTempView(name)

    def _frame(self, files: list[Path]) -> Any:
        return _cast(self._session.read.parquet(*map(_url, files)), "timestamp_ntz", "timestamp")


@contextlib.contextmanager
def spark_engine(url: str, folder: Path) -> Iterator[SparkEngine]:
    """An engine on the cluster at `url` (as `[engine] url`), its tables in a new folder below `folder`.

    The session and the tables are gone when it ends. Raises `UsageError` where the client is not installed or `url` is
    none, `WarehouseError` where the server does not answer or does not see `folder`.
    """
    tables = _plain(folder) / f"spark-{secrets.token_hex(4)}"
    reach(url)
    tables.mkdir(parents=True)
    try:
        with contextlib.closing(SparkEngine(open_session(url), tables)) as engine:
            engine.check()
            yield engine
    finally:
        shutil.rmtree(tables, ignore_errors=True)


def copy_tables(engine: SparkEngine, connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Make tables in DuckDB of the ones made on Spark, without holding them in memory."""
    for name in names:
        files = [str(file) for file in engine.files[name]]
        sql = f'create or replace table "{name}" as select * from read_parquet($files)'  # noqa: S608 - a name of ours
        connection.execute(sql, {"files": files})


def _cast(frame: Any, old: str, new: str) -> Any:
    """The same columns, those of type `old` as `new`; exact, for the zone of the session is UTC."""
    return frame.select(*(frame[name].cast(new) if kind == old else frame[name] for name, kind in frame.dtypes))


def _plain(path: Path) -> Path:
    path = path.absolute()
    if match := _PATTERN.search(str(path)):
        raise UsageError(
            f"Spark would read the {match[0]} in {path} as a pattern", hint="give the warehouse a folder without it"
        )
    return path


def _url(path: Path) -> str:
    # With the scheme, so that a cluster whose own file system is another one looks at the shared folder.
    return f"file://{path}"


def _unshared(folder: Path) -> WarehouseError:
    return WarehouseError(f"Spark and this machine do not see the same files in {folder}", hint=_MOUNT)
