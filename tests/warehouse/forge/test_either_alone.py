from __future__ import annotations

from typing import Any

import pytest

from tests.builders.forge import Forge
from tests.builders.rows import Raw, Tables, built, commit_id


def outcomes(tables: Tables) -> dict[Any, Any]:
    """Outcome and deployment of each pull request."""
    rows = tables("select * from lead_times where number is not null")
    return {row["number"]: (row["outcome"], row["deployment_id"]) for row in rows}


def deployed() -> Forge:
    """Three pull requests landed, of which the first and the third were deployed, a fourth later."""
    shop = Forge().deploy("d0", "start", 1)
    for number, at in ((1, 3), (2, 4), (3, 6), (4, 12)):
        shop.request(number, opened=at - 1, commits=f"c{number}@{at - 1.5}", merged=at, merge=f"m{number}")
    return shop.deploy("d1", "m1", 3.5).deploy("d3", "m3", 7)


def history() -> Raw:
    """The default branch of that repository, whoever read it: commits with their parents, and where it leads."""
    raw = Raw(provider="github").commits("start@0.5 m1@3 m2@4 m3@6 m4@12")
    raw.source = "github:acme/shop"
    return raw


@pytest.mark.slow
def test_without_history_only_the_deployed_commit_itself_has_arrived() -> None:
    """What landed before a deployment of another commit may be in it: unknown, not waiting; what landed after waits."""
    with built(deployed(), as_of=20) as tables:
        assert outcomes(tables) == {
            1: ("production", "d1"),
            2: ("unknown", None),
            3: ("production", "d3"),
            4: ("waiting", None),
        }
        assert tables("select distinct outcome_reason from lead_times where number = 2") == [
            {"outcome_reason": "deployment_without_commit"}
        ]
        assert tables("select deployments_without_history as n, deployments_without_commit as lost from coverage") == [
            {"n": 2, "lost": 1}
        ]


@pytest.mark.slow
def test_history_from_any_source_tells_the_rest() -> None:
    """Commits with their parents are a graph whoever collected them, and no pull request names them."""
    with built(deployed(), history(), as_of=20) as tables:
        assert outcomes(tables) == {
            1: ("production", "d1"),
            2: ("production", "d3"),
            3: ("production", "d3"),
            4: ("waiting", None),
        }
        assert tables("select deployments_without_history as n, direct from coverage") == [{"n": 0, "direct": 1}]


@pytest.mark.slow
def test_exact_deployment_after_one_without_history_may_not_be_the_first() -> None:
    """A deployment of its own commit says nothing of when a change arrived that an earlier one may have had."""
    shop = deployed().deploy("d2", "m2", 9)
    with built(shop, as_of=20) as tables:
        assert outcomes(tables)[2] == ("unknown", None)


@pytest.mark.slow
def test_commit_that_the_clone_has_not_is_found_by_the_forge() -> None:
    """In a clone that is cut off a deployment of a merge commit that only the forge names ships exactly that."""
    raw = Raw(provider="github", shallow=True).commits("x@11:lost m4@12")
    with built(deployed(), raw, as_of=20) as tables:
        assert outcomes(tables)[3] == ("production", "d3")
        assert tables("select problem from deployments where deployment_id = 'd3'") == [{"problem": ""}]


def test_branch_deploy_of_the_head_before_the_merge() -> None:
    """A head that was deployed to production before its merge arrived then, by its own commit."""
    shop = Forge().deploy("d0", "start", 1).request(1, opened=3, commits="b@2", merged=9, merge="m1")
    with built(shop.deploy("d1", "b", 6).deploy("d2", "m1", 12), as_of=20) as tables:
        row = tables.change(1)
    assert (row["deployment_id"], row["mapped_by"], row["clamped"]) == ("d1", "branch_deploy", 0)


@pytest.mark.slow
def test_ci_without_history_integrates_exactly_its_commit() -> None:
    """CI of a descendant is no proof without the graph, and its own is."""
    shop = deployed().run("m1", 3, 3.2).run("m2", 4, 4.2, "failure").run("m3", 6, 6.2)
    with built(shop, as_of=20) as tables:
        found = tables.hours("lead_times", "number", "integrated_at")
    assert found == {1: (3.2,), 2: (None,), 3: (6.2,), 4: (None,)}
    with built(shop, history(), as_of=20) as tables:
        found = tables.hours("lead_times where number is not null", "number", "integrated_at")
    assert found == {1: (3.2,), 2: (6.2,), 3: (6.2,), 4: (None,)}


@pytest.mark.slow
def test_records_alone_map_by_the_landing_commit_too() -> None:
    """The same holds for changes that a record tells of: whose landing commit was deployed has arrived."""
    raw = Raw().change(1, opened=2, ready=2, merged=5, sha="m1").deploy("d0", "x", 1).deploy("d1", "m1", 8)
    with built(raw, as_of=20) as tables:
        assert outcomes(tables) == {1: ("production", "d1")}


def test_paths_count_whichever_source_read_them() -> None:
    """Files of a commit are known though another source read the commit first, and without its files."""
    first = history()
    for row in first.rows["commits"]:
        row["collected_at"] = row["committed_at"]
    second = Raw(provider="github").commits("start@0.5 m1@3").files("m1", "x", "y")
    second.source = "git:shop"
    with built(first, second, Forge().request(1, opened=2, commits="c@1", merged=3, merge="m1", files=None)) as tables:
        assert tables("select count(*) as n from commit_files") == [{"n": 2}]


@pytest.mark.slow
def test_head_of_a_preview_stages_nothing() -> None:
    """A review app has the head of a branch and not what landed: it neither stages nor begins anything (GitLab 53)."""
    shop = Forge().deploy("d0", "start", 1).request(1, opened=3, commits="b@2", merged=9, merge="m1")
    shop.deploy("p1", "b", 4, environment="preview").deploy("failed", "b", states=[("failure", 5)])
    shop.deploy("s1", "m1", 10, environment="staging").deploy("d1", "m1", 12, created=11)
    for parts in ((shop,), (shop, Raw(provider="github").commits("start@0.5 b@2", branch=None).commits("m1@9:start"))):
        with built(*parts, as_of=20) as tables:
            found = tables.hours(
                "lead_times where number = 1", "number", "staged_at", "deploy_started_at", "production_at"
            )
            assert found == {1: (10, 11, 12)}
            assert tables.change(1)["clamped"] == 0
            assert tables("select sha from deployments where deployment_id = 'p1'") == [{"sha": commit_id("b")}]
