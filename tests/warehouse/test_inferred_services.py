"""Services that no setting names: what deployments, tags and folders show of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headway.settings import ServiceSettings, Settings
from headway.settings.inference import InferenceSettings
from tests.builders.rows import Raw, Tables, built, commit_id, hour
from tests.warehouse.test_services import DAY, mono, rows
from warehouse.models.services.inference.folders import Component, Folders
from warehouse.models.services.inference.path_kinds import deployable, is_companion
from warehouse.models.services.inference.propose import Deployed, propose

FACTS = ("services", "outcome", "lead_time_hours")


def found(tables: Tables) -> dict[str, tuple[Any, ...]]:
    """The services that were inferred, with what tells of them and their paths."""
    listed = tables("select service, told_by, paths from services where inferred and service <> ''")
    return {row["service"]: (row["told_by"], *row["paths"].split("\n")) for row in listed}


def packages(raw: Raw, **folders: str) -> Raw:
    """Packages by name in the tip of the default branch."""
    raw.add("components", path="", folder="", name="", ecosystem="repository")
    for name, folder in folders.items():
        raw.add("components", path=f"{folder}/package.json", folder=folder, name=name, ecosystem="npm")
    return raw


def released(*tags: tuple[str, str, float]) -> Raw:
    """A repository with the packages `api` and `web` and a root file, and these tags."""
    raw = Raw("acme/mono").commits("start@0 one@24 two@48 root@50 both@52 end@54")
    raw.files("start", "api/a", "web/a", "api/package.json", "web/package.json").files("one", "api/a")
    raw.files("two", "web/a", "pnpm-lock.yaml", "package.json").files("root", "pnpm-lock.yaml")
    raw.files("both", "api/a", "README.md").files("end", "web/a.test.ts", ".github/workflows/ci.yml")
    for tag, commit, at in tags:
        raw.tag(tag, commit, at)
    return packages(raw, api="api", web="web")


TAGS = (
    ("api-v1.0.0", "start", 1.0),
    ("web-v1.0.0", "start", 1.0),
    ("web-v1.1.0", "both", 72.0),
    ("api-v1.1.0", "both", 96.0),
)


def outcomes(tables: Tables) -> dict[str, tuple[Any, ...]]:
    """Services, outcome and hours of each change by its title."""
    changes = tables(
        "select title, services, outcome, lead_time_hours from lead_times where title not in ('start', 's')"
    )
    return {row["title"]: (row["services"], row["outcome"], row["lead_time_hours"]) for row in changes}


@pytest.mark.slow
def test_applications_of_records_are_services_in_the_folders_of_their_name() -> None:
    """Without settings #2 waits for search until day 19, and what is in no folder of theirs waits for both."""
    with built(mono(), as_of=32 * DAY) as tables:
        assert found(tables) == {
            "pay": ("records", "services/pay/**"),
            "search": ("records", "services/search/**"),
        }
        assert rows(tables, *FACTS) == {
            1: ("pay", "production", 48),
            2: ("search", "production", 408),
            3: ("pay;search", "production", 402),
            4: ("", "nothing_to_deploy", None),
            5: ("pay;search", "production", 400),
        }
        (counts,) = tables("select services, services_inferred, shared_changes, nothing_to_deploy from coverage")
    assert tuple(counts.values()) == (2, 2, 1, 1)


@pytest.mark.slow
def test_tags_of_packages_ship_the_package_that_they_name() -> None:
    """A tag of the web ships no API. A lock beside a package is of the package, alone of both; tests ship nothing."""
    with built(released(*TAGS)) as tables:
        assert found(tables) == {"api": ("tags", "api/**"), "web": ("tags", "web/**")}
        assert outcomes(tables) == {
            "one": ("api", "production", 72),
            "two": ("web", "production", 24),
            "root": ("api;web", "production", 46),
            "both": ("api", "production", 44),
            "end": ("", "nothing_to_deploy", None),
        }
        assert tables("select count(*) as n from deployments where kind = 'rollback'") == [{"n": 0}]


