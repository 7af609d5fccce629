"""The Python models: which tables each reads and makes."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from headway.settings import DoraSettings
from warehouse.classify import Rules
from warehouse.fixes import FixRules
from warehouse.initiatives import InitiativeRules
from warehouse.model import Input, PythonModel
from warehouse.models.changes.changes_from_git import CHANGE_COMMITS, LANDINGS, changes_from_git
from warehouse.models.changes.classification import CLASSIFICATION, classification
from warehouse.models.ci.workflow_kinds import WORKFLOW_KINDS, workflow_kinds
from warehouse.models.deployments.arrivals import ARRIVALS, CHAIN, arrivals, deployment_chain
from warehouse.models.deployments.deployments_seen import SCHEMA as SEEN
from warehouse.models.deployments.deployments_seen import deployments_seen
from warehouse.models.initiatives.initiatives import CHANGES as INITIATIVE_CHANGES
from warehouse.models.initiatives.initiatives import INITIATIVES, initiatives
from warehouse.models.initiatives.initiatives import USES as INITIATIVE_USES
from warehouse.models.initiatives.packages import ASKED, PUBLISHED, packages
from warehouse.models.pull_requests.accounts import AUTOMATED_ACCOUNTS, automated_accounts
from warehouse.models.pull_requests.carriers import CARRIERS, carriers
from warehouse.models.pull_requests.told_reverts import TOLD_REVERTS, told_reverts
from warehouse.models.rework.fixes import COMMIT_OWNERS, FIXES, fixes

__all__ = ["python_models"]

_DORA = DoraSettings()
_REFS = Input("refs", ("ref", "kind", "name", "sha", "tagged_at"), ("ref",))
_COMMIT_TIMES = Input("commits", ("sha", "parents", "committed_at"), ("sha",))
_COMMIT_MESSAGES = Input("commits", ("sha", "parents", "message"), ("sha",))
_SETTINGS = Input(
    "repository_settings",
    (
        "repo_id",
        "role",
        "default_branch",
        "deployed_from",
        "tags",
        "branch",
        "environment",
        "application",
        "max_branch_commits",
    ),
    ("repo_id",),
)
_DEPLOYMENT_TIMES = Input(
    "deployment_times",
    (
        "repo_id",
        "deployment_id",
        "application",
        "environment",
        "production",
        "sha",
        "created_at",
        "succeeded_at",
        "undatable",
    ),
    ("deployment_id",),
)


def _only(name: str, table: pa.Table) -> Mapping[str, pa.Table]:
    return {name: table}


_WITHOUT_RULES: tuple[PythonModel, ...] = (
    PythonModel(
        "changes_from_git",
        (
            _SETTINGS,
            Input("commits", ("sha", "parents", "author_name", "author_email", "authored_at", "message"), ("sha",)),
            _REFS,
            Input("change_reports", ("number", "sha", "head_sha", "forge"), ("change_key",)),
        ),
        {"landings": LANDINGS, "change_commits": CHANGE_COMMITS},
        changes_from_git,
    ),
    PythonModel(
        "deployments_seen",
        (
            _SETTINGS,
            _REFS,
            _COMMIT_TIMES,
            Input(
                "manifest_deployments",
                (
                    "manifests_repo_id",
                    "sha",
                    "path",
                    "environment",
                    "application",
                    "version",
                    "changed_at",
                    "position",
                ),
                ("manifests_repo_id", "position", "environment"),
            ),
            Input(
                "reported_deployments",
                (
                    "deployment_id",
                    "application",
                    "environment",
                    "production",
                    "sha",
                    "version",
                    "created_at",
                    "succeeded_at",
                    "state",
                    "failed_attempts",
                    "url",
                    "source",
                ),
                ("deployment_id",),
            ),
            Input(
                "workflow_deployments",
                (
                    "deployment_id",
                    "workflow",
                    "sha",
                    "created_at",
                    "succeeded_at",
                    "state",
                    "failed_attempts",
                ),
                ("deployment_id",),
            ),
            Input("releases", ("tag", "sha", "prerelease", "published_at", "url"), ("published_at", "release_id")),
            Input("change_reports", ("sha", "head_sha"), ("change_key",)),
        ),
        {"deployments_seen": SEEN},
        lambda tables: _only("deployments_seen", deployments_seen(tables)),
    ),
    PythonModel(
        "deployment_chain",
        (_DEPLOYMENT_TIMES, Input("commits", ("sha", "parents"), ("sha",))),
        {"deployment_chain": CHAIN},
        lambda tables: _only("deployment_chain", deployment_chain(tables)),
    ),
    PythonModel(
        "arrivals",
        (
            Input("change_landings", ("repo_id", "change_key", "landing_sha", "head_sha"), ("change_key",)),
            _COMMIT_MESSAGES,
            _DEPLOYMENT_TIMES,
            Input("change_commits", ("change_key", "sha"), ("change_key", "sha")),
            Input("patch_ids", ("sha", "patch_id"), ("sha",)),
            Input("ci_greens", ("sha", "green_at"), ("green_at", "sha")),
        ),
        {"arrivals": ARRIVALS},
        lambda tables: _only("arrivals", arrivals(tables)),
    ),
    PythonModel(
        "workflow_kinds",
        (
            Input("repository_settings", ("repo_id", "deployed_from", "workflow", "not_ci"), ("repo_id",)),
            Input("workflow_names", ("name",), ("name",)),
        ),
        {"workflow_kinds": WORKFLOW_KINDS},
        lambda tables: _only("workflow_kinds", workflow_kinds(tables)),
    ),
    PythonModel(
        "carriers",
        (
            Input(
                "carriages",
                ("repo_id", "number", "carrier", "merged_at", "elsewhere", "abandoned_at"),
                ("number", "carrier"),
            ),
        ),
        {"carriers": CARRIERS},
        lambda tables: _only("carriers", carriers(tables)),
    ),
    PythonModel(
        "told_reverts",
        (Input("revert_requests", ("repo_id", "number", "title", "body"), ("merged_at", "number")),),
        {"told_reverts": TOLD_REVERTS},
        lambda tables: _only("told_reverts", told_reverts(tables)),
    ),
)
_PACKAGES = PythonModel(
    "packages",
    (
        Input("commit_owners", ("repo_id", "sha"), ("sha",)),
        Input("commit_files", ("sha", "path"), ("sha", "path")),
        Input("added_lines", ("sha", "path", "line"), ("sha", "path", "line")),
        Input("imports", ("sha", "path", "kind", "module"), ("sha", "path", "kind", "module")),
    ),
    {"published_packages": PUBLISHED, "asked_packages": ASKED},
    packages,
)


def _initiatives(rules: InitiativeRules) -> PythonModel:
    columns = "repo_id change_id change_key sha title head_ref labels landed_by reverted_by first_commit_at opened_at"
    return PythonModel(
        "initiatives",
        (
            Input("changes", (*columns.split(), "code_complete_at", "merged_at", "as_of"), ("change_key",)),
            Input("classification", ("change_id", "builds_ai", "built_with_ai"), ("change_id",)),
            Input("change_commits", ("change_key", "sha"), ("change_key", "sha")),
            Input("commits", ("sha", "committed_at", "message"), ("sha",)),
            Input("commit_files", ("sha", "path", "status", "old_path"), ("sha", "path", "status", "old_path")),
            Input("added_lines", ("sha", "path", "line"), ("sha", "path", "line")),
            Input("imports", ("sha", "path", "kind", "module", "added"), ("sha", "path", "kind", "module", "added")),
            Input(
                "foreign_imports",
                ("user_repo_id", "change_id", "merged_at", "path", "language", "module", "folder", "added"),
                ("merged_at", "change_id", "path", "module", "folder"),
            ),
        ),
        {
            "initiatives": INITIATIVES,
            "initiative_changes": INITIATIVE_CHANGES,
            "initiative_uses": INITIATIVE_USES,
        },
        lambda tables: initiatives(tables, rules),
    )


def python_models(
    rules: Rules, dora: DoraSettings = _DORA, initiative_rules: InitiativeRules | None = None
) -> tuple[PythonModel, ...]:
    """All Python models; `rules` tell AI work, `dora` what a fix is, `initiative_rules` what belongs together."""
    classified = PythonModel(
        "classification",
        (
            Input(
                "changes",
                (
                    "repo_id",
                    "change_id",
                    "change_key",
                    "title",
                    "body",
                    "author",
                    "author_kind",
                    "head_ref",
                    "labels",
                    "sha",
                    "landed_by",
                ),
                ("change_key",),
            ),
            Input("change_commits", ("change_key", "sha"), ("change_key", "sha")),
            Input(
                "commits",
                (
                    "sha",
                    "parents",
                    "author_name",
                    "author_email",
                    "committer_name",
                    "committer_email",
                    "committed_at",
                    "message",
                ),
                ("sha",),
            ),
            Input(
                "told_commits",
                ("change_key", "sha", "author_name", "author_email", "committed_at", "message"),
                ("change_key", "committed_at", "sha"),
            ),
            Input("commit_files", ("sha", "path"), ("sha", "path")),
            Input("added_lines", ("sha", "path", "line"), ("sha", "path", "line")),
            Input("ai_notes", ("sha", "ai_lines", "human_lines", "tools"), ("sha",)),
        ),
        {"classification": CLASSIFICATION},
        lambda tables: _only("classification", classification(tables, rules)),
    )
    accounts = PythonModel(
        "automated_accounts",
        (Input("reviewers", ("repo_id", "login", "kind"), ("login", "kind")),),
        {"automated_accounts": AUTOMATED_ACCOUNTS},
        lambda tables: _only("automated_accounts", automated_accounts(tables, rules)),
    )
    fix_rules = FixRules.load(dora.hotfix, dora.fix_labels)
    mending = PythonModel(
        "fixes",
        (
            Input(
                "changes",
                (
                    "repo_id",
                    "change_id",
                    "change_key",
                    "title",
                    "labels",
                    "head_ref",
                    "body",
                    "merged_at",
                    "reverted_by",
                ),
                ("change_key",),
            ),
            Input("commits", ("sha", "parents"), ("sha",)),
            Input("landings", ("change_key", "landing_sha", "landed_by"), ("change_key",)),
            Input("change_commits", ("change_key", "sha"), ("change_key", "sha")),
            Input("incidents", ("incident_id",), ("incident_id",)),
            Input("classification", ("change_id", "built_with_ai"), ("change_id",)),
        ),
        {"fixes": FIXES, "commit_owners": COMMIT_OWNERS},
        lambda tables: fixes(tables, fix_rules),
    )
    return (
        *_WITHOUT_RULES,
        _PACKAGES,
        accounts,
        classified,
        mending,
        _initiatives(initiative_rules or InitiativeRules()),
    )
