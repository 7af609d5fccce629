"""The fake GitHub: what it knows, what it was asked, and what goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from collectors.simulate import Company
from tests.builders.github.access import Access, App, Tokens
from tests.builders.github.clock import Clock
from tests.builders.github.edits import Edits
from tests.builders.github.exchange import Answer, Exchange, Request, json_answer
from tests.builders.github.faults import Fault, Faults
from tests.builders.github.from_company import forge_of
from tests.builders.github.graphql_api import Asked, execute_query, understand
from tests.builders.github.kinds import exhausted
from tests.builders.github.limits import Limits
from tests.builders.github.model import Forge, Repository
from tests.builders.github.rest_api import Rest, redirect, template_of
from tests.builders.github.schema import schema_of
from tests.builders.github.served import Served, Tally
from tests.builders.github.web import Web

__all__ = ["FakeGitHub"]


class FakeGitHub:
    """A GitHub on loopback; see the package's description. Use it in a `with`."""

    def __init__(
        self,
        source: Company | Forge,
        *,
        faults: Faults | Iterable[Fault] = (),
        clock: Clock | None = None,
        limits: bool = True,
        schema: str = "auto",
        deployments: str = "recorded",
    ) -> None:
        """Take a company, or a forge that was made otherwise.

        The clock stands at the company's end where none is given. `schema` is `published`, `excerpt` or `auto`;
        `deployments` is `recorded` or `all`; without `limits` there is no rate limit, as on an enterprise server.
        """
        if isinstance(source, Forge):
            self.forge, until = source, source.until
        else:
            self.forge, until = forge_of(source, deployments=deployments), source.until
        self.clock = clock or Clock(datetime.fromtimestamp(until, UTC))
        self._past_faults: list[Faults] = []
        self.faults = faults if isinstance(faults, Faults) else Faults(faults)
        self.limits = Limits(self.clock, on=limits)
        self.served = Tally()
        self.edit = Edits(self.forge, self.clock)
        self._tokens = Tokens()
        self._rest = Rest(self.forge, self._tokens, self.limits)
        self._schema = schema_of(schema)
        self._lock = threading.Lock()
        self._web = Web(self._serve)

    def __enter__(self) -> Self:
        self._web.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._web.stop()
        idle = [name for faults in self._past_faults for name in faults.idle()]
        assert kind is not None or not idle, f"faults that changed no answer: {idle}"

    @property
    def faults(self) -> Faults:
        """What goes wrong now."""
        return self._past_faults[-1]

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._past_faults.append(faults)

    @property
    def url(self) -> str:
        """What stands for `https://api.github.com`."""
        return self._web.url

    @property
    def enterprise_url(self) -> str:
        """What stands for `https://HOST/api/v3`."""
        return f"{self._web.url}/api/v3"

    @property
    def token(self) -> str:
        """A classic token that may read everything."""
        return self._tokens.everything

    def add_token(self, kind: str = "fine-grained", permissions: Mapping[str, str] | None = None) -> str:
        """A new token of this kind (`classic`, `fine-grained`, `installation`) with these permissions, null for all."""
        return self._tokens.add(kind, permissions)

    def add_app(self, permissions: Mapping[str, str] | None = None) -> App:
        """A GitHub App that is installed here, with a new key."""
        return self._tokens.add_app(permissions)

    def expire_tokens(self) -> None:
        """Make every installation token useless: it is answered with 401."""
        self._tokens.expire()

    def advance(self, **by: float) -> datetime:
        """Let time pass, as `timedelta` takes it; the new moment."""
        return self.clock.advance(**by)

    def count(self, *, endpoint: str = "*", operation: str = "*", status: int | None = None, method: str = "*") -> int:
        """How many requests there were of an endpoint, operation or method (globs) and status."""
        return len(self.served.matching(endpoint=endpoint, operation=operation, status=status, method=method))

    def points(self, resource: str = "graphql") -> int:
        """What was taken from a budget, `graphql` or `core`."""
        return self.served.points(resource)

    def forget(self) -> None:
        """Count from zero again."""
        self.served.clear()

    def redirect(self, request: Request, repository: Repository, rest: str) -> Answer:
        """301 to the repository by its number."""
        return redirect(request, repository, rest)

    def _serve(self, request: Request, authorization: str) -> Answer:
        """Answer one request after another."""
        with self._lock:
            access = self._tokens.of(authorization)
            asked = understand(self._schema, request.body) if request.is_graphql else None
            if asked:
                request = replace(request, operation=asked.operation, variables=asked.variables, page=asked.cost.page)
            exchange = Exchange(self, request, lambda one: self._honest(one, access, asked))
            answer, fault = self.faults.answer(exchange)
            answer = self._charged(answer, request)
            self._count(request, answer, fault)
            return answer

    def _honest(self, request: Request, access: Access | None, asked: Asked | None) -> Answer:
        """The answer where nothing goes wrong."""
        if access is None:
            return json_answer(401, {"message": "Bad credentials", "status": "401"})
        if asked:
            return self._graphql(request, access, asked).with_headers(access.headers)
        if self.limits.on and template_of(request.method, request.path) != "/rate_limit":
            self.limits.core.refresh()
            if self.limits.core.remaining <= 0:
                return exhausted(Exchange(self, request, lambda _one: Answer()))
        return self._rest.answer(request, access, self.clock.seconds).with_headers(access.headers)

    def _graphql(self, request: Request, access: Access, asked: Asked) -> Answer:
        budget = self.limits.graphql if self.limits.on else None
        if budget:
            budget.refresh()
            if budget.remaining <= 0:
                return exhausted(Exchange(self, request, lambda _one: Answer()))
        after = replace(budget, remaining=max(0, budget.remaining - asked.cost.points)) if budget else None
        body = execute_query(self._schema, asked, self.forge, self.clock.seconds, access, after).body
        points = asked.cost.points if asked.document else 0
        return json_answer(200, body, points=points, resource="graphql")

    def _charged(self, answer: Answer, request: Request) -> Answer:
        """Take the points, and tell what is left."""
        told = {"Date": self.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT"), "X-GitHub-Media-Type": "github.v3"}
        told["X-GitHub-Request-Id"] = f"1A2B:{len(self.served):06X}"
        if self.limits.on:
            budget = self.limits.graphql if request.is_graphql else self.limits.core
            budget.refresh()
            budget.spend(answer.points)
            told |= budget.headers
        return answer.with_headers(told)

    def _count(self, request: Request, answer: Answer, fault: str) -> None:
        endpoint = "/graphql" if request.is_graphql else template_of(request.method, request.path)
        self.served.append(
            Served(
                request.method,
                request.path,
                endpoint,
                request.operation,
                answer.status,
                answer.points,
                answer.resource,
                request.query,
                request.variables,
                request.page,
                len(answer.body),
                len(request.body),
                fault,
            )
        )