@pytest.mark.slow
def test_the_inferred_services_as_settings_give_the_same() -> None:
    """What was inferred, written as settings with `unlisted`, changes no outcome."""
    with built(released(*TAGS)) as tables:
        inferred = outcomes(tables)
    services = tuple(
        ServiceSettings(repo="acme/mono", name=name, paths=(f"{name}/**",), unlisted=True) for name in ("api", "web")
    )
    with built(released(*TAGS), settings=Settings(base=Path(), services=services)) as tables:
        assert outcomes(tables) == inferred
        assert found(tables) == {}


@pytest.mark.slow
def test_parts_of_which_no_folder_is_known_are_named() -> None:
    """Tags of a package called otherwise than any folder are told, also with the inferred services as settings."""
    site = [(f"site-v1.{number}.0", "both", 73.0 + number) for number in range(3)]
    settings = Settings(
        base=Path(),
        services=tuple(
            ServiceSettings(repo="acme/mono", name=name, paths=(f"{name}/**",), unlisted=True)
            for name in ("api", "web")
        ),
    )
    for given in (Settings(base=Path()), settings):
        with built(released(*TAGS, *site), settings=given) as tables:
            (notice,) = tables("select detail, count from notices where kind = 'parts_without_folder'")
            assert (notice["detail"].rpartition(": ")[2], notice["count"]) == ("1 parts, such as site", 1)
        with built(released(*TAGS, *site[1:]), settings=given) as tables:
            assert not tables("select * from unplaced_parts")
        with built(packages(released(*TAGS, *site), site="web/site"), settings=given) as tables:
            assert not tables("select * from unplaced_parts")


def test_inference_can_be_turned_off() -> None:
    """With `[inference] services = false` any tag ships everything, as in a repository that is one service."""
    alone = Settings(base=Path(), inference=InferenceSettings(services=False))
    with built(released(*TAGS), settings=alone) as tables:
        assert outcomes(tables)["one"] == ("", "production", 48)


@pytest.mark.slow
def test_parts_that_are_less_than_half_of_the_repository_do_not_ship_it() -> None:
    """Where nobody tells services apart, packages released together ship the whole only if it is mostly of them."""
    off = Settings(base=Path(), inference=InferenceSettings(services=False))
    tags = [(f"{part}-v1.{n}.0", commit, at) for n, (commit, at) in enumerate(_ROUNDS) for part in ("api", "web")]
    with built(released(*tags), settings=off) as tables:
        assert outcomes(tables)["one"] == ("", "production", 2)
        assert not tables("select * from small_parts")
    raw = released(*tags).files("one", *(f"apps/site/{page}.ts" for page in "abcdefgh"))
    with built(raw, settings=off) as tables:
        assert outcomes(tables)["one"] == ("", "unknown", None)
        assert [(row["covered"], row["paths"]) for row in tables("select * from small_parts")] == [(4, 14)]
        (notice,) = tables("select detail from notices where kind = 'parts_apart'")
        assert notice["detail"].endswith(": 6 tags, such as api-v1.0.0")


_ROUNDS = ("start", 1.0), ("one", 26.0), ("both", 72.0)


def test_names_that_no_folder_has_are_no_parts() -> None:
    """Words in front of versions are services only where the repository has folders or packages of that name."""
    raw = Raw("acme/mono").commits("start@0 one@24").files("start", "src/a").files("one", "src/a")
    for tag, commit, at in (("red-v1.0.0", "start", 1), ("blue-v1.0.0", "start", 2), ("red-v1.1.0", "one", 30)):
        raw.tag(tag, commit, at)
    with built(raw) as tables:
        assert found(tables) == {}


@pytest.mark.slow
def test_a_renamed_application_is_no_second_service() -> None:
    """Names that follow one another, the first long ago, are one service."""
    raw = Raw("acme/shop", read=300 * DAY, known=300 * DAY).commits("a@1 b@100 c@200 d@5000 e@5100 f@5200")
    for at, commit in enumerate("abc"):
        raw.files(commit, "src/a").deploy(f"old{at}", commit, 100 * at + 50, application="shop")
    for at, commit in enumerate("def"):
        raw.files(commit, "src/a").deploy(f"new{at}", commit, 100 * at + 5050, application="storefront")
    with built(raw) as tables:
        assert found(tables) == {}
        assert {row["outcome"] for row in tables("select outcome from lead_times where title <> 'a'")} == {"production"}


