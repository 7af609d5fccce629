"""What landed changes did to paths and imports: the evidence for uses and removal of initiatives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.initiatives import ForeignLine, ImportLine, Resolver
from warehouse.initiatives.removal import Step
from warehouse.initiatives.resolving import Declared, declared_by_manifests
from warehouse.models.rows import groups, records, rows

__all__ = ["Files", "foreign", "lines", "renames", "resolver", "steps"]

Files = Sequence[tuple[str, list[str], list[str], list[str]]]
"""Each commit with what it changed: paths, Git's letters, paths before a rename; from `commit_files`."""


def renames(files: Files, owner: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    """The old and the new path of what a change moved."""
    for sha, paths, statuses, old_paths in files:
        if "R" in statuses and sha in owner:
            for path, status, old_path in zip(paths, statuses, old_paths, strict=True):
                if status == "R" and old_path:
                    yield old_path, path


def steps(
    files: Files, commits: pa.Table, changes: Iterable[Mapping[str, Any]], owner: Mapping[str, list[str]]
) -> Iterator[Step]:
    """What landed changes did to paths, in the order of their landing, and within one of its commits.

    That a path is there is said once, unless one of the commits took it away.
    """
    left = _left(files)
    there: set[str] = set()
    landed = {change["change_id"]: change["merged_at"] for change in changes if change["merged_at"] is not None}
    times = dict(rows(commits, "sha", "committed_at"))
    dated: dict[tuple[Any, Any], list[tuple[bool, str, Step]]] = {}
    for sha, *columns in files:
        owners = [(landed[change_id], change_id) for change_id in owner.get(sha, ()) if change_id in landed]
        if owners:
            at, first = min(owners)
            taken = dated.setdefault((at, times[sha] or at), [])
            for path, status, old_path in zip(*columns, strict=True):
                if status == "M" and path not in left:
                    if path in there:
                        continue
                    there.add(path)
                taken.append((status != "D", path, Step(first, path, old_path or "" if status == "R" else "", status)))
    return (step for at in sorted(dated) for _, _, step in sorted(dated[at]))


def _left(files: Files) -> set[str]:
    """The paths that some commit deleted or moved."""
    left: set[str] = set()
    for _, paths, statuses, old_paths in files:
        if "D" in statuses or "R" in statuses:
            for path, status, old_path in zip(paths, statuses, old_paths, strict=True):
                if status in {"D", "R"}:
                    left.add(path if status == "D" else old_path)
    return left


def lines(table: pa.Table, changes: Iterable[Mapping[str, Any]], owner: Mapping[str, list[str]]) -> list[ImportLine]:
    """What landed changes did to the imports, in the order of their landing.

    A change may show the same statement twice, by its own commit and by its squash: what it did is the sign of the sum.
    """
    landed = {change["change_id"]: change["merged_at"] for change in changes if change["merged_at"] is not None}
    balance: dict[tuple[str, str, str], int] = {}
    imports = table.filter(pc.equal(table["kind"], "import"))
    for sha, *columns in groups(imports, "sha", "path", "module", "added"):
        for change_id in owner.get(sha, ()):
            if change_id in landed:
                for path, module, added in zip(*columns, strict=True):
                    key = (change_id, path, module)
                    balance[key] = balance.get(key, 0) + (1 if added else -1)
    ordered = sorted(balance, key=lambda key: (landed[key[0]], key))
    return [ImportLine(*key, added=balance[key] > 0) for key in ordered if balance[key]]


def foreign(table: pa.Table) -> Iterator[ForeignLine]:
    """What changes of other repositories did to imports of packages of this one."""
    for row in records(table):
        line = ImportLine(row["change_id"], row["path"], row["module"], added=row["added"])
        yield ForeignLine(row["user_repo_id"], line, row["language"], row["folder"])


def resolver(tables: Mapping[str, pa.Table], files: list[str], commits: set[str]) -> Resolver:
    """From an import to files, by what manifests and files of these commits declare."""
    lines = ((path, line) for sha, path, line in rows(tables["added_lines"], "sha", "path", "line") if sha in commits)
    modules, packages = declared_by_manifests(lines)
    spaces: dict[str, set[str]] = {}
    table = tables["imports"]
    declared = table.filter(pc.and_(pc.equal(table["kind"], "declares"), table["added"]))
    for sha, path, module in rows(declared, "sha", "path", "module"):
        if sha in commits:
            spaces.setdefault(module, set()).add(path)
    return Resolver(files, Declared(modules, packages, {name: tuple(sorted(paths)) for name, paths in spaces.items()}))
