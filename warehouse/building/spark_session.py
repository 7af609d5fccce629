"""A session of Spark Connect: with the server at an address, or with one that is begun here for a master."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from headway.errors import UsageError, WarehouseError

__all__ = ["open_session", "reach", "spark_errors"]

_LOCAL = re.compile(r"local\[(?:\d+|\*)\]$")
_ADDRESS = re.compile(r"(?P<scheme>sc|spark)://(?P<host>[\w.-]+)(:(?P<port>\d{1,5}))?(/.*)?$")
_PORTS = {"sc": 15002, "spark": 7077}
_WAIT_SECONDS = 10.0
_RETRIES = 6
# Clients up to 4.2 print each failed query there, as JSON with the whole trace of the server.
_LOGGERS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")


def open_session(url: str) -> Any:
    """A session whose zone is UTC. Raises `WarehouseError` where none can begin."""
    for name in _LOGGERS:
        logging.getLogger(name).disabled = True
    with spark_errors("Spark could not begin a session"):
        from pyspark.sql import SparkSession
        from pyspark.sql.connect.client.retries import DefaultPolicy

        if url.startswith("sc://"):
            session = SparkSession.builder.remote(url).create()
        else:
            session = SparkSession.builder.master(url).config("spark.api.mode", "connect").getOrCreate()
        # A server that is gone is waited for a minute, not the ten that are the default.
        session.client.set_retry_policies([DefaultPolicy(max_retries=_RETRIES)])
        session.conf.set("spark.sql.session.timeZone", "UTC")
    return session


def reach(url: str) -> None:
    """Connect to the cluster's port first: the client itself would retry for ten minutes.

    Raises `UsageError` for what is no address or needs what is not installed, `WarehouseError` where nothing answers.
    """
    address = _ADDRESS.match(url)
    if not address and not _LOCAL.match(url):
        raise UsageError("not the address of a Spark cluster", hint="write sc://host:port or spark://host:port")
    if "token=" in url:
        raise UsageError(
            "the address of the Spark Connect server holds a token",
            hint="take it out, and set SPARK_CONNECT_AUTHENTICATE_TOKEN in the environment",
        )
    if find_spec("pyspark") is None:
        raise UsageError(
            "the client of Spark Connect is not installed", hint="in the checkout: pip install -e '.[spark]'"
        )
    if not url.startswith("sc://") and find_spec("py4j") is None:
        raise UsageError(
            "the client of Spark Connect alone cannot reach a master",
            hint="pip install 'pyspark[connect]', or start a Spark Connect server and write sc://host:port",
        )
    if address:
        _knock(address["host"], int(address["port"] or _PORTS[address["scheme"]]))


def _knock(host: str, port: int) -> None:
    try:
        socket.create_connection((host, port), timeout=_WAIT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise WarehouseError(
            f"no Spark cluster answers at {host}:{port}: {error}", hint="start it, or correct the address"
        ) from error


@contextlib.contextmanager
def spark_errors(what: str, *, hint: str = "see the log of the Spark server") -> Iterator[None]:
    """Say what failed where Spark raises, as a `WarehouseError`."""
    from pyspark.errors import PySparkException

    try:
        with warnings.catch_warnings():
            # The client warns of pandas 3, which nothing here goes through, and of retries, which end in an error.
            warnings.filterwarnings("ignore", module=r"pyspark\.")
            yield
    except PySparkException as error:
        text = str(error).strip()
        lost = re.search(r'details = "(.+)"', text)  # not an answer, but what became of the call
        raise WarehouseError(f"{what}: {lost[1] if lost else text.partition(chr(10))[0]}", hint=hint) from error
