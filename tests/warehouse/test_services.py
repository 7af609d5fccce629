"""Services and waves: two cases whose right values were worked out by hand, and the rules around them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headway.errors import UsageError
from headway.settings import ProductionSettings, ServiceSettings, Settings
from headway.settings.inference import InferenceSettings
from tests.builders.rows import Raw, Tables, built, hour

DAY = 24.0
MONEY = ServiceSettings(repo="acme/mono", name="pay", paths=("services/pay/**",), shared=("libs/money/**",))
SEARCH = ServiceSettings(repo="acme/mono", name="search", paths=("services/search/**",))
LANDED = {
    "fee": "pay: change fee (#1)",
    "rank": "search: rank (#2)",
    "round": "money: round half even (#3)",
    "docs": "docs: how to pay (#4)",
    "log": "One log format for both (#5)",
}
PATHS = {
    "start": ("services/pay/a", "services/search/a", "libs/money/a"),
    "fee": ("services/pay/a",),
    "rank": ("services/search/a",),
    "round": ("libs/money/a",),
    "docs": ("docs/a",),
    "log": ("services/pay/a", "services/search/a"),
}


def mono() -> Raw:
    """Two services in one repository: pay is deployed on day 3, search on day 19, from the same commit."""
    raw = Raw("acme/mono").commits("start@0 fee@24 rank@48 round@54 docs@55 log@56", says=LANDED)
    for name, paths in PATHS.items():
        raw.files(name, *paths)
    for service, at in (("pay", 3 * DAY), ("search", 19 * DAY)):
        raw.deploy(f"{service}0", "start", 1, application=service)
        raw.deploy(f"{service}1", "log", at, application=service)
    return raw


def served(*services: ServiceSettings, **production: Any) -> Settings:
    """Settings with these services."""
    return Settings(base=Path(), services=services, production=ProductionSettings(**production))


def rows(tables: Tables, *columns: str, table: str = "lead_times") -> dict[Any, tuple[Any, ...]]:
    """These columns of each numbered change."""
    found = tables(f"select number, {', '.join(columns)} from {table} where number is not null")
    return {row["number"]: tuple(row[name] for name in columns) for row in found}


@pytest.mark.slow
def test_a_change_is_in_production_with_the_last_of_its_services() -> None:
    """Pay on day 3, search on day 19: each change by its own services, and documents have nothing to deploy."""
    with built(mono(), settings=served(MONEY, SEARCH), as_of=32 * DAY) as tables:
        assert rows(tables, "services", "outcome", "lead_time_hours", "rollout_hours") == {
            1: ("pay", "production", 48, 0),
            2: ("search", "production", 408, 0),
            3: ("pay", "production", 18, 0),
            4: ("", "nothing_to_deploy", None, None),
            5: ("pay;search", "production", 400, 384),
        }
        by_service = tables(
            "select number, service, lead_time_hours, deployment_id from service_lead_times where number is not null"
            " order by number, service"
        )
        (counts,) = tables("select services, nothing_to_deploy, shared_changes, waiting from coverage")
        waits = tables("select * from lead_times where outcome = 'nothing_to_deploy' and age_hours is not null")
    assert [tuple(row.values()) for row in by_service] == [
        (1, "pay", 48, "pay1"),
        (2, "search", 408, "search1"),
        (3, "pay", 18, "pay1"),
        (5, "pay", 16, "pay1"),
        (5, "search", 400, "search1"),
    ]
    assert tuple(counts.values()) == (2, 1, 1, 0)
    assert waits == []


@pytest.mark.slow
def test_the_first_service_counts_where_settings_say_so() -> None:
    """With arrival first, a change of both services is in production with pay."""
    with built(mono(), settings=served(MONEY, SEARCH, arrival="first"), as_of=32 * DAY) as tables:
        assert rows(tables, "lead_time_hours", "deployment_id")[5] == (16, "pay1")


@pytest.mark.slow
def test_a_change_waits_for_its_other_service() -> None:
    """On day 10 the change of both services waits in `deploy`, and says since when the first has it."""
    with built(mono(), settings=served(MONEY, SEARCH), as_of=10 * DAY) as tables:
        assert rows(tables, "outcome", "current_stage", "production_at")[5] == ("waiting", "deploy", None)
        hours = tables.hours("lead_times", "number", "first_production_at")
        assert (hours[5], hours[2]) == ((3 * DAY,), (None,))
        assert rows(tables, "outcome", "current_stage")[2] == ("waiting", "release")


@pytest.mark.slow
def test_a_repository_without_services_is_one() -> None:
    """Without settings and inference the repository is one service, and columns of services are empty."""
    alone = Settings(base=Path(), inference=InferenceSettings(services=False))
    with built(mono(), settings=alone, as_of=32 * DAY) as tables:
        assert {row[0] for row in rows(tables, "services").values()} == {""}
        assert tables("select * from service_lead_times") == []
        assert tables("select service, told_by from services") == [{"service": "", "told_by": "repository"}]


@pytest.mark.slow
def test_code_complete_before_the_first_deployment_of_its_service_is_unknown() -> None:
    """Search is deployed for the first time on day 19: what touches it was complete before."""
    raw = Raw("acme/mono").commits("start@0 fee@24 log@56", says=LANDED)
    for name in ("start", "fee", "log"):
        raw.files(name, *PATHS[name])
    raw.deploy("pay0", "start", 1, application="pay").deploy("pay1", "log", 72, application="pay")
    raw.deploy("search1", "log", 19 * DAY, application="search")
    with built(raw, settings=served(MONEY, SEARCH), as_of=32 * DAY) as tables:
        assert rows(tables, "outcome", "outcome_reason", "production_at") == {
            1: ("production", "", rows(tables, "first_production_at")[1][0]),
            5: ("unknown", "before_first_deployment", None),
        }


@pytest.mark.slow
def test_a_renamed_application_is_one_chain_and_an_unknown_one_ships_nothing() -> None:
    """Both names of pay follow one another, and an application of no service is counted and ships nothing."""
    raw = Raw("acme/mono").commits("start@0 fee@24").files("start", "services/pay/a").files("fee", "services/pay/a")
    raw.deploy("old", "start", 1, application="checkout").deploy("new", "fee", 30, application="PAY")
    raw.deploy("other", "fee", 26, application="reports")
    pay = ServiceSettings(name="pay", paths=("services/pay/",), applications=("checkout", "pay"))
    with built(raw, settings=served(pay)) as tables:
        chain = tables("select deployment_id, service, kind, previous_deployment_id from deployments order by 1")
        assert [tuple(row.values()) for row in chain] == [
            ("new", "pay", "release", "old"),
            ("old", "pay", "first", None),
            ("other", None, "first", None),
        ]
        assert tables("select deployment_id from lead_times where outcome = 'production' order by 1") == [
            {"deployment_id": "new"},
        ]
        assert tables("select deployments_without_service as n from coverage") == [{"n": 1}]


@pytest.mark.slow
def test_tags_of_a_service_take_the_place_of_the_rule() -> None:
    """A tag of the web is no deployment of the API, and no rollback of it; each service has its own chain."""
    raw = Raw("acme/mono").commits("a@0 web1@10 api1@20 web2@30")
    raw.files("a", "api/a", "web/a").files("web1", "web/a").files("api1", "api/a").files("web2", "web/a")
    for tag, commit, at in (
        ("api-v1.0.0", "a", 1),
        ("web@1.0.0", "a", 2),
        ("web@1.1.0", "web1", 15),
        ("api-v1.1.0", "api1", 40),
        ("web@1.2.0", "web2", 35),
    ):
        raw.tag(tag, commit, at)
    api = ServiceSettings(name="api", paths=("api/",), tags=r"^api-v\d")
    web = ServiceSettings(name="web", paths=("web/",), tags=r"^web@\d")
    with built(raw, settings=served(api, web)) as tables:
        found = tables.hours("lead_times", "title", "production_at")
        kinds = tables("select deployment_id, service, kind from deployments order by succeeded_at")
    assert found == {"a": (None,), "web1": (15,), "api1": (40,), "web2": (35,)}
    assert [tuple(row.values()) for row in kinds] == [
        ("tag:api-v1.0.0", "api", "first"),
        ("tag:web@1.0.0", "web", "first"),
        ("tag:web@1.1.0", "web", "release"),
        ("tag:web@1.2.0", "web", "release"),
        ("tag:api-v1.1.0", "api", "release"),
    ]


@pytest.mark.slow
def test_a_moved_file_touches_the_services_of_both_paths() -> None:
    """A file that moves from pay to search belongs to both."""
    raw = Raw("acme/mono").commits("start@0 fee@24").files("start", "services/pay/a")
    raw.add(
        "commit_files",
        sha=raw.rows["commits"][1]["sha"],
        status="R",
        path="services/search/b",
        old_path="services/pay/b",
    )
    with built(raw, settings=served(MONEY, SEARCH)) as tables:
        assert tables("select services from lead_times where title = 'fee'") == [{"services": "pay;search"}]


def shop(**environments: float) -> Raw:
    """One release of two changes that goes to these environments, at these hours, after a first one to all of them."""
    raw = Raw().commits("start@0 fee@24 rank@48", says=LANDED)
    for name in environments:
        raw.deploy(f"{name}0", "start", 1, environment=f"prod-{name}")
    for name, at in environments.items():
        raw.deploy(f"{name}1", "rank", at, environment=f"prod-{name}")
    return raw


@pytest.mark.slow
def test_a_rollout_is_complete_with_its_last_wave() -> None:
    """Canary on day 3, us on day 9, eu on day 24: two roll-outs, not six deployments."""
    with built(shop(canary=3 * DAY, us=9 * DAY, eu=24 * DAY), as_of=32 * DAY) as tables:
        assert rows(tables, "lead_time_hours", "rollout_hours", "deployment_id") == {
            1: (552, 504, "eu1"),
            2: (528, 504, "eu1"),
        }
        assert tables.hours("lead_times", "number", "first_production_at")[1] == (3 * DAY,)
        opened = tables("select deployment_id from production_deployments where opens_rollout order by deployed_at")
        order = tables("select environment from service_waves order by wave")
    assert [row["deployment_id"] for row in opened] == ["canary0", "canary1"]
    assert [row["environment"] for row in order] == ["prod-canary", "prod-us", "prod-eu"]


@pytest.mark.slow
def test_the_first_wave_counts_where_settings_say_so() -> None:
    """With arrival first the canary counts."""
    with built(shop(canary=3 * DAY, us=9 * DAY, eu=24 * DAY), settings=served(arrival="first")) as tables:
        assert rows(tables, "lead_time_hours") == {1: (48,), 2: (24,)}


@pytest.mark.slow
def test_named_waves_are_all_and_excluded_ones_are_none() -> None:
    """Without eu, or with waves that do not name it, a change is in production with us, and eu is no staging."""
    for production in ({"exclude": ("prod-eu",)}, {"waves": ("prod-canary", "prod-us")}):
        with built(shop(canary=3 * DAY, us=9 * DAY, eu=24 * DAY), settings=served(**production)) as tables:
            assert rows(tables, "lead_time_hours", "staged_at") == {1: (192, None), 2: (168, None)}
            assert tables("select deployments_excluded as n from coverage") == [{"n": 2}]


@pytest.mark.slow
def test_a_wave_that_a_newer_rollout_overtook_has_the_change() -> None:
    """Us never got the first release: it has its change by the second."""
    raw = shop(canary=3 * DAY).commits("next@100").deploy("us0", "start", 1, environment="prod-us")
    raw.deploy("canary2", "next", 5 * DAY, environment="prod-canary").deploy(
        "us2", "next", 6 * DAY, environment="prod-us"
    )
    with built(raw) as tables:
        assert rows(tables, "lead_time_hours", "deployment_id")[1] == (120, "us2")


@pytest.mark.slow
def test_a_failed_canary_is_a_failure_of_its_rollout() -> None:
    """An attempt before the first success in another wave is of that roll-out; without one, waves fail together."""
    raw = Raw().commits("a@1 b@10 c@40")
    for wave, at in (("canary", 2), ("us", 3)):
        raw.deploy(f"{wave}-a", "a", at, environment=f"prod-{wave}")
        raw.deploy(f"{wave}-c", "c", states=[("failure", at + 40)], environment=f"prod-{wave}")
    raw.deploy("canary-b0", "b", states=[("failure", 12)], environment="prod-canary")
    raw.deploy("canary-b1", "b", 16, environment="prod-canary").deploy("us-b1", "b", 14, environment="prod-us")
    raw.deploy("canary-c2", "c", states=[("failure", 44)], environment="prod-canary")
    with built(raw) as tables:
        found = tables("select deployment_id, rollout_id from production_deployments order by deployment_id")
    assert {row["deployment_id"]: row["rollout_id"] for row in found} == {
        "canary-a": "canary-a",
        "canary-b0": "us-b1",
        "canary-b1": "us-b1",
        "canary-c": "canary-c",
        "canary-c2": "canary-c2",
        "us-a": "canary-a",
        "us-b1": "us-b1",
        "us-c": "canary-c",
    }


@pytest.mark.slow
def test_a_region_that_starts_later_changes_no_arrival() -> None:
    """A region that begins with what runs everywhere else is waited for by later changes alone."""
    raw = Raw().commits("a@1 b@10 c@40")
    for name, commit, at in (("us0", "a", 2), ("us1", "b", 12), ("us2", "c", 42)):
        raw.deploy(name, commit, at, environment="prod-us")
    raw.deploy("eu1", "b", 30, environment="prod-eu").deploy("eu2", "c", 50, environment="prod-eu")
    with built(raw) as tables:
        assert tables.change("b")["production_at"] == hour(12)
        assert tables.change("c")["production_at"] == hour(50)


@pytest.mark.slow
def test_an_environment_that_gets_few_rollouts_is_no_wave() -> None:
    """A special environment with one of four roll-outs is waited for by no change, and is counted as no wave."""
    raw = Raw().commits("a@1 b@10 c@20 d@30").deploy("special", "a", 2, environment="prod-special")
    for at, commit in enumerate("abcd", 1):
        raw.deploy(f"d{at}", commit, 10 * at + 2, environment="prod")
    with built(raw) as tables:
        assert tables("select environment from service_waves where wave is null") == [{"environment": "prod-special"}]
        assert {row["outcome"] for row in tables("select outcome from lead_times where title <> 'a'")} == {"production"}


@pytest.mark.slow
def test_a_region_that_fell_silent_is_waited_for_while_it_lived() -> None:
    """Eu is deployed to for 60 days and then no more: what it got counts to its end, what came later needs us alone."""
    raw = Raw(read=400 * DAY, known=400 * DAY).commits("s@0 " + " ".join(f"c{n}@{n * 10 * DAY + 1}" for n in range(30)))
    for name, last in (("us", 30), ("eu", 6)):
        raw.deploy(f"{name}", "s", 1, environment=f"prod-{name}")
        for n in range(last):
            late = 5 if name == "eu" else 2
            raw.deploy(f"{name}{n}", f"c{n}", n * 10 * DAY + late, environment=f"prod-{name}")
    with built(raw) as tables:
        found = tables("select title, lead_time_hours from lead_times where starts_with(title, 'c')")
        (eu,) = tables("select live, wave from service_waves where environment = 'prod-eu'")
    assert {row["title"]: row["lead_time_hours"] for row in found} == {f"c{n}": 4 if n < 6 else 1 for n in range(30)}
    assert (eu["live"], eu["wave"]) == (False, 2)


@pytest.mark.parametrize(
    ("services", "message"),
    [
        ((ServiceSettings(paths=("a/",)),), "has no name"),
        ((ServiceSettings(name="pay"),), "has no paths"),
        ((ServiceSettings(name="a;b", paths=("a/",)),), "cannot show"),
        ((MONEY, MONEY), "twice"),
    ],
)
def test_a_service_that_says_too_little_is_refused(services: tuple[ServiceSettings, ...], message: str) -> None:
    """A service has a name of its own that reports can show, and paths."""
    with pytest.raises(UsageError, match=message):
        Settings(base=Path(), services=services)
