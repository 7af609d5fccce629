"""Whatever the spelling of a repository in each source, it is one repository."""

from __future__ import annotations

import copy
import random
from datetime import datetime
from pathlib import Path

import pytest

from headway.progress import SilentProgress
from headway.settings import AiOverride, AiSettings, DeploymentRule, InitiativeSettings, Settings
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import Raw, Tables, built, hour, stored
from warehouse.build import Sources, all_models
from warehouse.publish import build_in_memory
from warehouse.sources import spellings

Contents = dict[str, list[str]]

NAMES = [table for model in all_models(Settings(base=Path()), Sources({}, {}, {}), None) for table in model.outputs]


def on_github(raw: Raw) -> Raw:
    """The same rows of a repository on GitHub."""
    return renamed(raw, lambda repo_id: f"github:{repo_id.partition(':')[2]}")


def renamed(raw: Raw, rename: object) -> Raw:
    """A copy of raw rows, each with another id of its repository."""
    assert callable(rename)
    other = copy.copy(raw)
    other.repo_id = rename(raw.repo_id)
    other.rows = {
        table: [{**row, "repo_id": rename(row["repo_id"])} for row in rows] for table, rows in raw.rows.items()
    }
    return other


def respelled(raw: Raw, dice: random.Random) -> Raw:
    """The same rows, with a repository's name in any spelling in each of them but those of the collected code."""

    def any_spelling(repo_id: str) -> str:
        provider, _, name = repo_id.partition(":")
        name = dice.choice((name, name.upper(), name.title(), name.swapcase().title().swapcase()))
        form = dice.choice(("{provider}:{name}", "{provider}:{name}.git", "{provider}:https://github.com/{name}"))
        return form.format(provider=provider, name=name)

    other = renamed(raw, any_spelling)
    other.rows["repositories"] = raw.rows["repositories"]
    return other


def contents(tables: Tables) -> Contents:
    """The rows of every table that was built."""
    return {name: sorted(map(repr, tables(f'select * from "{name}"'))) for name in NAMES}


@pytest.fixture(scope="module")
def parts() -> list[Raw]:
    """Every kind of source, outcome and oddity, on a forge that ignores the case of names."""
    return [on_github(raw) for raw in portfolio()]


@pytest.fixture(scope="module")
def expected(parts: list[Raw]) -> Contents:
    """All tables where each repository has one spelling."""
    with built(*parts, settings=SETTINGS, teams=TEAMS) as tables:
        return contents(tables)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_any_spelling_gives_the_same_tables(parts: list[Raw], expected: Contents, seed: int) -> None:
    """Every table has the same rows, whatever the case of names in the rows of every raw table and source."""
    dice = random.Random(seed)
    named = [raw for raw in parts if raw.rows["repositories"]]
    reported = [raw for raw in parts if not raw.rows["repositories"]]
    with built(*[respelled(raw, dice) for raw in named], *reported, settings=SETTINGS, teams=TEAMS) as tables:
        assert contents(tables) == expected


@pytest.mark.slow
def test_files_are_read_under_one_spelling(parts: list[Raw], tmp_path: Path) -> None:
    """What was collected long ago under several spellings is one repository after the next build, as of any time."""
    dice = random.Random(3)
    some = parts[:4]
    stored(tmp_path, *[respelled(raw, dice) for raw in some])
    end = hour(960)
    with (
        build_in_memory(tmp_path, SETTINGS, TEAMS, as_of=end, progress=SilentProgress()) as connection,
        built(*some, settings=SETTINGS, teams=TEAMS, as_of=end) as tables,
    ):
        assert contents(Tables(connection)) == contents(tables)


@pytest.mark.slow
def test_case_counts_on_a_plain_host() -> None:
    """Two repositories of a host that tells cases apart stay two."""
    one = Raw("git.example.com/Acme/Shop").commits("a b")
    other = Raw("git.example.com/acme/shop").commits("c")
    with built(one, other) as tables:
        counts = {row["repo_id"]: row["commits"] for row in tables("select repo_id, commits from coverage")}
    assert counts == {"git:git.example.com/Acme/Shop": 2, "git:git.example.com/acme/shop": 1}


def collected(repo_id: str, day: int, origin: str = "clone") -> dict[str, object]:
    """A reading of a repository's code."""
    return {"repo_id": repo_id, "origin": origin, "collected_at": datetime(2026, 1, day)}


