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

from headway.raw_tables.table import TEXT
from warehouse.commit_finder import CommitFinder
from warehouse.graph import NEVER, Graph, first_reach
from warehouse.model import Input, PythonModel, Table
from warehouse.models.changes.commit_messages import picked_from
from warehouse.models.deployments.deployment_chain import DEPLOYMENTS, Deployed, Step, deployed, steps

__all__ = ["ARRIVALS", "MODEL", "arrivals"]

ARRIVALS = Table(
    "arrivals",
    "the deployments that first tried, staged and shipped each change",
    "one row per repository and change",
    ("repo_id", "change_key"),
    (
        ("repo_id", TEXT, "repository"),
        ("change_key", TEXT, "change, `#<number>` or `@<sha>`"),
        ("production_deployment_id", TEXT, "the first successful production deployment that contains it"),
        (
            "mapped_by",
            TEXT,
            "how it contains it: ancestor, cherry_pick_trailer, patch_id, branch_deploy, or empty",
        ),
        ("mapped_through", TEXT, "the commit that the deployment contains"),
        ("attempt_deployment_id", TEXT, "the first production deployment created with it, successful or not"),
        (
            "staged_deployment_id",
            TEXT,
            "the first successful deployment with it to an environment before production",
        ),
        ("undatable_deployment_id", TEXT, "a production deployment with it whose time, or whose success, is unknown"),
        ("rollback_deployment_id", TEXT, "the first rollback that withdrew it from production"),
        ("integrated_sha", TEXT, "the first commit with it on which CI succeeded"),
    ),
)


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
        return ARRIVALS.of([])
    deployments = tables["deployment_times"].to_pylist()
    # Without its history a commit is contained where it is deployed itself, and nowhere else.
    named = (change[name] for change in changes for name in ("landing_sha", "head_sha"))
    graph = Graph.of(tables["commits"]).having(sha for sha in named if sha)
    production = [row for row in deployments if row["production"]]
    shipped = _Sweep.of(graph, deployed(graph, production, "succeeded_at"))
    tried = _Sweep.of(graph, deployed(graph, production, "created_at"))
    before = (row for row in deployments if not row["production"] and not row.get("excluded"))
    staged = _Sweep.of(graph, deployed(graph, before, "succeeded_at"))
    undatable = _undatable(graph, production)
    green = [graph.index[sha] for sha in tables["ci_successes"]["sha"].to_pylist() if sha in graph.index]
    integrated = first_reach(graph, green)
    copies = _copies(graph, tables, {change["landing_sha"] for change in changes})
    own_commits = _single_commits(graph, tables["change_commits"])
    brought = _single_commits(graph, tables["landed_commits"]) if any(copied for _, _, copied in copies.kinds) else {}
    back = _withdrawals(graph, shipped.deployments)
    rows = []
    for change in changes:
        landing = graph.index.get(change["landing_sha"] or "")
        head = graph.index.get(change["head_sha"] or "")
        key = change["change_key"]
        # What was merged may be a squash or a copy of what was written: a cherry-pick of either ships the change.
        commits = [parts[key] for parts in (own_commits, brought) if key in parts]
        position, how, through = _first(shipped.first, landing, head, commits, copies)
        # Attempts and staging of a branch are review apps and previews, not deployments of the landing.
        branch = head if how == "branch_deploy" else None
        attempt = _first(tried.first, landing, branch, commits, copies)[0]
        rollbacks = back.get(landing, ()) if landing is not None else ()
        rows.append(
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
    return ARRIVALS.of(rows)


def _after(shipped: _Sweep, position: int, rollback: Deployed) -> bool:
    return position != NEVER and shipped.deployments[position].at <= rollback.at


def _first(
    first: Sequence[int], landing: int | None, head: int | None, commits: Sequence[Sequence[int]], copies: _Copies
) -> tuple[int, str, int | None]:
    """Position of the first deployment with the change, how it is contained, and the commit that shows it."""
    options: list[tuple[int, int, str, int]] = []
    if landing is not None:
        if first[landing] != NEVER:
            options.append((first[landing], 0, "ancestor", landing))
        options += _by_copy(first, landing, [landing], copies)
        for parts in commits:
            if parts != [landing]:
                options += _by_copy(first, landing, parts, copies)
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
            later_copies = copies.after(landing, copied.get(commit, ()))
            places = [(first[copy], copy) for copy in later_copies if first[copy] != NEVER]
            if not places:
                break
            best.append(min(places))
        else:
            position, copy = max(best)
            options.append((position, rank, how, copy))
    return options


def _copies(graph: Graph, tables: Mapping[str, pa.Table], landings: Iterable[str | None]) -> _Copies:
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
    return _Copies(((1, "cherry_pick_trailer", picks), (2, "patch_id", equal)), landed)


def _picks(graph: Graph, tables: Mapping[str, pa.Table]) -> dict[int, list[int]]:
    """For each commit its cherry-picks, as their messages name it: by its id, or by the request that it landed."""
    picks: dict[int, list[int]] = {}
    messages = tables["commits"]["message"].to_pylist()
    named = {commit: picked for commit, text in enumerate(messages) if any(picked := picked_from(text))}
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
    return picks


def _single_commits(graph: Graph, change_commits: pa.Table) -> dict[str, list[int]]:
    """The commits of each change that are no merges."""
    by_change: dict[str, list[int]] = {}
    for key, sha in zip(*(change_commits[name].to_pylist() for name in ("change_key", "sha")), strict=True):
        commit = graph.index.get(sha)
        if commit is not None and len(graph.parents[commit]) < 2:
            by_change.setdefault(key, []).append(commit)
    return by_change


def _undatable(graph: Graph, rows: Iterable[Mapping[str, Any]]) -> _Sweep:
    deployments = [
        Deployed(row["deployment_id"], graph.index[row["sha"]], ("", ""), datetime.min)  # noqa: DTZ901
        for row in rows
        if row["undatable"] and row["sha"] in graph.index
    ]
    return _Sweep.of(graph, deployments)


def _withdrawals(graph: Graph, deployments: Iterable[Deployed]) -> dict[int, list[Step]]:
    withdrawn: dict[int, list[Step]] = {}
    for step in sorted(steps(graph, deployments), key=lambda step: (step.deployment.at, step.deployment.id)):
        for commit in step.withdrawn:
            withdrawn.setdefault(commit, []).append(step)
    return withdrawn


MODEL = PythonModel(
    "arrivals",
    (
        Input("change_landings", ("repo_id", "change_key", "landing_sha", "head_sha"), ("change_key",)),
        Input("commits", ("sha", "parents", "message"), ("sha",)),
        DEPLOYMENTS,
        Input("change_commits", ("change_key", "sha"), ("change_key", "sha")),
        Input("landed_commits", ("change_key", "sha"), ("change_key", "sha")),
        Input("patch_ids", ("sha", "patch_id"), ("sha",)),
        Input("ci_successes", ("sha", "green_at"), ("green_at", "sha")),
    ),
    (ARRIVALS,),
    arrivals,
)
