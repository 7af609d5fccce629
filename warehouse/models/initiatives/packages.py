"""Tables `published_packages` and `asked_packages`: what one repository offers to others, and what it takes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa

from headway.raw_tables.table import TEXT
from warehouse.initiatives.packages import published, required_packages
from warehouse.model import Input, PythonModel, Table

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
    landed = set(tables["commit_owners"]["sha"].to_pylist())
    repo_id = tables["commit_owners"]["repo_id"][0].as_py()

    def rows(table: str, *names: str) -> Iterator[tuple[str, ...]]:
        columns = (tables[table][name].to_pylist() for name in ("sha", *names))
        return (row[1:] for row in zip(*columns, strict=True) if row[0] in landed)

    lines = [(path, line) for path, line in rows("added_lines", "path", "line")]
    files = sorted({path for (path,) in rows("commit_files", "path")})
    namespaces: dict[str, set[str]] = {}
    for path, kind, module in rows("imports", "path", "kind", "module"):
        if kind == "declares":
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
        Input("commit_files", ("sha", "path"), ("sha", "path")),
        Input("added_lines", ("sha", "path", "line"), ("sha", "path", "line")),
        Input("imports", ("sha", "path", "kind", "module"), ("sha", "path", "kind", "module")),
    ),
    (PUBLISHED, REQUIRED),
    packages,
)
