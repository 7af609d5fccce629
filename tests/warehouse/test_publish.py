from __future__ import annotations

import fcntl
import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from headway.errors import WarehouseError
from headway.progress import SilentProgress
from headway.raw_tables import Checkpoint
from headway.settings import Settings
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import Raw, hour, stored
from warehouse.build import Sources, all_models
from warehouse.building.bounds import bound, limit_threads, limits_of, memory_bytes
from warehouse.publish import build_in_memory, current, open_published, publish
from warehouse.store import RawStore

MODELS = all_models(Settings(base=Path()), Sources({}, {}, {}), None)
HEADERS = [header for model in MODELS for header in model.headers]
NOW = datetime(2026, 1, 2, 3, 4, 5)
BAR = "select current_setting('enable_progress_bar')"


def published(folder: Path, at: datetime = NOW, settings: Settings = SETTINGS, *, anew: bool = False) -> Path:
    """Build a warehouse and make it current."""
    return publish(folder, settings, TEAMS, built_at=at, progress=SilentProgress(), anew=anew)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published portfolio, in a folder whose name has to be quoted and looks like a pattern."""
    folder = tmp_path_factory.mktemp("it's a [b] * warehouse")
    stored(folder, *portfolio())
    published(folder)
    return folder


@pytest.mark.slow
def test_headers_become_comments(filled: Path) -> None:
    """Every table and column carries its meaning and key in the published file, for any tool that reads it."""
    with open_published(filled) as connection:
        query = "select table_name, column_name, comment from duckdb_columns() where not internal"
        columns = connection.sql(query).fetchall()
        tables = dict(connection.sql("select table_name, comment from duckdb_tables()").fetchall())
    comments = {(table, column): comment for table, column, comment in columns}
    for header in HEADERS:
        assert tables[header.table] == f"{header.summary}; {header.grain}; key: {', '.join(header.key)}"
        assert {name: comments[header.table, name] for name in header.columns} == dict(header.columns)
    assert [name for name, comment in {**tables, **comments}.items() if not comment] == []


def test_published_file_holds_no_raw_rows_and_nothing_temporary(filled: Path) -> None:
    """What is published stands alone: no table of raw rows and no view of files that may go."""
    with open_published(filled) as connection:
        tables = [name for (name,) in connection.sql("select table_name from duckdb_tables()").fetchall()]
        views = connection.sql("select view_name from duckdb_views() where not internal").fetchall()
    assert [name for name in tables if name.startswith(("raw_", "_"))] == []
    assert views == []
    assert {header.table for header in HEADERS} == set(tables)


def test_published_file_reaches_nothing_else(filled: Path, tmp_path: Path) -> None:
    """A query of the published file can neither write nor read another file, nor take that lock off."""
    with open_published(filled) as connection:
        for query in (
            "create table x as select 1",
            "delete from lead_times",
            f"copy lead_times to '{tmp_path / 'x.csv'}'",
            "select * from read_text('/etc/passwd')",
            "set enable_external_access = true",
            "install httpfs",
            "attach ':memory:' as other",
        ):
            with pytest.raises(duckdb.Error):
                connection.sql(query).fetchall()
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.slow
def test_pointer_names_the_last_build_and_three_are_kept(tmp_path: Path) -> None:
    """Each build is a file of its own, current even where the clock went back; whoever reads an older one goes on."""
    stored(tmp_path, Raw().commits("a"))
    first = published(tmp_path, NOW)
    with open_published(tmp_path) as reader:
        second, third, last = (published(tmp_path, NOW + timedelta(minutes=n), anew=True) for n in (1, 2, -1))
        assert reader.sql("select count(*) from lead_times").fetchall() == [(1,)]
    assert current(tmp_path) == last
    assert set(tmp_path.glob("headway-*.duckdb")) == {second, third, last}
    assert not first.exists()
    assert [path.name for path in tmp_path.iterdir() if "building" in path.name] == []


@pytest.mark.slow
def test_build_that_fails_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an invariant breaks nothing is published, nothing is left over, and the error says which."""
    stored(tmp_path, Raw().commits("a"))
    before = published(tmp_path)
    monkeypatch.setattr("warehouse.checks.checks", lambda: {"never": "select 1 as broken from lead_times"})
    with pytest.raises(WarehouseError, match=r"never: \[\{'broken': 1\}\]") as caught:
        published(tmp_path, anew=True)
    assert "still served" in caught.value.hint
    assert current(tmp_path) == before
    assert list(tmp_path.glob("headway-*")) == [before]


