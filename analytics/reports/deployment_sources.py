"""The report `deployment-sources`: what is taken for deployments of each service, what is not, and the settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.deployment_suggestions import DEPLOYING, deployment_rule
from headway.environment_names import EnvironmentName, environment_name, is_package_index
from headway.settings.pasted import PLACEHOLDER

__all__ = ["DEPLOYMENT_SOURCES", "deployment_sources"]

_TEXT, _COUNT, _TIME = pl.String(), pl.Int64(), pl.Datetime("us")
DEPLOYMENT_SOURCES = {
    "provider": _TEXT,
    "repo": _TEXT,
    "service": _TEXT,
    "environment": _TEXT,
    "source": _TEXT,
    "what": _TEXT,
    "taken": pl.Boolean(),
    "production": pl.Boolean(),
    "deployments": _COUNT,
    "first_at": _TIME,
    "last_at": _TIME,
    "why": _TEXT,
    "setting": _TEXT,
    "as_of": _TIME,
}
_LONGEST_NAME = 100
_MAY_BE_PRODUCTION = (EnvironmentName.UNKNOWN, EnvironmentName.PRODUCTION)
_RULE_SOURCES = {source: source for source in ("manifests", "workflow", "branch", "releases", "tags")}

_SEEN = """
select
    deployment_times.repo_id, deployment_times.service, deployment_times.environment, deployment_times.source,
    coalesce(
        release_tags.family, workflow_deployments.workflow, nullif(deployment_times.application, ''), ''
    ) as what,
    max(deployment_times.application) as application,
    bool_or(deployment_times.production) as production,
    bool_or(deployment_times.excluded) as excluded,
    bool_or(coalesce(environments.excluded, false)) as aside,
    count(*) as deployments,
    count(*) filter (deployment_times.problem <> '') as without_commit,
    min(coalesce(deployment_times.succeeded_at, deployment_times.created_at)) as first_at,
    max(coalesce(deployment_times.succeeded_at, deployment_times.created_at)) as last_at
from deployment_times
left join environments
    on
        deployment_times.repo_id = environments.repo_id
        and deployment_times.environment = environments.environment
left join release_tags
    on
        deployment_times.repo_id = release_tags.repo_id
        and deployment_times.deployment_id = release_tags.deployment_id
        and deployment_times.source = 'tags'
left join workflow_deployments
    on
        deployment_times.repo_id = workflow_deployments.repo_id
        and deployment_times.deployment_id = workflow_deployments.deployment_id
        and deployment_times.source = 'workflow'
group by all
order by all
"""
_FAMILIES = "select * from tag_families where not taken order by repo_id, tags desc, prereleases desc, family"
_PRERELEASES = "select repo_id, family, prereleases from tag_families where taken and prereleases > 0"
# Families that are releases, and the releases of theirs that are no deployments: of a part, of no known folder.
_PARTS = """
select
    tag_families.repo_id, tag_families.family, tag_families.component, tag_families.tags, tag_families.pattern,
    tag_families.prereleases, tag_families.first_at, tag_families.last_at,
    count(distinct release_tags.tag) as left_out
from tag_families
inner join release_tags using (repo_id, family)
anti join deployments_seen using (repo_id, deployment_id)
where tag_families.taken and tag_families.component <> '' and release_tags.part
group by all
order by tag_families.repo_id, tag_families.tags desc, tag_families.family
"""
_RECORDS = """
select
    repo_id, environment, source, count(*) as deployments, min(succeeded_at) as first_at, max(succeeded_at) as last_at
from reported_deployments anti join deployments_seen using (repo_id, deployment_id)
inner join report_times using (repo_id)
where succeeded_at <= report_times.as_of
group by all
order by all
"""
_WORKFLOWS = """
select
    ci_runs.repo_id, ci_runs.name, count(*) as deployments, min(ci_runs.finished_at) as first_at,
    max(ci_runs.finished_at) as last_at
from ci_runs inner join report_times using (repo_id)
where
    ci_runs.finished_at <= report_times.as_of
    and ci_runs.conclusion = 'success' and coalesce(ci_runs.event, '') not like 'pull_request%'
    and not exists (
        select 1 from workflow_deployments inner join deployments_seen using (repo_id, deployment_id)
        where workflow_deployments.repo_id = ci_runs.repo_id and workflow_deployments.workflow = ci_runs.name
    )
group by all
order by all
"""
_RELEASES = """
select repo_id, count(*) as deployments, min(published_at) as first_at, max(published_at) as last_at
from releases inner join report_times using (repo_id)
where
    published_at <= report_times.as_of and not prerelease
    and repo_id not in (select repo_id from deployments_seen where source = 'releases')
