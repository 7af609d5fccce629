"""The published DuckDB file: a new name for every build, and `CURRENT` that points at it.

DuckDB caches databases by path and locks them while open, so a file that is read is never written again: a dashboard
goes on reading the old one until it looks at `CURRENT` again. `headway.duckdb` is another name of the newest, for tools
that know one path.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from warehouse.building.bounds import bound, limit_threads, limits_of, remove_unused
from warehouse.building.kept import Kept, Origin, knowledge
from warehouse.building.raw_files import repositories_of
from warehouse.building.remaking import Remaking
from warehouse.building.signature import signature
from warehouse.building.workers import Workers
from warehouse.checks import run_checks
from warehouse.engines import DuckDBEngine
from warehouse.model import Header, Model
from warehouse.sources import SourceRole, Sources
from warehouse.store import RawStore, prepare, remove_unfinished, write_atomically
from warehouse.store.locks import building
from warehouse.upkeep.damage import gaps, missing_files, set_damaged_aside
from warehouse.upkeep.fixed_path import name_newest
from warehouse.upkeep.space import ensure_space

__all__ = [
    "Addition",
    "build_in_memory",
    "build_some",
    "current",
    "current_name",
    "open_file",
    "open_published",
    "publish",
]

_Result = TypeVar("_Result")
RETAINED = 3
# Readable by DuckDB 1.5 too.
STORAGE_VERSION = "v1.5.0"
# No log of what is written: a file that is not whole is never read, and a log would write most of it twice.
_FILE_OPTIONS = f"storage_version '{STORAGE_VERSION}', recovery_mode 'no_wal_writes'"
_UNFINISHED = ".building"
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Addition:
    """What a published file has beside its tables, made of them; `made_by`: what decides it beside the tables."""

    made_by: str
    make: Callable[[duckdb.DuckDBPyConnection], None]


def current(warehouse: Path) -> Path:
    """The published file; raises `WarehouseError` if nothing was built yet."""
    pointer = warehouse / "CURRENT"
    try:
        path = warehouse / pointer.read_text(encoding="ascii").strip()
    except OSError as error:
        raise WarehouseError(
            f"nothing was built in {warehouse} yet", hint="run `headway collect TARGET`, or `headway demo`"
        ) from error
    except ValueError as error:
        raise WarehouseError(f"{pointer} is damaged", hint="run `headway build`") from error
    if len(path.name) > _LONGEST_NAME or not path.is_file():
        name = path.name[:_LONGEST_NAME]
        raise WarehouseError(f"{pointer} names {name}, which does not exist", hint="run `headway build`")
    return path


def current_name(warehouse: Path) -> str:
    """The name of the published file, empty if there is none."""
    published = _published(warehouse)
    return published.name if published else ""


def _published(warehouse: Path) -> Path | None:
    try:
        return current(warehouse)
    except WarehouseError:
        return None


def open_published(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the published file that can reach no other file and no network."""
    return open_file(current(warehouse))


