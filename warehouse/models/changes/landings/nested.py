"""Pull requests that landed inside a merge of another one: by the graph, then by words that their PR ref confirms."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from functools import cached_property

from warehouse.graph import NEVER, difference
from warehouse.models.changes.commit_messages import title_of
from warehouse.models.changes.landings.batches import split_batch
from warehouse.models.changes.landings.branch_commits import off_main, run_of
from warehouse.models.changes.landings.history import History, Landed
from warehouse.models.changes.landings.merged_heads import MergedHeads

__all__ = ["NestedLandings"]

# A squash within a merged branch is made soon after its head: in changesets and BuildXL all of 643 within a month.
_SQUASHED_WITHIN = timedelta(days=31)


class NestedLandings:
    """Divides what the merges of the default branch brought among the pull requests that they contain."""

    def __init__(self, history: History, merged: MergedHeads) -> None:
        self.history = history
        self.merged = merged

    @cached_property
    def _heads(self) -> set[int]:
        return set(self.history.heads.values())

    def of_step(self, position: int, number: int | None, claimed: set[int]) -> Iterator[Landed]:
        """The pull requests inside a step that lands `number`; `claimed` are those that landed, and these are added.

        Those whose head is there come first, inner ones before outer ones: each takes the commits that are left.
        """
        history = self.history
        if not history.heads and not history.reports.merged:
            yield from split_batch(history, position, number, claimed, set())
            return
        within = {*self.merged.steps.get(position, ()), *self.merged.inside.get(position, ())} - {number}
        by_graph = sorted(within - claimed, key=lambda n: (history.depth[history.heads[n]], n))
        taken: set[int] = set()
        for inner in by_graph:
            yield self._with_head(position, inner, taken)
        claimed.update(by_graph)
        yield from split_batch(history, position, number, claimed, taken)
        for commit in sorted(history.segments[position], key=history.depth.__getitem__):  # oldest first
            if commit not in taken and (change := self._with_words(position, commit, claimed, taken)) is not None:
                yield change

    def _with_head(self, position: int, number: int, taken: set[int]) -> Landed:
        """A pull request whose head is among what the step brought."""
        history, step = self.history, self.history.chain[position]
        head, via = history.heads[number], self.merged.merges.get(number)
        if via is None:
            commits = run_of(history, head, position, taken, self._heads)
        else:
            commits = tuple(
                commit
                for commit in difference(history.graph, history.depth, head, history.graph.parents[via][0])
                if history.position[commit] == position and commit not in taken
            )
        merges = (via,) if via is not None and via != step and via not in taken else ()
        taken.update(commits, merges)
        title, branch = history.subject(head), ""
        if via is not None:
            read = history.read(via)
            first = read.numbers[:1] == (number,)
            title = read.title if first else title_of(history.messages[via], number) or title
            branch = read.branch if first else ""
        return Landed(
            number=number,
            commit=step,
            via=via if via is not None else head,
            position=position,
            landed_by="nested",
            branch_commits="joined" if commits else "empty",
            own=commits or merges,
            brought=commits + merges,
            title=title,
            branch=branch,
        )

    def _with_words(self, position: int, commit: int, claimed: set[int], taken: set[int]) -> Landed | None:
        """A pull request that a commit inside the step names.

        Without a PR ref a number may be another repository's (a fork that follows its upstream merges such commits).
        What the forge itself says needs none.
        """
        history = self.history
        read = history.read(commit)
        reported = history.reports.merged.get(commit)
        named = [n for n in read.numbers if n in history.heads]
        # The graph has the merges of heads: another may be one of a squash.
        confirms = self._was_squashed if history.merge(commit) else self._is_squash
        named = [n for n in named if n not in claimed and confirms(n, commit)]
        number = next((n for n in ([reported] if reported is not None else named) if n not in claimed), None)
        if number is None:
            return None
        claimed.add(number)
        own_commits, believed, brought = self._own(position, number, commit, taken)
        taken.update(brought, own_commits)
        return Landed(
            number=number,
            commit=history.chain[position],
            via=commit,
            position=position,
            landed_by="nested",
            branch_commits=believed,
            own=own_commits or (commit,),
            brought=brought,
            title=read.title,
            branch=read.branch,
        )

    def _own(
        self, position: int, number: int, commit: int, taken: Collection[int]
    ) -> tuple[tuple[int, ...], str, tuple[int, ...]]:
        """Own commits, whether they are believed, and the commits of the default branch that came by `commit`."""
        history = self.history
        merged: tuple[int, ...] = ()
        if history.merge(commit):
            inside = difference(history.graph, history.depth, commit, history.graph.parents[commit][0])
            merged = tuple(c for c in inside if c != commit and history.position[c] == position and c not in taken)
            if not self._was_squashed(number, commit):
                return merged, "joined" if merged else "empty", (*merged, commit)
        head = history.heads.get(number)
        written, believed = off_main(history, head, position) if head is not None else ((), "no_ref")
        own_commits = tuple(c for c in written if c not in taken)
        if merged and not own_commits:
            return merged, "joined", (*merged, commit)
        return own_commits, believed, (*merged, commit)

    def _is_squash(self, number: int, commit: int) -> bool:
        """Whether a commit may be the squash of a head; a repository that was merged whole has numbers of its own."""
        history, head = self.history, self.history.heads[number]
        return (
            history.author_email[head].lower() == history.author_email[commit].lower()
            or history.subject(head) == history.read(commit).title
            or abs(history.committed_at[head] - history.committed_at[commit]) <= _SQUASHED_WITHIN
        )

    def _was_squashed(self, number: int, merge: int) -> bool:
        """Whether a merge may have brought a squash, or a copy, of a head: made after it, and with its author."""
        history = self.history
        head, brought = history.heads.get(number), history.graph.parents[merge][1]
        return (
            head is not None
            and history.position[head] == NEVER
            and history.committed_at[head] <= history.committed_at[merge]
            and history.author_email[head].lower() == history.author_email[brought].lower()
        )
