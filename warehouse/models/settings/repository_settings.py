"""Table `repository_settings`: who owns each repository, and where its deployments are read from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import BOOL, INT, TEXT
from headway.settings import Settings
from warehouse.model import REPOSITORIES, Input, PythonModel, Table
from warehouse.models.rows import records
from warehouse.models.settings.deployment_rules import Manifests, deploys_others, parts_of, repository_ids
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
        ("role", TEXT, "application, or manifests: it holds versions of others, and none of its own"),
        ("team", TEXT, "the team that owns it, empty where no setting names one"),
        ("default_branch", TEXT, "the branch on which changes land, empty where unknown"),
        ("shallow", BOOL, "its history is cut off"),
        (
            "deployed_from",
            TEXT,
            "sources of deployments, joined by commas: tags, manifests, branch, records, workflow, releases or none",
        ),
        ("deployed_from_default", BOOL, "no setting says so: it is the most reliable record available"),
        ("not_ci", TEXT, "pattern of the workflows that are not CI"),
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
                ("collected_at", "default_branch", "url", "repo_id", "shallow"),
            ),
            Input("manifest_versions", ("manifests_repo_id", "application")),
            Input(
                "deployment_rules", ("repo_id", "source", "manifests_repo_id", "by_default"), ("repo_id", "position")
            ),
            Input("stale_clones", ("repo_id", "newest_branch"), ("repo_id", "newest_branch")),
        ),
        (REPOSITORY_SETTINGS,),
        partial(repository_settings, settings=settings, teams=teams),
        per_repository=False,
    )


def repository_settings(tables: Mapping[str, pa.Table], settings: Settings, teams: Mapping[str, str]) -> pa.Table:
    """From raw repositories, manifests and rules, and what any source feeds: one row per repository.

    The default branch is that of the source that has it newest.
    """
    described = {row["repo_id"]: row for row in records(tables["raw_repositories"])}  # the newest comes last
    newest_branches = dict(
        zip(*(tables["stale_clones"][name].to_pylist() for name in ("repo_id", "newest_branch")), strict=True)
    )
    columns = (tables["manifest_versions"][name].to_pylist() for name in ("manifests_repo_id", "application"))
    manifests = sorted(set(zip(*columns, strict=True)))
    rules: dict[str, list[dict[str, Any]]] = {}
    for rule in records(tables["deployment_rules"]):
        rules.setdefault(rule["repo_id"], []).append(rule)
    rows = []
    for repo_id in repository_ids(tables):
        description = described.get(repo_id, {})
        provider, _, repo = repo_id.partition(":")
        address = description.get("url") or ""
        pull_path, commit_path = _PATHS.get("azure" if "/_git/" in address else provider, ("/pull/", "/commit/"))
        rows.append(
            {
                "repo_id": repo_id,
                "provider": provider,
                "repo": repo,
                "url": address,
                "pull_path": pull_path,
                "commit_path": commit_path,
                "role": _role(repo_id, manifests, parts_of(repo_id, settings, manifests), rules[repo_id]),
                "team": teams.get(repo_id, ""),
                "default_branch": newest_branches.get(repo_id) or description.get("default_branch") or "",
                "shallow": bool(description.get("shallow")),
                "deployed_from": ", ".join(dict.fromkeys(rule["source"] for rule in rules[repo_id])),
                "deployed_from_default": rules[repo_id][0]["by_default"],
                "not_ci": settings.report.not_ci,
                "max_branch_commits": settings.git.max_branch_commits,
                "differential": settings.git.differential,
            }
        )
    return REPOSITORY_SETTINGS.of(rows)


def _role(repo_id: str, manifests: Manifests, parts: Sequence[str], rules: Iterable[Mapping[str, Any]]) -> str:
    """What holds versions of others alone has no changes of its own; what deploys itself is an application too."""
    itself = not deploys_others(repo_id, manifests, parts) or any(
        rule["manifests_repo_id"] == repo_id for rule in rules
    )
    return "application" if itself else "manifests"
