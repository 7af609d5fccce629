"""The events file: what the company's forge, CI and deployment system would report, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from collectors.simulate.company.model import Change, CiRun, Company, Deployment, Repo
from collectors.simulate.company.plan import PLANS
from collectors.simulate.events.clock import iso

__all__ = ["lines_of"]


def lines_of(company: Company, rows: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """The lines of the events file; `rows` are the truth rows of each repository, in the order of its changes."""
    for repo in company.repos:
        if not repo.reported:
            continue
        for change, row in zip(repo.changes, rows[repo.name], strict=True):
            if change.number is not None:
                yield _line(_change(change, repo, row))
        for run in repo.ci_runs:
            yield _line(_ci_run(run, repo))
        if repo.deploys == "records":
            for deployment in repo.deployments:
                yield _line(_deployment(deployment, repo))


def _line(record: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in record.items() if value is not None}, ensure_ascii=False)


def _change(change: Change, repo: Repo, row: dict[str, Any]) -> dict[str, Any]:
    """Milestones as the forge knows them; code complete mostly follows from the commits, so few report it."""
    commits, closed = change.commits, change.closed_at
    merged, below = not change.way.closed, change.stacked_on
    return {
        "type": "change",
        "repo": repo.repo_id,
        "number": change.number,
        "sha": change.sha if merged and change.sha else None,
        "head_sha": commits[-1].sha,
        "head_ref": change.branch,
        "base_ref": below.branch if below and below.position is None else "main",
        "title": change.title,
        "body": change.body,
        "url": repo.pull_url(change.number or 0),
        "author": change.author.login,
        "author_kind": change.author.kind,
        "labels": list(change.labels),
        "opened_at": row["opened_at"],
        "ready_at": row["ready_at"],
        "first_review_at": row["first_review_at"],
        "code_complete_at": row["code_complete_at"] if PLANS[repo.name].reports_code_complete else None,
        "reviewed_at": row["reviewed_at"],
        "approved_at": row["approved_at"],
        "merged_at": row["merged_at"] if merged else None,
        "abandoned_at": None if closed is None else iso(closed),
        "additions": change.additions,
        "deletions": change.deletions,
        "files": change.files,
        "commits": row["commits"],
        "updated_at": iso(change.updated_at),
    }


def _ci_run(run: CiRun, repo: Repo) -> dict[str, Any]:
    return {
        "type": "ci_run",
        "repo": repo.repo_id,
        "id": str(run.run_id),
        "name": run.name,
        "sha": run.sha,
        "branch": run.branch if run.branch == "main" else run.change.branch,
        "conclusion": run.conclusion,
        "created_at": iso(run.created_at),
        "started_at": iso(run.started_at),
        "finished_at": None if run.finished_at is None else iso(run.finished_at),
    }


def _deployment(deployment: Deployment, repo: Repo) -> dict[str, Any]:
    return {
        "type": "deployment",
        "repo": repo.repo_id,
        "id": str(deployment.deployment_id),
        "application": repo.name,
        "environment": deployment.environment,
        "production": deployment.production,
        "sha": deployment.sha,
        "created_at": iso(deployment.created_at),
        "statuses": [{"state": status.state, "at": iso(status.at)} for status in deployment.statuses],
    }