@pytest.mark.slow
def test_nothing_built_says_what_to_do(tmp_path: Path) -> None:
    """A warehouse without a build, and one whose file is gone, are told with the command that helps."""
    with pytest.raises(WarehouseError, match="nothing was built") as caught:
        current(tmp_path)
    assert "headway collect" in caught.value.hint
    stored(tmp_path, Raw())
    published(tmp_path).unlink()
    with pytest.raises(WarehouseError, match="does not exist") as caught:
        open_published(tmp_path)
    assert caught.value.hint == "run `headway build`"


@pytest.mark.slow
def test_batch_that_lands_during_a_build_waits_for_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build takes rows and watermarks of the same moment: one never promises what it did not read."""
    store = stored(tmp_path, Raw(known=50).commits("a@1 b@5"))
    looked: list[str] = []
    listed = RawStore.commits

    def then_another(self: RawStore) -> object:
        found = listed(self)
        if not looked:
            looked.append("once")
            later = Raw(known=90, read=2000)
            store.begin(later.source, later.collected_at).commit(Checkpoint({}, hour(90), (later.repo_id,)))
        return found

    monkeypatch.setattr(RawStore, "commits", then_another)
    published(tmp_path)
    with open_published(tmp_path) as connection:
        assert connection.sql("select as_of from report_times").fetchall() == [(hour(50),)]


@pytest.mark.slow
def test_published_and_in_memory_are_the_same(filled: Path) -> None:
    """A report as of the watermark is the published one."""
    with (
        open_published(filled) as file,
        build_in_memory(filled, SETTINGS, TEAMS, as_of=hour(9000), progress=SilentProgress()) as memory,
    ):
        for table in ("lead_times", "deployments"):
            query = f"select * from {table} order by all"
            assert file.sql(query).fetchall() == memory.sql(query).fetchall()


def test_damaged_published_file_is_no_warehouse(tmp_path: Path) -> None:
    """A file that is no DuckDB file is an error of DuckDB's own, never an empty answer."""
    (tmp_path / "headway-x.duckdb").write_bytes(random.Random(1).randbytes(5000))
    (tmp_path / "CURRENT").write_text("headway-x.duckdb")
    with pytest.raises(duckdb.Error):
        open_published(tmp_path)


@pytest.mark.slow
def test_a_build_reads_when_it_holds_the_warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two builds at once are one after the other, so that the one that began earlier publishes nothing older."""
    stored(tmp_path, Raw().commits("a"))
    locked: list[bool] = []
    listed = RawStore.commits

    def look(self: RawStore) -> object:
        with (tmp_path / "build.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                locked.append(False)
            except BlockingIOError:
                locked.append(True)
        return listed(self)

    monkeypatch.setattr(RawStore, "commits", look)
    published(tmp_path)
    assert locked == [True]


@pytest.mark.slow
def test_leftovers_of_killed_builds_go_with_the_next(tmp_path: Path) -> None:
    """What a build that was killed had written is removed; the published files stay."""
    stored(tmp_path, Raw().commits("a"))
    for name in ("headway-20250101T000000-aaaaaa.building", "headway-20250101T000000-aaaaaa.building.wal"):
        (tmp_path / name).write_bytes(b"half")
    path = published(tmp_path)
    assert list(tmp_path.glob("headway-*")) == [path]


def test_memory_is_bounded_and_the_rest_is_written_inside_the_warehouse(tmp_path: Path) -> None:
    """A build takes the memory that the settings say, else a share of the machine's, and leaves nothing elsewhere."""
    with duckdb.connect() as connection:
        bound(connection, tmp_path / "it's", 0.5)
        said = connection.sql("select current_setting('memory_limit'), current_setting('temp_directory')").fetchall()
    ((memory, spill),) = said
    assert (memory, Path(spill).parent) == ("476.8 MiB", tmp_path / "it's" / "cache" / "spill")
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0.3 * machine < memory_bytes(0) < 0.5 * machine


