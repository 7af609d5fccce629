from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from headway.raw_tables import TABLES
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import Raw, Tables, built
from warehouse.classify import Rules, RuleSettings
from warehouse.model import Header, SqlModel, sql_models
from warehouse.models.registry import python_models

# What makes a row of each table the only one of its kind: its grain, in columns.
GRAIN = {
    "added_lines": "repo_id, sha, path, line",
    "ai_notes": "repo_id, sha",
    "change_files": "repo_id, change_key",
    "change_milestones": "change_id",
    "change_outcomes": "change_id",
    "change_reports": "repo_id, change_key",
    "change_sizes": "repo_id, change_key",
    "changes": "change_id",
    "ci_greens": "repo_id, sha",
    "commit_files": "repo_id, sha, path",
    "commits": "repo_id, sha",
    "coverage": "repo_id",
    "deployment_times": "repo_id, deployment_id",
    "deployments": "repo_id, deployment_id",
    "imports": "repo_id, sha, path, kind, module",
    "foreign_imports": "repo_id, change_id, path, module, package",
    "initiative_work": "initiative_id, change_id",
    "lead_times": "change_id",
    "manifest_deployments": "repo_id, environment, application, sha",
    "notices": "repo_id, source, kind",
    "patch_ids": "repo_id, sha",
    "production_gaps": "repo_id, deployment_id",
    "refs": "repo_id, ref",
    "report_times": "repo_id",
    "reported_deployments": "repo_id, deployment_id",
    "repository_stages": "repo_id",
    "usage_records": "repo_id, usage_id",
    # of forges
    "carriages": "repo_id, number, carrier",
    "change_friction": "change_id",
    "change_landings": "repo_id, change_key",
    "ci_attempts": "repo_id, run_id, attempt",
    "ci_friction": "repo_id, sha",
    "ci_jobs": "repo_id, run_id, job_id",
    "ci_runs": "repo_id, run_id",
    "ci_waits": "repo_id, run_id, attempt, job_id",
    "deployment_friction": "repo_id, deployment_id",
    "deployment_waits": "repo_id, deployment_id, began_at",
    "environment_gates": "repo_id, environment",
    "merged_elsewhere": "repo_id, number",
    "pull_request_commits": "repo_id, number, sha",
    "pull_request_events": "repo_id, number, event_id",
    "pull_request_milestones": "repo_id, number",
    "pull_requests": "repo_id, number",
    "releases": "repo_id, release_id",
    "revert_requests": "repo_id, number",
    "reviewers": "repo_id, login",
    "reviews": "repo_id, number, review_id",
    "told_commits": "repo_id, change_key, sha",
    "workflow_deployments": "repo_id, deployment_id",
    "workflow_names": "repo_id, name",
    # stability and rework
    "change_quality": "repo_id, change_key",
    "failure_signs": "repo_id, deployment_id, sign, shown_by, change_key",
    "incidents": "repo_id, incident_id",
    "measured_commits": "repo_id, sha",
    "production_deployments": "repo_id, deployment_id",
    "repairs": "repo_id, fix_key, change_key",
    "traced_fixes": "repo_id, sha",
    # Python models
    "automated_accounts": "repo_id, login",
    "carriers": "repo_id, number",
    "told_reverts": "repo_id, number",
    "workflow_kinds": "repo_id, name",
    "asked_packages": "repo_id, language, name",
    "published_packages": "repo_id, language, name, module, folder",
    "arrivals": "repo_id, change_key",
    "change_commits": "repo_id, change_key, sha",
    "classification": "change_id",
    "commit_owners": "repo_id, sha",
    "fixes": "repo_id, change_key",
    "deployment_chain": "repo_id, deployment_id",
    "deployments_seen": "repo_id, deployment_id",
    "initiative_changes": "initiative_id, change_id",
    "initiative_uses": "initiative_id, repo_id, user_repo_id, path, module, change_id",
    "initiatives": "initiative_id, repo_id",
    "landings": "repo_id, change_key",
}
MODELS = {model.name: model for model in sql_models()}


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    """Everything of the portfolio, each batch read twice by the same run, and all of it dealt out anew."""
    parts = portfolio()
    with built(*parts, *parts, settings=SETTINGS, teams=TEAMS, shuffled=random.Random(5)) as made:
        yield made


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_header_is_the_table(model: SqlModel, tables: Tables) -> None:
    """The header names the table and its columns, in their order, each with a meaning, and its grain."""
    header = model.header
    assert header.table == model.name
    assert list(header.columns) == [row["column_name"] for row in tables(f"describe {model.name}")]
    assert [name for name, meaning in header.columns.items() if not meaning.strip()] == []
    assert header.summary.strip()
    assert header.grain.startswith("one row per ")


@pytest.mark.parametrize("name", MODELS.keys())
def test_time_says_that_it_is_utc(name: str) -> None:
    """Each column of times says UTC or refers to one that does."""
    columns = MODELS[name].header.columns
    times = {column: meaning for column, meaning in columns.items() if column.endswith(("_at", "_on", "as_of"))}
    assert [column for column, meaning in times.items() if "UTC" not in meaning and "likewise" not in meaning] == []


@pytest.mark.parametrize("name", GRAIN.keys())
def test_grain_is_unique(name: str, tables: Tables) -> None:
    """No two rows of a table are of the same grain, whatever was read twice, and its columns are never null."""
    key = GRAIN[name]
    assert tables(f"select {key}, count(*) as n from {name} group by {key} having count(*) > 1") == []
    assert tables(f"select count(*) as n from {name} where {' or '.join(f'{c} is null' for c in key.split(', '))}") == [
        {"n": 0}
    ]


def test_every_table_has_a_grain_and_rows(tables: Tables) -> None:
    """Each model is in the list above, and the portfolio puts something into each of its tables."""
    python = {name for model in python_models(Rules.load(RuleSettings())) for name in model.outputs}
    assert set(GRAIN) == set(MODELS) | python
    assert [name for name in GRAIN if tables(f"select count(*) as n from {name}") == [{"n": 0}]] == []


def test_header_reads_what_is_there() -> None:
    """Lines that go on belong to the column before them, and a colon in a meaning is part of it."""
    sql = (
        "-- t: a table: of things\n-- grain: one row per thing\n-- columns:\n"
        "--   a: first: and more,\n--     and on\n--   b: second\nselect 1\n"
    )
    header = Header.read(sql)
    assert (header.table, header.summary, header.grain) == ("t", "a table: of things", "one row per thing")
    assert dict(header.columns) == {"a": "first: and more, and on", "b": "second"}


def test_raw_tables_say_their_key() -> None:
    """Each raw table is keyed by columns of its own, begins with its repository and ends with when it was read."""
    for table in TABLES.values():
        names = table.schema.names
        assert set(table.key) <= set(names)
        assert set(table.set_of) <= set(table.key)
        assert (names[0], names[-1], table.key[0]) == ("repo_id", "collected_at", "repo_id")
        assert len(set(names)) == len(names)


def test_empty_build_has_every_table() -> None:
    """Nothing collected gives every table with no row, but for the one row of parameters."""
    with built() as nothing, built(Raw()) as empty:
        for name in GRAIN:
            assert nothing(f"select count(*) as n from {name}") == [{"n": 0}]
        assert nothing("select count(*) as n from parameters") == [{"n": 1}]
        assert empty("select count(*) as n from coverage") == [{"n": 1}]
