from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from headway.progress import SilentProgress
from headway.raw_tables import Checkpoint
from headway.settings import DeploymentRule, Settings
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import Raw, hour, stored
from warehouse.building import bounds, kept
from warehouse.model import PythonModel
from warehouse.publish import current, publish
from warehouse.store import RawStore

NOW = datetime(2026, 1, 2, 3, 4, 5)
NOTE = Path("cache", "keys.json")
OTHER = replace(SETTINGS, deployments=(DeploymentRule(repo="acme/shop", source="branch", branch="main"),))


def published(folder: Path, night: int = 0, settings: Settings = SETTINGS, *, anew: bool = False) -> Path:
    """The file that a night publishes."""
    at = NOW + timedelta(days=night)
    return publish(folder, settings, TEAMS, built_at=at, progress=SilentProgress(), anew=anew)


def differences(one: Path, other: Path) -> list[str]:
    """The tables of two published files whose rows differ."""
    with duckdb.connect() as connection:
        for name, path in (("one", one), ("other", other)):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        listed = "select table_name from duckdb_tables() where database_name = ? order by 1"
        tables = [name for (name,) in connection.execute(listed, ["one"]).fetchall()]
        assert tables == [name for (name,) in connection.execute(listed, ["other"]).fetchall()]

        def rows(table: str) -> int:
            gone, new = (
                f"from one.{table} except all from other.{table}",
                f"from other.{table} except all from one.{table}",
            )
            return len(connection.sql(f"({gone}) union all ({new})").fetchall())

        return [table for table in tables if rows(table)]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that run from now on, once for each repository."""
    names: list[str] = []
    really = PythonModel.run

    def run(self: PythonModel, inputs: object) -> object:
        names.append(self.name)
        return really(self, inputs)  # type: ignore[arg-type]

    monkeypatch.setattr(PythonModel, "run", run)
    return names


def always_made(runs: list[str]) -> bool:
    """Whether only those models ran that know more than a key can hold, or the time of the report, and take no time."""
    quick = {"parameters", "source_watermarks", "collection_gaps", "repository_settings"}
    return set(runs) <= quick | {"environments", "deployments_seen"}


def known_further(folder: Path, dice: random.Random) -> None:
    """Let some sources be known a little further, without rows."""
    store = RawStore(folder)
    for source, commit in store.latest().items():
        if commit.watermark_at is not None and dice.random() < 0.5:
            through = commit.watermark_at + timedelta(hours=dice.choice([1, 40]))
            at = store.moment(commit.collected_at + timedelta(seconds=1))
            store.begin(source, at).commit(Checkpoint({}, through, commit.repo_ids))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_nights_make_what_a_full_build_makes(tmp_path: Path, seed: int) -> None:
    """However rows, settings and watermarks come night by night, tables equal those of a full build at the end."""
    dice = random.Random(seed)
    parts = portfolio()
    night = 0
    while parts:
        count = dice.randint(1, 6)
        stored(tmp_path, *parts[:count])
        parts = parts[count:]
        if dice.random() < 0.5:
            known_further(tmp_path, dice)
        if dice.random() < 0.7 or not parts:
            night += 1
            published(tmp_path, night, dice.choice([SETTINGS, OTHER]) if parts else SETTINGS)
    known_further(tmp_path, dice)
    grown = published(tmp_path, night + 1)
    assert differences(grown, published(tmp_path, night + 2, anew=True)) == []


@pytest.mark.slow
def test_repository_that_is_gone_leaves_no_row(tmp_path: Path) -> None:
    """Where the batches of a repository are gone, the next night's tables are those of the others."""
    stored(tmp_path, *portfolio())
    published(tmp_path)
    store = RawStore(tmp_path)
    for commit in store.commits():
        if commit.source == "git:acme/shop":
            (store.commits_folder / commit.name).unlink()
    grown = published(tmp_path, 1)
    assert differences(grown, published(tmp_path, 2, anew=True)) == []


@pytest.mark.slow
def test_a_night_without_rows_runs_no_model_again(tmp_path: Path, runs: list[str]) -> None:
    """The second build of the same rows takes everything over; a build anew takes nothing."""
    stored(tmp_path, *portfolio()[:3])
    first = published(tmp_path)
    assert not always_made(runs)
    everything = sorted(runs)
    runs.clear()
    assert published(tmp_path, 1) == first
    assert runs == []
    RawStore(tmp_path).begin("git:acme/shop", hour(9100)).commit(Checkpoint({}, hour(9050), ("git:acme/shop",)))
    second = published(tmp_path, 1)
    assert second != first
    assert always_made(runs)
    runs.clear()
    published(tmp_path, 2, anew=True)
    assert sorted(runs) == everything


