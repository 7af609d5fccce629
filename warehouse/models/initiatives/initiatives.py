"""Tables `initiatives`, `initiative_changes` and `initiative_uses`: what belongs to an initiative, and what uses it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import BOOL, TEXT
from warehouse.initiatives import Initiative, InitiativeRules, Piece, Use, initiatives_in, uses_of
from warehouse.initiatives.removal import Ends
from warehouse.initiatives.resolving import resolves
from warehouse.model import Input, PythonModel, Table
from warehouse.models.changes.commit_messages import read_landing
from warehouse.models.initiatives import initiative_history as history
from warehouse.models.rows import groups, having, records, rows

__all__ = ["INITIATIVES", "INITIATIVE_CHANGES", "INITIATIVE_USES", "initiatives", "model"]

INITIATIVES = Table(
    "initiatives",
    "changes that belong together: named by settings, or detected where AI work concentrates",
    "one row per initiative and repository",
    ("initiative_id", "repo_id"),
    (
        ("initiative_id", TEXT, "unique over all repositories"),
        ("repo_id", TEXT, "repository"),
        ("name", TEXT, "name"),
        ("found", BOOL, "it was detected; false: a setting names it"),
        ("dismissed", BOOL, "a setting says that it is not an initiative"),
        ("reason", TEXT, "why its changes belong together"),
        ("removed_by", TEXT, "the change that removed the last of its code, null while there is any"),
        ("importable", BOOL, "it contains code that other files can import"),
    ),
)
INITIATIVE_CHANGES = Table(
    "initiative_changes",
    "the changes of each initiative",
    "one row per initiative and change",
    ("initiative_id", "change_id"),
    (
        ("initiative_id", TEXT, "initiative"),
        ("repo_id", TEXT, "repository"),
        ("change_id", TEXT, "change"),
        ("sandboxed", BOOL, "it touches nothing but paths that the settings call a sandbox"),
        ("because", TEXT, "why it belongs to the initiative"),
    ),
)
INITIATIVE_USES = Table(
    "initiative_uses",
    "imports of the code of an initiative by other code",
    "one row per initiative, importing file, module and change",
    ("initiative_id", "repo_id", "user_repo_id", "path", "module", "change_id"),
    (
        ("initiative_id", TEXT, "initiative"),
        ("repo_id", TEXT, "repository of the initiative"),
        ("change_id", TEXT, "the change that added the import"),
        ("path", TEXT, "the file that imports"),
        ("module", TEXT, "what it imports, as written"),
        ("gone_by", TEXT, "the change that removed the import, null while it is there"),
        ("user_repo_id", TEXT, "repository of the file that imports"),
    ),
)
_CHANGE_COLUMNS = (
    "repo_id",
    "change_id",
    "change_key",
    "sha",
    "title",
    "head_ref",
    "labels",
    "landed_by",
    "reverted_by",
    "first_commit_at",
    "opened_at",
    "code_complete_at",
    "merged_at",
)
_FOREIGN_COLUMNS = ("user_repo_id", "change_id", "merged_at", "path", "language", "module", "folder", "added")


def model(rules: InitiativeRules) -> PythonModel:
    """The model for what the settings say of initiatives."""
    return PythonModel(
        "initiatives",
        (
            Input("changes", _CHANGE_COLUMNS, ("change_key",)),
            Input("classification", ("change_id", "builds_ai", "builds_ai_itself"), ("change_id",)),
            Input("change_kinds", ("change_id", "kind"), ("change_id",)),
            Input("change_commits", ("change_key", "sha"), ("change_key", "sha")),
            Input("commits", ("sha", "committed_at", "message")),
            Input("late_commits", ("sha",), ("sha",)),
            Input("commit_files", ("sha", "path", "status", "old_path"), ("sha", "path", "status", "old_path")),
            Input("added_lines", ("sha", "path", "line"), ("sha", "path", "line")),
            Input("imports", ("sha", "path", "kind", "module", "added"), ("sha", "path", "kind", "module", "added")),
            Input("foreign_imports", _FOREIGN_COLUMNS, ("merged_at", "change_id", "path", "module", *_FOREIGN_COLUMNS)),
        ),
        (INITIATIVES, INITIATIVE_CHANGES, INITIATIVE_USES),
        partial(initiatives, rules=rules),
    )


def initiatives(tables: Mapping[str, pa.Table], rules: InitiativeRules) -> dict[str, pa.Table]:
    """From the changes of a repository, what they build, their paths and imports; only commits up to the report."""
    changes = records(tables["changes"])
    if not changes:
        return _tables("", [], {}, [], Ends(()))
    repo_id = changes[0]["repo_id"]
    commits = {*tables["commits"]["sha"].to_pylist()} - {*tables["late_commits"]["sha"].to_pylist()}
    owner = _owner(changes, having(tables["change_commits"], "change_key", tables["changes"]["change_key"]), commits)
    history_files = list(groups(tables["commit_files"], "sha", "path", "status", "old_path"))
    paths = _paths(history_files, owner)
    pieces = _pieces(changes, tables["classification"], tables["change_kinds"], paths)
    owner |= _nested(changes, tables, commits - owner.keys())
    local_initiatives = initiatives_in(repo_id, pieces, rules, list(history.renames(history_files, owner)))
    members = {change_id for initiative in local_initiatives for change_id in initiative.members}
    sandboxed = {
        piece.change_id: bool(piece.paths) and all(rules.sandbox(path) for path in piece.paths)
        for piece in pieces
        if piece.change_id in members
    }
    if not members:
        return _tables(repo_id, local_initiatives, {}, [], Ends(()))
    ends = Ends(history.steps(history_files, tables["commits"], changes, owner))
    files = sorted({path for sha, paths, *_ in history_files if sha in commits for path in paths})
    lines, resolver = history.lines(tables["imports"], changes, owner), history.resolver(tables, files, commits)
    uses = uses_of(local_initiatives, lines, files, resolver, rules, history.foreign(tables["foreign_imports"]))
    code = [path for path in files if resolves(path)]
    importable = {
        initiative.id for initiative in local_initiatives if initiative.members and any(map(initiative.owns, code))
    }
    return _tables(repo_id, local_initiatives, sandboxed, uses, ends, importable)


def _owner(changes: Iterable[Mapping[str, Any]], change_commits: pa.Table, commits: set[str]) -> dict[str, list[str]]:
    """Each commit, and the changes whose content it shows.

    Of a squash that is the squash alone: its branch may hold what others had landed elsewhere.
    """
    owner: dict[str, list[str]] = {}
    ids = {change["change_key"]: change["change_id"] for change in changes if change["landed_by"] != "squash"}
    for key, sha in rows(change_commits, "change_key", "sha"):
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

    They are its squashes on the branch that was merged; its own branch, which defines the change, is not on main.
    """
    ids = {change["change_key"]: change["change_id"] for change in changes if change["landed_by"] == "nested"}
    shas = free & set(tables["imports"]["sha"].to_pylist()) if ids else set()
    owners_by_sha = {}
    for sha, message in rows(tables["commits"], "sha", "message"):
        if sha in shas:
            numbers = read_landing(message or "", merge=False).numbers
            if owners := [ids[f"#{number}"] for number in numbers if f"#{number}" in ids][:1]:
                owners_by_sha[sha] = owners
    return owners_by_sha


