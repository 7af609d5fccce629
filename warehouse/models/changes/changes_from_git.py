"""Changes of one repository as Git alone shows them: `landings`, their commits, and what is in doubt about them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from headway.forge_words import holding
from headway.raw_tables.table import INT, TEXT, TIME
from warehouse.commit_finder import CommitFinder
from warehouse.graph import NEVER
from warehouse.model import Input, PythonModel, Table
from warehouse.models.changes.commit_messages import diff_number, reverted, reverted_diffs, reverted_title
from warehouse.models.changes.landings import History, Landed, doubts, landed_changes, open_heads, read_history
from warehouse.models.rows import records

__all__ = ["CHANGE_COMMITS", "LANDED_COMMITS", "LANDINGS", "LANDING_NOTES", "MODEL", "changes_from_git"]

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
        (
            "branch_commits",
            TEXT,
            "whether its own commits are known: joined, landing, no_ref, empty, squashed, closed or not_believed",
        ),
        ("title", TEXT, "from the commit message"),
        ("head_ref", TEXT, "branch name, as far as the message has it"),
        ("author", TEXT, "name of the author of most of its commits"),
        ("reverted_by", TEXT, "the first change that reverted it"),
        ("joined_by", TEXT, "what shows that its request landed, empty where it has none or graph and number do"),
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


LANDED_COMMITS = Table(
    "landed_commits",
    "the change with which each commit of the default branch landed",
    "one row per repository and commit of the default branch",
    ("repo_id", "sha"),
    (
        ("repo_id", TEXT, "repository"),
        ("sha", TEXT, "commit"),
        ("change_key", TEXT, "change, `#<number>` or `@<sha>`"),
    ),
)
LANDING_NOTES = Table(
    "landing_notes",
    "what is in doubt about how each change landed",
    "one row per repository, change and kind of doubt",
    ("repo_id", "change_key", "kind"),
    (
        ("repo_id", TEXT, "repository"),
        ("change_key", TEXT, "change, `#<number>` or `@<sha>`"),
        ("kind", TEXT, "what is in doubt: the name of its column of coverage"),
        ("noted_at", TIME, "when what shows the doubt happened, UTC; null: with the landing"),
    ),
)
_TWO = 2
# From another repository: `Merge remote-tracking branch 'upstream/main'`, `Merge tag 'v1.2' of https://example.org/shop`.
_ELSEWHERE = re.compile(r"remote-tracking branch '(?!origin/)|' of \S")
_TABLES = (LANDINGS, CHANGE_COMMITS, LANDED_COMMITS, LANDING_NOTES)


def changes_from_git(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """From `commits`, `refs`, `change_reports`, `patch_ids`, `repository_settings`: changes with their commits.

    PR refs that did not land have `landed_by` "open": Git does not record whether they are open or closed.
    """
    settings = records(tables["repository_settings"])
    history = (
        read_history(
            tables,
            settings[0]["default_branch"],
            settings[0]["max_branch_commits"],
            settings[0]["repo_id"].partition(":")[2],
            settings[0]["differential"],
        )
        if settings and settings[0]["role"] == "application"
        else None
    )
    if history is None:
        return {table.name: table.of([]) for table in _TABLES}
    names: list[str] = tables["commits"]["author_name"].to_pylist()
    landed = list(landed_changes(history))
    may_revert = pc.indices_nonzero(pc.match_substring_regex(tables["commits"]["message"], holding("revert")))
    undone = _reverts(history, landed, set(may_revert.to_pylist()))
    rows = [_row(history, change, names, undone) for change in landed]
    commits_by_change = [
        (_key(history, change), change.own)
        for change in landed
        if change.branch_commits != "no_ref" or change.landed_by == "rebase"
    ]
    taken = {change.number for change in landed if change.number is not None}
    for number, head, commits, believed in open_heads(history, taken):
        rows.append(_open_row(history, number, head, believed, names))
        commits_by_change.append((f"#{number}", commits))
    repo_id = settings[0]["repo_id"]
    return {
        "landings": LANDINGS.of([{"repo_id": repo_id, **row} for row in rows]),
        "change_commits": _pairs(CHANGE_COMMITS, history, repo_id, commits_by_change),
        "landed_commits": _pairs(
            LANDED_COMMITS, history, repo_id, [(_key(history, change), change.brought) for change in landed]
        ),
        "landing_notes": LANDING_NOTES.of(
            [
                {"repo_id": repo_id, "change_key": _key(history, change), "kind": kind, "noted_at": noted_at}
                for change, kind, noted_at in doubts(history, landed)
            ]
        ),
    }


def _pairs(
    table: Table, history: History, repo_id: str, commits_by_change: Sequence[tuple[str, Sequence[int]]]
) -> pa.Table:
    """A row per change and commit."""
    shas = history.graph.shas
    keys = [key for key, commits in commits_by_change for _ in commits]
    columns = {
        "repo_id": [repo_id] * len(keys),
        "change_key": keys,
        "sha": [shas[commit] for _, commits in commits_by_change for commit in commits],
    }
    return pa.table([columns[name] for name in table.schema.names], schema=table.schema)


def _key(history: History, change: Landed) -> str:
    return f"#{change.number}" if change.number is not None else f"@{history.graph.shas[change.commit]}"


def _row(history: History, change: Landed, names: list[str], undone: Mapping[str, str]) -> dict[str, Any]:
    shas = history.graph.shas
    key = _key(history, change)
    head = _head(history, change)
    return {
        "change_key": key,
        "number": change.number,
        "landing_sha": shas[change.commit],
        "head_sha": shas[head] if head is not None else None,
        "landed_by": change.landed_by,
        "branch_commits": change.branch_commits,
        "title": change.title,
        "head_ref": change.branch,
        "author": _author(history, change, names),
        "reverted_by": undone.get(key),
        "joined_by": history.joined_by.get(change.number or 0, ""),
    }


def _author(history: History, change: Landed, names: list[str]) -> str:
    """The name of who wrote most of a change's own commits, or of who landed it."""
    if change.landed_by == "squash" or change.own == (change.commit,):
        return names[change.commit]
    wrote = [names[commit] for commit in change.own if not history.merge(commit)]
    if len(set(wrote)) > 1:
        return Counter(wrote).most_common(1)[0][0]
    return wrote[0] if wrote else names[change.commit]