def test_only_what_changed_is_made(tmp_path: Path, runs: list[str]) -> None:
    """A commit more in one repository runs the models of that one alone."""
    stored(tmp_path, *(Raw(name).commits("a@1 b@5").branch("main", "b") for name in "xyz"))
    published(tmp_path)
    assert runs.count("changes_from_git") == 3
    runs.clear()
    stored(tmp_path, Raw("y", read=2000).commits("a@1 b@5 c@6").branch("main", "c"))
    published(tmp_path, 1)
    assert runs.count("changes_from_git") == 1


def spoil_keys(folder: Path) -> None:
    """Leave half of a key file."""
    (folder / NOTE).write_text((folder / NOTE).read_text()[:50])


def lose_keys(folder: Path) -> None:
    """Remove the keys."""
    (folder / NOTE).unlink()


def spoil_published(folder: Path) -> None:
    """Replace the published file by bytes that are none."""
    current(folder).write_bytes(b"none" * 5000)


def lose_published(folder: Path) -> None:
    """Remove the published file."""
    current(folder).unlink()


@pytest.mark.slow
def test_whatever_is_lost_is_made_anew(tmp_path: Path, runs: list[str]) -> None:
    """Without the keys, or without what they are keys of, a build is a full one."""
    raw = Raw().commits("a@1 b@5").branch("main", "b")
    stored(tmp_path / "one", raw)
    stored(tmp_path / "other", raw)
    published(tmp_path / "one")
    everything = sorted(runs)
    other = published(tmp_path / "other")
    for night, harm in enumerate((spoil_keys, lose_keys, spoil_published, lose_published), 1):
        harm(tmp_path / "one")
        runs.clear()
        after = published(tmp_path / "one", night)
        assert sorted(runs) == everything, harm.__name__
        assert differences(after, other) == [], harm.__name__


@pytest.mark.slow
def test_other_code_takes_nothing_over(tmp_path: Path, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier version made is made anew, and so is what other settings made of it."""
    stored(tmp_path, Raw().commits("a@1 b@5").branch("main", "b"))
    published(tmp_path)
    everything = sorted(runs)
    monkeypatch.setattr(kept, "code_version", lambda: "later")
    runs.clear()
    published(tmp_path, 1)
    assert sorted(runs) == everything
    runs.clear()
    published(tmp_path, 2, OTHER)
    assert "deployment_rules" in runs
    assert "changes_from_git" not in runs


@pytest.mark.slow
def test_settings_run_what_they_are_for(tmp_path: Path, runs: list[str]) -> None:
    """Another setting runs again the models that get its section, and of the dear ones no other."""
    stored(tmp_path, Raw().commits("a@1 b@5").branch("main", "b"))
    published(tmp_path)
    dear = {"classification", "change_kinds", "fixes", "initiatives"}
    for night, settings, again in (
        (1, replace(SETTINGS, warehouse=replace(SETTINGS.warehouse, memory_gb=1.5)), set()),
        (2, replace(SETTINGS, ai=replace(SETTINGS.ai, ai_paths=("src/**",))), {"classification", "change_kinds"}),
        (3, replace(SETTINGS, dora=replace(SETTINGS.dora, failure_days=20)), dear - {"initiatives"}),
    ):
        runs.clear()
        published(tmp_path, night, settings)
        assert dear & set(runs) == again


@pytest.mark.slow
def test_rows_that_need_more_memory_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that does not fit into what rows of their size need takes the machine's share, and makes the same."""
    stored(tmp_path, Raw().commits("a@1 b@5").branch("main", "b"))
    before = published(tmp_path)
    limits: list[float] = []
    bound = bounds.bound

    def noted(connection: duckdb.DuckDBPyConnection, warehouse: Path, memory_gb: float) -> None:
        limits.append(memory_gb)
        bound(connection, warehouse, memory_gb)

    monkeypatch.setattr("warehouse.publish.written.bound", noted)
    monkeypatch.setattr(bounds, "_LEAST", 1)
    after = published(tmp_path, 1, anew=True)
    assert [0.0 < limit < 0.01 for limit in limits] == [True, False]
    assert differences(before, after) == []
