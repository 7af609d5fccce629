"""Tables `initiatives`, `initiative_changes` and `initiative_uses`: what belongs to an initiative, and what uses it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from warehouse.initiatives import InitiativeRules, Piece, Seen, Use, seen_in, uses_of
from warehouse.initiatives.removal import Ends
from warehouse.initiatives.resolving import resolves
from warehouse.models.initiatives import initiative_history as history
from warehouse.models.initiatives.initiative_history import pairs
from warehouse.models.initiatives.subjects import read_landing

__all__ = ["CHANGES", "INITIATIVES", "USES", "initiatives"]

INITIATIVES = pa.schema(
    [
        ("initiative_id", pa.string()),
        ("repo_id", pa.string()),
        ("name", pa.string()),
        ("found", pa.bool_()),
        ("dismissed", pa.bool_()),
        ("reason", pa.string()),
        ("removed_by", pa.string()),
        ("importable", pa.bool_()),
    ]
)
CHANGES = pa.schema(
    [
        ("initiative_id", pa.string()),
        ("repo_id", pa.string()),
        ("change_id", pa.string()),
        ("sandboxed", pa.bool_()),
        ("because", pa.string()),
    ]
)
USES = pa.schema(
    [
        ("initiative_id", pa.string()),
        ("repo_id", pa.string()),
        ("change_id", pa.string()),
        ("path", pa.string()),
        ("module", pa.string()),
        ("gone_by", pa.string()),
        ("user_repo_id", pa.string()),
    ]
)


def initiatives(tables: Mapping[str, pa.Table], rules: InitiativeRules) -> dict[str, pa.Table]:
    """From the changes of a repository, what they build, their paths and imports; only commits up to the report."""
    changes = tables["changes"].to_pylist()
    if not changes:
        return _tables("", [], {}, [], Ends(()))
    repo_id, as_of = changes[0]["repo_id"], changes[0]["as_of"]
    commits = _known(tables["commits"], as_of)
    owner = _owner(changes, tables["change_commits"], commits)
    paths = _paths(tables["commit_files"], owner)
    pieces = _pieces(changes, tables["classification"], paths)
    owner |= _nested(changes, tables, commits - owner.keys())
    seen = seen_in(repo_id, pieces, rules, list(history.renames(tables["commit_files"], owner)))
    sandboxed = {
        piece.change_id: bool(piece.paths) and all(rules.sandbox(path) for path in piece.paths) for piece in pieces
    }
    if not any(one.members for one in seen):
        return _tables(repo_id, seen, {}, [], Ends(()))
    ends = Ends(history.steps(tables["commit_files"], tables["commits"], changes, owner))
    files = sorted({path for path, sha in pairs(tables["commit_files"], "path", "sha") if sha in commits})
    lines, resolver = history.lines(tables["imports"], changes, owner), history.resolver(tables, files, commits)
    uses = uses_of(seen, lines, files, resolver, rules, history.foreign(tables["foreign_imports"]))
    code = [path for path in files if resolves(path)]
    importable = {one.id for one in seen if one.members and any(one.owns(path) for path in code)}
    return _tables(repo_id, seen, sandboxed, uses, ends, importable)


def _known(table: pa.Table, as_of: datetime | None) -> set[str]:
    return {sha for sha, at in pairs(table, "sha", "committed_at") if as_of is None or at is None or at <= as_of}


def _owner(changes: Iterable[Mapping[str, Any]], own: pa.Table, commits: set[str]) -> dict[str, list[str]]:
    """Each commit, and the changes of which it tells what they did.

    Of a squash that is the squash alone: its branch may hold what others had landed elsewhere.
    """
    owner: dict[str, list[str]] = {}
    ids = {change["change_key"]: change["change_id"] for change in changes if change["landed_by"] != "squash"}
    for key, sha in pairs(own, "change_key", "sha"):
        if sha in commits and key in ids:
            owner.setdefault(sha, []).append(ids[key])
    for change in changes:
        if change["sha"] in commits and change["change_id"] not in owner.get(change["sha"], ()):
            owner.setdefault(change["sha"], []).append(change["change_id"])
    return owner


def _nested(
    changes: Iterable[Mapping[str, Any]], tables: Mapping[str, pa.Table], free: set[str]
) -> dict[str, list[str]]:
    """Commits of no change that import something and name in their subject a change that came with another's merge.

    They are its squashes on the branch that was merged; its own branch, by which the change is told, is not on main.
    """
    ids = {change["change_key"]: change["change_id"] for change in changes if change["landed_by"] == "nested"}
    wanted = free & set(tables["imports"]["sha"].to_pylist()) if ids else set()
    found = {}
    for sha, message in pairs(tables["commits"], "sha", "message"):
        if sha in wanted:
            numbers = read_landing(message or "", merge=False).numbers
            if owners := [ids[f"#{number}"] for number in numbers if f"#{number}" in ids][:1]:
                found[sha] = owners
    return found


def _paths(table: pa.Table, owner: Mapping[str, list[str]]) -> dict[str, set[str]]:
    paths: dict[str, set[str]] = {}
    for sha, path in pairs(table, "sha", "path"):
        for change_id in owner.get(sha, ()):
            paths.setdefault(change_id, set()).add(path)
    return paths


def _pieces(changes: Iterable[Mapping[str, Any]], classified: pa.Table, paths: Mapping[str, set[str]]) -> list[Piece]:
    """The changes that count: none by bots, and none that takes another one back."""
    verdicts = {row["change_id"]: row for row in classified.to_pylist()}
    reverting = {change["reverted_by"] for change in changes} - {None}
    pieces = []
    for change in changes:
        verdict = verdicts.get(change["change_id"], {})
        if verdict.get("built_with_ai") == "automation" or change["change_key"] in reverting:
            continue
        times = (change[name] for name in ("first_commit_at", "opened_at", "code_complete_at", "merged_at"))
        pieces.append(
            Piece(
                change_id=change["change_id"],
                title=change["title"] or "",
                branch=change["head_ref"] or "",
                labels=tuple((change["labels"] or "").split("\n")) if change["labels"] else (),
                builds_ai=bool(verdict.get("builds_ai")),
                began_at=next((at for at in times if at is not None), None),
                paths=tuple(sorted(paths.get(change["change_id"], ()))),
            )
        )
    return pieces


def _tables(
    repo_id: str,
    seen: list[Seen],
    sandboxed: Mapping[str, bool],
    uses: list[Use],
    ends: Ends,
    importable: Collection[str] = (),
) -> dict[str, pa.Table]:
    rows = [
        {
            "initiative_id": one.id,
            "repo_id": repo_id,
            "name": one.name,
            "found": one.found,
            "dismissed": one.dismissed,
            "reason": one.reason,
            "removed_by": ends.removed_by(one.owns) if one.members else None,
            "importable": one.id in importable,
        }
        for one in seen
    ]
    members = [
        {
            "initiative_id": one.id,
            "repo_id": repo_id,
            "change_id": change_id,
            "sandboxed": sandboxed[change_id],
            "because": because,
        }
        for one in seen
        for change_id, because in sorted(one.members.items())
    ]
    used = [
        {
            "initiative_id": use.initiative_id,
            "repo_id": repo_id,
            "change_id": use.change_id,
            "path": use.path,
            "module": use.module,
            "gone_by": use.gone_by,
            "user_repo_id": use.user_repo_id or repo_id,
        }
        for use in uses
    ]
    return {
        "initiatives": pa.Table.from_pylist(rows, INITIATIVES),
        "initiative_changes": pa.Table.from_pylist(members, CHANGES),
        "initiative_uses": pa.Table.from_pylist(used, USES),
    }
