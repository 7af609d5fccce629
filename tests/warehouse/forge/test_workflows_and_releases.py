from __future__ import annotations

from typing import Any

import pytest

from headway.errors import UsageError
from headway.settings import load
from tests.builders.forge import Forge
from tests.builders.rows import Tables, built, commit_id, ruled

Row = tuple[Any, ...]


def deployments(tables: Tables) -> dict[str, Row]:
    """Of each deployment: when it began and succeeded, its state, and failures before."""
    times = tables.hours("deployments", "deployment_id", "created_at", "succeeded_at")
    rows = {row["deployment_id"]: row for row in tables("select * from deployments")}
    return {key: (*times[key], row["state"], row["failed_attempts"]) for key, row in rows.items()}


def by_workflow(shop: Forge, *, as_of: float = 50, **rule: Any) -> dict[str, Row]:
    """The deployments that runs of a workflow are."""
    with built(shop, settings=ruled("workflow", **rule), as_of=as_of) as tables:
        return deployments(tables)


def test_run_of_the_workflow_is_a_deployment() -> None:
    """From its queueing to its first success, with its result; other workflows are none (DevLake 17, Middleware 37)."""
    shop = Forge().run("a", 12, 12 + 11 / 60, name="Deploy", run_id="1").run("a", 12, 13, name="ci")
    shop.run("b", 20, 21, "failure", name="deploy to production", run_id="2").run("b", 22, name="Deploy", run_id="3")
    shop.run("b", 22, 23, "cancelled", name="Deploy", run_id="4").run(
        "b", 22, 23, "timed_out", name="Deploy", run_id="5"
    )
    found = by_workflow(shop)
    assert found == {
        "workflow:1": (12, pytest.approx(12 + 11 / 60), "success", 0),
        "workflow:2": (20, None, "failure", 1),
        "workflow:3": (22, None, "in_progress", 0),
        "workflow:4": (22, None, "cancelled", 0),
        "workflow:5": (22, None, "failure", 1),
    }


def test_run_that_did_nothing_is_no_deployment() -> None:
    """A run that was skipped, that waits for a contributor's approval, or is of a pull request (DevLake 18)."""
    shop = Forge().run("a", 5, 5, "skipped", name="Deploy").run("a", 5, 5, "action_required", name="Deploy")
    shop.run("a", 5, 6, name="Deploy", event="pull_request", branch="topic").run("a", None, None, name="Deploy")
    assert by_workflow(shop) == {}


@pytest.mark.slow
def test_attempts_up_to_the_success_are_one_deployment() -> None:
    """Failures before the first success are its failed attempts; run again later it is another deployment."""
    shop = Forge().run("a", 5, 30, run_id="1", attempt=4, started=29, name="Deploy")
    for attempt, (began, ended, how) in enumerate(((5, 6, "failure"), (7, 8, "failure"), (9, 10, "success")), 1):
        shop.run_jobs("1", attempt, (began, began + 0.5, ended, how))
    shop.run_jobs("1", 4, (29, 29.5, 30, "success"))
    assert by_workflow(shop) == {"workflow:1": (5, 10, "success", 2), "workflow:1.4": (29, 30, "success", 0)}
    assert by_workflow(shop, as_of=9.25) == {"workflow:1": (5, None, "queued", 2)}


@pytest.mark.slow
def test_old_run_that_is_run_again_is_a_rollback() -> None:
    """A workflow of an old commit, run again after a newer one had been deployed, withdraws what came between."""
    shop = Forge().commits("a@1 b@8").run("a", 5, 30, run_id="1", attempt=2, started=29, name="Deploy")
    shop.run_jobs("1", 1, (5, 5, 6, "success")).run_jobs("1", 2, (29, 29, 30, "success")).run(
        "b", 10, 11, run_id="2", name="Deploy"
    )
    with built(shop, settings=ruled("workflow"), as_of=50) as tables:
        rows = tables("select deployment_id, kind from deployments order by succeeded_at")
        assert [tuple(row.values()) for row in rows] == [
            ("workflow:1", "first"),
            ("workflow:2", "release"),
            ("workflow:1.2", "rollback"),
        ]
        assert tables.hours("lead_times where sha = '" + commit_id("b") + "'", "outcome", "rolled_back_at") == {
            "production": (30,)
        }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("glob", "names"),
    [
        ("*deploy*", {"Deploy", "deploy.yml"}),
        ("ship", {"Ship"}),
        ("[Ss]hip", {"Ship"}),
        ("*", {"Deploy", "deploy.yml", "Ship"}),
    ],
)
def test_workflow_is_chosen_by_a_glob(glob: str, names: set[str]) -> None:
    """Upper and lower case are one, and without a setting a name with `deploy` in it is taken."""
    shop = Forge()
    for name in ("Deploy", "deploy.yml", "Ship"):
        shop.run("a", 5, 6, name=name, run_id=name)
    assert set(by_workflow(shop, workflow=glob)) == {f"workflow:{name}" for name in names}
    assert set(by_workflow(shop)) == {"workflow:Deploy", "workflow:deploy.yml"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "production"), [("production", True), ("prod-eu", True), ("staging", False), ("", True)]
)
def test_environment_is_the_settings(environment: str, production: bool) -> None:
    """What they deploy to is a setting; where it names nothing it is production."""
    shop = Forge().run("a", 5, 6, name="Deploy").release("v1", "a", 7)
    for source in ("workflow", "releases"):
        with built(shop, settings=ruled(source, environment=environment), as_of=50) as tables:
            assert tables("select environment, production, source from deployments") == [
                {"environment": environment or "production", "production": production, "source": source}
            ]


