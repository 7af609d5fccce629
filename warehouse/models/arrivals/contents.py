"""What a deployment may contain of a change: its landing commit, copies of what it is made of, or its branch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from headway.forge_words import holding
from warehouse.commit_finder import CommitFinder
from warehouse.graph import NEVER, Graph, Reach, first_reach
from warehouse.models.changes.commit_messages import picked_from
from warehouse.models.rows import having

__all__ = ["NOWHERE", "Content", "Contents"]

NOWHERE: tuple[int, str, int | None] = (NEVER, "", None)
"""What `Content.first` says of a change that no deployment contains."""


class Content(NamedTuple):
    """One change as commits of the graph.

    `commits`: what it is made of, as written and as landed: what was merged may be a squash or a copy of what was
    written, and a cherry-pick of either ships the change.
    """

    landing: int | None
    head: int | None
    commits: Sequence[Sequence[int]]
    copies: Copies

    def first(self, reach: Reach, *, branch: bool) -> tuple[int, str, int | None]:
        """Position of the first deployment with the change, how it is contained, and the commit that shows it.

        With `branch` a deployment of its branch counts, too.
        """
        landing, head = self.landing, self.head
        landed = NEVER if landing is None else reach.first(landing)
        written = reach.first(head) if branch and head is not None and head != landing else NEVER
        if not self.commits:  # the usual case
            if written != NEVER and (landed == NEVER or written < landed):
                return written, "branch_deploy", head
            return NOWHERE if landed == NEVER else (landed, "ancestor", landing)
        options: list[tuple[int, int, str, int]] = []
        if landing is not None:
            if landed != NEVER:
                options.append((landed, 0, "ancestor", landing))
            for parts in self.commits:
                options += _by_copy(reach, landing, parts, self.copies)
        if head is not None and written != NEVER:
            options.append((written, 3, "branch_deploy", head))
        if not options:
            return NOWHERE
        position, _, how, through = min(options)
        return position, how, through


@dataclass(frozen=True)
class Contents:
    """The commits of all changes of a repository."""

    own: Mapping[str, list[int]]
    brought: Mapping[str, list[int]]
    copies: Copies

    @classmethod
    def of(cls, graph: Graph, tables: Mapping[str, pa.Table], changes: Collection[Mapping[str, Any]]) -> Contents:
        """From `change_commits`, `landed_commits`, `patch_ids` and the messages of `commits`."""
        copies = _copies(graph, tables, {change["landing_sha"] for change in changes})
        if not copies.any:
            return cls({}, {}, copies)
        landings = tables["change_landings"]
        landed = landings["change_key"].filter(pc.is_valid(landings["landing_sha"]))
        own, brought = (
            _single_commits(graph, having(tables[name], "change_key", landed))
            for name in ("change_commits", "landed_commits")
        )
        return cls(own, brought, copies)

    def of_change(self, key: str, landing: int | None, head: int | None) -> Content:
        """The commits of one change, where copies of all of them may ship it."""
        if landing is None or not self.copies.any:
            return Content(landing, head, (), self.copies)
        parts = [
            [landing],
            *(commits[key] for commits in (self.own, self.brought) if commits.get(key, [landing]) != [landing]),
        ]
        return Content(landing, head, [commits for commits in parts if self.copies.of_all(commits)], self.copies)


@dataclass(frozen=True)
class Copies:
    """Commits that repeat others, by kind and rank, and where on the default branch each commit came in."""

    kinds: Sequence[tuple[int, str, Mapping[int, Sequence[int]]]]
    landed: Sequence[int]

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return any(copied for _, _, copied in self.kinds)

    def of_all(self, commits: Sequence[int]) -> bool:
        """Whether each of `commits`, of which there are some, has a copy of one kind."""
        first = commits[0]
        kinds = [copied for _, _, copied in self.kinds if first in copied]  # most commits have none
        return any(all(commit in copied for commit in commits) for copied in kinds)

    def after(self, landing: int, copies: Sequence[int]) -> list[int]:
        """Those that were not on the default branch before `landing`: after a revert the same patch may land again."""
        return [copy for copy in copies if self.landed[copy] == NEVER or self.landed[copy] >= self.landed[landing]]


def _by_copy(reach: Reach, landing: int, commits: Sequence[int], copies: Copies) -> list[tuple[int, int, str, int]]:
    """Shipped when every one of `commits` is there as a copy: at the last of them."""
    options = []
    for rank, how, copied in copies.kinds:
        best = []
        for commit in commits:
            later_copies = copies.after(landing, copied.get(commit, ()))
            places = [(position, copy) for copy in later_copies if (position := reach.first(copy)) != NEVER]
            if not places:
                break
            best.append(min(places))
        else:
            position, copy = max(best)
            options.append((position, rank, how, copy))
    return options


def _copies(graph: Graph, tables: Mapping[str, pa.Table], landings: Iterable[str | None]) -> Copies:
    """Cherry-picks by trailer, and commits with an equal patch id where those were collected."""
    picks = _picks(graph, tables)
    equal: dict[int, list[int]] = {}
    groups: dict[str, list[int]] = {}
    for sha, patch in zip(*(tables["patch_ids"][name].to_pylist() for name in ("sha", "patch_id")), strict=True):
        if sha in graph.index:
            groups.setdefault(patch, []).append(graph.index[sha])
    for commits in groups.values():
        for commit in commits if len(commits) > 1 else ():
            equal[commit] = [other for other in commits if other != commit]
    depth = graph.depths() if picks or equal else []
    landing_commits = {graph.index[sha] for sha in landings if sha in graph.index} if depth else set()
    landed = first_reach(graph, sorted(landing_commits, key=depth.__getitem__))
    return Copies(((1, "cherry_pick_trailer", picks), (2, "patch_id", equal)), landed)


def _picks(graph: Graph, tables: Mapping[str, pa.Table]) -> dict[int, list[int]]:
    """For each commit its cherry-picks and what it is one of, as messages name it: by id, or by the landed request.

    A fix that was made, and deployed, on another branch is on the default branch as a pick.
    """
    picks: dict[int, list[int]] = {}
    said = tables["commits"]["message"]
    likely = pc.indices_nonzero(pc.match_substring_regex(said, holding("pick"))).to_pylist()
    messages = said.to_pylist() if likely else []
    named = {commit: picked for commit in likely if any(picked := picked_from(messages[commit]))}
    if not named:
        return picks
    finder = CommitFinder(graph.shas, {})
    columns = (tables["change_landings"][name].to_pylist() for name in ("change_key", "landing_sha"))
    landings = {key: sha for key, sha in zip(*columns, strict=True) if sha in graph.index}
    for commit, picked in named.items():
        shas = [finder.commit(text)[0] for text in picked.commits]
        shas += [landings.get(f"#{number}") for number in picked.numbers]
        for sha in dict.fromkeys(shas):
            if sha is not None and graph.index[sha] != commit:
                picks.setdefault(graph.index[sha], []).append(commit)
                picks.setdefault(commit, []).append(graph.index[sha])
    return picks


def _single_commits(graph: Graph, change_commits: pa.Table) -> dict[str, list[int]]:
    """The commits of each change that are no merges."""
    by_change: dict[str, list[int]] = {}
    for key, sha in zip(*(change_commits[name].to_pylist() for name in ("change_key", "sha")), strict=True):
        commit = graph.index.get(sha)
        if commit is not None and len(graph.parents[commit]) < 2:
            by_change.setdefault(key, []).append(commit)
    return by_change
