"""How changes landed on the default branch, rebuilt from the graph, messages and PR heads of one repository.

A step of the default branch's first-parent history is a merge or squash that names its pull request, one of several
commits of a rebase merge, an unnumbered merge, or a direct push. Merges of a branch that itself had merged other pull
requests land those too ("nested").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import pyarrow as pa

from warehouse.graph import NEVER, Graph, first_reach, reach
from warehouse.models.changes.commit_messages import Landing, read_landing

__all__ = ["History", "Landed", "landed_changes", "open_heads", "read_history"]

# A rebase merge lands a copy of each commit of the branch; fewer copies than this share are something else.
_REBASED_SHARE = 0.5


@dataclass(frozen=True)
class Landed:
    """One change on the default branch: its landing commit and its own commits, as graph indices.

    `via` is the commit that merged it: the landing commit, or where it is nested the one inside the branch.
    """

    number: int | None
    commit: int
    via: int
    position: int
    landed_by: str
    branch_commits: str
    own: tuple[int, ...]
    title: str
    branch: str


@dataclass
class History:
    """One repository's graph with what the landing rules need of it.

    `reported` and `merged` lead from a commit to the pull request that it merged: by any report, and by the forge.
    """

    graph: Graph
    messages: list[str]
    authored_at: list[datetime]
    author_email: list[str]
    chain: list[int]
    position: list[int]
    heads: dict[int, int]
    reported: dict[int, int]
    merged: dict[int, int]
    max_branch_commits: int
    segments: dict[int, list[int]] = field(default_factory=dict)

    @cached_property
    def depth(self) -> list[int]:
        """See `Graph.depths`."""
        return self.graph.depths()

    def merge(self, commit: int) -> bool:
        """Whether a commit has several parents."""
        return len(self.graph.parents[commit]) > 1

    def key(self, commit: int) -> tuple[str, datetime, str]:
        """What a rebase keeps of a commit."""
        subject = self.messages[commit].partition("\n")[0]
        return (self.author_email[commit].lower(), self.authored_at[commit], subject)


def read_history(
    commits: pa.Table, refs: pa.Table, reports: pa.Table, default_branch: str, max_branch_commits: int
) -> History | None:
    """The history that landed on `default_branch`; None where the repository has no such branch.

    `reports` (`number`, `sha`, `head_sha`, `forge`) is what another system knows of pull requests: it adds to what
    messages and PR refs show; if it is the forge, it takes precedence over them.
    """
    graph = Graph.of(commits)
    columns = (refs[name].to_pylist() for name in ("kind", "name", "sha"))
    tips = {(kind, name): sha for kind, name, sha in zip(*columns, strict=True)}
    tip = graph.index.get(tips.get(("branch", default_branch)) or "")
    if tip is None:
        return None
    numbered = [row for row in reports.to_pylist() if row["number"] is not None]
    heads = {row["number"]: graph.index[row["head_sha"]] for row in numbered if row["head_sha"] in graph.index}
    heads |= {
        int(name): graph.index[sha]
        for (kind, name), sha in tips.items()
        if kind == "pull_head" and sha in graph.index and name.isdecimal()
    }
    chain = graph.first_parents(tip)
    history = History(
        graph=graph,
        messages=commits["message"].to_pylist(),
        authored_at=commits["authored_at"].to_pylist(),
        author_email=commits["author_email"].to_pylist(),
        chain=chain,
        position=first_reach(graph, chain),
        heads=heads,
        reported={graph.index[row["sha"]]: row["number"] for row in numbered if row["sha"] in graph.index},
        merged={
            graph.index[row["sha"]]: row["number"] for row in numbered if row.get("forge") and row["sha"] in graph.index
        },
        max_branch_commits=max_branch_commits,
    )
    for commit, position in enumerate(history.position):
        if position != NEVER and chain[position] != commit:
            history.segments.setdefault(position, []).append(commit)
    return history


def landed_changes(history: History) -> Iterator[Landed]:
    """Every change of the default branch, oldest first; each first-parent step belongs to exactly one of them.

    Nested pull requests come before the merge that landed them and take their commits out of it.
    """
    read = [read_landing(history.messages[c], merge=history.merge(c)) for c in history.chain]
    numbers = _claim_numbers(history, read)
    rebased = _rebased(history, numbers)
    numbers |= _reported(history, numbers, rebased)
    claimed = set(numbers.values()) | {number for number, _ in rebased.values()}
    for position, landing in enumerate(read):
        if position in rebased:
            number, positions = rebased[position]
            if position == positions[-1]:
                yield _rebase_merge(history, number, positions, landing)
            continue
        number_here = numbers.get(position)
        segment = history.segments.get(position, [])
        nested = list(_nested(history, position, number_here, claimed)) if segment else []
        yield from nested
        claimed.update(change.number for change in nested if change.number is not None)
        theirs = {c for change in nested for c in (*change.own, change.via)}
        yield _step(history, position, number_here, landing, theirs)


def open_heads(history: History, landed: set[int]) -> Iterator[tuple[int, int, tuple[int, ...], str]]:
    """PR refs that did not land, as far as Git shows: number, head, own commits, and whether those are believed."""
    for number, head in sorted(history.heads.items()):
        if number in landed:
            continue
        commits, believed = _off_main(history, head)
        yield number, head, commits, believed


def _claim_numbers(history: History, read: list[Landing]) -> dict[int, int]:
    """Which step lands which pull request: each number once, by the step for which its PR ref speaks if one does.

    Where the forge names the pull request of a step, its message does not count: it may name an issue or another one.
    """
    claims: dict[int, list[int]] = {}
    merged = {history.merged[commit] for commit in history.chain if commit in history.merged}
    for position, landing in enumerate(read):
        if history.chain[position] in history.merged:
            continue
        with_ref = tuple(number for number in landing.numbers if number in history.heads)
        for number in (with_ref or landing.numbers)[:1]:
            if number not in merged:
                claims.setdefault(number, []).append(position)
    chosen: dict[int, int] = {}
    for number, positions in claims.items():
        head = history.heads.get(number)
        by_graph = [p for p in positions if head is not None and history.position[head] == p]
        # Where numbering started over, an old commit names a number whose PR ref left the default branch after it.
        later = [p for p in positions if head is not None and len(positions) > 1 and p > _left_at(history, head)]
        chosen[(by_graph or later or positions)[0]] = number
    return chosen


def _left_at(history: History, head: int) -> int:
    """The last step of the default branch that a PR head contains; `NEVER` where that is not known."""
    if history.position[head] != NEVER:
        return history.position[head]
    branch, _ = _off_main(history, head)
    return max((history.position[parent] for c in branch for parent in history.graph.parents[c]), default=NEVER)


def _rebased(history: History, numbers: dict[int, int]) -> dict[int, tuple[int, list[int]]]:
    """Steps that came by rebase merges: position → its pull request and all positions of that, oldest first."""
    steps: dict[tuple[str, datetime, str], int] = {}
    for position, commit in enumerate(history.chain):
        if position not in numbers and not history.merge(commit):
            steps.setdefault(history.key(commit), position)
    taken = set(numbers.values())
    # Of several pull requests with the same last commit (closed and opened again) the newest is the one that merged.
    candidates = {history.key(head): number for number, head in sorted(history.heads.items()) if number not in taken}
    rebased: dict[int, tuple[int, list[int]]] = {}
    for number in sorted(candidates.values()):
        positions = _rebased_positions(history, number, steps)
        free = [p for p in positions if p not in rebased and history.merged.get(history.chain[p], number) == number]
        if free and positions[-1] == free[-1]:
            rebased.update(dict.fromkeys(free, (number, free)))
    return rebased


def _reported(history: History, numbers: dict[int, int], rebased: dict[int, tuple[int, list[int]]]) -> dict[int, int]:
    """Steps that a report knows to be a pull request's: a squash whose message lost the number."""
    taken = {*numbers.values(), *(number for number, _ in rebased.values())}
    return {
        position: number
        for position, commit in enumerate(history.chain)
        if position not in numbers
        and position not in rebased
        and (number := history.reported.get(commit)) is not None
        and number not in taken
    }


