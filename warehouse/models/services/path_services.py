"""Table `path_services`: which services each path belongs to."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from headway.raw_tables.table import BOOL, TEXT
from warehouse.classify.rules.globs import compile_globs
from warehouse.model import Input, PythonModel, Table
from warehouse.models.services.services import lines

__all__ = ["MODEL", "PATH_SERVICES", "path_services"]

PATH_SERVICES = Table(
    "path_services",
    "the services that each path belongs to",
    "one row per repository, path and service",
    ("repo_id", "path", "service"),
    (
        ("repo_id", TEXT, "repository"),
        ("path", TEXT, "path"),
        ("service", TEXT, "service"),
        ("shared", BOOL, "it is none of the service's own paths: the service shares it"),
    ),
)


def path_services(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From `service_files` and `services` of all repositories: one row per path and service that it belongs to."""
    paths: dict[str, set[str]] = {}
    for repo_id, path in zip(*(tables["service_files"][name].to_pylist() for name in ("repo_id", "path")), strict=True):
        paths.setdefault(repo_id, set()).add(path)
    rows = []
    for service in tables["services"].to_pylist():
        own, shared = (compile_globs(lines(service[name])) for name in ("paths", "shared"))
        for path in sorted(paths.get(service["repo_id"], ())):
            mine = own is not None and own.match(path) is not None
            if mine or (shared is not None and shared.match(path) is not None):
                key = {name: service[name] for name in ("repo_id", "service")}
                rows.append({**key, "path": path, "shared": not mine})
    return PATH_SERVICES.of(rows)


MODEL = PythonModel(
    "path_services",
    (
        Input("service_files", ("repo_id", "path")),
        Input("services", ("repo_id", "service", "paths", "shared"), ("repo_id", "service")),
    ),
    (PATH_SERVICES,),
    path_services,
    per_repository=False,
)
