"""What landed changes did to paths and imports: the evidence for uses and removal of initiatives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from warehouse.initiatives import ForeignLine, ImportLine, Resolver
from warehouse.initiatives.removal import Step
from warehouse.initiatives.resolving import Declared, declared_by_manifests

__all__ = ["foreign", "lines", "pairs", "renames", "resolver", "steps"]


def pairs(table: pa.Table, first: str, second: str) -> zip[tuple[Any, Any]]:
    """Two columns of a table, row by row."""
    return zip(table[first].to_pylist(), table[second].to_pylist(), strict=True)


def renames(table: pa.Table, owner: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    """The old and the new path of what a change moved."""
    columns = (table[name].to_pylist() for name in ("sha", "path", "status", "old_path"))
    for sha, path, status, old_path in zip(*columns, strict=True):
        if status == "R" and old_path and sha in owner:
            yield old_path, path


def steps(
    table: pa.Table, commits: pa.Table, changes: Iterable[Mapping[str, Any]], owner: Mapping[str, list[str]]
) -> list[Step]:
    """What landed changes did to paths, in the order of their landing, and within one of its commits."""
    landed = {change["change_id"]: change["merged_at"] for change in changes if change["merged_at"] is not None}
    times = dict(pairs(commits, "sha", "committed_at"))
    names = ("sha", "path", "status", "old_path")
    dated = []
    for sha, path, status, old_path in zip(*(table[name].to_pylist() for name in names), strict=True):
        if owners := [change_id for change_id in owner.get(sha, ()) if change_id in landed]:
            first = min(owners, key=lambda change_id: (landed[change_id], change_id))
            step = Step(first, path, old_path or "" if status == "R" else "", status)
            dated.append(((landed[first], times[sha] or landed[first], not step.deleted, path), step))
    return [step for _, step in sorted(dated)]


def lines(table: pa.Table, changes: Iterable[Mapping[str, Any]], owner: Mapping[str, list[str]]) -> list[ImportLine]:
    """What landed changes did to the imports, in the order of their landing.

    A change may show the same statement twice, by its own commit and by its squash: what it did is the sign of the sum.
    """
    landed = {change["change_id"]: change["merged_at"] for change in changes if change["merged_at"] is not None}
    balance: dict[tuple[str, str, str], int] = {}
    names = ("sha", "path", "kind", "module", "added")
    for sha, path, kind, module, added in zip(*(table[name].to_pylist() for name in names), strict=True):
        if kind == "import":
            for change_id in owner.get(sha, ()):
                if change_id in landed:
                    key = (change_id, path, module)
                    balance[key] = balance.get(key, 0) + (1 if added else -1)
    ordered = sorted(balance, key=lambda key: (landed[key[0]], key))
    return [ImportLine(*key, added=balance[key] > 0) for key in ordered if balance[key]]


def foreign(table: pa.Table) -> Iterator[ForeignLine]:
    """What changes of other repositories did to imports of packages of this one."""
    for row in table.to_pylist():
        line = ImportLine(row["change_id"], row["path"], row["module"], added=row["added"])
        yield ForeignLine(row["user_repo_id"], line, row["language"], row["folder"])


def resolver(tables: Mapping[str, pa.Table], files: list[str], commits: set[str]) -> Resolver:
    """From an import to files, by what manifests and files of these commits declare."""
    table = tables["added_lines"]
    lines = zip(*(table[name].to_pylist() for name in ("sha", "path", "line")), strict=True)
    modules, packages = declared_by_manifests((path, line) for sha, path, line in lines if sha in commits)
    spaces: dict[str, set[str]] = {}
    table = tables["imports"]
    names = ("sha", "path", "kind", "module", "added")
    for sha, path, kind, module, added in zip(*(table[name].to_pylist() for name in names), strict=True):
        if kind == "declares" and added and sha in commits:
            spaces.setdefault(module, set()).add(path)
    return Resolver(files, Declared(modules, packages, {name: tuple(sorted(paths)) for name, paths in spaces.items()}))
