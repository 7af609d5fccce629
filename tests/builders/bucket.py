"""A real S3 server (moto's) in this process, and what a network does to its requests.

A fault decides about a request by method and path: `"refused"` answers 503 and does nothing, `"lost"` does what is
asked and answers 500, `"killed before"` and `"killed after"` end the process that asked before it is done or after,
`"late"` answers a listing as it was when it was first asked for.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from warehouse.store import RawStore

__all__ = ["Bucket", "Fault", "serving"]

Fault = Callable[[str, str], str | None]
SECRET = "sekret-of-the-bucket"


class Bucket:
    """A bucket of its own on a server."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.name = f"raw-{secrets.token_hex(6)}"
        self.url = f"s3://{self.name}/company"
        self.requests: list[tuple[str, str]] = []
        self.fault: Fault = lambda *_: None
        self.writer = 0
        """The process that a fault kills."""
        self.listings: dict[str, tuple[str, list[tuple[str, str]], bytes]] = {}

    def store(self, folder: Path) -> RawStore:
        """The raw store of a host that has its copies in a folder."""
        from warehouse.store.object_store import ObjectStore

        return RawStore(folder, ObjectStore(self.url, folder))

    def objects(self) -> set[str]:
        """The keys of all objects, without the prefix, as the server has them."""
        from moto.s3.models import s3_backends

        keys = s3_backends["123456789012"]["aws"].buckets[self.name].keys
        return {key.removeprefix("company/") for key in keys}

    def content(self, key: str) -> bytes:
        """The content of an object, as the server has it."""
        from moto.s3.models import s3_backends

        value: bytes = s3_backends["123456789012"]["aws"].buckets[self.name].keys[f"company/{key}"].value
        return value

    def replace(self, key: str, content: bytes | None) -> None:
        """Change an object behind everyone's back; None: remove it."""
        from moto.s3.models import s3_backends

        backend = s3_backends["123456789012"]["aws"]
        if content is None:
            backend.delete_object(self.name, f"company/{key}")
        else:
            backend.put_object(self.name, f"company/{key}", content)

    def written_at(self, at: Any) -> None:
        """Say that every object that is there was written then (naive UTC)."""
        from moto.s3.models import s3_backends

        for key in s3_backends["123456789012"]["aws"].buckets[self.name].keys.values():
            key.last_modified = at


class _Network:
    """Passes requests on to the server, with the faults of their bucket."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.buckets: dict[str, Bucket] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        method, path, query = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        bucket = self.buckets.get(path.strip("/").partition("/")[0])
        if bucket is None:
            return self.server(environ, start_response)  # type: ignore[no-any-return]
        bucket.requests.append((method, path))
        fault = bucket.fault(method, path)
        if fault == "refused":
            start_response("503 Slow Down", [("Content-Length", "0")])
            return []
        if fault == "killed before":
            os.kill(bucket.writer, signal.SIGKILL)
            return []
        status, headers, body = self._answer(environ)
        if fault == "killed after":
            os.kill(bucket.writer, signal.SIGKILL)
        if fault == "lost":
            status, headers, body = "500 Internal Server Error", [("Content-Length", "0")], b""
        if method == "GET" and "list-type" in query:
            first = bucket.listings.setdefault(query, (status, headers, body))
            if fault == "late":
                status, headers, body = first
        start_response(status, headers)
        return [body]

    def _answer(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        answer: list[Any] = []
        body = b"".join(self.server(environ, lambda status, headers, *_: answer.extend((status, headers))))
        return answer[0], answer[1], body


@contextmanager
def serving() -> Iterator[Callable[[], Bucket]]:
    """Makes buckets on a server of this process, with credentials in the environment."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from moto.s3.models import s3_backends
    from werkzeug.serving import make_server

    network = _Network(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, network, threaded=True, request_handler=MotoRequestHandler)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", address)
        patch.setenv("AWS_REGION", "us-east-1")
        patch.setenv("AWS_ACCESS_KEY_ID", "key-of-the-bucket")
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)

        def make() -> Bucket:
            bucket = Bucket(address)
            s3_backends["123456789012"]["aws"].create_bucket(bucket.name, region_name="us-east-1")
            network.buckets[bucket.name] = bucket
            return bucket

        yield make
    server.shutdown()
    thread.join()
    server.server_close()
