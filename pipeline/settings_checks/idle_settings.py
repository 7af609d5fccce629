"""Services and rules of the settings that match nothing that was collected: no folder, tag, workflow or name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import duckdb

from analytics.text.wording import plain
from headway.nearest import hint_for
from headway.repository_names import names_match
from headway.settings import DeploymentRule, ServiceSettings, Settings
from headway.settings.deployments import rules_for
from warehouse.classify.rules.globs import compile_globs
from warehouse.models.services.services import plain_name
from warehouse.store import RawStore

__all__ = ["idle_paths", "idle_rules", "idle_settings"]

_SHOWN = 5
_PATHS = "select distinct repo_id, path from read_parquet($files, union_by_name = true) where path is not null"
_TAGS = "select distinct repo_id, name from refs where kind = 'tag' order by all"
_BRANCHES = "select distinct repo_id, name from refs where kind = 'branch' order by all"
_WORKFLOWS = "select distinct repo_id, name from ci_runs where name is not null order by all"
_RELEASES = "select distinct repo_id, tag from releases where tag is not null order by all"
_RECORDED = """
select distinct repo_id, application from reported_deployments where application <> ''
order by all
"""
_ENVIRONMENTS = """
select distinct repo_id, environment from reported_deployments where environment <> ''
order by all
"""
_APPLICATIONS = """
select distinct repo_id, application from (
    select repo_id, application from deployments_seen
    union all
    select repo_id, component as application from release_tags
    union all
    select repo_id, application from manifest_applications where repo_id is not null
) where application <> ''
order by all
"""
_MANIFESTS = "select distinct manifests_repo_id, application from manifest_versions order by all"


def idle_settings(
    connection: duckdb.DuckDBPyConnection, settings: Settings, store: RawStore
) -> Iterator[tuple[str, str]]:
    """What `idle_paths` and, of the published file, `idle_rules` report."""
    yield from idle_paths(settings, store)
    if settings.services or settings.deployments:
        yield from idle_rules(connection, settings)


def idle_paths(settings: Settings, store: RawStore) -> Iterator[tuple[str, str]]:
    """Each service with paths that no file of its repositories ever had, and the nearest folder.

    It reads what was collected, so that it needs no build.
    """
    files = [str(path) for path in store.files().get("commit_files", ()) if path.exists()]
    if not settings.services or not files:
        return
    with duckdb.connect() as connection:
        rows = connection.execute(_PATHS, {"files": files}).fetchall()
    for number, service in enumerate(settings.services, 1):
        paths = [path for repo_id, path in rows if names_match(service.repo, repo_id)]
        globs = [glob for glob in (*service.paths, *service.shared) if not glob.startswith("!")]
        for glob in globs if paths else ():
            pattern = compile_globs([glob])
            if pattern is not None and not any(pattern.match(path) for path in paths):
                hint = hint_for(glob, _folders(paths), "write globs such as services/pay/, from the repository's root")
                yield plain(f"{_named(number, service)}: no file of {service.repo} matches {glob!r}"), plain(hint)


def idle_rules(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[tuple[str, str]]:
    """Each name or pattern of a service or a rule that matches nothing in its repositories, and the nearest name."""
    names = _Names(connection)
    for number, service in enumerate(settings.services, 1):
        if (tags := names.of(_TAGS, service.repo)) and service.tags:
            yield from _idle(f"{_named(number, service)} tags", "tag", service.tags, tags, _searched(service.tags))
        if deployed := names.of(_APPLICATIONS, service.repo):
            for name in service.applications:
                where = f"{_named(number, service)} applications"
                yield from _idle(where, "deployment", name, deployed, _alike(name))
    ids = [repo_id for (repo_id,) in connection.sql("select repo_id from repository_settings").fetchall()]
    for number, rule in enumerate(settings.deployments, 1):
        if any(rule in rules_for(settings.deployments, repo_id) for repo_id in ids):
            for what, key, entry, query, matches in _wanted(rule):
                where = f"[[deployments]] {number} {key}"
                yield from _idle(where, what, entry, names.of(query, "*" if what == "manifest" else rule.repo), matches)


_Matches = Callable[[str], bool]


def _wanted(rule: DeploymentRule) -> Iterator[tuple[str, str, str, str, _Matches]]:
    """What a rule names: what it is, its key, the name or pattern, where such names are, and what matches."""
    if rule.source == "workflow":
        glob = rule.workflow.lower()
        yield "workflow", "workflow", rule.workflow, _WORKFLOWS, lambda name: fnmatchcase(name.lower(), glob)
    if rule.source == "branch":
        yield "branch", "branch", rule.branch, _BRANCHES, lambda name: name == rule.branch
    if rule.source in {"tags", "releases"} and rule.tags:
        query = _TAGS if rule.source == "tags" else _RELEASES
        yield "tag", "tags", rule.tags, query, _searched(rule.tags)
    if rule.source == "records":
        for key, query in (("application", _RECORDED), ("environment", _ENVIRONMENTS)):
            if entry := getattr(rule, key):
                yield "deployment", key, entry, query, _equals(entry)
    if rule.source == "manifests" and rule.application:
        yield "manifest", "application", rule.application, _MANIFESTS, _equals(rule.application)


def _searched(pattern: str) -> _Matches:
    return lambda name: re.search(pattern, name) is not None


def _alike(entry: str) -> _Matches:
    return lambda name: plain_name(name) == plain_name(entry)


def _equals(entry: str) -> _Matches:
    return lambda name: name.strip().casefold() == entry.strip().casefold()


def _idle(where: str, what: str, entry: str, names: Sequence[str], matches: _Matches) -> Iterator[tuple[str, str]]:
    if not any(matches(name) for name in names):
        listed = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        hint = hint_for(entry, names, f"there are {listed}" if names else "`headway deployments` lists what there is")
        yield plain(f"{where}: no {what} matches {entry!r}"), plain(hint)


@dataclass
class _Names:
    """Names in the published tables, by repository."""

    connection: duckdb.DuckDBPyConnection

    def of(self, query: str, repo: str) -> list[str]:
        """The names that a query has in repositories that match."""
        rows = self.connection.cursor().sql(query).fetchall()
        return list(dict.fromkeys(name for repo_id, name in rows if names_match(repo, repo_id)))


def _named(number: int, service: ServiceSettings) -> str:
    return f"[[services]] {number} {service.name}"


def _folders(paths: Iterable[str]) -> list[str]:
    """The folders of some paths as globs."""
    folders = {f"{folder}/" for path in paths for folder in PurePosixPath(path).parents if str(folder) != "."}
    return sorted(folders)
