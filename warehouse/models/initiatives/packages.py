"""Tables `published_packages` and `asked_packages`: what one repository offers to others, and what it takes of them."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from headway.raw_tables.table import TEXT
from warehouse.initiatives.packages import published, required_packages
from warehouse.model import Input, PythonModel, Table
from warehouse.models.rows import rows

__all__ = ["MODEL", "PUBLISHED", "REQUIRED", "packages"]

PUBLISHED = Table(
    "published_packages",
    "packages that a repository offers to others",
    "one row per repository, package, module and folder",
    ("repo_id", "language", "name", "module", "folder"),
    (
        ("repo_id", TEXT, "repository"),
        ("language", TEXT, "language of the package"),
        ("name", TEXT, "name of the package"),
        ("module", TEXT, "module that importers name"),
        ("folder", TEXT, "folder of the repository that contains it"),
    ),
)
REQUIRED = Table(
    "asked_packages",
    "packages that a repository depends on, by its manifests",
    "one row per repository and package",
    ("repo_id", "language", "name"),
    (
        ("repo_id", TEXT, "repository"),
        ("language", TEXT, "language of the package"),
        ("name", TEXT, "name of the package"),
    ),
)


def packages(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """From lines of manifests, the paths of a repository and what its files declare; only of what landed."""
    repo_id = tables["commit_owners"]["repo_id"][0].as_py()
    shas = tables["commit_owners"]["sha"].combine_chunks()
    landed = {
        name: tables[name].filter(pc.is_in(tables[name]["sha"], shas))
        for name in ("added_lines", "commit_files", "imports")
    }
    lines = set(rows(landed["added_lines"], "path", "line"))
    files = sorted(pc.unique(landed["commit_files"]["path"]).to_pylist())
    namespaces: dict[str, set[str]] = {}
    declared = landed["imports"].filter(pc.equal(landed["imports"]["kind"], "declares"))
    for path, module in rows(declared, "path", "module"):
        namespaces.setdefault(module, set()).add(path)
    offered = sorted(published(repo_id.partition(":")[2], lines, files, namespaces))
    required = sorted(required_packages(lines))
    return {
        "published_packages": PUBLISHED.of([{"repo_id": repo_id, **package._asdict()} for package in offered]),
        "asked_packages": REQUIRED.of([{"repo_id": repo_id, **package._asdict()} for package in required]),
    }


MODEL = PythonModel(
    "packages",
    (
        Input("commit_owners", ("repo_id", "sha"), ("sha",)),
        Input("commit_files", ("sha", "path")),
        Input("added_lines", ("sha", "path", "line")),
        Input("imports", ("sha", "path", "kind", "module")),
    ),
    (PUBLISHED, REQUIRED),
    packages,
)
