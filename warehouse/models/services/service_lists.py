"""Table `service_lists`: the names of the services that each change touches, in one text."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

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
    grouped = tables["touched_services"].group_by(list(_KEY), use_threads=False).aggregate([("service", "list")])
    names = pc.binary_join(grouped["service_list"], ";")
    return pa.table([*(grouped[name] for name in _KEY), names], schema=SERVICE_LISTS.schema)


MODEL = PythonModel(
    "service_lists",
    (Input("touched_services", (*_KEY, "service"), (*_KEY, "service")),),
    (SERVICE_LISTS,),
    service_lists,
    per_repository=False,
)
