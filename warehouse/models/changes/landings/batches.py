"""Batches (`Merge #13 #14`) whose branches have no PR refs: each further parent is the branch of one of the numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from warehouse.graph import difference
from warehouse.models.changes.commit_messages import title_of
from warehouse.models.changes.landings.history import History, Landed

__all__ = ["split_batch"]


def split_batch(
    history: History, position: int, number: int | None, claimed: set[int], taken: set[int]
) -> Iterator[Landed]:
    """The requests of a batch beside `number`, which has what is left; they are added to `claimed` and `taken`.

    `claimed` are numbers that landed, `taken` the commits that other requests inside the step have. A branch that has a
    commit with the title of a request belongs to it; the rest go by the order of the message, which is in doubt.
    """
    step = history.chain[position]
    landing = history.read(step)
    if not landing.batch:
        return
    numbers = [n for n in landing.numbers if n == number or n not in claimed]
    heads = set(history.heads.values())
    first, *others = history.graph.parents[step]
    branches = {
        parent: tuple(c for c in difference(history.graph, history.depth, parent, first) if c not in taken)
        for parent in others
        if parent not in heads and parent not in taken
    }
    if number in history.heads and history.heads[number] in others:
        numbers.remove(number)
    found = _by_title(history, step, numbers, branches)
    rest = [n for n in numbers if n not in found]
    free = [parent for parent in branches if parent not in found.values()]
    if len(rest) == len(free):
        found.update(zip(rest, free, strict=True))
    if len(rest) != len(free) or len(rest) > 1:
        for doubtful in rest:
            history.doubt_number("by_order", doubtful)
    for other in numbers:
        if other != number:
            commits = tuple(c for c in branches.get(found.get(other, step), ()) if c not in taken)
            taken.update(commits)
            claimed.add(other)
            yield _landed(history, position, other, commits, known=other in found)


def _by_title(
    history: History, step: int, numbers: Collection[int], branches: dict[int, tuple[int, ...]]
) -> dict[int, int]:
    """By number the one branch that has a commit with its title; what several have in common is no sign."""
    subjects = {parent: {history.subject(commit) for commit in commits} for parent, commits in branches.items()}
    titles = {number: title_of(history.messages[step], number) for number in numbers}
    fitting = {
        number: [parent for parent, found in subjects.items() if title and title in found]
        for number, title in titles.items()
    }
    chosen = [parents[0] for parents in fitting.values() if len(parents) == 1]
    return {
        number: parents[0] for number, parents in fitting.items() if len(parents) == 1 and chosen.count(parents[0]) == 1
    }


def _landed(history: History, position: int, number: int, commits: tuple[int, ...], *, known: bool) -> Landed:
    step = history.chain[position]
    work = any(not history.merge(commit) for commit in commits)
    return Landed(
        number=number,
        commit=step,
        via=step,
        position=position,
        landed_by="nested",
        branch_commits=("joined" if work else "empty") if known else "no_ref",
        own=commits,
        brought=commits,
        title=title_of(history.messages[step], number) or history.subject(commits[0] if commits else step),
        branch="",
    )
