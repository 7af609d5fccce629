"""What a browser needs of Streamlit's own files before it draws a chart: told of in the page, served from memory.

Streamlit loads the code of each kind of element when the first one comes, and reads every file from disk in threads
that share the interpreter with the page that runs meanwhile. So a browser waits for some hundred small files, one kind
after the other. The names of these files hold their content: whatever was read once stays true. And at the address of
any page but the first it looks for the server below that page before it looks where the page came from.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Collection, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
_KEPT_HEADERS = (b"content-type", b"content-length", b"etag", b"last-modified", b"cache-control")


def needed(kinds: Collection[str], folder: Path | None = None) -> list[str]:
    """The scripts of these kinds of element and all that they import, less what every page loads, by name.

    `folder`: of Streamlit's front end. A kind that it does not have, as after a change of Streamlit, adds nothing.
    """
    folder = folder or _front_end()
    scripts = folder / _SCRIPTS
    files = {file.name.partition(".")[0]: file.name for file in scripts.glob("*.js")}
    loaded = set(re.findall(rf"{_SCRIPTS}/([\w.-]+\.js)", (folder / "index.html").read_text(encoding="utf-8")))
    found: dict[str, None] = {}
    left = [files[kind] for kind in kinds if kind in files]
    while left:
        name = left.pop(0)
        if name not in found and name not in loaded and (scripts / name).is_file():
            found[name] = None
            left += _IMPORT.findall((scripts / name).read_text(encoding="utf-8"))
    return list(found)


def _front_end() -> Path:
    spec = importlib.util.find_spec("streamlit")
    assert spec is not None  # noqa: S101  (it is what serves)
    assert spec.origin is not None  # noqa: S101
    return Path(spec.origin).parent / "static"


class Assets:
    """ASGI middleware: tells a page where its server is and which scripts it will need; keeps lasting files.

    `scripts`: what a page needs, and `others` by the last part of its address where it is other.
    """

    def __init__(
        self, app: ASGIApp, scripts: Collection[str] = (), others: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self.app = app
        self._head = _head(scripts)
        self._heads = {page: _head(names) for page, names in (others or {}).items()}
        self._kept: dict[str, tuple[Mapping[str, Any], bytes]] = {}
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
        elif not _whole_file(scope):
            head = self._heads.get(scope["path"].rpartition("/")[2], self._head)
            await self.app(_unpacked(scope), receive, _telling(head, send))
        elif scope["path"] in self._kept:
            start, body = self._kept[scope["path"]]
            await send({**start})
            await send({"type": "http.response.body", "body": body})
        else:
            await self.app(scope, receive, self._keeping(scope["path"], send))

    def _keeping(self, path: str, send: Send) -> Send:
        start: dict[str, Any] = {}
        body = bytearray()

        async def keeping(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and _lasting(message):
                headers = [(name, value) for name, value in message["headers"] if name in _KEPT_HEADERS]
                start.update(message, headers=headers)
            elif message["type"] == "http.response.body" and start:
                body.extend(message.get("body", b""))
                if not message.get("more_body") and self._bytes + len(body) <= MOST_BYTES:
                    self._bytes += len(body)
                    self._kept[path] = (start, bytes(body))
            await send(message)

        return keeping


def _head(scripts: Collection[str]) -> bytes:
    return "".join([_SERVER, *(_SCRIPT.format(name=name) for name in scripts)]).encode()


def _telling(head: bytes, send: Send) -> Send:
    start: dict[str, Any] = {}
    page = bytearray()

    async def telling(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            start.update(message)
        elif message["type"] == "http.response.body" and start:
            page.extend(message.get("body", b""))
            if not message.get("more_body"):
                body = bytes(page).replace(_END, head + _END, 1)
                # What was kept of the page as it was is not this one.
                headers = [pair for pair in start["headers"] if pair[0] not in _OF_THE_FILE]
                length = (b"content-length", str(len(body)).encode())
                await send({**start, "headers": [*headers, length]})
                await send({"type": "http.response.body", "body": body})
        else:
            await send(message)

    return telling


def _unpacked(scope: Scope) -> Scope:
    """A request for a page, so that it is answered with a text to which something can be added."""
    headers = dict(scope["headers"])
    if b"text/html" not in headers.get(b"accept", b""):
        return scope
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]}


def _whole_file(scope: Scope) -> bool:
    """Whether a request is for a file of the front end, whole and in any case."""
    conditions = {b"range", b"if-none-match", b"if-modified-since"}
    return bool(scope["path"].startswith("/static/") and not conditions & {name for name, _ in scope["headers"]})


def _lasting(message: Mapping[str, Any]) -> bool:
    """Whether an answer is a file that never changes."""
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
