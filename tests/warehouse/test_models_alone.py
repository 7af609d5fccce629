from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from headway.progress import SilentProgress
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import stored
from warehouse.build import Sources, build_tables, scan
from warehouse.building.differences import among, differences
from warehouse.building.raw_files import files_of, repositories_of
from warehouse.engines import DuckDBEngine
from warehouse.model import Header, SqlModel, sql_models

ALONE = [model for model in sql_models() if model.per_repository]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DuckDBEngine, Sources, dict[str, Header]]]:
    """All tables of a portfolio, its raw files, and the headers of the tables."""
    raw = stored(tmp_path_factory.mktemp("alone"), *portfolio())
    sources = Sources(raw.files(), raw.latest(), TEAMS)
    with duckdb.connect() as connection:
        engine = DuckDBEngine(connection)
        headers = build_tables(engine, sources, SETTINGS, as_of=None, progress=SilentProgress())
        scan(engine, sources)
        yield engine, sources, {header.table: header for header in headers}


@pytest.mark.slow
@pytest.mark.parametrize("model", ALONE, ids=lambda model: model.name)
def test_repository_alone_has_the_same_rows(
    store: tuple[DuckDBEngine, Sources, dict[str, Header]], model: SqlModel
) -> None:
    """A model that says nothing of other repositories makes the same of each repository without the others."""
    engine, sources, headers = store
    noted = repositories_of(engine.connection, sources.files, {})
    for repo_id in engine.counts("repository_settings"):
        tables: dict[str, list[Path] | None] = {}
        for table in model.reads:
            if table.startswith("raw_"):
                name = table.removeprefix("raw_")
                own = files_of(noted.get(name, {}), engine.spellings).get(repo_id, set())
                tables[table] = [path for path in sources.files.get(name, ()) if path.name in own]
            elif "repo_id" in headers[table].columns:
                tables[table] = None
        with engine.narrowed(tables, among([repo_id])):
            engine.connection.execute(f"create or replace temp table alone as {model.sql}")
        assert differences(engine.connection, model.header, "alone", [repo_id]) == {}
