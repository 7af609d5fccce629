"""Table `classification`: the AI rules applied to the changes of one repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pyarrow as pa

from headway.raw_tables.people import without_marks
from headway.raw_tables.table import BOOL, NUMBER, TEXT
from warehouse.classify import ChangeFacts, CommitFacts, LineAttribution, Rules, Verdict, classify_repository
from warehouse.model import Input, PythonModel, Table
from warehouse.models.rows import groups, having, records, rows

__all__ = ["CLASSIFICATION", "classification", "facts_of", "model"]

CLASSIFICATION = Table(
    "classification",
    "the AI rules applied to each change: how it was made, and whether it builds AI",
    "one row per change",
    ("change_id",),
    (
        ("repo_id", TEXT, "repository"),
        ("change_id", TEXT, "`<provider>:<repo>#<number>` or `<provider>:<repo>@<sha>`"),
        ("builds_ai", BOOL, "it builds AI features"),
        ("builds_ai_itself", BOOL, "it does so by signs of its own, without the share of AI work in its repository"),
        ("built_with_ai", TEXT, "how it was made: agent, assisted, none (no AI mark) or automation"),
        ("confidence", TEXT, "the weaker of both confidences; empty where no sign was detected"),
        (
            "marked_share",
            NUMBER,
            "share of its own commits with an AI mark, 0 to 1; null where only some could be read",
        ),
        ("evidence", TEXT, "the reasons on one line: for each axis the heaviest three"),
        ("confidence_how", TEXT, "confidence of `built_with_ai`: strong, weak, or empty where there is no mark"),
        (
            "confidence_what",
            TEXT,
            "confidence of `builds_ai`, likewise; weak and not `builds_ai`: a near miss",
        ),
        (
            "ai_tier",
            TEXT,
            "where `built_with_ai` comes from: override, commit (a tool recorded it), mark, author_day, or empty",
        ),
        ("probability_what", NUMBER, "probability that it builds AI features, 0 to 1"),
    ),
)
_CHANGE_COLUMNS = (
    "repo_id",
    "change_id",
    "change_key",
    "title",
    "body",
    "author_key",
    "author_kind",
    "head_ref",
    "labels",
    "sha",
    "landed_by",
)
# As the fields of `CommitFacts` begin.
_COMMIT_COLUMNS = (
    "sha",
    "author_name",
    "author_email",
    "committer_name",
    "committer_email",
    "committed_at",
    "message",
)
_REPORTED_COLUMNS = ("change_key", "sha", "author_name", "author_email", "committed_at", "message")


def model(rules: Rules) -> PythonModel:
    """The model for these AI rules."""
    return PythonModel(
        "classification",
        (
            Input("changes", _CHANGE_COLUMNS, ("change_key",)),
            Input("change_commits", ("change_key", "sha"), ("change_key", "sha")),
            Input("commits", _COMMIT_COLUMNS),
            Input("late_commits", ("sha",), ("sha",)),
            Input("reported_commits", _REPORTED_COLUMNS, ("change_key", "committed_at", "sha")),
            Input("commit_files", ("sha", "path"), ("sha", "path")),
            Input("added_lines", ("sha", "path", "line"), ("sha", "path", "line")),
            Input("ai_notes", ("sha", "ai_lines", "human_lines", "tools"), ("sha",)),
            Input("commit_ai_usage", ("sha", "tier", "tool", "ai_lines", "human_lines"), ("sha", "tier", "tool")),
        ),
        (CLASSIFICATION,),
        partial(classification, rules=rules),
    )


def classification(tables: Mapping[str, pa.Table], rules: Rules) -> pa.Table:
    """From `changes`, their commits by Git and by the forge, paths and added lines: one row per change, its verdict."""
    if tables["changes"].num_rows == 0:
        return CLASSIFICATION.of([])
    repo_id = tables["changes"]["repo_id"][0].as_py()
    verdicts = classify_repository(facts_of(tables), rules)
    least = rules.rule_set.numbers.builds_ai
    return CLASSIFICATION.of([_row(repo_id, change_id, verdict, least) for change_id, verdict in verdicts])


def facts_of(tables: Mapping[str, pa.Table]) -> list[ChangeFacts]:
    """What the rules judge, from the tables of one repository that `model` reads."""
    changes = records(tables["changes"])
    commits_by_change: dict[str, list[str]] = {}
    late = set(tables["late_commits"]["sha"].to_pylist())
    for table in ("change_commits", "reported_commits"):
        listed = having(tables[table], "change_key", tables["changes"]["change_key"])
        for key, sha in rows(listed, "change_key", "sha"):
            if sha not in late:
                commits_by_change.setdefault(key, []).append(sha)
    needed = {change["sha"] for change in changes} | {sha for shas in commits_by_change.values() for sha in shas}
    commits = {**_reported(tables["reported_commits"]), **_commits(tables, needed)}
    usage = records(tables["commit_ai_usage"])
    # A note in Git has every tool of a commit, an export that of its vendor: the note comes last and wins.
    for sha, recorded in (*_exported(usage), *_attributions(tables["ai_notes"])):
        if sha in commits:
            commits[sha] = commits[sha]._replace(attribution=recorded)
    for sha, tools in _tools_of_days(usage).items():
        if sha in commits:
            commits[sha] = commits[sha]._replace(used_that_day=tools)
    return [_facts(change, commits_by_change.get(change["change_key"], []), commits) for change in changes]


def _row(repo_id: str, change_id: str, verdict: Verdict, least: float) -> dict[str, Any]:
    return {
        "repo_id": repo_id,
        "change_id": change_id,
        "builds_ai": verdict.builds_ai,
        "builds_ai_itself": verdict.builds_ai_itself(least),
        "built_with_ai": verdict.built_with_ai,
        "confidence": verdict.confidence,
        "marked_share": verdict.marked_share,
        "evidence": without_marks(verdict.evidence_text()),
        "confidence_how": verdict.confidence_how,
        "confidence_what": verdict.confidence_what,
        "ai_tier": verdict.tier,
        "probability_what": verdict.probability,
    }


def _facts(change: Mapping[str, Any], own_shas: list[str], commits: Mapping[str, CommitFacts]) -> ChangeFacts:
    author = change["author_key"] or ""
    own_commits = [commits[sha] for sha in own_shas if sha in commits and sha != change["sha"]]
    if change["author_kind"] is None and any(commit.author_name == author for commit in own_commits):
        author = ""  # not a log-in but the name of most of its commits, which speak for themselves
    landing = commits.get(change["sha"])
    if landing is not None and change["landed_by"] == "rebase" and own_commits:
        # The last of several: its author and its paths are not those of the whole, which the others have.
        landing = CommitFacts(landing.sha, "", "", committed_at=landing.committed_at, message=landing.message)
    return ChangeFacts(
        change_id=change["change_id"],
        title=change["title"] or "",
        body=change["body"] or "",
        author=author,
        author_kind=change["author_kind"],
        head_ref=change["head_ref"] or "",
        labels=tuple((change["labels"] or "").split("\n")) if change["labels"] else (),
        commits=tuple(own_commits),
        landing=landing,
    )


def _commits(tables: Mapping[str, pa.Table], shas: set[str]) -> dict[str, CommitFacts]:
    paths = {sha: tuple(changed) for sha, changed in groups(tables["commit_files"], "sha", "path") if sha in shas}
    lines = {
        sha: tuple(zip(*columns, strict=True)) for sha, *columns in groups(tables["added_lines"], "sha", "path", "line")
    }
    return {
        row[0]: CommitFacts._make((*row, paths.get(row[0], ()), lines.get(row[0], ()), None, ()))
        for row in rows(tables["commits"], *_COMMIT_COLUMNS)
        if row[0] in shas
    }


def _reported(table: pa.Table) -> dict[str, CommitFacts]:
    """Commits of which the forge reports the author and the message, and no more."""
    return {
        row["sha"]: CommitFacts(
            row["sha"],
            row["author_name"] or "",
            row["author_email"] or "",
            committed_at=row["committed_at"],
            message=row["message"] or "",
        )
        for row in records(table)
    }


def _attributions(table: pa.Table) -> Iterator[tuple[str, LineAttribution]]:
    for row in records(table):
        tools = tuple((row["tools"] or "").split("\n")) if row["tools"] else ()
        yield row["sha"], LineAttribution(row["ai_lines"] or 0, row["human_lines"] or 0, tools)


def _exported(usage: list[dict[str, Any]]) -> Iterator[tuple[str, LineAttribution]]:
    """The lines of each commit by the exports of all tools that recorded it."""
    of_commits: dict[str, list[dict[str, Any]]] = {}
    for row in usage:
        if row["tier"] == "commit":
            of_commits.setdefault(row["sha"], []).append(row)
    for sha, recorded in of_commits.items():
        # What one tool did not write another may have written: people wrote no more than the least of it.
        others = [row["human_lines"] for row in recorded]
        human_lines = None if None in others else max(0, min(others) - sum(row["ai_lines"] for row in recorded[1:]))
        tools = tuple(row["tool"] for row in recorded)
        yield sha, LineAttribution(sum(row["ai_lines"] for row in recorded), human_lines, tools, exported=True)


def _tools_of_days(usage: list[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    tools: dict[str, tuple[str, ...]] = {}
    for row in usage:
        if row["tier"] == "author_day":
            tools[row["sha"]] = (*tools.get(row["sha"], ()), row["tool"])
    return tools
