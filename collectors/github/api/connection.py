"""HTTP: PyGithub's requester, one for a token and server, without its silent redirects, retries and pauses.

PyGithub authenticates (also as an App), keeps the connection and speaks HTTP. Left to itself it would follow a redirect
and drop the query on the way (PyGithub 2.10, `Requester.__requestRaw`): of a renamed repository's pull requests it then
gets another list, without an error. It would also sleep unseen, and print a log. So: redirects raise, no
retries and no pauses of its own, no log, and one request at a time, because its connection is not safe to share.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import github
import requests
from github import Auth, GithubException
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester, RequestsResponse
from requests.exceptions import ContentDecodingError

from collectors.github.api.answers import Answer
from collectors.github.api.bounds import BoundedAdapter, within
from collectors.github.api.signals import Again, Moved, Unreachable
from collectors.github.rows.values import shown
from headway import __version__
from headway.errors import AccessDenied

__all__ = ["Connection"]

API_VERSION = "2022-11-28"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_QUIET = logging.getLogger(github.__name__)


class _Reply(RequestsResponse):
    """An answer whose body is UTF-8, as JSON is; requests would guess from the bytes where no charset is named."""

    def read(self) -> str:
        """The whole body."""
        return self.response.content.decode("utf-8", "replace")


def _unredirected(reply: RequestsResponse) -> RequestsResponse:
    if reply.status in _REDIRECTS:
        raise Moved(f"{reply.status} {shown(reply.headers.get('location', ''))}".strip())
    return _Reply(reply.response)


class _Http(HTTPRequestsConnectionClass):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.session.mount("http://", BoundedAdapter(max_retries=self.retry))

    def getresponse(self) -> RequestsResponse:
        """The answer; Moved for a redirect."""
        return _unredirected(super().getresponse())


class _Https(HTTPSRequestsConnectionClass):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.session.mount("https://", BoundedAdapter(max_retries=self.retry))

    def getresponse(self) -> RequestsResponse:
        """The answer; Moved for a redirect."""
        return _unredirected(super().getresponse())


def _refused_exchange(error: GithubException) -> Answer:
    """The answer to the exchange of an App's key for a token, the one request that PyGithub makes by itself."""
    if error.status in {401, 403, 404}:
        raise AccessDenied(
            f"GitHub gave the App no token: {error.status} {shown(error.message or '')}".strip(),
            hint="check the App's id, its key and the installation's id, and this machine's clock",
        ) from error
    return Answer(error.status, error.headers or {}, json.dumps(error.data))


class _Requester(Requester):
    """PyGithub's requester over the connections above. `injectConnectionClasses` would open one for every request."""


for _name, _class in (("_Requester__httpConnectionClass", _Http), ("_Requester__httpsConnectionClass", _Https)):
    if _name not in vars(Requester):
        raise ImportError(f"PyGithub has no {_name} any more: redirects would be followed silently")
    setattr(_Requester, _name, _class)

for _handler in tuple(_QUIET.handlers):
    _QUIET.removeHandler(_handler)
_QUIET.setLevel(logging.WARNING)


class Connection:
    """One server, as one identity. Its methods may be called from several threads; they take turns."""

    def __init__(self, base_url: str, auth: Auth.Auth, timeout_seconds: int) -> None:
        self._lock = Lock()
        self._secret = auth.token if isinstance(auth, Auth.Token) else ""
        self._auth, self._base_url, self._seconds = auth, base_url, timeout_seconds
        self._requester = self._opened()

    def _opened(self) -> _Requester:
        return _Requester(
            auth=self._auth,
            base_url=self._base_url,
            timeout=self._seconds,
            user_agent=f"headway/{__version__}",
            per_page=100,
            verify=True,
            retry=None,
            pool_size=None,
            api_version=API_VERSION,
        )

    def get(self, path: str, parameters: Mapping[str, str | int], etag: str = "") -> Answer:
        """REST: GET a path below the base URL. With an `etag` the answer may be 304. Raises Again or Moved."""
        headers = {"Accept": "application/vnd.github+json"}
        if etag:
            headers["If-None-Match"] = etag
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self._send("GET", f"{path}{query}", headers, None)

    def post(self, document: str, variables: Mapping[str, Any]) -> Answer:
        """GraphQL: a query with its variables. Raises Again or Moved."""
        return self._send("POST", self._requester.graphql_url, {}, {"query": document, "variables": dict(variables)})

    def _send(self, verb: str, url: str, headers: dict[str, str], body: dict[str, Any] | None) -> Answer:
        with self._lock:
            try:
                requester = self._requester
                status, received, text = within(
                    self._seconds, lambda: requester.requestJson(verb, url, headers=headers, input=body)
                )
            except TimeoutError as error:
                self._requester = self._opened()  # the other goes on waiting, on its own
                raise Again("no whole answer in time") from error
            except (requests.Timeout, requests.exceptions.ChunkedEncodingError, ContentDecodingError) as error:
                timeout = isinstance(error, requests.Timeout)
                raise Again("no answer in time" if timeout else "an answer that was cut off") from error
            except requests.RequestException as error:
                secure = isinstance(error, requests.exceptions.SSLError)
                raise Unreachable("its certificate was refused" if secure else "no connection") from error
            except GithubException as error:
                return _refused_exchange(error)
            except (AssertionError, TypeError, ValueError) as error:  # the same: an answer that was not a token
                raise Again("no token for the App") from error
        return Answer(status, {name: self._masked(value) for name, value in received.items()}, self._masked(text))

    def _masked(self, text: str) -> str:
        """An answer in which our token, should it contain it, is masked."""
        return text.replace(self._secret, "***") if self._secret and self._secret in text else text
