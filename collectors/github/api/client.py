"""Send requests until there is an answer: retry passing faults, wait for rate limits, report lasting faults."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from collectors.github.api.answers import Answer, graphql_data, rest_data
from collectors.github.api.auth import GitHubAuth
from collectors.github.api.limits import Budgets, Limits
from collectors.github.api.signals import Again, Garbage, Limited, Moved, TooMuch, Unreachable
from collectors.github.documents import document, fragments_for
from headway.errors import AccessDenied, CollectError
from headway.progress import Progress

__all__ = ["Client", "Listing"]

T = TypeVar("T")


class Listing(NamedTuple):
    """A REST answer; `data` is None if nothing has changed since the `etag` of the request."""

    data: Any
    etag: str


class Client:
    """One server for one run of one source. `label` is what messages call the source."""

    def __init__(self, base_url: str, auth: GitHubAuth, limits: Limits, label: str, progress: Progress) -> None:
        self._base_url, self._auth, self._limits = base_url, auth, limits
        self.page, self.look = limits.page, limits.look
        self._label, self._progress = label, progress
        self._connection = auth.connection(base_url, limits.timeout_seconds)
        self._budgets = Budgets(limits)
        self._answered_at = float("-inf")

    def graphql(self, name: str, variables: Mapping[str, Any], *, may_be_gone: str = "") -> dict[str, Any]:
        """The data of a query, by its name in `documents`.

        Raises TooMuch, Gone or Refused; AccessDenied, OutOfBudget or CollectError if retrying does not help.
        """
        return self._query(document(name), variables, may_be_gone)

    def query(self, text: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of a query text, to which its fragments are added. Raises as `graphql`."""
        return self._query(text + fragments_for(text), variables, "")

    def rest(self, path: str, parameters: Mapping[str, str | int], *, etag: str = "") -> Listing:
        """A REST object or list. Raises Gone, Refused or Moved; otherwise as `graphql`."""

        def read(answer: Answer) -> Listing:
            data = None if answer.status == 304 and etag else rest_data(answer)
            return Listing(data, answer.headers.get("etag", ""))

        return self._ask("core", lambda: self._connection.get(path, parameters, etag), read)

    def _query(self, text: str, variables: Mapping[str, Any], may_be_gone: str) -> dict[str, Any]:
        try:
            return self._ask(
                "graphql",
                lambda: self._connection.post(text, variables),
                lambda answer: graphql_data(answer, may_be_gone=may_be_gone),
            )
        except Moved as moved:
            raise CollectError(
                f"{self._base_url} redirects to another address ({moved})",
                hint="set base_url of [github] to that address",
            ) from moved

    def _ask(self, kind: str, send: Callable[[], Answer], read: Callable[[Answer], T]) -> T:
        fault = Again()
        for attempt in range(self._limits.tries):
            if attempt:
                self.pause(2.0 ** (attempt - 1), str(fault))
            try:
                return self._ask_within_limits(kind, send, read)
            except Again as again:
                fault = again
        if kind == "graphql" and not isinstance(fault, (Garbage, Unreachable)):
            raise TooMuch(str(fault))
        raise self.unanswered(str(fault))

    def _ask_within_limits(self, kind: str, send: Callable[[], Answer], read: Callable[[Answer], T]) -> T:
        """Send a request, and again after each rate limit."""
        renewed = False
        while True:
            self._budgets.check(kind, self._label, self._progress)
            self._keep_distance()
            self._progress.request()
            answer = send()
            self._answered_at = time.monotonic()
            self._budgets.learn(kind, answer.headers)
            try:
                data = read(answer)
            except Limited as limited:
                self._budgets.wait(limited, self._label, self._progress)
            except AccessDenied:
                if answer.status != 401 or renewed or not self._auth.is_app:
                    raise
                renewed = True
                self._connection = self._auth.connection(self._base_url, self._limits.timeout_seconds, renewed=True)
            else:
                self._budgets.answered()
                return data

    def unanswered(self, fault: str) -> CollectError:
        """The error for a server that does not answer."""
        return CollectError(
            f"{self._label}: GitHub does not answer correctly ({fault})",
            hint="check githubstatus.com and collect again; what was read is stored",
        )

    def pause(self, seconds: float, fault: str) -> None:
        """Wait after a fault, and report it as progress."""
        self._progress.step(0, None, f"{self._label}: retrying ({fault})")
        self._limits.waiting.sleep(seconds)

    def _keep_distance(self) -> None:
        wait = self._limits.gap_seconds - (time.monotonic() - self._answered_at)
        if wait > 0:
            self._limits.waiting.sleep(wait)
