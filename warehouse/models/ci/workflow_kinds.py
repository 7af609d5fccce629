"""Table `workflow_kinds`: which workflows integrate, and which deploy, by their names and the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

import pyarrow as pa

__all__ = ["WORKFLOW_KINDS", "workflow_kinds"]

WORKFLOW_KINDS = pa.schema(
    [("repo_id", pa.string()), ("name", pa.string()), ("integrates", pa.bool_()), ("deploys", pa.bool_())]
)


def workflow_kinds(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From `repository_settings` and `workflow_names`: one row per workflow.

    What deploys is no CI: it waits at gates, and would take their time for time to integrate.
    """
    (settings,) = tables["repository_settings"].to_pylist()
    glob = settings["workflow"].lower() if settings["deployed_from"] == "workflow" else None
    not_ci = re.compile(settings["not_ci"]) if settings["not_ci"] else None
    rows = []
    for name in tables["workflow_names"]["name"].to_pylist():
        deploys = glob is not None and fnmatchcase(name.lower(), glob)
        integrates = not deploys and not (not_ci is not None and not_ci.search(name))
        rows.append({"repo_id": settings["repo_id"], "name": name, "integrates": integrates, "deploys": deploys})
    return pa.Table.from_pylist(rows, WORKFLOW_KINDS)