def test_an_application_without_a_folder_takes_every_path() -> None:
    """Two applications of one code: a change is in production with the last of them."""
    raw = Raw("acme/shop").commits("a@1 b@24").files("a", "src/a").files("b", "src/a")
    for name, at in (("eu", 40), ("us", 60)):
        raw.deploy(f"{name}0", "a", 2, application=name).deploy(f"{name}1", "b", at, application=name)
    with built(raw) as tables:
        assert found(tables) == {"eu": ("records", "**"), "us": ("records", "**")}
        assert outcomes(tables)["b"] == ("eu;us", "production", 36)


@pytest.mark.slow
def test_a_service_that_ended_is_waited_for_no_longer() -> None:
    """Old is deployed for 60 days while pay goes on: a change of both waits for pay alone from then on."""
    raw = Raw("acme/mono", read=400 * DAY, known=400 * DAY)
    raw.commits("s@0 " + " ".join(f"c{n}@{n * 10 * DAY + 1}" for n in range(1, 31)))
    raw.files("s", "old/a", "pay/a")
    for name, last in (("pay", 31), ("old", 7)):
        raw.deploy(f"{name}0", "s", 1, application=name)
        for n in range(1, last):
            raw.deploy(f"{name}{n}", f"c{n}", n * 10 * DAY + (2 if name == "pay" else 5), application=name)
    for n in range(1, 31):
        raw.files(f"c{n}", *(("old/a", "pay/a") if n % 2 else ("lib/a",)))
    raw.commits(f"alone@{305 * DAY}").files("alone", "old/a")
    with built(raw) as tables:
        facts = outcomes(tables)
    for n in range(1, 31):
        assert facts[f"c{n}"] == (("old;pay", "production", 4) if n < 7 else ("pay", "production", 1)), n
    assert facts["alone"] == ("old", "waiting", None)


@pytest.mark.slow
def test_an_application_that_never_reached_production_holds_nothing_up() -> None:
    """A preview that is built beside the shop is waited for by nothing that touches the shop."""
    raw = Raw("acme/mono").commits("s@0 a@24 b@30").files("s", "shop/a", "preview/a").files("a", "shop/a", "preview/a")
    raw.files("b", "preview/a")
    raw.deploy("s0", "s", 1, application="shop").deploy("s1", "b", 48, application="shop")
    raw.deploy("p0", "s", 1, application="preview", environment="review")
    with built(raw) as tables:
        assert outcomes(tables)["a"] == ("shop", "production", 24)
        assert outcomes(tables)["b"][:2] == ("preview", "unknown")


def test_a_package_in_a_package_is_its_own() -> None:
    """Files of the inner package do not touch the outer one."""
    raw = Raw("acme/mono").commits("s@0 inner@24 outer@30").files("s", "cli/a", "cli/plugin/a")
    raw.files("inner", "cli/plugin/a").files("outer", "cli/a")
    for tag, commit, at in (("cli@1.0.0", "s", 1), ("plugin@1.0.0", "s", 1), ("cli@1.1.0", "outer", 40)):
        raw.tag(tag, commit, at)
    with built(packages(raw, cli="cli", plugin="cli/plugin")) as tables:
        assert found(tables)["cli"] == ("tags", "cli/**", "!cli/plugin/**")
        assert outcomes(tables) == {"inner": ("plugin", "waiting", None), "outer": ("cli", "production", 10)}


