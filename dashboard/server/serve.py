"""Serve the dashboard: on loopback by default, without telemetry, and silent until something goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import stat
import sys
import threading
import tomllib
import webbrowser
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

import dashboard
from dashboard.answers.memory import give_large_arrays_back
from dashboard.server.assets import BEFORE_FIRST_CHART, BEFORE_FIRST_TABLE, Assets, needed
from dashboard.server.guard import Guard
from dashboard.server.hosts import LOOPBACK_HOSTS, accepted_hosts, is_loopback
from dashboard.server.sign_in import ensure_sign_in
from headway.errors import HeadwayError
from headway.settings import DashboardSettings

__all__ = ["ensure_free", "serve"]

FOLDER = Path(dashboard.__file__).resolve().parent
SCRIPT = FOLDER.parent / "app.py"
_SECONDS_TO_END = 5.0


def serve(
    warehouse: Path,
    *,
    port: int,
    address: str = "127.0.0.1",
    browser: bool = False,
    config: Path | None = None,
    settings: DashboardSettings | None = None,
) -> int:
    """Serve the dashboard of a warehouse until Ctrl-C or a TERM signal; returns the exit code.

    `config`: the settings file that the pages read, by default that of the working folder. `settings`: who may see it,
    and by which names. `browser`: also open it in a browser, where there is a screen. Raises `HeadwayError` if the port
    or the address is not available, or if signing in is not set up.
    """
    import streamlit as st
    from starlette.middleware import Middleware

    from dashboard.shell.navigation import PAGES

    ensure_free(port, address)
    settings = settings or DashboardSettings()
    if settings.sign_in:
        ensure_sign_in()
    chosen = options(port, address, settings)
    url = f"http://{_host(address)}:{port}{_base(settings)}"

    @contextlib.asynccontextmanager
    async def announced(_: object) -> AsyncIterator[None]:
        # Its socket listens already, so a browser that comes now is answered in a moment.
        _answer_at_once(port)
        # Only now: the caches belong to the running server.
        from dashboard.answers.prewarm import begin

        await asyncio.to_thread(begin)
        click.echo(f"dashboard at {url} (Ctrl-C ends it)", err=True)
        _announce_names(chosen["server.allowedHosts"])
        if not is_loopback(address) and not settings.sign_in:
            click.echo("  anyone who can reach this address can read it", err=True)
        if browser and _has_screen():
            threading.Thread(target=_open, args=(url,), daemon=True).start()
        with _prewarmed():
            yield

    # From here on this process is the script and its arguments, as under `streamlit run app.py -- FOLDER SETTINGS`.
    sys.argv = [str(SCRIPT), str(warehouse), *([str(config)] if config is not None else [])]
    logging.disable(logging.INFO)
    give_large_arrays_back()
    with contextlib.suppress(KeyboardInterrupt):
        tables = dict.fromkeys(
            (page.name for page in PAGES.values() if page.starts_with_table), needed(BEFORE_FIRST_TABLE)
        )
        assets = Middleware(Assets, scripts=needed(BEFORE_FIRST_CHART), others=tables)
        st.App(SCRIPT, lifespan=announced, middleware=[Middleware(Guard), assets]).run(config=chosen)
    return 0


@contextlib.contextmanager
def _prewarmed() -> Iterator[None]:
    """Compute answers in advance until the block ends."""
    from dashboard.answers.prewarm import follow

    ended = threading.Event()
    thread = threading.Thread(target=follow, args=(ended,), name="prewarm", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_SECONDS_TO_END)


def _answer_at_once(port: int) -> None:
    """Send small responses without waiting for the browser to acknowledge the ones before.

    asyncio does so for a socket that names TCP as its protocol. Streamlit's does not, so every small file and message
    on a persistent connection waits 40 ms (measured; Nagle's algorithm, RFC 896, meets the delayed acknowledgements
    of RFC 1122). Connections inherit the option from the listening socket.
    """
    for number in _own_sockets():
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(number)) as copy:
            if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and copy.getsockname()[1:2] == (port,):
                copy.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _own_sockets() -> Iterator[int]:
    """The file descriptors of this process's sockets, where the system lists them."""
    with contextlib.suppress(OSError):
        for entry in list(Path("/dev/fd").iterdir()):
            with contextlib.suppress(OSError):
                if stat.S_ISSOCK(os.fstat(int(entry.name)).st_mode):
                    yield int(entry.name)


def options(port: int, address: str, settings: DashboardSettings | None = None) -> dict[str, Any]:
    """Streamlit's options by their dotted names: those of `dashboard/config.toml`, at this address."""
    settings = settings or DashboardSettings()
    chosen = dict(_flat(tomllib.loads((FOLDER / "config.toml").read_text(encoding="utf-8"))))
    ours = {
        "server.port": port,
        "server.address": address,
        "server.allowedHosts": accepted_hosts(address, settings.hosts),
        "server.baseUrlPath": _base(settings).strip("/"),
    }
    return {**chosen, **ours, "logger.hideWelcomeMessage": True}


def _base(settings: DashboardSettings) -> str:
    path = settings.base_path.strip("/")
    return f"/{path}" if path else ""


def _announce_names(hosts: Collection[str]) -> None:
    """Say by which other names it is reached: who comes by another is refused."""
    others = [host for host in hosts if host not in LOOPBACK_HOSTS]
    if "*" in others:
        click.echo("  it answers to any name, also one that a page elsewhere made up", err=True)
    elif others:
        click.echo(f"  it answers to {', '.join(others)}; hosts of [dashboard] names others", err=True)


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    parts = []
    for name, value in table.items():
        parts += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return parts


def ensure_free(port: int, address: str = "127.0.0.1") -> None:
    """Raise `HeadwayError` if the port or the address is not available, before Streamlit reports it in its own way."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((address, port))
    except OSError as error:
        what = f"cannot serve on {_host(address)}:{port}: {error.strerror}"
        raise HeadwayError(what, hint="choose another --port, or stop the process that uses this one") from error


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _has_screen() -> bool:
    """Without one, `webbrowser` would start a browser for the terminal, in this terminal."""
    return not sys.platform.startswith("linux") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )


def _open(url: str) -> None:
    with contextlib.suppress(webbrowser.Error, OSError):
        webbrowser.open(url)
