"""Whether people can sign in, and only those who may: checked before the dashboard serves anything."""

from __future__ import annotations

import importlib.util
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from headway.errors import HeadwayError

__all__ = ["LEAST_CHARACTERS", "ensure_sign_in"]

LEAST_CHARACTERS = 32
"""Of `cookie_secret`: whoever guesses it can make a cookie that says any address."""

# The text of an example, or one key pressed for long, has few characters that differ.
_LEAST_DIFFERENT = 8
_MAKE_ONE = "make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"


def ensure_sign_in() -> None:
    """Raise `HeadwayError` if nobody could sign in, or anybody could: better now than on the page."""
    missing = [name for name in ("authlib", "httpx") if importlib.util.find_spec(name) is None]
    if missing:
        what = f"[dashboard] sign_in needs {' and '.join(missing)}"
        raise HeadwayError(what, hint="in the checkout: pip install -e '.[auth]'")
    auth = _auth()
    if not {"redirect_uri", "cookie_secret"} <= set(auth):
        what = "[dashboard] sign_in needs a provider: .streamlit/secrets.toml has no complete [auth]"
        raise HeadwayError(what, hint="docs/operations.md shows an example")
    secret = str(auth["cookie_secret"])
    if len(secret) < LEAST_CHARACTERS or len(set(secret)) < _LEAST_DIFFERENT:
        what = f"cookie_secret of .streamlit/secrets.toml can be guessed: it needs {LEAST_CHARACTERS} random characters"
        raise HeadwayError(what, hint=_MAKE_ONE)
    for file in _files():
        _ensure_private(file)


def _auth() -> Mapping[str, Any]:
    import streamlit as st

    try:
        auth = st.secrets.get("auth", {})
    except FileNotFoundError:
        return {}
    return auth if isinstance(auth, Mapping) else {}


def _files() -> Iterator[Path]:
    """The files of secrets that Streamlit reads here."""
    from streamlit import config

    for name in config.get_option("secrets.files"):
        if (file := Path(name)).is_file():
            yield file


def _ensure_private(file: Path) -> None:
    if os.name != "posix":
        return
    mode = stat.S_IMODE(file.stat().st_mode)
    # A group may read: so a container's user gets a secret that is mounted.
    if mode & (stat.S_IWGRP | stat.S_IRWXO):
        what = f"{file} holds secrets and others may read or write it (its mode is {mode:04o})"
        raise HeadwayError(what, hint=f"chmod 600 '{file}'")
