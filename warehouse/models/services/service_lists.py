"""Table `service_lists`: the names of the services that each change touches, in one text."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from headway.raw_tables.table import TEXT
from warehouse.model import Input, PythonModel, Table

__all__ = ["MODEL", "SERVICE_LISTS", "service_lists"]

SERVICE_LISTS = Table(
    "service_lists",
    "the names of the services that each change of a repository with several services touches",
    "one row per repository and change that touches any",
    ("repo_id", "change_key"),
    (
        ("repo_id", TEXT, "repository"),
        ("change_key", TEXT, "change, `#<number>` or `@<sha>`"),
        ("services", TEXT, "names, joined by `;`"),
    ),
)
_KEY = ("repo_id", "change_key")


def service_lists(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From `touched_services` of all repositories, in order: one row per change."""
    names: dict[tuple[str, str], list[str]] = {}
    columns = (tables["touched_services"][name].to_pylist() for name in (*_KEY, "service"))
    for repo_id, key, service in zip(*columns, strict=True):
        names.setdefault((repo_id, key), []).append(service)
    return SERVICE_LISTS.of([{**dict(zip(_KEY, key, strict=True)), "services": ";".join(names[key])} for key in names])


MODEL = PythonModel(
    "service_lists",
    (Input("touched_services", (*_KEY, "service"), (*_KEY, "service")),),
    (SERVICE_LISTS,),
    service_lists,
    per_repository=False,
)