def _rebased_positions(history: History, number: int, steps: dict[tuple[str, datetime, str], int]) -> list[int]:
    head = history.heads[number]
    at = history.position[head]
    if at != NEVER:  # merged by moving the branch forward: the head itself is a step
        fast_forward = history.chain[at] == head and history.key(head) in steps
        return [at] if fast_forward else []
    if history.key(head) not in steps:
        return []
    branch = [c for c in _off_main(history, head)[0] if not history.merge(c)]
    positions = sorted({steps[history.key(c)] for c in branch if history.key(c) in steps})
    return positions if branch and len(positions) >= _REBASED_SHARE * len(branch) else []


def _rebase_merge(history: History, number: int, positions: list[int], landing: Landing) -> Landed:
    commits, believed = _off_main(history, history.heads[number])
    landed = tuple(history.chain[position] for position in positions)
    return Landed(
        number=number,
        commit=landed[-1],
        via=landed[-1],
        position=positions[-1],
        landed_by="rebase",
        branch_commits=believed,
        own=commits if commits and believed == "joined" else landed,
        title=landing.title if len(positions) == 1 else read_landing(history.messages[landed[0]], merge=False).title,
        branch="",
    )


def _step(history: History, position: int, number: int | None, landing: Landing, nested: set[int]) -> Landed:
    commit = history.chain[position]
    commits: tuple[int, ...]
    if history.merge(commit):
        commits = tuple(c for c in history.segments.get(position, []) if c not in nested)
        joined = "joined" if commits or nested else "empty"
        how = "merge"
    elif number is None:
        commits, joined, how = (commit,), "landing", "direct"
    else:
        commits, joined = _from_ref(history, number, position)
        how = "squash"
    return Landed(number, commit, commit, position, how, joined, commits or (commit,), landing.title, landing.branch)


