"""One repository's graph, messages, PR heads and reports, as the landing rules need them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.graph import NEVER, Graph, first_reach
from warehouse.models.changes.commit_messages import (
    LandedWords,
    Landing,
    apart,
    landed_by_words,
    numbered_apart,
    own_addresses,
    read_landing,
)
from warehouse.models.rows import records, values

__all__ = ["History", "Key", "Landed", "Reports", "read_history"]

Key = int
"""What a rebase keeps of a commit (author, author date, subject), as a number that all commits with these have."""


@dataclass(frozen=True)
class Landed:
    """One change on the default branch: its landing commit and its own commits, as graph indices.

    `via` is the commit that merged it: the landing commit, or where it is nested the one inside the branch. `own` is
    what was written, `brought` the commits of the default branch that came with it: a squash is not what was written.
    """

    number: int | None
    commit: int
    via: int
    position: int
    landed_by: str
    branch_commits: str
    own: tuple[int, ...]
    brought: tuple[int, ...]
    title: str
    branch: str


@dataclass(frozen=True)
class Reports:
    """What another system reports of pull requests.

    `reported` and `merged` lead from a commit to the pull request that it merged: by any report, and by the forge.
    `closers` leads from a commit to the pull requests that it closed unmerged; `closed_at`, `titles` and `commits` (how
    many it has) are by number.
    """

    numbers: frozenset[int] = frozenset()
    reported: Mapping[int, int] = field(default_factory=dict)
    merged: Mapping[int, int] = field(default_factory=dict)
    closers: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    closed_at: Mapping[int, datetime] = field(default_factory=dict)
    titles: Mapping[int, str] = field(default_factory=dict)
    commits: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], index: Mapping[str, int]) -> Reports:
        """Read the rows of `change_reports` that have a number."""
        rows = list(rows)
        closers: dict[int, tuple[int, ...]] = {}
        for row in rows:
            if (closer := index.get(row.get("closer_sha") or "")) is not None:
                closers[closer] = (*closers.get(closer, ()), row["number"])
        return cls(
            numbers=frozenset(row["number"] for row in rows),
            reported={index[row["sha"]]: row["number"] for row in rows if row["sha"] in index},
            merged={index[row["sha"]]: row["number"] for row in rows if row.get("forge") and row["sha"] in index},
            closers=closers,
            closed_at={
                row["number"]: row["abandoned_at"] for row in rows if row["abandoned_at"] and not row["merged_at"]
            },
            titles={row["number"]: row["title"] for row in rows if row["title"]},
            commits={row["number"]: row["commits"] for row in rows if row.get("commits")},
        )


@dataclass
class History:
    """One repository's graph with what the landing rules need of it.

    `chain` is the default branch's first-parent history, oldest first; `position` is for each commit the first step
    that contains it; `segments` are by position the commits that a step brought beside itself; `heads` are by number;
    `addresses` are the names under which messages know the repository's own pull requests, `differential` is the web
    address of a review tool whose changes are; `tagged` are the commits that have a tag. `rewritten`: by commit the
    first step with one like it, if several have. `joined_by` is by number what shows that a request landed; `files` are
    paths of commits, where a commit closes a request. `doubtful_steps` and `doubtful_numbers` are by kind of doubt the
    positions and numbers that it is about.
    """

    graph: Graph
    messages: list[str]
    authored_at: list[datetime]
    author_name: list[str]
    author_email: list[str]
    committed_at: list[datetime]
    trees: list[str | None]
    patches: Mapping[int, str]
    chain: list[int]
    position: list[int]
    heads: dict[int, int]
    reports: Reports
    max_branch_commits: int
    addresses: frozenset[str] = frozenset()
    differential: str = ""
    tagged: Collection[int] = ()
    segments: dict[int, list[int]] = field(default_factory=dict)
    doubtful_steps: dict[str, set[int]] = field(default_factory=dict)
    doubtful_numbers: dict[str, set[int]] = field(default_factory=dict)
    _read: dict[int, Landing] = field(default_factory=dict)
    _in_bodies: dict[int, LandedWords] = field(default_factory=dict)
    rewritten: dict[int, int] = field(default_factory=dict)
    joined_by: dict[int, str] = field(default_factory=dict)
    files: pa.Table | None = None
    _written: dict[int, int] = field(default_factory=dict)
    _written_keys: dict[Key, int] = field(default_factory=dict)

    @cached_property
    def depth(self) -> list[int]:
        """See `Graph.depths`."""
        return self.graph.depths()

    @cached_property
    def _keys(self) -> list[Key]:
        addresses = {email: email.lower() for email in set(self.author_email)}
        numbers: dict[tuple[str, datetime, str], Key] = {}
        return [
            numbers.setdefault((addresses[email], authored_at, message.partition("\n")[0]), len(numbers))
            for email, authored_at, message in zip(self.author_email, self.authored_at, self.messages, strict=True)
        ]

    @cached_property
    def twins(self) -> dict[Key, int]:
        """By what a rebase keeps of a commit, the first step of the default branch that contains such a commit."""
        first: dict[Key, int] = {}
        for commit, position in enumerate(self.position):
            if position != NEVER:
                key = self.key(commit)
                first[key] = min(first.get(key, position), position)
        return first

    def paths(self, commits: Collection[int]) -> dict[int, set[str]]:
        """The paths that some commits changed, as far as `files` has them."""
        if self.files is None or not commits:
            return {}
        wanted = pa.array([self.graph.shas[commit] for commit in commits], pa.string())
        paths: dict[int, set[str]] = {}
        for row in records(self.files.filter(pc.is_in(self.files["sha"], wanted))):
            paths.setdefault(self.graph.index[row["sha"]], set()).update(filter(None, (row["path"], row["old_path"])))
        return paths

    def merge(self, commit: int) -> bool:
        """Whether a commit has several parents."""
        return len(self.graph.parents[commit]) > 1

    def read(self, commit: int) -> Landing:
        """What the message of a commit says of the pull request that it lands."""
        landing = self._read.get(commit)
        if landing is None:
            landing = read_landing(self.messages[commit], merge=self.merge(commit), addresses=self.addresses)
            self._read[commit] = landing
        return landing

    def in_body(self, commit: int) -> LandedWords:
        """What the body of a commit's message says that it lands."""
        said = self._in_bodies.get(commit)
        if said is None:
            said = landed_by_words(self.messages[commit], self.addresses, self.differential)
            self._in_bodies[commit] = said
        return said

    def subject(self, commit: int) -> str:
        """The first line of a commit's message."""
        return self.messages[commit].partition("\n")[0].strip()

    def key(self, commit: int) -> Key:
        """What a rebase keeps of a commit."""
        return self._keys[commit]

    def repeats(self, commit: int) -> bool:
        """Whether a commit has the key of one that it goes on from: a tool made both at once, and it is no copy."""
        return any(self.key(parent) == self.key(commit) for parent in self.graph.parents[commit])

    def itself_landed_before(self, commit: int, position: int) -> bool:
        """Whether a commit off the default branch is of a branch that landed before a step, or was rewritten then."""
        return self._written.get(commit, position) < position or self.rewritten.get(commit, position) < position

    def landed_themselves(self) -> set[int]:
        """The commits off the default branch that are of a branch that landed, or were rewritten."""
        return self._written.keys() | self.rewritten.keys()

    def copy_landed_before(self, commit: int, position: int) -> bool:
        """Whether a copy of a commit off the default branch landed before a step, or is of a branch that did."""
        key = self._keys[commit]
        return self.twins.get(key, position) < position or self._written_keys.get(key, position) < position

    def doubt_step(self, kind: str, position: int) -> None:
        """Note a doubt about the change that a step landed."""
        self.doubtful_steps.setdefault(kind, set()).add(position)

    def doubt_number(self, kind: str, number: int) -> None:
        """Note a doubt about a pull request; it counts where that landed."""
        self.doubtful_numbers.setdefault(kind, set()).add(number)

    def fits(self, number: int, position: int) -> bool:
        """Whether the head of a PR ref, by its author or title, may be what a step landed."""
        head, commit = self.heads.get(number), self.chain[position]
        if head is None:
            return False
        same_author = self.author_email[head].lower() == self.author_email[commit].lower()
        return same_author or self.subject(commit).startswith(self.subject(head))

    def record_landed(self, commit: int, position: int) -> None:
        """Record a commit off the default branch that is no work of any change, and landed with a step."""
        self._written.setdefault(commit, position)

    def record_written(self, change: Landed) -> None:
        """Record the commits off the default branch that a change landed: a later change does not land them again."""
        off = [commit for commit in change.own if self.position[commit] != change.position]
        if not off:
            return
        times = Counter(map(self.key, off))
        for commit in off:
            self._written.setdefault(commit, change.position)
            if not self.merge(commit) and times[self.key(commit)] == 1:
                self._written_keys.setdefault(self.key(commit), change.position)


