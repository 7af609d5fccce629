"""The sockets: HTTP/1.1 on loopback, each connection in a thread, and nothing written to any log."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.builders.github.exchange import Answer, Request

__all__ = ["Web"]

Serve = Callable[[Request, str], Answer]

_ENTERPRISE = "/api/v3"


class Web:
    """A listening server; `serve` gets each request and its authorization, and answers it."""

    def __init__(self, serve: Serve) -> None:
        """Bind a free port; requests are taken from `start` on."""
        self._server = _Server(serve)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Close every connection."""
        self._server.shutdown()
        self._server.server_close()
        self._server.close_connections()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, serve: Serve) -> None:
        self.serve = serve
        self._open: set[Any] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Hang up on clients that keep their connection."""
        for request in list(self._open):
            with contextlib.suppress(OSError):
                request.shutdown(2)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news; anything else is a mistake in the fake, and is shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_arguments: Any) -> None:
        """Nothing is logged: there are tokens in what could be."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            answer = self.server.serve(self._request(body), self.headers.get("Authorization", ""))
        except Exception as error:
            words = f"mistake in the fake GitHub: {error!r}".encode()
            self._send(Answer(500, {"Content-Type": "text/plain"}, words))
            raise
        self._send(answer)

    def _request(self, body: bytes) -> Request:
        parts = urlsplit(self.path)
        base, path = f"http://{self.headers.get('Host', '')}", unquote(parts.path)
        if path == "/api/graphql":
            path = "/graphql"
        elif path.startswith(_ENTERPRISE):
            base, path = base + _ENTERPRISE, path.removeprefix(_ENTERPRISE)
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower() != "authorization"}
        return Request(self.command, path.rstrip("/"), dict(parse_qsl(parts.query)), headers, body, base)

    def _send(self, answer: Answer) -> None:
        """Write status, headers and body at once, or as much of the body as is to arrive."""
        if answer.delay_seconds:
            time.sleep(answer.delay_seconds)
        self.close_connection = self.close_connection or answer.sent is not None
        if answer.sent is not None and answer.sent < 0:
            return
        body, headers = answer.body, dict(answer.headers)
        if answer.chunked:
            headers["Transfer-Encoding"] = "chunked"
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        elif answer.status != HTTPStatus.NOT_MODIFIED:
            headers["Content-Length"] = str(len(body))
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(head + (body if answer.sent is None else body[: answer.sent]))
