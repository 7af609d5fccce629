"""Inferred services of repositories whose packages moved, ended, or were released with the whole again."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.settings import ServiceSettings, Settings
from tests.builders.rows import Raw, built, commit_id
from tests.warehouse.test_inferred_services import found, outcomes, packages
from tests.warehouse.test_services import DAY
from warehouse.models.deployments.tag_families.forms import tag_form
from warehouse.models.services.inference.folders import Component, Folders


def test_files_that_packages_share_say_nothing_of_where_one_moved() -> None:
    """Two packages move at once, and Git takes the ignore file of each for the other's: the manifests say it."""
    moves = [
        ("plugins/pg/package.json", "packages/pg/package.json"),
        ("plugins/pg/a.ts", "packages/pg/a.ts"),
        ("plugins/pg/.npmignore", "packages/knex/.npmignore"),
        ("plugins/knex/package.json", "packages/knex/package.json"),
        ("plugins/knex/b.ts", "packages/knex/b.ts"),
        ("plugins/knex/.npmignore", "packages/pg/.npmignore"),
    ]
    paths = [path for move in moves for path in move]
    folders = Folders([Component("packages/pg", "pg"), Component("packages/knex", "knex")], paths, moves)
    assert folders.earlier("packages/pg") == ["plugins/pg"]
    assert folders.earlier("packages/knex") == ["plugins/knex"]


def experiment() -> Raw:
    """Releases of the whole every ten days; once, long ago, each package got a tag of its own."""
    raw = Raw("acme/mono", read=400 * DAY, known=400 * DAY)
    raw.commits("s@0 " + " ".join(f"c{n}@{n * 10 * DAY + 1}" for n in range(1, 31))).files("s", "api/a", "web/a")
    for n in range(1, 31):
        raw.files(f"c{n}", "api/a").tag(f"v1.{n}.0", f"c{n}", n * 10 * DAY + 5)
    return packages(raw.tag("api@1.2.1", "c2", 21 * DAY).tag("web@1.2.1", "c2", 21 * DAY), api="api", web="web")


@pytest.mark.slow
def test_packages_that_had_a_tag_once_are_released_with_the_whole() -> None:
    """A day of tags of packages, beside a whole that goes on, makes no services that nothing ships any more."""
    with built(experiment()) as tables:
        assert found(tables) == {}
        assert outcomes(tables)["c30"] == ("", "production", 4)


@pytest.mark.slow
def test_a_folder_that_had_a_tag_once_is_of_the_package_around_it() -> None:
    """The playground in the plugin was tagged once, long ago: its changes are those of the plugin."""
    raw = Raw("acme/mono", read=400 * DAY, known=400 * DAY)
    raw.commits("s@0 " + " ".join(f"c{n}@{n * 10 * DAY + 1}" for n in range(1, 31)))
    raw.files("s", "cli/a", "plugin/a", "plugin/play/a").tag("play@0.1.0", "s", 1)
    for n in range(1, 31):
        raw.files(f"c{n}", "plugin/play/a").tag(f"plugin@1.{n}.0", f"c{n}", n * 10 * DAY + 5)
        raw.tag(f"cli@1.{n}.0", f"c{n}", n * 10 * DAY + 5)
    with built(packages(raw, cli="cli", plugin="plugin", play="plugin/play")) as tables:
        assert set(found(tables)) == {"cli", "plugin"}
        assert outcomes(tables)["c30"] == ("plugin", "production", 4)


@pytest.mark.slow
def test_where_all_parts_ended_the_whole_ships_their_folders() -> None:
    """Packages had tags until day 100; since then the repository is released as one, and that ships their changes."""
    raw = Raw("acme/mono", read=400 * DAY, known=400 * DAY)
    raw.commits("s@0 " + " ".join(f"c{n}@{n * 10 * DAY + 1}" for n in range(1, 31))).files("s", "api/a", "web/a")
    for n in range(1, 31):
        raw.files(f"c{n}", "api/a")
        for tag in (f"api@1.{n}.0", f"web@1.{n}.0") if n <= 10 else (f"v2.{n}.0",):
            raw.tag(tag, f"c{n}", n * 10 * DAY + 5)
    with built(packages(raw, api="api", web="web")) as tables:
        assert outcomes(tables)["c9"] == ("api", "production", 4)
        assert outcomes(tables)["c30"] == ("mono", "production", 4)


@pytest.mark.slow
def test_the_first_release_of_parts_ships_what_waited_for_it() -> None:
    """What landed between the last release of the whole and the first of a part waits for no package of years later."""
    raw = Raw("acme/mono", read=900 * DAY, known=900 * DAY).commits("s@0 old@24 gap@100").files("gap", "lib/a")
    raw.files("s", "api/a", "web/a").files("old", "lib/a").tag("v1.0.0", "s", 1).tag("v1.1.0", "old", 48)
    for n in range(1, 12):
        raw.commits(f"c{n}@{n * 70 * DAY}").files(f"c{n}", "api/a")
        raw.tag(f"api@2.{n}.0", f"c{n}", n * 70 * DAY + 1).tag(f"web@2.{n}.0", f"c{n}", n * 70 * DAY + 1)
    raw.tag("late@1.0.0", "c10", 720 * DAY)
    with built(packages(raw, api="api", web="web", late="late")) as tables:
        assert outcomes(tables)["gap"] == ("api;web", "production", 70 * DAY + 1 - 100)


