"""Which changes are fixes, from where each is to be traced, and which change every landed commit belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import TEXT
from headway.settings import DoraSettings
from warehouse.fixes import FixRules, Said
from warehouse.model import Input, PythonModel, Table
from warehouse.models.rows import records, rows, values

__all__ = ["COMMIT_OWNERS", "FIXES", "fixes", "model"]

FIXES = Table(
    "fixes",
    "landed changes that fix something, and from where to trace the lines they removed",
    "one row per repository and fix",
    ("repo_id", "change_key"),
    (
        ("repo_id", TEXT, "repository"),
        ("change_key", TEXT, "change, `#<number>` or `@<sha>`"),
        ("kind", TEXT, "revert, hotfix, incident or fix"),
        ("evidence", TEXT, "what shows it"),
        ("landing_sha", TEXT, "the commit by which it landed, null where it landed inside another change"),
        ("base_sha", TEXT, "the default branch before it, null likewise or where nothing was before it"),
    ),
)
COMMIT_OWNERS = Table(
    "commit_owners",
    "which landed change brought each commit",
    "one row per repository and commit",
    ("repo_id", "sha"),
    (
        ("repo_id", TEXT, "repository"),
        ("sha", TEXT, "commit"),
        ("change_key", TEXT, "change, `#<number>` or `@<sha>`"),
    ),
)
_CHANGE_COLUMNS = (
    "repo_id",
    "change_id",
    "change_key",
    "title",
    "labels",
    "head_ref",
    "body",
    "merged_at",
    "reverted_by",
)


def model(dora: DoraSettings) -> PythonModel:
    """The model for what the settings call a fix."""
    return PythonModel(
        "fixes",
        (
            Input("changes", _CHANGE_COLUMNS, ("change_key",)),
            Input("commits", ("sha", "parents")),
            Input("landings", ("change_key", "landing_sha", "landed_by"), ("change_key",)),
            Input("change_commits", ("change_key", "sha"), ("change_key", "sha")),
            Input("landed_commits", ("change_key", "sha"), ("change_key", "sha")),
            Input("incidents", ("incident_id",), ("incident_id",)),
            Input("change_kinds", ("change_id", "kind"), ("change_id",)),
        ),
        (FIXES, COMMIT_OWNERS),
        partial(fixes, rules=FixRules.load(dora.hotfix, dora.fix_labels)),
    )


def fixes(tables: Mapping[str, pa.Table], rules: FixRules) -> dict[str, pa.Table]:
    """From `changes`, `landings`, `landed_commits`, `change_commits`, `commits`, `change_kinds`.

    `fixes`: a row per landed change that fixes something: `revert`, `hotfix`, `incident` or `fix`. `base_sha` is what
    the default branch was before it: null where it landed inside another change, which then is traced as a whole, or
    where nothing was before it. `commit_owners`: a row per commit that a landed change brought.
    """
    changes = records(tables["changes"])
    repo_id = changes[0]["repo_id"]
    parents = dict(rows(tables["commits"], "sha", "parents"))
    landings = records(tables["landings"])
    landed = {row["landing_sha"]: row["change_key"] for row in landings if row["landing_sha"] and _outer(row)}
    landing_of = {key: sha for sha, key in landed.items()}
    return {
        "fixes": FIXES.of(
            [
                {"repo_id": repo_id, **row, **_step(landing_of.get(row["change_key"]), parents, landed)}
                for row in _detected(changes, tables, rules)
            ]
        ),
        "commit_owners": _owners(repo_id, (tables["landed_commits"], tables["change_commits"]), parents),
    }


def _outer(row: Mapping[str, Any]) -> bool:
    return row["landed_by"] not in {"open", "nested"}


def _brought(sha: str, parents: Mapping[str, str], landed: Mapping[str, str]) -> Iterator[str]:
    """The commits of the default branch that a change brought: of a rebase merge several, else its landing commit."""
    at = sha
    while at in parents and (at == sha or at not in landed):
        yield at
        at = parents[at].partition(" ")[0]


def _detected(
    changes: Iterable[Mapping[str, Any]], tables: Mapping[str, pa.Table], rules: FixRules
) -> Iterator[dict[str, Any]]:
    incidents = sorted({name for name in tables["incidents"]["incident_id"].to_pylist() if name})
    automated = {change for change, kind in rows(tables["change_kinds"], "change_id", "kind") if kind != "work"}
    merged = [row for row in changes if row["merged_at"] is not None]
    keys = {row["change_key"] for row in merged}
    taken_back: dict[str, list[str]] = {}
    for row in merged:
        if row["reverted_by"] in keys:
            taken_back.setdefault(row["reverted_by"], []).append(row["change_key"])
    again = _landed_again(taken_back)
    for row in merged:
        # A revert of a revert lands a change again: it fixes nothing. To take that back is a revert of work once more.
        back = [key for key in taken_back.get(row["change_key"], ()) if key not in taken_back or key in again]
        if back:
            yield {"change_key": row["change_key"], "kind": "revert", "evidence": f"it takes back {', '.join(back)}"}
            continue
        said = Said(row["title"] or "", row["labels"] or "", row["head_ref"] or "", row["body"] or "")
        kind, evidence = ("", "") if row["change_id"] in automated else rules.evidence(said, incidents)
        if kind:
            yield {"change_key": row["change_key"], "kind": kind, "evidence": evidence}


def _landed_again(taken_back: Mapping[str, Iterable[str]]) -> set[str]:
    """The reverts that take back nothing but reverts of work, and so land it again."""
    again: set[str] = set()
    left = dict(taken_back)
    # Known once all that it takes back is: of a circle, as reports may have one, nothing is.
    while known := [key for key, keys in left.items() if not any(other in left for other in keys)]:
        for key in known:
            if all(other in taken_back and other not in again for other in left.pop(key)):
                again.add(key)
    return again


def _step(landing: str | None, parents: Mapping[str, str], landed: Mapping[str, str]) -> dict[str, Any]:
    commits = list(_brought(landing, parents, landed)) if landing is not None else []
    if not commits:
        return {"landing_sha": None, "base_sha": None}
    base = parents[commits[-1]].partition(" ")[0]
    return {"landing_sha": commits[0], "base_sha": base if base in parents else None}


def _owners(repo_id: str, tables: Iterable[pa.Table], parents: Mapping[str, str]) -> pa.Table:
    """The change that brought each commit; the first of the tables that has it counts."""
    first_counts = pa.concat_tables(tables).select(["sha", "change_key"])
    owner: dict[str, str] = dict(zip(*(values(column)[::-1] for column in first_counts.columns), strict=True))
    shas = sorted(owner.keys() & parents.keys())
    return pa.table([[repo_id] * len(shas), shas, [owner[sha] for sha in shas]], schema=COMMIT_OWNERS.schema)
