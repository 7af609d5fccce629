"""The REST endpoints: find the route and the repository, check the permission, answer, and say what is unchanged."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.builders.github.access import Access, Tokens
from tests.builders.github.exchange import Answer, Request, json_answer
from tests.builders.github.limits import Limits
from tests.builders.github.model import Forge, Repository
from tests.builders.github.moments import view
from tests.builders.github.rest_actions import ACTION_ROUTES
from tests.builders.github.rest_apps import APP_ROUTES
from tests.builders.github.rest_call import Call, Refused, Reply, Route
from tests.builders.github.rest_pulls import PULL_ROUTES
from tests.builders.github.rest_shipping import SHIPPING_ROUTES

__all__ = ["ROUTES", "Rest", "redirect", "template_of"]

ROUTES: tuple[Route, ...] = (*APP_ROUTES, *PULL_ROUTES, *SHIPPING_ROUTES, *ACTION_ROUTES)
_PATTERNS = [(re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.template)), route) for route in ROUTES]
_NUMBERED = re.compile(r"/repositories/(?P<id>\d+)(?P<rest>/.*)?")
_GONE_WORDS = {404: "Not Found", 410: "This repository is gone", 451: "Repository access blocked"}


def _routed(method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
    numbered = _NUMBERED.fullmatch(path)
    if numbered:
        path = f"/repos/./{numbered['id']}{numbered['rest'] or ''}"
    for pattern, route in _PATTERNS:
        match = pattern.fullmatch(path)
        if match and route.method == method:
            return route, match.groupdict()
    return None


def template_of(method: str, path: str) -> str:
    """The endpoint that a path belongs to, the path itself where there is none."""
    routed = _routed(method, path)
    return routed[0].template if routed else path


def redirect(request: Request, repository: Repository, rest: str) -> Answer:
    """301 to the repository by its number, with the query as it was."""
    url = f"{request.base}/repositories/{repository.id}{'/' + rest if rest else ''}"
    if request.query:
        url += "?" + "&".join(f"{name}={value}" for name, value in request.query.items())
    body = {"message": "Moved Permanently", "url": url, "documentation_url": "https://docs.github.com/rest"}
    return json_answer(301, body, {"Location": url}, points=1)


@dataclass(frozen=True, slots=True)
class Rest:
    """What REST answers are made from."""

    forge: Forge
    tokens: Tokens
    limits: Limits

    def answer(self, request: Request, access: Access, now: int) -> Answer:
        """The answer to a request, with what it costs."""
        routed = _routed(request.method, request.path)
        if routed is None:
            return json_answer(404, {"message": "Not Found", "status": "404"}, endpoint=request.path, points=1)
        route, parts = routed
        call = Call(self.forge, now, access, self.tokens, self.limits, request.base, request.path, request.query, parts)
        points = 0 if route.free else 1
        try:
            if "repo" in parts:
                moved = self._find(call, request)
                if moved:
                    return moved
            _check(route, access)
            reply = route.answer(call)
        except Refused as refused:
            reply = refused.reply
        return _sent(reply, request, route.template, points)

    def _find(self, call: Call, request: Request) -> Answer | None:
        """Find the repository of the path; a redirect where it goes by another name now."""
        owner, name = call.parts["owner"], call.parts["repo"]
        if owner == ".":
            found = self.forge.repositories.get(int(name))
        else:
            found = self.forge.named(f"{owner}/{name}")
            former = None if found else self.forge.formerly(f"{owner}/{name}")
            if former:
                return redirect(request, former, "/".join(request.path.split("/")[4:]))
        if found is None:
            raise Refused(404, "Not Found")
        if found.lost_at is not None and found.lost_at <= call.now:
            raise Refused(found.lost_as, _GONE_WORDS[found.lost_as])
        call.found = view(found, call.now)
        return None


def _check(route: Route, access: Access) -> None:
    """Refuse what the token may not read; an app's own token is for the app's own endpoints."""
    if access.kind == "app":
        if not route.template.startswith(("/app", "/rate_limit")) and not route.template.endswith("/installation"):
            raise Refused(401, "A JSON web token could not be decoded")
    elif not access.may_read(route.permission):
        raise Refused(403, access.refusal, X_Accepted_GitHub_Permissions=f"{route.permission}=read")


def _sent(reply: Reply, request: Request, endpoint: str, points: int) -> Answer:
    """The reply with its tag; 304 and free of charge where the client has it already."""
    answer = json_answer(reply.status, reply.body, reply.headers, endpoint=endpoint, points=points)
    if request.method != "GET" or reply.status != 200:
        return answer
    text = json.dumps(reply.body, sort_keys=True) + reply.headers.get("Link", "")
    tag = f'W/"{hashlib.sha256(text.encode()).hexdigest()}"'
    if request.headers.get("if-none-match", "").removeprefix("W/") == tag.removeprefix("W/"):
        return Answer(304, {"ETag": tag, **reply.headers}, endpoint=endpoint)
    return answer.with_headers({"ETag": tag, "Cache-Control": "private, max-age=60, s-maxage=60"})