def test_few_raw_rows_are_built_in_one_thread(tmp_path: Path) -> None:
    """A build of few raw bytes takes one thread, one of many as many as the machine has."""
    little, much = tmp_path / "little.parquet", tmp_path / "much.parquet"
    little.write_bytes(b"few")
    with much.open("wb") as file:
        file.truncate(100 << 20)
    with duckdb.connect(config={"threads": 3}) as connection:
        for path, threads in ((much, 3), (little, 1)):
            limit_threads(connection, [path])
            assert connection.sql("select current_setting('threads')").fetchall() == [(threads,)]


KILLED = """
import os, signal, sys
from pathlib import Path
import duckdb
from warehouse.building.bounds import bound
connection = duckdb.connect()
bound(connection, Path(sys.argv[1]), 0.06)
connection.execute("create table rows as select range as n, hash(range)::varchar as text from range(3_000_000)")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_what_killed_builds_spilled_goes_with_the_next_build(tmp_path: Path) -> None:
    """Files of a process that was killed are removed; those of a process at work stay."""
    spill = tmp_path / "cache" / "spill"
    with duckdb.connect() as connection:
        bound(connection, tmp_path, 0.5)
        (used,) = spill.iterdir()
        root = str(Path(__file__).resolve().parents[2])
        subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=root, check=False)
        left = [path for path in spill.rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in left) > 1_000_000
        (spill / "duckdb_temp_storage-0.tmp").write_bytes(b"of an earlier version")
        stored(tmp_path, Raw().commits("a"))
        published(tmp_path)
        assert list(spill.iterdir()) == [used]


@pytest.mark.slow
def test_what_a_killed_reader_spilled_goes_with_the_file_that_it_read(tmp_path: Path) -> None:
    """The folder of a published file that is no longer there is removed, that of another is not."""
    stored(tmp_path, Raw().commits("a"))
    gone, there = (
        tmp_path / f"{name}.tmp" for name in ("headway-20250101T000000-aaaaaa.duckdb", published(tmp_path).name)
    )
    for folder in (gone, there):
        folder.mkdir()
    stored(tmp_path, Raw("acme/other").commits("b"))
    published(tmp_path)
    assert not gone.exists()
    assert there.exists()


def test_too_little_memory_is_told_with_its_setting(tmp_path: Path) -> None:
    """A build that cannot work in the memory of the settings names the setting, and leaves nothing behind."""
    stored(tmp_path, Raw().commits("a"))
    little = replace(SETTINGS, warehouse=replace(SETTINGS.warehouse, memory_gb=0.000001))
    with pytest.raises(WarehouseError, match="do not fit into the memory") as caught:
        published(tmp_path, settings=little)
    assert "memory_gb" in caught.value.hint


@pytest.mark.slow
def test_a_build_draws_no_bar_of_its_engine(tmp_path: Path) -> None:
    """A query of some seconds writes nothing between the lines of a log."""
    with duckdb.connect() as connection:
        bound(connection, tmp_path, 0.5)
        assert connection.sql(BAR).fetchall() == [(False,)]
    stored(tmp_path, Raw().commits("a"))
    published(tmp_path)
    with open_published(tmp_path) as connection:
        assert connection.sql(BAR).fetchall() == [(False,)]


def test_memory_that_is_not_set_grows_with_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build may take little for few rows, and the machine's share where that does not do."""
    stored(tmp_path, Raw().commits("a"))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    little, *more = limits_of(0.0, RawStore(tmp_path).files())
    assert (0.25 < little < 0.26, more) == (True, [0.0])
    rows = tmp_path / "rows"
    with rows.open("wb") as file:
        file.truncate(200_000_000)
    assert limits_of(0.0, {"commits": [rows]})[0] == pytest.approx(0.45)
    assert limits_of(0.0, {"commits": [rows]}, begin=rows)[0] == pytest.approx(0.65)
    assert limits_of(2.5, {"commits": [rows]}) == (2.5,)


@pytest.mark.slow
def test_report_of_the_past_that_does_not_fit_into_memory(tmp_path: Path) -> None:
    """Tables as of an earlier time that do not fit into memory name the setting too."""
    stored(tmp_path, *portfolio())
    little = replace(SETTINGS, warehouse=replace(SETTINGS.warehouse, memory_gb=0.000001))
    with pytest.raises(WarehouseError, match="do not fit into the memory") as caught:
        build_in_memory(tmp_path, little, TEAMS, as_of=hour(500), progress=SilentProgress())
    assert "memory_gb" in caught.value.hint
    assert list(tmp_path.glob("headway-*")) == []
