"""Services and rules that match nothing are reported by `doctor`, before anything is built and after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headway.settings import DeploymentRule, ServiceSettings, Settings
from pipeline.settings_checks.idle_settings import idle_rules
from tests.builders.forge import Forge
from tests.builders.rows import Raw, Tables, built
from tests.pipeline.running import Headway, deployed, program, shas, shop, write

TEXT = """
[[sources]]
target = "shop"
[[sources]]
target = "events:d.ndjson"
[[services]]
repo = "acme/{service}"
name = "pay"
paths = ["{path}"]
[[deployments]]
repo = "acme/{rule}"
from = "records"
"""
PATHS = ("[[services]] 1 pay: no file of acme/shop matches 'services/payy/'", "did you mean services/pay/?")


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs the program in a folder of its own."""
    return program(tmp_path, capfd, monkeypatch)


def settle(folder: Path, **names: str) -> None:
    """Write the settings, right but for the names that are given."""
    (folder / "headway.toml").write_text(TEXT.format(**{"service": "shop", "rule": "shop", "path": "x/"} | names))


@pytest.mark.slow
def test_doctor_reports_settings_of_nothing_before_and_after_the_first_build(headway: Headway, tmp_path: Path) -> None:
    """A repository before anything is read, and while the build is refused; a folder as soon as files are known."""
    repo = shop(tmp_path / "shop", days=1)
    repo.commit("Pay (#2)\n", {"services/pay/main.py": "pay"})
    write(tmp_path / "d.ndjson", [deployed("d1", shas(repo)[0], "2026-01-03T12:00:00Z")])
    settle(tmp_path, service="shoop", rule="shp", path="services/payy/")
    repositories = [f"[[{table}]] 1: no repository matches" for table in ("services", "deployments")]
    before = headway("doctor").out
    assert headway("collect").code == 2
    refused = headway("doctor").out
    for said in (before, refused):
        assert all(f"FAIL  {what}" in said for what in repositories)
        assert "did you mean acme/shop?" in said
    settle(tmp_path, path="services/payy/")
    unbuilt = headway("doctor").out
    assert "nothing was built" in unbuilt
    collected = headway("collect")
    assert collected.code == 0
    for said in (unbuilt, collected.err, headway("doctor").out):
        assert all(text in said for text in PATHS)
    settle(tmp_path, path="services/pay/")
    assert "no file of" not in headway("doctor").out


def repository() -> Raw:
    """A repository with tags, a workflow, a branch and records."""
    raw = Forge().commits("a@1 b@2", branch=None).branch("main", "b").branch("live", "a").tag("pay-v1.0", "a", 2)
    return raw.run("a", 5, 6, name="Deploy").deploy("1", "a", 5, application="pay", environment="live-eu")


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    """That repository, built without any rule."""
    with built(repository()) as opened:
        yield opened


def idle(tables: Tables, *rules: DeploymentRule) -> list[tuple[str, str]]:
    """What is said of rules, before a build under them."""
    return list(idle_rules(tables.connection, Settings(base=Path(), deployments=rules)))


def idle_service(**service: Any) -> list[tuple[str, str]]:
    """What is said of a service, after a build with it."""
    settings = Settings(
        base=Path(), services=(ServiceSettings(repo="acme/shop", name="pay", unlisted=True, **service),)
    )
    with built(repository(), settings=settings) as tables:
        return list(idle_rules(tables.connection, settings))


@pytest.mark.parametrize(
    ("source", "right", "wrong", "hint"),
    [
        ("workflow", {"workflow": "dep*"}, {"workflow": "Deplooy"}, "did you mean Deploy?"),
        ("branch", {"branch": "live"}, {"branch": "lives"}, "did you mean live?"),
        ("tags", {"tags": r"^pay-v\d"}, {"tags": "^release-"}, "there are pay-v1.0"),
        ("records", {"application": "Pay"}, {"application": "payy"}, "did you mean pay?"),
        ("records", {"environment": "live-eu"}, {"environment": "live-us"}, "did you mean live-eu?"),
    ],
)
def test_rule_that_names_nothing_is_reported(
    tables: Tables, source: str, right: dict[str, str], wrong: dict[str, str], hint: str
) -> None:
    """A pattern or name that nothing in the repository has, with the nearest; one that something has is none."""
    assert idle(tables, DeploymentRule(repo="acme/shop", source=source, **right)) == []
    ((what, said),) = idle(tables, DeploymentRule(repo="acme/shop", source=source, **wrong))
    (key, name), *_ = wrong.items()
    assert what.startswith(f"[[deployments]] 1 {key}: no ")
    assert what.endswith(f"matches {name!r}")
    assert said == hint


def test_names_of_a_service_that_nothing_has_are_reported() -> None:
    """Its applications and its tags; that nothing names it by default is not wrong."""
    assert idle_service(applications=("PAY",), tags="^pay-v") == []
    assert [what for what, _ in idle_service(applications=("payy", "pay"), tags="^pey-v")] == [
        "[[services]] 1 pay tags: no tag matches '^pey-v'",
        "[[services]] 1 pay applications: no deployment matches 'payy'",
    ]
