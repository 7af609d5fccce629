"""Pull requests whose head is a step of the default branch: that was moved forward, and brought more than the head.

Git does not record where the branch began. What is on the default branch for another reason ends it: another pull
request, a merge, a release, or a step that other branches left from. Between that and the head, pushes may have come
first: then the run of one author is taken, and told to be in doubt.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from warehouse.graph import NEVER
from warehouse.models.changes.landings.history import History

__all__ = ["MovedForward"]

# Between two commits of one branch; a longer pause is more likely between two pieces of work.
_PAUSE = timedelta(days=7)
# A rebase, and a script, commit a whole branch at once, whoever wrote it.
_AT_ONCE = timedelta(seconds=60)


class MovedForward:
    """Finds the steps that came with a head; `taken` are the positions of steps that other changes have."""

    def __init__(self, history: History, taken: Collection[int]) -> None:
        self.history = history
        self.taken = taken
        self._left = _left_from(history)
        self._heads = {history.position[head] for head in history.heads.values() if history.position[head] != NEVER}

    def steps(self, number: int, at: int) -> list[int]:
        """The positions of a request whose head is the step at `at`, oldest first; what is inferred is noted."""
        history = self.history
        if self._names(at) == (number,):
            run = [at]
            while self._names(run[0] - 1) == (number,) and run[0] - 1 not in self.taken:
                run.insert(0, run[0] - 1)
            return run
        free = self._free(at)
        count = history.reports.commits.get(number)
        if count is not None:
            if count - 1 > len(free):
                history.doubt_number("moved_forward", number)
            return [*reversed(free[: max(count - 1, 0)]), at]
        if free:
            history.doubt_number("moved_forward", number)
        run = [at]
        for position in free:
            if not self._belongs(position, run[0], at):
                break
            run.insert(0, position)
        return run

    def _free(self, at: int) -> list[int]:
        """The positions before a head that may have come with it, newest first."""
        history, free = self.history, []
        for position in range(at - 1, max(at - history.max_branch_commits, 0), -1):
            commit = history.chain[position]
            if position in self.taken or position in self._heads or position in self._left or history.merge(commit):
                break
            if commit in history.tagged or history.read(commit).numbers or self._names(position):
                break
            free.append(position)
        return free

    def _names(self, position: int) -> tuple[int, ...]:
        """The request that the body of a step surely names."""
        return self.history.in_body(self.history.chain[position]).sure if position >= 0 else ()

    def _belongs(self, position: int, next_one: int, at: int) -> bool:
        history = self.history
        commit, later, head = (history.chain[place] for place in (position, next_one, at))
        if abs(history.committed_at[later] - history.committed_at[commit]) <= _AT_ONCE:
            return True
        same = history.author_email[commit].lower() == history.author_email[head].lower()
        return same and abs(history.authored_at[later] - history.authored_at[commit]) <= _PAUSE


def _left_from(history: History) -> set[int]:
    """The positions of steps that other commits than the next step go on from, or merged: each was a tip once."""
    left: set[int] = set()
    chain, place = history.chain, history.position
    for commit, parents in enumerate(history.graph.parents):
        for parent in parents:
            at = place[parent]
            if at != NEVER and chain[at] == parent and (at + 1 == len(chain) or chain[at + 1] != commit):
                left.add(at)
    return left
