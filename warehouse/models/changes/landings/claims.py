"""Which step of the default branch landed which pull request: by graph, words, rebased copies, reports and bodies.

Each number belongs to one step at most, and each step has one number at most.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from warehouse.graph import NEVER, reach
from warehouse.models.changes.commit_messages import LandedWords, Landing
from warehouse.models.changes.landings.branch_commits import left_at
from warehouse.models.changes.landings.closed_but_landed import body_words, closed_but_landed, equal_contents
from warehouse.models.changes.landings.history import History, Key
from warehouse.models.changes.landings.merged_heads import MergedHeads
from warehouse.models.changes.landings.moved_forward import MovedForward

__all__ = ["Claims", "claim_steps"]

_NUMBER = re.compile(r"#(\d{1,9})\b")
# A rebase merge lands a copy of each commit of the branch; fewer copies than this share are something else.
_REBASED_SHARE = 0.5
# A pull request that was closed this long before was not landed by a commit that only names it.
_CLOSED_BEFORE = timedelta(days=1)


@dataclass(frozen=True)
class Claims:
    """By position the number of a step; of a rebase merge the number and all of its positions, oldest first."""

    numbers: dict[int, int]
    rebased: dict[int, tuple[int, list[int]]]

    @property
    def taken(self) -> set[int]:
        """Every number that a step landed."""
        return {*self.numbers.values(), *(number for number, _ in self.rebased.values())}


def claim_steps(history: History, read: Sequence[Landing], merged: MergedHeads) -> Claims:
    """Assign pull requests to the steps of the default branch; `read` is what the message of each step says."""
    reports, chain = history.reports, history.chain
    numbers = {position: inside[0] for position, inside in merged.steps.items()}
    _shown(history, numbers, "its head is a parent of the merge")
    # The forge names the merge itself; a head that it brought too is nested in it.
    forge = {
        position: reports.merged[chain[position]] for position in merged.steps if chain[position] in reports.merged
    }
    numbers |= _shown(history, forge, "the forge names the commit")
    numbers |= _shown(history, _by_words(history, read, numbers, merged), "the message names it")
    by_hand = _by_hand(history, read, numbers, merged)
    numbers |= _shown(history, by_hand, "the merge names it, and brought its head or a copy of that")
    rebased = _rebased(history, numbers)
    _shown(history, {position: number for position, (number, _) in rebased.items()}, "its commits, or copies, landed")
    by_tree = _by_tree(history, numbers, rebased, merged)
    numbers |= _shown(history, by_tree, "the commit has the files, the patch, or author and date of its head")
    claims = Claims(numbers, rebased)
    taken = claims.taken
    for position, commit in enumerate(chain):
        number = reports.reported.get(commit)
        if number is not None and number not in taken and position not in numbers and position not in rebased:
            numbers |= _shown(history, {position: number}, "a report names the commit")
            taken.add(number)
    free = [position for position in range(len(chain)) if position not in numbers and position not in rebased]
    words = body_words(history, free)
    by_content = closed_but_landed(history, words, free, taken | merged.merges.keys())
    _join_runs(claims, by_content, words)
    return claims


def _shown(history: History, numbers: dict[int, int], by: str) -> dict[int, int]:
    """The same numbers, after noting what shows that their requests landed."""
    history.joined_by.update(dict.fromkeys(numbers.values(), by))
    return numbers


def _join_runs(claims: Claims, numbers: Mapping[int, int], words: Mapping[int, LandedWords]) -> None:
    """Add what bodies show: neighbours whose trailers name one pull request are the commits of a rebase merge."""

    def names(position: int, number: int) -> bool:
        free = position not in claims.numbers and position not in claims.rebased and position not in numbers
        return free and position in words and words[position].sure == (number,)

    for number, positions in list({group[0]: group for group in claims.rebased.values()}.values()):
        while names(positions[0] - 1, number):
            positions.insert(0, positions[0] - 1)
            claims.rebased[positions[0]] = (number, positions)
    for position, number in numbers.items():
        run = [position]
        while names(run[-1] + 1, number):
            run.append(run[-1] + 1)
        if len(run) > 1:
            claims.rebased.update(dict.fromkeys(run, (number, run)))
        else:
            claims.numbers[position] = number


def _by_words(
    history: History, read: Sequence[Landing], numbers: dict[int, int], merged: MergedHeads
) -> dict[int, int]:
    """The steps that name a pull request: each number once, by the step for which its PR ref speaks if one does.

    Where the graph or the forge shows the pull request of a step, its message does not count: it may name an issue.
    """
    claims: dict[int, list[int]] = {}
    chain, heads, reports = history.chain, history.heads, history.reports
    shown = {*numbers.values(), *(reports.merged[commit] for commit in chain if commit in reports.merged)}
    for position, landing in enumerate(read):
        if not landing.numbers or position in numbers or chain[position] in reports.merged:
            continue
        with_ref = tuple(number for number in landing.numbers if number in heads)
        number = (with_ref or landing.numbers)[0]
        if number not in shown and _may_name(history, number, position, merged):
            claims.setdefault(number, []).append(position)
    chosen: dict[int, int] = {}
    for number, positions in claims.items():
        head = heads.get(number)
        by_graph = [p for p in positions if head is not None and history.position[head] == p]
        # Where numbering started over, an old commit names a number whose PR ref left the default branch after it.
        later = [p for p in positions if head is not None and len(positions) > 1 and p > left_at(history, head)]
        chosen[(by_graph or later or positions)[0]] = number
    return chosen


def _by_hand(
    history: History, read: Sequence[Landing], numbers: Mapping[int, int], merged: MergedHeads
) -> dict[int, int]:
    """Merges made by hand, whose subjects name a request in free words, that brought its head or a copy of it."""
    brought_by: dict[int, int] = {}
    taken = {*numbers.values(), *merged.merges}
    for position, (commit, landing) in enumerate(zip(history.chain, read, strict=True)):
        if landing.numbers or position in numbers or not history.merge(commit):
            continue
        for text in _NUMBER.findall(history.subject(commit)):
            head = history.heads.get(int(text))
            if head is None or int(text) in taken:
                continue
            at = history.position[head]
            if (history.twins.get(history.key(head)) if at == NEVER else at) == position:
                brought_by[position] = int(text)
                taken.add(int(text))
                break
    return brought_by


def _may_name(history: History, number: int, position: int, merged: MergedHeads) -> bool:
    """Whether the words of a step can land a pull request, as far as graph and reports show."""
    commit, head = history.chain[position], history.heads.get(number)
    closed_at = history.reports.closed_at.get(number)
    if closed_at is not None and history.committed_at[commit] > closed_at + _CLOSED_BEFORE:
        return False
    at = NEVER if head is None else history.position[head]
    if head is not None and at != NEVER and history.chain[at] == head and position > at:
        # The default branch was moved forward to the head before: words only talk of it, unless the head is another's.
        named = history.read(head).numbers
        return head in history.graph.parents[commit][1:] or bool(named and number not in named)
    if head is not None and at == NEVER and _of_another(history, head, position):
        history.doubt_step("numbers_of_others", position)
        return False
    if at == NEVER or history.chain[at] == head:
        return True
    # The head came in by a merge: a step before it may be its squash, one after it only talks of it.
    return position == at if number in merged.merges else position <= at


def _of_another(history: History, head: int, position: int) -> bool:
    """Whether a PR ref was begun after a step that names its number: that is another repository's, or a former one's.

    The branch contains the step, and all of its commits were written later, by others than what the step landed.
    """
    step = history.chain[position]
    if history.committed_at[head] <= history.committed_at[step] or left_at(history, head) < position:
        return False
    limit, place = history.max_branch_commits, history.position
    branch = reach(history.graph, [head], lambda c: place[c] == NEVER, limit)
    landed = {history.author_email[commit].lower() for commit in history.segments.get(position) or (step,)}
    return all(
        history.authored_at[commit] > history.committed_at[step] and history.author_email[commit].lower() not in landed
        for commit in branch
        if not history.merge(commit)
    )


def _rebased(history: History, numbers: dict[int, int]) -> dict[int, tuple[int, list[int]]]:
    """Steps that came by rebase merges: position → its pull request and all positions of that, oldest first.

    A number without a PR ref that ends a subject may be an issue's: a run of copies takes its step out of `numbers`.
    """
    perhaps = _perhaps_issues(history, numbers)
    copies = _Copies(history, perhaps)
    for position, commit in enumerate(history.chain):
        if (position not in numbers or position in perhaps) and not history.merge(commit):
            copies.steps.setdefault(history.key(commit), position)
    taken = {number for position, number in numbers.items() if position not in perhaps}
    candidates: dict[Key, list[int]] = {}
    for number, head in history.heads.items():
        if number not in taken and copies.step(head) is not None:
            candidates.setdefault(history.key(head), []).append(number)
    rebased: dict[int, tuple[int, list[int]]] = {}
    for number in sorted(_nearest(history, group) for group in candidates.values()):
        positions = _rebased_positions(history, number, copies)
        merged = history.reports.merged
        free = [p for p in positions if p not in rebased and merged.get(history.chain[p], number) == number]
        if free and positions[-1] == free[-1]:
            rebased.update(dict.fromkeys(free, (number, free)))
    for position in rebased:
        numbers.pop(position, None)
    _move_forward(history, numbers, rebased)
    return rebased


def _perhaps_issues(history: History, numbers: Mapping[int, int]) -> set[int]:
    """The steps whose subjects end in a number without a PR ref, which may be an issue's."""
    known = history.heads.keys() | history.reports.numbers
    return {
        position
        for position, number in numbers.items()
        if number not in known and f"{number})" in history.subject(history.chain[position])
    }