def _paths(files: history.Files, owner: Mapping[str, list[str]]) -> dict[str, set[str]]:
    paths: dict[str, set[str]] = {}
    for sha, changed, *_ in files:
        for change_id in owner.get(sha, ()):
            paths.setdefault(change_id, set()).update(changed)
    return paths


def _pieces(
    changes: Iterable[Mapping[str, Any]], classified: pa.Table, kinds: pa.Table, paths: Mapping[str, set[str]]
) -> list[Piece]:
    """The changes that count: none by bots, no release, and none that takes another one back."""
    verdicts = {row["change_id"]: row for row in classified.to_pylist()}
    no_work = {change_id for change_id, kind in rows(kinds, "change_id", "kind") if kind != "work"}
    reverting = {change["reverted_by"] for change in changes} - {None}
    pieces = []
    for change in changes:
        verdict = verdicts.get(change["change_id"], {})
        if change["change_id"] in no_work or change["change_key"] in reverting:
            continue
        times = (change[name] for name in ("first_commit_at", "opened_at", "code_complete_at", "merged_at"))
        pieces.append(
            Piece(
                change_id=change["change_id"],
                title=change["title"] or "",
                branch=change["head_ref"] or "",
                labels=tuple((change["labels"] or "").split("\n")) if change["labels"] else (),
                builds_ai=bool(verdict.get("builds_ai")),
                builds_ai_itself=bool(verdict.get("builds_ai_itself")),
                began_at=next((at for at in times if at is not None), None),
                paths=tuple(sorted(paths.get(change["change_id"], ()))),
            )
        )
    return pieces


def _tables(
    repo_id: str,
    local_initiatives: list[Initiative],
    sandboxed: Mapping[str, bool],
    uses: list[Use],
    ends: Ends,
    importable: Collection[str] = (),
) -> dict[str, pa.Table]:
    rows = [
        {
            "initiative_id": initiative.id,
            "repo_id": repo_id,
            "name": initiative.name,
            "found": initiative.found,
            "dismissed": initiative.dismissed,
            "reason": initiative.reason,
            "removed_by": ends.removed_by(initiative.owns) if initiative.members else None,
            "importable": initiative.id in importable,
        }
        for initiative in local_initiatives
    ]
    members = [
        {
            "initiative_id": initiative.id,
            "repo_id": repo_id,
            "change_id": change_id,
            "sandboxed": sandboxed[change_id],
            "because": because,
        }
        for initiative in local_initiatives
        for change_id, because in sorted(initiative.members.items())
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
        "initiatives": INITIATIVES.of(rows),
        "initiative_changes": INITIATIVE_CHANGES.of(members),
        "initiative_uses": INITIATIVE_USES.of(used),
    }
