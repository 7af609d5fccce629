"""Servers that never end an answer, or send more than anybody can hold."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from collectors.github.api import bounds
from collectors.github.api.answers import Answer, rest_data
from collectors.github.api.auth import auth_from
from collectors.github.api.limits import Budgets, Limits
from collectors.github.api.signals import Again, Limited

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n"
FAR = "9" * 40


@contextlib.contextmanager
def server(*answers: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that gives one answer to each connection; its address."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)

        def serve() -> None:
            left = list(answers)
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = listening.accept()
                    threading.Thread(target=_answer, args=(connection, left.pop(0), ended), daemon=True).start()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


def _answer(connection: socket.socket, give: Callable[[socket.socket], None], ended: threading.Event) -> None:
    with connection, contextlib.suppress(OSError):
        connection.settimeout(0.1)
        with contextlib.suppress(TimeoutError):
            while connection.recv(65_536):
                pass
        give(connection)
        ended.wait(20)


def whole(connection: socket.socket) -> None:
    """An empty object."""
    connection.sendall(HEAD % (2, b"") + b"{}")


def dripping(connection: socket.socket) -> None:
    """A byte now and then, for as long as somebody listens, but never the last one."""
    connection.sendall(HEAD % (10_000, b""))
    for _ in range(100):
        connection.sendall(b" ")
        time.sleep(0.1)


def dripping_head(connection: socket.socket) -> None:
    """The same in the headers."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(100):
        connection.sendall(b"x")
        time.sleep(0.1)


@pytest.mark.parametrize("drip", [dripping, dripping_head])
def test_answer_that_drips_is_given_up_and_asked_for_again(drip: Callable[[socket.socket], None]) -> None:
    """The bound is on the whole answer, and the next request is one of a new connection."""
    with server(drip, whole) as url:
        connection = auth_from({"HEADWAY_GITHUB_TOKEN": "ghp_x"}).connection(url, 1)
        began = time.monotonic()
        with pytest.raises(Again, match="in time"):
            connection.get("/rate_limit", {})
        assert time.monotonic() - began < 8
        assert connection.get("/rate_limit", {}).body == "{}"


def test_answer_that_unpacks_to_more_than_the_bound_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small packed answer may unpack to anything: reading stops at the bound."""
    monkeypatch.setattr(bounds, "MOST_BYTES", 1_000_000)
    packed = gzip.compress(b" " * 5_000_000)
    with server(lambda to: to.sendall(HEAD % (len(packed), b"Content-Encoding: gzip\r\n") + packed)) as url:
        connection = auth_from({"HEADWAY_GITHUB_TOKEN": "ghp_x"}).connection(url, 5)
        with pytest.raises(Again, match="cut off"):
            connection.get("/rate_limit", {})


@pytest.mark.parametrize("headers", [{"retry-after": FAR}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": FAR}])
def test_wait_that_no_date_can_hold_is_a_long_wait(headers: dict[str, str]) -> None:
    """A limit without end stops the run as any other limit that is too long."""
    with pytest.raises(Limited) as limited:
        rest_data(Answer(429, headers, "{}"))
    assert limited.value.until or (limited.value.seconds or 0) > 86_400


def test_budget_that_no_date_can_hold_is_read() -> None:
    """A reset in a year that does not exist is one in a far year."""
    budgets = Budgets(Limits(None))  # type: ignore[arg-type]
    names = ("limit", "remaining", "reset")
    budgets.learn("core", {f"x-ratelimit-{name}": FAR for name in names})
    assert budgets.known["core"].resets_at.year == 3000
