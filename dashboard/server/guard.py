"""What every response is guarded by: the host must be ours, and browsers are told what the page may do."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["HEADERS", "Guard"]

# Streamlit writes styles into elements, and Vega makes functions of expressions; nothing comes from elsewhere.
_POLICY = b"""\
default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; \
img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; worker-src 'self' blob:; \
connect-src 'self' ws: wss: data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'; \
frame-ancestors 'none'"""
HEADERS = (
    (b"content-security-policy", _POLICY),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)
"""On every response: no frame around it, no guessed types, nothing loaded from elsewhere, no address passed on."""

_REFUSED = (
    b"Headway is not known by this name here.\n"
    b"Who runs it can add the name to `hosts` of [dashboard] in headway.toml, and start the dashboard again.\n"
)
# It says that the server runs and nothing else; an orchestrator asks for it by the address of a container.
_HEALTH = "/_stcore/health"


class Guard:
    """ASGI middleware: refuse a request to a host that is not ours, and add `HEADERS` to each response.

    Of sockets Streamlit itself refuses those to another host or from another origin.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"].endswith(_HEALTH) or _is_ours(scope):
            await self.app(scope, receive, _with_headers(send))
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), *HEADERS]
            await send({"type": "http.response.start", "status": 421, "headers": headers})
            await send({"type": "http.response.body", "body": _REFUSED})


def _is_ours(scope: Scope) -> bool:
    from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

    host = dict(scope["headers"]).get(b"host")
    return is_host_allowed(None if host is None else host.decode("latin-1"))


def _with_headers(send: Send) -> Send:
    names = {name for name, _ in HEADERS}

    async def guarded(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            others = [pair for pair in message.get("headers", ()) if pair[0].lower() not in names]
            message = {**message, "headers": [*others, *HEADERS]}
        await send(message)

    return guarded
