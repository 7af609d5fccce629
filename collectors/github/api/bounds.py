"""Bounds of one answer: how many bytes it may have, and how long all of them may take.

The timeout of requests is the pause between two bytes: a server that sends one now and then would be waited for as long
as it likes, and the warehouse's lock with it.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import ContentDecodingError

__all__ = ["MOST_BYTES", "BoundedAdapter", "within"]

MOST_BYTES = 64_000_000
"""Of an answer, unpacked. A page of a hundred pull requests has some two million."""

_PART = 65_536
T = TypeVar("T")


class BoundedAdapter(HTTPAdapter):
    """Reads the whole answer, unless it is too large; then ContentDecodingError, as for one that cannot be unpacked."""

    def send(self, request: requests.PreparedRequest, *others: Any, **options: Any) -> requests.Response:
        """The answer with its body."""
        response = super().send(request, *others, **options)
        body = bytearray()
        for part in response.iter_content(_PART):
            body += part
            if len(body) > MOST_BYTES:
                response.close()
                raise ContentDecodingError(f"more than {MOST_BYTES} bytes", response=response)
        # What `Response.content` keeps after it read the body.
        response._content, response._content_consumed = bytes(body), True  # noqa: SLF001
        return response


def within(seconds: float, call: Callable[[], T]) -> T:
    """The result of a call; TimeoutError if it takes longer.

    The call is left to itself then, in a thread that ends with the process.
    """
    results: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            results.put((call(), None))
        except BaseException as error:  # noqa: BLE001  (raised where the call was asked for)
            results.put((None, error))

    Thread(target=run, name="answer", daemon=True).start()
    try:
        result, error = results.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]
