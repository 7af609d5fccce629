"""REST answers about deployments, environments and releases."""

from __future__ import annotations

import json
from typing import Any

from tests.builders.github.clock import iso
from tests.builders.github.context import WEB
from tests.builders.github.ids import node_id
from tests.builders.github.model import Environment, Release, Rule, Status
from tests.builders.github.rest_call import Call, Refused, Reply, Route
from tests.builders.github.rest_shapes import moment_json, user_json
from tests.builders.github.views import DeploymentView

__all__ = ["SHIPPING_ROUTES"]


def _deployments(call: Call) -> Reply:
    wanted = {name: call.query[name] for name in ("sha", "ref", "environment") if name in call.query}
    found = [_deployment(one, call) for one in call.where.deployments[::-1]]
    found = [one for one in found if all(one[name] == value for name, value in wanted.items())]
    page, links = call.page(found)
    return Reply(page, 200, links)


def _deployment(one: DeploymentView, call: Call) -> dict[str, Any]:
    made = one.deployment
    url = f"{call.url}/deployments/{made.id}"
    return {
        "url": url,
        "id": made.id,
        "node_id": node_id("DE", call.where.repository.id, made.id),
        "sha": made.commit.oid,
        "ref": made.ref,
        "task": "deploy",
        "payload": json.loads(made.payload) if made.payload else {},
        "original_environment": made.environment,
        "environment": made.environment,
        "description": None,
        "creator": user_json(made.creator, call.base),
        "created_at": iso(made.created_at),
        "updated_at": iso(one.updated_at),
        "statuses_url": f"{url}/statuses",
        "repository_url": call.url,
        "transient_environment": False,
        "production_environment": made.production,
    }


def _statuses(call: Call) -> Reply:
    wanted = call.parts["deployment_id"]
    found = next((one for one in call.where.deployments if str(one.deployment.id) == wanted), None)
    if found is None:
        raise Refused(404, "Not Found")
    page, links = call.page(found.statuses)
    return Reply([_status(one, found, call) for one in page], 200, links)


def _status(one: Status, of: DeploymentView, call: Call) -> dict[str, Any]:
    url = f"{call.url}/deployments/{of.deployment.id}"
    return {
        "url": f"{url}/statuses/{one.number}",
        "id": one.number,
        "node_id": node_id("DES", call.where.repository.id, one.number),
        "state": one.state.lower(),
        "creator": user_json(of.deployment.creator, call.base),
        "description": "",
        "environment": of.deployment.environment,
        "target_url": "",
        "created_at": iso(one.at),
        "updated_at": iso(one.at),
        "deployment_url": url,
        "repository_url": call.url,
        "environment_url": "",
        "log_url": "",
    }


def _environments(call: Call) -> Reply:
    found = call.where.environments
    page, links = call.page(found)
    body = {"total_count": len(found), "environments": [_environment(one, call) for one in page]}
    return Reply(body, 200, links)


def _environment(one: Environment, call: Call) -> dict[str, Any]:
    policy = any(rule.kind == "branch_policy" for rule in one.rules)
    return {
        "id": one.id,
        "node_id": node_id("EN", call.where.repository.id, one.id),
        "name": one.name,
        "url": f"{call.url}/environments/{one.name}",
        "html_url": f"{WEB}/{call.where.repository.full_name}/deployments/activity_log?environments_filter={one.name}",
        "created_at": iso(one.created_at),
        "updated_at": iso(one.created_at),
        "can_admins_bypass": True,
        "protection_rules": [_rule(rule, call) for rule in one.rules],
        "deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": False} if policy else None,
    }


def _rule(one: Rule, call: Call) -> dict[str, Any]:
    told: dict[str, Any] = {"id": one.number, "node_id": node_id("GA", one.number), "type": one.kind}
    if one.kind == "wait_timer":
        told["wait_timer"] = one.minutes
    elif one.kind == "required_reviewers":
        told["prevent_self_review"] = False
        told["reviewers"] = [{"type": "User", "reviewer": user_json(each, call.base)} for each in one.reviewers]
    return told


def _releases(call: Call) -> Reply:
    page, links = call.page(call.where.releases)
    return Reply([_release(one, call) for one in page], 200, links)


def _release(one: Release, call: Call) -> dict[str, Any]:
    url = f"{call.url}/releases/{one.id}"
    draft = one.published_at is None or one.published_at > call.now
    return {
        "url": url,
        "assets_url": f"{url}/assets",
        "upload_url": f"{url}/assets{{?name,label}}",
        "html_url": f"{WEB}/{call.where.repository.full_name}/releases/tag/{one.tag}",
        "id": one.id,
        "author": user_json(one.author, call.base),
        "node_id": node_id("RE", call.where.repository.id, one.id),
        "tag_name": one.tag,
        "target_commitish": one.commit.oid if one.commit else "main",
        "name": one.name,
        "draft": draft,
        "prerelease": one.prerelease,
        "created_at": iso(one.created_at),
        "published_at": None if draft else moment_json(one.published_at),
        "assets": [],
        "tarball_url": f"{call.url}/tarball/{one.tag}",
        "zipball_url": f"{call.url}/zipball/{one.tag}",
        "body": "",
    }


SHIPPING_ROUTES = (
    Route("/repos/{owner}/{repo}/deployments", "deployments", _deployments),
    Route("/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", "deployments", _statuses),
    Route("/repos/{owner}/{repo}/environments", "actions", _environments),
    Route("/repos/{owner}/{repo}/releases", "contents", _releases),
)