group by all
order by all
"""
_MANIFESTS = """
select near_repo_id as repo_id, manifests_repo_id, application, versions as deployments, first_at, last_at
from manifest_applications
where near_repo_id is not null
order by all
"""
_REPOSITORIES = """
select repository_settings.*, report_times.as_of
from repository_settings left join report_times using (repo_id)
where role = 'application'
"""


def deployment_sources(
    connection: duckdb.DuckDBPyConnection, filters: Filters, _: Options | None = None
) -> pl.DataFrame:
    """One row per repository, service, environment and what shows its deployments, and per what is ignored.

    `what`: the family of tags, the workflow or the application. `taken`: its rows are deployments; `why`: how, or why
    not. `setting`: the line of settings that takes what is ignored, empty where none does. It has no period.
    """
    cursor = connection.cursor()
    repositories = {row["repo_id"]: row for row in _rows(cursor, _REPOSITORIES)}
    rows = []
    for row in (*_taken(cursor, repositories), *_ignored(cursor, repositories)):
        repository = repositories.get(row["repo_id"])
        if repository and (row["first_at"] is None or repository["as_of"] is None or _by(row, repository["as_of"])):
            known = {name: repository[name] for name in ("provider", "repo", "as_of")}
            rows.append({"service": "", "environment": "", "what": "", **row, **known})
    shown = [{name: row.get(name) for name in DEPLOYMENT_SOURCES} for row in rows]
    table = pl.DataFrame(shown, schema=DEPLOYMENT_SOURCES)
    order = pl.col("taken").not_(), "service", pl.col("production").not_(), "environment", "source", "what"
    return filters.apply(table, time=None).sort("provider", "repo", *order, nulls_last=True)


def _by(row: dict[str, Any], as_of: datetime) -> bool:
    return bool(row["first_at"] <= as_of)


def _taken(cursor: duckdb.DuckDBPyConnection, repositories: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What deployments are read from; those of no service are not taken."""
    prereleases = {(row["repo_id"], row["family"]): row["prereleases"] for row in _rows(cursor, _PRERELEASES)}
    of_parts = {(row["repo_id"], row["family"]): row["left_out"] for row in _rows(cursor, _PARTS)}
    for row in _rows(cursor, _SEEN):
        repository = repositories.get(row["repo_id"])
        if repository is None:
            continue
        name = row["environment"] or ""
        why = "detected, no setting says it" if repository["deployed_from_default"] else "set by [[deployments]]"
        setting = ""
        if row["service"] is None:
            name = row["application"]
            why = f"the application {name} is that of no service: add it to `applications` of its own in [[services]]"
        elif row["excluded"] and not row["aside"]:
            why += "; its environment is left out by `exclude` or `waves`"
        elif not row["production"]:
            aside = "has web pages, packages or previews: neither production nor before it"
            why += f"; its environment {aside if row['aside'] else 'is before production'}"
            may_be = environment_name(name, row["repo_id"]) in _MAY_BE_PRODUCTION or is_package_index(name)
            if 0 < len(name) <= _LONGEST_NAME and may_be:
                setting = deployment_rule(
                    repository["repo"], _RULE_SOURCES.get(row["source"], "records"), environments=f"^{re.escape(name)}$"
                )
        if row["without_commit"]:
            why += f"; {row['without_commit']:,} without a known commit"
        if row["source"] == "tags" and (parts := of_parts.get((row["repo_id"], row["what"]))):
            why += f"; {parts:,} left out, of its part alone while the whole repository had releases"
        if row["source"] == "tags" and (left_out := prereleases.get((row["repo_id"], row["what"]))):
            why += f"; {left_out:,} of its pre-releases left out"
        yield {**row, "taken": row["service"] is not None, "why": why, "setting": setting}


def _ignored(cursor: duckdb.DuckDBPyConnection, repositories: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What looks like deployments, and is not taken for them."""
    for row in _rows(cursor, _PARTS):
        repository = repositories.get(row["repo_id"])
        if repository and row["left_out"] == row["tags"]:
            keys = {
                "repo": repository["repo"],
                "name": row["component"],
                "paths": [PLACEHOLDER],
                "tags": row["pattern"],
            }
            yield {**row, "deployments": row["tags"], "source": "tags", "what": row["family"], "taken": False} | {
                "why": f"releases of {row['component']} alone, while the whole repository has releases that count",
                "setting": f"[[services]] {_pairs(keys)}",
            }
    for row in _rows(cursor, _FAMILIES):
        counts = {"deployments": row["tags"] or row["prereleases"], "source": "tags", "what": row["family"]}
        yield {**row, **counts, "service": row["service"] or ""}
    for query, source in ((_RECORDS, "records"), (_WORKFLOWS, "workflow"), (_RELEASES, "releases")):
        for row in _rows(cursor, query):
            repository = repositories.get(row["repo_id"])
            if repository is None or (source == "workflow" and not _deploys(row["name"])):
                continue
            keys = {"workflow": re.sub(r"([*?[])", r"[\1]", row["name"])} if source == "workflow" else {}
            setting = (
                _of_records(row, repository)
                if source == "records"
                else deployment_rule(repository["repo"], source, **keys)
            )
            why = f"deployments are from {repository['deployed_from']}"
            facts = {"source": row.get("source", source), "what": row.get("name", ""), "why": why, "setting": setting}
            yield {**row, **facts, "taken": False}
    for row in _rows(cursor, _MANIFESTS):
        repository = repositories.get(row["repo_id"])
        if repository is not None:
            setting = deployment_rule(repository["repo"], "manifests", application=row["application"])
            why = f"{row['manifests_repo_id']} names no collected repository by it; this one has almost its name"
            yield {**row, "source": "manifests", "what": row["application"], "taken": False, "why": why} | {
                "setting": setting
            }


def _of_records(row: dict[str, Any], repository: dict[str, Any]) -> str:
    """The setting that takes what is reported to an environment: as production, or before it beside what is taken."""
    name, repo = row["environment"] or "", repository["repo"]
    meaning = environment_name(name, row["repo_id"])
    if meaning is EnvironmentName.PRODUCTION or not 0 < len(name) <= _LONGEST_NAME:
        return deployment_rule(repo, "records")
    if meaning is not EnvironmentName.OTHER:
        return deployment_rule(repo, "records", environments=f"^{re.escape(name)}$")
    taken = repository["deployed_from"]
    also = f"{deployment_rule(repo, taken)}; " if repository["deployed_from_default"] and taken in _RULE_SOURCES else ""
    return also + deployment_rule(repo, "records", environment=name)


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())


def _deploys(workflow: str | None) -> bool:
    return bool(workflow and len(workflow) <= _LONGEST_NAME and DEPLOYING.search(workflow))


def _rows(cursor: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = cursor.sql(query).to_arrow_table().to_pylist()
    return rows
