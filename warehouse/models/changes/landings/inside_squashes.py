"""Pull requests inside a branch that was squashed or rebased: they landed with it, and no merge on main shows them.

The branch's own list, which its PR ref has, shows them: by a merge of their head, or a squash, that names them. A merge
that names none may bring the main branch of a fork, from which a request was opened once, or what went on in another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from warehouse.graph import NEVER, difference
from warehouse.models.changes.commit_messages import read_landing
from warehouse.models.changes.landings.branch_commits import off_main
from warehouse.models.changes.landings.history import History, Landed

__all__ = ["InsideSquashes"]

_LISTED = "* "


class InsideSquashes:
    """Divides what was written in squashed branches among the pull requests that they contain.

    `claimed` are the numbers that landed, and those found are added.
    """

    def __init__(self, history: History, claimed: set[int]) -> None:
        self.history = history
        self.claimed = claimed
        self._offered = {head for head in history.heads.values() if history.position[head] == NEVER}

    def divide(self, change: Landed, outer: frozenset[int] = frozenset()) -> Iterator[Landed]:
        """The requests inside a change, inner ones first, and then the change with what is left to it.

        `outer` are commits of the changes that it is inside of.
        """
        if not self._offered:
            yield change
            return
        theirs: set[int] = set()
        known = outer.union(change.own)
        for commit in change.own:
            if commit not in theirs and (inner := self._at(change, commit, known)) is not None:
                theirs.update(inner.own, (commit,))
                self.history.record_landed(commit, change.position)  # another branch may have the squash too
                yield from self.divide(inner, known)
        for number in self._named(change):
            own_commits = self._written(change, number, known)
            yield from self.divide(self._landed(change, number, change.commit, own_commits), known)
        if theirs:
            own_commits = tuple(commit for commit in change.own if commit not in theirs)
            work = any(not self.history.merge(commit) for commit in own_commits)
            change = replace(
                change, own=own_commits or (change.commit,), branch_commits=change.branch_commits if work else "empty"
            )
        yield change

    def _at(self, change: Landed, commit: int, known: frozenset[int]) -> Landed | None:
        """The request that a commit of a branch merged, or is the squash of."""
        history = self.history
        if history.position[commit] != NEVER:
            return None
        if history.merge(commit):
            return self._merged_at(change, commit)
        subject = history.subject(commit)
        if ("#" not in subject and "!" not in subject) or self._is_all(change, commit):
            return None
        for number in history.read(commit).numbers:
            if self._free(number) and self._confirms(change, number, commit):
                return self._landed(change, number, commit, self._written(change, number, known))
        return None

    def _merged_at(self, change: Landed, merge: int) -> Landed | None:
        history = self.history
        first, *others = history.graph.parents[merge]
        if self._offered.isdisjoint(others):
            return None
        for number in history.read(merge).numbers:
            if self._free(number) and history.heads[number] in others:
                inside = difference(history.graph, history.depth, history.heads[number], first)
                own_commits = set(change.own)
                return self._landed(change, number, merge, tuple(c for c in inside if c in own_commits))
        return None

    def _is_all(self, change: Landed, commit: int) -> bool:
        """Whether a branch has no other work than one commit: that is its own, whatever it names."""
        return all(other == commit or self.history.merge(other) for other in change.own)

    def _confirms(self, change: Landed, number: int, commit: int) -> bool:
        """Whether a commit may be the squash of a head: by an author of its branch, or with the title of its head."""
        history = self.history
        if history.subject(history.heads[number]) == history.read(commit).title:
            return True
        branch = (history.heads[number], *off_main(history, history.heads[number], change.position)[0])
        return any(
            history.author_email[commit].lower() == history.author_email[c].lower()
            or history.author_name[commit].lower() == history.author_name[c].lower()
            for c in branch
        )

    def _named(self, change: Landed) -> list[int]:
        """Requests that the step itself names beside its own, or in the list of what it squashed: told as doubtful."""
        history = self.history
        if change.number is None or history.position[change.via] == NEVER or change.landed_by == "nested":
            return []
        message = history.messages[change.via]
        numbers: list[int] = []
        if "://" in message:
            numbers += history.in_body(change.via).sure
        if change.branch_commits != "joined" and f"\n{_LISTED}" in message:
            for line in message.splitlines()[1:]:
                if line.startswith(_LISTED):
                    numbers += read_landing(line.removeprefix(_LISTED), merge=False).numbers
        found = [n for n in dict.fromkeys(numbers) if self._free(n) and self._confirms(change, n, change.via)]
        for number in found:
            history.doubt_number("inside_by_words", number)
        return found

    def _free(self, number: int | None) -> bool:
        history = self.history
        if number is None or number in self.claimed or number not in history.heads:
            return False
        return history.position[history.heads[number]] == NEVER

    def _written(self, change: Landed, number: int, known: frozenset[int]) -> tuple[int, ...]:
        commits, believed = off_main(self.history, self.history.heads[number], change.position)
        return tuple(c for c in commits if c not in known) if believed == "joined" else ()

    def _landed(self, change: Landed, number: int, via: int, own_commits: tuple[int, ...]) -> Landed:
        self.claimed.add(number)
        history = self.history
        return Landed(
            number=number,
            commit=change.commit,
            via=via,
            position=change.position,
            landed_by="nested",
            branch_commits="joined" if any(not history.merge(commit) for commit in own_commits) else "empty",
            own=own_commits,
            brought=(),
            title=history.read(via).title if via != change.commit else history.subject(history.heads[number]),
            branch="",
        )