@pytest.mark.slow
def test_tags_of_the_root_ship_no_package_that_has_tags() -> None:
    """As in a repository of Go modules: `v1.1.0` is of the root, and `storage/v1.1.0` of the folder."""
    raw = Raw("acme/cloud").commits("s@0 a@24 b@30").files("s", "x.go", "storage/a.go", "query/a.go")
    raw.files("a", "storage/a.go").files("b", "x.go")
    for number, at in enumerate((1, 40, 60)):
        raw.tag(f"v1.{number}.0", "b" if number else "s", at)
    for tag, commit, at in (
        ("storage/v1.0.0", "s", 1),
        ("query/v1.0.0", "s", 1),
        ("storage/v1.1.0", "b", 100),
        ("query/v1.1.0", "b", 200),
    ):
        raw.tag(tag, commit, at)
    raw.add("components", path="", folder="", name="", ecosystem="repository")
    for folder in ("", "storage", "query"):
        name = f"example.com/acme/cloud/{folder}".rstrip("/")
        raw.add("components", path=f"{folder}/go.mod".lstrip("/"), folder=folder, name=name, ecosystem="go")
    with built(raw) as tables:
        assert set(found(tables)) == {"cloud", "query", "storage"}
        assert outcomes(tables) == {
            "a": ("storage", "production", 76),
            "b": ("cloud;query;storage", "production", 170),
        }


def test_releases_of_the_whole_before_its_parts_had_tags_ship_all() -> None:
    """A repository that was released as one until its packages got tags: the old releases ship what they contain."""
    raw = Raw("acme/mono").commits("s@0 old@24 new@100").files("s", "api/a", "web/a").files("old", "lib/a")
    raw.files("new", "api/a").tag("v1.0.0", "s", 1).tag("v1.1.0", "old", 48)
    for tag, commit, at in (
        ("api@2.0.0", "old", 60),
        ("web@2.0.0", "old", 60),
        ("api@2.1.0", "new", 110),
        ("web@2.1.0", "new", 130),
    ):
        raw.tag(tag, commit, at)
    with built(packages(raw, api="api", web="web")) as tables:
        facts = outcomes(tables)
    assert facts["old"][1:] == ("production", 24)
    assert facts["new"] == ("api", "production", 10)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("@acme/api", "packages/api"),
        ("api", "packages/api"),
        ("packages/api", "packages/api"),
        ("MONEY_LIB", "libs/money-lib"),
        ("acme", ""),
        ("gone", "services/gone"),
        ("nothing", None),
    ],
)
def test_a_folder_is_found_by_package_folder_or_what_was_there(name: str, folder: str | None) -> None:
    """A package's name, with or without its scope, a folder, or a folder that is there no more."""
    parts = [
        Component("packages/api", "@acme/api"),
        Component("libs/money-lib", "@acme/money_lib"),
        Component("", "acme"),
        Component("tests/nothing", "nothing"),
    ]
    folders = Folders(parts, ["services/gone/package.json", "services/gone/src/a.ts", "docs/nothing/a.md"])
    assert folders.of(name) == folder
    assert folders.gone("services/gone")
    assert not folders.gone("packages/api")


@pytest.mark.parametrize(
    ("path", "ships"),
    [
        ("src/a.ts", True),
        ("README.md", False),
        ("docs/guide.html", False),
        ("requirements.txt", True),
        ("prompts/system.md", True),
        (".github/workflows/deploy.yml", False),
        ("src/a.test.ts", False),
        ("tests/test_a.py", False),
        ("a_test.go", False),
        ("src/contest.py", True),
        ("eslint.config.mjs", False),
        ("pnpm-lock.yaml", True),
        ("Dockerfile", True),
        ("skills/review/SKILL.md", True),
        (".agents/skills/review/SKILL.md", False),
        (".github/skills/review.md", False),
        (".cargo/config.toml", True),
        ("knip.jsonc", False),
        ("vitest.config.e2e.ts", False),
        ("templates/worker/page.md", True),
        ("templates/worker/README.md", False),
        ("examples/blog/posts/a.md", False),
        ("content/posts/a.md", True),
        ("site/content/en/installation/_index.md", False),
        ("web/my-docs/content/a.mdx", False),
        ("site/layouts/page.html", True),
    ],
)
def test_documents_tests_ci_and_tooling_are_not_deployed(path: str, *, ships: bool) -> None:
    """What is not deployed is known by its path; anything else may be."""
    assert deployable([path], [""]) == [ships]


