"""Make the published file: derive every table from the raw rows, and name the file when it is whole."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from headway.errors import WarehouseError
from headway.progress import Progress
from headway.settings import Settings
from warehouse.building.bounds import bound, limit_threads, remove_unused
from warehouse.building.kept import Kept, Origin, knowledge
from warehouse.building.raw_files import repositories_of
from warehouse.building.remaking import Remaking
from warehouse.building.signature import signature
from warehouse.building.workers import Workers
from warehouse.checks import run_checks
from warehouse.engines import DuckDBEngine
from warehouse.model import Model
from warehouse.publish.comments import comment
from warehouse.publish.published import is_sound, published
from warehouse.publish.written import UNFINISHED, Addition, too_small, write_within
from warehouse.sources import SourceRole, Sources
from warehouse.store import RawStore, prepare, remove_unfinished, write_atomically
from warehouse.store.locks import building
from warehouse.upkeep.damage import gaps, missing_files, set_damaged_aside
from warehouse.upkeep.fixed_path import name_newest
from warehouse.upkeep.space import ensure_space

__all__ = ["build_in_memory", "build_some", "publish"]

_Result = TypeVar("_Result")
_RETAINED = 3


def publish(  # noqa: PLR0913  (options, all by name)
    warehouse: Path,
    settings: Settings,
    teams: dict[str, str],
    *,
    built_at: datetime,
    progress: Progress,
    roles: Mapping[str, SourceRole] | None = None,
    anew: bool = False,
    jobs: int = 1,
    addition: Addition | None = None,
) -> Path:
    """Derive everything from the raw rows and make it current, unless all of it is what the current file was made of.

    `anew`: do so in any case, and take nothing over from the build before. `jobs`: how many processes share what is
    made of one repository after the other. `addition`: what the file has beside its tables.

    `teams` and `roles`: what the settings say of the sources that they name. Raw files that cannot be read are set
    aside, and the others are built (`Sources.gaps`, table `collection_gaps`).
    """
    prepare(warehouse)
    with building(warehouse):
        for leftover in warehouse.glob(f"headway-*{UNFINISHED}*"):  # of builds that were killed
            leftover.unlink(missing_ok=True)
        remove_unused(warehouse)
        remove_unfinished(warehouse, "CURRENT")
        remove_unfinished(warehouse / "cache", "keys.json")
        path = warehouse / f"headway-{built_at:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}.duckdb"

        with Workers(jobs) as workers:
            newest = _with_what_is_sound(
                RawStore.of(settings, warehouse),
                lambda: _publish(
                    warehouse,
                    path,
                    settings,
                    _sources(warehouse, settings, teams, roles),
                    progress,
                    workers,
                    anew=anew,
                    addition=addition,
                ),
            )
        name_newest(newest)
        return newest


def _publish(  # noqa: PLR0913  (options, all by name)
    warehouse: Path,
    path: Path,
    settings: Settings,
    sources: Sources,
    progress: Progress,
    workers: Workers,
    *,
    anew: bool,
    addition: Addition | None,
) -> Path:
    before = published(warehouse)
    kept = Kept(warehouse / "cache", before, anew=anew)
    whole = signature(sources, settings, addition.made_by if addition else "")
    if before is not None and kept.made_of(whole) and is_sound(before):
        return before
    ensure_space(warehouse, before.stat().st_size if before is not None else 0, "a build")
    build = partial(
        _build_from,
        warehouse=warehouse,
        settings=settings,
        sources=sources,
        progress=progress,
        kept=kept,
        workers=workers,
    )
    write = partial(write_within, settings.warehouse.memory_gb, sources.files, warehouse, path)
    try:
        origin = write(kept.begin, build, addition)
    except (duckdb.Error, WarehouseError) as error:
        if kept.begin is None or isinstance(error.__cause__, duckdb.OutOfMemoryException):
            raise
        origin = write(None, build, addition)  # what was published before is damaged
    write_atomically(warehouse / "CURRENT", path.name)
    kept.note(path, whole, origin)
    _forget(warehouse, path)
    return path


def _with_what_is_sound(store: RawStore, attempt: Callable[[], _Result]) -> _Result:
    """What an attempt returns; where it fails and raw files are damaged, of a second one without them."""
    try:
        return attempt()
    except (duckdb.Error, pa.ArrowException, OSError, WarehouseError) as error:
        if isinstance(error.__cause__, duckdb.OutOfMemoryException) or not set_damaged_aside(store):
            raise
        return attempt()


def build_in_memory(
    warehouse: Path,
    settings: Settings,
    teams: dict[str, str],
    *,
    as_of: datetime,
    progress: Progress,
    roles: Mapping[str, SourceRole] | None = None,
) -> duckdb.DuckDBPyConnection:
    """The same build with everything after `as_of` left out, in memory."""

    def attempt() -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        bound(connection, warehouse, settings.warehouse.memory_gb)
        try:
            _build(connection, settings, _sources(warehouse, settings, teams, roles), as_of, progress)
        except duckdb.OutOfMemoryException as error:
            connection.close()
            raise too_small(
                error, "tables as of an earlier time are made in memory, beside the published file"
            ) from error
        return connection

    return _with_what_is_sound(RawStore.of(settings, warehouse), attempt)


def build_some(
    warehouse: Path, settings: Settings, teams: dict[str, str], *, tables: Collection[str], progress: Progress
) -> duckdb.DuckDBPyConnection:
    """These tables and what they need, in memory, from the raw rows as they are now."""
    from warehouse.build import build_tables

    def attempt() -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        bound(connection, warehouse, settings.warehouse.memory_gb)
        engine, sources = DuckDBEngine(connection), _sources(warehouse, settings, teams)
        build_tables(engine, sources, settings, as_of=None, progress=progress, only=tables)
        return connection

    return _with_what_is_sound(RawStore.of(settings, warehouse), attempt)


def _build(
    connection: duckdb.DuckDBPyConnection, settings: Settings, sources: Sources, as_of: datetime, progress: Progress
) -> None:
    from warehouse.build import build_tables

    headers = build_tables(DuckDBEngine(connection), sources, settings, as_of=as_of, progress=progress)
    comment(connection, headers)
    run_checks(connection, headers)


def _build_from(  # noqa: PLR0913  (what a build is made of, all by name)
    connection: duckdb.DuckDBPyConnection,
    begin: Path | None,
    *,
    warehouse: Path,
    settings: Settings,
    sources: Sources,
    progress: Progress,
    kept: Kept,
    workers: Workers,
) -> Origin:
    """Make all tables, or of those of the build before what differs; returns what they are made of."""
    from warehouse.build import all_models, make, run_models, scan  # and all models, of which a reader needs none

    limit_threads(connection, chain.from_iterable(sources.files.values()))
    files = repositories_of(connection, sources.files, kept.origin.files)
    if begin is None and settings.engine.kind == "spark":
        from warehouse.building.cluster import build_on_cluster  # its client is no part of a plain installation

        models, spellings = build_on_cluster(connection, settings, sources, warehouse / "cache", progress)
        _finish(connection, models)
        return Origin(knowledge(models), files, spellings)
    engine = DuckDBEngine(connection)
    models = all_models(settings, scan(engine, sources), None)
    origin = Origin(knowledge(models), files, engine.spellings)
    if begin is None:
        run_models(models, partial(make, engine, workers=workers), progress)
        _finish(connection, models, engine.empty)
        return origin
    remaking = Remaking(engine, models, sources.files, kept.origin, origin, workers)
    run_models(models, remaking.make, progress)
    with remaking.narrowed():
        run_checks(connection, remaking.differing())
    return origin


def _finish(connection: duckdb.DuckDBPyConnection, models: Iterable[Model], empty: Collection[str] = ()) -> None:
    """Comment and check all tables; `empty`: those without a row, which have no key to check."""
    headers = [header for model in models for header in model.headers]
    comment(connection, headers)
    run_checks(connection, [header for header in headers if header.table not in empty])


def _sources(
    warehouse: Path, settings: Settings, teams: dict[str, str], roles: Mapping[str, SourceRole] | None = None
) -> Sources:
    store = RawStore.of(settings, warehouse)
    commits = store.commits()  # once: a batch that lands meanwhile must not lend its watermark to rows not read
    missing = missing_files(store, commits)
    files = {table: [path for path in paths if path not in missing] for table, paths in store.files(commits).items()}
    return Sources(files, store.latest(commits), teams, roles or {}, gaps(store, commits))


def _forget(warehouse: Path, newest: Path) -> None:
    """Keep the newest published files: a dashboard may still read the one before."""
    files = sorted(warehouse.glob("headway-*.duckdb"), key=lambda path: (path != newest, path.name), reverse=True)
    older = [path for path in files if path != newest]
    for path in older[_RETAINED - 1 :]:
        path.unlink(missing_ok=True)
    for spilled in warehouse.glob("headway-*.duckdb.tmp"):  # what a reader that was killed could not keep in memory
        if not spilled.with_suffix("").exists():
            shutil.rmtree(spilled, ignore_errors=True)
