"""Table `repository_settings`: who owns each repository, and where its deployments are read from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial

import pyarrow as pa

from headway.raw_tables.table import BOOL, INT, TEXT
from headway.repository_names import ignores_case, names_match
from headway.settings import DeploymentRule, Settings
from warehouse.model import REPOSITORIES, Input, PythonModel, Table
from warehouse.models.deployments.environments import named_production
from warehouse.sources import Sources

__all__ = ["REPOSITORY_SETTINGS", "model", "repository_settings"]

REPOSITORY_SETTINGS = Table(
    REPOSITORIES,
    "who owns each repository, and where its deployments are read from",
    "one row per repository",
    ("repo_id",),
    (
        ("repo_id", TEXT, "repository, `<provider>:<repo>`"),
        ("provider", TEXT, "github, gitlab, git, …"),
        ("repo", TEXT, "the repository's name"),
        ("url", TEXT, "web address, empty where unknown"),
        ("pull_path", TEXT, "path of a pull request below that address, without its number"),
        ("commit_path", TEXT, "path of a commit below that address, without its id"),
        ("role", TEXT, "application, or manifests: it holds versions that others deploy"),
        ("team", TEXT, "the team that owns it, empty where no setting names one"),
        ("default_branch", TEXT, "the branch on which changes land, empty where unknown"),
        ("shallow", BOOL, "its history is cut off"),
        (
            "deployed_from",
            TEXT,
            "source of deployments: tags, manifests, branch, records, workflow, releases or none",
        ),
        ("deployed_from_default", BOOL, "no setting says so: it is the most reliable record available"),
        ("tags", TEXT, "pattern of the tags that are deployments"),
        ("branch", TEXT, "the branch whose merges are deployments"),
        ("workflow", TEXT, "glob on the name of the workflow whose runs deploy"),
        ("not_ci", TEXT, "pattern of the workflows that are not CI"),
        ("environment", TEXT, "the environment of deployments whose source names none"),
        ("application", TEXT, "the application in the manifests repository"),
        ("manifests_repo_id", TEXT, "the manifests repository with that application, null where there is none"),
        ("max_branch_commits", INT, "PR refs with more commits than this are ignored"),
        ("differential", TEXT, "web address of the review tool whose changes records report, empty without"),
    ),
)
# Web addresses of pull requests and commits, behind that of the repository.
_PATHS = {
    "gitlab": ("/-/merge_requests/", "/-/commit/"),
    "bitbucket": ("/pull-requests/", "/commits/"),
    "azure": ("/pullrequest/", "/commit/"),
}


def model(settings: Settings, sources: Sources) -> PythonModel:
    """The model for these settings and the team of each source."""
    teams = {
        repo_id: team
        for source, team in sources.teams.items()
        if source in sources.latest
        for repo_id in sources.latest[source].repo_ids
    }
    return PythonModel(
        REPOSITORIES,
        (
            Input("source_watermarks", ("repo_id",)),
            Input(
                "raw_repositories",
                ("repo_id", "url", "default_branch", "shallow", "collected_at"),
                ("collected_at", "default_branch", "url"),
            ),
            Input("raw_refs", ("repo_id", "kind", "name")),
            Input("raw_manifest_versions", ("repo_id", "application")),
            Input("raw_deployments", ("repo_id", "environment", "production")),
        ),
        (REPOSITORY_SETTINGS,),
        partial(repository_settings, settings=settings, teams=teams),
        per_repository=False,
    )


def repository_settings(tables: Mapping[str, pa.Table], settings: Settings, teams: Mapping[str, str]) -> pa.Table:
    """From raw repositories, refs, manifests and deployments, and what any source feeds: one row per repository."""
    described = {row["repo_id"]: row for row in tables["raw_repositories"].to_pylist()}  # the newest comes last
    columns = (tables["raw_manifest_versions"][name].to_pylist() for name in ("repo_id", "application"))
    manifests = sorted(set(zip(*columns, strict=True)))
    reporting = _reporting(tables["raw_deployments"], settings)
    tags = _tags(tables["raw_refs"])
    rows = []
    for repo_id in sorted({*described, *tables["source_watermarks"]["repo_id"].to_pylist()}):
        description = described.get(repo_id, {})
        provider, _, repo = repo_id.partition(":")
        rule = settings.deployment_rule(repo_id)
        named = _application(repo_id, manifests)
        chosen = rule or _detected(named, manifests, tags.get(repo_id, ()), reporting=reporting.get(repo_id))
        address = description.get("url") or ""
        pull_path, commit_path = _PATHS.get("azure" if "/_git/" in address else provider, ("/pull/", "/commit/"))
        application = chosen.application or named
        rows.append(
            {
                "repo_id": repo_id,
                "provider": provider,
                "repo": repo,
                "url": address,
                "pull_path": pull_path,
                "commit_path": commit_path,
                "role": "manifests" if any(repo_id == place for place, _ in manifests) else "application",
                "team": teams.get(repo_id, ""),
                "default_branch": description.get("default_branch") or "",
                "shallow": bool(description.get("shallow")),
                "deployed_from": chosen.source,
                "deployed_from_default": rule is None,
                "tags": chosen.tags,
                "branch": chosen.branch,
                "workflow": chosen.workflow,
                "not_ci": settings.report.not_ci,
                "environment": chosen.environment,
                "application": application,
                "manifests_repo_id": next(
                    (
                        place
                        for place, name in manifests
                        if name == application and (not chosen.manifests or names_match(chosen.manifests, place))
                    ),
                    None,
                ),
                "max_branch_commits": settings.git.max_branch_commits,
                "differential": settings.git.differential,
            }
        )
    return REPOSITORY_SETTINGS.of(rows)


def _tags(refs: pa.Table) -> dict[str, list[str]]:
    tags: dict[str, list[str]] = {}
    for repo_id, kind, name in zip(*(refs[name].to_pylist() for name in ("repo_id", "kind", "name")), strict=True):
        if kind == "tag":
            tags.setdefault(repo_id, []).append(name)
    return tags


def _application(repo_id: str, manifests: list[tuple[str, str]]) -> str:
    """The application called as the repository: as manifests spell it, where the forge ignores the case of names."""
    name = repo_id.rpartition(":")[2].rpartition("/")[2]
    applications = {application for _, application in manifests}
    if name in applications or not ignores_case(repo_id):
        return name
    return min((other for other in applications if other.lower() == name.lower()), default=name)


def _reporting(deployments: pa.Table, settings: Settings) -> dict[str, bool]:
    """The repositories of which a system reports deployments, and whether one may be to production."""
    columns = ["repo_id", "environment", "production"]
    reporting: dict[str, bool] = {}
    for row in deployments.select(columns).group_by(columns).aggregate([]).to_pylist():
        flag = row["production"]
        named = None if row["environment"] is None else named_production(row["repo_id"], row["environment"], settings)
        may_be = named is not False if flag is None else flag or named is True
        reporting[row["repo_id"]] = reporting.get(row["repo_id"], False) or may_be
    return reporting


def _detected(
    application: str, manifests: list[tuple[str, str]], tags: Iterable[str], *, reporting: bool | None
) -> DeploymentRule:
    """What to take for deployments where no rule says it: the most reliable record available.

    `reporting`: a system reports deployments, and true where one may be to production. Else, as of a library whose
    only environments are its web pages, tags go before them.
    """
    if reporting:
        return DeploymentRule(source="records")
    if any(application == name for _, name in manifests):
        return DeploymentRule(source="manifests")
    rule = DeploymentRule(source="tags")
    pattern = re.compile(rule.tags)
    if any(pattern.search(name) for name in tags):
        return rule
    return DeploymentRule(source="none" if reporting is None else "records")
