"""Pull requests that a bot or a script landed and the forge calls closed.

The forge's own word comes first (the commit that closed it), then a trailer with the address of the pull request, then
equal contents, and last a closing word that something else corroborates. What closes a request may be other work in its
place: paths decide, and where nothing but these shows that it is the same work, its branch is not what was written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from warehouse.graph import NEVER
from warehouse.models.changes.commit_messages import LandedWords
from warehouse.models.changes.landings.branch_commits import date_is_believed, left_at
from warehouse.models.changes.landings.evidence import Evidence
from warehouse.models.changes.landings.history import History

__all__ = ["body_words", "closed_but_landed", "equal_contents"]

# Clocks differ: a head may seem to be this much younger than the commit that landed it.
_CLOCKS = timedelta(hours=1)
# The landing and the closing of a pull request belong together within this.
_CLOSED_WITHIN = timedelta(days=1)


def closed_but_landed(
    history: History, words: Mapping[int, LandedWords], free: Iterable[int], taken: Collection[int]
) -> dict[int, int]:
    """By position the pull request that a step without a number landed.

    `words` are what bodies say; `free` are the positions of steps without a number; `taken` are the numbers that landed
    elsewhere.
    """
    steps = [position for position in free if not history.merge(history.chain[position])]
    landed = set(taken)
    numbers: dict[int, int] = {}

    def join(clue: Iterable[tuple[int, Sequence[int]]], by: str) -> None:
        for position, named in clue:
            # A commit that closes several, such as stale ones, landed none of them.
            if len(named) == 1 and named[0] not in landed and position not in numbers:
                numbers[position] = named[0]
                landed.add(named[0])
                history.joined_by[named[0]] = by

    closers = _closing(((p, history.reports.closers.get(history.chain[p], ())) for p in steps), landed)
    closes = {p: _corroborated(history, words[p].perhaps, p) for p in steps if p in words}
    said = _closing(closes.items(), landed)
    evidence = Evidence(history, (*closers.items(), *said.items()))

    def join_closing(named: Mapping[int, int], by: str) -> None:
        for position, number in named.items():
            if number in landed or position in numbers or (shown := evidence.of(position, number)) is None:
                continue
            join([(position, (number,))], f"{by}, and {shown.text}")
            if not shown.exact:
                history.doubt_number("closer_alone", number)

    join_closing(closers, "the forge says that the commit closed it")
    join(((p, words[p].sure) for p in steps if p in words), "a trailer of the message names it")
    candidates = {number: head for number, head in history.heads.items() if history.position[head] == NEVER}
    join(
        _equal_contents(history, steps, {n: head for n, head in candidates.items() if n not in landed}),
        "the commit has the files, the patch, or author and date of its head",
    )
    join_closing(said, "the message closes it")
    return numbers


def _closing(named: Iterable[tuple[int, Sequence[int]]], landed: Collection[int]) -> dict[int, int]:
    """By position the one request that a step closes, without those that landed elsewhere."""
    return {position: numbers[0] for position, numbers in named if len(numbers) == 1 and numbers[0] not in landed}


def equal_contents(history: History, positions: Collection[int], taken: Collection[int]) -> dict[int, int]:
    """By position the pull request, none of `taken`, whose content that step alone has."""
    steps = [position for position in sorted(positions) if not history.merge(history.chain[position])]
    heads = {n: head for n, head in history.heads.items() if n not in taken and history.position[head] == NEVER}
    numbers: dict[int, int] = {}
    for position, (number,) in _equal_contents(history, steps, heads):
        if position not in numbers and number not in numbers.values():
            numbers[position] = number
    return numbers


def body_words(history: History, free: Iterable[int]) -> dict[int, LandedWords]:
    """By position what the bodies of single steps say that they land, without what had been closed long before."""
    words: dict[int, LandedWords] = {}
    closed = history.reports.closed_at
    for position in free:
        commit = history.chain[position]
        if history.merge(commit):
            continue
        sure, perhaps = history.in_body(commit)
        if sure or perhaps:
            limit = history.committed_at[commit] - _CLOSED_WITHIN
            words[position] = LandedWords(
                *(tuple(n for n in named if n not in closed or closed[n] >= limit) for named in (sure, perhaps))
            )
    return words


def _corroborated(history: History, named: Sequence[int], position: int) -> Sequence[int]:
    """The pull request that a step closes and landed: it has its author, its title, or the moment of its closing."""
    real = [n for n in named if n in history.heads or n in history.reports.numbers]
    return real if len(real) == 1 and _fits(history, real[0], position) else ()


def _fits(history: History, number: int, position: int) -> bool:
    commit = history.chain[position]
    closed_at = history.reports.closed_at.get(number)
    if closed_at is not None and abs(closed_at - history.committed_at[commit]) <= _CLOSED_WITHIN:
        return True
    head = history.heads.get(number)
    titles = {history.reports.titles.get(number, ""), history.subject(head) if head else ""}
    if head is None or history.committed_at[head] > history.committed_at[commit] + _CLOCKS:
        return False
    same_author = history.author_email[head].lower() == history.author_email[commit].lower()
    return same_author or history.subject(commit) in titles


def _equal_contents(
    history: History, steps: Sequence[int], heads: Mapping[int, int]
) -> Iterator[tuple[int, Sequence[int]]]:
    """Steps with the whole tree of a head, or of a single commit the patch or the author and author date.

    What several steps, or several heads, have in common proves nothing.
    """
    if not heads:
        return
    contents = _Contents(history)
    numbers = {head: number for number, head in sorted(heads.items())}
    # A copy of a commit of the default branch, for an older release, is made after it.
    strict = timedelta(0)
    for content, clocks in ((contents.tree, _CLOCKS), (contents.patch, strict), (contents.authorship, strict)):
        of_heads = _grouped(content, numbers)
        of_steps = _grouped(content, (history.chain[position] for position in steps)) if of_heads else {}
        for value, (commit, *more) in of_steps.items():
            if value not in of_heads:
                continue
            head, *others = of_heads[value]
            position = history.position[commit]
            early = history.committed_at[head] <= history.committed_at[commit] + clocks
            if not more and not others and early and left_at(history, head) < position:
                yield position, (numbers[head],)


def _grouped(content: Callable[[int], Hashable], commits: Iterable[int]) -> dict[Hashable, list[int]]:
    """Commits by their content; those without are left out."""
    groups: dict[Hashable, list[int]] = {}
    for commit in commits:
        if (value := content(commit)) is not None:
            groups.setdefault(value, []).append(commit)
    return groups


class _Contents:
    """What a commit and its copy have in common."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._trees = Counter(history.trees[commit] for commit in history.chain)

    def tree(self, commit: int) -> Hashable:
        """All files, unless several steps have them: before and after a revert, or an empty commit."""
        tree, landed = self.history.trees[commit], self.history.position[commit] != NEVER
        return None if landed and self._trees[tree] > 1 else tree

    def patch(self, commit: int) -> Hashable:
        """What a single commit changed."""
        return self.history.patches.get(commit) if self._single(commit) else None

    def authorship(self, commit: int) -> Hashable:
        """Who wrote a single commit, and when, to the second."""
        history, authored_at = self.history, self.history.authored_at[commit]
        believed = date_is_believed(authored_at, history.committed_at[commit])
        return (history.author_email[commit].lower(), authored_at) if believed and self._single(commit) else None

    def _single(self, commit: int) -> bool:
        parents = self.history.graph.parents[commit]
        return len(parents) == 1 and self.history.position[parents[0]] != NEVER
