"""Tables `published_packages` and `asked_packages`: what one repository offers to others, and what it takes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa

from warehouse.initiatives.packages import asked, published

__all__ = ["ASKED", "PUBLISHED", "packages"]

PUBLISHED = pa.schema(
    [
        ("repo_id", pa.string()),
        ("language", pa.string()),
        ("name", pa.string()),
        ("module", pa.string()),
        ("folder", pa.string()),
    ]
)
ASKED = pa.schema([("repo_id", pa.string()), ("language", pa.string()), ("name", pa.string())])


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
    taken = sorted(asked(lines))
    return {
        "published_packages": pa.Table.from_pylist(
            [{"repo_id": repo_id, **one._asdict()} for one in offered], PUBLISHED
        ),
        "asked_packages": pa.Table.from_pylist([{"repo_id": repo_id, **one._asdict()} for one in taken], ASKED),
    }
