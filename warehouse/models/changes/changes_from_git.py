"""Changes of one repository as Git alone shows them: tables `landings` and `change_commits`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import INT, TEXT
from warehouse.commit_finder import CommitFinder
from warehouse.graph import NEVER
from warehouse.model import Input, PythonModel, Table
from warehouse.models.changes.commit_messages import diff_number, reverted, reverted_diffs
from warehouse.models.changes.landings import History, Landed, landed_changes, open_heads, read_history

__all__ = ["CHANGE_COMMITS", "LANDINGS", "MODEL", "changes_from_git"]

LANDINGS = Table(
    "landings",
    "changes as Git alone shows them",
    "one row per repository and change",
    ("repo_id", "change_key"),
    (
        ("repo_id", TEXT, "repository"),
        ("change_key", TEXT, "change, `#<number>` or `@<sha>`"),
        ("number", INT, "pull request number, null without one"),
        ("landing_sha", TEXT, "the commit by which it is on the default branch, null while it is not"),
        ("head_sha", TEXT, "last commit of its own branch, null where unknown"),
        (
            "landed_by",
            TEXT,
            "merge, squash, rebase, direct, nested (with another pull request); open if not landed",
        ),
        ("branch_commits", TEXT, "whether its own commits are known: joined, landing, no_ref, empty or not_believed"),
        ("title", TEXT, "from the commit message"),
        ("head_ref", TEXT, "branch name, as far as the message has it"),
        ("author", TEXT, "name of the author of most of its commits"),
        ("reverted_by", TEXT, "the first change that reverted it"),
    ),
)
CHANGE_COMMITS = Table(
    "change_commits",
    "the own commits of each change",
    "one row per repository, change and commit",
    ("repo_id", "change_key", "sha"),
    (
        ("repo_id", TEXT, "repository"),
        ("change_key", TEXT, "change, `#<number>` or `@<sha>`"),
        ("sha", TEXT, "commit"),
    ),
)


def changes_from_git(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """From `commits`, `refs`, `change_reports`, `repository_settings`: one row per change, and one per its own commit.

    PR refs that did not land have `landed_by` "open": Git does not record whether they are open or closed.
    """
    settings = tables["repository_settings"].to_pylist()
    history = (
        read_history(
            tables["commits"],
            tables["refs"],
            tables["change_reports"],
            settings[0]["default_branch"],
            settings[0]["max_branch_commits"],
        )
        if settings and settings[0]["role"] == "application"
        else None
    )
    if history is None:
        return {"landings": LANDINGS.of([]), "change_commits": CHANGE_COMMITS.of([])}
    names: list[str] = tables["commits"]["author_name"].to_pylist()
    landed = list(landed_changes(history))
    undone = _reverts(history, landed)
    rows = [_row(history, change, names, undone) for change in landed]
    commits_by_change = [(_key(history, change), change.own) for change in landed if change.branch_commits != "no_ref"]
    taken = {change.number for change in landed if change.number is not None}
    for number, head, commits, believed in open_heads(history, taken):
        rows.append(_open_row(history, number, head, believed, names))
        commits_by_change.append((f"#{number}", commits))
    repo_id = settings[0]["repo_id"]
    pairs = [(key, history.graph.shas[commit]) for key, commits in commits_by_change for commit in commits]
    return {
        "landings": LANDINGS.of([{"repo_id": repo_id, **row} for row in rows]),
        "change_commits": pa.table(
            [[repo_id] * len(pairs), [key for key, _ in pairs], [sha for _, sha in pairs]], schema=CHANGE_COMMITS.schema
        ),
    }


def _key(history: History, change: Landed) -> str:
    return f"#{change.number}" if change.number is not None else f"@{history.graph.shas[change.commit]}"


def _row(history: History, change: Landed, names: list[str], undone: Mapping[str, str]) -> dict[str, Any]:
    shas = history.graph.shas
    key = _key(history, change)
    head = _head(history, change)
    own_commits = [commit for commit in change.own if not history.merge(commit)]
    counted = Counter(names[commit] for commit in (own_commits if change.landed_by != "squash" else [change.commit]))
    return {
        "change_key": key,
        "number": change.number,
        "landing_sha": shas[change.commit],
        "head_sha": shas[head] if head is not None else None,
        "landed_by": change.landed_by,
        "branch_commits": change.branch_commits,
        "title": change.title,
        "head_ref": change.branch,
        "author": counted.most_common(1)[0][0] if counted else names[change.commit],
        "reverted_by": undone.get(key),
    }


def _head(history: History, change: Landed) -> int | None:
    """The last commit of the change's own branch, where there was one and it is known."""
    if change.number is None or change.branch_commits != "joined":
        return None
    head = history.heads.get(change.number)
    if change.landed_by == "merge":
        head = history.graph.parents[change.commit][1]
    # A head that was on the default branch before says nothing of when this change was deployed.
    return head if head is not None and history.position[head] in {NEVER, change.position} else None


def _open_row(history: History, number: int, head: int, believed: str, names: list[str]) -> dict[str, Any]:
    return {
        "change_key": f"#{number}",
        "number": number,
        "head_sha": history.graph.shas[head],
        "landed_by": "open",
        "branch_commits": believed,
        "title": history.messages[head].partition("\n")[0].strip(),
        "head_ref": "",
        "author": names[head],
    }


def _reverts(history: History, landed: list[Landed]) -> dict[str, str]:
    """For each change that a later one took back, the key of the first that did."""
    finder = CommitFinder(history.graph.shas, {})
    owner = {commit: _key(history, change) for change in landed for commit in (*change.own, change.via)}
    keys = {_key(history, change) for change in landed}
    undone: dict[str, str] = {}
    diffs: dict[str, str] = {}
    for change in landed:
        by = _key(history, change)
        for commit in dict.fromkeys((change.via, *change.own)):
            message = history.messages[commit]
            shas, numbers = reverted(message)
            reverted_shas = [finder.commit(text)[0] for text in shas]
            targets = [owner[at] for sha in reverted_shas if sha and (at := history.graph.index[sha]) in owner]
            targets += [f"#{number}" for number in numbers if not targets and f"#{number}" in keys]
            if not targets and (reviewed := reverted_diffs(message)):
                diffs = diffs or {diff_number(history.messages[landed_by]): key for landed_by, key in owner.items()}
                targets += [diffs[diff] for diff in reviewed if diff in diffs]
            for target in targets:
                if target != by:
                    undone.setdefault(target, by)
    return undone


MODEL = PythonModel(
    "changes_from_git",
    (
        Input("repository_settings", ("repo_id", "role", "default_branch", "max_branch_commits"), ("repo_id",)),
        Input("commits", ("sha", "parents", "author_name", "author_email", "authored_at", "message"), ("sha",)),
        Input("refs", ("ref", "kind", "name", "sha"), ("ref",)),
        Input("change_reports", ("number", "sha", "head_sha", "forge"), ("change_key",)),
    ),
    (LANDINGS, CHANGE_COMMITS),
    changes_from_git,
)
