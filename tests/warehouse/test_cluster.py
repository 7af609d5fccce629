from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from headway.errors import UsageError, WarehouseError
from headway.progress import SilentProgress
from headway.settings import EngineSettings, Settings
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import hour, stored
from tests.warehouse.test_parity import differences
from warehouse.build import Sources, all_models, scan
from warehouse.building import cluster
from warehouse.building.kept import code_version
from warehouse.building.spark import SparkEngine, spark_engine
from warehouse.building.tasks import shares
from warehouse.classify import Rules, RuleSettings
from warehouse.engines import DuckDBEngine
from warehouse.model import PythonModel
from warehouse.publish import open_published, publish


def on(url: str) -> Settings:
    """The settings of a portfolio whose full builds run on this cluster."""
    return replace(SETTINGS, engine=EngineSettings("spark", url))


def published(folder: Path, settings: Settings) -> duckdb.DuckDBPyConnection:
    """What a build with these settings publishes of the portfolio."""
    if not (folder / "raw").is_dir():
        stored(folder, *portfolio())
    publish(folder, settings, TEAMS, built_at=hour(1000), progress=SilentProgress())
    return open_published(folder)


def tables_of(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The names of its tables."""
    return [name for (name,) in connection.sql("select table_name from duckdb_tables() order by 1").fetchall()]


@pytest.mark.spark
@pytest.mark.parametrize("rows_a_task", [1, 1_000_000])
def test_build_on_a_cluster_publishes_the_same_tables(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_a_task: int
) -> None:
    """With `[engine] kind = "spark"` every published table is as on DuckDB, with Python models in tasks or here."""
    begun: list[str] = []
    put_files = SparkEngine.put_files

    def counting(engine: SparkEngine, names: tuple[str, ...], tasks: int, task: object) -> None:
        begun.extend(names)
        put_files(engine, names, tasks, task)  # type: ignore[arg-type]

    monkeypatch.setattr(cluster, "ROWS_A_TASK", rows_a_task)
    monkeypatch.setattr(SparkEngine, "put_files", counting)
    with published(tmp_path / "here", SETTINGS) as here, published(tmp_path / "there", on(server)) as there:
        assert tables_of(here) == tables_of(there)
        differing = {
            name: differences(*(at.sql(f'select * from "{name}"').to_arrow_table() for at in (here, there)))
            for name in tables_of(here)
        }
    assert {name: rows[:3] for name, rows in differing.items() if rows} == {}
    assert ("classification" in begun) == (rows_a_task == 1)


@pytest.mark.spark
def test_night_after_a_build_on_a_cluster_asks_no_cluster(server: str, tmp_path: Path) -> None:
    """What differs after a full build is made here, on the published file: the cluster may be gone."""
    stored(tmp_path, *portfolio())
    published(tmp_path, on(server)).close()
    before = (tmp_path / "CURRENT").read_text()
    settings = replace(on("sc://127.0.0.1:1"), report=replace(SETTINGS.report, code_complete="merged"))
    with (
        published(tmp_path, settings) as there,
        published(tmp_path / "fresh", replace(settings, engine=EngineSettings())) as fresh,
    ):
        assert (tmp_path / "CURRENT").read_text() != before
        tables = [at.sql("select * from lead_times").to_arrow_table() for at in (there, fresh)]
    assert differences(*tables) == []


@pytest.mark.spark
def test_cluster_without_headway_leaves_python_models_here(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the machines of the cluster have another version of the code, or none, no task is sent to them."""
    with spark_engine(server, tmp_path) as spark:
        assert spark.has_same_code(code_version())
        assert not spark.has_same_code("another version")
    monkeypatch.setattr("warehouse.building.kept.code_version", lambda: 1 / 0)
    with spark_engine(server, tmp_path) as spark:
        assert not spark.has_same_code(code_version())


@pytest.mark.slow
def test_cluster_that_does_not_answer_leaves_the_old_answer(tmp_path: Path) -> None:
    """A full build without its cluster is an error that names the address; what was published is still served."""
    published(tmp_path, SETTINGS).close()
    before = (tmp_path / "CURRENT").read_text()
    with pytest.raises(WarehouseError, match=r"127\.0\.0\.1:1"):
        publish(tmp_path, on("sc://127.0.0.1:1"), TEAMS, built_at=hour(1001), progress=SilentProgress(), anew=True)
    assert (tmp_path / "CURRENT").read_text() == before


@pytest.mark.parametrize("url", ["", "localhost", "http://host:1"])
def test_engine_without_an_address_is_refused(url: str) -> None:
    """`kind = "spark"` needs an address of Spark Connect or of a master."""
    with pytest.raises(UsageError, match="address"):
        EngineSettings("spark", url)


def test_engine_is_no_part_of_what_tables_are_made_of() -> None:
    """Another engine makes the same tables, so it makes no build necessary."""
    assert repr(on("sc://a:1")) == repr(SETTINGS)


@pytest.mark.slow
def test_every_python_model_of_a_repository_can_travel(tmp_path: Path) -> None:
    """A model that runs for each repository can be sent to another machine, and the rules judge there as here."""
    cloudpickle = pytest.importorskip("pyspark.cloudpickle")
    store = stored(tmp_path, *portfolio())
    with duckdb.connect() as connection:
        sources = scan(DuckDBEngine(connection), Sources(store.files(), store.latest(), TEAMS))
    models = [model for model in all_models(SETTINGS, sources, None) if isinstance(model, PythonModel)]
    travelled = [pickle.loads(cloudpickle.dumps(model)).name for model in models if model.per_repository]  # noqa: S301
    assert "classification" in travelled
    rules = Rules.load(RuleSettings(ai_labels=("robot",)))
    assert pickle.loads(pickle.dumps(rules)).rule_set.settings == rules.rule_set.settings  # noqa: S301


def test_shares_are_even_and_complete() -> None:
    """Each repository is in one share, the largest share comes first, and none is far above the average."""
    sizes = {"a": 10, "b": 1, "c": 1, "d": 4, "e": 4, "f": 2}
    parts = shares(sizes, 3)
    assert sorted(key for part in parts for key in part) == sorted(sizes)
    totals = [sum(sizes[key] for key in part) for part in parts]
    assert totals == [10, 6, 6]
    assert shares({"a": 1}, 5) == [["a"]]
    assert shares({}, 5) == []
