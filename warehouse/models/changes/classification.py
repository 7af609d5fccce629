"""Table `classification`: the AI rules applied to the changes of one repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from warehouse.classify import ChangeFacts, CommitFacts, LineAttribution, Rules, Verdict, classify_repository

__all__ = ["CLASSIFICATION", "classification"]

CLASSIFICATION = pa.schema(
    [
        ("repo_id", pa.string()),
        ("change_id", pa.string()),
        ("builds_ai", pa.bool_()),
        ("built_with_ai", pa.string()),
        ("confidence", pa.string()),
        ("marked_share", pa.float64()),
        ("evidence", pa.string()),
        ("confidence_how", pa.string()),
        ("confidence_what", pa.string()),
    ]
)


def classification(tables: Mapping[str, pa.Table], rules: Rules) -> pa.Table:
    """From `changes`, their commits by Git and by the forge, paths and added lines: one row per change, its verdict."""
    changes = tables["changes"].to_pylist()
    if not changes:
        return CLASSIFICATION.empty_table()
    own: dict[str, list[str]] = {}
    for table in ("change_commits", "told_commits"):
        for key, sha in _pairs(tables[table], "change_key", "sha"):
            own.setdefault(key, []).append(sha)
    wanted = {change["sha"] for change in changes} | {sha for shas in own.values() for sha in shas}
    commits = {**_told(tables["told_commits"]), **_commits(tables, wanted)}
    commits |= {
        sha: commits[sha]._replace(attribution=noted)
        for sha, noted in _attributions(tables["ai_notes"])
        if sha in commits
    }
    facts = [_facts(change, own.get(change["change_key"], []), commits) for change in changes]
    verdicts = list(classify_repository(facts, rules))
    return pa.Table.from_pylist(
        [_row(changes[0]["repo_id"], change_id, verdict) for change_id, verdict in verdicts], CLASSIFICATION
    )


def _row(repo_id: str, change_id: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "repo_id": repo_id,
        "change_id": change_id,
        "builds_ai": verdict.builds_ai,
        "built_with_ai": verdict.built_with_ai,
        "confidence": verdict.confidence,
        "marked_share": verdict.marked_share,
        "evidence": verdict.evidence_text(),
        "confidence_how": verdict.confidence_how,
        "confidence_what": verdict.confidence_what,
    }


def _facts(change: Mapping[str, Any], own: list[str], commits: Mapping[str, CommitFacts]) -> ChangeFacts:
    author, known = change["author"] or "", [commits[sha] for sha in own if sha in commits and sha != change["sha"]]
    if change["author_kind"] is None and any(commit.author_name == author for commit in known):
        author = ""  # not a log-in but the name of most of its commits, which speak for themselves
    landing = commits.get(change["sha"])
    if landing is not None and change["landed_by"] == "rebase" and known:
        # The last of several: its author and its paths are not those of the whole, which the others tell.
        landing = CommitFacts(landing.sha, "", "", committed_at=landing.committed_at, message=landing.message)
    return ChangeFacts(
        change_id=change["change_id"],
        title=change["title"] or "",
        body=change["body"] or "",
        author=author,
        author_kind=change["author_kind"],
        head_ref=change["head_ref"] or "",
        labels=tuple((change["labels"] or "").split("\n")) if change["labels"] else (),
        commits=tuple(known),
        landing=landing,
    )


def _commits(tables: Mapping[str, pa.Table], wanted: set[str]) -> dict[str, CommitFacts]:
    paths: dict[str, list[str]] = {}
    for sha, path in _pairs(tables["commit_files"], "sha", "path"):
        if sha in wanted:
            paths.setdefault(sha, []).append(path)
    lines: dict[str, list[tuple[str, str]]] = {}
    table = tables["added_lines"]
    for sha, path, line in zip(*(table[name].to_pylist() for name in ("sha", "path", "line")), strict=True):
        lines.setdefault(sha, []).append((path, line))
    names = ("sha", "author_name", "author_email", "committer_name", "committer_email", "committed_at", "message")
    found: dict[str, CommitFacts] = {}
    for row in zip(*(tables["commits"][name].to_pylist() for name in names), strict=True):
        sha, author, email, committer, committer_email, at, message = row
        if sha in wanted:
            committed_at: datetime | None = at
            found[sha] = CommitFacts(
                sha,
                author,
                email,
                committer,
                committer_email,
                committed_at,
                message,
                tuple(paths.get(sha, ())),
                tuple(lines.get(sha, ())),
            )
    return found


def _told(table: pa.Table) -> dict[str, CommitFacts]:
    """Commits of which the forge tells the author and the message, and no more."""
    return {
        row["sha"]: CommitFacts(
            row["sha"],
            row["author_name"] or "",
            row["author_email"] or "",
            committed_at=row["committed_at"],
            message=row["message"] or "",
        )
        for row in table.to_pylist()
    }


def _attributions(table: pa.Table) -> Iterator[tuple[str, LineAttribution]]:
    for row in table.to_pylist():
        tools = tuple((row["tools"] or "").split("\n")) if row["tools"] else ()
        yield row["sha"], LineAttribution(row["ai_lines"] or 0, row["human_lines"] or 0, tools)


def _pairs(table: pa.Table, first: str, second: str) -> zip[tuple[str, str]]:
    return zip(table[first].to_pylist(), table[second].to_pylist(), strict=True)