def test_collected_code_names_the_repository() -> None:
    """The newest reading of code gives the spelling, a forge's own API before it, and records alone never."""
    ids = ("github:Acme/Shop", "github:acme/shop", "github:ACME/shop")
    assert spellings(ids, [collected(ids[1], 1)]) == {ids[0]: ids[1], ids[2]: ids[1]}
    assert set(spellings(ids, [collected(ids[1], 2), collected(ids[2], 1)]).values()) == {ids[1]}
    api = [collected(ids[1], 2), collected(ids[2], 1, "api")]
    assert set(spellings(ids, api).values()) == set(spellings(ids, api[::-1]).values()) == {ids[2]}


def test_records_alone_have_one_spelling() -> None:
    """Without collected code the first spelling in order counts, without `.git`."""
    assert spellings(["github:acme/Shop.git", "github:acme/shop"], []) == {
        "github:acme/Shop.git": "github:acme/Shop",
        "github:acme/shop": "github:acme/Shop",
    }
    assert spellings(["github:acme/shop", "git:shop", "records:Desk"], []) == {}


@pytest.mark.slow
def test_settings_name_repositories_as_the_forge_does() -> None:
    """Rules match with and without the provider and in any case; an answer finds its change in any spelling."""
    settings = Settings(
        base=Path(),
        deployments=(DeploymentRule(repo="github:acme/*", source="branch", branch="live"),),
        initiatives=(InitiativeSettings(name="Basket", repo="GitHub:ACME/shop", paths=("src/",)),),
        ai=AiSettings(
            ai_repos=("github:acme/*",),
            overrides=(AiOverride(change="github:acme/shop#1", built_with_ai="agent"),),
        ),
    )
    shop = Raw("Acme/Shop", provider="github").commits("a@1 b@2", says={"b": "Basket (#1)"}).files("b", "src/a.py")
    with built(shop, settings=settings) as tables:
        (row,) = tables("select * from lead_times where number = 1")
        (initiative,) = tables("select change_id from initiative_changes")
        deployed_from = tables("select deployed_from from coverage")
    assert (row["change_id"], row["built_with_ai"], row["builds_ai"]) == ("github:Acme/Shop#1", "agent", True)
    assert initiative["change_id"] == "github:Acme/Shop#1"
    assert deployed_from == [{"deployed_from": "branch"}]


@pytest.mark.slow
def test_manifests_name_an_application_in_small_letters() -> None:
    """Images have names in small letters: the application of `Acme/Shop` is `shop`, and its manifests are found."""
    shop = Raw("Acme/Shop", provider="github").commits("a@1 b@2")
    ops = Raw("Acme/Ops", provider="github").commits("one@5").runs_version("b", 5, application="shop", step="one")
    ops.rows["manifest_versions"][0]["version"] = shop.rows["commits"][1]["sha"]
    rule = DeploymentRule(repo="acme/shop", source="manifests", manifests="github:acme/ops")
    for settings in (None, Settings(base=Path(), deployments=(rule,))):
        with built(shop, ops, settings=settings) as tables:
            (row,) = tables("select deployed_from, production_deployments from coverage where repo = 'Acme/Shop'")
        assert row == {"deployed_from": "manifests", "production_deployments": 1}


def deployments_of(repo_id: str) -> Raw:
    """Records of two deployments of a repository that no source collects."""
    provider, _, name = repo_id.partition(":")
    raw = Raw(name, provider=provider).deploy("1", "a", 5).deploy("2", "b", 6)
    raw.source = "events:records"
    raw.rows["repositories"].clear()
    return raw


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reported", "near"),
    [
        ("github:acme-inc/shop", True),
        ("github:acme/shpo", True),
        ("github:acme/shops", True),
        ("git:shop", True),
        ("github:acme/workshop", False),
        ("github:acme/shop-2", False),
        ("github:acme/till", False),
    ],
)
def test_deployments_under_almost_the_name_are_a_notice(reported: str, *, near: bool) -> None:
    """Deployments without collected code are told, as a near miss where a repository of almost that name has none."""
    shop = Raw("acme/shop", provider="github").commits("a b")
    with built(shop, deployments_of(reported)) as tables:
        notices = tables("select repo_id, kind, count from notices")
        details = tables("select detail from notices")
    assert notices == [{"repo_id": reported, "kind": "near_name" if near else "not_collected", "count": 2}]
    assert not near or "github:acme/shop" in details[0]["detail"]


@pytest.mark.slow
def test_repository_with_deployments_of_its_own_is_no_near_miss() -> None:
    """Where the collected repository is deployed, or nothing of the other is, the names are meant to be two."""
    deployed = Raw("acme/shop", provider="github").commits("a b").deploy("1", "a", 5)
    with built(deployed, deployments_of("github:acme/shops")) as tables:
        assert tables("select kind from notices") == [{"kind": "not_collected"}]
    with built(Raw("acme/shop").commits("a"), Raw("acme/shops").commits("b").deploy("1", "b", 5)) as tables:
        assert tables("select * from notices") == []
