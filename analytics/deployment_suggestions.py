"""Settings that may show the deployments of a repository, suggested from its data for a person to choose from."""

from __future__ import annotations

import glob
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import duckdb

from headway.environment_names import EnvironmentName, environment_name, is_package_index
from headway.settings.pasted import PLACEHOLDER

__all__ = ["DEPLOYING", "deployment_rule", "manifest_notes", "suggest_deployments"]

_LONGEST_NAME = 100
_FEWEST_TAGS = 2
_SHOWN = 5
DEPLOYING = re.compile(r"(?i)deploy|release|publish|rollout|\bship|\bprod|\bcd\b")
_DEPLOYED_BRANCH = re.compile(r"(?i)^(prod|production|live|release|deploy|stable)$")


def suggest_deployments(connection: duckdb.DuckDBPyConnection, repo_id: str) -> list[str]:
    """Suggest settings for a repository without production deployments, the likeliest first.

    Each is one line: what is in the data, and the setting that takes it for deployments. Empty where nothing fits.
    """
    repo = repo_id.partition(":")[2]
    suggestions = [
        *_manifests(connection, repo_id, repo),
        *_environments(connection, repo_id, repo, packages=False),
        *_workflows(connection, repo_id, repo),
        *_releases(connection, repo_id, repo),
        *_tags(connection, repo_id, repo),
        *_environments(connection, repo_id, repo, packages=True),
        *_branches(connection, repo_id, repo),
    ]
    return [line for line in suggestions if line.isprintable()]


def manifest_notes(connection: duckdb.DuckDBPyConnection, manifests_repo_id: str) -> list[str]:
    """What is in doubt about a manifests repository: its applications that are no collected repository, a line each."""
    query = (
        "select application, repo_id, near_repo_id from manifest_applications where manifests_repo_id = $repo_id"
        " order by application"
    )
    rows = _rows(connection, query, manifests_repo_id)
    notes = [
        f"the application {row['application']} is no collected repository; the nearest is {row['near_repo_id']}: "
        + deployment_rule(row["near_repo_id"].partition(":")[2], "manifests", application=row["application"])
        for row in rows
        if row["near_repo_id"]
    ]
    unknown = [row["application"] for row in rows if not row["repo_id"]]
    if unknown:
        shown = ", ".join(unknown[:_SHOWN]) + (", …" if len(unknown) > _SHOWN else "")
        notes.append(f"{len(unknown)} of {len(rows)} applications are no collected repository: {shown}")
    return [line for line in notes if line.isprintable()]


def _manifests(connection: duckdb.DuckDBPyConnection, repo_id: str, repo: str) -> Iterator[str]:
    """Applications of manifests that have almost the repository's name."""
    query = (
        "select manifests_repo_id, application, versions from manifest_applications where near_repo_id = $repo_id"
        " order by versions desc, application"
    )
    for row in _rows(connection, query, repo_id):
        rule = deployment_rule(repo, "manifests", application=row["application"])
        yield f"{row['versions']} versions of {row['application']} are in {row['manifests_repo_id']}: {rule}"


def _environments(connection: duckdb.DuckDBPyConnection, repo_id: str, repo: str, *, packages: bool) -> Iterator[str]:
    """Reported deployments to environments that nothing calls production; `packages`: to indexes of packages alone."""
    query = (
        "select environment, count(*) as n from reported_deployments where repo_id = $repo_id"
        " and succeeded_at is not null group by environment order by n desc, environment"
    )
    for row in _rows(connection, query, repo_id):
        name = row["environment"] or ""
        said = environment_name(name, repo_id)
        may_be = is_package_index(name) if packages else said in {EnvironmentName.UNKNOWN, EnvironmentName.PRODUCTION}
        if 0 < len(name) <= _LONGEST_NAME and may_be:
            rule = deployment_rule(repo, "records", environments=f"^{re.escape(name)}$")
            yield f"{row['n']} deployments to {name} succeeded: {rule}"


def _workflows(connection: duckdb.DuckDBPyConnection, repo_id: str, repo: str) -> Iterator[str]:
    query = (
        "select name, count(*) as n from ci_runs where repo_id = $repo_id and conclusion = 'success'"
        " and coalesce(event, '') not like 'pull_request%' group by name order by n desc, name"
    )
    for row in _rows(connection, query, repo_id):
        name = row["name"]
        if DEPLOYING.search(name) and len(name) <= _LONGEST_NAME:
            rule = deployment_rule(repo, "workflow", workflow=glob.escape(name))
            yield f"{row['n']} runs of the workflow {name} succeeded: {rule}"


def _releases(connection: duckdb.DuckDBPyConnection, repo_id: str, repo: str) -> Iterator[str]:
    query = (
        "select count(*) as n from releases where repo_id = $repo_id and published_at is not null and not prerelease"
    )
    for row in _rows(connection, query, repo_id):
        if row["n"]:
            yield f"{row['n']} releases were published: {deployment_rule(repo, 'releases')}"


def _tags(connection: duckdb.DuckDBPyConnection, repo_id: str, repo: str) -> Iterator[str]:
    """The largest family of versions that is not taken, else the commonest form of the tags' names, numbers aside.

    Those that name a part would ship the others too if they were taken for the whole: each is a service.
    """
    query = (
        "select family, component, tags, setting, pattern from tag_families where repo_id = $repo_id and not taken"
        " and setting <> '' order by component <> '', tags desc, family"
    )
    families = [row for row in _rows(connection, query, repo_id) if row["tags"] >= _FEWEST_TAGS]
    if families and not families[0]["component"]:
        yield f"{families[0]['tags']} tags have the form {families[0]['family']}: {families[0]['setting']}"
    elif families:
        services = "; ".join(
            "[[services]] " + _pairs(repo=repo, name=row["component"], paths=[PLACEHOLDER], tags=row["pattern"])
            for row in families[:_SHOWN]
        )
        listed = ", ".join(row["family"] for row in families[:_SHOWN])
        yield f"tags name parts ({listed}): {deployment_rule(repo, 'tags')}; {services}"
    if families:
        return
    query = "select name from refs where repo_id = $repo_id and kind = 'tag' order by name"
    names = [row["name"] for row in _rows(connection, query, repo_id) if len(row["name"]) <= _LONGEST_NAME]
    forms = Counter(re.sub(r"[0-9]+", lambda _: r"\d+", re.escape(name)) for name in names if re.search(r"[0-9]", name))
    for form, count in forms.most_common(1):
        if count >= _FEWEST_TAGS:
            yield f"{count} tags have the same form: {deployment_rule(repo, 'tags', tags=f'^{form}$')}"


def _branches(connection: duckdb.DuckDBPyConnection, repo_id: str, repo: str) -> Iterator[str]:
    query = "select name from refs where repo_id = $repo_id and kind = 'branch' order by name"
    for row in _rows(connection, query, repo_id):
        if _DEPLOYED_BRANCH.search(row["name"]):
            yield f"there is a branch {row['name']}: {deployment_rule(repo, 'branch', branch=row['name'])}"


def deployment_rule(repo: str, source: str, **settings: str) -> str:
    """The line of settings that takes deployments of a repository from a source."""
    return "[[deployments]] " + _pairs(**{"repo": repo, "from": source, **settings})


def _pairs(**keys: Any) -> str:
    """Keys of TOML with their values."""
    return ", ".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items())


def _rows(connection: duckdb.DuckDBPyConnection, query: str, repo_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        connection.cursor().sql(query, params={"repo_id": repo_id}).to_arrow_table().to_pylist()
    )
    return rows
