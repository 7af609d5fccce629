"""Pull requests that landed inside a merge of another one: by the graph, then by words that their PR ref confirms."""

from __future__ import annotations

import re
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
# What git writes for a merge of a branch of the same remote; a remote of another name, a tag or a commit is another's.
_OWN_BRANCH = re.compile(
    r"Merge (?:branch '[^']+'(?: of (?P<url>\S+))?|remote-tracking branch 'origin/[^']+')(?: into \S+)?$"
)
# Branches that gather requests before they land, as git-flow and rollups name them; a fork has numbers of its own.
_GATHERING = re.compile(
    r"(?:^|[:/])(?:dev|devel|develop|development|next|staging|integration|releases?|rollup)(?![a-z])"
)


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
            taken: set[int] = set()
            yield from split_batch(history, position, number, claimed, taken)
            if not history.heads and _gathers(history, position):
                yield from self._by_words_alone(position, number, claimed, taken)
            return
        within = {*self.merged.steps.get(position, ()), *self.merged.inside.get(position, ())} - {number}
        by_graph = sorted(within - claimed, key=lambda n: (history.depth[history.heads[n]], n))
        taken = set()
        for inner in by_graph:
            yield self._with_head(position, inner, taken)
        claimed.update(by_graph)
        yield from split_batch(history, position, number, claimed, taken)
        for commit in sorted(history.segments[position], key=history.depth.__getitem__):  # oldest first
            if commit not in taken and (change := self._with_words(position, commit, claimed, taken)) is not None:
                yield change

    def _by_words_alone(
        self, position: int, number: int | None, claimed: set[int], taken: set[int]
    ) -> Iterator[Landed]:
        """Without any PR ref: the requests that merges inside the step name, and squashes if the step names none.

        They are in doubt: a number may be another repository's, or that of an issue.
        """
        history = self.history
        segment = history.segments[position]
        if not all(history.graph.parents[commit] for commit in segment):  # a repository that was merged whole
            return
        for commit in sorted(segment, key=history.depth.__getitem__):
            named = history.read(commit).numbers
            inner = next((n for n in named if n not in claimed and n != number), None)
            if inner is None or commit in taken or not (history.merge(commit) or number is None):
                continue
            history.doubt_number("inside_by_words", inner)
            yield self._named(position, inner, commit, claimed, taken)

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
        return None if number is None else self._named(position, number, commit, claimed, taken)

    def _named(self, position: int, number: int, commit: int, claimed: set[int], taken: set[int]) -> Landed:
        """The pull request `number`, which landed in the branch of the step by `commit`."""
        history, read = self.history, self.history.read(commit)
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


def _gathers(history: History, position: int) -> bool:
    """Whether the message of a merge says that it brought a branch of this repository that may hold requests."""
    commit = history.chain[position]
    read = history.read(commit)
    if read.numbers:
        return _GATHERING.search(read.branch.lower()) is not None
    match = _OWN_BRANCH.match(history.subject(commit))
    if match is None:
        return False
    url = (match["url"] or "").lower().removesuffix(".git")
    return not url or any(url.endswith(("/" + own, ":" + own)) for own in history.addresses)