def _by_tree(
    history: History, numbers: Mapping[int, int], rebased: Mapping[int, tuple[int, list[int]]], merged: MergedHeads
) -> dict[int, int]:
    """Pull requests whose content a squash has that ends in a number without a PR ref: that is an issue's."""
    perhaps = _perhaps_issues(history, numbers)
    if not perhaps:
        return {}
    taken = {*numbers.values(), *(number for number, _ in rebased.values()), *merged.merges}
    # Without their bodies: a word that closes a request says no more than the number in the subject.
    return equal_contents(history, perhaps, taken)


def _move_forward(history: History, numbers: dict[int, int], rebased: dict[int, tuple[int, list[int]]]) -> None:
    """Add what came with heads that are steps themselves; one that is a merge stays the merge of its request."""
    landed = {*numbers.values(), *(number for number, _ in rebased.values())}
    heads = {n: history.position[head] for n, head in history.heads.items() if history.position[head] != NEVER}
    steps = {n: at for n, at in heads.items() if history.chain[at] == history.heads[n]}
    for number, at in sorted(steps.items()):
        if number not in landed and at not in numbers and history.merge(history.heads[number]):
            numbers[at] = number
            history.doubt_number("moved_forward", number)
    forward = {at: n for n, at in steps.items() if rebased.get(at, (0, []))[0] == n}
    moved = MovedForward(history, {*numbers, *rebased}) if forward else None
    for at, number in sorted(forward.items()):
        positions = moved.steps(number, at) if moved is not None else [at]
        rebased.update(dict.fromkeys(positions, (number, positions)))


