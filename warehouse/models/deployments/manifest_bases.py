"""Table `manifest_bases`: manifests that name no environment, and that those of environments build upon."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pyarrow as pa

from headway.raw_tables.table import TEXT
from warehouse.model import Input, PythonModel, Table
from warehouse.models.rows import records

__all__ = ["MANIFEST_BASES", "MODEL", "manifest_bases"]

MANIFEST_BASES = Table(
    "manifest_bases",
    "files of manifests without an environment that are the base of others with one: they deploy nothing by themselves",
    "one row per manifests repository and file",
    ("manifests_repo_id", "path"),
    (("manifests_repo_id", TEXT, "the manifests repository"), ("path", TEXT, "the file")),
)
# A base lies beside its overlays, so the folder above it has both; any other file, beside what is in its own folder.
_BELOW = re.compile(r"(?i)(?:^|/)bases?/.*$|(?:^|/)[^/]*$")


def manifest_bases(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From `manifest_versions`: a file is a base if, somewhere in its component, another one names an environment."""
    above: set[tuple[str, str]] = set()
    without: set[tuple[str, str]] = set()
    for row in records(tables["manifest_versions"]):
        place, path = row["manifests_repo_id"], row["path"]
        if not row["environment"]:
            without.add((place, path))
            continue
        parts = path.split("/")
        above |= {(place, "/".join(parts[:depth])) for depth in range(len(parts))}
    found = sorted((place, path) for place, path in without if (place, _BELOW.sub("", path)) in above)
    return MANIFEST_BASES.of([{"manifests_repo_id": place, "path": path} for place, path in found])


MODEL = PythonModel(
    "manifest_bases",
    (
        Input(
            "manifest_versions",
            ("manifests_repo_id", "path", "environment"),
            ("manifests_repo_id", "path", "environment"),
        ),
    ),
    (MANIFEST_BASES,),
    manifest_bases,
    per_repository=False,
)