def read_history(
    tables: Mapping[str, pa.Table], default_branch: str, max_branch_commits: int, repo: str = "", differential: str = ""
) -> History | None:
    """The history that landed on `default_branch`; None where the repository has no such branch.

    `tables` has `commits`, `refs`, `patch_ids`, and `change_reports`: what another system reports of pull requests.
    That adds to what messages and PR refs show; if it is the forge, it takes precedence over them.
    """
    commits, refs = tables["commits"], tables["refs"]
    graph = Graph.of(commits)
    columns = (refs[name].to_pylist() for name in ("kind", "name", "sha"))
    tips = {(kind, name): sha for kind, name, sha in zip(*columns, strict=True)}
    tip = graph.index.get(tips.get(("branch", default_branch)) or "")
    if tip is None:
        return None
    numbered = [row for row in records(tables["change_reports"]) if row["number"] is not None]
    heads = {row["number"]: graph.index[row["head_sha"]] for row in numbered if row["head_sha"] in graph.index}
    refs_of = _pull_refs(graph, refs)
    heads |= {number: head for number, (_, head) in refs_of.items()}
    chain = graph.first_parents(tip)
    messages: list[str] = commits["message"].to_pylist()
    patches = zip(*(tables["patch_ids"][name].to_pylist() for name in ("sha", "patch_id")), strict=True)
    history = History(
        graph=graph,
        messages=messages,
        authored_at=values(commits["authored_at"]),
        author_name=commits["author_name"].to_pylist(),
        author_email=commits["author_email"].to_pylist(),
        committed_at=values(commits["committed_at"]),
        trees=commits["tree"].to_pylist(),
        patches={graph.index[sha]: patch for sha, patch in patches if sha in graph.index},
        chain=chain,
        position=first_reach(graph, chain),
        heads=heads,
        reports=Reports.of(numbered, graph.index),
        max_branch_commits=max_branch_commits,
        differential=differential,
        files=tables.get("closing_files"),
        tagged={graph.index[sha] for (kind, _), sha in tips.items() if kind == "tag" and sha in graph.index},
    )
    for number in _of_another_forge(history, {number: ref for number, (ref, _) in refs_of.items()}):
        del history.heads[number]
    history.addresses = own_addresses(repo, [messages[commit] for commit in chain], history.fits)
    for commit, position in enumerate(history.position):
        if position != NEVER and chain[position] != commit:
            history.segments.setdefault(position, []).append(commit)
    _follow_rewriting(history)
    return history


