"""Arrivals in services and waves equal the simulation, and what git says of every deployment."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from subprocess import run

import duckdb
import pytest

from benchmarks.arrivals_by_git import compare
from collectors.simulate import simulate
from headway.progress import progress_on
from pipeline import demo_check
from pipeline.build import build, teams_of
from pipeline.collect import run_all
from pipeline.demo import build_demo
from pipeline.session import Session
from pipeline.sources import sources_of
from tests.builders.demo import UNTIL, session_in
from warehouse.publish import current, open_published
from warehouse.store import RawStore


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A company with a monorepo in several regions, component tags and tags that changed their form."""
    folder = tmp_path_factory.mktemp("served")
    return build_demo(
        folder / "demo", session_in(folder), until=UNTIL, clock=lambda: 0.0, stream=io.StringIO(), size="served"
    )


def by_git(session: Session) -> tuple[int, list[str]]:
    """How many changes x services x environments git was asked for, and what differs."""
    with duckdb.connect(str(current(session.settings.warehouse_folder)), read_only=True) as connection:
        result = compare(session.folder, connection)
    return result.pairs, result.differences


@pytest.mark.slow
def test_every_arrival_in_every_service_is_the_true_one(served: Session) -> None:
    """Changes as a whole, and in each service that they touch: outcome, milestones and hours are those simulated."""
    warehouse = served.settings.warehouse_folder
    assert demo_check.changes(served.folder, "truth_services.csv") > 150
    assert demo_check.differences(served.folder, warehouse) == {}
    assert demo_check.service_differences(served.folder, warehouse) == {}
    assert "changes by service, equal" in next(demo_check.report(served.folder, warehouse))


@pytest.mark.slow
def test_git_finds_the_same_arrivals(served: Session) -> None:
    """For each change, service and environment the ancestors of every deployment say the same."""
    pairs, differences = by_git(served)
    assert pairs > 700
    assert differences == []


@pytest.mark.slow
def test_git_would_find_another_arrival(served: Session, tmp_path: Path) -> None:
    """Without the first roll-outs to one region, other arrivals are right: the comparison can fail."""
    folder = tmp_path / "altered"
    shutil.copytree(served.folder, folder, ignore=shutil.ignore_patterns("headway-data"))
    lines = (folder / "truth_deployments.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    dropped = [number for number, line in enumerate(lines) if ",pay,production-us," in line][3:6]
    kept = [line for number, line in enumerate(lines) if number not in dropped]
    (folder / "truth_deployments.csv").write_text("".join(kept), encoding="utf-8")
    _, differences = by_git(replace(served, folder=folder, warehouse=served.settings.warehouse_folder))
    assert any(difference.startswith("arrivals github:acme/shop#") for difference in differences)
    assert any(difference.startswith("lead_times github:acme/shop#") for difference in differences)


def test_another_truth_of_a_service_would_be_noticed(served: Session, tmp_path: Path) -> None:
    """Services that are other ones, or arrive later, are not those that were built."""
    text = (served.folder / "truth_services.csv").read_text(encoding="utf-8")
    for true, other, name in ((",pay\n", ",cart\n", "changes"), (",production,", ",waiting,", "outcome")):
        (tmp_path / "truth_services.csv").write_text(text.replace(true, other), encoding="utf-8")
        assert name in demo_check.service_differences(tmp_path, served.settings.warehouse_folder)


def test_both_forms_of_tags_are_releases_and_candidates_are_none(served: Session) -> None:
    """Every release of the repository that changed its form is a deployment, and nothing else is."""
    with (served.folder / "truth_deployments.csv").open(encoding="utf-8", newline="") as file:
        released = {row["version"] for row in csv.DictReader(file) if row["repo"] == "acme/mobile"}
    with open_published(served.settings.warehouse_folder) as connection:
        rows = connection.execute("select version from deployment_times where repo_id like '%/mobile'").fetchall()
        families = connection.execute(
            "select family, taken from tag_families where repo_id like '%/mobile' order by family"
        ).fetchall()
    assert {version for (version,) in rows} == released
    assert ("release-*", True) in families
    assert ("v*", True) in families


def collect(session: Session) -> None:
    """Read every source and build."""
    store = RawStore(session.settings.warehouse_folder)
    progress = progress_on(io.StringIO(), lambda: 0.0)
    with store.collecting():
        for one in run_all(
            store, sources_of(session.settings), full=False, jobs=1, began_at=session.now, progress=progress
        ):
            assert not one.error, one.error
        build(session, teams_of(session.settings), progress)


@pytest.mark.slow
def test_a_moved_tag_keeps_what_it_shipped_first(tmp_path: Path) -> None:
    """Read before and after a tag was moved, both places are deployments: what the first one shipped keeps its date."""
    folder = tmp_path / "demo"
    simulate(folder, until=UNTIL, days=150, changes={"mobile": 60})
    told = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    moved = told["repositories"][0]["moved_tags"][0]
    git = ["git", f"--git-dir={folder / 'repos' / 'mobile.git'}"]
    ref = f"refs/tags/{moved['tag']}"
    final = run([*git, "rev-parse", ref], check=True, capture_output=True, text=True).stdout.strip()
    who = {"GIT_COMMITTER_NAME": "bot", "GIT_COMMITTER_EMAIL": "bot@example.com"}
    who["GIT_COMMITTER_DATE"] = moved["first_at"]
    tag = ["tag", "--force", "--annotate", "--message=too early", moved["tag"], moved["first_sha"]]
    run([*git, *tag], check=True, env=os.environ | who)
    session = replace(session_in(tmp_path), config=folder / "headway.toml", folder=folder)
    collect(session)
    run([*git, "update-ref", ref, final], check=True)
    collect(session)
    with (folder / "truth_deployments.csv").open("a", encoding="utf-8") as file:
        at = moved["first_at"]
        file.write(f"acme/mobile,,production,{moved['tag']},{moved['first_sha']},{at},{at},False,\n")
    pairs, differences = by_git(session)
    assert pairs > 50
    assert differences == []
    with open_published(session.settings.warehouse_folder) as connection:
        ((early,),) = connection.execute(
            "select count(*) from lead_times where production_at = $at::timestamptz", {"at": moved["first_at"]}
        ).fetchall()
    assert early > 0


@pytest.mark.slow
def test_a_repository_that_stopped_to_deploy_is_in_doubt_as_in_truth(tmp_path: Path) -> None:
    """What landed since its last deployment is unknown, in every table; the other repository is in no doubt."""
    demo = build_demo(
        tmp_path / "demo", session_in(tmp_path), until=UNTIL, clock=lambda: 0.0, stream=io.StringIO(), size="doubtful"
    )
    told = json.loads((demo.folder / "truth.json").read_text(encoding="utf-8"))["repositories"]
    expected = [(row["repo_id"], row["in_doubt_since"]) for row in told if row["in_doubt_since"]]
    assert len(expected) == 1
    with open_published(demo.settings.warehouse_folder) as connection:
        doubts = connection.execute(
            "select repo_id, strftime(since_at, '%Y-%m-%dT%H:%M:%SZ') from service_doubts"
        ).fetchall()
    assert doubts == expected
    assert demo_check.differences(demo.folder, demo.settings.warehouse_folder) == {}
    assert by_git(demo)[1] == []


@pytest.mark.slow
def test_git_finds_the_same_arrivals_in_the_demo(whole_company: Session) -> None:
    """So it is in the company that `headway demo` shows, over thousands of changes."""
    assert demo_check.service_differences(whole_company.folder, whole_company.settings.warehouse_folder) == {}
    pairs, differences = by_git(whole_company)
    assert pairs > 4000
    assert differences == []
