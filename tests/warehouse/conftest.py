"""What tests of the warehouse share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a Spark Connect server in this process (Sail)."""
    from pysail.spark import SparkConnectServer

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUST_LOG", "error")
        running = SparkConnectServer("127.0.0.1", 0)
        running.start(background=True)
        host, port = running.listening_address
        yield f"sc://{host}:{port}"
        running.stop()