def test_what_folders_are_called_counts_below_that_of_the_service() -> None:
    """A service may be called `examples` or be a site of documents."""
    assert deployable(["examples/src/a.ts"], ["examples"]) == [True]
    assert deployable(["apps/docs/intro.md"], ["apps/docs"]) == [True]
    assert deployable(["apps/pay/site/content/a.md"], ["apps/pay"]) == [True]
    assert deployable(["apps/pay/docs/intro.html"], ["apps/pay"]) == [False]


def test_locks_and_lists_of_packages_go_along() -> None:
    """A lock anywhere, and the manifests of the root."""
    assert [is_companion(path) for path in ("yarn.lock", "package.json", "api/package.json", "api/go.sum")] == [
        True,
        True,
        False,
        True,
    ]


def test_applications_of_manifests_are_parts_of_the_repository_that_has_their_folders() -> None:
    """Pay and search are no repositories: they are services of the one that has folders of that name."""
    mono = packages(Raw("acme/mono"), pay="services/pay", search="services/search").commits("s@0 fee@24 rank@30")
    mono.files("s", "services/pay/a", "services/search/a").files("fee", "services/pay/a")
    mono.files("rank", "services/search/a")
    ops = Raw("acme/ops").commits("o1@1 o2@2 o3@40 o4@90 o5@95")
    steps = (("o1", "pay", "s", 1), ("o2", "search", "s", 2), ("o3", "pay", "rank", 40), ("o4", "search", "rank", 90))
    for step, application, commit, at in steps:
        ops.runs_version(commit_id(commit), at, application=application, step=step)
    ops.runs_version("7", 95, application="grafana", step="o5")
    with built(mono, ops) as tables:
        assert found(tables) == {
            "pay": ("manifests", "services/pay/**"),
            "search": ("manifests", "services/search/**"),
        }
        assert outcomes(tables) == {"fee": ("pay", "production", 16), "rank": ("search", "production", 60)}


def test_a_package_that_moved_has_its_former_folder_too() -> None:
    """By the files that were moved, not by a folder of the same name; one with tags of its own stays apart."""
    files = ["tools/pay/package.json", "libs/pay/package.json", "libs/rank/package.json", "apps/find/package.json"]
    moves = [("tools/pay/package.json", "apps/pay/package.json"), ("libs/rank/a.ts", "apps/find/a.ts")]
    parts = [Component("apps/pay", "pay"), Component("apps/find", "find")]
    folders = Folders(parts, [*files, "apps/pay/package.json"], moves)
    assert folders.earlier("apps/pay") == ["tools/pay"]
    day = [hour(24.0 * number) for number in range(9)]
    names = {"pay": day, "find": day[5:], "rank": day[:4]}
    deployed = [Deployed(name, "tags", times) for name, times in names.items()]
    proposals = propose("shop", deployed, None, folders)
    assert {one.name: (one.paths, one.gone) for one in proposals} == {
        "pay": (["apps/pay/**", "tools/pay/**"], False),
        "find": (["apps/find/**"], False),
        "rank": (["libs/rank/**"], True),
    }


@pytest.mark.slow
def test_what_a_package_that_is_gone_never_shipped_is_of_those_that_live() -> None:
    """Rank was released from an old branch to the end: what main changed in it since is waited for with the others."""
    raw = Raw("acme/mono").commits("s@0 in@24 out@100 by@110").files("s", "pay/package.json", "rank/package.json")
    raw.files("in", "rank/a").files("by", "pay/a")
    raw.commits("fix:s@90", branch="1.x").tag("rank@1.1.0", "fix", 95)
    for tag, commit, at in (("rank@1.0.0", "s", 1), ("pay@1.0.0", "s", 1), ("pay@1.1.0", "by", 120)):
        raw.tag(tag, commit, at)
    with built(packages(raw, pay="pay")) as tables:
        assert outcomes(tables)["in"] == ("pay", "production", 96)