def open_file(path: Path, *, locked: bool = True) -> duckdb.DuckDBPyConnection:
    """As `open_published`, for a published file by its own name; unless `locked`, memory and threads can be set."""
    connection = duckdb.connect(str(path), read_only=True)
    connection.execute("set enable_progress_bar = false")
    connection.execute("set enable_external_access = false")
    connection.execute(f"set lock_configuration = {str(locked).lower()}")
    return connection


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
        for leftover in warehouse.glob(f"headway-*{_UNFINISHED}*"):  # of builds that were killed
            leftover.unlink(missing_ok=True)
        remove_unused(warehouse)
        remove_unfinished(warehouse, "CURRENT")
        remove_unfinished(warehouse / "cache", "keys.json")
        path = warehouse / f"headway-{built_at:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}.duckdb"

        with Workers(jobs) as workers:
            published = _with_what_is_sound(
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
        name_newest(published)
        return published


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
    before = _published(warehouse)
    kept = Kept(warehouse / "cache", before, anew=anew)
    whole = signature(sources, settings, addition.made_by if addition else "")
    if before is not None and kept.made_of(whole) and _is_sound(before):
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
    write = partial(_write_within, settings.warehouse.memory_gb, sources.files, warehouse, path)
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


def _is_sound(path: Path) -> bool:
    try:
        open_file(path).close()
    except duckdb.Error:
        return False
    return True


def _with_what_is_sound(store: RawStore, attempt: Callable[[], _Result]) -> _Result:
    """What an attempt returns; where it fails and raw files are damaged, of a second one without them."""
    try:
        return attempt()
    except (duckdb.Error, pa.ArrowException, OSError, WarehouseError) as error:
        if isinstance(error.__cause__, duckdb.OutOfMemoryException) or not set_damaged_aside(store):
            raise
        return attempt()


def _write_within(
    memory_gb: float,
    files: Mapping[str, Sequence[Path]],
    warehouse: Path,
    path: Path,
    begin: Path | None,
    build: Callable[[duckdb.DuckDBPyConnection, Path | None], _Result],
    addition: Addition | None,
) -> _Result:
    """Build into a file, with more memory where the tables do not fit into little."""
    *smaller, last = limits_of(memory_gb, files, begin)
    for limit_gb in smaller:
        try:
            return _write(warehouse, path, limit_gb, begin, build, addition)
        except WarehouseError as error:
            if not isinstance(error.__cause__, duckdb.OutOfMemoryException):
                raise
    return _write(warehouse, path, last, begin, build, addition)


def _write(
    warehouse: Path,
    path: Path,
    memory_gb: float,
    begin: Path | None,
    build: Callable[[duckdb.DuckDBPyConnection, Path | None], _Result],
    addition: Addition | None,
) -> _Result:
    """Build into a file that has its name only when it is whole, on a copy of the file to begin with."""
    unfinished = path.with_suffix(_UNFINISHED)
    try:
        if begin is not None:
            shutil.copyfile(begin, unfinished)
        with duckdb.connect() as connection:
            bound(connection, warehouse, memory_gb)
            connection.execute(f"attach '{_quoted(unfinished)}' as published ({_FILE_OPTIONS})")
            connection.execute("use published")
            result = build(connection, begin)
            connection.execute("use memory")
            connection.execute("detach published")
        if addition is not None:  # on a connection of its own: all its cursors have the tables by their names
            with duckdb.connect(str(unfinished)) as connection:
                bound(connection, warehouse, memory_gb)
                addition.make(connection)
        unfinished.replace(path)
    except (duckdb.IOException, OSError) as error:
        raise WarehouseError(
            f"cannot write the published file: {_first_line(error)}",
            hint="check the space and the permissions of the warehouse",
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise _too_small(error, "what was published before is still served") from error
    finally:
        for leftover in path.parent.glob(f"{unfinished.name}*"):
            leftover.unlink(missing_ok=True)
    return result


def _too_small(error: duckdb.OutOfMemoryException, consolation: str) -> WarehouseError:
    return WarehouseError(
        f"the tables do not fit into the memory that a build may take: {_first_line(error)}",
        hint=f"raise `memory_gb` in [warehouse]; {consolation}",
    )


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
            raise _too_small(
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
    _comment(connection, headers)
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
        _finish(connection, models)
        return origin
    remaking = Remaking(engine, models, sources.files, kept.origin, origin, workers)
    run_models(models, remaking.make, progress)
    with remaking.narrowed():
        run_checks(connection, remaking.differing())
    return origin


def _finish(connection: duckdb.DuckDBPyConnection, models: Iterable[Model]) -> None:
    headers = [header for model in models for header in model.headers]
    _comment(connection, headers)
    run_checks(connection, headers)


def _sources(
    warehouse: Path, settings: Settings, teams: dict[str, str], roles: Mapping[str, SourceRole] | None = None
) -> Sources:
    store = RawStore.of(settings, warehouse)
    commits = store.commits()  # once: a batch that lands meanwhile must not lend its watermark to rows not read
    missing = missing_files(store, commits)
    files = {table: [path for path in paths if path not in missing] for table, paths in store.files(commits).items()}
    return Sources(files, store.latest(commits), teams, roles or {}, gaps(store, commits))


def _comment(connection: duckdb.DuckDBPyConnection, headers: Iterable[Header]) -> None:
    """Say in the file what each table and column is: in one transaction, parsed at once, with no plan to improve."""
    comments = [statement for header in headers for statement in _comments_of(header)]
    script = ("pragma disable_optimizer", "begin", *comments, "commit", "pragma enable_optimizer")
    for statement in connection.extract_statements(";\n".join(script)):
        connection.execute(statement)


def _comments_of(header: Header) -> Iterator[str]:
    about = f"{header.summary}; {header.grain}; key: {', '.join(header.key)}"
    yield f'comment on table "{header.table}" is {_literal(about)}'
    for column, meaning in header.columns.items():
        yield f'comment on column "{header.table}"."{column}" is {_literal(meaning)}'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _forget(warehouse: Path, newest: Path) -> None:
    """Keep the newest published files: a dashboard may still read the one before."""
    published = sorted(warehouse.glob("headway-*.duckdb"), key=lambda path: (path != newest, path.name), reverse=True)
    older = [path for path in published if path != newest]
    for path in older[RETAINED - 1 :]:
        path.unlink(missing_ok=True)
    for spilled in warehouse.glob("headway-*.duckdb.tmp"):  # what a reader that was killed could not keep in memory
        if not spilled.with_suffix("").exists():
            shutil.rmtree(spilled, ignore_errors=True)
