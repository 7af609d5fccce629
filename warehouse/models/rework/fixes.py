"""Which changes are fixes, from where each is to be traced, and which change every landed commit belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from warehouse.fixes import FixRules, Said

__all__ = ["COMMIT_OWNERS", "FIXES", "fixes"]

FIXES = pa.schema(
    [
        ("repo_id", pa.string()),
        ("change_key", pa.string()),
        ("kind", pa.string()),
        ("evidence", pa.string()),
        ("landing_sha", pa.string()),
        ("base_sha", pa.string()),
    ]
)
COMMIT_OWNERS = pa.schema([("repo_id", pa.string()), ("sha", pa.string()), ("change_key", pa.string())])


def fixes(tables: Mapping[str, pa.Table], rules: FixRules) -> dict[str, pa.Table]:
    """From `changes`, `commits`, `change_commits`, `landings`, `incidents`, `classification` of one repository.

    `fixes`: a row per landed change that mends something: `revert`, `hotfix`, `incident` or `fix`. `base_sha` is what
    the default branch was before it: null where it landed inside another change, which then is traced as a whole, or
    where nothing was before it. `commit_owners`: a row per commit that a landed change brought.
    """
    changes = tables["changes"].to_pylist()
    repo_id = changes[0]["repo_id"]
    parents = dict(zip(*(tables["commits"][name].to_pylist() for name in ("sha", "parents")), strict=True))
    landings = tables["landings"].to_pylist()
    landed = {row["landing_sha"]: row["change_key"] for row in landings if row["landing_sha"] and _outer(row)}
    brought = {key: list(_brought(sha, parents, landed)) for sha, key in landed.items()}
    return {
        "fixes": pa.Table.from_pylist(
            [
                {"repo_id": repo_id, **row, **_step(brought.get(row["change_key"]), parents)}
                for row in _told(changes, tables, rules)
            ],
            FIXES,
        ),
        "commit_owners": _owners(repo_id, brought, tables["change_commits"], parents),
    }


def _outer(row: Mapping[str, Any]) -> bool:
    return row["landed_by"] not in {"open", "nested"}


def _brought(sha: str, parents: Mapping[str, str], landed: Mapping[str, str]) -> Iterator[str]:
    """The commits of the default branch that a change brought: of a rebase merge several, else its landing commit."""
    at = sha
    while at in parents and (at == sha or at not in landed):
        yield at
        at = parents[at].partition(" ")[0]


def _told(
    changes: Iterable[Mapping[str, Any]], tables: Mapping[str, pa.Table], rules: FixRules
) -> Iterator[dict[str, Any]]:
    incidents = sorted({name for name in tables["incidents"]["incident_id"].to_pylist() if name})
    made = tables["classification"]
    ids, how = (made[name].to_pylist() for name in ("change_id", "built_with_ai"))
    automated = {change for change, by in zip(ids, how, strict=True) if by == "automation"}
    merged = [row for row in changes if row["merged_at"] is not None]
    keys = {row["change_key"] for row in merged}
    taken_back: dict[str, list[str]] = {}
    for row in merged:
        if row["reverted_by"] in keys:
            taken_back.setdefault(row["reverted_by"], []).append(row["change_key"])
    for row in merged:
        # What takes back a revert lands a change again: it mends nothing.
        if back := [key for key in taken_back.get(row["change_key"], ()) if key not in taken_back]:
            yield {"change_key": row["change_key"], "kind": "revert", "evidence": f"it takes back {', '.join(back)}"}
            continue
        said = Said(row["title"] or "", row["labels"] or "", row["head_ref"] or "", row["body"] or "")
        kind, evidence = ("", "") if row["change_id"] in automated else rules.evidence(said, incidents)
        if kind:
            yield {"change_key": row["change_key"], "kind": kind, "evidence": evidence}


def _step(commits: list[str] | None, parents: Mapping[str, str]) -> dict[str, Any]:
    if not commits:
        return {"landing_sha": None, "base_sha": None}
    base = parents[commits[-1]].partition(" ")[0]
    return {"landing_sha": commits[0], "base_sha": base if base in parents else None}


def _owners(
    repo_id: str, brought: Mapping[str, list[str]], change_commits: pa.Table, parents: Mapping[str, str]
) -> pa.Table:
    owner = {sha: key for key, commits in brought.items() for sha in commits}
    pairs = zip(*(change_commits[name].to_pylist() for name in ("change_key", "sha")), strict=True)
    for key, sha in pairs:
        owner.setdefault(sha, key)
    shas = sorted(sha for sha in owner if sha in parents)
    return pa.table([[repo_id] * len(shas), shas, [owner[sha] for sha in shas]], schema=COMMIT_OWNERS)