def _from_ref(history: History, number: int, position: int) -> tuple[tuple[int, ...], str]:
    """A squashed pull request's own commits: `first parent..head`, where the PR ref is there and can be believed."""
    head = history.heads.get(number)
    if head is None:
        return (), "no_ref"
    place, limit = history.position, history.max_branch_commits
    commits = reach(history.graph, [head], lambda c: place[c] == NEVER or place[c] >= position, limit)
    # A head that contains the commit by which it landed is not the one that landed.
    if len(commits) > limit or (history.chain[position] in commits and history.chain[position] != head):
        return (), "not_believed"
    if not commits:
        return (), "empty"
    return tuple(commits), "joined"


def _off_main(history: History, head: int) -> tuple[tuple[int, ...], str]:
    place, limit = history.position, history.max_branch_commits
    commits = reach(history.graph, [head], lambda c: place[c] == NEVER, limit)
    return (tuple(commits), "joined") if len(commits) <= limit else ((), "not_believed")


def _nested(history: History, position: int, number: int | None, claimed: set[int]) -> Iterator[Landed]:
    """Pull requests merged into the branch that this step merges: named there, and confirmed by their own PR ref.

    Without the ref a number may be another repository's (a fork that follows its upstream merges such commits). What
    the forge itself says needs none.
    """
    parents = history.graph.parents
    landing = history.chain[position]
    taken: set[int] = set()
    excluded = {number, *claimed}
    for commit in sorted(history.segments[position], key=history.depth.__getitem__):  # oldest first
        read = read_landing(history.messages[commit], merge=history.merge(commit))
        reported = history.merged.get(commit)
        named = (reported,) if reported is not None else read.numbers
        nested_number = next(
            (n for n in named if (reported is not None or n in history.heads) and n not in excluded), None
        )
        if nested_number is None:
            continue
        head = history.heads.get(nested_number)
        if history.merge(commit):
            if reported is None and head not in parents[commit][1:]:
                continue
            before = set(reach(history.graph, parents[commit][:1], lambda c: history.position[c] == position))
            inside = reach(
                history.graph,
                parents[commit][1:],
                lambda c, before=before: history.position[c] == position and c not in before,  # type: ignore[misc]
            )
            commits, believed = tuple(c for c in inside if c not in taken), "joined"
        else:
            commits, believed = _off_main(history, head) if head is not None else ((), "no_ref")
        excluded.add(nested_number)
        taken.update(commits, (commit,))
        yield Landed(
            nested_number, landing, commit, position, "nested", believed, commits or (commit,), read.title, read.branch
        )