def _head(history: History, change: Landed) -> int | None:
    """The last commit of the change's own branch, where there was one and it is known.

    What landed inside a branch by a squash or a copy has the commit by which it did: its head is nowhere else.
    """
    written = history.heads.get(change.number) if change.number is not None else None
    inside = change.landed_by == "nested" and change.via != change.commit
    if inside and (written is None or history.position[written] == NEVER):
        return change.via
    merge = change.landed_by == "merge"
    if change.number is None and not (merge and _merges_own_branch(history, change.commit)):
        return None
    if change.branch_commits != "joined" and not (merge and change.branch_commits == "empty"):
        return None
    head = written
    if merge and head not in change.own:
        head = history.graph.parents[change.commit][1]
    # A head that was on the default branch before says nothing of when this change was deployed.
    return head if head is not None and history.position[head] in {NEVER, change.position} else None


def _merges_own_branch(history: History, commit: int) -> bool:
    """Whether a merge brought one branch of this repository: what another one releases is not deployed here."""
    subject = history.subject(commit)
    return len(history.graph.parents[commit]) == _TWO and not _ELSEWHERE.search(subject)


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
        "joined_by": "",
    }


def _reverts(history: History, landed: list[Landed], may_revert: Collection[int]) -> dict[str, str]:
    """For each change that a later one took back, the key of the first that did.

    Only the messages of `may_revert` have a form of a revert.
    """
    finder = CommitFinder(history.graph.shas, {})
    keys = [_key(history, change) for change in landed]
    owner = {
        commit: key
        for key, change in zip(keys, landed, strict=True)
        for commit in (*change.own, change.via, *change.brought)
    }
    known = set(keys)
    undone: dict[str, str] = {}
    diffs: dict[str, str] = {}
    titles: dict[str, str] = {}
    for by, change in zip(keys, landed, strict=True):
        named = False
        for commit in dict.fromkeys((change.via, *change.brought, *change.own)):
            if commit not in may_revert:
                continue
            message = history.messages[commit]
            shas, numbers = reverted(message, history.addresses)
            reverted_shas = [finder.commit(text)[0] for text in shas]
            targets = [owner[at] for sha in reverted_shas if sha and (at := history.graph.index[sha]) in owner]
            targets += [f"#{number}" for number in numbers if not targets and f"#{number}" in known]
            if not targets and (reviewed := reverted_diffs(message)):
                diffs = diffs or {diff_number(history.messages[landed_by]): key for landed_by, key in owner.items()}
                targets += [diffs[diff] for diff in reviewed if diff in diffs]
            named = named or bool(shas or numbers or targets)
            for target in targets:
                if target != by:
                    undone.setdefault(target, by)
        # Where a squash has the title of its request alone, that is all it says: the newest such change is meant.
        if not named and (earlier := titles.get(reverted_title(change.title))):
            undone.setdefault(earlier, by)
        if change.title:
            titles[change.title] = by
    return undone


MODEL = PythonModel(
    "changes_from_git",
    (
        Input(
            "repository_settings",
            ("repo_id", "role", "default_branch", "max_branch_commits", "differential"),
            ("repo_id",),
        ),
        Input(
            "commits",
            ("sha", "parents", "author_name", "author_email", "authored_at", "committed_at", "message", "tree"),
            ("sha",),
        ),
        Input("refs", ("ref", "kind", "name", "sha"), ("ref",)),
        Input(
            "change_reports",
            ("number", "sha", "head_sha", "forge", "closer_sha", "merged_at", "abandoned_at", "title", "commits"),
            ("change_key",),
        ),
        Input("patch_ids", ("sha", "patch_id"), ("sha", "patch_id")),
        Input("closing_files", ("sha", "path", "old_path")),
    ),
    _TABLES,
    changes_from_git,
)