@pytest.mark.slow
def test_settings_know_that_a_folder_is_gone() -> None:
    """What `doctor` prints of a service whose folder is gone, pasted, gives the same numbers."""
    raw = Raw("acme/mono").commits("s@0 a@24 b@30 c@40").files("s", "api/package.json", "web/a", "off/package.json")
    raw.files("a", "api/a").files("b", "off/a").files("c", "web/a")
    for name in ("api", "web", "off"):
        raw.tag(f"{name}@1.0.0", "s", 1).tag(f"{name}@1.1.0", "s", 2).tag(f"{name}@1.2.0", "s", 3)
    raw.tag("api@1.3.0", "c", 60).tag("web@1.3.0", "c", 60)
    packages(raw, api="api", web="web")
    with built(raw) as tables:
        inferred = outcomes(tables)
    assert inferred["b"] == ("api;web", "production", 30)
    services = tuple(
        ServiceSettings(repo="acme/mono", name=name, paths=(f"{name}/**",), unlisted=True)
        for name in ("api", "off", "web")
    )
    with built(raw, settings=Settings(base=Path(), services=services)) as tables:
        assert outcomes(tables) == inferred


@pytest.mark.slow
def test_a_package_that_was_merged_into_another_is_shipped_by_that() -> None:
    """Off went into api before its last change was released: no release of off is waited for, nor one of web."""
    raw = Raw("acme/mono").commits("s@0 a@24 b@30 move@36 c@40")
    raw.files("s", "api/package.json", "web/a", "off/package.json", "off/b").files("a", "api/a").files("b", "off/b")
    raw.add("commit_files", sha=commit_id("move"), status="R", path="api/off/b", old_path="off/b").files("c", "web/a")
    for name in ("api", "web", "off"):
        raw.tag(f"{name}@1.0.0", "s", 1).tag(f"{name}@1.1.0", "s", 2).tag(f"{name}@1.2.0", "s", 3)
    raw.tag("api@1.3.0", "move", 60).tag("web@1.3.0", "c", 80)
    with built(packages(raw, api="api", web="web")) as tables:
        assert outcomes(tables)["b"] == ("api", "production", 30)


@pytest.mark.slow
def test_what_touches_a_package_from_outside_puts_it_in_no_doubt() -> None:
    """A small package is not released with every change of the root; that says nothing of how it is deployed."""
    raw = Raw("acme/mono", read=400 * DAY, known=400 * DAY)
    raw.commits("s@0 " + " ".join(f"c{n}@{n * DAY + 1}" for n in range(1, 61))).files("s", "api/a", "web/a", "tiny/a")
    for n in range(1, 61):
        raw.files(f"c{n}", "lib/a")
        for name in ("api", "web") if n > 15 else ("api", "web", "tiny"):
            raw.tag(f"{name}@1.{n}.0", f"c{n}", n * DAY + 5)
    with built(packages(raw, api="api", web="web", tiny="tiny")) as tables:
        assert tables("select service from service_doubts") == []


def test_a_build_without_a_version_is_no_release() -> None:
    """Snapshots of a branch have the version 0.0.0."""
    forms = [tag_form(name) for name in ("app@0.0.0-202171022251", "0.0.0-routing-2021711175453", "1.0.0-2", "0.0.0")]
    assert [form.prerelease for form in forms if form] == [True, True, False, False]


@pytest.mark.slow
def test_a_past_report_knows_the_folders_of_then() -> None:
    """Off was merged into api on day 40: on day 30 it lived, and what it had not released yet waited for it."""
    raw = (
        Raw("acme/mono", read=60 * DAY, known=60 * DAY).commits(f"s@0 b@{20 * DAY} move@{40 * DAY}").files("b", "off/b")
    )
    raw.files("s", "api/package.json", "web/package.json", "off/package.json", "off/b")
    for path in ("off/package.json", "off/b"):
        raw.add("commit_files", sha=commit_id("move"), status="R", path=f"api/{path}", old_path=path)
    for name in ("api", "web", "off"):
        for n in range(3):
            raw.tag(f"{name}@1.{n}.0", "s", n + 1)
    packages(raw.tag("api@1.3.0", "move", 50 * DAY).tag("web@1.3.0", "move", 50 * DAY), api="api", web="web")
    with built(raw) as tables:
        assert outcomes(tables)["b"] == ("api", "production", 30 * DAY)
        assert {row["service"]: row["gone"] for row in tables("from services")} == {
            "api": False,
            "off": True,
            "web": False,
        }
    with built(raw, as_of=30 * DAY) as tables:
        assert outcomes(tables)["b"][:2] == ("off", "waiting")
        assert not any(row["gone"] for row in tables("from services"))
