"""Answers about deployments, environments, and CI as check suites and check runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.builders.github.answers_repository import account, attribute, commit, moment, ref
from tests.builders.github.clock import iso
from tests.builders.github.context import WEB
from tests.builders.github.ids import node_id
from tests.builders.github.model import Environment, Rule, Status
from tests.builders.github.paging import connect
from tests.builders.github.views import DeploymentView, RepositoryView, RunView

__all__ = ["SHIPPING"]


def _deployments(source: RepositoryView, info: Any, **arguments: Any) -> dict[str, Any]:
    info.context.may("deployments")
    found = source.deployments
    if environments := arguments.get("environments"):
        found = [one for one in found if one.deployment.environment in environments]
    order = arguments.get("orderBy") or {"direction": "ASC"}
    sign = 1
    if order["direction"] == "DESC":
        found, sign = found[::-1], -1
    return connect(found, arguments, lambda one: (sign * one.deployment.created_at, sign * one.deployment.id))


def _statuses(source: DeploymentView, _info: Any, **arguments: Any) -> dict[str, Any]:
    return connect(
        source.statuses, arguments, lambda one: (-one.at, -one.number), wrap=lambda one: _status(one, source)
    )


def _status(one: Status | None, source: DeploymentView) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "id": node_id("DES", source.repository.repository.id, one.number),
        "state": one.state,
        "createdAt": iso(one.at),
        "updatedAt": iso(one.at),
        "creator": account(source.deployment.creator),
        "description": "",
        "environment": source.deployment.environment,
        "environmentUrl": None,
        "logUrl": None,
        "deployment": source,
    }


def _branch(one: DeploymentView, _info: Any) -> Any:
    names = (f"refs/heads/{one.deployment.ref}", f"refs/tags/{one.deployment.ref}")
    return next((found for name in names if (found := ref(one.repository, name))), None)


def _environments(source: RepositoryView, info: Any, **arguments: Any) -> dict[str, Any]:
    info.context.may("actions")
    return connect(source.environments, arguments, wrap=lambda one: _environment(one, source))


def _environment(one: Environment, where: RepositoryView) -> dict[str, Any]:
    def rules(_info: Any, **arguments: Any) -> dict[str, Any]:
        return connect(one.rules, arguments, wrap=_rule)

    known = node_id("EN", where.repository.id, one.id)
    return {"id": known, "databaseId": one.id, "name": one.name, "protectionRules": rules}


def _rule(one: Rule) -> dict[str, Any]:
    def reviewers(_info: Any, **arguments: Any) -> dict[str, Any]:
        return connect(one.reviewers, arguments, wrap=account)

    return {"databaseId": one.number, "timeout": one.minutes, "type": one.kind.upper(), "reviewers": reviewers}


def _workflow_run(one: RunView, _info: Any) -> dict[str, Any]:
    place = one.repository.repository
    return {
        "id": node_id("WFR", place.id, one.run.id),
        "databaseId": one.run.id,
        "checkSuite": one,
        "createdAt": iso(one.created_at),
        "updatedAt": iso(one.updated_at),
        "event": one.run.event,
        "runNumber": one.position,
        "url": f"{WEB}/{place.full_name}/actions/runs/{one.run.id}",
        "workflow": {"id": node_id("W", place.id, one.run.name), "databaseId": None, "name": one.run.name},
    }


def _check_runs(one: RunView, _info: Any, **arguments: Any) -> dict[str, Any]:
    return connect(one.latest, arguments)


def _in_capitals(path: str) -> Callable[..., Any]:
    read = attribute(path)

    def answer(one: Any, info: Any) -> str | None:
        found = read(one, info)
        return None if found is None else str(found).upper()

    return answer


SHIPPING: dict[str, dict[str, Callable[..., Any]]] = {
    "Repository": {"deployments": _deployments, "environments": _environments},
    "Deployment": {
        "id": lambda one, _info: node_id("DE", one.repository.repository.id, one.deployment.id),
        "databaseId": attribute("deployment.id"),
        "commit": lambda one, _info: commit(one.deployment.commit, one.repository),
        "commitOid": attribute("deployment.commit.oid"),
        "ref": _branch,
        "repository": attribute("repository"),
        "creator": lambda one, _info: account(one.deployment.creator),
        "environment": attribute("deployment.environment"),
        "latestEnvironment": attribute("deployment.environment"),
        "originalEnvironment": attribute("deployment.environment"),
        "description": lambda _one, _info: "",
        "payload": lambda one, _info: one.deployment.payload or None,
        "task": lambda _one, _info: "deploy",
        "state": attribute("state"),
        "createdAt": moment("deployment.created_at"),
        "updatedAt": moment("updated_at"),
        "latestStatus": lambda one, _info: _status(one.statuses[0] if one.statuses else None, one),
        "statuses": _statuses,
    },
    "CheckSuite": {
        "id": lambda one, _info: node_id("CS", one.repository.repository.id, one.run.id),
        "databaseId": attribute("run.id"),
        "commit": lambda one, _info: commit(one.run.commit, one.repository),
        "branch": lambda one, _info: ref(one.repository, f"refs/heads/{one.run.branch}"),
        "conclusion": _in_capitals("conclusion"),
        "status": _in_capitals("status"),
        "createdAt": moment("created_at"),
        "updatedAt": moment("updated_at"),
        "workflowRun": _workflow_run,
        "checkRuns": _check_runs,
    },
    "CheckRun": {
        "id": lambda one, _info: node_id("CR", one.run.repository.repository.id, one.job.id),
        "databaseId": attribute("job.id"),
        "name": attribute("job.name"),
        "conclusion": _in_capitals("conclusion"),
        "status": _in_capitals("status"),
        "startedAt": moment("started_at"),
        "completedAt": moment("finished_at"),
        "url": lambda one, _info: f"{WEB}/{one.run.repository.repository.full_name}/actions/runs/{one.run.run.id}",
    },
}
