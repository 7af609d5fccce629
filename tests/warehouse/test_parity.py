from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pytest

from collectors.simulate import simulate
from headway.errors import WarehouseError
from headway.progress import SilentProgress
from headway.settings import ReportSettings, Settings, load
from pipeline.build import teams_of
from pipeline.collect import run_all
from pipeline.sources import sources_of
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import hour, stored
from warehouse.build import Sources, build_tables
from warehouse.building.spark import copy_tables, spark_engine
from warehouse.checks import run_checks
from warehouse.engines import DuckDBEngine
from warehouse.publish import STORAGE_VERSION
from warehouse.store import RawStore

pytestmark = pytest.mark.spark

UNTIL = datetime(2026, 9, 29, 12)


class Company(NamedTuple):
    """What a build starts from."""

    sources: Sources
    settings: Settings


@pytest.fixture(scope="module")
def oddities(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A few rows of every kind, in files whose path has to be quoted."""
    store = stored(tmp_path_factory.mktemp("ware house's"), *portfolio())
    return Company(Sources(store.files(), store.latest(), TEAMS), SETTINGS)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The simulated company, collected from its repositories and records."""
    folder = tmp_path_factory.mktemp("simulated") / "company"
    simulate(folder, until=UNTIL, size="tiny")
    settings = load(None, {}, folder=folder)
    store = RawStore(settings.warehouse_folder)
    runs = run_all(store, sources_of(settings), full=False, jobs=1, began_at=UNTIL, progress=SilentProgress())
    assert [run.error for run in runs if run.error] == []
    return Company(Sources(store.files(), store.latest(), teams_of(settings)), settings)


@dataclass(frozen=True)
class Built:
    """All tables, made by both engines."""

    names: Sequence[str]
    here: duckdb.DuckDBPyConnection
    there: duckdb.DuckDBPyConnection

    def table(self, name: str) -> tuple[pa.Table, pa.Table]:
        """One table, as DuckDB and as Spark made it."""
        query = f'select * from "{name}"'
        return self.here.sql(query).to_arrow_table(), self.there.sql(query).to_arrow_table()


# Each company, each time and each meaning of code complete, with the others by turns: a case takes ten seconds.
CASES = {
    "now": ("oddities", "last_commit", None),
    "before anything": ("oddities", "last_commit", hour(-700_000)),
    "complete when approved, in the past": ("oddities", "first_approval", hour(61.75)),
    "complete when ready, in the past": ("oddities", "ready_for_review", hour(400)),
    "complete when merged": ("oddities", "merged", None),
    "simulated, in the past": ("simulated", "last_commit", UNTIL - timedelta(days=21, microseconds=1)),
}


@pytest.fixture(scope="module", params=CASES.values(), ids=list(CASES))
def built(request: pytest.FixtureRequest, server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """A company, built by both engines."""
    name, code_complete, as_of = request.param
    sources, settings = request.getfixturevalue(name)
    settings = replace(settings, report=ReportSettings(code_complete))
    with duckdb.connect() as here, duckdb.connect() as there:
        headers = build_tables(DuckDBEngine(here), sources, settings, as_of=as_of, progress=SilentProgress())
        names = [header.table for header in headers]
        with spark_engine(server, tmp_path_factory.mktemp("shared")) as spark:
            assert build_tables(spark, sources, settings, as_of=as_of, progress=SilentProgress()) == headers
            copy_tables(spark, there, names)
        yield Built(names, here, there)


def in_order(table: pa.Table) -> list[tuple[Any, ...]]:
    """The rows, sorted by all columns, nulls last."""
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return sorted(rows, key=lambda row: [(value is None, value) for value in row])


def same(one: Any, other: Any) -> bool:
    """Equal, or floats so near to each other as the order of a sum can make them."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=0)
    return type(one) is type(other) and bool(one == other)


def differences(first: pa.Table, second: pa.Table) -> list[tuple[Any, ...]]:
    """The columns or the rows in which two tables differ, side by side."""
    if first.schema != second.schema:
        return [pair for pair in zip_longest(first.schema, second.schema) if pair[0] != pair[1]]
    pairs = zip_longest(in_order(first), in_order(second), fillvalue=())
    return [(one, two) for one, two in pairs if len(one) != len(two) or not all(map(same, one, two))]


def test_engines_make_the_same_tables(built: Built) -> None:
    """Every table is the same on DuckDB and on Spark: columns, types, and each row in each of its values."""
    found = {name: differences(*built.table(name)) for name in built.names}
    assert {name: rows[:3] for name, rows in found.items() if rows} == {}


def test_published_file_can_come_from_spark(server: str, oddities: Company, tmp_path: Path) -> None:
    """Tables made on Spark fill a published DuckDB file that passes all checks and holds every kind of outcome."""
    with duckdb.connect() as connection, spark_engine(server, tmp_path / "shared") as spark:
        headers = build_tables(spark, *oddities, as_of=None, progress=SilentProgress())
        names = [header.table for header in headers]
        connection.execute(f"attach '{tmp_path}/made.duckdb' as published (storage_version '{STORAGE_VERSION}')")
        connection.execute("use published")
        copy_tables(spark, connection, names)
        run_checks(connection, headers)
    with duckdb.connect(str(tmp_path / "made.duckdb"), read_only=True) as connection:
        outcomes = connection.sql("select distinct outcome from lead_times order by outcome").fetchall()
        assert set(names) == {name for (name,) in connection.sql("select table_name from duckdb_tables()").fetchall()}
    assert [outcome for (outcome,) in outcomes] == [
        "abandoned",
        "no_deployments",
        "nothing_to_deploy",
        "production",
        "unknown",
        "waiting",
    ]
    assert list((tmp_path / "shared").iterdir()) == []


def test_difference_is_found() -> None:
    """A row more, another type, a moment of a microsecond and a float a little off are each a difference."""
    table = pa.table({"at": [hour(1), None], "hours": [0.1 + 0.2, None]})
    assert differences(table, table.slice(1).take([0]).schema.empty_table()) != []
    assert differences(table, table.set_column(1, "hours", pa.array([0.3, None]))) == []
    assert differences(table, table.set_column(1, "hours", pa.array([0.3000001, None]))) != []
    assert differences(table, table.set_column(0, "at", pa.array([hour(1) + timedelta.resolution, None]))) != []
    assert differences(table, table.set_column(1, "hours", pa.array([1, None]))) != []


def test_what_spark_refuses_is_an_error_of_two_lines(server: str, tmp_path: Path) -> None:
    """A query that Spark cannot run names the table, tells the first line alone, and logs nothing."""
    with (
        spark_engine(server, tmp_path) as spark,
        pytest.raises(WarehouseError, match=r"table wrong: [^\n]+$") as caught,
    ):
        spark.create("wrong", "select nothing from nowhere")
    assert "log" in caught.value.hint


def test_folder_that_spark_does_not_see_is_an_error(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster with the warehouse under another path is an error from the start, and not a company without work."""
    monkeypatch.setattr("warehouse.building.spark._url", lambda path: f"file:///elsewhere{path}")
    with pytest.raises(WarehouseError) as caught, spark_engine(server, tmp_path):
        pass
    assert "mount" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_server_that_does_not_answer_is_an_error_at_once(tmp_path: Path) -> None:
    """Where nothing listens, the address is named and nothing is made."""
    with (
        pytest.raises(WarehouseError, match=r"no Spark cluster answers at 127\.0\.0\.1:1:"),
        spark_engine("sc://127.0.0.1:1", tmp_path),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
