"""The schema `reports` of the published file: reports as views, with what each column means, keys and joins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.reports.catalog import REPORTS
from analytics.reports.published.columns import TABLES, catalog
from analytics.reports.published.joins import Join, joins, keys
from analytics.reports.published.views import view_of
from headway.progress import SilentProgress
from headway.report_files import write
from pipeline.build import build, reports_in_file
from pipeline.session import Session
from tests.builders.demo import tiny_demo
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import hour, stored
from warehouse.publish import publish

IDS = ("deployment_id", "previous_deployment_id")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny company with every report in its published file."""
    session = tiny_demo(tmp_path_factory.mktemp("views") / "demo")
    return build(with_every_report(session), {}, SilentProgress())


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Repositories of a forge, with what only a forge knows."""
    folder = tmp_path_factory.mktemp("forge")
    stored(folder, *portfolio())
    settings = replace(SETTINGS, warehouse=replace(SETTINGS.warehouse, every_report=True))
    addition = reports_in_file(settings)
    return publish(folder, settings, TEAMS, built_at=hour(9000), progress=SilentProgress(), addition=addition)


@pytest.fixture(scope="module")
def connection(company: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection, as any tool opens it."""
    with duckdb.connect(str(company), read_only=True) as opened:
        yield opened


@cache
def report_of(connection: duckdb.DuckDBPyConnection, name: str) -> pl.DataFrame:
    """A report, read once for all tests."""
    return REPORTS[name](connection, Filters(), Options())


def with_every_report(session: Session) -> Session:
    """A session whose builds make every report."""
    with (session.folder / "headway.toml").open("r+", encoding="utf-8") as file:
        text = file.read().replace("[warehouse]\n", "[warehouse]\nevery_report = true\n")
        assert "every_report" in text
        file.seek(0)
        file.write(text)
    return replace(session)


@pytest.mark.parametrize("name", REPORTS)
def test_view_has_the_rows_of_the_report(name: str, connection: duckdb.DuckDBPyConnection) -> None:
    """A view has the rows, columns and types that `headway export` writes without options."""
    view = connection.sql(f"from reports.{view_of(name)}").pl()
    report = report_of(connection, name)
    assert_frame_equal(view, report, check_row_order=name not in TABLES)
    assert len(report) or name == "doubts"


def test_every_view_and_column_says_what_it_is(connection: duckdb.DuckDBPyConnection) -> None:
    """Comments explain each report, with its key, and each column: any tool shows them."""
    columns = connection.execute(
        "select table_name, column_name, comment from duckdb_columns() where schema_name = 'reports'"
    ).fetchall()
    views = connection.execute("select view_name, comment from duckdb_views() where schema_name = 'reports'").fetchall()
    assert {name for name, _ in views} == {view_of(name) for name in REPORTS}
    assert all("; key: " in comment for _, comment in views)
    assert [column for column in columns if not column[2]] == []
    meaning = {(table, column): comment for table, column, comment in columns}
    assert meaning["lead_time", "lead_time_hours"] == "code complete to production, hours"
    assert meaning["stages", "p85_hours"] == "likewise of 85 %"


def test_catalogue_explains_nothing_that_is_not_there(connection: duckdb.DuckDBPyConnection) -> None:
    """Each entry of the catalogue is a column of its report, and each common one of some report."""
    of_report = {name: set(report_of(connection, name).columns) for name in REPORTS}
    for section, entries in catalog().items():
        columns = set().union(*of_report.values()) if section == "any" else of_report[section]
        assert set(entries) - columns == set(), section


@pytest.mark.parametrize("name", REPORTS)
def test_key_of_a_report_is_one(name: str, company: Path, forge: Path) -> None:
    """No two rows of a report share its key."""
    columns = ", ".join(f'"{column}"' for column in keys()[name])
    for path in (company, forge):
        with duckdb.connect(str(path), read_only=True) as opened:
            query = f"select {columns} from reports.{view_of(name)} group by all having count(*) > 1"
            assert opened.execute(query).fetchall() == []


@pytest.mark.parametrize("join", joins(), ids=lambda join: f"{join.table}-{join.to}-{join.columns[-1]}")
def test_join_leads_to_one_row(join: Join, company: Path, forge: Path) -> None:
    """The columns of a join lead to one row, or to none only where the page says so."""
    counts = [_counts(join, path) for path in (company, forge)]
    assert sum(rows for rows, _, _ in counts) > 0
    assert [several for _, _, several in counts] == [0, 0]
    if not join.optional:
        assert [nowhere for _, nowhere, _ in counts] == [0, 0]


def _counts(join: Join, path: Path) -> tuple[int, int, int]:
    """Rows that lead somewhere, to nothing, and to several rows."""
    pairs = tuple(zip(join.columns, join.to_columns, strict=True))
    same = " and ".join(f'own."{column}" = other."{to}"' for column, to in pairs)
    there = " and ".join(f'own."{column}" is not null' for column in join.columns)
    query = (
        "select count(*), count(*) filter (rows = 0), count(*) filter (rows > 1) from"
        f" (select (select count(*) from {join.to} as other where {same}) as rows from {join.table} as own"
        f" where {there})"
    )
    with duckdb.connect(str(path), read_only=True) as opened:
        (counts,) = opened.execute(query).fetchall()
    return counts


@pytest.mark.parametrize("name", REPORTS)
def test_csv_is_read_with_default_options(name: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """pandas, Polars and DuckDB read the CSV of a report without an option, and none takes hours for text.

    In the company, ids of deployments begin with those of records, which are plain numbers, and go on with tags: of
    these two columns Polars needs to look at all rows.
    """
    report, path = report_of(connection, name), tmp_path / "report.csv"
    write(report, "csv", path)
    ids = [column for column in IDS if column in report.columns]
    read = {
        "pandas": pl.from_pandas(pd.read_csv(path)),
        "Polars": pl.read_csv(path, infer_schema_length=None) if ids else pl.read_csv(path),
        "DuckDB": connection.sql(f"from '{path}'").pl(),
    }
    for reader, table in read.items():
        assert table.columns == report.columns, reader
        assert len(table) == len(report), reader
        for column, kind in report.schema.items():
            if kind.is_float() and report[column].is_finite().any():
                assert table.schema[column].is_float(), (reader, column)
                assert table[column].fill_nan(None).to_list() == report[column].fill_nan(None).to_list()


@pytest.mark.slow
def test_views_go_and_come_with_the_setting(tmp_path: Path) -> None:
    """Without `every_report` there are the four that list rows as they are, also after a build with all of them."""
    session = tiny_demo(tmp_path / "demo")
    path = build(session, {}, SilentProgress())
    few = sorted(view_of(name) for name in TABLES)
    assert _views(path) == few
    path = build(with_every_report(session), {}, SilentProgress())
    assert _views(path) == sorted(view_of(name) for name in REPORTS)
    assert build(replace(session), {}, SilentProgress()) == path
    settings = (session.folder / "headway.toml").read_text(encoding="utf-8")
    (session.folder / "headway.toml").write_text(settings.replace("every_report = true\n", ""), encoding="utf-8")
    assert _views(build(replace(session), {}, SilentProgress())) == few


def _views(path: Path) -> list[str]:
    with duckdb.connect(str(path), read_only=True) as opened:
        query = "select view_name from duckdb_views() where schema_name = 'reports' order by 1"
        return [name for (name,) in opened.execute(query).fetchall()]