@dataclass(frozen=True)
class _Copies:
    """Steps by what a rebase keeps of a commit; those that `perhaps` landed by their own number are made after it."""

    history: History
    perhaps: Collection[int]
    steps: dict[Key, int] = field(default_factory=dict)

    def step(self, commit: int) -> int | None:
        """The step that is a commit, or its copy."""
        history, position = self.history, self.steps.get(self.history.key(commit))
        if position is None:
            return None
        if position in self.perhaps and history.committed_at[history.chain[position]] < history.committed_at[commit]:
            return None
        return position


def _nearest(history: History, numbers: list[int]) -> int:
    """Of pull requests with the same last commit the nearest to the default branch: others are for other branches.

    Of equals (closed and opened again) the newest is the one that merged.
    """
    if len(numbers) == 1:
        return numbers[0]
    place, limit = history.position, history.max_branch_commits
    sizes = {n: len(reach(history.graph, [history.heads[n]], lambda c: place[c] == NEVER, limit)) for n in numbers}
    return min(numbers, key=lambda n: (sizes[n], -n))


def _rebased_positions(history: History, number: int, copies: _Copies) -> list[int]:
    head = history.heads[number]
    at = history.position[head]
    if at != NEVER:  # merged by moving the branch forward: the head itself is a step
        return [at] if history.chain[at] == head and copies.step(head) is not None else []
    place, limit = history.position, history.max_branch_commits
    reached = reach(history.graph, [head], lambda c: place[c] == NEVER, limit)
    branch = [commit for commit in reached if not history.merge(commit)]
    positions = sorted({step for commit in branch if (step := copies.step(commit)) is not None})
    if len(reached) > limit or not all(history.graph.parents[commit] for commit in reached):
        # Another history: only the steps without a gap that end in this head came with it.
        run = positions[-1:]
        while run[0] - 1 in positions:
            run.insert(0, run[0] - 1)
        branch = [commit for commit in branch if history.twins.get(history.key(commit), run[0]) >= run[0]]
        positions = run
    return positions if branch and len(positions) >= _REBASED_SHARE * len(branch) else []
