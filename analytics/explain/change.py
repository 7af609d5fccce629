"""One change: each milestone with the record that it came from, why it is or is not AI work, and what shipped it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import duckdb

from analytics.explain.incomplete import NOT_COMPLETE, incomplete_change, why_incomplete
from analytics.explain.initiatives import memberships
from analytics.explain.records import deployment_records, forge_records, friction
from analytics.explain.repairs import repair_lines
from analytics.explain.services import service_lines
from analytics.worklist.attention import whom_of
from headway.errors import AnalysisError

__all__ = ["Explanation", "Milestone", "Stage", "explain"]

STAGES = ("coding", "rework", "pickup", "review", "merge", "build", "staging", "release", "deploy")
_UNKNOWN = {
    "before_first_deployment": (
        "it was code complete before the first recorded production deployment of its service: arrival not observed"
    ),
    "undatable_deployment": "only a deployment without a date, or without any status, contains it",
    "deployment_without_commit": "it may have arrived with a deployment of an unknown commit, history or part",
    "in_doubt": "its service is in doubt: changes went on landing, and no production deployment has them",
    "merged_elsewhere": "it was merged into another branch; no history shows whether it went further",
}
_ARRIVALS = {
    "production": "reported; no deployment in the data contains it",
    "abandoned": "closed unmerged",
    "no_deployments": "its repository reports no deployments",
    "nothing_to_deploy": "it touches the paths of no service: there is nothing to deploy",
}
_NEARLY_ALL = 0.995  # a probability that would be shown as 100%
_COMMIT = "commits.sha, author_name, author_email, authored_at, committed_at, message"
_OPEN_HEAD = "Git has its head, but does not show whether it is open or closed"

_MILESTONES = (
    "first_commit_at",
    "opened_at",
    "ready_at",
    "first_review_at",
    "code_complete_at",
    "reviewed_at",
    "approved_at",
    "merged_at",
    "integrated_at",
    "staged_at",
    "deploy_started_at",
    "first_production_at",
    "production_at",
    "rolled_back_at",
    "reverted_at",
    "abandoned_at",
)


@dataclass(frozen=True)
class Milestone:
    """A milestone of the change: when (naive UTC, None: not or not yet) and from which record."""

    name: str
    at: datetime | None
    record: str


@dataclass(frozen=True)
class Stage:
    """Hours that it spent, or has spent so far, waiting for something."""

    name: str
    hours: float
    ended: bool


@dataclass(frozen=True)
class Explanation:
    """All data about one change. `change` is its row of `lead_times`, or a row like it if it is not code complete."""

    change: Mapping[str, Any]
    milestones: Sequence[Milestone]
    stages: Sequence[Stage]
    friction: Sequence[str]
    verdict: str
    evidence: Sequence[str]
    deployment: Mapping[str, Any] | None
    arrival: str
    commits: Sequence[Mapping[str, Any]]
    initiatives: Sequence[str] = ()
    repairs: Sequence[str] = ()
    waits_for: str = ""
    services: Sequence[str] = ()


def explain(connection: duckdb.DuckDBPyConnection, change_id: str) -> Explanation:
    """Explain a change; raises `AnalysisError` where there is no such id, with similar ids in the hint."""
    change = _first_row(connection, "select * from lead_times where change_id = $id", id=change_id)
    if change is None:
        columns = connection.cursor().sql("select * from lead_times limit 0").columns
        change = incomplete_change(partial(_rows, connection), dict.fromkeys(columns), change_id)
    if change is None:
        raise _not_found(connection, change_id)
    source = _first_row(connection, "select * from changes where change_id = $id", id=change_id) or {}
    kind = _first_row(connection, "select * from change_kinds where change_id = $id", id=change_id) or {}
    observed = (
        _first_row(connection, "select * from change_milestones where change_id = $id and whole", id=change_id) or {}
    )
    deployment = _first_row(
        connection,
        "select * from deployments where repo_id = $repo and deployment_id = $deployment",
        repo=change["repo_id"],
        deployment=change["deployment_id"],
    )
    commits = _rows(
        connection,
        f"select {_COMMIT}, commits.parents like '% %' as merge from change_commits"  # noqa: S608  (columns of ours)
        " inner join commits on change_commits.repo_id = commits.repo_id and change_commits.sha = commits.sha"
        " where change_commits.repo_id = $repo and change_key = $key"
        f" union all select {_COMMIT}, false as merge from reported_commits as commits"
        " where repo_id = $repo and change_key = $key order by committed_at, sha",
        repo=change["repo_id"],
        key=source.get("change_key"),
    )
    return Explanation(
        change=change,
        milestones=_milestones(connection, change, source, observed),
        stages=_stages(change),
        friction=friction(change),
        verdict=_verdict(change) + _kind(kind),
        evidence=[part for part in (change["ai_evidence"] or "").split("; ") if part],
        deployment=deployment,
        arrival=_arrival(change, observed, deployment),
        commits=commits,
        initiatives=memberships(partial(_rows, connection), change_id),
        repairs=repair_lines(partial(_rows, connection), change, source.get("change_key") or ""),
        waits_for=whom_of(connection, change),
        services=service_lines(partial(_rows, connection), change, source.get("change_key") or "", _UNKNOWN),
    )


def _milestones(
    connection: duckdb.DuckDBPyConnection,
    change: Mapping[str, Any],
    source: Mapping[str, Any],
    observed: Mapping[str, Any],
) -> list[Milestone]:
    reported = (
        _first_row(
            connection,
            "select * from change_reports where repo_id = $repo and change_key = $key",
            repo=change["repo_id"],
            key=source.get("change_key"),
        )
        or {}
    )
    landing = f"{source.get('landed_by')} commit {(change['sha'] or '')[:12]}"
    (landed,) = _rows(
        connection,
        "select max(joined_by) as joined_by from change_landings where repo_id = $repo and change_key = $key",
        repo=change["repo_id"],
        key=source.get("change_key"),
    )
    complete = {
        "branch_commits": _ready(change)
        if change["code_complete_at"] == change["ready_at"]
        else "last commit on its own branch that is not a merge",
        "landing_author_date": f"author date of {landing} (approximate: its own commits are unknown)",
        "event": "reported",
    }.get(change["code_complete_source"], "")
    reporter = "the forge" if reported.get("forge") else "reported"
    records = {
        "first_commit_at": "reported"
        if reported.get("first_commit_at") and not reported.get("forge")
        else "earliest author date of its own commits",
        "code_complete_at": complete,
        "merged_at": _merged(source, reported, landing) + (f"; {landed['joined_by']}" if landed["joined_by"] else ""),
        "integrated_at": "CI on the default branch",
        "staged_at": "first deployment elsewhere that contains it",
        "deploy_started_at": "first production deployment that contains it",
        "first_production_at": f"deployment {observed.get('first_deployment_id')}: the first of its services and waves",
        "production_at": f"deployment {change['deployment_id']}" if change["deployment_id"] else "reported",
        "rolled_back_at": "a rollback withdrew it",
        "reverted_at": f"taken back by {source.get('reverted_by')}",
    }
    ask = partial(_rows, connection)
    records |= deployment_records(ask, change, source.get("change_key") or "")
    if reported.get("forge"):
        records |= forge_records(ask, change)
    return [
        Milestone(name, at, records.get(name, reporter) if at else "")
        for name in _MILESTONES
        for at in [change[name] if name in change else observed.get(name)]
        if name != "first_production_at" or at != change["production_at"]
    ]


def _merged(source: Mapping[str, Any], reported: Mapping[str, Any], landing: str) -> str:
    forge, merged_at = bool(reported.get("forge")), reported.get("merged_at")
    if source.get("landed_by") in {None, "report"} or (forge and merged_at):
        return "the forge" if forge else "reported"
    closed = f"; {'the forge' if forge else 'a report'} calls it closed unmerged"
    return f"committer date of {landing}{closed if reported.get('abandoned_at') and not merged_at else ''}"


def _ready(change: Mapping[str, Any]) -> str:
    what = "it was opened" if change["ready_at"] == change["opened_at"] else "it left draft"
    return f"{what}, after its last commit"


def _stages(change: Mapping[str, Any]) -> list[Stage]:
    return [
        Stage(name, change[f"{name}_hours"], ended=change["last_stage"] != name)
        for name in STAGES
        if change[f"{name}_hours"] is not None
    ]


def _verdict(change: Mapping[str, Any]) -> str:
    how = {
        "agent": "an AI agent authored it",
        "assisted": "a person made it with an AI tool, as its own mark says",
        "none": "no AI mark on how it was made",
        "automation": "a dependency or release bot made it",
    }[change["built_with_ai"]]
    builds = "builds an AI capability" if change["builds_ai"] else "no mark shows that it builds an AI capability"
    what = _sure(change["ai_confidence_what"], change["ai_probability"])
    return f"{builds}{what}; {how}{_sure(change['ai_confidence_how'])}"


def _kind(kind: Mapping[str, Any]) -> str:
    """What to add where it is no work, or where a setting says what it is; comparisons leave out what is no work."""
    if kind.get("kind") == "release":
        return f"; kind release, left out of comparisons: {kind['evidence']}"
    return f"; kind {kind['kind']}: {kind['evidence']}" if kind.get("evidence") else ""


def _sure(confidence: str, probability: float | None = None) -> str:
    """How sure that is, in brackets; `probability` is that of a yes."""
    said = [f"{confidence} evidence"] if confidence else []
    if probability is not None:
        said.append(f"{_share(probability)} likely")
    return f" ({', '.join(said)})" if said else ""


def _share(probability: float) -> str:
    """A probability in percent; none is quite certain."""
    if probability >= _NEARLY_ALL:
        return "over 99%"
    return "under 1%" if probability <= 1 - _NEARLY_ALL else f"{probability:.0%}"


def _arrival(change: Mapping[str, Any], observed: Mapping[str, Any], deployment: Mapping[str, Any] | None) -> str:
    outcome, reason = change["outcome"], change["outcome_reason"]
    if outcome == NOT_COMPLETE:
        return why_incomplete(change)
    if outcome == "waiting":
        when = f"{change['as_of']:%Y-%m-%d %H:%M}Z"
        some = change["first_production_at"] is not None
        where = "only some of its services and waves have it" if some else "no production deployment contains it"
        return f"waiting in {change['current_stage']} as of {when}; {where}"
    if outcome == "production" and deployment is not None:
        through = (observed.get("mapped_through") or "")[:12]
        how = {
            "ancestor": f"its commit {deployment['sha'][:12]} is the landing commit {through} or a descendant of it",
            "cherry_pick_trailer": f"it contains {through}, a cherry-pick by its trailer",
            "patch_id": f"it contains {through}, which has the same patch id",
            "branch_deploy": f"it contains the branch's head {through}, before the merge",
        }[change["mapped_by"]]
        return f"{deployment['deployment_id']} ({deployment['evidence']}): {how}"
    if outcome == "unknown":
        return _UNKNOWN[reason]
    if reason == "deployments_without_status":
        return "its repository reports production deployments without any status: whether they succeeded is unknown"
    return _ARRIVALS[outcome]


def _not_found(connection: duckdb.DuckDBPyConnection, change_id: str) -> AnalysisError:
    repo_id, mark, key = change_id.rpartition("#") if "#" in change_id else change_id.rpartition("@")
    head = _first_row(
        connection,
        "select landed_by from landings where repo_id = $repo and change_key = $key",
        repo=repo_id,
        key=f"{mark}{key}",
    )
    if head and head["landed_by"] == "open":
        return AnalysisError(f"the outcome of {change_id} is unknown", hint=_OPEN_HEAD)
    near = _rows(
        connection,
        "select change_id from changes"
        " where ends_with(lower(change_id), $tail) or starts_with(lower(change_id), $start)"
        " order by change_id limit 5",
        tail=(f"{mark}{key}" if mark else f"#{change_id}").lower(),
        start=change_id.lower(),
    )
    ids = ", ".join(row["change_id"] for row in near)
    hint = (
        f"did you mean {ids}?" if ids else "ids look like github:owner/name#12; `headway export lead-time` lists them"
    )
    return AnalysisError(f"there is no change {change_id}", hint=hint)


def _first_row(connection: duckdb.DuckDBPyConnection, query: str, **values: Any) -> dict[str, Any] | None:
    rows = _rows(connection, query, **values)
    return rows[0] if rows else None


def _rows(connection: duckdb.DuckDBPyConnection, query: str, **values: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = connection.cursor().sql(query, params=values).to_arrow_table().to_pylist()
    return rows
