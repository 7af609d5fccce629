"""The files of Streamlit that a browser needs before it draws a chart: named in the page, served from memory.

Streamlit loads the code of each kind of element when the first one comes, and reads every file from disk in threads
that share the interpreter with the page that runs meanwhile. So a browser waits for some hundred small files, one kind
after the other. File names contain a hash of the content, so a file can be cached for good. And at the address of any
page but the first, a browser looks for the server below that page before it looks where the page came from.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Collection, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.server import history

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["BEFORE_FIRST_CHART", "BEFORE_FIRST_TABLE", "Assets", "needed"]

_FILTERS = ("Selectbox", "Radio", "Checkbox")
BEFORE_FIRST_CHART = ("ArrowVegaLiteChart", *_FILTERS)
"""The kinds of element on a page down to its first chart, as Streamlit's files are called."""

BEFORE_FIRST_TABLE = ("DataFrame", *_FILTERS)
"""Those on a page that begins with a table."""

MOST_BYTES = 16_000_000

_SCRIPTS = "static/js"
_IMPORT = re.compile(r'(?:\bfrom|\bimport)\s*"\./([\w.-]+\.js)"')
_SERVER = '<script>window.__streamlit = {BACKEND_BASE_URL: new URL("./", location.href).href}</script>'
_SCRIPT = f'<link rel="modulepreload" crossorigin href="./{_SCRIPTS}/{{name}}">'
_END = b"</head>"
_OF_THE_FILE = (b"content-length", b"etag", b"last-modified")
_CACHED_HEADERS = (b"content-type", b"content-length", b"etag", b"last-modified", b"cache-control")


def needed(kinds: Collection[str], folder: Path | None = None) -> list[str]:
    """The names of the scripts of these kinds of element and of all that they import, without those of every page.

    `folder`: of Streamlit's front end. A kind that it does not have, as after an update of Streamlit, adds nothing.
    """
    folder = folder or _front_end()
    scripts = folder / _SCRIPTS
    files = {file.name.partition(".")[0]: file.name for file in scripts.glob("*.js")}
    loaded = set(re.findall(rf"{_SCRIPTS}/([\w.-]+\.js)", (folder / "index.html").read_text(encoding="utf-8")))
    scripts_needed: dict[str, None] = {}
    left = [files[kind] for kind in kinds if kind in files]
    while left:
        name = left.pop(0)
        if name not in scripts_needed and name not in loaded and (scripts / name).is_file():
            scripts_needed[name] = None
            left += _IMPORT.findall((scripts / name).read_text(encoding="utf-8"))
    return list(scripts_needed)


def _front_end() -> Path:
    spec = importlib.util.find_spec("streamlit")
    assert spec is not None  # noqa: S101  (it is what serves)
    assert spec.origin is not None  # noqa: S101
    return Path(spec.origin).parent / "static"


class Assets:
    """ASGI middleware: a page names its server and the scripts that it will need; immutable files are cached.

    `scripts`: those of most pages; `others`: those of other pages, by the last part of the address.
    """

    def __init__(
        self, app: ASGIApp, scripts: Collection[str] = (), others: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self.app = app
        self._head = _head(scripts)
        self._heads = {page: _head(names) for page, names in (others or {}).items()}
        self._files: dict[str, tuple[Mapping[str, Any], bytes]] = {}
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
        elif not _whole_file(scope):
            head = self._heads.get(scope["path"].rpartition("/")[2], self._head)
            await self.app(_unpacked(scope), receive, _with_head(head, send))
        elif scope["path"] in self._files:
            start, body = self._files[scope["path"]]
            await send({**start})
            await send({"type": "http.response.body", "body": body})
        else:
            await self.app(scope, receive, self._caching(scope["path"], send))

    def _caching(self, path: str, send: Send) -> Send:
        start: dict[str, Any] = {}
        body = bytearray()

        async def caching(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and _immutable(message):
                headers = [(name, value) for name, value in message["headers"] if name in _CACHED_HEADERS]
                start.update(message, headers=headers)
            elif message["type"] == "http.response.body" and start:
                body.extend(message.get("body", b""))
                if not message.get("more_body") and self._bytes + len(body) <= MOST_BYTES:
                    self._bytes += len(body)
                    self._files[path] = (start, bytes(body))
            await send(message)

        return caching


def _head(scripts: Collection[str]) -> bytes:
    return "".join([_SERVER, history.SCRIPT, *(_SCRIPT.format(name=name) for name in scripts)]).encode()


def _with_head(head: bytes, send: Send) -> Send:
    start: dict[str, Any] = {}
    page = bytearray()

    async def extended(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            start.update(message)
        elif message["type"] == "http.response.body" and start:
            page.extend(message.get("body", b""))
            if not message.get("more_body"):
                body = bytes(page).replace(_END, head + _END, 1)
                # These headers are of the page without the addition.
                headers = [pair for pair in start["headers"] if pair[0] not in _OF_THE_FILE]
                length = (b"content-length", str(len(body)).encode())
                await send({**start, "headers": [*headers, length]})
                await send({"type": "http.response.body", "body": body})
        else:
            await send(message)

    return extended


def _unpacked(scope: Scope) -> Scope:
    """A request for a page without compression, so that the page can be extended."""
    headers = dict(scope["headers"])
    if b"text/html" not in headers.get(b"accept", b""):
        return scope
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]}


def _whole_file(scope: Scope) -> bool:
    """Whether a request is for a whole file of the front end, without conditions."""
    conditions = {b"range", b"if-none-match", b"if-modified-since"}
    return bool("/static/" in scope["path"] and not conditions & {name for name, _ in scope["headers"]})


def _immutable(message: Mapping[str, Any]) -> bool:
    """Whether a response is a file that never changes."""
    headers = dict(message["headers"])
    return bool(
        message["status"] == 200
        and b"immutable" in headers.get(b"cache-control", b"")
        and b"content-length" in headers
        and b"content-encoding" not in headers
    )


def _is_page(message: Mapping[str, Any]) -> bool:
    headers = dict(message["headers"])
    return bool(
        message["status"] == 200
        and headers.get(b"content-type", b"").startswith(b"text/html")
        and b"content-encoding" not in headers
    )
