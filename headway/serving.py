"""Serve the dashboard: on loopback unless told otherwise, nothing sent anywhere, quiet until there is trouble."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import ipaddress
import logging
import os
import socket
import sys
import threading
import tomllib
import webbrowser
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

import dashboard
from headway.errors import HeadwayError

__all__ = ["ensure_free", "serve"]

FOLDER = Path(dashboard.__file__).resolve().parent
SCRIPT = FOLDER.parent / "app.py"
# Of <malloc.h>; mallopt(3).
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_MOMENT_SECONDS, _SECONDS_TO_END = 0.1, 5.0


def serve(
    warehouse: Path,
    *,
    port: int,
    address: str = "127.0.0.1",
    browser: bool = False,
    config: Path | None = None,
    sign_in: bool = False,
) -> int:
    """Serve the dashboard of a warehouse until Ctrl-C or a TERM signal; returns the exit code.

    `config`: the settings file that the pages read, that of the working folder when not given. `sign_in`: it asks for
    signing in, so what that needs must be there.
    `browser` opens it there too, where there is a screen to open it on. Raises `HeadwayError` where the port or the
    address cannot be had.
    """
    import streamlit as st

    ensure_free(port, address)
    if sign_in:
        _ensure_sign_in()
    url = f"http://{_host(address)}:{port}"

    @contextlib.asynccontextmanager
    async def announced(_: object) -> AsyncIterator[None]:
        # Its socket listens already, so a browser that comes now is answered in a moment.
        click.echo(f"dashboard at {url} (Ctrl-C ends it)", err=True)
        if not _loopback(address) and not sign_in:
            click.echo("  whoever can reach this address can read it", err=True)
        if browser and _has_screen():
            threading.Thread(target=_open, args=(url,), daemon=True).start()
        with _warmed():
            yield

    # From here on this process is the script and its arguments, as under `streamlit run app.py -- FOLDER SETTINGS`.
    sys.argv = [str(SCRIPT), str(warehouse), *([str(config)] if config is not None else [])]
    logging.disable(logging.INFO)
    _give_memory_back()
    with contextlib.suppress(KeyboardInterrupt):
        st.App(SCRIPT, lifespan=announced).run(config=options(port, address))
    return 0


@contextlib.contextmanager
def _warmed() -> Iterator[None]:
    """Have answers made before anybody asks, until the block ends."""
    ended = threading.Event()
    thread = threading.Thread(target=_warm, args=(ended,), name="warming", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_SECONDS_TO_END)


def _warm(ended: threading.Event) -> None:
    from streamlit import runtime

    # What is kept is kept by the running server.
    while not runtime.exists():
        if ended.wait(_MOMENT_SECONDS):
            return
    from dashboard.warming import follow

    follow(ended)


def _give_memory_back() -> None:
    """Have arrays from a quarter of a megabyte on given back when they are done with, where the C library is glibc.

    Else it learns from the first large array to keep such memory for the next, in an arena for each thread.
    """
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        for option, value in ((_M_MMAP_THRESHOLD, 1 << 18), (_M_TRIM_THRESHOLD, 1 << 18), (_M_ARENA_MAX, 1)):
            library.mallopt(option, value)


def options(port: int, address: str) -> dict[str, Any]:
    """Streamlit's options by their dotted names: those of `dashboard/config.toml`, at this address."""
    chosen = dict(_flat(tomllib.loads((FOLDER / "config.toml").read_text(encoding="utf-8"))))
    # Under which names people reach another address is theirs to know.
    hosts = chosen["server.allowedHosts"] if _loopback(address) else ["*"]
    ours = {"server.port": port, "server.address": address, "server.allowedHosts": hosts}
    return {**chosen, **ours, "logger.hideWelcomeMessage": True}


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    parts = []
    for name, value in table.items():
        parts += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return parts


def ensure_free(port: int, address: str = "127.0.0.1") -> None:
    """Raise `HeadwayError` where the port or the address cannot be had: Streamlit would say it in words of its own."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((address, port))
    except OSError as error:
        what = f"cannot serve on {_host(address)}:{port}: {error.strerror}"
        raise HeadwayError(what, hint="choose another --port, or end what has this one") from error


def _ensure_sign_in() -> None:
    """Raise `HeadwayError` where nobody could sign in: better now than a page that lets nobody in."""
    import streamlit as st

    missing = [name for name in ("authlib", "httpx") if importlib.util.find_spec(name) is None]
    if missing:
        what = f"[dashboard] sign_in needs {' and '.join(missing)}"
        raise HeadwayError(what, hint="in the checkout: pip install -e '.[auth]'")
    try:
        told = set(st.secrets.get("auth", {}))
    except FileNotFoundError:
        told = set()
    if not {"redirect_uri", "cookie_secret"} <= told:
        what = "[dashboard] sign_in needs to know the provider: there is no [auth] in .streamlit/secrets.toml"
        raise HeadwayError(what, hint="docs/operations.md shows what stands in it")


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _has_screen() -> bool:
    """Without one, `webbrowser` would start a browser for the terminal, in this terminal."""
    return not sys.platform.startswith("linux") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )


def _open(url: str) -> None:
    with contextlib.suppress(webbrowser.Error, OSError):
        webbrowser.open(url)
