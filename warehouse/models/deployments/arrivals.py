"""Which deployment brought each change to production, and what each deployment was.

The rule is containment over the whole commit graph: the first successful production deployment whose commit has the
landing commit as an ancestor, or a cherry-pick of it. Linear in commits and edges (`warehouse.graph.first_reach`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from warehouse.graph import NEVER, Graph, difference, first_reach
from warehouse.models.deployments.deployments_seen import CommitFinder
from warehouse.models.initiatives.subjects import picked_from

__all__ = ["ARRIVALS", "CHAIN", "arrivals", "deployment_chain"]

ARRIVALS = pa.schema(
    [
        ("repo_id", pa.string()),
        ("change_key", pa.string()),
        ("production_deployment_id", pa.string()),
        ("mapped_by", pa.string()),
        ("mapped_through", pa.string()),
        ("attempt_deployment_id", pa.string()),
        ("staged_deployment_id", pa.string()),
        ("undatable_deployment_id", pa.string()),
        ("rollback_deployment_id", pa.string()),
        ("integrated_sha", pa.string()),
    ]
)
CHAIN = pa.schema(
    [
        ("repo_id", pa.string()),
        ("deployment_id", pa.string()),
        ("kind", pa.string()),
        ("previous_deployment_id", pa.string()),
        ("new_commits", pa.int64()),
        ("withdrawn_commits", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Deployed:
    """A deployment with a known commit."""

    id: str
    commit: int
    lane: tuple[str, str]
    at: datetime


@dataclass(frozen=True)
class Step:
    """What one deployment was, beside what ran before it in the same environment."""

    deployment: Deployed
    kind: str
    previous: str | None
    new_commits: int
    withdrawn: tuple[int, ...]


def steps(graph: Graph, deployments: Iterable[Deployed]) -> list[Step]:
    """Follow each environment's deployments through time.

    `first`; `release` ships commits new to the environment; `redeploy` the same commit again; `rollback` an ancestor of
    what ran, which withdraws the difference; `rollforward` something shipped before that is no ancestor of what ran.
    """
    lanes: dict[tuple[str, str], list[Deployed]] = {}
    for deployment in sorted(deployments, key=lambda d: (d.at, d.id)):
        lanes.setdefault(deployment.lane, []).append(deployment)
    depth = graph.depths() if lanes else []
    return [step for lane in lanes.values() for step in _lane_steps(graph, depth, lane)]


def _lane_steps(graph: Graph, depth: Sequence[int], lane: list[Deployed]) -> Iterable[Step]:
    first = first_reach(graph, [deployment.commit for deployment in lane])
    new = [0] * len(lane)
    for position in first:
        if position != NEVER:
            new[position] += 1
    live: Deployed | None = None
    for position, deployment in enumerate(lane):
        withdrawn: tuple[int, ...] = ()
        if live is None:
            kind = "first"
        elif new[position]:
            kind = "release"
        elif deployment.commit == live.commit:
            kind = "redeploy"
        elif next(difference(graph, depth, deployment.commit, live.commit), None) is not None:
            kind = "rollforward"
        else:
            kind = "rollback"
            withdrawn = tuple(difference(graph, depth, live.commit, deployment.commit))
        yield Step(deployment, kind, live.id if live else None, new[position], withdrawn)
        live = deployment


def deployment_chain(tables: Mapping[str, pa.Table]) -> pa.Table:
    """One row per successful, dated deployment with a known commit: what it was in its environment."""
    graph = Graph.of(tables["commits"])
    rows = tables["deployment_times"].to_pylist()
    done = steps(graph, _deployed(graph, rows, "succeeded_at"))
    return pa.Table.from_pylist(
        [
            {
                "repo_id": rows[0]["repo_id"],
                "deployment_id": step.deployment.id,
                "kind": step.kind,
                "previous_deployment_id": step.previous,
                "new_commits": step.new_commits,
                "withdrawn_commits": len(step.withdrawn),
            }
            for step in done
        ],
        CHAIN,
    )


def _deployed(graph: Graph, rows: Iterable[Mapping[str, Any]], time: str) -> list[Deployed]:
    found = [
        Deployed(row["deployment_id"], graph.index[row["sha"]], (row["environment"], row["application"]), row[time])
        for row in rows
        if row[time] is not None and row["sha"] in graph.index
    ]
    return sorted(found, key=lambda d: (d.at, d.id))


@dataclass(frozen=True)
class _Sweep:
    """The first of an ordered list of deployments to contain each commit."""

    deployments: list[Deployed]
    first: list[int]

    @classmethod
    def of(cls, graph: Graph, deployments: list[Deployed]) -> _Sweep:
        return cls(deployments, first_reach(graph, [deployment.commit for deployment in deployments]))

    def id(self, position: int) -> str | None:
        return None if position == NEVER else self.deployments[position].id


def arrivals(tables: Mapping[str, pa.Table]) -> pa.Table:
    """One row per change of the repository: the deployments that first tried, staged and shipped it."""
    changes = tables["change_landings"].to_pylist()
    if not changes:
        return pa.Table.from_pylist([], ARRIVALS)
    rows = tables["deployment_times"].to_pylist()
    # Without its history a commit is contained where it is deployed itself, and nowhere else.
    named = (change[name] for change in changes for name in ("landing_sha", "head_sha"))
    graph = Graph.of(tables["commits"]).having(sha for sha in named if sha)
    production = [row for row in rows if row["production"]]
    shipped = _Sweep.of(graph, _deployed(graph, production, "succeeded_at"))
    tried = _Sweep.of(graph, _deployed(graph, production, "created_at"))
    staged = _Sweep.of(graph, _deployed(graph, (row for row in rows if not row["production"]), "succeeded_at"))
    undatable = _undatable(graph, production)
    green = [graph.index[sha] for sha in tables["ci_greens"]["sha"].to_pylist() if sha in graph.index]
    integrated = first_reach(graph, green)
    copies = _copies(graph, tables, {change["landing_sha"] for change in changes})
    own = _own_commits(graph, tables["change_commits"])
    back = _withdrawals(graph, shipped.deployments)
    found = []
    for change in changes:
        landing = graph.index.get(change["landing_sha"] or "")
        head = graph.index.get(change["head_sha"] or "")
        commits = own.get(change["change_key"], [])
        position, how, through = _first(shipped.first, landing, head, commits, copies)
        # What was tried or staged of a branch is no deployment of what landed: that is for review apps and previews.
        branch = head if how == "branch_deploy" else None
        attempt = _first(tried.first, landing, branch, commits, copies)[0]
        rollbacks = back.get(landing, ()) if landing is not None else ()
        found.append(
            {
                "repo_id": change["repo_id"],
                "change_key": change["change_key"],
                "production_deployment_id": shipped.id(position),
                "mapped_by": how,
                "mapped_through": graph.shas[through] if through is not None else None,
                "attempt_deployment_id": tried.id(attempt),
                "staged_deployment_id": staged.id(_first(staged.first, landing, None, commits, copies)[0]),
                "undatable_deployment_id": undatable.id(undatable.first[landing]) if landing is not None else None,
                "rollback_deployment_id": next(
                    (step.deployment.id for step in rollbacks if _after(shipped, position, step.deployment)), None
                ),
                "integrated_sha": graph.shas[green[integrated[landing]]]
                if landing is not None and integrated[landing] != NEVER
                else None,
            }
        )
    return pa.Table.from_pylist(found, ARRIVALS)


def _after(shipped: _Sweep, position: int, rollback: Deployed) -> bool:
    return position != NEVER and shipped.deployments[position].at <= rollback.at


def _first(
    first: Sequence[int], landing: int | None, head: int | None, own: Sequence[int], copies: _Copies
) -> tuple[int, str, int | None]:
    """Position of the first deployment with the change, how it is contained, and the commit that shows it."""
    options: list[tuple[int, int, str, int]] = []
    if landing is not None:
        if first[landing] != NEVER:
            options.append((first[landing], 0, "ancestor", landing))
        options += _by_copy(first, landing, [landing], copies)
        if own and own != [landing]:
            options += _by_copy(first, landing, own, copies)
    if head is not None and head != landing and first[head] != NEVER:
        options.append((first[head], 3, "branch_deploy", head))
    if not options:
        return NEVER, "", None
    position, _, how, through = min(options)
    return position, how, through


@dataclass(frozen=True)
class _Copies:
    """Commits that repeat others, by kind and rank, and where on the default branch each commit came in."""

    kinds: Sequence[tuple[int, str, Mapping[int, Sequence[int]]]]
    landed: Sequence[int]

    def after(self, landing: int, copies: Sequence[int]) -> list[int]:
        """Those that were not on the default branch before `landing`: after a revert the same patch may land again."""
        return [copy for copy in copies if self.landed[copy] == NEVER or self.landed[copy] >= self.landed[landing]]


def _by_copy(
    first: Sequence[int], landing: int, commits: Sequence[int], copies: _Copies
) -> list[tuple[int, int, str, int]]:
    """Shipped when every one of `commits` is there as a copy: at the last of them."""
    options = []
    for rank, how, copied in copies.kinds:
        best = []
        for commit in commits:
            found = copies.after(landing, copied.get(commit, ()))
            places = [(first[copy], copy) for copy in found if first[copy] != NEVER]
            if not places:
                break
            best.append(min(places))
        else:
            position, copy = max(best)
            options.append((position, rank, how, copy))
    return options


def _copies(graph: Graph, tables: Mapping[str, pa.Table], landings: Iterable[str | None]) -> _Copies:
    """Cherry-picks by trailer, and commits with an equal patch id where those were collected."""
    picks: dict[int, list[int]] = {}
    messages = tables["commits"]["message"].to_pylist()
    named = {commit: picked_from(text) for commit, text in enumerate(messages) if "(cherry picked from" in text}
    finder = CommitFinder(graph.shas, {}) if named else None
    for commit, sources in named.items():
        for text in sources:
            sha = finder.commit(text)[0] if finder else None
            if sha is not None and graph.index[sha] != commit:
                picks.setdefault(graph.index[sha], []).append(commit)
    equal: dict[int, list[int]] = {}
    groups: dict[str, list[int]] = {}
    for sha, patch in zip(*(tables["patch_ids"][name].to_pylist() for name in ("sha", "patch_id")), strict=True):
        if sha in graph.index:
            groups.setdefault(patch, []).append(graph.index[sha])
    for commits in groups.values():
        for commit in commits if len(commits) > 1 else ():
            equal[commit] = [other for other in commits if other != commit]
    depth = graph.depths() if picks or equal else []
    known = {graph.index[sha] for sha in landings if sha in graph.index} if depth else set()
    landed = first_reach(graph, sorted(known, key=depth.__getitem__))
    return _Copies(((1, "cherry_pick_trailer", picks), (2, "patch_id", equal)), landed)


def _own_commits(graph: Graph, change_commits: pa.Table) -> dict[str, list[int]]:
    own: dict[str, list[int]] = {}
    for key, sha in zip(*(change_commits[name].to_pylist() for name in ("change_key", "sha")), strict=True):
        commit = graph.index.get(sha)
        if commit is not None and len(graph.parents[commit]) < 2:
            own.setdefault(key, []).append(commit)
    return own


def _undatable(graph: Graph, rows: Iterable[Mapping[str, Any]]) -> _Sweep:
    found = [
        Deployed(row["deployment_id"], graph.index[row["sha"]], ("", ""), datetime.min)  # noqa: DTZ901
        for row in rows
        if row["undatable"] and row["sha"] in graph.index
    ]
    return _Sweep.of(graph, found)


def _withdrawals(graph: Graph, deployments: Iterable[Deployed]) -> dict[int, list[Step]]:
    withdrawn: dict[int, list[Step]] = {}
    for step in sorted(steps(graph, deployments), key=lambda step: (step.deployment.at, step.deployment.id)):
        for commit in step.withdrawn:
            withdrawn.setdefault(commit, []).append(step)
    return withdrawn
