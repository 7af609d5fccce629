"""The changes of a default branch, one for each of its steps and for each pull request inside a step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from warehouse.graph import NEVER, reach
from warehouse.models.changes.commit_messages import Landing, title_of
from warehouse.models.changes.landings.branch_commits import off_main, squashed_at_merge, written
from warehouse.models.changes.landings.claims import claim_steps
from warehouse.models.changes.landings.history import History, Key, Landed
from warehouse.models.changes.landings.inside_squashes import InsideSquashes
from warehouse.models.changes.landings.merged_heads import merged_heads
from warehouse.models.changes.landings.nested import NestedLandings

__all__ = ["landed_changes", "open_heads"]


def landed_changes(history: History) -> Iterator[Landed]:
    """Every change of the default branch, oldest first; each of its commits is brought by exactly one of them.

    A commit that two of them have as their own, itself or a copy, was written once, and is work of the first.
    """
    owned: set[int] = set()
    keys: set[Key] = set()
    for change in _changes(history):
        off = _keys(history, change.own)
        first = _without(change, off, owned, keys, history)
        owned.update(first.own)
        keys.update(off if first is change else _keys(history, first.own))
        yield first


def _changes(history: History) -> Iterator[Landed]:
    """Every change, each with what it landed.

    Nested pull requests come before the merge that landed them and take their commits out of it.
    """
    read = [history.read(commit) for commit in history.chain]
    for position, landing in enumerate(read):
        if landing.foreign and not landing.numbers:
            history.doubt_step("numbers_of_others", position)
    merged = merged_heads(history, read)
    claims = claim_steps(history, read, merged)
    claimed = claims.taken
    inside = NestedLandings(history, merged)
    squashes = InsideSquashes(history, claimed)
    for position, landing in enumerate(read):
        nested: list[Landed] = []
        if position in claims.rebased:
            number, positions = claims.rebased[position]
            if position != positions[-1]:
                continue
            change = _rebase_merge(history, number, positions, landing)
        else:
            number_here = claims.numbers.get(position)
            if position in history.segments:
                nested = list(inside.of_step(position, number_here, claimed))
            change = _step(history, position, number_here, landing, nested)
        for landed in (*nested, change):
            for part in squashes.divide(landed):
                history.record_written(part)
                yield part


def _keys(history: History, commits: Sequence[int]) -> dict[Key, int]:
    """Commits off the default branch by what their copies have in common with them; what two have is no sign."""
    off = [commit for commit in commits if history.position[commit] == NEVER and not history.merge(commit)]
    keys = {history.key(commit): commit for commit in off}
    if len(keys) == len(off):
        return keys
    times = Counter(map(history.key, off))
    return {key: commit for key, commit in keys.items() if times[key] == 1}


def _without(
    change: Landed, off: Mapping[Key, int], owned: set[int], keys: Collection[Key], history: History
) -> Landed:
    """A change without the commits that landed with an earlier one; `off` are those off the default branch."""
    copies = {c for key, c in off.items() if key in keys and not history.repeats(c)} if off else set()
    if not copies and owned.isdisjoint(change.own):
        return change
    own_commits = tuple(commit for commit in change.own if commit not in owned and commit not in copies)
    if len(own_commits) == len(change.own):
        return change
    believed = change.branch_commits
    if believed == "joined" and all(history.merge(commit) for commit in own_commits):
        believed = "empty"
    return replace(change, own=own_commits or (change.commit,), branch_commits=believed)


def open_heads(history: History, landed: set[int]) -> Iterator[tuple[int, int, tuple[int, ...], str]]:
    """PR refs that did not land, as far as Git shows: number, head, own commits, and whether those are believed."""
    limit = history.max_branch_commits
    off = {commit for commit, position in enumerate(history.position) if position == NEVER}
    gone = history.landed_themselves()
    for number, head in sorted(history.heads.items()):
        if number in landed:
            continue
        commits = reach(history.graph, [head], off.__contains__, limit)
        # Stacked on a branch that was squashed: what is below landed with that. A head that landed itself has no less.
        commits = commits if head in gone else [commit for commit in commits if commit not in gone]
        if len(commits) <= limit and all(history.graph.parents[commit] for commit in commits):
            yield number, head, tuple(commits), "joined"
        else:  # of another history: copies on the default branch show where the branch began
            yield number, head, *off_main(history, head, len(history.chain))


def _rebase_merge(history: History, number: int, positions: list[int], landing: Landing) -> Landed:
    head = history.heads.get(number)
    commits, believed = off_main(history, head, positions[0]) if head is not None else ((), "no_ref")
    landed = tuple(history.chain[position] for position in positions)
    return Landed(
        number=number,
        commit=landed[-1],
        via=landed[-1],
        position=positions[-1],
        landed_by="rebase",
        branch_commits=believed,
        own=commits if commits and believed == "joined" else landed,
        brought=landed,
        title=landing.title if len(positions) == 1 else history.read(landed[0]).title,
        branch="",
    )


def _step(history: History, position: int, number: int | None, landing: Landing, nested: list[Landed]) -> Landed:
    commit = history.chain[position]
    brought: tuple[int, ...] = (commit,)
    if history.merge(commit):
        theirs = {inner for change in nested for inner in change.brought}
        segment = tuple(c for c in history.segments.get(position, []) if c not in theirs)
        brought = (commit, *segment)
        own_commits, believed = _merged(history, position, number, segment)
        how = "merge"
    elif number is None:
        own_commits, believed, how = (commit,), "landing", "direct"
    else:
        own_commits, believed = written(history, number, position)
        if number in history.doubtful_numbers.get("closer_alone", ()):
            own_commits, believed = (), "closed"
        how = "squash"
    return Landed(
        number=number,
        commit=commit,
        via=commit,
        position=position,
        landed_by=how,
        branch_commits=believed,
        own=own_commits or (commit,),
        brought=brought,
        title=_title(history, commit, number, landing),
        branch=landing.branch,
    )


def _title(history: History, commit: int, number: int | None, landing: Landing) -> str:
    """The title of what a step landed; a merge of several branches that names no request has none for one of them."""
    if number is None:
        return landing.title
    if landing.batch:
        return title_of(history.messages[commit], number) or landing.title
    several = len(history.graph.parents[commit]) > 2 and not landing.numbers and number in history.heads
    return history.subject(history.heads[number]) if several else landing.title


def _merged(
    history: History, position: int, number: int | None, segment: tuple[int, ...]
) -> tuple[tuple[int, ...], str]:
    """What a merge landed: what it brought, unless the PR ref shows that the branch was squashed or rebased before."""
    commit = history.chain[position]
    single = squashed_at_merge(history, commit, segment)
    head = history.heads.get(number) if number is not None else None
    if number is None or head is None:
        return segment, "squashed" if single else _joined(history, segment)
    if head not in history.graph.parents[commit] and history.position[head] == NEVER:
        own_commits, believed = written(history, number, position)
        if believed == "joined":
            return own_commits, believed
        if single:
            return segment, "not_believed"
    return segment, _joined(history, segment)


def _joined(history: History, segment: tuple[int, ...]) -> str:
    return "joined" if any(not history.merge(commit) for commit in segment) else "empty"
