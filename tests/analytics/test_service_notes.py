"""What is said of the services of a repository, and the settings that say the same."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.explain.change import explain
from analytics.explain.service_notes import repositories_with_notes, service_notes, service_settings
from analytics.reports.lists.left_out import left_out
from headway.settings import ServiceSettings, Settings
from headway.settings.reader import load
from tests.builders.rows import Raw, built, commit_id
from tests.warehouse.test_inferred_services import TAGS, packages, released
from tests.warehouse.test_services import DAY, SEARCH, mono, served

FACTS = "select change_id, services, outcome, outcome_reason, production_at from lead_times order by 1"


def pasted(lines: list[str], folder: Path) -> Settings:
    """The settings of a file with these lines alone."""
    path = folder / "headway.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return load(path, {}, folder=folder)


@pytest.mark.slow
def test_inferred_services_are_named_with_what_shows_them() -> None:
    """Two services of records, and nothing of code that is left out."""
    with built(mono(), as_of=768) as tables:
        assert repositories_with_notes(tables.connection) == {"git:acme/mono"}
        assert service_notes(tables.connection, "git:acme/mono") == [
            "2 services are inferred from records, not set: pay, search"
        ]


@pytest.mark.slow
def test_pasted_settings_give_the_same_numbers(tmp_path: Path) -> None:
    """The lines are TOML, and a build with them has every change as before."""
    tags = (*TAGS, ("v1.0.0", "root", 60.0))
    for raw in (mono, lambda: released(*tags)):
        with built(raw()) as tables:
            lines, before = service_settings(tables.connection, "git:acme/mono"), tables(FACTS)
        with built(raw(), settings=pasted(lines, tmp_path)) as tables:
            assert tables(FACTS) == before
            assert tables("select count(*) as n from services where inferred") == [{"n": 0}]
            assert service_settings(tables.connection, "git:acme/mono") == []


@pytest.mark.slow
def test_code_that_touches_no_service_is_counted() -> None:
    """Under settings a change of code that no path lists has nothing to deploy, which is said; documents are not."""
    with built(mono(), settings=served(ServiceSettings(name="pay", paths=("services/pay/",)), SEARCH)) as tables:
        assert service_notes(tables.connection, "git:acme/mono") == [
            "1 changes of code touch no service, such as libs/money/a"
        ]


def test_names_that_go_on_being_deployed_and_are_no_service_are_told() -> None:
    """An application that got a new name, or that nobody named: what it ships arrives nowhere."""
    pay = ServiceSettings(name="pay", paths=("services/pay/",), shared=("libs/money/",))
    with built(mono(), settings=served(pay), as_of=32 * DAY) as tables:
        (line,) = [line for line in service_notes(tables.connection, "git:acme/mono") if "is no service" in line]
    assert line.startswith("2 deployments are of search, which is no service, the last on 2025-01-25: `applications`")


@pytest.mark.slow
def test_what_waits_for_a_service_that_ended_is_named() -> None:
    """The tool was released once, long ago, and its folder is there: its change waits, which is shown everywhere."""
    raw = (
        Raw("acme/mono", read=400 * DAY, known=400 * DAY).commits("s@0 tool@24").files("s", "api/a", "web/a", "tool/a")
    )
    raw.files("tool", "tool/a").tag("tool@0.1.0", "s", 1)
    for n in range(1, 12):
        raw.commits(f"c{n}@{n * 30 * DAY}").files(f"c{n}", "api/a", "web/a")
        raw.tag(f"api@1.{n}.0", f"c{n}", n * 30 * DAY + 1).tag(f"web@1.{n}.0", f"c{n}", n * 30 * DAY + 1)
    with built(packages(raw, api="api", web="web", tool="tool")) as tables:
        key = f"git:acme/mono@{commit_id('tool')}"
        last = "last deployed 2025-01-06, while others went on"
        (line,) = [one for one in service_notes(tables.connection, "git:acme/mono") if "change waits" in one]
        assert line.startswith(f"1 change waits for services that ended (tool: 1 change such as {key[4:]}, {last})")
        left = left_out(tables.connection, Filters()).filter(pl.col("reason") == "ended_service")
        assert left.select("change_id", "detail").rows() == [(key, f"it waits for tool, {last}")]
        assert f"tool: waiting in release: the service ended ({last})" in explain(tables.connection, key).services[0]


@pytest.mark.slow
def test_a_service_of_settings_whose_folder_is_gone_is_named() -> None:
    """The settings are followed: the change waits for a service that nobody can deploy, which is said."""
    raw = Raw("acme/mono").commits("s@0 off@24 gone@30").files("s", "api/a", "off/package.json").files("off", "off/a")
    raw.deploy("1", "s", 1, application="off").deploy("2", "s", 1, application="api").deploy(
        "3", "gone", 40, application="api"
    )
    named = (ServiceSettings(name="api", paths=("api/**",)), ServiceSettings(name="off", paths=("off/**",)))
    with built(packages(raw, api="api"), settings=served(*named)) as tables:
        (line,) = [one for one in service_notes(tables.connection, "git:acme/mono") if "change waits" in one]
        assert "last deployed 2025-01-06, its folder is gone): `headway export left-out`" in line


@pytest.mark.slow
def test_a_repository_that_is_one_service_has_no_notes() -> None:
    """Without services there is nothing to say."""
    with built(Raw("acme/shop").commits("a").deploy("d", "a", 9)) as tables:
        assert service_notes(tables.connection, "git:acme/shop") == []
        assert repositories_with_notes(tables.connection) == frozenset()
        assert service_settings(tables.connection, "git:acme/shop") == []
