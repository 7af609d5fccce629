"""The truth of the simulated company keeps the definitions."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.simulate import STAGES, Company, Deployment, Repo, simulate
from collectors.simulate.writers.truth import rows_of

Git = Callable[..., str]
Row = dict[str, str]

ORDER = [
    "first_commit_at",
    "ready_at",
    "code_complete_at",
    "reviewed_at",
    "approved_at",
    "merged_at",
    "integrated_at",
    "staged_at",
    "deploy_started_at",
    "production_at",
]


@pytest.fixture(scope="module")
def rows(tiny: Company, tiny_folder: Path) -> list[Row]:
    """The truth table as it was written."""
    with (tiny_folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def told(tiny: Company, tiny_folder: Path) -> dict[str, Any]:
    """The truth file as it was written."""
    found: dict[str, Any] = json.loads((tiny_folder / "truth.json").read_text(encoding="utf-8"))
    return found


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _hours(start: str, end: str) -> float:
    return (_at(end) - _at(start)) / timedelta(hours=1)


def _end(row: Row, until: str) -> str:
    if row["outcome"] == "waiting":
        return until
    return row["production_at"] or row["abandoned_at"]


def test_milestones_come_in_their_order(rows: list[Row]) -> None:
    """No milestone is before one that stands before it in the list of stages."""
    for row in rows:
        times = [row[name] for name in ORDER if row[name]]
        assert times == sorted(times), row["change_id"]


def test_stages_add_up_to_the_whole(rows: list[Row], told: dict[str, Any]) -> None:
    """All stages add up to the time from first commit to the end, and those after code complete to the lead time."""
    checked = 0
    for row in rows:
        end = _end(row, told["until"])
        if not end or row["outcome"] not in ("production", "waiting", "abandoned"):
            continue
        hours = {stage: float(row[f"{stage}_hours"] or 0) for stage in STAGES}
        assert sum(hours.values()) == pytest.approx(_hours(row["first_commit_at"], end), abs=1e-4)
        if row["code_complete_at"]:
            wait = sum(hours.values()) - hours["coding"] - hours["rework"]
            assert wait == pytest.approx(_hours(row["code_complete_at"], end), abs=1e-4)
            assert row["outcome"] != "production" or wait == pytest.approx(float(row["lead_time_hours"]), abs=1e-4)
        checked += 1
    assert checked > 80


def test_a_stage_that_a_repository_has_not_is_absent(rows: list[Row], told: dict[str, Any]) -> None:
    """Hours stand only in the stages of the repository, and a change that arrived has hours in each of them."""
    stages = {repo["repo_id"].removeprefix("github:"): repo["stages"] for repo in told["repositories"]}
    assert stages["acme/sdk"] == ["coding", "rework", "pickup", "review", "merge", "build", "release"]
    for row in rows:
        has = [stage for stage in STAGES if row[f"{stage}_hours"]]
        assert set(has) <= set(stages[row["repo"]])
        assert row["outcome"] != "production" or has == stages[row["repo"]]


def test_code_complete_is_the_last_own_commit(tiny: Company, rows: list[Row], git: Git) -> None:
    """Code complete is the newest commit on the head that merges nothing, or the end of the draft if that was later."""
    by_id = {row["change_id"]: row for row in rows}
    for repo in tiny.repos:
        for change in repo.changes:
            row = by_id[repo.change_id(change)]
            if change.number is None or not row["ready_at"]:
                continue
            last = change.commits[-1].sha
            base = change.commits[0].parents[0].sha
            own = git(repo.name, "log", "--no-merges", "--first-parent", "--format=%ct", last, f"^{base}")
            newest = max(int(at) for at in own.split())
            assert _at(row["code_complete_at"]).timestamp() == max(newest, _at(row["ready_at"]).timestamp())


def _brute_force(repo: Repo, deployments: list[Deployment], git: Git) -> dict[str, int]:
    """Landing commit to the first success of a production deployment that contains it, by asking git for ancestors."""
    first: dict[str, int] = {}
    for one in sorted(deployments, key=lambda each: each.succeeded_at or 0):
        if one.succeeded_at is None:
            continue
        shas = git(repo.name, "rev-list", one.sha).split()
        text = git(repo.name, "log", "--format=%b", one.sha)
        shas += re.findall(r"(?i)cherry[- ]picked from commit `?([0-9a-f]{40})", text)
        for sha in shas:
            first.setdefault(sha, one.succeeded_at)
    return first


def test_production_is_the_first_success_that_contains_the_change(tiny: Company, rows: list[Row], git: Git) -> None:
    """What the truth says of production is what git says of ancestors, or unknown before the first deployment."""
    by_id = {row["change_id"]: row for row in rows}
    outcomes = set()
    for repo in tiny.repos:
        production = [one for one in repo.deployments if one.production]
        first = _brute_force(repo, production, git)
        begin = min(one.succeeded_at for one in production if one.succeeded_at is not None)
        for change in repo.changes:
            row = by_id[repo.change_id(change)]
            outcomes.add(row["outcome"])
            if row["code_complete_at"] and _at(row["code_complete_at"]).timestamp() < begin:
                assert (row["outcome"], row["production_at"]) == ("unknown", "")
            elif change.sha in first:
                assert row["outcome"] == "production"
                assert _at(row["production_at"]).timestamp() == first[change.sha]
            else:
                assert row["outcome"] in ("waiting", "abandoned")
    assert outcomes == {"production", "waiting", "abandoned", "unknown"}


def test_a_rollback_marks_what_it_withdrew_until_it_is_back(tiny: Company, rows: list[Row]) -> None:
    """Right after a rollback what it took out is marked, having been in production; once it is back, it is not."""
    rollbacks = [
        (repo, one.succeeded_at) for repo in tiny.repos for one in repo.deployments if one.rollback and one.succeeded_at
    ]
    assert rollbacks
    marked = {row["change_id"]: row["rolled_back_at"] for row in rows if row["rolled_back_at"]}
    for repo, at in rollbacks:
        before = [one for one in repo.deployments if (one.succeeded_at or at + 1) <= at]
        out = [row for row in rows_of(replace(repo, deployments=before), at) if row["rolled_back_at"]]
        out = [row for row in out if _at(row["rolled_back_at"]).timestamp() == at]
        assert out
        assert all(row["rolled_back_at"] > row["production_at"] for row in out if row["production_at"])
        after = [
            one for one in repo.deployments if one.production and (one.succeeded_at or 0) > at and not one.rollback
        ]
        kept = [row["change_id"] for row in out if row["change_id"] in marked]
        assert not (after and kept)


def test_table_and_json_tell_the_same(rows: list[Row], told: dict[str, Any]) -> None:
    """The changes of the JSON file are the rows of the CSV file, one a change."""
    ids = [row["change_id"] for row in rows]
    assert ids == sorted(set(ids)) == [row["change_id"] for row in told["changes"]]
    assert [row["production_at"] for row in rows] == [row["production_at"] or "" for row in told["changes"]]
    assert told["simulated"] is True
    assert told["process"]["pace"]["ai"]["pickup"] == {"median": 4.5, "sigma": 1.2}


def test_an_agents_mark_stands_where_rules_can_see_it(tiny: Company, git: Git) -> None:
    """Every change that an agent made shows it in an author, a trailer or the branch name."""
    marks = ("[bot]", "cursoragent@cursor.com", "openhands@all-hands.dev", "(aider)", "Copilot@users")
    agents = [(repo, one) for repo in tiny.repos for one in repo.changes if one.built_with_ai == "agent"]
    assert agents
    for repo, change in agents:
        if change.reverts:
            continue
        seen = git(repo.name, "log", "-1", "--format=%an <%ae>%n%B", change.commits[0].sha)
        assert any(mark in seen for mark in marks) or change.branch.startswith("codex/"), change.mark


def test_hours_drawn_are_hours_waited(tiny: Company) -> None:
    """A pickup takes the working hours that were drawn for it, to the minute that tells the two moments apart."""
    from collectors.simulate.events.clock import working_hours_between

    checked = 0
    for repo in tiny.repos:
        for change in repo.changes:
            if change.merged_at and change.ready_at and "pickup" in change.drawn_hours:
                complete_at = max(change.ready_at, *(one.authored_at for one in change.commits if not one.updates_from))
                after = [one.submitted_at for one in change.reviews if one.submitted_at > complete_at]
                if after:
                    waited = working_hours_between(complete_at, min(after))
                    assert waited == pytest.approx(change.drawn_hours["pickup"], abs=0.05)
                    checked += 1
    assert checked > 30


@pytest.mark.slow
def test_the_full_company_shows_every_kind_of_work(tmp_path: Path) -> None:
    """A full company has every outcome, way of deploying and mark, and AI work takes longer to arrive."""
    from collectors.simulate.events.marks import MARKS

    company = simulate(tmp_path / "full", until=datetime(2026, 9, 29, 12))
    told = json.loads((tmp_path / "full" / "truth.json").read_text(encoding="utf-8"))
    changes = told["changes"]
    assert 3_000 <= len(changes) <= 4_500
    assert {row["outcome"] for row in changes} == {
        "",
        "abandoned",
        "no_deployments",
        "nothing_to_deploy",
        "production",
        "unknown",
        "waiting",
    }
    assert {row["mark"] for row in changes} >= MARKS.keys() - {"plain"}
    assert {repo.deploys for repo in company.repos} == {"manifests", "records", "tags", "branch", "none"}
    assert any(one.picks for repo in company.repos for one in repo.deployments)
    assert {one["rung"] for one in told["initiatives"]} == {"pilot", "merged", "production", "in use"}
    medians = {}
    for builds_ai in (True, False):
        hours = sorted(
            row["lead_time_hours"] for row in changes if row["builds_ai"] is builds_ai and row["lead_time_hours"]
        )
        medians[builds_ai] = hours[len(hours) // 2]
    assert medians[True] > 1.5 * medians[False]
