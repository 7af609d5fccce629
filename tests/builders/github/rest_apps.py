"""REST answers about GitHub Apps and the rate limit."""

from __future__ import annotations

from typing import Any

from tests.builders.github.access import App
from tests.builders.github.clock import iso
from tests.builders.github.context import WEB
from tests.builders.github.ids import node_id
from tests.builders.github.moments import view
from tests.builders.github.rest_call import Call, Refused, Reply, Route
from tests.builders.github.rest_shapes import repository_json, user_json

__all__ = ["APP_ROUTES"]

_MOMENT = "2026-01-01T00:00:00Z"


def _rate_limit(call: Call) -> Reply:
    if not call.limits.on:
        raise Refused(404, "Rate limiting is not enabled.")
    core, graphql = call.limits.core.told, call.limits.graphql.told
    search = {"limit": 30, "used": 0, "remaining": 30, "reset": call.now + 60}
    return Reply({"resources": {"core": core, "search": search, "graphql": graphql}, "rate": core})


def _app_of(call: Call) -> App:
    if call.access.kind != "app" or call.access.app is None:
        raise Refused(401, "A JSON web token could not be decoded")
    return call.access.app


def _exchange(call: Call) -> Reply:
    app = _app_of(call)
    if call.parts["installation_id"] != str(app.installation_id):
        raise Refused(404, "Not Found")
    token, expires_at = call.tokens.exchange(app)
    body = {"token": token, "expires_at": expires_at, "permissions": dict(app.permissions or {})}
    return Reply(body | {"repository_selection": "all"}, 201)


def _installation(app: App, call: Call) -> dict[str, Any]:
    owner = next(iter(call.forge.repositories.values())).owner
    return {
        "id": app.installation_id,
        "account": user_json(owner, call.base),
        "repository_selection": "all",
        "access_tokens_url": f"{call.base}/app/installations/{app.installation_id}/access_tokens",
        "repositories_url": f"{call.base}/installation/repositories",
        "html_url": f"{WEB}/organizations/{owner.login}/settings/installations/{app.installation_id}",
        "app_id": app.app_id,
        "app_slug": f"app-{app.app_id}",
        "target_id": owner.number,
        "target_type": owner.kind,
        "permissions": dict(app.permissions or {}),
        "events": [],
        "created_at": _MOMENT,
        "updated_at": _MOMENT,
        "single_file_name": None,
        "suspended_by": None,
        "suspended_at": None,
    }


def _one_installation(call: Call) -> Reply:
    return Reply(_installation(_app_of(call), call))


def _installations(call: Call) -> Reply:
    return Reply([_installation(_app_of(call), call)])


def _app(call: Call) -> Reply:
    app = _app_of(call)
    owner = next(iter(call.forge.repositories.values())).owner
    return Reply(
        {
            "id": app.app_id,
            "slug": f"app-{app.app_id}",
            "node_id": node_id("A", app.app_id),
            "owner": user_json(owner, call.base),
            "name": f"app-{app.app_id}",
            "description": "",
            "external_url": "https://example.com",
            "html_url": f"{WEB}/apps/app-{app.app_id}",
            "created_at": _MOMENT,
            "updated_at": iso(call.now),
            "permissions": dict(app.permissions or {}),
            "events": [],
            "installations_count": 1,
        }
    )


def _reachable(call: Call) -> Reply:
    if call.access.kind != "installation":
        raise Refused(403, "You must authenticate with an installation access token")
    views = [view(one, call.now) for one in call.forge.repositories.values()]
    there = [one for one in views if one.repository.lost_at is None or one.repository.lost_at > call.now]
    page, links = call.page(there)
    body = {"total_count": len(there), "repositories": [repository_json(one, call.base, full=True) for one in page]}
    return Reply(body, 200, links)


APP_ROUTES = (
    Route("/rate_limit", "metadata", _rate_limit, free=True),
    Route("/app", "metadata", _app),
    Route("/app/installations", "metadata", _installations),
    Route("/app/installations/{installation_id}", "metadata", _one_installation),
    Route("/app/installations/{installation_id}/access_tokens", "metadata", _exchange, method="POST"),
    Route("/orgs/{owner}/installation", "metadata", _one_installation),
    Route("/repos/{owner}/{repo}/installation", "metadata", _one_installation),
    Route("/installation/repositories", "metadata", _reachable),
)