def _of_another_forge(history: History, refs: Mapping[int, str]) -> set[int]:
    """Numbers whose PR ref is of another forge than the one that landed them: a mirror numbers its requests apart.

    A head that landed is that of its number, whatever messages say.
    """
    if all(ref.startswith(own_refs) for own_refs in apart() for ref in refs.values()):
        return set()
    named = {pair for commit in history.chain for pair in numbered_apart(history.messages[commit])}
    numbers = {number for number, own_refs in named if not refs.get(number, own_refs).startswith(own_refs)}
    return {number for number in numbers if history.position[history.heads[number]] == NEVER}


def _pull_refs(graph: Graph, refs: pa.Table) -> dict[int, tuple[str, int]]:
    """The PR refs by number, each with its head.

    A mirror has refs of two forges, which number apart: of two with one number the head that a merge has as a further
    parent is meant, else that of the forge with more refs.
    """
    heads_of: dict[int, list[tuple[str, str, int]]] = {}
    for ref, kind, name, sha in zip(*(refs[c].to_pylist() for c in ("ref", "kind", "name", "sha")), strict=True):
        if kind == "pull_head" and sha in graph.index and name.isdecimal():
            heads_of.setdefault(int(name), []).append((ref.split("/")[1], ref, graph.index[sha]))
    frequency = Counter(forge for heads in heads_of.values() for forge, _, _ in heads)
    several = len(frequency) > 1
    merged = {parent for parents in graph.parents for parent in parents[1:]} if several else set()
    return {
        number: max(heads, key=lambda head: (head[2] in merged, frequency[head[0]]))[1:]
        for number, heads in heads_of.items()
    }


def _follow_rewriting(history: History) -> None:
    """Move PR heads of a history that was rewritten to what each is on the default branch now.

    A rewriting keeps author, both dates and subject of a commit; a rebase makes a new committer date.
    """
    off = [commit for commit, position in enumerate(history.position) if position == NEVER]
    if not off:
        return
    dates = history.committed_at
    off_dates = {dates[commit] for commit in off}
    on: dict[datetime, list[int]] = {}
    for commit, position in enumerate(history.position):
        if position != NEVER and dates[commit] in off_dates:
            on.setdefault(dates[commit], []).append(commit)
    rewritten: dict[int, int] = {}
    for commit in off:
        same = [other for other in on.get(dates[commit], ()) if history.key(other) == history.key(commit)]
        if len(same) == 1:
            rewritten[commit] = same[0]
        elif same:
            history.rewritten[commit] = min(history.position[other] for other in same)
    for old, new in rewritten.items():
        history.position[old] = history.position[new]
    history.heads = {number: rewritten.get(head, head) for number, head in history.heads.items()}
