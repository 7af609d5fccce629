"""REST answers about workflow runs and their jobs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.builders.github.clock import iso
from tests.builders.github.context import WEB
from tests.builders.github.ids import node_id
from tests.builders.github.rest_call import Call, Refused, Reply, Route
from tests.builders.github.rest_shapes import commit_json, moment_json, repository_json, user_json
from tests.builders.github.views import JobView, RunView

__all__ = ["ACTION_ROUTES"]

MOST_FILTERED = 1000  # so many results can be reached where a filter is given
_FILTERS = ("actor", "branch", "check_suite_id", "created", "event", "head_sha", "status")
_RANGE = re.compile(r"(?P<sign>>=|<=|>|<)?(?P<first>[^.<>=*]+|\*)(?:\.\.(?P<last>.+))?")


def _runs(call: Call) -> Reply:
    tests = [_test(name, call.query[name]) for name in _FILTERS if name in call.query]
    found = [one for one in call.where.runs if all(test(one) for test in tests)]
    page, links = call.page(found, most=MOST_FILTERED if tests else None)
    return Reply({"total_count": len(found), "workflow_runs": [_run(one, call) for one in page]}, 200, links)


def _test(name: str, wanted: str) -> Callable[[RunView], bool]:
    """What a run must be to pass this filter."""
    if name == "created":
        return _created(wanted)
    tests: dict[str, Callable[[RunView], bool]] = {
        "actor": lambda one: one.run.actor.name_in_rest == wanted,
        "branch": lambda one: one.run.branch == wanted,
        "check_suite_id": lambda one: str(one.run.id) == wanted,
        "event": lambda one: one.run.event == wanted,
        "head_sha": lambda one: one.run.commit.oid == wanted,
        "status": lambda one: wanted in (one.status, one.conclusion),
    }
    return tests[name]


def _created(wanted: str) -> Callable[[RunView], bool]:
    """`2026-01-01`, `>=2026-01-01T10:00:00Z`, `2026-01-01..2026-02-01`, `*..2026-02-01`: days are whole days."""
    match = _RANGE.fullmatch(wanted)
    if match is None:
        raise Refused(422, "Validation Failed")
    sign, first, last = match["sign"], match["first"], match["last"]
    if sign:
        return {
            ">=": lambda one: iso(one.created_at) >= first,
            "<=": lambda one: _day_of(one, first) <= first,
            ">": lambda one: _day_of(one, first) > first,
            "<": lambda one: iso(one.created_at) < first,
        }[sign]
    last = first if last is None else last
    return lambda one: (first == "*" or iso(one.created_at) >= first) and (last == "*" or _day_of(one, last) <= last)


def _day_of(one: RunView, like: str) -> str:
    """Its time, as exact as the one that it is compared with."""
    return iso(one.created_at)[:10] if len(like) == len("2026-01-01") else iso(one.created_at)


def _run(one: RunView, call: Call) -> dict[str, Any]:
    run, where = one.run, call.where
    url = f"{call.url}/actions/runs/{run.id}"
    attempt = one.attempts[-1].number
    repository = repository_json(where, call.base)
    workflow = _workflow_id(run.name)
    links = {"jobs_url": "jobs", "logs_url": "logs", "artifacts_url": "artifacts"}
    return {
        "id": run.id,
        "name": run.name,
        "node_id": node_id("WFR", where.repository.id, run.id),
        "head_branch": run.branch,
        "head_sha": run.commit.oid,
        "path": run.path,
        "display_title": run.title,
        "run_number": one.position,
        "event": run.event,
        "status": one.status,
        "conclusion": one.conclusion,
        "workflow_id": workflow,
        "check_suite_id": run.id,
        "check_suite_node_id": node_id("CS", where.repository.id, run.id),
        "url": url,
        "html_url": f"{WEB}/{where.repository.full_name}/actions/runs/{run.id}",
        "pull_requests": [],
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
        "actor": user_json(run.actor, call.base),
        "triggering_actor": user_json(run.actor, call.base),
        "run_attempt": attempt,
        "referenced_workflows": [],
        "run_started_at": iso(one.attempts[-1].created_at),
        **{name: f"{url}/{rest}" for name, rest in links.items()},
        "check_suite_url": f"{call.url}/check-suites/{run.id}",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "previous_attempt_url": f"{url}/attempts/{attempt - 1}" if attempt > 1 else None,
        "workflow_url": f"{call.url}/actions/workflows/{workflow}",
        "head_commit": commit_json(run.commit),
        "repository": repository,
        "head_repository": repository,
    }


def _workflow_id(name: str) -> int:
    return 1_000_000 + sum(name.encode())


def _found(call: Call) -> RunView:
    wanted = call.parts["run_id"]
    found = next((one for one in call.where.runs if str(one.run.id) == wanted), None)
    if found is None:
        raise Refused(404, "Not Found")
    return found


def _one_run(call: Call) -> Reply:
    return Reply(_run(_found(call), call))


def _jobs(call: Call) -> Reply:
    run = _found(call)
    jobs = run.jobs if call.query.get("filter") == "all" else run.latest
    page, links = call.page(jobs)
    return Reply({"total_count": len(jobs), "jobs": [_job(one, call) for one in page]}, 200, links)


def _job(one: JobView, call: Call) -> dict[str, Any]:
    """A job; GitHub gives one that still waits for a runner the time of its making as its start."""
    job, run = one.job, one.run.run
    waits = one.started_at is None
    return {
        "id": job.id,
        "run_id": run.id,
        "workflow_name": run.name,
        "head_branch": run.branch,
        "run_url": f"{call.url}/actions/runs/{run.id}",
        "run_attempt": one.attempt,
        "node_id": node_id("CR", call.where.repository.id, job.id),
        "head_sha": run.commit.oid,
        "url": f"{call.url}/actions/jobs/{job.id}",
        "html_url": f"{WEB}/{call.where.repository.full_name}/actions/runs/{run.id}/job/{job.id}",
        "status": one.status,
        "conclusion": one.conclusion,
        "created_at": iso(job.created_at),
        "started_at": iso(job.created_at if one.started_at is None else one.started_at),
        "completed_at": moment_json(one.finished_at),
        "name": job.name,
        "steps": [],
        "check_run_url": f"{call.url}/check-runs/{job.id}",
        "labels": ["ubuntu-latest"],
        "runner_id": None if waits else 1,
        "runner_name": None if waits else job.runner,
        "runner_group_id": None if waits else 1,
        "runner_group_name": None if waits else "default",
    }


def _workflows(call: Call) -> Reply:
    paths = {one.run.name: one.run.path for one in call.where.runs}
    page, links = call.page(sorted(paths))
    return Reply({"total_count": len(paths), "workflows": [_workflow(n, paths[n], call) for n in page]}, 200, links)


def _workflow(name: str, path: str, call: Call) -> dict[str, Any]:
    page = f"{WEB}/{call.where.repository.full_name}"
    created = iso(call.where.repository.created_at)
    return {
        "id": _workflow_id(name),
        "node_id": node_id("W", call.where.repository.id, name),
        "name": name,
        "path": path,
        "state": "active",
        "created_at": created,
        "updated_at": created,
        "url": f"{call.url}/actions/workflows/{_workflow_id(name)}",
        "html_url": f"{page}/blob/main/{path}",
        "badge_url": f"{page}/workflows/{name}/badge.svg",
    }


ACTION_ROUTES = (
    Route("/repos/{owner}/{repo}/actions/workflows", "actions", _workflows),
    Route("/repos/{owner}/{repo}/actions/runs", "actions", _runs),
    Route("/repos/{owner}/{repo}/actions/runs/{run_id}", "actions", _one_run),
    Route("/repos/{owner}/{repo}/actions/runs/{run_id}/jobs", "actions", _jobs),
)
