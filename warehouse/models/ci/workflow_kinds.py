"""Table `workflow_kinds`: which workflows integrate, and which deploy, by their names and the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

import pyarrow as pa

from headway.raw_tables.table import BOOL, TEXT
from warehouse.model import Input, PythonModel, Table
from warehouse.models.rows import records

__all__ = ["MODEL", "WORKFLOW_KINDS", "workflow_kinds"]

WORKFLOW_KINDS = Table(
    "workflow_kinds",
    "which workflows are CI, and which deploy",
    "one row per repository and workflow",
    ("repo_id", "name"),
    (
        ("repo_id", TEXT, "repository"),
        ("name", TEXT, "workflow or job"),
        ("integrates", BOOL, "it is CI"),
        ("deploys", BOOL, "the settings say that it deploys"),
    ),
)


def workflow_kinds(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From `repository_settings`, `deployment_rules` and `workflow_names`: one row per workflow.

    A workflow that deploys is not CI: it waits at gates, which would count as time to integrate.
    """
    (settings,) = records(tables["repository_settings"])
    rules = records(tables["deployment_rules"])
    globs = [rule["workflow"].lower() for rule in rules if rule["source"] == "workflow"]
    not_ci = re.compile(settings["not_ci"]) if settings["not_ci"] else None
    rows = []
    for name in tables["workflow_names"]["name"].to_pylist():
        deploys = any(fnmatchcase(name.lower(), glob) for glob in globs)
        integrates = not deploys and not (not_ci is not None and not_ci.search(name))
        rows.append({"repo_id": settings["repo_id"], "name": name, "integrates": integrates, "deploys": deploys})
    return WORKFLOW_KINDS.of(rows)


MODEL = PythonModel(
    "workflow_kinds",
    (
        Input("repository_settings", ("repo_id", "not_ci"), ("repo_id",)),
        Input("deployment_rules", ("source", "workflow"), ("position",)),
        Input("workflow_names", ("name",), ("name",)),
    ),
    (WORKFLOW_KINDS,),
    workflow_kinds,
)