@pytest.mark.slow
def test_changes_ship_with_a_workflow() -> None:
    """A change arrives with the run that has its commit, and the runs are no CI."""
    shop = Forge().commits("start@0.5 a@5 b@20").run("start", 1, 1.5, name="Deploy").run("a", 5, 5.5)
    shop.request(1, opened=2, commits="x@1", merged=5, merge="a").run("a", 6, 8, name="Deploy")
    with built(shop, settings=ruled("workflow"), as_of=50) as tables:
        row = tables.change(1)
        times = tables.hours(
            "lead_times where number = 1", "number", "integrated_at", "deploy_started_at", "production_at"
        )
    assert times == {1: (5.5, 6, 8)}
    assert (row["deployment_id"], row["gate_hours"]) == ("workflow:Deploy-2", None)


@pytest.mark.slow
def test_published_release_is_a_deployment() -> None:
    """At its publication, of its tag's commit; drafts and pre-releases are none."""
    shop = Forge().commits("start@1 a@5 b@9 c@12").release("v1", "start", 2).release("v2", "b", 10)
    shop.release("v3", None, 13).tag("v3", "c").release("v4", "c", None).release("v5", "c", 14, prerelease=True)
    shop.release("v6", "gone", 15).release("v7", None, 60)
    with built(shop, settings=ruled("releases"), as_of=50) as tables:
        assert deployments(tables) == {
            "release:v1": (2, 2, "success", 0),
            "release:v2": (10, 10, "success", 0),
            "release:v3": (13, 13, "success", 0),
            "release:v6": (15, 15, "success", 0),
        }
        assert tables("select version, problem from deployments where sha is null") == [
            {"version": "v6", "problem": "its commit is not in the clone"}
        ]
        assert tables.hours("lead_times", "sha", "production_at")[commit_id("a")] == (10,)


@pytest.mark.slow
def test_tag_that_was_released_twice_counts_once() -> None:
    """Of two releases of one tag the first that was published counts."""
    shop = Forge().commits("a@1").release("v1", "a", 9, release_id="2").release("v1", "a", 5, release_id="1")
    with built(shop, settings=ruled("releases"), as_of=50) as tables:
        assert deployments(tables) == {"release:v1": (5, 5, "success", 0)}


@pytest.mark.slow
def test_neither_is_taken_unless_settings_say_so() -> None:
    """Workflows and releases are no deployments by themselves."""
    with built(Forge().commits("a@1").run("a", 5, 6, name="Deploy").release("v1", "a", 7)) as tables:
        assert tables("select deployed_from from coverage") == [{"deployed_from": "none"}]
        assert deployments(tables) == {}


def test_settings_take_both(tmp_path: Any) -> None:
    """`from` may be `workflow`, with the workflow's name, or `releases`."""
    path = tmp_path / "headway.toml"
    path.write_text(
        '[[deployments]]\nfrom = "workflow"\nworkflow = "Ship*"\nenvironment = "live"\n'
        '[[deployments]]\nfrom = "releases"\n'
    )
    first, second = load(path, {}, folder=tmp_path).deployments
    assert (first.source, first.workflow, first.environment, second.source) == ("workflow", "Ship*", "live", "releases")
    path.write_text('[[deployments]]\nfrom = "workflows"\n')
    with pytest.raises(UsageError, match="workflow, releases"):
        load(path, {}, folder=tmp_path)
